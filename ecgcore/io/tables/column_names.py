"""What the name of a column says: a lead, a time, a counter, and a unit."""

import re
from dataclasses import dataclass

from ecgcore.errors import RecordError
from ecgcore.io.raw import unit_scale
from ecgcore.leads import standard_lead

SECONDS = {
    "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "sekunden": 1.0,
    "ms": 1e-3, "msec": 1e-3, "millisecond": 1e-3, "milliseconds": 1e-3, "millisekunden": 1e-3,
    "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "usec": 1e-6, "microseconds": 1e-6, "ns": 1e-9,
    "nanoseconds": 1e-9, "min": 60.0,
}  # fmt: skip
_TIMES = {
    "time", "times", "t", "zeit", "timestamp", "timestamps", "datetime", "date", "datum", "clock",
    "uhrzeit", "elapsed", "elapsedtime", "tiempo", "temps", "tempo", "tid", "epoch", "utc",
}  # fmt: skip
_COUNTERS = {
    "index", "idx", "sample", "samples", "n", "nr", "no", "row", "rows", "number", "num", "frame",
    "count", "counter", "unnamed", "#", "id", "point", "samplenumber", "sampleno", "seq",
}  # fmt: skip
_WORDS = {
    "ecg", "ekg", "lead", "leads", "ableitung", "ableitungen", "derivation", "derivación",
    "derivacion", "dérivation", "derivazione", "channel", "ch", "kanal", "canal", "signal", "mdc",
    "voltage",
    "value", "amplitude", "raw", "filtered", "data", "wave", "waveform", "limb", "chest", "in",
    "adc", "adu", "counts", "lsb", "au", "digits", "unit", "units", "ableitg", "std", "standard",
    "einthoven", "goldberger", "wilson", "vm",
}  # fmt: skip
_SINGLE = {"ecg", "ekg", "voltage", "amplitude", "signal", "value", "values", "mlii"}
_KNOWN = {
    "hr", "heart rate", "bpm", "spo2", "resp", "pleth", "abp", "art", "marker", "event", "events",
    "annotation", "annotations", "label", "labels", "quality", "beat", "rr", "pace", "comment",
}  # fmt: skip
_PARTS = re.compile(r"[\s_./:;,|\[\](){}<>=\"'-]+")
_GLUED = ("mv", "uv", "µv", "μv")
_MAX_CELL = 80
UNNAMED = "unnamed"
"""What a column without a name is called: it may count, or hold times."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column or row of a table.

    Attributes
    ----------
    kind
        "lead", "time", "counter" or "other".
    name
        Of a lead, as the file spells it without words and unit; else what may be shown of it.
    unit
        Of a lead a voltage, of a time one of `SECONDS`; None where it says none.
    single
        True for a name like "ECG", which may stand for the only lead.
    """

    kind: str
    name: str
    unit: str | None = None
    single: bool = False


def column_of(cell: str) -> Column:
    """Read the name of a column.

    Examples
    --------
    >>> column_of("EKG I_mV"), column_of("Time [ms]")
    (Column(kind='lead', name='I', unit='mV', single=False), \
Column(kind='time', name='time', unit='ms', single=False))
    >>> [column_of(cell).name for cell in ("ECG.aVR", "LeadII", "V 1/uV", "-aVR (mV)", "C3µV")]
    ['aVR', 'II', 'V1', '-aVR', 'C3']
    """
    text = cell.strip().strip("\"'").strip()[:_MAX_CELL]
    turned = "-" if text.startswith(("-", "−")) else ""
    parts = [part for part in _PARTS.split(text.lstrip("-−")) if part]
    lead, unit = _lead(parts)
    if lead is not None:
        return Column("lead", turned + lead, unit)
    lowered = [part.lower() for part in parts]
    if any(part in _TIMES for part in lowered) or (len(lowered) == 1 and lowered[0] in SECONDS):
        said = next((part for part in reversed(lowered) if part in SECONDS), None)
        return Column("time", "time", said)
    if not lowered or lowered[0] == "unnamed":
        return Column("counter", UNNAMED)
    if lowered[0] in _COUNTERS:
        return Column("counter", "")
    shown = " ".join(lowered)
    bare = [part for part in lowered if not is_voltage(part)]
    unit = next((part for part in parts if is_voltage(part)), None)
    return Column(
        "other",
        text.partition("[")[0].partition("(")[0].strip() if " ".join(bare) in _KNOWN else "",
        unit,
        (bool(bare) and all(part in _SINGLE | _WORDS for part in bare)) or shown in {"mv", "uv"},
    )


def _lead(parts: list[str]) -> tuple[str | None, str | None]:
    """Lead and unit in the parts of a name."""
    if len(parts) > 1:
        for at in (-1, 0):
            if is_voltage(parts[at]):
                rest = parts[:-1] if at else parts[1:]
                lead = _bare_lead(rest)
                if lead is not None:
                    return lead, parts[at]
    lead = _bare_lead(parts)
    if lead is not None or not parts:
        return lead, None
    last = parts[-1]
    if last.lower().endswith(_GLUED):
        return _bare_lead([*parts[:-1], last[:-2]]), last[-2:]
    return None, None


def _bare_lead(parts: list[str]) -> str | None:
    kept = "".join(part for part in parts if part.lower() not in _WORDS)
    if standard_lead(kept) is None:
        return None
    for start in range(len(kept)):  # without a word that is glued to it
        if standard_lead(kept[start:]) == standard_lead(kept) and kept[:start].lower() in _WORDS:
            return kept[start:]
    return kept


def is_voltage(word: str) -> bool:
    """Say whether a word is a unit of voltage."""
    try:
        unit_scale("", word)
    except RecordError:
        return False
    return True
