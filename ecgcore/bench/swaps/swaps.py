"""How many swapped electrodes are found, and how often the right ones are suspected."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.recordings import read_file
from ecgcore.ptbxl import synthetic
from ecgcore.ptbxl.catalog import load_catalog, open_catalog
from ecgcore.ptbxl.store import Recordings, open_recordings
from ecgcore.records import FloatArray
from ecgcore.settings import Settings
from ecgcore.signals.filters import resample
from ecgcore.signals.lead_swaps import (
    NETWORKS_FILE,
    SWAP_FS_HZ,
    SWAPS,
    Beat,
    median_beat,
    suspected_swap,
    swapped,
)
from ecgcore.stats.metrics import wilson

FOLD = 10
LENGTH = 10 * SWAP_FS_HZ
_SYNTHETIC_TIMES = 4


@dataclass(frozen=True, slots=True)
class Found:
    """Of `n` recordings with electrodes swapped, so many were found; `swap` "" counts alarms."""

    recordings: str
    swap: str
    n: int
    n_found: int

    def as_text(self) -> str:
        """Say it in a line."""
        share = wilson(self.n_found / max(self.n, 1), self.n).text()
        what = SWAPS.get(self.swap, "as recorded: suspected")
        return f"{self.recordings:18} {what:44} {self.n_found:>5} of {self.n:<5} {share}"


@dataclass(frozen=True, slots=True)
class SwapsReport:
    """Counts for every swap on each kind of recordings."""

    rows: tuple[Found, ...]

    @property
    def passed(self) -> bool:
        """False where more than 1 % of the recordings are suspected as they are."""
        alarms = [row for row in self.rows if not row.swap]
        return sum(row.n_found for row in alarms) <= 0.01 * sum(row.n for row in alarms)

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {"rows": [asdict(row) for row in self.rows]}

    def as_text(self) -> str:
        """Lines for a reader."""
        return "\n".join(row.as_text() for row in self.rows)


def run_swaps(settings: Settings, others: Path | None, *, refit: bool = False) -> SwapsReport:
    """Swap the electrodes of fold 10 and of other recordings by calculation, and look for it.

    Parameters
    ----------
    others
        A folder of WFDB headers; every other recording (in the order of their names) took part in
        the choice of the networks, the rest did not.
    refit
        Whether the networks are fitted anew on folds 1 to 8 and the synthetic set, and replaced.
    """
    recordings = open_recordings(open_catalog(settings))
    if refit:
        from ecgcore.bench.swaps.fitting import fit  # loads torch

        embedded = open_recordings(load_catalog(synthetic.ensure(settings.synthetic_dir)))
        made_up = _beats(_signals(embedded, range(1, 11)))
        real = _beats(_signals(recordings, range(1, 9)))
        fit(np.concatenate([real, *[made_up] * _SYNTHETIC_TIMES]), NETWORKS_FILE)
    rows = list(found_in(f"PTB-XL fold {FOLD}", list(_signals(recordings, [FOLD]))))
    if others is not None:
        signals = list(_other_signals(others))
        rows += found_in("others, held back", signals[1::2])
        rows += found_in("others, chosen on", signals[::2])
    return SwapsReport(tuple(rows))


def found_in(name: str, signals: Sequence[FloatArray]) -> Iterator[Found]:
    """Count what is found in ``(12, n)`` signals at `SWAP_FS_HZ`, first as they are."""
    for key in ("", *SWAPS):
        swaps = [suspected_swap(swapped(one, key).astype(np.float32)) for one in signals]
        hits = [swap is not None and key in ("", swap.key) for swap in swaps]
        yield Found(name, key, len(signals), sum(hits))


def _beats(signals: Iterable[FloatArray]) -> Beat:
    found = (median_beat(signal) for signal in signals)
    return np.array([beat for beat in found if beat is not None], dtype=np.float32)


def _signals(recordings: Recordings, folds: Iterable[int]) -> Iterator[FloatArray]:
    frame = recordings.catalog.frame
    ids = [int(ecg_id) for ecg_id in frame.index[frame["strat_fold"].isin(list(folds))]]
    for part in np.array_split(ids, max(len(ids) // 500, 1)):
        yield from recordings.signals(part.tolist())


def _other_signals(folder: Path) -> Iterator[FloatArray]:
    for path in sorted(folder.rglob("*.hea")):
        try:
            record = read_file(path)
        except RecordError:  # not of 12 leads, or damaged
            continue
        slow: NDArray[np.float32] = resample(record.signal, record.fs_hz, SWAP_FS_HZ)
        yield slow[:, :LENGTH]
