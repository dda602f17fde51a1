"""Likelihoods of statements as labels and as soft targets; several tasks read them."""

import numpy as np
import pandas as pd

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.tasks.task import Labels, Targets


def stated(table: pd.DataFrame) -> Labels:
    """Return 1 where a class is stated, at any likelihood, from `largest_likelihoods`."""
    return np.asarray(table.notna(), dtype=np.int64)


def degrees(table: pd.DataFrame) -> Targets:
    """Return the likelihoods of `largest_likelihoods` from 0 (not stated) to 1."""
    return np.asarray(table.fillna(0) / 100, dtype=np.float32)


def largest_likelihoods(
    catalog: Catalog, ids: list[int], column: str, names: tuple[str, ...]
) -> pd.DataFrame:
    """Tabulate the largest likelihood of each class in per cent; NaN where it is not stated.

    PTB-XL writes 0 for a statement without a likelihood, such as every rhythm; it counts in full.

    Parameters
    ----------
    column
        Column of `Catalog.codes` that holds the classes: "code" or "superclass".
    names
        Classes, in the order of the columns that are returned.
    """
    codes = catalog.codes
    mine = codes[codes["ecg_id"].isin(ids) & codes[column].isin(names)]
    counted = mine.assign(likelihood=mine["likelihood"].replace(0, 100))
    table = counted.pivot_table(index="ecg_id", columns=column, values="likelihood", aggfunc="max")
    return table.reindex(index=ids, columns=list(names))
