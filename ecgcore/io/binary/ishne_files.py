"""Read the leads of an ISHNE Holter file (Badilini 1998); name, id and dates are never opened.

===========  =====================================================================================
read         1 to 12 leads of 16 bits with a resolution each, in any order; the block of variable
             length is passed over; a stored checksum that is 0 counts as none
a gap        the value -32768, which the format keeps for a lead that failed
left out     leads that are not one of the twelve (X, Y, Z, bipolar, unknown)
refused      no resolution, a checksum that does not fit, files that end within a sample
===========  =====================================================================================
"""

import struct
from binascii import crc_hqx

import numpy as np

from ecgcore.errors import RecordError
from ecgcore.io.raw import RawEcg, check_rate, check_size
from ecgcore.leads import LEADS

_MARK = b"ISHNE1.0"
_HEAD = 522
_LEAD_CODES = dict(enumerate(LEADS, start=5))
"""The format counts I, II, III, VR, VL, VF and V1 to V6 from 5, as we order them."""

_MISSING = -32768
_MAX_LEADS = 12


def is_ishne(content: bytes) -> bool:
    """Say whether a file bears the mark of an ISHNE recording."""
    return content[:8] == _MARK


def read_ishne(content: bytes, name: str) -> RawEcg:
    """Read one file.

    Raises
    ------
    RecordError
        If it is damaged, truncated or does not say its amplitudes.
    """
    if not is_ishne(content) or len(content) < _HEAD:
        raise RecordError(f"{name} is no whole ISHNE file; it is damaged or another format.")
    n_variable, _, _, at = struct.unpack_from("<iiii", content, 10)
    (n_leads,) = struct.unpack_from("<h", content, 156)
    if not 1 <= n_leads <= _MAX_LEADS:
        raise RecordError(f"{name} has {n_leads} leads; 1 to {_MAX_LEADS} can be read.")
    start = _HEAD + n_variable
    if n_variable < 0 or start > len(content) or at not in {0, start}:
        raise RecordError(f"{name} is damaged: its samples are not where it says.")
    _check_sum(content, start, name)
    codes = struct.unpack_from(f"<{n_leads}h", content, 158)
    nv_per_unit = struct.unpack_from(f"<{n_leads}h", content, 206)
    (fs_hz,) = struct.unpack_from("<h", content, 272)
    check_rate(name, fs_hz)
    n_bytes = len(content) - start
    if n_bytes % (2 * n_leads):
        raise RecordError(f"{name} ends within a sample; it is truncated. Export it again.")
    n_samples = n_bytes // (2 * n_leads)
    check_size(name, n_leads, n_samples)
    units = np.frombuffer(content, "<i2", offset=start).reshape(n_samples, n_leads).T
    known = [row for row, code in enumerate(codes) if code in _LEAD_CODES]
    if any(nv_per_unit[row] <= 0 for row in known):
        raise RecordError(f"{name} does not say its resolution; the amplitudes are not known.")
    signal = np.empty((len(known), n_samples), np.float32)
    for values, row in zip(signal, known, strict=True):
        values[:] = units[row] * (nv_per_unit[row] * 1e-6)
        values[units[row] == _MISSING] = np.nan
    left = n_leads - len(known)
    words = (f"Left out: {left} leads that are not one of the twelve.",) if left else ()
    return RawEcg(tuple(_LEAD_CODES[codes[row]] for row in known), signal, float(fs_hz), words)


def _check_sum(content: bytes, end: int, name: str) -> None:
    """Refuse a header that does not fit its checksum; writers differ in its byte order."""
    stored = content[8:10]
    found = crc_hqx(content[10:end], 0xFFFF)
    if stored != b"\0\0" and stored not in {found.to_bytes(2, "little"), found.to_bytes(2, "big")}:
        raise RecordError(f"{name} does not fit its checksum; the file was changed or damaged.")
