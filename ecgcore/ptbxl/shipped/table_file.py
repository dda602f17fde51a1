"""A table about every record of a data set that ships as a Parquet file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ecgcore.errors import CatalogError
from ecgcore.manifest import renew, verified
from ecgcore.ptbxl import synthetic
from ecgcore.ptbxl.catalog import PTBXL_VERSION, load_catalog, synthetic_version
from ecgcore.ptbxl.store import Recordings, open_all_of_ptbxl, open_recordings
from ecgcore.records import EcgRecord
from ecgcore.settings import Settings

_VERSION = "data_version"

Progress = Callable[[int, int], None]
"""Is told how many records are done, and of how many."""


@dataclass(frozen=True, slots=True)
class TableReport:
    """Records looked through, in how many each thing was found, and the file."""

    n_records: int
    counts: dict[str, int]
    file: str


@dataclass(frozen=True, slots=True)
class ShippedTable:
    """What a file says about each record of PTB-XL, and its companion about the synthetic set.

    Attributes
    ----------
    name
        Of the file, without its ending.
    dtypes
        Columns, in order, and the type that each is stored in.
    row
        Gives the values of one record by column.
    counts
        Says in how many records of a table each thing was found.
    command
        What makes the file anew.
    """

    name: str
    dtypes: Mapping[str, type[np.generic]]
    row: Callable[[EcgRecord], Mapping[str, float]]
    counts: Callable[[pd.DataFrame], dict[str, int]]
    command: str

    def path(self, data_version: str, pretrained_dir: Path) -> Path | None:
        """Return the file about a data set, or None where none ships."""
        files = {
            PTBXL_VERSION: f"{self.name}.parquet",
            synthetic_version(): f"{self.name}-synthetic.parquet",
        }
        return pretrained_dir / files[data_version] if data_version in files else None

    def frame(
        self, recordings: Recordings, on_progress: Progress = lambda *_: None
    ) -> pd.DataFrame:
        """Look through every record of a data set, from its 100 Hz signals; by ``ecg_id``."""
        ids = [int(ecg_id) for ecg_id in recordings.catalog.frame.index]
        rows = []
        for done, ecg_id in enumerate(ids, 1):
            rows.append(self.row(recordings.read(ecg_id)))
            on_progress(done, len(ids))
        index = pd.Index(ids, name="ecg_id")
        return pd.DataFrame(rows, index, list(self.dtypes)).astype(dict(self.dtypes))

    def write(self, settings: Settings, on_progress: Progress = lambda *_: None) -> TableReport:
        """Write the file for PTB-XL, which must be open, and its synthetic companion.

        Raises
        ------
        CatalogError
            If the open data set is not all of PTB-XL.
        RecordError
            If a recording is not on this disk.
        """
        recordings = open_all_of_ptbxl(settings, "table is")
        embedded = open_recordings(load_catalog(synthetic.ensure(settings.synthetic_dir)))
        self._save(self.frame(embedded), synthetic_version(), settings.pretrained_dir)
        frame = self.frame(recordings, on_progress)
        path = self._save(frame, PTBXL_VERSION, settings.pretrained_dir)
        return TableReport(len(frame), self.counts(frame), str(path))

    def _save(self, frame: pd.DataFrame, data_version: str, pretrained_dir: Path) -> Path:
        path = self.path(data_version, pretrained_dir)
        assert path is not None  # noqa: S101 - both data sets have one
        save_table(frame, data_version, path)
        return path

    def load(self, path: Path, data_version: str) -> pd.DataFrame:
        """Read a file as `frame` gives it.

        Raises
        ------
        CatalogError
            If the file is missing, damaged, lacks a column or belongs to other data.
        """
        remedy = f"run '{self.command}'."
        try:
            frame = pd.read_parquet(verified(path))
        except FileNotFoundError as error:
            raise CatalogError(f"{path} does not exist. Restore it, or {remedy}") from error
        except (OSError, ValueError) as error:
            raise CatalogError(
                f"{path} is damaged ({error}). Restore it from the project."
            ) from error
        if list(frame.columns) != (needed := ["ecg_id", *self.dtypes]):
            raise CatalogError(f"{path} has columns {list(frame.columns)}; {needed} are needed.")
        if (found := frame.attrs.get(_VERSION)) != data_version:
            raise CatalogError(
                f"{path} is about {found}, not {data_version}. R{remedy.removeprefix('r')}"
            )
        return frame.set_index("ecg_id")


def save_table(frame: pd.DataFrame, data_version: str, path: Path) -> None:
    """Replace a table, indexed by ``ecg_id``, in one step; the data version is written into it."""
    table = frame.reset_index().astype({"ecg_id": np.int32})
    table.attrs = {_VERSION: data_version}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    table.to_parquet(part, index=False, compression="zstd")
    part.replace(path)
    renew(path)
