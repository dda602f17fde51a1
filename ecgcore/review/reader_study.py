"""A reader study as a file holds it: ``reader, treatment, case, truth, rating``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ecgcore.errors import ReviewError
from ecgcore.review.ratings import check_once, read_table
from ecgcore.stats.reliability_curve import BoolArray, FloatArray

_COLUMNS = ("reader", "treatment", "case", "truth", "rating")


@dataclass(frozen=True, slots=True, eq=False)
class ReaderStudy:
    """Ratings of every case by every reader with every treatment, in the order of the file.

    Attributes
    ----------
    ratings
        ``(n_treatments, n_readers, n_cases)``.
    truth
        ``(n_cases,)``, True for diseased.
    """

    treatments: tuple[str, ...]
    readers: tuple[str, ...]
    cases: tuple[str, ...]
    ratings: FloatArray
    truth: BoolArray


def read_study(path: Path) -> ReaderStudy:
    """Read a CSV file, plain or ``.xz``; further columns are left alone.

    Raises
    ------
    ReviewError
        If it is no such table, a rating is missing or there twice, or truth is not 0 or 1.
    """
    table = read_table(path, _COLUMNS)
    check_once(path, table, ["reader", "treatment", "case"])
    truths = _numbers(path, table, "truth")
    if not truths.isin([0, 1]).all():
        raise ReviewError(f"{path.name}: truth is {sorted(truths.unique())[:3]}; 0 or 1 is needed.")
    by_case = truths.groupby(table["case"], sort=False)
    changing = by_case.nunique() > 1
    if changing.any():
        raise ReviewError(f"{path.name}: case {changing.idxmax()} has both truths.")
    treatments, readers = (tuple(table[name].unique()) for name in ("treatment", "reader"))
    truth = by_case.first()
    rows = pd.MultiIndex.from_product([treatments, readers, truth.index])
    keys = pd.MultiIndex.from_frame(table[["treatment", "reader", "case"]])
    ratings = pd.Series(_numbers(path, table, "rating").to_numpy(), keys).reindex(rows)
    if ratings.isna().any():
        treatment, reader, case = ratings.index[int(np.flatnonzero(ratings.isna())[0])]
        raise ReviewError(
            f"{path.name}: reader {reader} did not rate case {case} with treatment {treatment}. "
            "Every reader must rate every case with every treatment."
        )
    shape = len(treatments), len(readers), len(truth)
    cube = ratings.to_numpy(dtype=np.float64).reshape(shape)
    cases = tuple(str(case) for case in truth.index)
    return ReaderStudy(treatments, readers, cases, cube, truth.to_numpy() == 1)


def _numbers(path: Path, table: pd.DataFrame, column: str) -> pd.Series[float]:
    numbers = pd.to_numeric(table[column], errors="coerce").astype(np.float64)
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        line = int(np.flatnonzero(wrong)[0])
        raise ReviewError(
            f"Line {line + 2} of {path.name}: {column} is “{table[column].iloc[line]}”; "
            "a number is needed."
        )
    return numbers
