"""Read the rhythm of an HL7 annotated ECG (aECG, HL7 v3); nothing about the patient."""

import datetime
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.channels import Channel, is_lead, on_one_clock
from ecgcore.io.raw import RawEcg, check_rate, unit_scale
from ecgcore.io.xml.values import numbers
from ecgcore.leads import LEADS, LIMB_LEADS, standard_lead

_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
_MAX_SETS = 64
_MOMENT = re.compile(r"(\d{8})(?:(\d\d)(?:(\d\d)(?:(\d\d(?:\.\d{1,9})?))?)?)?(?:[-+]\d{4})?")


def read_aecg(root: Element, name: str) -> RawEcg:
    """Read the longest sequence set of the rhythm series.

    Series derived from it (representative beats) do not count. A lead's values are
    ``origin + scale * digits``. Sets that hold 12 leads only together are joined by their times.

    Raises
    ------
    RecordError
        If there is no rhythm, or a number is damaged.
    """
    sets = [found for series in _rhythms(root) for found in series.iterfind("*/sequenceSet")]
    sets = [found for found in sets if any(True for _ in _leads(found))]
    usable = [found for found in sets if len(list(_leads(found))) >= 2]
    if not usable:
        raise RecordError(f"{name} holds no rhythm series with leads. Export the rhythm as aECG.")
    if len(sets) > _MAX_SETS:
        raise RecordError(f"{name} holds {len(sets)} sets of leads; export one rhythm.")
    if len(sets) > 1 and not any(map(_is_complete, sets)):
        return _joined(sets, name)
    recordings = [_read_set(found, name) for found in usable]
    longest = max(recordings, key=lambda raw: raw.signal.shape[1])
    if len(recordings) == 1:
        return longest
    words = f"The file holds {len(recordings)} rhythms; the longest was read."
    return replace(longest, warnings=(*longest.warnings, words))


def _rhythms(root: Element) -> Iterator[Element]:
    for series in root.iter("series"):
        code = series.find("code")
        if code is None or code.get("code", "RHYTHM") == "RHYTHM":
            yield series


def _leads(sequence_set: Element) -> Iterator[tuple[str, Element]]:
    """Lead codes of the twelve with their values."""
    for name, value in _channels(sequence_set):
        if is_lead(name):
            yield name, value


def _channels(sequence_set: Element) -> Iterator[tuple[str, Element]]:
    """Codes and values of all that is no time."""
    for sequence in sequence_set.iterfind("*/sequence"):
        code, value = sequence.find("code"), sequence.find("value")
        if code is not None and value is not None and not code.get("code", "").startswith("TIME_"):
            yield code.get("code", ""), value


def _is_complete(sequence_set: Element) -> bool:
    leads = {standard_lead(name) for name, _ in _leads(sequence_set)}
    return len(leads & set(LIMB_LEADS)) >= 2 and leads >= set(LEADS[6:])


def _read_set(sequence_set: Element, name: str) -> RawEcg:
    fs_hz = _rate(sequence_set, name)
    check_rate(name, fs_hz)
    channels = [
        Channel(lead, _samples_mv(lead, value, name)) for lead, value in _leads(sequence_set)
    ]
    if len({len(channel.samples) for channel in channels}) > 1:
        lengths = ", ".join(f"{standard_lead(one.name)} {len(one.samples)}" for one in channels)
        raise RecordError(f"{name} has leads of different lengths ({lengths[:300]} samples).")
    others = [lead for lead, _ in _channels(sequence_set) if not is_lead(lead)]
    return on_one_clock(name, channels, fs_hz, (), others)


def _joined(sets: list[Element], name: str) -> RawEcg:
    """Join sets that hold 12 leads only together, if their rates and clocks agree."""
    rates = [_rate(found, name) for found in sets]
    if not np.allclose(rates, rates[0], rtol=1e-6):
        raise RecordError(
            f"{name} holds its leads in {len(sets)} sets of different rates, so that their samples "
            "do not belong together. Export all leads at one rate."
        )
    starts = [_start_s(found, name) for found in sets]
    channels = [
        Channel(lead, _samples_mv(lead, value, name), start_s or 0.0)
        for found, start_s in zip(sets, starts, strict=True)
        for lead, value in _leads(found)
    ]
    lengths = {len(channel.samples) for channel in channels}
    if None in starts and (len(set(starts)) > 1 or len(lengths) > 1):
        raise RecordError(
            f"{name} holds its leads in {len(sets)} sets and does not say when each begins, so "
            "that they cannot be set side by side. Export all leads in one set."
        )
    left_out = [lead for found in sets for lead, _ in _channels(found) if not is_lead(lead)]
    words = f"The leads lie in {len(sets)} sets, which were joined."
    return on_one_clock(name, channels, rates[0], (words,), left_out)


def _start_s(sequence_set: Element, name: str) -> float | None:
    """Return when a set begins, from any one moment on; None where it does not say so."""
    for sequence in sequence_set.iterfind("*/sequence"):
        code, head = sequence.find("code"), sequence.find("value/head")
        kind = "" if code is None else code.get("code", "")
        if head is None or not kind.startswith("TIME_"):
            continue
        if kind == "TIME_RELATIVE":
            if head.get("unit", "") not in _SECONDS:
                raise RecordError(f"{name} counts time in another unit than s, ms or us.")
            return _number(head, name) * _SECONDS[head.get("unit", "")]
        moment = _MOMENT.fullmatch(head.get("value", ""))
        if moment:
            return _moment_s(moment, name)
    return None


def _moment_s(moment: re.Match[str], name: str) -> float:
    """Seconds from the year 1 to ``YYYYMMDD[HH[MM[SS[.f]]]]``; a time zone is the same for all."""
    date, hours, minutes, seconds = moment[1], moment[2] or 0, moment[3] or 0, moment[4] or 0
    try:
        days = datetime.date(int(date[:4]), int(date[4:6]), int(date[6:])).toordinal()
    except ValueError as error:
        raise RecordError(f"{name} has a set of leads with an impossible date.") from error
    return 86400.0 * days + 3600 * int(hours) + 60 * int(minutes) + float(seconds)


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
        samples = numbers(digits.text or "")
    except ValueError as error:
        raise RecordError(
            f"{name}, lead {standard_lead(lead)}: a sample is not a number."
        ) from error
    return offset_mv + scale_mv * samples


def _unit(element: Element, name: str) -> float:
    return unit_scale(name, element.get("unit", ""))
