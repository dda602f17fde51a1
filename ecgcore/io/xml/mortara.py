"""Read the rhythm of a Mortara, Welch Allyn or Hillrom ELI export (``<ECG>``); nobody's name.

=================  =============================================================================
CHANNEL            a lead each, all at one rate
DATA               little-endian whole numbers of 16 bits with sign, in base64
UNITS_PER_MV       honoured
DURATION           number of samples; must be what is found
OFFSET             refused unless 0: one public reader adds it to the amplitude, others do not
TYPICAL_CYCLE      not read: the median beat
=================  =============================================================================
"""

from xml.etree.ElementTree import Element

import numpy as np

from ecgcore.errors import RecordError
from ecgcore.io.channels import Channel, is_lead, on_one_clock
from ecgcore.io.raw import RawEcg, check_rate, check_size
from ecgcore.io.xml.values import base64_bytes, finite, whole_numbers
from ecgcore.leads import standard_lead

_CODES = {"BITS": "16", "FORMAT": "SIGNED", "ENCODING": "BASE64"}


def read_mortara(root: Element, name: str) -> RawEcg:
    """Read all channels.

    Raises
    ------
    RecordError
        If there are none, their rates differ, or a number is missing or damaged.
    """
    described = list(root.iterfind("CHANNEL"))
    if not described:
        raise RecordError(
            f"{name} holds no channel (<CHANNEL>), as ELI's XML does. Export it with the rhythm."
        )
    check_size(name, len(described), 1)
    leads = [one for one in described if is_lead(one.get("NAME", ""))]
    left_out = [one.get("NAME", "") for one in described if not is_lead(one.get("NAME", ""))]
    rates = {finite(one.get("SAMPLE_FREQ"), name, "SAMPLE_FREQ") for one in leads}
    if not leads:
        return RawEcg((), np.empty((0, 0)), 0.0, (), tuple(left_out))
    if len(rates) > 1:
        raise RecordError(f"{name} holds leads of {len(rates)} rates. Export all leads at one.")
    fs_hz = rates.pop()
    check_rate(name, fs_hz)
    return on_one_clock(name, [_channel(one, name) for one in leads], fs_hz, (), left_out)


def _channel(channel: Element, name: str) -> Channel:
    label = channel.get("NAME", "")
    where = f"lead {standard_lead(label.strip().lstrip('-−'))}"
    for key, word in _CODES.items():
        if channel.get(key, word).strip().upper() != word:
            raise RecordError(f"{name}, {where}: another {key} than {word}. Export it as DICOM.")
    if finite(channel.get("OFFSET"), name, "OFFSET", 0.0):
        raise RecordError(
            f"{name}, {where}: OFFSET is not 0. Public readers disagree whether it changes the "
            "amplitude, so that it is not known. Export it as DICOM."
        )
    per_mv = finite(channel.get("UNITS_PER_MV"), name, "UNITS_PER_MV")
    if per_mv <= 0:
        raise RecordError(f"{name}, {where}: {per_mv:g} units per mV; more are needed.")
    data = base64_bytes(channel.get("DATA") or channel.text or "", name, where)
    units = whole_numbers(data, name, where)
    announced = finite(channel.get("DURATION"), name, "DURATION", float(len(units)))
    if announced != len(units) or not len(units):
        raise RecordError(
            f"{name}, {where}: {announced:g} samples announced, {len(units)} found; truncated?"
        )
    return Channel(label, units / per_mv)
