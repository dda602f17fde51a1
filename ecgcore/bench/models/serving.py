"""What a reader waits for: opinions on one record, on all records, and beside a training."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import wfdb
from numpy.typing import NDArray

from ecgcore.bench.figure import Figure, durations_ms, elapsed_ms
from ecgcore.bench.models.contest import Contest, Effort
from ecgcore.errors import JobError
from ecgcore.figures.ecg_paper import ecg_figure
from ecgcore.figures.paper_layout import PaperSettings
from ecgcore.jobs.processes import spawn
from ecgcore.models.architectures import DEFAULT, arch_title
from ecgcore.models.inputs import prepared
from ecgcore.models.predictor import Predictor, copies, predict, predict_many
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.store import FS_HZ, Recordings
from ecgcore.records import EcgRecord, FloatArray
from ecgcore.settings import PROJECT_DIR, Settings
from ecgcore.study.plan import default_jobs
from ecgcore.tasks import mi
from ecgcore.threads import library_threads
from ecgcore.training.spec import STEP_FILE, TrainSpec
from ecgcore.training.submit import missing_ids

TrainCommand = Callable[[Path], list[str]]
"""The command line that trains what a run folder holds."""

ONE_RECORD_MS, BATCH_PROMISE, BESIDE_TRAINING = 25.0, 10.0, 1.5

_BLOCKS, _OURS = "blocks", "our reader, 1 thread"
_WORKERS = 2
_BLOCK = 256
_PAUSE_S = 0.05
_WARM_OPENS = 10
_START_LIMIT_S = 240.0
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def one_record_figures(
    predictors: Sequence[Predictor], record: EcgRecord, effort: Effort
) -> Iterator[Figure]:
    """Ask all models about one warm record, in three ways that take turns.

    The promise is about the dashboard, which asks two models at a time and gives torch one thread
    for each. The time of the processor says what a busy machine adds.
    """
    with library_threads(1):
        in_turn = partial(_one_after_the_other, predictors, record)
        ways: dict[str, tuple[int, Callable[[], object]]] = {
            "as in the dashboard": (1, partial(predict, predictors, record)),
            "one after the other": (1, in_turn),
            f"so, {default_jobs()} threads of torch": (default_jobs(), in_turn),
        }
        times: dict[str, list[float]] = {way: [] for way in ways}
        busy_s = dict.fromkeys(ways, 0.0)
        for _ in range(effort.rounds):
            for way, (threads, action) in ways.items():
                with library_threads(threads):
                    before = time.process_time()
                    times[way] += durations_ms(action, effort.calls)
                    busy_s[way] += time.process_time() - before
    n_calls = effort.rounds * (effort.calls + 1)
    for way, target in zip(ways, (ONE_RECORD_MS, None, None), strict=True):
        note = f"p95 {np.quantile(times[way], 0.95):.0f} ms"
        note += f", processor {1000 * busy_s[way] / n_calls:.0f} ms"
        name = f"{len(predictors)} models on a warm record, {way}"
        yield Figure(name, median(times[way]), "ms", target, note)


def _one_after_the_other(predictors: Sequence[Predictor], record: EcgRecord) -> list[float]:
    inputs = prepared(record.signal[None], record.fs_hz, predictors[0].preprocessing)
    return [float(predictor.logits(inputs)[0, 0]) for predictor in predictors]


def whole_set_figures(
    predictor: Predictor, recordings: Recordings, effort: Effort
) -> Iterator[Figure]:
    """Predict all records as ``predict-all`` does, and some by plain loops, in turns.

    A loop reads a WFDB file and predicts it, then the next one. That with wfdb may use one thread
    of torch or as many as there are cores; the faster way counts.
    """
    ids = recordings.available([int(ecg_id) for ecg_id in recordings.catalog.frame.index])
    name = f"{len(ids):,} records through {arch_title(predictor.entry.key.arch)}, against a loop"
    files = [i for i in ids if recordings.catalog.record_path(i).with_suffix(".dat").exists()]
    if not files:
        yield Figure(name, None, "times", None, "needs WFDB files", True, BATCH_PROMISE)
        return
    some = files[:: max(1, len(files) // effort.loop_records)][: effort.loop_records]
    contest = _by_parts(predictor, recordings, (ids, some), effort.parts)
    plain = contest.fastest([loop for loop in contest.times_ms if loop.startswith("wfdb")])
    source = "the store" if recordings.store is not None else "WFDB files, no store is built"
    for words, loop, at_least in (("", plain, BATCH_PROMISE), (" by our reader", _OURS, None)):
        ratio = contest.ratio(loop, _BLOCKS)
        note = f"{_per_second(contest, loop)} to {_per_second(contest, _BLOCKS)} records/s from "
        note += f"{source}; {ratio.as_text()}; {loop}"
        yield Figure(f"{name}{words}", ratio.median, "times", None, note, at_least=at_least)


def _by_parts(
    predictor: Predictor, recordings: Recordings, ids: tuple[list[int], list[int]], n_parts: int
) -> Contest:
    """Time a record in ms, in blocks and in each loop, part by part of the ids of both."""
    catalog, cores = recordings.catalog, default_jobs()
    read, files = partial(_read_by_wfdb, catalog), Recordings(catalog)
    loops: dict[str, tuple[int, Callable[[list[int]], object]]] = {
        "wfdb, 1 thread": (1, partial(_loop, predictor, read)),
        f"wfdb, {cores} threads": (cores, partial(_loop, predictor, read)),
        _OURS: (1, partial(_loop, predictor, lambda ecg_id: files.read(ecg_id).signal)),
    }
    times: dict[str, list[float]] = {name: [] for name in (_BLOCKS, *loops)}
    for all_ids, some in zip(*(np.array_split(these, n_parts) for these in ids), strict=True):
        blocks = partial(_predict_blocks, predictor, recordings, all_ids.tolist())
        times[_BLOCKS].append(elapsed_ms(blocks) / len(all_ids))
        for name, (threads, loop) in loops.items():
            with library_threads(threads):
                times[name].append(elapsed_ms(partial(loop, some.tolist())) / len(some))
    return Contest({name: np.array(values) for name, values in times.items()})


def _per_second(contest: Contest, name: str) -> str:
    return f"{1000 / contest.median_ms(name):,.0f}"


def _predict_blocks(
    predictor: Predictor, recordings: Recordings, ids: list[int]
) -> list[NDArray[np.float32]]:
    sets = copies([predictor], _WORKERS)

    def predicted(block: list[int]) -> NDArray[np.float32]:
        mine = sets.get()
        try:
            logits: NDArray[np.float32] = predict_many(mine, recordings.signals(block))[0]
            return logits
        finally:
            sets.put(mine)

    blocks = [ids[start : start + _BLOCK] for start in range(0, len(ids), _BLOCK)]
    with library_threads(1), ThreadPoolExecutor(_WORKERS) as pool:
        return list(pool.map(predicted, blocks))


def _loop(predictor: Predictor, read: Callable[[int], FloatArray], ids: list[int]) -> None:
    for ecg_id in ids:
        predictor.logits(prepared(read(ecg_id)[None], FS_HZ, predictor.preprocessing))


def _read_by_wfdb(catalog: Catalog, ecg_id: int) -> FloatArray:
    signal: FloatArray = wfdb.rdrecord(catalog.record_path(ecg_id)).p_signal.T
    return signal.astype(np.float32)


def opening_figures(
    settings: Settings,
    predictors: Sequence[Predictor],
    recordings: Recordings,
    effort: Effort,
    train: TrainCommand,
) -> Iterator[Figure]:
    """Open records while nothing else runs, then beside a training, then alone again."""
    name = "opening a record beside a training: p95 over that alone"
    if (why := _no_training(recordings, effort)) is not None:
        yield Figure(name, None, "times", BESIDE_TRAINING, why, skipped=True)
        return
    ids = recordings.available([int(ecg_id) for ecg_id in recordings.catalog.frame.index])
    chosen = np.resize(ids[:: max(1, len(ids) // (2 * effort.opens))], 2 * effort.opens).tolist()
    half = effort.opens // 2
    opened = partial(_open_all, predictors, recordings)
    with library_threads(1):
        alone = opened(chosen[:half])
        try:
            with _training(settings, recordings.catalog.folder, train) as still_runs:
                beside = opened(chosen[half : half + effort.opens])
                still_runs()
        except JobError as error:
            yield Figure(name, None, "times", BESIDE_TRAINING, str(error))
            return
        alone += opened(chosen[half + effort.opens :])
    yield from _beside(name, alone, beside)


def _beside(name: str, alone: list[float], beside: list[float]) -> Iterator[Figure]:
    slow = [float(np.quantile(times, 0.95)) for times in (beside, alone)]
    note = f"p95 {slow[0]:.0f} to {slow[1]:.0f} ms, {len(alone)} records each"
    yield Figure(name, slow[0] / slow[1], "times", BESIDE_TRAINING, note)
    for words, times in (("alone", alone), ("beside a training", beside)):
        p95 = f"p95 {np.quantile(times, 0.95):.0f} ms"
        yield Figure(f"opening a record {words}", median(times), "ms", note=p95)


def _no_training(recordings: Recordings, effort: Effort) -> str | None:
    if effort.opens == 0:
        return "not with --quick"
    if missing := missing_ids(recordings, mi.CERTAIN):
        return f"needs the {len(missing):,} records of training set A that are not here"
    return None


def _open_all(
    predictors: Sequence[Predictor], recordings: Recordings, ids: Sequence[int]
) -> list[float]:
    """Open one record after the other, with a pause as between two of a reader's clicks."""

    def open_record(ecg_id: int) -> None:
        record = recordings.read(ecg_id)
        predict(predictors, record)
        ecg_figure(record, PaperSettings())

    for ecg_id in ids[:_WARM_OPENS]:
        open_record(ecg_id)
    times = []
    for ecg_id in ids:
        time.sleep(_PAUSE_S)
        times.append(elapsed_ms(partial(open_record, ecg_id)))
    return times


@contextmanager
def _training(
    settings: Settings, data_dir: Path, train: TrainCommand
) -> Iterator[Callable[[], None]]:
    """Train as the dashboard does, in a folder of its own, from its first steps on; then stop it.

    Yields
    ------
    Callable
        Raises JobError if the training is over.
    """
    with TemporaryDirectory(prefix="ecg-bench-") as folder:
        run_dir, log_path = Path(folder) / "run", Path(folder) / "log.txt"
        spec = TrainSpec(DEFAULT.name, mi.CERTAIN, 0, str(data_dir), epochs=200, patience=200)
        spec.save(run_dir)
        env = {**settings.as_env(), **_ONE_THREAD, "ECG_RUNS_DIR": folder}
        process = spawn(train(run_dir), cwd=PROJECT_DIR, log_path=log_path, env=env)

        def still_runs() -> None:
            if process.ended():
                tail = log_path.read_text(errors="replace").strip().splitlines()[-1:]
                raise JobError(f"The training ended too early. {''.join(tail)}")

        try:
            _wait_for(run_dir / STEP_FILE, still_runs)
            yield still_runs
        finally:
            process.stop()


def _wait_for(path: Path, still_runs: Callable[[], None]) -> None:
    deadline = time.monotonic() + _START_LIMIT_S
    while not path.exists():
        still_runs()
        if time.monotonic() > deadline:
            raise JobError(f"The training made no step within {_START_LIMIT_S:.0f} s.")
        time.sleep(0.2)
