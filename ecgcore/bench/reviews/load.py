"""Many readers at once, each double-clicking: what is lost, what is double, how long it takes."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import Place, commit
from ecgcore.review.store.log import ReviewLog


@dataclass(frozen=True, slots=True)
class Load:
    """What readers at once cost.

    Attributes
    ----------
    lost, double
        Confirmed readings that are not there, and those there more than once.
    p50_ms, p95_ms
        From the click to the confirmation, over all readings.
    """

    readers: int
    readings: int
    lost: int
    double: int
    faults: int
    p50_ms: float
    p95_ms: float


def under_load(folder: Path, readers: int, readings: int) -> Load:
    """Let every reader commit so many readings, each of them twice, all readers at once."""
    log = ReviewLog.at(sa.URL.create("sqlite", database=str(folder / "load.sqlite")))
    names = [f"reader {number}" for number in range(readers)]
    with ThreadPoolExecutor(readers) as pool:
        seconds = list(pool.map(lambda who: _read(log, who, readings), names))
    entries = log.entries(kinds=["reading"])
    there = Counter((entry.reader, entry.case) for entry in entries)
    wanted = {(who, str(case)) for who in names for case in range(readings)}
    faults = len(log.verify())
    log.engine.dispose()
    p50, p95 = np.percentile(1000 * np.concatenate(seconds), [50, 95])
    double = sum(n - 1 for n in there.values())
    return Load(readers, readings, len(wanted - set(there)), double, faults, float(p50), float(p95))


def _read(log: ReviewLog, who: str, readings: int) -> list[float]:
    taken = []
    for case in range(readings):
        place, said = Place("load", str(case), who), Reading("MI", 80, text="x" * 200)
        started = time.perf_counter()
        commit(log, place, said, 1)
        taken.append(time.perf_counter() - started)
        commit(log, place, said, 1)
    return taken
