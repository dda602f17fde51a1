"""Read WFDB recordings; the only place where ``(n_samples, leads)`` is turned to leads first."""

import os
from pathlib import Path

import numpy as np
import wfdb

from ecgcore.errors import RecordError
from ecgcore.leads import lead_order
from ecgcore.records import EcgRecord

_TO_MV = {"mv": 1.0, "uv": 1e-3, "v": 1e3}


def read_wfdb(path: Path, *, record_id: str = "", source: str = "") -> EcgRecord:
    """Read one WFDB recording.

    Parameters
    ----------
    path
        The header, the signal file, or their common path without suffix.
    record_id, source
        As shown to the reader; the file's name unless given.

    Raises
    ------
    RecordError
        If a file is missing, damaged or truncated, a lead is missing, a sample is not a number, or
        the header's checksum does not fit the samples.
    """
    stem = path.with_suffix("") if path.suffix in {".hea", ".dat", ".mat"} else path
    header = Path(f"{stem}.hea")
    _check_header(header)
    try:
        raw = wfdb.rdrecord(str(stem), physical=False)
        physical = raw.dac(expanded=False)
    except FileNotFoundError as error:
        raise RecordError(
            f"{error.filename} does not exist, {header.name} names it. Download the record again."
        ) from error
    except Exception as error:  # wfdb raises many kinds on damaged files
        raise RecordError(
            f"{stem.name} cannot be read ({error}); the file is damaged or truncated. "
            "Download it again."
        ) from error
    name = record_id or stem.name
    order = lead_order([lead or f"signal {n}" for n, lead in enumerate(raw.sig_name, start=1)])
    _check_sums(name, raw)
    scale = np.array([_scale(name, unit) for unit in raw.units])
    return EcgRecord(
        record_id=name,
        signal=np.ascontiguousarray((physical * scale).T[order], dtype=np.float32),
        fs_hz=_whole_rate(name, raw.fs),
        source=source or str(stem),
    )


def _check_header(header: Path) -> None:
    """Wfdb drops letters outside ASCII, so that it would take µV for V."""
    if not os.path.isfile(header):  # False also for a name that no file can have
        raise RecordError(f"{header} does not exist. Check the path, or download the record again.")
    lines = [line.split(b"#")[0] for line in header.read_bytes().splitlines()]
    if not all(line.isascii() for line in lines):
        raise RecordError(
            f"{header.name} has letters outside ASCII that cannot be read; write uV for µV there."
        )


def _check_sums(name: str, raw: "wfdb.Record") -> None:
    declared = raw.checksum or [None] * raw.n_sig
    sums = raw.d_signal.astype(np.int64).sum(axis=0) & 0xFFFF
    for lead, expected, found in zip(raw.sig_name, declared, sums, strict=True):
        if expected is not None and int(expected) & 0xFFFF != int(found):
            raise RecordError(
                f"Lead {lead} of {name} sums to {found} where its header says "
                f"{int(expected) & 0xFFFF}: the samples were changed. Download the record again."
            )


def _scale(name: str, unit: str) -> float:
    if unit.lower() not in _TO_MV:
        raise RecordError(f"{name} is in {unit!r}; mV, uV or V is needed.")
    return _TO_MV[unit.lower()]


def _whole_rate(name: str, fs: float) -> int:
    if fs != int(fs) or not 50 <= fs <= 4000:
        raise RecordError(
            f"{name} has {fs} samples per second; a whole rate from 50 to 4000 is needed."
        )
    return int(fs)
