"""Read the rhythm of a Schiller SEMA export (``<...SchillerEDI>``); nothing about the patient.

====================  ==========================================================================
wavedata              type ECG_RHYTHMS is read, ECG_AVERAGES is not
data                  numbers between commas (COMMASEPARATE); another code is refused
unitperbit, units     millivolts or microvolts per unit
samplerate            Hz; refused where its exponent is not 1: no public description says more
samplecount           said where it is not what was found
====================  ==========================================================================
"""

from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.channels import Channel, is_lead, on_one_clock
from ecgcore.io.raw import RawEcg, check_rate, check_size, unit_scale
from ecgcore.io.xml.values import finite, numbers
from ecgcore.leads import standard_lead

_RHYTHMS = {"ECG_RHYTHM", "ECG_RHYTHMS"}


def is_schiller(root: Element) -> bool:
    """Say whether the outermost element is that of a Schiller export."""
    return root.tag.endswith("SchillerEDI") or root.find("eventdata/event/wavedata") is not None


def read_schiller(root: Element, name: str) -> RawEcg:
    """Read the one rhythm.

    Raises
    ------
    RecordError
        If there is none or several, or a number is missing or damaged.
    """
    waves = [
        wave
        for wave in root.iterfind("eventdata/event/wavedata")
        if (wave.findtext("type") or "").strip().upper() in _RHYTHMS
    ]
    if len(waves) != 1:
        raise RecordError(
            f"{name} holds {len(waves)} rhythms (ECG_RHYTHMS); one is needed. Export one recording."
        )
    wave = waves[0]
    fs_hz = _rate(wave, name)
    check_rate(name, fs_hz)
    scale = finite(wave.findtext("resolution/yres/unitperbit"), name, "<unitperbit>")
    scale_mv = scale * unit_scale(name, wave.findtext("resolution/yres/units") or "")
    if scale_mv <= 0:
        raise RecordError(f"{name} has a resolution of {scale_mv:g} mV; more is needed.")
    described = list(wave.iterfind("channel"))
    check_size(name, len(described), 1)
    labels = [(one.findtext("name") or "").strip() for one in described]
    leads = [(label, one) for label, one in zip(labels, described, strict=True) if is_lead(label)]
    left_out = [label for label in labels if not is_lead(label)]
    if not leads:
        return RawEcg((), np.empty((0, 0)), fs_hz, (), tuple(left_out))
    channels = [Channel(label, _samples(one, label, name) * scale_mv) for label, one in leads]
    words = _counted(leads, channels, name)
    return on_one_clock(name, channels, fs_hz, words, left_out)


def _rate(wave: Element, name: str) -> float:
    exponent = finite(wave.findtext("resolution/samplerate/exponent"), name, "<exponent>", 1.0)
    if exponent != 1:
        raise RecordError(
            f"{name} has an exponent of {exponent:g} to its sample rate, which no public "
            "description explains; 1 can be read. Export it as DICOM."
        )
    return finite(wave.findtext("resolution/samplerate/value"), name, "<samplerate>")


def _samples(channel: Element, label: str, name: str) -> NDArray[np.float64]:
    lead = standard_lead(label.lstrip("-−"))
    if (channel.findtext("datastype") or "COMMASEPARATE").strip().upper() != "COMMASEPARATE":
        raise RecordError(
            f"{name}, lead {lead}: samples in another code than COMMASEPARATE. Export it as DICOM."
        )
    try:
        return numbers(channel.findtext("data") or "", commas=True)
    except ValueError as error:
        raise RecordError(f"{name}, lead {lead}: a sample is not a number.") from error


def _counted(
    leads: list[tuple[str, Element]], channels: list[Channel], name: str
) -> tuple[str, ...]:
    """Say where the number of samples is not the one announced."""
    for (label, one), channel in zip(leads, channels, strict=True):
        found = float(len(channel.samples))
        announced = finite(one.findtext("samplecount"), name, "<samplecount>", found)
        if announced != found:
            lead = standard_lead(label.lstrip("-−"))
            return (f"Lead {lead} has {found:g} samples; {announced:g} are announced.",)
    return ()
