"""Likelihoods of statements as labels and as soft targets; several tasks read them."""

from collections.abc import Mapping

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
    return _largest(mine, column).reindex(index=ids, columns=list(names))


def largest_of_groups(
    catalog: Catalog, ids: list[int], groups: Mapping[str, tuple[str, ...]]
) -> pd.DataFrame:
    """Tabulate the largest likelihood of each class, as `largest_likelihoods` does.

    Parameters
    ----------
    groups
        SCP codes of each class; a code may stand in several classes.
    """
    pairs = [(code, name) for name, codes in groups.items() for code in codes]
    named = catalog.codes[catalog.codes["ecg_id"].isin(ids)].merge(
        pd.DataFrame(pairs, columns=["code", "class"]), on="code"
    )
    return _largest(named, "class").reindex(index=ids, columns=list(groups))


def _largest(codes: pd.DataFrame, column: str) -> pd.DataFrame:
    counted = codes.assign(likelihood=codes["likelihood"].replace(0, 100))
    return counted.pivot_table(index="ecg_id", columns=column, values="likelihood", aggfunc="max")
