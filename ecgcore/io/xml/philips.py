"""Read the rhythm of a Philips or Sierra ECG (``<restingecgdata>``); nothing about the patient.

========================  ======================================================================
versions                  1.03, 1.04 and what follows 1.04 (1.04.01, 1.04.02)
samples                   base64 of 16 bits, or numbers as text; XLI-compressed or not
III, aVR, aVL, aVF        in XLI the differences from what I and II tell, and added to that
resolution                microvolts per unit (1.03: ``signalresolution``); refused if two differ
samplingrate              Hz; refused if two differ
inops                     a lead with one is marked as off
signaloffset              refused unless 0: no public description says its sign
signalsigned              refused unless true
repbeats                  not read: representative beats
========================  ======================================================================
"""

from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.channels import Channel, is_lead, on_one_clock
from ecgcore.io.raw import MAX_LEADS, RawEcg, check_rate, check_size
from ecgcore.io.xml.values import base64_bytes, finite, numbers, whole_numbers
from ecgcore.io.xml.xli import unpack_xli
from ecgcore.leads import LEADS, LIMB_LEADS, standard_lead

_VERSIONS = ("1.03", "1.04")
_TWELVE = ("STD-12", "10-WIRE")
_NONE = {"", "UNCOMPRESSED", "NONE"}
_APART_MV = 0.1
"""Between III and II - I, where limb leads were stored as they are; devices keep steps of 5 µV."""

Units = list[NDArray[np.int64]]


def read_philips(root: Element, name: str) -> RawEcg:
    """Read the rhythm of all leads.

    Raises
    ------
    RecordError
        If there is none, a number is missing or damaged, or the version is not known.
    """
    version = (root.findtext("documentinfo/documentversion") or "").strip()
    if not version.startswith(_VERSIONS):
        raise RecordError(
            f"{name} is a Philips ECG of another version than {' and '.join(_VERSIONS)}. Export it "
            "as one of these, or as DICOM."
        )
    waves = root.find("waveforms/parsedwaveforms")
    if waves is None:
        raise RecordError(f"{name} holds no rhythm (<parsedwaveforms>). Export it with waveforms.")
    about = root.find("dataacquisition/signalcharacteristics")
    about = Element("signalcharacteristics") if about is None else about
    fs_hz = _agreed(waves, "samplespersecond", about, ("samplingrate",), name)
    check_rate(name, fs_hz)
    scale_mv = _agreed(waves, "resolution", about, ("resolution", "signalresolution"), name) / 1000
    if scale_mv <= 0:
        raise RecordError(f"{name} has a resolution of {1000 * scale_mv:g} µV; more is needed.")
    _refuse_other_codes(waves, about, name)
    names = _names(waves, about, name)
    units = _units(waves, names, fs_hz, scale_mv, name)
    off = _off(root)
    channels = [
        Channel(label, row * scale_mv, off=standard_lead(label) in off)
        for label, row in zip(names, units, strict=True)
        if is_lead(label)
    ]
    left_out = [label for label in names if not is_lead(label)]
    if not channels:
        return RawEcg((), np.empty((0, 0)), fs_hz, (), tuple(left_out))
    return on_one_clock(name, channels, fs_hz, (), left_out)


def _agreed(
    waves: Element, attribute: str, about: Element, tags: tuple[str, ...], name: str
) -> float:
    """Return a number that stands in one of two places, or the same in both."""
    texts = [waves.get(attribute), *(about.findtext(tag) for tag in tags)]
    found = {finite(text, name, f"its {tags[0]}") for text in texts if text and text.strip()}
    if len(found) != 1:
        what = "no" if not found else "two values of"
        raise RecordError(f"{name} gives {what} {tags[0]} for its rhythm. Export it again.")
    return found.pop()


def _refuse_other_codes(waves: Element, about: Element, name: str) -> None:
    """Refuse what would change amplitudes in a way that is not published."""
    for tag in ("signaloffset", "signalsigned", "bitspersample"):
        for text in (waves.get(tag), about.findtext(tag)):
            word = (text or "").strip().upper()
            fits = {"signaloffset": {"", "0"}, "signalsigned": {"", "TRUE"}}.get(tag, {"", "16"})
            if word not in fits:
                raise RecordError(
                    f"{name} has a {tag} other than {max(fits)}, which no public description "
                    "explains, so that its amplitudes are not known. Export it as DICOM."
                )


def _names(waves: Element, about: Element, name: str) -> list[str]:
    labels = (waves.get("leadlabels") or "").split()
    if labels:
        announced = waves.get("numberofleads")
        n_leads = finite(announced, name, "numberofleads", float(len(labels)))
        check_size(name, len(labels), 1)
        if not 1 <= n_leads <= len(labels):
            raise RecordError(f"{name} names {len(labels)} leads and announces {n_leads:g}.")
        return labels[: int(n_leads)]
    sets = {(about.findtext(tag) or "").strip() for tag in ("leadset", "acquisitiontype")}
    if not sets & set(_TWELVE):
        raise RecordError(f"{name} does not name its leads. Export it again with lead labels.")
    text = about.findtext("numberchannelsvalid") or about.findtext("numberchannelsallocated")
    n_leads = finite(text, name, "numberchannelsvalid", float(len(LEADS)))
    if not len(LEADS) <= n_leads <= MAX_LEADS:
        raise RecordError(f"{name} has {n_leads:g} valid channels; 12 are needed.")
    return [*LEADS, *(f"Channel {k}" for k in range(len(LEADS) + 1, int(n_leads) + 1))]


def _units(waves: Element, names: list[str], fs_hz: float, scale_mv: float, name: str) -> Units:
    ms = finite(waves.get("durationperchannel"), name, "durationperchannel")
    n_samples = max(0, round(min(ms, 1e8) * fs_hz / 1000))
    check_size(name, len(names), n_samples)
    method = (waves.get("compression") or waves.get("compressmethod") or "").strip().upper()
    if (waves.get("compressflag") or "").strip().upper() == "FALSE":
        method = ""
    text = waves.text or ""
    encoding = (waves.get("dataencoding") or "").strip().upper()
    if method == "XLI" and encoding == "BASE64":
        data = base64_bytes(text, name, "rhythm")
        return _with_limbs(unpack_xli(data, len(names), n_samples, name), names, name)
    if method not in _NONE or encoding not in {"BASE64", "PLAIN"}:
        raise RecordError(
            f"{name} has samples in a code that is not known; base64 and plain, XLI-compressed or "
            "not, can be read. Export it as one of these, or as DICOM."
        )
    if encoding == "BASE64":
        flat = whole_numbers(base64_bytes(text, name, "rhythm"), name, "rhythm")
    else:
        flat = _plain(text, name)
    if len(flat) != len(names) * n_samples:
        raise RecordError(
            f"{name} holds {len(flat):,} samples; {len(names)} leads of {n_samples:,} are "
            "announced. Truncated? Export it again."
        )
    units = list(flat.reshape(len(names), n_samples))
    _check_limbs(units, names, scale_mv, name)
    return units


def _plain(text: str, name: str) -> NDArray[np.int64]:
    try:
        values = numbers(text)
    except ValueError as error:
        raise RecordError(f"{name}: a sample is not a number. Export it again.") from error
    if not (np.isfinite(values) & (np.abs(values) < 2**31)).all():
        raise RecordError(f"{name}: a sample is not a number of its device. Export it again.")
    return values.astype(np.int64)


def _with_limbs(units: Units, names: list[str], name: str) -> Units:
    """Add what I and II tell of the other limb leads to what XLI keeps of them."""
    if tuple(map(standard_lead, names[:6])) != LIMB_LEADS:
        raise RecordError(
            f"{name} is compressed and its first leads are not {', '.join(LIMB_LEADS)}, from which "
            "its samples could be computed. Export it uncompressed, or as DICOM."
        )
    one, two = units[:2]
    three = two - one - units[2]
    limbs = [
        one, two, three,
        -((one + two) // 2) - units[3],
        (one - three) // 2 - units[4],
        (two + three) // 2 - units[5],
    ]  # fmt: skip
    result = [*limbs, *units[6:]]
    if max(int(np.abs(row).max()) for row in result) > 2**15:
        raise RecordError(f"{name}: the compressed samples are damaged. Export it again.")
    return result


def _check_limbs(units: Units, names: list[str], scale_mv: float, name: str) -> None:
    """Refuse uncompressed limb leads that Einthoven's law contradicts, differences perhaps."""
    if tuple(map(standard_lead, names[:3])) != LIMB_LEADS[:3]:
        return
    apart_mv = float(np.median(np.abs(units[1] - units[0] - units[2]))) * scale_mv
    if apart_mv > _APART_MV:
        raise RecordError(
            f"{name} has a lead III that is {apart_mv:.2f} mV off II minus I. Public readers "
            "disagree whether such a file keeps III itself. Export it compressed, or as DICOM."
        )


def _off(root: Element) -> set[str | None]:
    """Name the leads that were not working for a time, as the device noted it."""
    return {
        standard_lead(lead.get("leadname", ""))
        for lead in root.iterfind("internalmeasurements/leadmeasurements/leadmeasurement")
        if any(_says_something(one) for one in lead.iterfind("leadqualitystates/inops/*"))
    }


def _says_something(element: Element) -> bool:
    words = [element.text or "", *element.attrib.values()]
    return any(word.strip().upper() not in {"", "NONE", "FALSE"} for word in words)
