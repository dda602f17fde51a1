"""Speed and memory, measured on the machine that asks; the figures are the product's promises."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from ecgcore.bench.ecg_page import ecg_page_figures
from ecgcore.bench.explanations import everything_figures, explanation_figures
from ecgcore.bench.figure import Figure, timed
from ecgcore.bench.shipped import first_seeds, shipped_models
from ecgcore.explain.attribution import METHODS
from ecgcore.explain.methods import IG_STEPS, explain
from ecgcore.models.architectures import arch_title
from ecgcore.models.predictor import Predictor, predict, predict_batches
from ecgcore.ptbxl.catalog import open_catalog
from ecgcore.ptbxl.store import Recordings, open_recordings
from ecgcore.settings import APP_DIR, Settings

_TARGETS_MS = {"gradcam": 30.0, "ig": 400.0}
_LOOP_RECORDS = 200
_PAGE_BENCHES = (
    "pages.shared.bench.page_bench",
    "pages.shared.bench.crowd_bench",
    "pages.shared.bench.desk_bench",
)


@dataclass(frozen=True, slots=True)
class BenchReport:
    """All figures of one run."""

    data_version: str
    threads: int
    figures: tuple[Figure, ...]

    @property
    def passed(self) -> bool:
        """True where every promise holds."""
        return all(figure.passed for figure in self.figures)

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {
            "data_version": self.data_version,
            "threads": self.threads,
            "passed": self.passed,
            "figures": [{**asdict(f), "passed": f.passed} for f in self.figures],
        }

    def as_text(self) -> str:
        """One line for each figure."""
        lines = [f"{self.data_version}, {self.threads} threads"]
        lines += [figure.as_text() for figure in self.figures]
        return "\n".join(lines)


def run_speed(settings: Settings, *, quick: bool = False) -> BenchReport:
    """Measure models, the ECG page's parts and memory; and the pages unless `quick`.

    Raises
    ------
    ModelError
        If no model ships.
    """
    recordings = open_recordings(open_catalog(settings))
    entries = shipped_models(settings)
    predictors = {entry: Predictor.open(entry) for entry in entries}
    six = [predictors[entry] for entry in first_seeds(entries)]
    figures = [
        *_single_record(six, list(predictors.values()), recordings),
        *_of_one_record(list(predictors.values()), recordings, settings),
        *_batches(six[0], recordings),
        *ecg_page_figures(six, recordings),
        _memory(recordings),
    ]
    if not quick:
        figures += _pages(settings)
    return BenchReport(recordings.catalog.version, torch.get_num_threads(), tuple(figures))


def _single_record(
    six: list[Predictor], every: list[Predictor], recordings: Recordings
) -> Iterable[Figure]:
    record = recordings.read(recordings.available(_ids(recordings)[:50])[0])
    yield timed(f"{len(six)} predictions of a warm record", lambda: predict(six, record), 40.0)
    yield timed(f"{len(every)} predictions, every seed", lambda: predict(every, record), None)
    for predictor in _one_of_each(every):
        arch = arch_title(predictor.entry.key.arch)
        for method, target in _TARGETS_MS.items():
            steps = f", {IG_STEPS} steps" if method == "ig" else ""
            yield timed(
                f"{METHODS[method]}{steps}, {arch}",
                partial(explain, predictor, record, method, n_steps=IG_STEPS),
                target,
            )


def _of_one_record(
    every: list[Predictor], recordings: Recordings, settings: Settings
) -> Iterable[Figure]:
    record = recordings.read(recordings.available(_ids(recordings)[:50])[0])
    yield from everything_figures(every, record, settings)
    yield from explanation_figures(every, record)


def _one_of_each(predictors: list[Predictor]) -> list[Predictor]:
    return list({p.entry.key.arch: p for p in reversed(predictors)}.values())


def _batches(predictor: Predictor, recordings: Recordings) -> Iterable[Figure]:
    """All records in batches from the store, beside a plain loop over WFDB files."""
    ids = recordings.available(_ids(recordings))
    started = time.perf_counter()
    for start in range(0, len(ids), 1024):
        predict_batches(predictor, recordings.signals(ids[start : start + 1024]))
    batched = len(ids) / (time.perf_counter() - started)
    files = Recordings(recordings.catalog)
    some = ids[:: max(1, len(ids) // _LOOP_RECORDS)][:_LOOP_RECORDS]
    started = time.perf_counter()
    for ecg_id in some:
        predict([predictor], files.read(ecg_id))
    looped = len(some) / (time.perf_counter() - started)
    store = "the store" if recordings.store is not None else "WFDB files, no store is built"
    yield Figure(f"batch prediction of {len(ids):,} records", batched, "records/s", note=store)
    yield Figure("plain loop over WFDB files", looped, "records/s", note=f"{len(some)} records")
    yield Figure("batch prediction over plain loop", batched / looped, "times")


def _memory(recordings: Recordings) -> Figure:
    """Resident memory of this process, which has all models open and has read the whole store."""
    if recordings.store is not None:
        recordings.store.units.sum()
    return memory("memory, all models and the full store open")


def memory(name: str, pid: int | str = "self") -> Figure:
    """Resident memory of a process beside its target."""
    used_mb = resident_mb(pid)
    note = "needs /proc" if used_mb is None else ""
    return Figure(name, used_mb, "MB", 1500.0, note, skipped=used_mb is None)


def resident_mb(pid: int | str = "self") -> float | None:
    """Resident memory of a process in MB, where /proc tells it."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _pages(settings: Settings) -> list[Figure]:
    """Measure server and browser in processes that may import the pages."""
    return [figure for module in _PAGE_BENCHES for figure in _figures_of(module, settings)]


def _figures_of(module: str, settings: Settings) -> list[Figure]:
    """Run a module that prints figures; a crash is a figure."""
    done = subprocess.run(
        [sys.executable, "-m", module],
        cwd=APP_DIR,
        env=settings.as_env(),
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    figures = [Figure(**json.loads(line)) for line in lines]
    if done.returncode:
        figures.append(Figure("further figures of the pages", None, "ms", note=_reason(done)))
    return figures


def _reason(crashed: "subprocess.CompletedProcess[str]") -> str:
    """Give the last line that starts with the name of an error."""
    lines = crashed.stderr.strip().splitlines()
    named = [line for line in lines if re.match(r"[\w.]*Error\b", line)]
    return (named or lines or [f"ended with status {crashed.returncode}"])[-1]


def _ids(recordings: Recordings) -> list[int]:
    return [int(ecg_id) for ecg_id in recordings.catalog.frame.index]
