"""Predict the records of PTB-XL and of the synthetic set with every shipped model.

What is stored for unchanged weights is kept. The rest is predicted in blocks of records, each
written to a folder of its own, so that a stopped command goes on where it was.
"""

import hashlib
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from ecgcore.errors import ModelError
from ecgcore.models.cards import ModelEntry, list_models
from ecgcore.models.inputs import patient_inputs
from ecgcore.models.predictor import Predictor, copies, predict_many
from ecgcore.predictions.classes.labels import save_labels
from ecgcore.predictions.store import (
    load_predictions,
    logits_of_model,
    predictions_frame,
    predictions_path,
    save_cohort,
    save_predictions,
    shipped_file,
)
from ecgcore.ptbxl import synthetic
from ecgcore.ptbxl.catalog import Catalog, load_catalog
from ecgcore.ptbxl.label_groups import fingerprint
from ecgcore.ptbxl.store import Recordings, open_all_of_ptbxl, open_recordings
from ecgcore.records import FloatArray
from ecgcore.settings import Settings
from ecgcore.tasks.registry import task_named
from ecgcore.tasks.task import Task
from ecgcore.threads import library_threads

WEIGHTS_KEY = "weights_sha256"
"""In a file's metadata (``frame.attrs``): which weights gave the predictions of which model."""

_BLOCK = 256
_PROBES = 16
_SAME_LOGIT = 1e-3


@dataclass(frozen=True, slots=True)
class PredictAllReport:
    """How many models predicted how many records of PTB-XL, and where the files are.

    `n_kept` models have the weights that they had when the files, one for each task, were written.
    """

    n_models: int
    n_records: int
    n_kept: int
    files: tuple[str, ...]


def predict_all(settings: Settings, *, jobs: int = 1, quiet: bool = False) -> PredictAllReport:
    """Write ``predictions/<task>.parquet``, its synthetic companion, labels and the cohort.

    Parameters
    ----------
    jobs
        Blocks of records at once, each in a thread.

    Raises
    ------
    CatalogError
        If the open data set is not all of PTB-XL.
    ModelError
        If no model ships.
    """
    recordings = open_all_of_ptbxl(settings, "predictions are")
    embedded = open_recordings(load_catalog(synthetic.ensure(settings.synthetic_dir)))
    found = list_models(settings.pretrained_dir, settings.runs_dir, task=None)
    shipped = [entry for entry in found if entry.shipped]
    if not shipped:
        raise ModelError(f"There is no model in {settings.pretrained_dir}. Restore that folder.")
    tasks = tuple(dict.fromkeys(entry.key.task for entry in shipped))
    blocks_dir, n_kept = settings.runs_dir / "predict-all", 0
    with library_threads(max(1, torch.get_num_threads() // jobs)):
        for task in tasks:
            mine = _Entries(
                task, [e for e in shipped if e.key.task == task], settings.pretrained_dir
            )
            _update(mine, embedded, blocks_dir, jobs, quiet=True, synthetic=True)
            n_kept += _update(mine, recordings, blocks_dir, jobs, quiet)
    save_cohort(recordings.catalog, settings.pretrained_dir)
    save_labels(recordings.catalog, settings.pretrained_dir)
    shutil.rmtree(blocks_dir, ignore_errors=True)
    files = tuple(str(predictions_path(settings.pretrained_dir, task)) for task in tasks)
    return PredictAllReport(len(shipped), len(recordings.catalog.frame), n_kept, files)


@dataclass(frozen=True, slots=True)
class _Entries:
    """The shipped models of one task."""

    task: str
    models: list[ModelEntry]
    pretrained_dir: Path


def _update(
    entries: _Entries,
    recordings: Recordings,
    blocks_dir: Path,
    jobs: int,
    quiet: bool,
    synthetic: bool = False,
) -> int:
    """Bring one file up to date; returns how many models were kept."""
    ids = stored_ids(recordings.catalog, task_named(entries.task))
    before = shipped_file(entries.pretrained_dir, entries.task, synthetic=synthetic)
    path = predictions_path(entries.pretrained_dir, entries.task, synthetic=synthetic)
    frames = _still_right(entries, recordings, ids, before)
    n_kept = len(frames)
    missing = [entry for entry in entries.models if entry.name not in frames]
    if missing:
        logits = _predict(missing, recordings, ids, blocks_dir / path.stem, jobs, quiet)
        for entry, mine in zip(missing, logits, strict=True):
            frames[entry.name] = predictions_frame(entry.key, ids, mine)
    frame = pd.concat([frames[entry.name] for entry in entries.models], ignore_index=True)
    frame.attrs[WEIGHTS_KEY] = {entry.name: entry.card.weights_sha256 for entry in entries.models}
    save_predictions(frame, path)
    return n_kept


def stored_ids(catalog: Catalog, task: Task) -> list[int]:
    """List the records whose predictions are stored: of one class all, else those it is judged on.

    Files of several classes for every record would take more room than the models.
    """
    if len(task.classes) > 1:
        return sorted(task.judged_ids(catalog))
    return [int(ecg_id) for ecg_id in catalog.frame.index]


def _still_right(
    entries: _Entries, recordings: Recordings, ids: list[int], path: Path
) -> dict[str, pd.DataFrame]:
    """Return stored predictions, by model, of the same weights for the same records.

    A few records are predicted again, so that a change of the filter or of the code is noticed.
    """
    try:
        stored = load_predictions(path, entries.task)
    except ModelError:
        return {}
    weights = stored.attrs.get(WEIGHTS_KEY, {})
    probes = ids[:: max(1, len(ids) // _PROBES)]
    signals, patients = recordings.signals(probes), _told(recordings, probes)
    kept = {}
    for entry in entries.models:
        if weights.get(entry.name) != entry.card.weights_sha256:
            continue
        logits = logits_of_model(stored, entry.key)
        if list(logits.index) == ids and np.allclose(
            logits.loc[probes],
            predict_many([Predictor.open(entry)], signals, patients=patients)[0],
            atol=_SAME_LOGIT,
        ):
            kept[entry.name] = predictions_frame(entry.key, ids, logits.to_numpy())
    return kept


def _predict(
    entries: Sequence[ModelEntry],
    recordings: Recordings,
    ids: list[int],
    blocks_dir: Path,
    jobs: int,
    quiet: bool,
) -> NDArray[np.float32]:
    """Return logits ``(n_models, n_records, n_classes)``.

    Finished blocks of a stopped command are read.
    """
    sets = copies([Predictor.open(entry) for entry in entries], jobs)
    blocks = [ids[start : start + _BLOCK] for start in range(0, len(ids), _BLOCK)]
    wanted = "".join(entry.card.weights_sha256 for entry in entries)
    folder = blocks_dir / hashlib.sha256(wanted.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    n_classes = len(task_named(entries[0].key.task).classes)

    def predicted(block: list[int]) -> NDArray[np.float32]:
        path = folder / f"{fingerprint(block)}.npy"
        if (stored := _stored_block(path, (len(entries), len(block), n_classes))) is not None:
            return stored
        mine = sets.get()
        try:
            signals, patients = recordings.signals(block), _told(recordings, block)
            logits = predict_many(mine, signals, patients=patients)
        finally:
            sets.put(mine)
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.save(file, logits)
        part.replace(path)
        return logits

    with (
        ThreadPoolExecutor(jobs) as pool,
        tqdm(desc=f"{len(entries)} models", total=len(ids), unit=" records", disable=quiet) as bar,
    ):
        parts = []
        try:
            for part in pool.map(predicted, blocks):
                parts.append(part)
                bar.update(part.shape[1])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return np.concatenate(parts, axis=1)


def _told(recordings: Recordings, ids: list[int]) -> FloatArray:
    return patient_inputs(map(recordings.catalog.patient, ids))


def _stored_block(path: Path, shape: tuple[int, int, int]) -> NDArray[np.float32] | None:
    try:
        logits = np.load(path, allow_pickle=False)
    except (OSError, ValueError):
        return None
    return logits.astype(np.float32) if logits.shape == shape else None
