"""Signal quality of every record of a data set, one small row each."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.errors import CatalogError
from ecgcore.leads import LEADS
from ecgcore.ptbxl import synthetic
from ecgcore.ptbxl.catalog import (
    PTBXL_VERSION,
    load_catalog,
    open_catalog,
    synthetic_version,
)
from ecgcore.ptbxl.shipped.table_file import load_table, save_table
from ecgcore.ptbxl.store import Recordings, open_recordings
from ecgcore.settings import Settings
from ecgcore.signals.lead_swaps import SWAPS
from ecgcore.signals.quality import KIND_NAMES, Quality, assess

QUALITY_FILE = "quality.parquet"
SYNTHETIC_QUALITY_FILE = "quality-synthetic.parquet"
NO_PROBLEM, SWAP = "none", "swap"
CHOICES = {
    NO_PROBLEM: "no problem found",
    **KIND_NAMES,
    SWAP: "suspected electrode swap",
}
"""Conditions on the quality that a reader can choose, and their names."""

_COLUMNS = ["ecg_id", *KIND_NAMES, "severe", "swap"]
_SWAP_CODES = {key: code for code, key in enumerate(SWAPS, start=1)}
_MANY = 4
_REMEDY = "run 'python3.11 -m ecgcore quality-all'."


@dataclass(frozen=True, slots=True)
class QualityAllReport:
    """Records looked through, records found of each kind, and the file."""

    n_records: int
    counts: dict[str, int]
    file: str


def shipped_quality(data_version: str, pretrained_dir: Path) -> Path | None:
    """File that holds the quality of a data set's records, or None."""
    files = {
        PTBXL_VERSION: pretrained_dir / QUALITY_FILE,
        synthetic_version(): pretrained_dir / SYNTHETIC_QUALITY_FILE,
    }
    return files.get(data_version)


def quality_all(
    settings: Settings, on_progress: Callable[[int, int], None] = lambda *_: None
) -> QualityAllReport:
    """Write ``quality.parquet`` for PTB-XL, which must be open, and its synthetic companion.

    Raises
    ------
    CatalogError
        If the open data set is not all of PTB-XL.
    RecordError
        If a recording is not on this disk.
    """
    recordings = open_recordings(open_catalog(settings))
    if recordings.catalog.version != PTBXL_VERSION:
        raise CatalogError(
            f"{recordings.catalog.version} is open; the shipped table is for all of "
            f"{PTBXL_VERSION}. Choose its folder with --data."
        )
    embedded = open_recordings(load_catalog(synthetic.ensure(settings.synthetic_dir)))
    target = settings.pretrained_dir
    save_quality(quality_frame(embedded), synthetic_version(), target / SYNTHETIC_QUALITY_FILE)
    frame = quality_frame(recordings, on_progress)
    save_quality(frame, PTBXL_VERSION, target / QUALITY_FILE)
    counts = {name: int(has_quality(frame, [key]).sum()) for key, name in CHOICES.items()}
    return QualityAllReport(len(frame), counts, str(target / QUALITY_FILE))


def quality_frame(
    recordings: Recordings, on_progress: Callable[[int, int], None] = lambda *_: None
) -> pd.DataFrame:
    """Assess every record of a data set.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``ecg_id``. For each kind of problem and for ``severe``, a mask of leads: bit k
        (value ``2**k``) stands for ``LEADS[k]``. ``swap`` is 0, or the place in `SWAPS` from 1.
    """
    ids = [int(ecg_id) for ecg_id in recordings.catalog.frame.index]
    rows = []
    for done, ecg_id in enumerate(ids):
        rows.append(_row(ecg_id, assess(recordings.read(ecg_id))))
        on_progress(done + 1, len(ids))
    return pd.DataFrame(rows, columns=_COLUMNS).set_index("ecg_id").astype(np.int16)


def save_quality(frame: pd.DataFrame, data_version: str, path: Path) -> None:
    """Replace a table in one step; the data version is written into it."""
    save_table(frame, data_version, path)


def load_quality(path: Path, data_version: str) -> pd.DataFrame:
    """Read a table as `quality_frame` gives it, with ``signal``, its problems in a few words.

    Raises
    ------
    CatalogError
        If the file is missing, damaged, lacks a column or belongs to other data.
    """
    frame = load_table(path, data_version, _COLUMNS, _REMEDY)
    return frame.assign(signal=short_words(frame))


def has_quality(frame: pd.DataFrame, chosen: Iterable[str]) -> NDArray[np.bool_]:
    """Say for each record whether one of the chosen keys of `CHOICES` is true of it."""
    keep: NDArray[np.bool_] = np.zeros(len(frame), dtype=np.bool_)
    for key in chosen:
        if key == NO_PROBLEM:
            keep |= (frame[[*KIND_NAMES, "swap"]] == 0).all(axis=1).to_numpy()
        else:
            keep |= (frame[key] > 0).to_numpy()
    return keep


def is_void(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Say for each record whether no verdict on it means anything.

    Half of its leads or more cannot be read, or electrodes seem to be swapped.
    """
    severe = frame["severe"].to_numpy(dtype=np.int64)
    n_unreadable = (severe[:, None] >> np.arange(len(LEADS)) & 1).sum(axis=1)
    return np.asarray((2 * n_unreadable >= len(LEADS)) | (frame["swap"].to_numpy() > 0))


def void_ids(data_version: str, pretrained_dir: Path) -> list[int]:
    """List the records on which no verdict means anything; none where no table can be read."""
    path = shipped_quality(data_version, pretrained_dir)
    try:
        quality = None if path is None else load_quality(path, data_version)
    except CatalogError:
        quality = None
    return [] if quality is None else [int(ecg_id) for ecg_id in quality.index[is_void(quality)]]


def short_words(frame: pd.DataFrame) -> "pd.Series[str]":
    """Say each record's problems in a few words, such as "flat V6; noise I, II"; "" for none."""
    parts = [["swap?" if code else "" for code in frame["swap"]]]
    for kind in KIND_NAMES:
        texts = {
            mask: _kind_words(kind, int(mask)) if mask else "" for mask in frame[kind].unique()
        }
        parts.append([texts[mask] for mask in frame[kind]])
    words = ["; ".join(filter(None, row)) for row in zip(*parts, strict=True)]
    return pd.Series(words, index=frame.index, dtype=str)


def _row(ecg_id: int, quality: Quality) -> Mapping[str, int]:
    row = dict.fromkeys(_COLUMNS, 0) | {"ecg_id": ecg_id}
    for lead, problems in enumerate(quality.leads):
        for problem in problems:
            row[problem.kind] |= 1 << lead
            row["severe"] |= int(problem.severe) << lead
    row["swap"] = _SWAP_CODES.get(quality.swap_key, 0)
    return row


def _kind_words(kind: str, mask: int) -> str:
    leads = [lead for k, lead in enumerate(LEADS) if mask >> k & 1]
    if len(leads) == len(LEADS):
        return f"{kind} all leads"
    return f"{kind} {', '.join(leads) if len(leads) <= _MANY else f'{len(leads)} leads'}"
