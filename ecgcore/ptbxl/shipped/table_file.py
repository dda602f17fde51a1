"""A table about the records of one data set as a Parquet file that says which data set."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ecgcore.errors import CatalogError
from ecgcore.manifest import renew, verified

_VERSION = "data_version"


def save_table(frame: pd.DataFrame, data_version: str, path: Path) -> None:
    """Replace a table, indexed by ``ecg_id``, in one step; the data version is written into it."""
    table = frame.reset_index().astype({"ecg_id": np.int32})
    table.attrs = {_VERSION: data_version}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    table.to_parquet(part, index=False, compression="zstd")
    part.replace(path)
    renew(path)


def load_table(path: Path, data_version: str, columns: Sequence[str], remedy: str) -> pd.DataFrame:
    """Read a table as `save_table` was given it.

    Parameters
    ----------
    columns
        Those it must have, ``ecg_id`` among them, in this order.
    remedy
        The command that makes the file anew, as "run '...'.".

    Raises
    ------
    CatalogError
        If the file is missing, damaged, lacks a column or belongs to other data.
    """
    try:
        frame = pd.read_parquet(verified(path))
    except FileNotFoundError as error:
        raise CatalogError(f"{path} does not exist. Restore it, or {remedy}") from error
    except (OSError, ValueError) as error:
        raise CatalogError(f"{path} is damaged ({error}). Restore it from the project.") from error
    if list(frame.columns) != list(columns):
        raise CatalogError(f"{path} has columns {list(frame.columns)}; {list(columns)} are needed.")
    if (found := frame.attrs.get(_VERSION)) != data_version:
        raise CatalogError(
            f"{path} is about {found}, not {data_version}. {remedy[0].upper()}{remedy[1:]}"
        )
    return frame.set_index("ecg_id")
