"""Headers of WFDB recordings: parsed strictly, mended where only one reading is possible.

Format: the WFDB applications guide, ``header(5)``. Comments (age, sex, diagnoses) and the time of
the recording are not read.
"""

import re
from dataclasses import dataclass
from itertools import takewhile

from ecgcore.errors import RecordError
from ecgcore.io.raw import check_rate, check_size

BITS_PER_SAMPLE = {16: 16, 24: 24, 32: 32, 61: 16, 80: 8, 160: 16, 212: 12}
"""Size of a sample in each signal format that is read."""

_MAX_LINES = 200
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
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{0,9})?|\.\d{1,9}")


@dataclass(frozen=True, slots=True)
class SignalSpec:
    """One signal line.

    Attributes
    ----------
    file
        The signal file that holds it, a plain name.
    fmt, offset
        Number of the WFDB format, and bytes before the first sample.
    gain, baseline, unit
        ``(sample - baseline) / gain`` is in `unit`.
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


@dataclass(frozen=True, slots=True)
class Header:
    """A parsed header.

    Attributes
    ----------
    n_samples
        Per lead; None if the record line does not say it.
    warnings
        Lines that were mended.
    """

    fs_hz: float
    n_samples: int | None
    signals: tuple[SignalSpec, ...]
    warnings: tuple[str, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the signal files, each once, in order."""
        return tuple(dict.fromkeys(spec.file for spec in self.signals))


def parse_header(content: bytes, name: str) -> Header:
    """Parse a ``.hea`` file.

    Parameters
    ----------
    name
        The file's name, for messages.

    Raises
    ------
    RecordError
        If a line cannot be read in exactly one way; the message holds the line.
    """
    lines, warnings = _lines(content, name)
    if not lines:
        raise RecordError(f"{name} cannot be read: it has no record line.")
    number, record_line = lines[0]
    n_signals, fs_hz, n_samples, mended = _record_line(name, number, record_line)
    if len(lines) - 1 != n_signals:
        raise _fault(
            name,
            number,
            record_line,
            f"it announces {n_signals} signals, {len(lines) - 1} signal lines follow",
        )
    check_size(name, n_signals, n_samples or 1)
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
        if not plain.isascii() or len(plain) > _MAX_LINE:
            raise _fault(
                name,
                number,
                bare[:80].decode("latin-1"),
                "it has letters outside ASCII or is too long",
            )
        if text := plain.decode("ascii").strip():  # str knows more white space than bytes
            found.append((number, text))
        if len(found) > _MAX_LINES:
            raise RecordError(f"{name} has more than {_MAX_LINES} lines; it is not a WFDB header.")
    return found, warnings


def _plain_micro(line: bytes) -> bytes:
    for micro in _MICRO:
        line = line.replace(b"/" + micro + b"V", b"/uV")
    return line


def _record_line(name: str, number: int, line: str) -> tuple[int, float, int | None, list[str]]:
    """Return number of signals, rate, number of samples (or None), and what was mended."""
    words = line.split()
    record_name, *rest = words
    warnings = []
    stem = record_name
    for suffix in _SUFFIXES:
        stem = stem.removesuffix(suffix)
    if stem != record_name:
        warnings.append(
            f"Header line {number} was mended: the record's name {record_name!r} ends like a "
            f"file's, {stem!r} was taken."
        )
    if "/" in stem:
        raise _fault(name, number, line, "recordings in several segments cannot be read")
    if not rest or not re.fullmatch(r"\d{1,4}", rest[0]):
        raise _fault(name, number, line, "a name and the number of signals are needed")
    fs_words = rest[1].partition("/")[0] if len(rest) > 1 else "250"  # WFDB's default
    if not _NUMBER.fullmatch(fs_words):
        raise _fault(name, number, line, f"{fs_words!r} is no number of samples per second")
    if len(rest) <= 1:
        warnings.append(f"Header line {number} states no rate; 250 Hz was taken, WFDB's default.")
    check_rate(name, float(fs_words))
    if len(rest) > 2 and not re.fullmatch(r"\d{1,15}", rest[2]):
        raise _fault(name, number, line, f"{rest[2]!r} is no number of samples")
    n_samples = int(rest[2]) if len(rest) > 2 else 0
    return int(rest[0]), float(fs_words), n_samples or None, warnings


def _signal_line(name: str, number: int, line: str) -> SignalSpec:
    words = line.split()
    if len(words) < 3:
        raise _fault(name, number, line, "a file, a format and a gain are needed")
    if not _FILE_NAME.fullmatch(words[0]) or not words[0].strip(".~"):
        raise _fault(name, number, line, f"{words[0]!r} is not the plain name of a file beside it")
    fmt, offset = _format(name, number, line, words[1])
    gain, baseline, unit = _gain(name, number, line, words[2])
    integers = [int(word) for word in takewhile(_INTEGER.fullmatch, words[3:8])]
    lead = words[3 + len(integers) :]
    if len(lead) > 2:
        raise _fault(name, number, line, f"{lead[0]!r} is no whole number")
    adc_zero = integers[1] if len(integers) > 1 else 0
    return SignalSpec(
        file=words[0],
        fmt=fmt,
        offset=offset,
        gain=gain,
        baseline=adc_zero if baseline is None else baseline,
        unit=unit,
        checksum=integers[3] & 0xFFFF if len(integers) > 3 else None,
        name=" ".join(lead),
    )


def _format(name: str, number: int, line: str, word: str) -> tuple[int, int]:
    match = _FORMAT.fullmatch(word)
    if match is None:
        raise _fault(name, number, line, f"{word!r} is no signal format")
    fmt, per_frame, skew, offset = (int(group or 0) for group in match.groups())
    if fmt not in BITS_PER_SAMPLE:
        known = ", ".join(map(str, BITS_PER_SAMPLE))
        raise _fault(name, number, line, f"signal format {fmt} cannot be read ({known} can)")
    if per_frame > 1 or skew:
        raise _fault(
            name, number, line, "signals with several samples per frame or a skew cannot be read"
        )
    return fmt, offset


def _gain(name: str, number: int, line: str, word: str) -> tuple[float, int | None, str]:
    match = _GAIN.fullmatch(word)
    try:
        gain = float(match[1]) if match else 0.0
    except ValueError:
        match = None
    if match is None:
        raise _fault(name, number, line, f"{word!r} is no gain")
    if not 1e-9 <= abs(gain) <= 1e12:
        raise _fault(
            name, number, line, f"the gain is {match[1]}, so that the amplitude is not known"
        )
    return gain, None if match[2] is None else int(match[2]), match[3] or "mV"


def _fault(name: str, number: int, line: str, why: str) -> RecordError:
    shown = line[:120] if line.isprintable() else repr(line[:120])
    return RecordError(
        f"{name} cannot be read, line {number} is at fault: {why}. The line is: {shown}"
    )
