"""The figures of the store of readings: load, kills, tampering, speed, on a throw-away store."""

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ecgcore.bench.reviews.agreement import Agreement, agreement_speed
from ecgcore.bench.reviews.kills import Kills, after_kills
from ecgcore.bench.reviews.load import Load, under_load
from ecgcore.bench.reviews.tampering import Tampering, tampered


@dataclass(frozen=True, slots=True)
class ReviewReport:
    """All figures of one run."""

    load: Load
    kills: Kills
    tampering: tuple[Tampering, ...]
    agreement: Agreement

    @property
    def passed(self) -> bool:
        """True where nothing was lost or double, and every tampering was named."""
        load, kills = self.load, self.kills
        harms = (load.lost, load.double, load.faults, kills.lost, kills.faults)
        return not any(harms) and all(one.found for one in self.tampering)

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {**asdict(self), "passed": self.passed}

    def as_text(self) -> str:
        """Lines for a reader."""
        load, kills = self.load, self.kills
        lines = [
            f"{load.readers} readers x {load.readings} readings at once, each clicked twice: "
            f"{load.lost} lost, {load.double} double, p50 {load.p50_ms:.0f} ms, "
            f"p95 {load.p95_ms:.0f} ms",
            f"{kills.kills} kill -9 in mid-write: {kills.confirmed} confirmed, {kills.found} "
            f"found, {kills.lost} lost, {kills.faults} faults of the chain",
        ]
        lines += [
            f"{one.kind}: {'found' if one.found else 'NOT FOUND'}, {' '.join(one.said)}"
            for one in self.tampering
        ]
        agreement = self.agreement
        steps = ", ".join(f"{step.name} {step.ms:.0f}" for step in agreement.steps)
        lines.append(
            f"agreement of {agreement.readers} readers in {agreement.readings:,} readings: "
            f"{agreement.total_ms:.0f} ms ({steps})"
        )
        return "\n".join(lines)


_CASES = 200
"""Cases that every reader has read where their agreement is timed."""


def run_review_bench(readers: int, readings: int, kills: int) -> ReviewReport:
    """Attack a throw-away SQLite store; the user's own is not touched."""
    with tempfile.TemporaryDirectory(prefix="ecg-review-") as name:
        folder = Path(name)
        load = under_load(folder, readers, readings)
        killed = after_kills(f"sqlite:///{folder / 'kills.sqlite'}", kills)
        speed = agreement_speed(folder, readers, _CASES)
        return ReviewReport(load, killed, tampered(folder), speed)
