"""Predict every record of PTB-XL and of the synthetic set with every shipped model."""

from dataclasses import dataclass

import pandas as pd
from tqdm import tqdm

from ecgcore.errors import CatalogError, ModelError
from ecgcore.models.cards import ModelEntry, list_models
from ecgcore.models.predictions import (
    PREDICTIONS_FILE,
    SYNTHETIC_FILE,
    predictions_frame,
    save_cohort,
    save_predictions,
)
from ecgcore.models.predictor import Predictor, predict_batches
from ecgcore.ptbxl import synthetic
from ecgcore.ptbxl.catalog import PTBXL_VERSION, load_catalog, open_catalog
from ecgcore.ptbxl.store import Recordings, open_recordings
from ecgcore.settings import Settings

_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class PredictAllReport:
    """How many models predicted how many records of PTB-XL, and where the file is."""

    n_models: int
    n_records: int
    file: str


def predict_all(settings: Settings, *, quiet: bool = False) -> PredictAllReport:
    """Write ``predictions.parquet``, its synthetic companion and ``cohort.parquet``.

    Raises
    ------
    CatalogError
        If the open data set is not all of PTB-XL.
    ModelError
        If no model ships.
    """
    recordings = open_recordings(open_catalog(settings))
    if recordings.catalog.version != PTBXL_VERSION:
        raise CatalogError(
            f"{recordings.catalog.version} is open; the shipped predictions are for all of "
            f"{PTBXL_VERSION}. Choose its folder with --data."
        )
    embedded = open_recordings(load_catalog(synthetic.ensure(settings.synthetic_dir)))
    shipped = [e for e in list_models(settings.pretrained_dir, settings.runs_dir) if e.shipped]
    if not shipped:
        raise ModelError(f"There is no model in {settings.pretrained_dir}. Restore that folder.")
    target = settings.pretrained_dir
    save_predictions(_predict(shipped, embedded, quiet=True), target / SYNTHETIC_FILE)
    frame = _predict(shipped, recordings, quiet=quiet)
    save_predictions(frame, target / PREDICTIONS_FILE)
    save_cohort(recordings.catalog, target)
    return PredictAllReport(len(shipped), frame["ecg_id"].nunique(), str(target / PREDICTIONS_FILE))


def _predict(entries: list[ModelEntry], recordings: Recordings, *, quiet: bool) -> pd.DataFrame:
    ids = [int(ecg_id) for ecg_id in recordings.catalog.frame.index]
    frames = []
    for entry in entries:
        predictor = Predictor.open(entry)
        for start in tqdm(range(0, len(ids), _BLOCK), desc=entry.label, disable=quiet):
            chosen = ids[start : start + _BLOCK]
            logits = predict_batches(predictor, recordings.signals(chosen))
            frames.append(predictions_frame(entry.key, chosen, logits))
    return pd.concat(frames, ignore_index=True)
