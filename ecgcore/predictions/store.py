"""Logits of every model for every record, in long form, with the labels they are judged by."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.errors import ModelError
from ecgcore.manifest import renew, verified
from ecgcore.models.cards import ModelKey
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.label_groups import GROUPS
from ecgcore.tasks import mi
from ecgcore.tasks.registry import task_named

PREDICTIONS_FILE = "predictions.parquet"
"""In the folder of an local run: the records it is judged on."""
COHORT_FILE = "cohort.parquet"
COLUMNS = ("ecg_id", "arch", "train_set", "seed")
"""Before one column of logits for each class of the task."""

_FOLDER, _OLDER_LOGIT = "predictions", "logit"


def predictions_path(pretrained_dir: Path, task: str = mi.NAME, *, synthetic: bool = False) -> Path:
    """Name the file that holds the shipped models' predictions.

    Parameters
    ----------
    synthetic
        True for every record of the embedded synthetic set, False for every record of PTB-XL.
    """
    return pretrained_dir / _FOLDER / f"{task}{_suffix(synthetic)}.parquet"


def shipped_file(pretrained_dir: Path, task: str = mi.NAME, *, synthetic: bool = False) -> Path:
    """Name the file that is there, the one of `predictions_path` or an older one.

    Before there were tasks, ``predictions.parquet`` and ``predictions-synthetic.parquet`` stood
    beside the models.
    """
    path = predictions_path(pretrained_dir, task, synthetic=synthetic)
    older = pretrained_dir / f"{_FOLDER}{_suffix(synthetic)}.parquet"
    return older if task == mi.NAME and older.exists() and not path.exists() else path


def _suffix(synthetic: bool) -> str:
    return "-synthetic" if synthetic else ""


def predictions_frame(
    key: ModelKey, ids: Iterable[int], logits: NDArray[np.float32]
) -> pd.DataFrame:
    """Put one model's logits into the long form: `COLUMNS`, then one for each class.

    Parameters
    ----------
    logits
        ``(n, n_classes)``, or ``(n,)`` for a task of one class.
    """
    classes, columns = task_named(key.task).classes, np.asarray(logits, dtype=np.float32)
    frame = pd.DataFrame({"ecg_id": np.asarray(list(ids), dtype=np.int32)})
    frame = frame.assign(arch=key.arch, train_set=key.train_set, seed=np.int32(key.seed))
    return frame.assign(**dict(zip(classes, columns.reshape(len(frame), -1).T, strict=True)))


def save_predictions(frame: pd.DataFrame, path: Path) -> None:
    """Replace a file of predictions in one step; these encodings take three fifths of the space."""
    classes = [str(name) for name in frame.columns if name not in COLUMNS]
    encodings = {"ecg_id": "DELTA_BINARY_PACKED", **dict.fromkeys(classes, "BYTE_STREAM_SPLIT")}
    _replace(frame, path, encodings)


def load_predictions(path: Path, task: str = mi.NAME) -> pd.DataFrame:
    """Read a file of predictions, of MI also one in which its column was called ``logit``.

    Raises
    ------
    ModelError
        If the file is missing, damaged or lacks a column.

    Examples
    --------
    >>> from ecgcore.settings import Settings
    >>> path = shipped_file(Settings.from_env().pretrained_dir, synthetic=True)
    >>> frame = load_predictions(path)
    >>> sorted(frame["train_set"].unique())[:3]
    ['A', 'C', 'C-multi']
    """
    try:
        frame = pd.read_parquet(verified(path))
    except FileNotFoundError as error:
        raise ModelError(
            f"{path} does not exist. Restore it, or run 'python3.11 -m ecgcore predict-all'."
        ) from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is damaged ({error}). Restore it from the project.") from error
    if task == mi.NAME:
        frame = frame.rename(columns={_OLDER_LOGIT: mi.CLASS})
    needed = [*COLUMNS, *task_named(task).classes]
    if list(frame.columns) != needed:
        raise ModelError(f"{path} has columns {list(frame.columns)}; {needed} are needed.")
    return frame


def logits_of_model(frame: pd.DataFrame, key: ModelKey) -> pd.DataFrame:
    """Logits of one model, indexed by ``ecg_id``, with a column for each class."""
    mine = (
        (frame["arch"] == key.arch)
        & (frame["train_set"] == key.train_set)
        & (frame["seed"] == key.seed)
    )
    return frame[mine].set_index("ecg_id").drop(columns=list(COLUMNS[1:]))


def wide_predictions(frame: pd.DataFrame) -> pd.DataFrame:
    """Logits of MI indexed by ``ecg_id``, one column for each model: "cnn_bilstm-A-0".

    Raises
    ------
    ModelError
        If a model has two logits for a record.
    """
    models = {
        f"{arch}-{train_set}-{seed}": mine.set_index("ecg_id")[mi.CLASS]
        for (arch, train_set, seed), mine in frame.groupby(list(COLUMNS[1:]))
    }
    if not all(one.index.is_unique for one in models.values()):
        raise ModelError("The stored predictions name a record twice. Restore that file.")
    if not models:
        return pd.DataFrame(index=pd.Index([], dtype=np.int32, name="ecg_id"))
    return pd.concat(models, axis="columns").sort_index().sort_index(axis="columns")


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
        return pd.read_parquet(verified(path)).set_index("ecg_id")
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"{path} cannot be read ({error}). Restore it from the project."
        ) from error


def _replace(frame: pd.DataFrame, path: Path, encodings: dict[str, str] | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    plain = [name for name in frame.columns if name not in (encodings or {})]
    frame.to_parquet(
        part, index=False, compression="zstd", use_dictionary=plain, column_encoding=encodings
    )
    part.replace(path)
    renew(path)
