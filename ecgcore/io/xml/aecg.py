"""Read the rhythm of an HL7 annotated ECG (aECG, HL7 v3); nothing about the patient."""

import math
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.raw import MAX_LEADS, RawEcg, check_rate, check_size, unit_scale
from ecgcore.leads import standard_lead

_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
_SPACE = re.compile(r"\s")
_LETTERS_AT_ONCE = 2**18


def read_aecg(root: Element, name: str) -> RawEcg:
    """Read the longest sequence set of the rhythm series.

    Series derived from it (representative beats) do not count. A lead's values are
    ``origin + scale * digits``.

    Raises
    ------
    RecordError
        If there is no rhythm, its leads differ in length, or a number is damaged.
    """
    sets = [found for series in _rhythms(root) for found in series.iterfind("*/sequenceSet")]
    usable = [found for found in sets if len(list(_leads(found))) >= 2]
    if not usable:
        raise RecordError(f"{name} holds no rhythm series with leads. Export the rhythm as aECG.")
    if len(usable) > MAX_LEADS:
        raise RecordError(f"{name} holds {len(usable)} sets of leads; export one rhythm.")
    recordings = [_read_set(found, name) for found in usable]
    longest = max(recordings, key=lambda raw: raw.signal.shape[1])
    if len(recordings) == 1:
        return longest
    words = f"The file holds {len(recordings)} rhythms; the longest was read."
    return RawEcg(longest.names, longest.signal, longest.fs_hz, (words,))


def _rhythms(root: Element) -> Iterator[Element]:
    for series in root.iter("series"):
        code = series.find("code")
        if code is None or code.get("code", "RHYTHM") == "RHYTHM":
            yield series


def _leads(sequence_set: Element) -> Iterator[tuple[str, Element]]:
    """Lead codes with their values."""
    for sequence in sequence_set.iterfind("*/sequence"):
        code, value = sequence.find("code"), sequence.find("value")
        if code is None or value is None:
            continue
        name = code.get("code", "")
        if standard_lead(name) or name.startswith("MDC_ECG_LEAD_"):
            yield name, value


def _read_set(sequence_set: Element, name: str) -> RawEcg:
    fs_hz = _rate(sequence_set, name)
    check_rate(name, fs_hz)
    names, rows = [], []
    for lead, value in _leads(sequence_set):
        names.append(lead)
        rows.append(_samples_mv(lead, value, name))
    check_size(name, len(rows), max(len(row) for row in rows))
    if len({len(row) for row in rows}) > 1:
        lengths = ", ".join(f"{lead} {len(row)}" for lead, row in zip(names, rows, strict=True))
        raise RecordError(f"{name} has leads of different lengths ({lengths[:300]} samples).")
    return RawEcg(tuple(names), np.stack(rows), fs_hz)


def _rate(sequence_set: Element, name: str) -> float:
    for sequence in sequence_set.iterfind("*/sequence"):
        increment = sequence.find("value/increment")
        code = sequence.find("code")
        if increment is not None and code is not None and code.get("code", "").startswith("TIME_"):
            unit = increment.get("unit", "")
            if unit not in _SECONDS:
                raise RecordError(f"{name} counts time in another unit than s, ms or us.")
            step_s = _number(increment, name) * _SECONDS[unit]
            if step_s <= 0:
                raise RecordError(f"{name} has a time step of {step_s:g} s.")
            return 1 / step_s
    raise RecordError(f"{name} does not say the time between samples. Export it again.")


def _number(element: Element, name: str) -> float:
    text = element.get("value", "")
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise RecordError(f"{name} has no number in <{element.tag}>, where one is needed.")
    return number


def _samples_mv(lead: str, value: Element, name: str) -> NDArray[np.float64]:
    origin, scale, digits = value.find("origin"), value.find("scale"), value.find("digits")
    if scale is None or digits is None:
        raise RecordError(f"{name} gives lead {lead} no scale or no digits. Export it again.")
    offset_mv = 0.0 if origin is None else _number(origin, name) * _unit(origin, name)
    scale_mv = _number(scale, name) * _unit(scale, name)
    if not scale_mv:
        raise RecordError(f"{name} scales lead {lead} by 0; the amplitudes are not known.")
    try:
        samples = _numbers(digits.text or "")
    except ValueError as error:
        raise RecordError(
            f"{name}, lead {standard_lead(lead)}: a sample is not a number."
        ) from error
    return offset_mv + scale_mv * samples


def _numbers(text: str) -> NDArray[np.float64]:
    """Read numbers between white space, part by part: a list of all words takes much memory."""
    parts, start = [np.empty(0)], 0
    while start < len(text):
        space = _SPACE.search(text, start + _LETTERS_AT_ONCE)
        end = space.start() if space else len(text)
        parts.append(np.array(text[start:end].split(), dtype=np.float64))
        start = end
    return np.concatenate(parts)


def _unit(element: Element, name: str) -> float:
    return unit_scale(name, element.get("unit", ""))
