"""Read the strip of a GE CardioSoft or CASE export (``<CardiologyXML>``); nothing of the patient.

=========================  =====================================================================
StripData                  read, directly or within ``<Strip>``; of several, none is chosen
WaveformData               numbers between commas, a lead each
Resolution                 microvolts per unit (``uVperLsb``); another unit is refused
ChannelSampleCountTotal    must be what is found
MedianSamples              not read: the median beat
FullDisclosure             not read: the whole exercise test, of a few leads
=========================  =====================================================================
"""

from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.channels import Channel, is_lead, on_one_clock
from ecgcore.io.raw import RawEcg, check_rate, check_size
from ecgcore.io.xml.values import finite, numbers
from ecgcore.leads import standard_lead


def read_cardiosoft(root: Element, name: str) -> RawEcg:
    """Read the one strip of a resting ECG.

    Raises
    ------
    RecordError
        If there is none or several, or a number is missing or damaged.
    """
    strips = [*root.iterfind("StripData"), *root.iterfind("Strip/StripData")]
    if len(strips) != 1:
        raise RecordError(
            f"{name} holds {len(strips)} strips; one is needed. Export a resting ECG, or one strip "
            "of an exercise test."
        )
    strip = strips[0]
    fs_hz = _with_units(strip, "SampleRate", "HZ", name)
    check_rate(name, fs_hz)
    scale_mv = _with_units(strip, "Resolution", "UVPERLSB", name) / 1000
    if scale_mv <= 0:
        raise RecordError(f"{name} has a resolution of {1000 * scale_mv:g} µV; more is needed.")
    waves = list(strip.iterfind("WaveformData"))
    check_size(name, len(waves), 1)
    announced = strip.findtext("ChannelSampleCountTotal")
    channels, left_out = [], []
    for wave in waves:
        label = wave.get("lead", "")
        if not is_lead(label):
            left_out.append(label)
            continue
        samples = _samples(wave, label, name)
        if finite(announced, name, "<ChannelSampleCountTotal>", len(samples)) != len(samples):
            raise RecordError(
                f"{name}, lead {standard_lead(label)}: {len(samples)} samples found, others "
                "announced. Truncated? Export it again."
            )
        channels.append(Channel(label, samples * scale_mv))
    if not channels:
        return RawEcg((), np.empty((0, 0)), fs_hz, (), tuple(left_out))
    return on_one_clock(name, channels, fs_hz, (), left_out)


def _with_units(strip: Element, tag: str, units: str, name: str) -> float:
    element = strip.find(tag)
    if element is None or element.get("units", units).strip().upper() != units:
        raise RecordError(f"{name} has no <{tag}> in the units of CardioSoft. Export it again.")
    return finite(element.text or "", name, f"<{tag}>")


def _samples(wave: Element, label: str, name: str) -> NDArray[np.float64]:
    try:
        return numbers(wave.text or "", commas=True)
    except ValueError as error:
        raise RecordError(
            f"{name}, lead {standard_lead(label)}: a sample is not a number. Export it again."
        ) from error
