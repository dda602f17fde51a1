"""Lines above a table: the rate, the unit and the leads that they state; nothing else is kept."""

import re
from dataclasses import dataclass, replace

from ecgcore.io.raw import MAX_FS_HZ, MIN_FS_HZ
from ecgcore.io.tables.column_names import SECONDS, column_of, is_voltage

_KEY_ENDS = re.compile(r"[:=,;\t]")
_WORD = re.compile(r"[^\W\d_]+")
_VALUE = re.compile(r"(\d{1,9}(?:[.,]\d{1,12})?)\s{0,5}([a-zµμ/]{0,20})")
_RATE_KEYS = {
    "samplerate", "samplingrate", "samplefrequency", "samplingfrequency", "samplefreq",
    "samplingfreq", "fs", "fshz", "freq", "freqhz", "frequency", "frequencyhz", "rate", "ratehz",
    "sampleratehz", "samplingratehz", "samplingfrequencyhz", "samplefrequencyhz", "sampling",
    "abtastrate", "abtastfrequenz", "frequenz", "samplespersecond", "srate", "sfreq", "hz",
    "frecuenciademuestreo", "frequencedechantillonnage", "fréquencedéchantillonnage",
    "frequenzadicampionamento", "tauxdéchantillonnage", "tauxdechantillonnage",
    "bemonsteringsfrequentie", "abtastratehz",
}  # fmt: skip
_STEP_KEYS = {
    "samplinginterval", "sampleinterval", "samplingperiod", "sampleperiod", "interval", "dt",
    "timestep", "deltat", "abtastintervall", "timeincrement", "resolutiontime",
}  # fmt: skip
_UNIT_KEYS = {
    "unit", "units", "einheit", "einheiten", "amplitudeunit", "amplitudeunits", "signalunit",
    "signalunits", "voltageunit", "ecgunit", "ecgunits", "unidad", "unidades", "unité", "unite",
    "unità", "unita", "eenheid", "yunit", "yunits", "measurementunit", "dataunit", "dataunits",
}  # fmt: skip
_LEAD_KEYS = {
    "lead",
    "ableitung",
    "derivation",
    "derivación",
    "dérivation",
    "derivazione",
    "channel",
    "kanal",
    "ecglead",
}
_HERTZ = {
    "",
    "hz",
    "hertz",
    "hercios",
    "hertzios",
    "sps",
    "s/s",
    "samples/s",
    "samples/sec",
    "samples",
    "herz",
}
_KHZ = {"khz", "kilohertz", "ksps"}
_MAX_LINE = 300


@dataclass(frozen=True, slots=True)
class Stated:
    """What the lines above a table state.

    Attributes
    ----------
    unit
        A voltage.
    lead
        The only lead.
    """

    fs_hz: float | None = None
    unit: str | None = None
    lead: str | None = None


def is_rate_key(key: str) -> bool:
    """Say whether letters of a name stand for samples per second."""
    return key in _RATE_KEYS or key in {"sr", "samplingfreqhz", "sps"}


def is_unit_key(key: str) -> bool:
    """Say whether letters of a name stand for a unit of voltage."""
    return key in _UNIT_KEYS


def with_line(stated: Stated, line: str) -> Stated:
    """Add what one line states; the first word of a file counts.

    Examples
    --------
    >>> found = with_line(with_line(Stated(), "Sampling Rate (Hz): 500"), 'Unit,"µV"')
    >>> found
    Stated(fs_hz=500.0, unit='µV', lead=None)
    """
    line = line[:_MAX_LINE].replace('"', "")
    parts = _KEY_ENDS.split(line, maxsplit=1)
    if len(parts) < 2:
        return stated
    key, value = "".join(_WORD.findall(parts[0].lower())), parts[1].strip(" \t,;:=").lower()
    if stated.fs_hz is None and (fs_hz := _rate(key, parts[0].lower(), value)) is not None:
        return replace(stated, fs_hz=fs_hz)
    if stated.unit is None and key in _UNIT_KEYS:
        word = parts[1].strip(" \t,;:=[]()").split(",")[0].split(";")[0].strip()
        return replace(stated, unit=word) if is_voltage(word) else stated
    if stated.lead is None and key in _LEAD_KEYS:
        column = column_of(parts[1].strip(" \t,;"))
        return replace(stated, lead=column.name) if column.kind == "lead" else stated
    return stated


def _rate(key: str, label: str, value: str) -> float | None:
    found = _VALUE.match(value)
    if found is None:
        return None
    number, unit = float(found[1].replace(",", ".")), found[2]
    if key in _RATE_KEYS and unit in _HERTZ | _KHZ:
        fs_hz = number * (1000 if unit in _KHZ else 1)
    elif not number:
        return None
    else:
        words = [unit, *_WORD.findall(label)[1:]]
        step_s = next((SECONDS[word] for word in words if word in SECONDS), None)
        if step_s is None or not any(key.startswith(one) for one in _STEP_KEYS):
            return None
        fs_hz = 1 / (number * step_s)
    return fs_hz if MIN_FS_HZ <= fs_hz <= MAX_FS_HZ else None
