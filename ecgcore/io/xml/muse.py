"""Read the rhythm of a MUSE export (``<RestingECG>``); nothing about the patient."""

import base64
import binascii
import math
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.raw import RawEcg, check_rate, check_size, unit_scale

_MISSING = -32768


def read_muse(root: Element, name: str) -> RawEcg:
    """Read the rhythm waveform; the median beat does not count.

    Samples are little-endian 16-bit integers in base64, ``LeadAmplitudeUnitsPerBit`` each. MUSE
    stores eight leads, from which the other four follow.

    Raises
    ------
    RecordError
        If there is no rhythm, or a number is missing or damaged.
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
    leads = list(waveform.iterfind("LeadData"))
    check_size(name, len(leads), 1)
    rows = [_samples_mv(lead, name) for lead in leads]
    if len({len(row) for row in rows}) > 1:
        raise RecordError(f"{name} has leads of different lengths. Export it again.")
    names = tuple((lead.findtext("LeadID") or "").strip() for lead in leads)
    return RawEcg(names, np.stack(rows), fs_hz)


def _number(element: Element, tag: str, name: str, default: float = math.nan) -> float:
    text = element.findtext(tag)
    try:
        number = default if text is None else float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise RecordError(f"{name} has no number in <{tag}>; one is needed.")
    return number


def _samples_mv(lead: Element, name: str) -> NDArray[np.float64]:
    label = (lead.findtext("LeadID") or "").strip()[:20]
    if _number(lead, "LeadSampleSize", name, default=2.0) != 2:
        raise RecordError(f"{name}, lead {label}: samples of another size than 2 bytes.")
    per_bit = _number(lead, "LeadAmplitudeUnitsPerBit", name)
    if not per_bit:
        raise RecordError(f"{name}, lead {label}: 0 units per bit; amplitudes are not known.")
    scale = per_bit * unit_scale(name, lead.findtext("LeadAmplitudeUnits") or "")
    text = (lead.findtext("WaveFormData") or "").encode().translate(None, b" \t\r\n")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RecordError(f"{name}, lead {label}: the waveform is no base64 ({error}).") from error
    if len(data) % 2:
        raise RecordError(f"{name}, lead {label}: the waveform ends within a sample.")
    units = np.frombuffer(data, "<i2").astype(np.float64)
    announced = _number(lead, "LeadSampleCountTotal", name, default=float(len(units)))
    if announced != len(units) or not len(units):
        raise RecordError(
            f"{name}, lead {label}: {announced:g} samples announced, {len(units)} found; truncated?"
        )
    units[units == _MISSING] = np.nan
    return units * scale
