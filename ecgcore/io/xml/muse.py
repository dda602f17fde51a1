"""Read the rhythm of a MUSE export (``<RestingECG>``); nothing about the patient.

=======================  ========================================================================
LeadTimeOffset           honoured: milliseconds from the start of the recording
LeadOff                  the lead is marked as off
SampleExponent           honoured: the rate is ``SampleBase * 10 ** SampleExponent``
FirstSampleBaseline      asked for: public readers disagree whether it is added or subtracted
LeadOffsetFirstSample    refused unless 0: public readers disagree what it counts
=======================  ========================================================================
"""

import math
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.channels import Channel, believed_missing, is_lead, on_one_clock
from ecgcore.io.missing_units import NotSaidError, Question
from ecgcore.io.raw import FILE_SAYS_ALL, RawEcg, ReadOptions, check_rate, check_size, unit_scale
from ecgcore.io.xml.values import base64_bytes, finite, whole_numbers
from ecgcore.leads import standard_lead

_MISSING = -32768
_SIGNS = {"add": 1, "subtract": -1}


def read_muse(root: Element, name: str, options: ReadOptions = FILE_SAYS_ALL) -> RawEcg:
    """Read the rhythm waveform; the median beat does not count.

    Samples are little-endian 16-bit integers in base64, ``LeadAmplitudeUnitsPerBit`` each. MUSE
    stores eight leads, from which the other four follow.

    Raises
    ------
    RecordError
        If there is no rhythm, or a number is missing or damaged. NotSaidError if a lead has a
        baseline and `options` do not say what to do with it.
    """
    rhythms = [
        waveform
        for waveform in root.iterfind("Waveform")
        if (waveform.findtext("WaveformType") or "").strip().lower() == "rhythm"
    ]
    if not rhythms:
        raise RecordError(f"{name} holds no rhythm waveform. Export the rhythm from MUSE.")
    if len(rhythms) > 1:
        raise RecordError(f"{name} holds {len(rhythms)} rhythm waveforms. Export one recording.")
    waveform = rhythms[0]
    exponent = _number(waveform, "SampleExponent", name, default=0.0)
    if abs(exponent) > 6:
        raise RecordError(f"{name} has the sample exponent {exponent:g}; -6 to 6 can be read.")
    fs_hz = _number(waveform, "SampleBase", name) * 10**exponent
    check_rate(name, fs_hz)
    described = list(waveform.iterfind("LeadData"))
    check_size(name, len(described), 1)
    leads = [lead for lead in described if is_lead(_label(lead))]
    left_out = [_label(lead) for lead in described if not is_lead(_label(lead))]
    sign = _baseline_sign(leads, name, options)
    channels = [_channel(lead, name, fs_hz, sign) for lead in leads]
    words = (f"First sample baseline: {options.baseline}ed, as you said.",) if sign else ()
    if not channels:
        return RawEcg((), np.empty((0, 0)), fs_hz, (), tuple(left_out))
    return on_one_clock(name, channels, fs_hz, words, left_out)


def _label(lead: Element) -> str:
    return (lead.findtext("LeadID") or "").strip()


def _baseline_sign(leads: list[Element], name: str, options: ReadOptions) -> int:
    """Return 1 or -1 where leads have a baseline, 0 where none has; NotSaidError unless said."""
    given = [lead for lead in leads if _number(lead, "FirstSampleBaseline", name, default=0.0)]
    if not given:
        return 0
    if options.baseline is None:
        raise NotSaidError(
            f"{name} gives {len(given)} leads a FirstSampleBaseline, which some programs add and "
            f"others subtract: {'; or '.join(_readings(given[0], name))}. Say which is right.",
            [Question("baseline")],
        )
    return _SIGNS[options.baseline]


def _readings(lead: Element, name: str) -> Iterator[str]:
    """Say what one lead would be with its baseline added and subtracted."""
    units, scale, _ = _units(lead, name)
    baseline = _number(lead, "FirstSampleBaseline", name)
    for word, sign in _SIGNS.items():
        low, high = ((units + sign * baseline) * scale)[[units.argmin(), units.argmax()]]
        yield f"{word}ed, {standard_lead(_label(lead))} runs from {low:.2f} to {high:.2f} mV"


def _channel(lead: Element, name: str, fs_hz: float, sign: int) -> Channel:
    units, scale, label = _units(lead, name)
    if _number(lead, "LeadOffsetFirstSample", name, default=0.0):
        raise RecordError(
            f"{name}, lead {label}: LeadOffsetFirstSample is not 0. Some programs take it as bytes "
            "that hold no signal, others as samples by which the lead begins later, so that its "
            "time is not known. Export it again."
        )
    baseline = sign * _number(lead, "FirstSampleBaseline", name, default=0.0)
    samples = (units + baseline) * scale
    samples[believed_missing(units, _MISSING, fs_hz)] = np.nan
    return Channel(
        _label(lead),
        samples,
        _number(lead, "LeadTimeOffset", name, default=0.0) / 1000,
        (lead.findtext("LeadOff") or "").strip().upper() in {"TRUE", "1", "YES"},
    )


def _number(element: Element, tag: str, name: str, default: float = math.nan) -> float:
    return finite(element.findtext(tag), name, f"<{tag}>", default)


def _units(lead: Element, name: str) -> tuple[NDArray[np.int64], float, str]:
    """Return a lead's whole numbers, millivolts for each, and its name for messages."""
    label = standard_lead(_label(lead).lstrip("-−")) or ""
    if _number(lead, "LeadSampleSize", name, default=2.0) != 2:
        raise RecordError(f"{name}, lead {label}: samples of another size than 2 bytes.")
    per_bit = _number(lead, "LeadAmplitudeUnitsPerBit", name)
    if not per_bit:
        raise RecordError(f"{name}, lead {label}: 0 units per bit; amplitudes are not known.")
    if any("exponent" in child.tag.lower() and _is_not_0(child) for child in lead):
        raise RecordError(
            f"{name}, lead {label}: the amplitude has an exponent that no public description "
            "explains, so that it is not known. Export it again."
        )
    scale = per_bit * unit_scale(name, lead.findtext("LeadAmplitudeUnits") or "")
    text = lead.findtext("WaveFormData") or ""
    where = f"lead {label}"
    units = whole_numbers(base64_bytes(text, name, where), name, where)
    announced = _number(lead, "LeadSampleCountTotal", name, default=float(len(units)))
    if announced != len(units) or not len(units):
        raise RecordError(
            f"{name}, lead {label}: {announced:g} samples announced, {len(units)} found; truncated?"
        )
    return units, scale, label


def _is_not_0(element: Element) -> bool:
    return (element.text or "").strip() not in {"", "0", "0.0"}
