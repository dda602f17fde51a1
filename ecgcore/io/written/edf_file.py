"""Write plain EDF (16 bits); patient and recording are X, the date is EDF's stand-in for none."""

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.written.steps import MISSING, Whole, whole
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord

_EXTENTS = (32000, 30000, 25000, 20000, 16000, 12800, 12000, 10000, 8000, 6400, 5000, 4000, 2000,
            1000, 500, 200, 100, 10, 1)  # fmt: skip
_LARGEST_BLOCK = 61_440
_LETTERS = 8


def edf_bytes(record: EcgRecord) -> tuple[bytes, float]:
    """Return one file, and the largest difference in mV.

    Raises
    ------
    RecordError
        If samples are missing, which EDF cannot say.
    """
    leads = [whole(lead, _rebuild) for lead in record.recorded]
    if any((lead.units == MISSING).any() for lead in leads):
        raise RecordError(
            "EDF has no way to say that samples are missing. Choose npz, csv or wfdb."
        )
    n_block, duration = _blocks(record)
    ranges = [_range(lead) for lead in leads]
    n = len(LEADS)
    head = [
        b"0".ljust(8), b"X X X X".ljust(80), b"Startdate X X X X".ljust(80), b"01.01.8500.00.00",
        _text(256 * (n + 1), 8), b" " * 44, _text(record.n_samples // n_block, 8),
        duration.encode().ljust(8), _text(n, 4),
        *(_text(f"ECG {lead}", 16) for lead in LEADS), b" " * 80 * n, b"uV".ljust(8) * n,
        *(f"-{physical}".encode().ljust(8) for _, physical in ranges),
        *(physical.encode().ljust(8) for _, physical in ranges),
        *(_text(-extent, 8) for extent, _ in ranges), *(_text(extent, 8) for extent, _ in ranges),
        b" " * 80 * n, _text(n_block, 8) * n, b" " * 32 * n,
    ]  # fmt: skip
    units = np.stack([lead.units for lead in leads]).astype("<i2")
    blocks = units.reshape(n, -1, n_block).transpose(1, 0, 2)
    return b"".join([*head, blocks.tobytes()]), max(lead.error_mv for lead in leads)


def _text(value: object, width: int) -> bytes:
    return str(value).encode().ljust(width)


def _range(lead: Whole) -> tuple[int, str]:
    """Return a digital extent that holds the lead, and what it is in µV in at most 7 letters."""
    largest = int(np.abs(lead.units.astype(np.int64)).max(initial=0))
    fits = [(extent, _microvolts(extent, lead.step_mv)) for extent in _EXTENTS if extent >= largest]
    fits = [one for one in fits if len(one[1]) < _LETTERS] or [
        (32767, f"{32767e3 * lead.step_mv:.7g}"[:7])
    ]
    return min(fits, key=lambda one: abs(float(one[1]) / one[0] - lead.step_mv * 1000))


def _microvolts(extent: int, step_mv: float) -> str:
    return np.format_float_positional(float(f"{extent * step_mv * 1000:.9g}"), trim="-")


def _rebuild(units: NDArray[np.int64], step_mv: float) -> NDArray[np.float64]:
    """Rebuild as readers do, from the ranges in the header."""
    extent, physical = _range(Whole(np.clip(units, -32767, 32767).astype(np.int16), step_mv, 0.0))
    scale = 2 * float(physical) / (2 * extent)
    return np.asarray(
        units * (scale * 1e-3) + (extent * scale - float(physical)) * 1e-3, np.float64
    )


def _blocks(record: EcgRecord) -> tuple[int, str]:
    """Return the samples of a lead in a data record, and its seconds in 8 letters at most."""
    most = _LARGEST_BLOCK // (2 * len(LEADS))
    divisors = [d for d in range(min(most, record.n_samples), 0, -1) if not record.n_samples % d]
    for n_block in sorted(divisors, key=lambda d: abs(d - record.fs_hz)):
        duration = f"{n_block / record.fs_hz:.6g}"
        if len(duration) <= _LETTERS and float(duration) * record.fs_hz == n_block:
            return n_block, duration
    return record.n_samples, f"{record.duration_s:.8f}"[:_LETTERS]
