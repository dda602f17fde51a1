"""Logits of every model for every record, in long form, with the labels they are judged by."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.errors import ModelError
from ecgcore.models.cards import ModelKey
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.label_groups import GROUPS

PREDICTIONS_FILE = "predictions.parquet"
"""For the shipped models: every record of PTB-XL; for an own run: the records it is judged on."""
SYNTHETIC_FILE = "predictions-synthetic.parquet"
"""For the shipped models: every record of the embedded synthetic set."""
COHORT_FILE = "cohort.parquet"
COLUMNS = ["ecg_id", "arch", "train_set", "seed", "logit"]


def predictions_frame(
    key: ModelKey, ids: Iterable[int], logits: NDArray[np.float32]
) -> pd.DataFrame:
    """Put one model's logits into the long form ``ecg_id, arch, train_set, seed, logit``."""
    frame = pd.DataFrame({"ecg_id": np.asarray(list(ids), dtype=np.int32), "logit": logits})
    return frame.assign(arch=key.arch, train_set=key.train_set, seed=np.int32(key.seed))[COLUMNS]


def save_predictions(frame: pd.DataFrame, path: Path) -> None:
    """Replace a file of predictions in one step."""
    _replace(frame, path)


def load_predictions(path: Path) -> pd.DataFrame:
    """Read a file of predictions.

    Raises
    ------
    ModelError
        If the file is missing, damaged or lacks a column.
    """
    try:
        frame = pd.read_parquet(path)
    except FileNotFoundError as error:
        raise ModelError(
            f"{path} does not exist. Restore it, or run 'python3.11 -m ecgcore predict-all'."
        ) from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is damaged ({error}). Restore it from the project.") from error
    if list(frame.columns) != COLUMNS:
        raise ModelError(f"{path} has columns {list(frame.columns)}; {COLUMNS} are needed.")
    return frame


def logits_of_model(frame: pd.DataFrame, key: ModelKey) -> "pd.Series[float]":
    """Logits of one model, indexed by ``ecg_id``."""
    mine = (
        (frame["arch"] == key.arch)
        & (frame["train_set"] == key.train_set)
        & (frame["seed"] == key.seed)
    )
    return frame[mine].set_index("ecg_id")["logit"]


def wide_predictions(frame: pd.DataFrame) -> pd.DataFrame:
    """Logits indexed by ``ecg_id``, one column for each model: "cnn_bilstm-A-0".

    Raises
    ------
    ModelError
        If a model has two logits for a record.
    """
    if frame.duplicated(["ecg_id", "arch", "train_set", "seed"]).any():
        raise ModelError("The stored predictions name a record twice. Restore that file.")
    names = frame["arch"].astype(str) + "-" + frame["train_set"].astype(str)
    names = names + "-" + frame["seed"].astype(str)
    return frame.assign(name=names).pivot(index="ecg_id", columns="name", values="logit")


def cohort_frame(catalog: Catalog) -> pd.DataFrame:
    """Membership of the study's cohort: ``group, split, patient``, indexed by ``ecg_id``.

    ``patient`` numbers the patients from 0; it is no identifier of PTB-XL.
    """
    members = catalog.frame[catalog.frame["group"].isin(GROUPS)]
    patient = pd.factorize(members["patient_id"])[0].astype(np.int32)
    return members[["group", "split"]].assign(patient=patient)


def save_cohort(catalog: Catalog, folder: Path) -> None:
    """Write ``cohort.parquet``, so that predictions can be judged without the data set."""
    _replace(cohort_frame(catalog).reset_index(), folder / COHORT_FILE)


def load_cohort(folder: Path) -> pd.DataFrame:
    """Read ``cohort.parquet`` as `cohort_frame` gives it; ModelError if it cannot be read."""
    path = folder / COHORT_FILE
    try:
        return pd.read_parquet(path).set_index("ecg_id")
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"{path} cannot be read ({error}). Restore it from the project."
        ) from error


def _replace(frame: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    frame.to_parquet(part, index=False, compression="zstd")
    part.replace(path)
