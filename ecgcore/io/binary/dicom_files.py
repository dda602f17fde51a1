"""Read the rhythm of a DICOM 12-lead ECG (PS3.3 A.34.3 and C.10.9); no attribute of the patient."""

from __future__ import annotations

import logging
import math
import warnings
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.binary.dicom_limits import n_elements
from ecgcore.io.binary.dicom_marks import is_dicom, with_preamble
from ecgcore.io.channels import Channel, believed_missing, is_lead, on_one_clock
from ecgcore.io.raw import RawEcg, check_rate, check_size, unit_scale
from ecgcore.leads import LEAD_CODES, LIMB_LEADS, standard_lead

if TYPE_CHECKING:
    from pydicom import Dataset

logging.getLogger("pydicom").disabled = True  # it logs values, names of patients among them

_DEFLATED = b"1.2.840.10008.1.2.1.99"
"""Transfer syntax that would be unpacked without a bound."""

_MAX_ELEMENTS = 20_000
"""32 leads, each with its source, units and baseline, in several groups, are a few thousand."""

_DTYPES = {
    ("SB", 8): "i1",
    ("UB", 8): "u1",
    ("SS", 16): "i2",
    ("US", 16): "u2",
    ("SL", 32): "i4",
    ("UL", 32): "u4",
}


_OFF = {"DISCONNECTED", "INVALID"}
_SAID = {
    "QUESTIONABLE": "questionable",
    "TEST DATA": "test data",
    "UNZEROED": "not zeroed, so that its level is not known",
}
"""Words of Channel Status (003A,0205), for the reader."""


def read_dicom(content: bytes, name: str) -> RawEcg:
    """Read one DICOM file.

    Of several multiplex groups the longest with a usable set of leads counts; median beats do not.
    Groups that hold 12 leads only together are joined if their clocks agree. Channels that are no
    leads (pressure, oxygen saturation) are left out, whatever they hold.

    Raises
    ------
    RecordError
        If it is no DICOM file, holds no 12-lead waveform, or is damaged.
    """
    if not is_dicom(content):
        raise RecordError(f"{name} does not bear DICOM's mark; it is damaged or another format.")
    content = with_preamble(content)
    if _DEFLATED in content:
        raise RecordError(
            f"{name} is a deflated DICOM file. Export it as Explicit VR Little Endian."
        )
    if n_elements(content, _MAX_ELEMENTS) > _MAX_ELEMENTS:
        raise RecordError(
            f"{name} has more than {_MAX_ELEMENTS:,} elements; no ECG has. Export it again."
        )
    from pydicom import dcmread  # 1 s to import, and only for this format

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom warns of values that do not matter here
            dataset = dcmread(BytesIO(content))
            little_endian = bool(dataset.original_encoding[1])
            return _read_groups(list(dataset.get("WaveformSequence") or []), little_endian, name)
    except RecordError:
        raise
    except Exception as error:  # pydicom raises many kinds on damaged files
        raise RecordError(
            f"{name} cannot be read as DICOM ({type(error).__name__}); it is damaged or another "
            "format. Export it again."
        ) from error


def _read_groups(groups: list[Dataset], little_endian: bool, name: str) -> RawEcg:
    if not groups:
        raise RecordError(f"{name} holds no waveform. Export the ECG as a DICOM waveform, not PDF.")
    rhythms = [group for group in groups if not _is_median(group)]
    usable = [group for group in rhythms if _is_complete(_leads(group))]
    if usable:
        best = max(usable, key=_duration_s)
        chosen = [best, *(group for group in rhythms if _completes(group, best))]
    else:
        chosen = [group for group in rhythms if _leads(group)]
        _check_joint(chosen, len(groups), name)
    raw = _joined(chosen, little_endian, name)
    if len(groups) == 1:
        return raw
    words = (
        f"The file holds {len(groups)} waveform groups; the rhythm of {_duration_s(chosen[0]):g} s "
        "was read."
        if len(chosen) == 1
        else f"The leads lie in {len(chosen)} waveform groups, which were joined."
    )
    return replace(raw, warnings=(*raw.warnings, words))


def _duration_s(group: Dataset) -> float:
    rate = float(group.SamplingFrequency)
    return float(group.NumberOfWaveformSamples) / rate if rate > 0 else 0.0


def _is_median(group: Dataset) -> bool:
    label = str(group.get("MultiplexGroupLabel", "")).upper()
    return "MEDIAN" in label or "AVERAGE" in label


def _leads(group: Dataset) -> set[str | None]:
    names = map(_lead_name, group.ChannelDefinitionSequence)
    return {standard_lead(name.lstrip("-")) for name in names} - {None}


def _is_complete(leads: set[str | None]) -> bool:
    return len(leads & set(LIMB_LEADS)) >= 2 and leads >= {f"V{n}" for n in range(1, 7)}


def _completes(group: Dataset, best: Dataset) -> bool:
    """Say whether a group holds leads that another lacks, of the same clock and length."""
    clock = ("SamplingFrequency", "NumberOfWaveformSamples", "MultiplexGroupTimeOffset")
    return bool(_leads(group) - _leads(best)) and all(
        group.get(keyword) == best.get(keyword) for keyword in clock
    )


def _check_joint(chosen: list[Dataset], n_groups: int, name: str) -> None:
    """Refuse groups that do not make up an ECG together, or whose clocks are not known to agree."""
    if not _is_complete(set().union(*map(_leads, chosen))):
        raise RecordError(
            f"{name} holds {n_groups} waveform groups, none with a rhythm of 12 leads, nor all "
            "together (two limb leads and V1-V6 are needed)."
        )
    rates = sorted({float(group.SamplingFrequency) for group in chosen})
    if len(rates) > 1:
        raise RecordError(
            f"{name} holds its leads in {len(chosen)} waveform groups at "
            f"{' and '.join(f'{rate:g}' for rate in rates)} Hz, so that their samples do not "
            "belong together. Export all leads at one rate."
        )
    starts = [group.get("MultiplexGroupTimeOffset") is not None for group in chosen]
    lengths = {int(group.NumberOfWaveformSamples) for group in chosen}
    if not all(starts) and (any(starts) or len(lengths) > 1):
        raise RecordError(
            f"{name} holds its leads in {len(chosen)} waveform groups and does not say when each "
            "begins, so that they cannot be set side by side. Export all leads in one group."
        )


def _lead_name(channel: Dataset) -> str:
    """Lead by its code (MDC ``2:61``, SCPECG ``5.6.3-9-61``: III), else by its words."""
    sources = channel.get("ChannelSourceSequence")
    source = sources[0] if sources else None
    if source is not None:
        scheme = str(source.get("CodingSchemeDesignator", "")).upper()
        value = str(source.get("CodeValue", ""))
        prefix = {"MDC": "2:", "SCPECG": "5.6.3-9-"}.get(scheme)
        number = value.removeprefix(prefix) if prefix and value.startswith(prefix) else ""
        if number.isdecimal() and int(number) in LEAD_CODES:
            return LEAD_CODES[int(number)]
        if source.get("CodeMeaning"):
            return str(source.CodeMeaning)
    return str(channel.get("ChannelLabel", ""))


def _joined(groups: list[Dataset], little_endian: bool, name: str) -> RawEcg:
    channels: list[Channel] = []
    left_out: list[str] = []
    words: dict[str, None] = {}
    for group in groups:
        found, extra, said = _channels(group, little_endian, name)
        channels, left_out = [*channels, *found], [*left_out, *extra]
        words |= dict.fromkeys(said)
    fs_hz = float(groups[0].SamplingFrequency)
    return on_one_clock(name, channels, fs_hz, tuple(words), left_out)


def _channels(
    group: Dataset, little_endian: bool, name: str
) -> tuple[list[Channel], list[str], list[str]]:
    """Decode the leads of one group; also the names of its other channels, and what to say."""
    n_channels, n_samples = int(group.NumberOfWaveformChannels), int(group.NumberOfWaveformSamples)
    fs_hz = float(group.SamplingFrequency)
    check_size(name, n_channels, n_samples)
    check_rate(name, fs_hz)
    described = list(group.ChannelDefinitionSequence)
    if len(described) != n_channels:
        raise RecordError(f"{name} announces {n_channels} leads and describes {len(described)}.")
    units = _units(group, n_channels, n_samples, little_endian, name)
    start_s = _number(group, "MultiplexGroupTimeOffset", name) / 1000
    found, extra, words = [], [], []
    for row, channel in enumerate(described):
        lead = _lead_name(channel)
        if not is_lead(lead):
            extra.append(lead or f"signal {row + 1}")
            continue
        states = _states(channel)
        if "UNCALIBRATED" in states:
            raise RecordError(
                f"{name} says that {standard_lead(lead.lstrip('-'))} is not calibrated, so that "
                "the amplitude is not known. Export a calibrated recording."
            )
        known = standard_lead(lead.lstrip("-"))
        words += [f"The file calls {known} {_SAID[one]}." for one in _SAID if one in states]
        kept, mended = _stored_bits(units[row], channel)
        words += [f"{known} {mended}"] if mended else []
        samples = kept * _sensitivity_mv(channel, name) + _baseline_mv(channel, name)
        samples[_padded(group, units[row], fs_hz)] = np.nan
        late_s = _skew_s(channel, fs_hz, name)
        found.append(
            Channel(lead, samples.astype(np.float32), start_s + late_s, bool(states & _OFF))
        )
    return found, extra, words


def _states(channel: Dataset) -> set[str]:
    """Words of Channel Status (003A,0205)."""
    said = channel.get("ChannelStatus") or ()
    return {str(one).strip().upper() for one in ([said] if isinstance(said, str) else said)}


def _number(dataset: Dataset, keyword: str, name: str) -> float:
    value = dataset.get(keyword)
    number = 0.0 if value in (None, "") else float(value)
    if not math.isfinite(number):
        raise RecordError(f"{name} has no number in {keyword}. Export it again.")
    return number


def _skew_s(channel: Dataset, fs_hz: float, name: str) -> float:
    """Seconds from the group's start to the channel's first sample (003A,0214 and 0215)."""
    in_time = _number(channel, "ChannelTimeSkew", name)
    return in_time or _number(channel, "ChannelSampleSkew", name) / fs_hz


def _stored_bits(units: NDArray[Any], channel: Dataset) -> tuple[NDArray[np.float64], str]:
    """Return the values of the bits that count, and what was wrong with the others.

    A signed sample shorter than its word is extended by its sign. Where the bits above are its own
    (all 0 in a device that does not extend it), the reading with the smaller steps is taken.
    """
    wide = units.astype(np.int64)
    bits = int(channel.get("WaveformBitsStored") or 0)
    if not 1 <= bits < 8 * units.itemsize:
        return wide.astype(np.float64), ""
    low = wide & ((1 << bits) - 1)
    signed = np.issubdtype(units.dtype, np.signedinteger)
    narrow = low - ((low >> (bits - 1)) << bits) if signed else low
    if np.array_equal(narrow, wide):
        return wide.astype(np.float64), ""
    if np.array_equal(low, wide) and _largest_step(narrow) < _largest_step(wide):
        return narrow.astype(np.float64), f"is stored in {bits} bits; the bits above were left out."
    return wide.astype(np.float64), f"holds more than the {bits} bits that the file states."


def _largest_step(values: NDArray[np.int64]) -> int:
    return int(np.abs(np.diff(values)).max(initial=0))


def _padded(group: Dataset, units: NDArray[Any], fs_hz: float) -> NDArray[np.bool_]:
    """Say which samples are padding, also where the two bytes of its value were written swapped."""
    missing = np.zeros(units.shape, dtype=bool)
    padding = bytes(group.get("WaveformPaddingValue") or b"")[: units.itemsize]
    if len(padding) < units.itemsize:
        return missing
    for code in dict.fromkeys((padding, padding[::-1])):
        missing |= believed_missing(units, int(np.frombuffer(code, units.dtype)[0]), fs_hz)
    return missing


def _units(
    group: Dataset, n_leads: int, n_samples: int, little_endian: bool, name: str
) -> NDArray[Any]:
    kind = (str(group.WaveformSampleInterpretation), int(group.WaveformBitsAllocated))
    if kind not in _DTYPES:
        raise RecordError(f"{name} holds samples of a kind of {kind[1]} bits that is not read.")
    dtype = np.dtype(_DTYPES[kind]).newbyteorder("<" if little_endian else ">")
    data = bytes(group.WaveformData)
    needed = n_leads * n_samples * dtype.itemsize
    if not needed <= len(data) <= needed + 1:  # padded to an even length
        raise RecordError(
            f"{name} announces {n_leads} leads of {n_samples:,} samples and holds {len(data):,} "
            "bytes of them; the file is damaged. Export it again."
        )
    return np.frombuffer(data, dtype, n_leads * n_samples).reshape(n_samples, n_leads).T


def _sensitivity_mv(channel: Dataset, name: str) -> float:
    """Millivolts per unit (C.10.9.1.4.2)."""
    sensitivity = channel.get("ChannelSensitivity")
    units = channel.get("ChannelSensitivityUnitsSequence")
    if sensitivity is None or not units:
        raise RecordError(f"{name} does not say its sensitivity; the amplitudes are not known.")
    correction = channel.get("ChannelSensitivityCorrectionFactor")
    factor = float(sensitivity) * (1.0 if correction is None else float(correction))
    if not math.isfinite(factor) or not factor:
        raise RecordError(f"{name} states a sensitivity of {factor:g}; amplitudes are not known.")
    return factor * unit_scale(name, str(units[0].CodeValue))


def _baseline_mv(channel: Dataset, name: str) -> float:
    unit = str(channel.ChannelSensitivityUnitsSequence[0].CodeValue)
    return _number(channel, "ChannelBaseline", name) * unit_scale(name, unit)
