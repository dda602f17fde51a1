"""The signal formats of WFDB (``signal(5)``), decoded in memory.

======  ==================================================================================
Number  Samples
======  ==================================================================================
8       first differences in 8 bits, from the header's initial value
16, 61  16 bits, the low or the high byte first; 160: 16 bits offset by 32768
24, 32  24 and 32 bits, the low byte first; 80: 8 bits offset by 128
212     12 bits, two samples in three bytes
310     10 bits, three samples in four bytes; 311: the same, packed otherwise
508     FLAC of 8 bits; 516: of 16 bits; 524: of 24 bits
======  ==================================================================================

The package wfdb is the oracle in tests rather than the reader: it opens the files that a header
names wherever they lie, does not compare checksums, and takes memory before it looks at a size; it
also (4.3.1) fails on leads of different skew and takes one bit too many in format 311.
"""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError

FORMATS = {8: 8, 16: 16, 24: 24, 32: 32, 61: 16, 80: 8, 160: 16, 212: 12, 310: 10, 311: 10} | {
    508: 8, 516: 16, 524: 24
}  # fmt: skip
"""Bits of a sample in each format that is read."""

_DTYPES = {8: "i1", 16: "<i2", 32: "<i4", 61: ">i2", 80: "u1", 160: "<u2"}
_ZERO = {80: 128, 160: 32768}
_FLAC = {508, 516, 524}
_FLAC_BITS = {"PCM_S8": 8, "PCM_16": 16, "PCM_24": 24}
_THIRDS = {310, 311}

Units = NDArray[np.int32]


def is_flac(fmt: int) -> bool:
    """Say whether a format is compressed."""
    return fmt in _FLAC


def missing_code(fmt: int) -> int | None:
    """Return the sample that stands for none, the smallest of the format; 8 has none."""
    return None if fmt == 8 else -(1 << FORMATS[fmt] - 1)


def n_held(fmt: int, n_bytes: int) -> int:
    """Return how many samples lie in so many bytes."""
    bits = 32 / 3 if fmt in _THIRDS else FORMATS[fmt]
    return int(max(n_bytes, 0) * 8 / bits)


def unpack(content: bytes, fmt: int, count: int) -> Units:
    """Decode the first `count` samples; of format 8, the differences."""
    if fmt == 212:
        return _twelve_bits(content, count)
    if fmt in _THIRDS:
        return _ten_bits(content, count, fmt)
    if fmt == 24:
        triples = np.frombuffer(content, np.uint8, 3 * count).reshape(-1, 3).astype(np.int32)
        high = triples[:, 2] - 256 * (triples[:, 2] > 127)
        return triples[:, 0] | triples[:, 1] << 8 | high << 16
    return np.frombuffer(content, _DTYPES[fmt], count).astype(np.int32) - _ZERO.get(fmt, 0)


def _twelve_bits(content: bytes, count: int) -> Units:
    """Two samples in three bytes: low byte, both high nibbles, low byte."""
    padded = content[: (3 * count + 1) // 2] + b"\0" * (count % 2)
    low, nibbles, other = np.frombuffer(padded, np.uint8).reshape(-1, 3).astype(np.int32).T
    pairs = np.stack([low | (nibbles & 15) << 8, other | (nibbles >> 4) << 8], axis=1)
    return _signed(pairs.reshape(-1)[:count], 12)


def _ten_bits(content: bytes, count: int, fmt: int) -> Units:
    """Three samples in four bytes, seen as two words (310) or as one (311), the low byte first."""
    n_quads = -(-count // 3)
    padded = content[: 4 * n_quads].ljust(4 * n_quads, b"\0")
    if fmt == 310:
        first, second = np.frombuffer(padded, "<u2").reshape(-1, 2).astype(np.int32).T
        third = first >> 11 | second >> 11 << 5
        parts = [first >> 1 & 1023, second >> 1 & 1023, third]
    else:
        word = np.frombuffer(padded, "<u4").astype(np.int64)
        parts = [word & 1023, word >> 10 & 1023, word >> 20 & 1023]
    return _signed(np.stack(parts, axis=1).reshape(-1)[:count].astype(np.int32), 10)


def _signed(units: Units, bits: int) -> Units:
    return np.asarray(units - (units >> bits - 1 << bits), dtype=np.int32)


def flac(content: bytes, fmt: int, n_channels: int, first: int, most: int, name: str) -> Units:
    """Decode a FLAC file, ``(n_samples, n_channels)``, at most `most` samples from `first` on.

    Raises
    ------
    RecordError
        If it is no FLAC, or its channels or bits are not those of the header.
    """
    import soundfile  # only for this format

    bits = FORMATS[fmt]
    try:
        with soundfile.SoundFile(BytesIO(content)) as file:
            held = _FLAC_BITS.get(file.subtype, 99) if file.format == "FLAC" else 99
            if held > bits or file.channels != n_channels:
                raise RecordError(
                    f"{name} is announced as FLAC of {bits} bits with {n_channels} channels and "
                    f"is {file.format}, {file.subtype}, with {file.channels}."
                )
            file.seek(min(first, file.frames))
            most = min(most, file.frames - min(first, file.frames))
            samples = np.empty((most, n_channels), np.int32)
            for start in range(0, most, 2**18):  # libsndfile fails beyond 2**24 values at once
                part = samples[start : start + 2**18]
                n_read = len(file.read(out=part))
                if n_read < len(part):
                    return samples[: start + n_read] >> 32 - held
    except (soundfile.SoundFileError, RuntimeError, ValueError) as error:
        raise RecordError(f"{name} is damaged: its FLAC cannot be decoded.") from error
    return np.asarray(samples >> 32 - held)
