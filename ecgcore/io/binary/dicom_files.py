"""Read the rhythm of a DICOM 12-lead ECG (PS3.3 A.34.3 and C.10.9); no attribute of the patient."""

from __future__ import annotations

import math
import warnings
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.binary.dicom_limits import n_elements
from ecgcore.io.raw import RawEcg, check_rate, check_size, unit_scale
from ecgcore.leads import LEAD_CODES, LIMB_LEADS, standard_lead

if TYPE_CHECKING:
    from pydicom import Dataset

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


def read_dicom(content: bytes, name: str) -> RawEcg:
    """Read one DICOM file.

    Of several multiplex groups the longest with a usable set of leads counts; median beats do not.

    Raises
    ------
    RecordError
        If it is no DICOM file, holds no 12-lead waveform, or is damaged.
    """
    if content[128:132] != b"DICM":
        raise RecordError(f"{name} does not bear DICOM's mark; it is damaged or another format.")
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
            little_endian = dataset.file_meta.TransferSyntaxUID.is_little_endian
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
    usable = [group for group in groups if _has_leads(group) and not _is_median(group)]
    if not usable:
        raise RecordError(
            f"{name} holds {len(groups)} waveform groups, none with a rhythm of 12 leads "
            "(two limb leads and V1-V6 are needed)."
        )
    chosen = max(usable, key=_duration_s)
    raw = _decode(chosen, little_endian, name)
    if len(groups) == 1:
        return raw
    words = (
        f"The file holds {len(groups)} waveform groups; the rhythm of {_duration_s(chosen):g} s "
        "was read."
    )
    return RawEcg(raw.names, raw.signal, raw.fs_hz, (*raw.warnings, words))


def _duration_s(group: Dataset) -> float:
    rate = float(group.SamplingFrequency)
    return float(group.NumberOfWaveformSamples) / rate if rate > 0 else 0.0


def _is_median(group: Dataset) -> bool:
    label = str(group.get("MultiplexGroupLabel", "")).upper()
    return "MEDIAN" in label or "AVERAGE" in label


def _has_leads(group: Dataset) -> bool:
    leads = {standard_lead(_lead_name(channel)) for channel in group.ChannelDefinitionSequence}
    limb = len(leads & set(LIMB_LEADS))
    return limb >= 2 and leads >= {f"V{n}" for n in range(1, 7)}


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


def _decode(group: Dataset, little_endian: bool, name: str) -> RawEcg:
    n_leads, n_samples = int(group.NumberOfWaveformChannels), int(group.NumberOfWaveformSamples)
    fs_hz = float(group.SamplingFrequency)
    check_size(name, n_leads, n_samples)
    check_rate(name, fs_hz)
    channels = list(group.ChannelDefinitionSequence)
    if len(channels) != n_leads:
        raise RecordError(f"{name} announces {n_leads} leads and describes {len(channels)}.")
    units = _units(group, n_leads, n_samples, little_endian, name)
    signal = np.empty(units.shape, dtype=np.float32)
    for row, channel in enumerate(channels):
        signal[row] = units[row] * _sensitivity_mv(channel, name) + _baseline_mv(channel, name)
    padding = group.get("WaveformPaddingValue")
    if padding is not None:
        value = np.frombuffer(bytes(padding)[: units.itemsize], units.dtype)
        signal[units == value] = np.nan
    skewed = any(float(channel.get("ChannelSampleSkew") or 0) for channel in channels)
    skew_words = ("The leads are skewed in time against each other; this was not undone.",)
    names = tuple(_lead_name(channel) or f"signal {n + 1}" for n, channel in enumerate(channels))
    return RawEcg(names, signal, fs_hz, skew_words if skewed else ())


def _units(
    group: Dataset, n_leads: int, n_samples: int, little_endian: bool, name: str
) -> NDArray[Any]:
    kind = (str(group.WaveformSampleInterpretation), int(group.WaveformBitsAllocated))
    if kind not in _DTYPES:
        raise RecordError(f"{name} holds samples of kind {kind[0]}, {kind[1]} bits; not readable.")
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
    baseline = channel.get("ChannelBaseline")
    if not baseline:
        return 0.0
    unit = str(channel.ChannelSensitivityUnitsSequence[0].CodeValue)
    return float(baseline) * unit_scale(name, unit)
