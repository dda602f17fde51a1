"""Signal quality of every record of a data set, one small row each."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.errors import CatalogError
from ecgcore.leads import LEADS
from ecgcore.ptbxl.shipped.table_file import ShippedTable
from ecgcore.records import EcgRecord
from ecgcore.signals.lead_swaps import SWAPS
from ecgcore.signals.quality import KIND_NAMES, assess

NO_PROBLEM, SWAP = "none", "swap"
CHOICES = {
    NO_PROBLEM: "no problem found",
    **KIND_NAMES,
    SWAP: "suspected electrode swap",
}
"""Conditions on the quality that a reader can choose, and their names."""

_COLUMNS = [*KIND_NAMES, "severe", "swap"]
_SWAP_CODES = {key: code for code, key in enumerate(SWAPS, start=1)}
_MANY = 4


def load_quality(path: Path, data_version: str) -> pd.DataFrame:
    """Read a table of `QUALITY`, with ``signal``, its problems in a few words.

    Raises
    ------
    CatalogError
        If the file is missing, damaged, lacks a column or belongs to other data.
    """
    frame = QUALITY.load(path, data_version)
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
    path = QUALITY.path(data_version, pretrained_dir)
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


def _row(record: EcgRecord) -> Mapping[str, int]:
    row, quality = dict.fromkeys(_COLUMNS, 0), assess(record)
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


def _counts(frame: pd.DataFrame) -> dict[str, int]:
    return {name: int(has_quality(frame, [key]).sum()) for key, name in CHOICES.items()}


QUALITY = ShippedTable(
    "quality", dict.fromkeys(_COLUMNS, np.int16), _row, _counts, "python3.11 -m ecgcore quality-all"
)
"""The problems of every record.

For each kind of problem and for ``severe``, a mask of leads: bit k (value ``2**k``) stands for
``LEADS[k]``. ``swap`` is 0, or the place in `SWAPS` from 1.
"""
