"""Unpack XLI, the compression in Philips' XML: a block for each lead, LZW, second differences.

Written after the description in the wiki of sierra-ecg-tools (C. Watford); the format's maker has
not published one. Each block begins with its size in bytes (32 bits), 16 bits that no reader uses,
and the first second difference (16 bits). Its codes have 10 bits each; unpacked, the high bytes of
all numbers come before the low bytes.
"""

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError

_HEADER_BYTES = 8
_CODE_BITS = 10
_LAST_CODE = 2**_CODE_BITS - 2
_BIAS = 64
_MAX_BYTES = 2**20
"""Of all blocks: 12 leads at 500 Hz for about five minutes."""


def unpack_xli(data: bytes, n_leads: int, n_samples: int, name: str) -> list[NDArray[np.int64]]:
    """Return `n_leads` arrays of `n_samples` whole numbers.

    Raises
    ------
    RecordError
        If blocks are missing or damaged, or hold another number of samples.
    """
    if len(data) > _MAX_BYTES:
        raise RecordError(
            f"{name} holds {len(data) / 2**20:.1f} MB of compressed samples; a resting ECG has at "
            "most 1 MB. Cut out the part of interest."
        )
    leads, start = [], 0
    for position in range(1, n_leads + 1):
        size = int.from_bytes(data[start : start + 4], "little")
        block = data[start + _HEADER_BYTES : start + _HEADER_BYTES + size]
        if start + _HEADER_BYTES > len(data) or len(block) < size:
            raise RecordError(
                f"{name} has compressed samples of {position - 1} leads and a part; {n_leads} are "
                "announced. Truncated? Export it again."
            )
        first = int.from_bytes(data[start + 6 : start + 8], "little", signed=True)
        unpacked = _lzw(block, 2 * n_samples)
        if len(unpacked) != 2 * n_samples or n_samples < 2:
            raise RecordError(
                f"{name}, lead {position}: the compressed samples are damaged, or not the "
                f"{n_samples:,} announced. Export it again."
            )
        leads.append(_summed(unpacked, first))
        start += _HEADER_BYTES + size
    return leads


def _lzw(block: bytes, n_most: int) -> bytes:
    """Unpack until the end mark, the end of the block, or more than `n_most` bytes."""
    strings = [bytes([value]) for value in range(256)]
    result, before = bytearray(), b""
    for code in _codes(block):
        if code > _LAST_CODE or len(result) > n_most:
            break
        if code < len(strings):
            string = strings[code]
        elif before and code == len(strings):
            string = before + before[:1]
        else:
            return b""
        if before and len(strings) <= _LAST_CODE:
            strings.append(before + string[:1])
        result += string
        before = string
    if len(result) % 2:
        result.append(0)
    return bytes(result)


def _codes(block: bytes) -> list[int]:
    bits = np.unpackbits(np.frombuffer(block, np.uint8))
    rows = bits[: len(bits) // _CODE_BITS * _CODE_BITS].reshape(-1, _CODE_BITS)
    codes: list[int] = (rows @ (1 << np.arange(_CODE_BITS)[::-1])).tolist()
    return codes


def _summed(unpacked: bytes, first: int) -> NDArray[np.int64]:
    """Undo the differences: two samples, then how far the curve bends at each sample."""
    halves = np.frombuffer(unpacked, np.uint8).reshape(2, -1)
    codes = (halves[0].astype(np.uint16) << 8 | halves[1]).astype(np.int16).astype(np.int64)
    bends = -np.concatenate([[first], codes[2:-1] - _BIAS])
    steps = codes[1] - codes[0] + np.cumsum(bends[: len(codes) - 2])
    return np.concatenate([codes[:2], codes[1] + np.cumsum(steps)])
