"""Read WFDB recordings; the only place where ``(n_samples, leads)`` is turned to leads first.

Signal files are decoded in memory: no name in a header is ever opened outside its folder, and no
count in a header takes memory that its file does not fill. A CinC ``.mat`` beside a header is a
signal file with an offset of 24 bytes.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from ecgcore.errors import RecordError
from ecgcore.io.channels import Channel, on_one_clock
from ecgcore.io.raw import MAX_FILE_BYTES, RawEcg, check_rate, check_size, to_record, unit_scale
from ecgcore.io.wfdb.formats import Units, flac, is_flac, missing_code, n_held, unpack
from ecgcore.io.wfdb.headers import NO_FILE, Header, SignalSpec, named_file, parse_header
from ecgcore.leads import standard_lead
from ecgcore.records import EcgRecord

_SUFFIXES = {".hea", ".dat", ".mat"}

Samples = NDArray[np.floating]


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
        If a file is missing, damaged or truncated, a lead is missing, or the header's checksum does
        not fit the samples.
    """
    stem = path.with_suffix("") if path.suffix in _SUFFIXES else path
    name = record_id or stem.name
    header_path = Path(f"{stem}.hea")
    header = parse_header(read_bytes(header_path), header_path.name)
    files = needed_files(header, lambda file: _beside(header_path, file))
    return to_record(decode(name, header, files), name, source or str(stem))


def needed_files(header: Header, read: Callable[[str], bytes]) -> dict[str, bytes]:
    """Read what a recording needs beside its header, segments with their own headers first.

    Parameters
    ----------
    read
        Returns the content of a file beside the header, or raises.
    """
    files = {file: read(file) for file in header.files}
    for file in header.files if header.segments else ():
        part = parse_header(files[file], "A segment")
        files |= {one: read(one) for one in part.files if not part.segments}
    return files


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
    """Decode the leads that a header describes.

    Parameters
    ----------
    name
        The record's, for messages.
    files
        Content of every one of `header.files`; of segments, also what their headers name.

    Raises
    ------
    RecordError
        If a file is shorter than the header says, a checksum does not fit, or the signals of one
        file are not listed together.
    """
    if header.segments:
        return _joined(name, header, files)
    recorded = [spec for spec in header.signals if spec.file != NO_FILE]
    groups = [(file, list(specs)) for file, specs in groupby(recorded, key=lambda spec: spec.file)]
    if len(groups) > len(dict(groups)):
        raise RecordError(
            f"{name} cannot be read: its header does not list the signals of one file together, so "
            "that their order in it is not known."
        )
    rows: list[tuple[SignalSpec, Samples]] = []
    words: dict[str, None] = {}
    for file, specs in groups:
        if any(spec.needed for spec in specs):
            found, said = _decode_file(name, header, specs, files[file])
            rows += found
            words |= dict.fromkeys(said)
    check_rate(name, header.fs_hz * max((spec.per_frame for spec, _ in rows), default=1))
    return _at_one_rate(name, header, rows, tuple(words))


def _at_one_rate(
    name: str, header: Header, rows: Sequence[tuple[SignalSpec, Samples]], words: tuple[str, ...]
) -> RawEcg:
    """Bring leads with fewer samples per frame to the rate of the others."""
    frames = {row.size // spec.per_frame for spec, row in rows}
    if len(frames) > 1:
        raise RecordError(
            f"{name} cannot be read: its signal files hold {', '.join(map(str, sorted(frames)))} "
            "samples per lead, and its header does not say how many count."
        )
    most = max((spec.per_frame for spec, _ in rows), default=1)
    channels = [Channel(spec.name, _upsampled(row, spec.per_frame, most)) for spec, row in rows]
    slower = [
        str(standard_lead(spec.name.lstrip("-−"))) for spec, _ in rows if spec.per_frame < most
    ]
    if slower:
        words = (*words, f"{', '.join(slower)}: resampled to the rate of the other leads.")
    left_out = [
        spec.name or f"signal {n}"
        for n, spec in enumerate(header.signals, start=1)
        if not spec.needed
    ]
    if not channels:
        return RawEcg((), np.empty((0, 0)), header.fs_hz * most, (), tuple(left_out))
    fs_hz = header.fs_hz * most
    return on_one_clock(name, channels, fs_hz, (*header.warnings, *words), left_out)


def _upsampled(row: Samples, per_frame: int, most: int) -> Samples:
    if per_frame == most:
        return row
    ratio = Fraction(most, per_frame)
    missing = np.isnan(row)
    filled = np.where(missing, 0.0, row)
    faster = resample_poly(filled, ratio.numerator, ratio.denominator, padtype="line")
    at = np.arange(faster.size) * per_frame // most
    return np.where(missing[at], np.nan, faster)


def _beside(header: Path, file: str) -> bytes:
    path = header.with_name(file)
    if not os.path.isfile(path):  # noqa: PTH113 - as in `read_bytes`
        raise RecordError(
            f"{header.name} names {named_file(header.name, file)}, which does not exist beside it. "
            "Download the record again."
        )
    return read_bytes(path)


def _decode_file(
    name: str, header: Header, specs: list[SignalSpec], content: bytes
) -> tuple[list[tuple[SignalSpec, Samples]], list[str]]:
    """Decode the leads of one signal file, in mV, and say what was noticed."""
    if len({(spec.fmt, spec.offset) for spec in specs}) > 1:
        raise RecordError(
            f"{name} cannot be read: its header gives the signals of one file different formats or "
            "offsets."
        )
    frames = _frames(name, header, specs, content)
    rows, words, start = [], [], 0
    for spec in specs:
        units = frames[:, start : start + spec.per_frame].reshape(-1)
        start += spec.per_frame
        if not spec.needed:
            continue
        if spec.fmt == 8:
            units = (spec.initial or 0) + np.cumsum(units, dtype=np.int32)
        n_samples = (header.n_samples or len(frames)) * spec.per_frame
        words += _check_sum(name, spec, units[:n_samples])
        rows.append((spec, _shifted(_millivolts(name, spec, units), spec, n_samples)))
    return rows, words


def _frames(name: str, header: Header, specs: list[SignalSpec], content: bytes) -> Units:
    """``(n_frames, samples of all signals in one)``; more than announced where a skew needs it."""
    spec, width = specs[0], sum(one.per_frame for one in specs)
    skew, announced = max(one.skew for one in specs), header.n_samples
    if announced:
        check_size(name, len(specs), announced)
    if is_flac(spec.fmt):
        found = _flac_frames(specs, content, announced, skew, name)
        held = len(found)
    else:
        held = n_held(spec.fmt, len(content) - spec.offset) // width
    n_frames = min(held, (announced or held) + skew)
    if not n_frames or n_frames < (announced or 0):
        raise RecordError(
            f"{name} cannot be read: its header asks for {announced or 0:,} samples per lead, "
            f"the signal file holds {held:,}; it is damaged or truncated. Download it again."
        )
    check_size(name, width, n_frames)
    if is_flac(spec.fmt):
        return found[:n_frames]
    return unpack(content[spec.offset :], spec.fmt, n_frames * width).reshape(n_frames, width)


def _flac_frames(
    specs: list[SignalSpec], content: bytes, announced: int | None, skew: int, name: str
) -> Units:
    spec, n = specs[0], len(specs)
    if any(one.per_frame != spec.per_frame for one in specs):
        raise RecordError(f"{name}: the signals of a FLAC file differ in their samples per frame.")
    most = ((announced or 24_000_000 // n) + skew) * spec.per_frame
    samples = flac(content, spec.fmt, n, spec.offset, most, f"The signal file of {name}")
    whole = samples[: len(samples) // spec.per_frame * spec.per_frame]
    return whole.reshape(-1, spec.per_frame, n).transpose(0, 2, 1).reshape(-1, n * spec.per_frame)


def _millivolts(name: str, spec: SignalSpec, units: Units) -> Samples:
    scale = unit_scale(name, spec.unit) / spec.gain
    row = ((units.astype(np.float64) - spec.baseline) * scale).astype(np.float32)
    if (code := missing_code(spec.fmt)) is not None:
        row[units == code] = np.nan
    return row


def _shifted(row: Samples, spec: SignalSpec, n_samples: int) -> Samples:
    """Undo the skew: sample 0 lies so many frames after the start of the file."""
    late = row[spec.skew * spec.per_frame :][:n_samples]
    if late.size == n_samples:
        return late
    return np.concatenate([late, np.full(n_samples - late.size, np.nan, dtype=row.dtype)])


def _check_sum(name: str, spec: SignalSpec, units: Units) -> list[str]:
    found = int(units.sum(dtype=np.int64)) & 0xFFFF
    if spec.checksum is None or spec.checksum == found:
        return []
    if spec.checksum == 0 and not spec.initial and units[0]:
        return ["The header's checksums and first values are all 0; the samples were not checked."]
    raise RecordError(
        f"Lead {standard_lead(spec.name.lstrip('-−'))} of {name} sums to {found} where its header "
        f"says {spec.checksum}: the samples were changed. Download the record again."
    )


def _joined(name: str, header: Header, files: Mapping[str, bytes]) -> RawEcg:
    """Put the segments of a recording one after the other; nan where a lead is not in one."""
    total = sum(one.n_samples for one in header.segments)
    if header.n_samples not in {None, total}:
        raise RecordError(
            f"{name} cannot be read: its header announces {header.n_samples:,} samples per lead, "
            f"its segments hold {total:,}."
        )
    parts = [
        (one.n_samples, _segment(name, header, number, files))
        for number, one in enumerate(header.segments, start=1)
        if one.n_samples
    ]
    recorded = [part for _, part in parts if part is not None]
    if not recorded:
        raise RecordError(f"{name} cannot be read: none of its segments was recorded.")
    per_frame = {round(part.fs_hz / header.fs_hz) for part in recorded}
    if len(per_frame) > 1:
        raise RecordError(f"{name} cannot be read: its segments differ in their rate.")
    (each,) = per_frame
    keys = list(dict.fromkeys(key for part in recorded for key in _numbered(part.names)))
    names = tuple(one for one, _ in keys)
    check_size(name, len(names) or 1, total * each)
    signal = np.full((len(names), total * each), np.nan, dtype=np.float32)
    start = 0
    for n_samples, part in parts:
        if part is not None:
            rows = [keys.index(key) for key in _numbered(part.names)]
            signal[rows, start : start + n_samples * each] = part.signal
        start += n_samples * each
    left_out = tuple(dict.fromkeys(one for part in recorded for one in part.left_out))
    words = [
        *header.warnings,
        *dict.fromkeys(one for part in recorded for one in part.warnings),
        f"Put together from {len(recorded)} segments.",
    ]
    return RawEcg(names, signal, recorded[0].fs_hz, tuple(words), left_out)


def _numbered(names: Sequence[str]) -> list[tuple[str, int]]:
    """Tell channels of one name apart by their order."""
    return [(name, names[:k].count(name)) for k, name in enumerate(names)]


def _segment(name: str, header: Header, number: int, files: Mapping[str, bytes]) -> RawEcg | None:
    """Decode one segment; None where nothing was recorded."""
    record, n_samples = header.segments[number - 1].record, header.segments[number - 1].n_samples
    if record == NO_FILE:
        return None
    part = parse_header(files[f"{record}.hea"], f"Segment {number} of {name}")
    if part.segments:
        raise RecordError(f"{name} cannot be read: its segment {number} has segments of its own.")
    if part.n_samples not in {None, n_samples} or not np.isclose(part.fs_hz, header.fs_hz):
        raise RecordError(
            f"{name} cannot be read: its segment {number} has another length or rate than is "
            "announced."
        )
    raw = decode(name, replace(part, n_samples=n_samples), files)
    return raw if raw.names else None
