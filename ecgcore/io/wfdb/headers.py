"""Headers of WFDB recordings: parsed strictly, mended where only one reading is possible.

Format: the WFDB applications guide, ``header(5)``. Comments (age, sex, diagnoses) and the time of
the recording are not read. What is wrong with a signal that is none of the twelve leads does not
matter, as long as it is known where the leads lie.
"""

import re
from dataclasses import dataclass
from itertools import takewhile
from pathlib import PurePath

from ecgcore.errors import RecordError
from ecgcore.io.channels import is_lead
from ecgcore.io.raw import check_size
from ecgcore.io.wfdb.formats import FORMATS
from ecgcore.leads import standard_lead

NO_FILE = "~"
"""Stands for a signal or a segment that was not recorded."""

_MAX_LINES = 1000
_MAX_BYTES = 2**20
_MAX_ALL_LINES = 20_000
"""With comments, which name findings and are not read."""
_MAX_LINE = 1000
_MICRO = (b"\xc2\xb5", b"\xce\xbc", b"\xb5")
_SUFFIXES = (".mat", ".dat", ".hea")
_FILE_NAME = re.compile(r"[^/\\]+")
_FORMAT = re.compile(r"(\d{1,3})(?:x(\d{1,4}))?(?::(\d{1,6}))?(?:\+(\d{1,9}))?")
_GAIN = re.compile(r"([-+]?[\d.]+(?:e[-+]?\d+)?)(?:\(([-+]?\d{1,10})\))?(?:/(\S+))?", re.IGNORECASE)
_INTEGER = re.compile(r"[-+]?\d{1,10}")
_NUMBER = re.compile(r"\+?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:e[-+]?\d{1,3})?", re.IGNORECASE)
_ALL_INTEGERS = 5
"""ADC resolution and zero, initial value, checksum and block size; a description follows."""


@dataclass(frozen=True, slots=True)
class SignalSpec:
    """One signal line.

    Attributes
    ----------
    file
        The signal file that holds it, a plain name; `NO_FILE` where nothing was recorded.
    fmt, offset
        Number of the WFDB format, and bytes (in FLAC samples) before the first sample.
    per_frame, skew
        Samples in each frame, and frames by which the signal comes late in its file.
    gain, baseline, unit
        ``(sample - baseline) / gain`` is in `unit`.
    initial
        Value before the first sample, from which format 8 counts; None if the line is silent.
    checksum
        Of all samples modulo 65536; None if the line does not say it.
    name
        The lead as the file spells it; empty if the line does not say it.
    """

    file: str
    fmt: int
    offset: int
    gain: float
    baseline: int
    unit: str
    checksum: int | None
    name: str
    per_frame: int = 1
    skew: int = 0
    initial: int | None = None

    @property
    def needed(self) -> bool:
        """True for one of the twelve leads."""
        return is_lead(self.name)


@dataclass(frozen=True, slots=True)
class Segment:
    """One line of a recording in several segments: the record that holds it, and its frames."""

    record: str
    n_samples: int


@dataclass(frozen=True, slots=True)
class Header:
    """A parsed header.

    Attributes
    ----------
    fs_hz
        Frames per second.
    n_samples
        Frames, of one sample for each lead unless its line says otherwise; None if the record line
        does not say it.
    warnings
        Lines that were mended.
    segments
        What a recording in several segments is put together from; it has no signals of its own.
    """

    fs_hz: float
    n_samples: int | None
    signals: tuple[SignalSpec, ...]
    warnings: tuple[str, ...]
    segments: tuple[Segment, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files that hold leads, each once, in order; of segments, the headers."""
        if self.segments:
            parts = (one for one in self.segments if one.record != NO_FILE and one.n_samples)
            return tuple(dict.fromkeys(f"{one.record}.hea" for one in parts))
        held = (spec.file for spec in self.signals if spec.needed and spec.file != NO_FILE)
        return tuple(dict.fromkeys(held))


def parse_header(content: bytes, name: str) -> Header:
    """Parse a ``.hea`` file.

    Parameters
    ----------
    name
        The file's name, for messages.

    Raises
    ------
    RecordError
        If a line cannot be read in exactly one way; the message says which.
    """
    lines, warnings = _lines(content, name)
    if not lines:
        raise RecordError(f"{name} cannot be read: it has no record line.")
    number, record_line = lines[0]
    n_signals, fs_hz, n_samples, n_segments, mended = _record_line(name, number, record_line)
    what, announced = ("segment", n_segments) if n_segments else ("signal", n_signals)
    if len(lines) - 1 != announced:
        raise _fault(
            name,
            number,
            f"it announces {announced} {what}s, {len(lines) - 1} {what} lines follow",
        )
    check_size(name, n_signals, n_samples or 1)
    if n_segments:
        segments = tuple(_segment_line(name, *line) for line in lines[1:])
        return Header(fs_hz, n_samples, (), (*warnings, *mended), segments)
    signals = tuple(_signal_line(name, number, line) for number, line in lines[1:])
    return Header(fs_hz, n_samples, signals, (*warnings, *mended))


def _lines(content: bytes, name: str) -> tuple[list[tuple[int, str]], list[str]]:
    """Numbered lines without comments, and what was mended in their letters."""
    if len(content) > _MAX_BYTES or content.count(b"\n") + content.count(b"\r") > _MAX_ALL_LINES:
        raise RecordError(
            f"{name} has {len(content):,} bytes; a WFDB header has a line for each lead and some "
            f"comments, at most {_MAX_ALL_LINES:,} lines. Download it again."
        )
    warnings = []
    if content.startswith(b"\xef\xbb\xbf"):
        content = content[3:]
        warnings.append("Header line 1 was mended: a byte order mark was removed.")
    found: list[tuple[int, str]] = []
    for number, line in enumerate(content.splitlines(), start=1):
        bare = line.split(b"#")[0].strip()
        plain = _plain_micro(bare)
        if plain != bare:
            warnings.append(f"Header line {number} was mended: µV was read as uV.")
        if not plain:
            continue
        if len(plain) > _MAX_LINE:
            raise _fault(name, number, "it is too long")
        if text := _text(plain).strip():  # str knows more white space than bytes
            found.append((number, text))
        if len(found) > _MAX_LINES:
            raise RecordError(f"{name} has more than {_MAX_LINES} lines; it is not a WFDB header.")
    return found, warnings


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _plain_micro(line: bytes) -> bytes:
    for micro in _MICRO:
        line = line.replace(b"/" + micro + b"V", b"/uV")
    return line


def _record_line(
    name: str, number: int, line: str
) -> tuple[int, float, int | None, int, list[str]]:
    """Return number of signals, rate, number of samples, of segments, and what was mended."""
    words = line.split()
    record_name, *rest = words
    warnings = []
    stem, slash, n_segments = record_name.partition("/")
    for suffix in _SUFFIXES:
        stem = stem.removesuffix(suffix)
    if stem != record_name.partition("/")[0]:
        warnings.append(
            f"Header line {number} was mended: the record's name ends like a file's; what stands "
            "before was taken."
        )
    if slash and not re.fullmatch(r"[1-9]\d{0,3}", n_segments):
        raise _fault(name, number, "what follows / is no number of segments from 1 to 9999")
    if not rest or not re.fullmatch(r"\d{1,4}", rest[0]):
        raise _fault(name, number, "a name and the number of signals are needed")
    fs_words = rest[1].partition("/")[0] if len(rest) > 1 else "250"  # WFDB's default
    if not _NUMBER.fullmatch(fs_words):
        raise _fault(name, number, "its third word is no number of samples per second")
    if len(rest) <= 1:
        warnings.append(f"Header line {number} states no rate; 250 Hz was taken, WFDB's default.")
    if len(rest) > 2 and not re.fullmatch(r"\d{1,15}", rest[2]):
        raise _fault(name, number, "its fourth word is no number of samples")
    n_samples = int(rest[2]) if len(rest) > 2 else 0
    return int(rest[0]), float(fs_words), n_samples or None, int(n_segments or 0), warnings


def _segment_line(name: str, number: int, line: str) -> Segment:
    words = line.split()
    if len(words) != 2 or not re.fullmatch(r"\d{1,15}", words[1]):
        raise _fault(name, number, "a segment's record and its number of samples are needed")
    if words[0] != NO_FILE and not _is_plain(words[0]):
        raise _fault(name, number, "its first word is not the plain name of a record beside it")
    return Segment(words[0], int(words[1]))


def _is_plain(file: str) -> bool:
    return bool(_FILE_NAME.fullmatch(file) and file.strip(".~"))


def _signal_line(name: str, number: int, line: str) -> SignalSpec:
    words = line.split()
    if len(words) < 2:
        raise _fault(name, number, "a file and a format are needed")
    file = words[0].removeprefix("./")
    if file != NO_FILE and (file == "-" or not _is_plain(file)):
        raise _fault(name, number, "its first word is not the plain name of a file beside it")
    integers = [int(word) for word in takewhile(_INTEGER.fullmatch, words[3 : 3 + _ALL_INTEGERS])]
    lead = " ".join(words[3 + len(integers) :])
    if len(integers) < _ALL_INTEGERS and len(lead.split()) > 2 and not is_lead(lead):
        raise _fault(name, number, f"its word {4 + len(integers)} is no whole number")
    fmt, per_frame, skew, offset = _format(name, number, words[1], empty=file == NO_FILE)
    try:
        gain, baseline, unit = _gain(name, number, words[2] if len(words) > 2 else "0")
    except RecordError:
        if is_lead(lead) and file != NO_FILE:
            raise
        gain, baseline, unit = 1.0, None, ""
    adc_zero = integers[1] if len(integers) > 1 else 0
    return SignalSpec(
        file=file,
        fmt=fmt,
        offset=offset,
        gain=gain,
        baseline=adc_zero if baseline is None else baseline,
        unit=unit,
        checksum=integers[3] & 0xFFFF if len(integers) > 3 else None,
        name=lead,
        per_frame=per_frame,
        skew=skew,
        initial=integers[2] if len(integers) > 2 else None,
    )


def _format(name: str, number: int, word: str, *, empty: bool) -> tuple[int, int, int, int]:
    """Return format, samples per frame, skew and offset."""
    match = _FORMAT.fullmatch(word)
    if match is None:
        raise _fault(name, number, "its second word is no signal format")
    fmt, per_frame, skew, offset = (int(group or 0) for group in match.groups())
    if fmt not in FORMATS and not empty:
        known = ", ".join(map(str, FORMATS))
        raise _fault(name, number, f"signal format {fmt} cannot be read ({known} can)")
    return fmt, per_frame or 1, skew, offset


def _gain(name: str, number: int, word: str) -> tuple[float, int | None, str]:
    match = _GAIN.fullmatch(word)
    try:
        gain = float(match[1]) if match else 0.0
    except ValueError:
        match = None
    if match is None:
        raise _fault(name, number, "its third word is no gain")
    if not gain:
        raise _fault(
            name,
            number,
            "its gain is 0 or missing, WFDB's sign for a signal that is not calibrated, so that "
            "the amplitude is not known",
        )
    if not 1e-9 <= abs(gain) <= 1e12:
        raise _fault(name, number, f"the gain is {gain:g}, so that the amplitude is not known")
    return gain, None if match[2] is None else int(match[2]), match[3] or "mV"


def named_file(header: str, file: str) -> str:
    """Return a file's name as a message may hold it: the header's own, with a known suffix."""
    path = PurePath(file)
    is_own = path.stem == PurePath(header).stem
    known = path.suffix.lower() in _SUFFIXES or standard_lead(path.suffix[1:]) is not None
    return file if is_own and known else "another file (its name stands there)"


def _fault(name: str, number: int, why: str) -> RecordError:
    return RecordError(f"{name} cannot be read, line {number} is at fault: {why}.")
