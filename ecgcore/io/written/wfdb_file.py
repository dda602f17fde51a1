"""Write WFDB: a header and signals in format 16 (``header(5)`` of the WFDB applications guide)."""

import re

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError, shortened
from ecgcore.io.written.steps import Whole, whole
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord

_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")


def wfdb_bytes(record: EcgRecord, stem: str) -> tuple[list[tuple[str, bytes]], float]:
    """Return ``STEM.hea`` and ``STEM.dat``, and the largest difference in mV.

    Raises
    ------
    RecordError
        If the name has letters that the format does not know.
    """
    if not _NAME.fullmatch(stem):
        raise RecordError(
            f"WFDB names have letters, digits, - and _ only; {shortened(stem)!r} has others. "
            "Choose another file name."
        )
    leads = [whole(lead, _rebuild) for lead in record.recorded]
    lines = [f"{stem} {len(LEADS)} {record.fs_hz} {record.n_samples}"]
    lines += [_line(stem, name, lead) for name, lead in zip(LEADS, leads, strict=True)]
    data = np.stack([lead.units for lead in leads]).T.astype("<i2").tobytes()
    files = [(f"{stem}.hea", "\n".join([*lines, ""]).encode()), (f"{stem}.dat", data)]
    return files, max(lead.error_mv for lead in leads)


def _rebuild(units: NDArray[np.int64], step_mv: float) -> NDArray[np.float64]:
    return np.asarray(units / float(_gain(step_mv)), np.float64)


def _gain(step_mv: float) -> str:
    return f"{1 / step_mv:.12g}"


def _line(stem: str, name: str, lead: Whole) -> str:
    checksum = int(lead.units.sum(dtype=np.int64)) & 0xFFFF
    checksum -= (checksum & 0x8000) << 1
    return f"{stem}.dat 16 {_gain(lead.step_mv)}(0)/mV 16 0 {lead.units[0]} {checksum} 0 {name}"
