"""All 100 Hz signals of a data folder in one memory-mapped file, and one way to read a record."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import CatalogError, RecordError
from ecgcore.io.wfdb.wfdb_files import read_wfdb
from ecgcore.leads import LEADS
from ecgcore.ptbxl.catalog import PTBXL_VERSION, Catalog, open_catalog
from ecgcore.records import EcgRecord, FloatArray
from ecgcore.settings import Settings

FS_HZ = 100
N_SAMPLES = 1000
UNITS_PER_MV = 1000
_BLOCK = 256
_FORMAT = 1

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BuildReport:
    """Outcome of a build: records stored, not downloaded yet, and refused with the reason."""

    folder: Path
    n_stored: int
    n_missing: int
    refused: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class SignalStore:
    """Memory-mapped int16 signals, ``(n_records, 12, 1000)`` at 100 Hz, 1000 units per mV."""

    units: NDArray[np.int16]
    row_of: dict[int, int]

    def __contains__(self, ecg_id: int) -> bool:
        return ecg_id in self.row_of

    def signal(self, ecg_id: int) -> FloatArray:
        """Return one record, ``(12, 1000)`` float32 in mV; RecordError if it is not stored."""
        signal: FloatArray = self.signals([ecg_id])[0]
        return signal

    def signals(self, ids: Sequence[int]) -> FloatArray:
        """Return records, ``(n, 12, 1000)`` float32 in mV, in the order of `ids`."""
        if missing := [ecg_id for ecg_id in ids if ecg_id not in self.row_of]:
            raise RecordError(
                f"{len(missing)} of {len(ids)} records are not in the store, the first is "
                f"{missing[0]}. Download them and run 'python3.11 -m ecgcore data build'."
            )
        rows = np.fromiter((self.row_of[ecg_id] for ecg_id in ids), dtype=np.int64, count=len(ids))
        return np.divide(self.units[rows], np.float32(UNITS_PER_MV), dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Recordings:
    """Signals of a catalogue: from the store where it is built, else from the WFDB files."""

    catalog: Catalog
    store: SignalStore | None = field(default=None)

    def read(self, ecg_id: int) -> EcgRecord:
        """Read one record.

        Raises
        ------
        RecordError
            If the record is unknown, not downloaded or damaged.
        """
        path = self.catalog.record_path(ecg_id)
        if self.store is not None and ecg_id in self.store:
            record = EcgRecord(str(ecg_id), self.store.signal(ecg_id), FS_HZ, self.catalog.version)
        elif not any(path.with_suffix(suffix).exists() for suffix in (".hea", ".dat")):
            raise RecordError(
                f"The signal of record {ecg_id} is not in {self.catalog.folder}. Run "
                "'python3.11 -m ecgcore data fetch --set full', or 'study' or 'test' for a part."
            )
        else:
            record = read_wfdb(path, record_id=str(ecg_id), source=self.catalog.version)
        return self._said(record, ecg_id)

    def read_display(self, ecg_id: int) -> EcgRecord:
        """Read one record for the eye: at 500 Hz where that file is there, else at 100 Hz.

        A 500 Hz file that cannot be used is named in the record's warnings.

        Raises
        ------
        RecordError
            As `read` does.
        """
        try:
            path = self.catalog.fine_path(ecg_id)
            if path is None or not path.with_suffix(".dat").exists():
                return self.read(ecg_id)
            record = read_wfdb(path, record_id=str(ecg_id), source=self.catalog.version)
        except RecordError as error:
            warning = f"Drawn at 100 Hz, since the 500 Hz file cannot be used: {error}"
            coarse = self.read(ecg_id)
            return replace(coarse, warnings=(warning, *coarse.warnings))
        return self._said(record, ecg_id)

    def _said(self, record: EcgRecord, ecg_id: int) -> EcgRecord:
        """Add to a signal what the tables say about it."""
        return replace(
            record, synthetic=self.catalog.synthetic, patient=self.catalog.patient(ecg_id)
        )

    def signals(self, ids: Sequence[int]) -> FloatArray:
        """Read many records as ``(n, 12, 1000)`` float32 in mV."""
        if self.store is not None and all(ecg_id in self.store for ecg_id in ids):
            return self.store.signals(ids)
        signals = [_standard(self.read(ecg_id)) for ecg_id in ids]
        return np.array(signals, dtype=np.float32).reshape(-1, len(LEADS), N_SAMPLES)

    def available(self, ids: Sequence[int]) -> list[int]:
        """Those of `ids` whose signals are on this disk."""
        return [
            ecg_id
            for ecg_id in ids
            if (self.store is not None and ecg_id in self.store)
            or self.catalog.record_path(ecg_id).with_suffix(".dat").exists()
        ]


def open_recordings(catalog: Catalog) -> Recordings:
    """Open a catalogue's signals, with its store where one is built.

    Examples
    --------
    >>> from ecgcore.ptbxl import synthetic
    >>> from ecgcore.ptbxl.catalog import load_catalog
    >>> from ecgcore.settings import Settings
    >>> catalog = load_catalog(synthetic.ensure(Settings.from_env().synthetic_dir))
    >>> open_recordings(catalog).read(1).signal.shape
    (12, 1000)
    """
    return Recordings(catalog, open_store(catalog))


def open_all_of_ptbxl(settings: Settings, shipped: str) -> Recordings:
    """Open PTB-XL for what ships about every record of it.

    Parameters
    ----------
    shipped
        What that is, as "predictions are".

    Raises
    ------
    CatalogError
        If the open data set is not all of PTB-XL.
    """
    recordings = open_recordings(open_catalog(settings))
    if recordings.catalog.version != PTBXL_VERSION:
        raise CatalogError(
            f"{recordings.catalog.version} is open; the shipped {shipped} for all of "
            f"{PTBXL_VERSION}. Choose its folder with --data."
        )
    return recordings


def open_store(catalog: Catalog) -> SignalStore | None:
    """Open the store of a data folder, or return None where none is built.

    Raises
    ------
    CatalogError
        If the store's files contradict each other.
    """
    folder = store_folder(catalog)
    if not (folder / "index.json").exists():
        return None
    ids, done, units = _open_files(folder, "r")
    rows = np.flatnonzero(done)
    return SignalStore(units, {int(ids[row]): int(row) for row in rows})


def build_store(
    catalog: Catalog, on_progress: Callable[[int, int], None] = lambda *_: None
) -> BuildReport:
    """Copy every downloaded record into the store; what is stored already is kept.

    Parameters
    ----------
    on_progress
        Called with the records looked at and their number.

    Raises
    ------
    CatalogError
        If the folder cannot be written.
    """
    folder = store_folder(catalog)
    ids, done, units = _create_or_resume(catalog, folder)
    refused: list[tuple[int, str]] = []
    n_missing = 0
    todo = np.flatnonzero(~done)
    for start in range(0, len(todo), _BLOCK):
        block = todo[start : start + _BLOCK]
        on_progress(len(ids) - len(todo) + start, len(ids))
        for row in block:
            try:
                path = catalog.record_path(int(ids[row]))
                if not path.with_suffix(".dat").exists():
                    n_missing += 1
                    continue
                units[row] = _units(read_wfdb(path))
                done[row] = True
            except RecordError as error:
                log.warning("record %d is not stored: %s", ids[row], error)
                refused.append((int(ids[row]), str(error)))
        units.flush()
        done.flush()
    on_progress(len(ids), len(ids))
    return BuildReport(folder, int(done.sum()), n_missing, tuple(refused))


def store_folder(catalog: Catalog) -> Path:
    """Folder of the signal store of a data folder."""
    return catalog.folder / "store-100hz"


def _create_or_resume(
    catalog: Catalog, folder: Path
) -> tuple[NDArray[np.int64], np.memmap, np.memmap]:
    ids = catalog.frame.index.to_numpy(dtype=np.int64)
    try:
        folder.mkdir(exist_ok=True)
        if (folder / "index.json").exists():
            stored, done, units = _open_files(folder, "r+")
            if np.array_equal(stored, ids):
                return stored, done, units
        return _create(folder, ids)
    except OSError as error:
        raise CatalogError(
            f"{folder} cannot be written ({error.strerror}); the store needs "
            f"{len(ids) * len(LEADS) * N_SAMPLES * 2 / 1e6:.0f} MB there. Free the space, make the "
            "folder writable or copy the data to a folder that is."
        ) from error


def _create(folder: Path, ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], np.memmap, np.memmap]:
    (folder / "index.json").unlink(missing_ok=True)
    shape = (len(ids), len(LEADS), N_SAMPLES)
    np.memmap(folder / "signals.i16", np.int16, "w+", shape=shape).flush()
    np.memmap(folder / "done.bool", np.bool_, "w+", shape=len(ids)).flush()
    index = {"format": _FORMAT, "fs_hz": FS_HZ, "units_per_mv": UNITS_PER_MV, "ids": ids.tolist()}
    (folder / "index.json").write_text(json.dumps(index))
    return _open_files(folder, "r+")


def _open_files(
    folder: Path, mode: Literal["r", "r+"]
) -> tuple[NDArray[np.int64], np.memmap, np.memmap]:
    try:
        index = json.loads((folder / "index.json").read_text())
        if index["format"] != _FORMAT:
            raise ValueError(f"format {index['format']}, {_FORMAT} is needed")
        ids = np.array(index["ids"], dtype=np.int64)
        shape = (len(ids), len(LEADS), N_SAMPLES)
        units = _mapped(folder / "signals.i16", np.int16, mode, shape)
        done = _mapped(folder / "done.bool", np.bool_, mode, shape[:1])
    except (ValueError, KeyError, TypeError, FileNotFoundError) as error:
        raise CatalogError(
            f"The signal store {folder} is damaged ({error}). Delete that folder and run "
            "'python3.11 -m ecgcore data build' again."
        ) from error
    return ids, done, units


def _mapped(
    path: Path, dtype: type[np.generic], mode: Literal["r", "r+"], shape: tuple[int, ...]
) -> np.memmap:
    """Map a file of exactly this size; numpy would lengthen a short one with zeros."""
    needed, found = prod(shape) * np.dtype(dtype).itemsize, path.stat().st_size
    if found != needed:
        raise ValueError(f"{path.name} has {found:,} bytes, {needed:,} are needed")
    return np.memmap(path, dtype, mode, shape=shape)


def _standard(record: EcgRecord) -> FloatArray:
    if record.fs_hz != FS_HZ or record.n_samples != N_SAMPLES:
        raise RecordError(
            f"Record {record.record_id} has {record.n_samples} samples at {record.fs_hz} Hz; the "
            f"100 Hz data set has {N_SAMPLES}. Download the record again."
        )
    if record.gaps:
        raise RecordError(
            f"Record {record.record_id} lacks samples in {record.gaps[0].lead}. "
            "PTB-XL has no gaps: download the record again."
        )
    return record.signal


def _units(record: EcgRecord) -> NDArray[np.int16]:
    units = np.rint(_standard(record) * np.float64(UNITS_PER_MV))
    if np.abs(units).max() > np.iinfo(np.int16).max:
        raise RecordError(f"Record {record.record_id} goes beyond 32.767 mV and is not an ECG.")
    return units.astype(np.int16)
