"""A ``pretrained/`` folder with six made-up models: cards, predictions and cohort, no weights."""

from pathlib import Path

import numpy as np
import pandas as pd

from ecgcore.models.cards import ModelCard, ModelKey, Preprocessing
from ecgcore.predictions.store import (
    COHORT_FILE,
    predictions_frame,
    predictions_path,
    save_predictions,
)
from ecgcore.ptbxl.catalog import Catalog

KEYS = [ModelKey(arch, name, 0) for arch in ("cnn_bilstm", "bimamba2") for name in "ACD"]
SIZES = {
    ("test", "pure_normal"): 703,
    ("test", "certain_mi"): 268,
    ("test", "uncertain_mi"): 282,
    ("train", "pure_normal"): 5,
    ("train", "certain_mi"): 5,
    ("val", "pure_normal"): 60,
    ("val", "certain_mi"): 25,
    ("val", "uncertain_mi"): 25,
}
MEAN_LOGIT = {"pure_normal": -4.0, "certain_mi": 3.0, "uncertain_mi": 0.5}


def card(key: ModelKey, data_version: str = "PTB-XL 1.0.3") -> ModelCard:
    return ModelCard(
        key=key,
        n_parameters=1,
        data_version=data_version,
        data_fingerprint="0123456789abcdef",
        n_train=5645,
        n_train_mi=1194,
        n_val=977,
        preprocessing=Preprocessing(0.5, True, (0.0,) * 12, (1.0,) * 12),
        recipe=(),
        epochs_run=1,
        best_epoch=1,
        metrics=(),
        weights_sha256="0" * 64,
        code_version="0.1.0+test",
        created="2026-11-21T00:00:00+00:00",
    )


def save_card(folder: Path, key: ModelKey, data_version: str = "PTB-XL 1.0.3") -> Path:
    folder.mkdir(parents=True)
    card(key, data_version).save(folder)
    return folder


def ptbxl_cohort() -> pd.DataFrame:
    """Test sets of the real sizes; every second record shares its patient with the one before."""
    rows = [(split, group) for (split, group), n in SIZES.items() for _ in range(n)]
    frame = pd.DataFrame(rows, columns=["split", "group"])
    frame["patient"] = np.arange(len(frame), dtype=np.int32) // 2
    frame.index = pd.Index(1000 + 3 * np.arange(len(frame)), name="ecg_id")
    return frame[["group", "split", "patient"]]


def logits(cohort: pd.DataFrame, seed: int) -> np.ndarray:
    means = cohort["group"].map(MEAN_LOGIT).fillna(0.0).to_numpy()
    return np.random.default_rng(seed).normal(means, 2.0).astype(np.float32)


def predictions(cohort: pd.DataFrame) -> pd.DataFrame:
    """Predictions of all six models for the records of a cohort or a catalogue's frame."""
    frames = [
        predictions_frame(key, cohort.index, logits(cohort, seed)) for seed, key in enumerate(KEYS)
    ]
    return pd.concat(frames, ignore_index=True)


_FILES: dict[Path, dict[Path, bytes]] = {}
"""What was written, by the folder of the synthetic set."""


def save_pretrained(folder: Path, synthetic: Catalog) -> Path:
    if synthetic.folder not in _FILES:
        _write_pretrained(folder, synthetic)
        files = (file for file in folder.rglob("*") if file.is_file())
        _FILES[synthetic.folder] = {f.relative_to(folder): f.read_bytes() for f in files}
    for name, content in _FILES[synthetic.folder].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def _write_pretrained(folder: Path, synthetic: Catalog) -> None:
    for key in KEYS:
        save_card(folder / key.folder, key)
    cohort = ptbxl_cohort()
    cohort.reset_index().to_parquet(folder / COHORT_FILE)
    save_predictions(predictions(cohort), predictions_path(folder))
    save_predictions(predictions(synthetic.frame), predictions_path(folder, synthetic=True))
