"""Attacks for some minutes on a throw-away folder, and what they cost."""

import itertools
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ecgcore.bench.chaos import kills, mirrors
from ecgcore.bench.chaos.hostile_uploads import SAID, hostile_uploads
from ecgcore.bench.fuzz import mutated
from ecgcore.bench.seeds import Files, load_seeds
from ecgcore.errors import RecordError
from ecgcore.io.guarded.pool import read_upload, shared_pool
from ecgcore.io.raw import FILE_SAYS_ALL, ReadOptions
from ecgcore.ptbxl.synthetic import generate
from ecgcore.settings import Settings

UPLOAD_LIMIT_S = 5.0
_AT_LEAST_S = 30.0

Trial = Callable[[], str]
"""Does one attack; returns what it cost, "" for nothing."""


@dataclass(frozen=True, slots=True)
class ChaosReport:
    """What was attacked and what it cost.

    Attributes
    ----------
    trials, losses, first
        By kind of attack: how many, how many cost something, and the first of these in words.
    harms
        Kills, stops, full disks and false clocks by kind; one training takes several.
    """

    seed: int
    seconds: float
    trials: dict[str, int]
    losses: dict[str, int]
    first: dict[str, str]
    harms: dict[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """True where nothing was lost."""
        return not any(self.losses.values())

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {**asdict(self), "passed": self.passed}

    def as_text(self) -> str:
        """Lines for a reader."""
        lines = [f"{'attack':28}{'survived':>10}{'lost':>6}"]
        for kind, n in self.trials.items():
            lost = self.losses[kind]
            words = f"  {self.first[kind]}" if lost else ""
            lines.append(f"{kind:28}{n - lost:10}{lost:6}{words}")
        done = ", ".join(f"{n} {kind}" for kind, n in self.harms.items()) or "none"
        return "\n".join([*lines, f"harms: {done}", f"{self.seconds:.0f} s, seed {self.seed}"])


@dataclass(slots=True)
class _Tally:
    trials: dict[str, int] = field(default_factory=dict)
    losses: dict[str, int] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, cost: str) -> None:
        self.trials[kind] = self.trials.get(kind, 0) + 1
        self.losses[kind] = self.losses.get(kind, 0) + bool(cost)
        if cost:
            self.first.setdefault(kind, cost)


def run_chaos(
    settings: Settings, *, minutes: float, train: kills.Command, seed: int = 0
) -> ChaosReport:
    """Attack uploads, mirrors and trainings, each for its share of the time.

    Every kind is tried at least once, also where the time is shorter.

    Parameters
    ----------
    train
        Gives the command line that trains what a folder holds.
    """
    started, tally, harms = time.monotonic(), _Tally(), Counter[str]()
    with tempfile.TemporaryDirectory(prefix="ecg-chaos-") as name:
        folder = Path(name)
        for share, attacks in (
            (0.25, _uploads(seed)),
            (0.15, _mirrors(folder / "mirrors", settings.synthetic_dir, seed)),
            (0.60, _kills(folder / "kills", folder / "data", train, seed, harms)),
        ):
            _spend(attacks, share * 60 * minutes, tally)
    seconds = time.monotonic() - started
    return ChaosReport(
        seed, round(seconds, 1), tally.trials, tally.losses, tally.first, dict(harms)
    )


def _spend(attacks: Iterator[tuple[str, Trial]], seconds: float, tally: _Tally) -> None:
    """Try one attack after the other until the time is over and each kind has had its turn.

    On a slow machine it ends after twice the time, whoever has not had one.
    """
    begun, seen = time.monotonic(), set[str]()
    for kind, attack in attacks:
        spent = time.monotonic() - begun
        if spent > seconds and (kind in seen or spent > 2 * max(seconds, _AT_LEAST_S)):
            break
        tally.add(kind, attack())
        seen.add(kind)


def _uploads(seed: int) -> Iterator[tuple[str, Trial]]:
    """Alternate what was made by hand with damaged files, until there is no more of either."""
    shared_pool().warm_up(2)
    valid = load_seeds()
    by_hand = iter(hostile_uploads().items())
    for case in itertools.count():
        if (one := next(by_hand, None)) is not None:
            options = SAID if one[0].startswith(("csv", "npz", "zip")) else FILE_SAYS_ALL
            yield "upload made by hand", partial(_read, one[0], one[1], options)
        kind, files, asked = mutated(case, valid, seed)
        yield "damaged upload", partial(_read, f"{kind} {case}", partial(list, files), asked)


def _read(name: str, make: Callable[[], Files], options: ReadOptions) -> str:
    files = make()
    started = time.monotonic()
    try:
        read_upload(files, options)
    except RecordError:
        pass
    except Exception as error:  # this is what is looked for
        return f"{name}: {type(error).__name__}"
    seconds = time.monotonic() - started
    return f"{name}: {seconds:.1f} s" if seconds > UPLOAD_LIMIT_S else ""


def _mirrors(folder: Path, synthetic_dir: Path, seed: int) -> Iterator[tuple[str, Trial]]:
    folder.mkdir()
    if not (synthetic_dir / "ptbxl_database.csv").exists():
        synthetic_dir = folder / "drawn"
        generate(synthetic_dir)
    truth = folder / "truth"
    truth.mkdir()
    proof = mirrors.write_truth(synthetic_dir, truth)
    cases = list(itertools.product(mirrors.LIES, mirrors.TARGETS))
    order = np.random.default_rng(seed).permutation(len(cases))
    for number in order:
        lie, target = cases[number]
        yield "hostile mirror", partial(_fetch, truth, proof, lie, target, seed)


def _fetch(truth: Path, proof: str, lie: str, target: str, seed: int) -> str:
    cost = mirrors.try_mirror(truth, proof, lie, target, seed)
    return f"{lie} for {target}: {cost}" if cost else ""


def _kills(
    folder: Path, data_dir: Path, train: kills.Command, seed: int, harms: Counter[str]
) -> Iterator[tuple[str, Trial]]:
    if os.name == "nt":  # which stops no process for a signal
        return
    folder.mkdir()
    generate(data_dir)
    bed, rng = kills.Bed.make(folder, data_dir, train, harms), np.random.default_rng(seed)
    for number in itertools.count():
        kind = kills.KINDS[number % len(kills.KINDS)]
        yield f"kill: {kind}", partial(kills.try_kill, bed, kind, number, rng)
