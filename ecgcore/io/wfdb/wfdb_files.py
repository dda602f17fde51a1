"""Read WFDB recordings; the only place where ``(n_samples, leads)`` is turned to leads first.

Signal files are decoded in memory: no name in a header is ever opened outside its folder, and no
count in a header takes memory that its file does not fill. A CinC ``.mat`` beside a header is a
signal file with an offset of 24 bytes.
"""

import os
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.raw import MAX_FILE_BYTES, RawEcg, check_size, to_record, unit_scale
from ecgcore.io.wfdb.headers import BITS_PER_SAMPLE, Header, SignalSpec, parse_header
from ecgcore.records import EcgRecord

_SUFFIXES = {".hea", ".dat", ".mat"}
_DTYPES = {16: "<i2", 32: "<i4", 61: ">i2", 80: "u1", 160: "<u2"}
_ZERO = {80: 128, 160: 32768}

Units = NDArray[np.int32]


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
    stem = path.with_suffix("") if path.suffix in _SUFFIXES else path
    name = record_id or stem.name
    header_path = Path(f"{stem}.hea")
    header = parse_header(read_bytes(header_path), header_path.name)
    files = {file: _signal_file(header_path, file) for file in header.files}
    return to_record(decode(name, header, files), name, source or str(stem))


def read_bytes(path: Path, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """Return a file's content; RecordError if it is not there or larger than `max_bytes`."""
    if not os.path.isfile(path):  # noqa: PTH113 - False also for a name that no file can have
        raise RecordError(f"{path} does not exist. Check the path, or download the record again.")
    try:
        if (size := path.stat().st_size) > max_bytes:
            raise RecordError(
                f"{path.name} has {size / 2**20:,.0f} MB; at most {max_bytes / 2**20:,.0f} MB can "
                "be read. Cut out the part of interest."
            )
        return path.read_bytes()
    except OSError as error:
        raise RecordError(f"{path} cannot be read ({error.strerror}).") from error


def decode(name: str, header: Header, files: Mapping[str, bytes]) -> RawEcg:
    """Decode the signals that a header describes.

    Parameters
    ----------
    name
        The record's, for messages.
    files
        Content of every one of `header.files`.

    Raises
    ------
    RecordError
        If a file is shorter than the header says, a checksum does not fit, or the signals of one
        file are not listed together.
    """
    groups = [(file, list(s)) for file, s in groupby(header.signals, key=lambda spec: spec.file)]
    if len(groups) > len(header.files):
        raise RecordError(
            f"{name} cannot be read: its header does not list the signals of one file together, so "
            "that their order in it is not known."
        )
    parts = [_decode_file(name, header, specs, files[file]) for file, specs in groups]
    lengths = {part.shape[1] for part in parts}
    if len(lengths) > 1:
        raise RecordError(
            f"{name} cannot be read: its signal files hold {', '.join(map(str, sorted(lengths)))} "
            "samples per lead, and its header does not say how many count."
        )
    units = parts[0] if len(parts) == 1 else np.concatenate(parts)
    signal = np.empty(units.shape, dtype=np.float32)
    for row, spec in enumerate(header.signals):
        _check_sum(name, spec, units[row])
        scale = unit_scale(name, spec.unit)
        signal[row] = (units[row].astype(np.float64) - spec.baseline) / spec.gain * scale
        signal[row, units[row] == _missing(spec.fmt)] = np.nan
    names = [spec.name or f"signal {n}" for n, spec in enumerate(header.signals, start=1)]
    return RawEcg(tuple(names), signal, header.fs_hz, header.warnings)


def _signal_file(header: Path, file: str) -> bytes:
    path = header.with_name(file)
    if not os.path.isfile(path):  # noqa: PTH113 - as in `read_bytes`
        raise RecordError(
            f"{path} does not exist, {header.name} names it. Download the record again."
        )
    return read_bytes(path)


def _decode_file(name: str, header: Header, specs: list[SignalSpec], content: bytes) -> Units:
    """``(n_signals, n_samples)`` of one signal file, whose samples take turns."""
    fmt, offset, n_signals = specs[0].fmt, specs[0].offset, len(specs)
    if any((spec.fmt, spec.offset) != (fmt, offset) for spec in specs):
        raise RecordError(
            f"{name} cannot be read: its header gives the signals of {specs[0].file} different "
            "formats or offsets."
        )
    held = max(len(content) - offset, 0) * 8 // (BITS_PER_SAMPLE[fmt] * n_signals)
    n_samples = header.n_samples or held
    if not n_samples or n_samples > held:
        raise RecordError(
            f"{name} cannot be read: its header asks for {n_samples:,} samples per lead, "
            f"{specs[0].file} holds {held:,}; the file is damaged or truncated. Download it again."
        )
    check_size(name, n_signals, n_samples)
    flat = _samples(content[offset:], fmt, n_signals * n_samples)
    return flat.reshape(n_samples, n_signals).T


def _samples(content: bytes, fmt: int, count: int) -> Units:
    if fmt == 212:
        return _twelve_bits(content, count)
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
    flat = pairs.reshape(-1)[:count]
    return np.asarray(flat - 4096 * (flat > 2047), dtype=np.int32)


def _missing(fmt: int) -> int:
    """Return the sample that stands for none: the smallest of the format."""
    return -(1 << BITS_PER_SAMPLE[fmt] - 1)


def _check_sum(name: str, spec: SignalSpec, units: Units) -> None:
    found = int(units.sum(dtype=np.int64)) & 0xFFFF
    if spec.checksum is not None and spec.checksum != found:
        raise RecordError(
            f"Lead {spec.name} of {name} sums to {found} where its header says {spec.checksum}: "
            "the samples were changed. Download the record again."
        )
