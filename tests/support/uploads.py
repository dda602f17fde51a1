"""Recordings written in every format that `ecgcore.io` reads, for its tests and for the fuzzer.

A writer takes microvolts ``(n_leads, n_samples)`` as whole numbers in int16, names and a rate.
``python -m tests.support.uploads tests/seeds`` writes the fuzzer's seed files again.
"""

import base64
import struct
import sys
from binascii import crc_hqx
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecgcore.bench.seeds import Files, Upload, save_seeds, seal_scp, zip_file
from ecgcore.io.raw import ReadOptions
from ecgcore.leads import LEAD_CODES, LEADS
from ecgcore.ptbxl.vcg import FS_HZ, UNITS_PER_MV, SyntheticCase, simulate

Microvolts = NDArray[np.int16]

_CODES = {lead: code for code, lead in LEAD_CODES.items()}
EIGHT = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")
"""The leads that MUSE and SCP-ECG store; the others follow."""


def dipole_microvolts(seed: int = 0) -> Microvolts:
    """Draw ten seconds of a synthetic ECG, ``(12, 1000)`` at 100 Hz."""
    signal = simulate(SyntheticCase(), np.random.default_rng(seed))
    return np.rint(signal * UNITS_PER_MV).astype(np.int16)


def every_format(microvolts: Microvolts, fs_hz: int = FS_HZ) -> tuple[Upload, ...]:
    """Write one recording of twelve leads in every format and main variant."""
    eight = microvolts[[LEADS.index(lead) for lead in EIGHT]]
    pair = wfdb_files(microvolts, fs_hz)
    asked = ReadOptions("uV", fs_hz)
    return (
        Upload("WFDB", tuple(pair)),
        Upload("WFDB 212", tuple(wfdb_files(microvolts // 4 * 4, fs_hz, fmt=212))),
        Upload("CinC", tuple(cinc_files(microvolts, fs_hz))),
        Upload("zip", tuple(zip_file(pair))),
        Upload("CSV", tuple(csv_file(microvolts)), asked),
        Upload("CSV ;", tuple(csv_file(microvolts / 1000, separator=";", fs_hz=fs_hz, unit="mV"))),
        Upload("NPZ", tuple(npz_file(signal=microvolts, fs_hz=fs_hz, leads=LEADS, units="uV"))),
        Upload("DICOM", tuple(dicom_file(microvolts, fs_hz))),
        Upload("aECG", tuple(aecg_file(microvolts, fs_hz))),
        Upload("MUSE", tuple(muse_file(eight, fs_hz))),
        Upload("SCP-ECG", tuple(scp_file(eight, fs_hz))),
        Upload("SCP-ECG Huffman", tuple(scp_file(eight, fs_hz, huffman=True, differences=2))),
    )


def wfdb_files(
    microvolts: Microvolts, fs_hz: float, names: Sequence[str] = LEADS, fmt: int = 16
) -> Files:
    """Write a header and a signal file, in format 16, or in 212 at 4 µV per unit."""
    units = microvolts if fmt == 16 else microvolts // 4
    gain = 1000 if fmt == 16 else 250
    flat = units.T.reshape(-1)
    data = flat.astype("<i2").tobytes() if fmt == 16 else _twelve_bits(flat)
    return [("ecg.hea", _header(units, fs_hz, names, "ecg.dat", f"{fmt}", gain)), ("ecg.dat", data)]


def cinc_files(microvolts: Microvolts, fs_hz: float, names: Sequence[str] = LEADS) -> Files:
    """Write a header and a MATLAB v4 file as the PhysioNet/CinC Challenges 2020 and 2021 did."""
    n_leads, n_samples = microvolts.shape
    start = struct.pack("<5i4s", 30, n_leads, n_samples, 0, 4, b"val\0")
    header = _header(microvolts, fs_hz, names, "A1.mat", "16+24", 1000)
    return [("A1.hea", header), ("A1.mat", start + microvolts.T.astype("<i2").tobytes())]


def _header(
    units: Microvolts, fs_hz: float, names: Sequence[str], file: str, fmt: str, gain: int
) -> bytes:
    lines = [f"{file.partition('.')[0]} {len(units)} {fs_hz:g} {units.shape[1]}"]
    for name, row in zip(names, units, strict=True):
        checksum = int(row.sum(dtype=np.int64)) & 0xFFFF
        lines.append(f"{file} {fmt} {gain}(0)/mV 16 0 {row[0]} {checksum} 0 {name}")
    return "\n".join([*lines, "# Age: 60", ""]).encode()


def _twelve_bits(flat: Microvolts) -> bytes:
    padded = np.append(flat, 0)[: (len(flat) + 1) // 2 * 2].astype(np.int32) & 0xFFF
    first, second = padded[::2], padded[1::2]
    triples = [first & 0xFF, first >> 8 | second >> 8 << 4, second & 0xFF]
    return np.stack(triples, axis=1).astype(np.uint8).tobytes()[: (3 * len(flat) + 1) // 2]


def csv_file(
    values: NDArray[Any],
    names: Sequence[str] = LEADS,
    *,
    separator: str = ",",
    fs_hz: int | None = None,
    unit: str = "",
) -> Files:
    """Write a table; with a rate, a time column; decimal commas if the separator is another."""
    header = [f"{name} [{unit}]" if unit else name for name in names]
    columns = [[f"{value:g}" for value in row] for row in values]
    if fs_hz is not None:
        header.insert(0, "time_s")
        columns.insert(0, [f"{k / fs_hz:.6f}" for k in range(values.shape[1])])
    rows = [separator.join(cells) for cells in zip(*columns, strict=True)]
    body = "\n".join(rows)
    if separator != ",":
        body = body.replace(".", ",")
    return [("table.csv", f"{separator.join(header)}\n{body}\n".encode())]


def npz_file(**arrays: Any) -> Files:
    """Write a NumPy archive."""
    stream = BytesIO()
    np.savez_compressed(stream, **arrays)
    return [("ecg.npz", stream.getvalue())]


def dicom_file(
    microvolts: Microvolts, fs_hz: float, names: Sequence[str] = LEADS, scheme: str = "MDC"
) -> Files:
    """Write a 12-lead ECG with its rhythm and a median beat, which is not to be read."""
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian, TwelveLeadECGWaveformStorage

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = TwelveLeadECGWaveformStorage
    meta.MediaStorageSOPInstanceUID = UID("1.2.826.0.1.3680043.8.498.1")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    stream = BytesIO()
    dataset = FileDataset(stream, Dataset(), preamble=b"\0" * 128, file_meta=meta)
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.PatientName = "Doe^Jane"
    median = _multiplex_group(microvolts[:, : int(fs_hz)] // 2, fs_hz, names, scheme)
    median.MultiplexGroupLabel = "MEDIAN BEAT"
    dataset.WaveformSequence = [median, _multiplex_group(microvolts, fs_hz, names, scheme)]
    dataset.save_as(stream)
    return [("ecg.dcm", stream.getvalue())]


def _multiplex_group(
    microvolts: Microvolts, fs_hz: float, names: Sequence[str], scheme: str
) -> Any:
    from pydicom.dataset import Dataset

    group = Dataset()
    group.MultiplexGroupLabel = "RHYTHM"
    group.WaveformOriginality = "ORIGINAL"
    group.NumberOfWaveformChannels, group.NumberOfWaveformSamples = microvolts.shape
    group.SamplingFrequency = f"{fs_hz:g}"
    group.WaveformBitsAllocated = 16
    group.WaveformSampleInterpretation = "SS"
    group.ChannelDefinitionSequence = [_channel(name, scheme) for name in names]
    # 2.5 µV per unit and a baseline of 10 µV, so that both are seen to be applied
    group.WaveformData = np.rint((microvolts.T - 10) / 2.5).astype("<i2").tobytes()
    return group


def _channel(name: str, scheme: str) -> Any:
    from pydicom.dataset import Dataset

    unit, source, channel = Dataset(), Dataset(), Dataset()
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "uV", "UCUM", "microvolt"
    prefix = {"MDC": "2:", "SCPECG": "5.6.3-9-"}.get(scheme, "")
    source.CodeValue = f"{prefix}{_CODES[name]}" if prefix else name
    source.CodingSchemeDesignator = scheme
    source.CodeMeaning = f"Lead {name}"
    channel.ChannelSourceSequence = [source]
    channel.ChannelSensitivity = "1.25"
    channel.ChannelSensitivityUnitsSequence = [unit]
    channel.ChannelSensitivityCorrectionFactor = "2"
    channel.ChannelBaseline = "10"
    channel.WaveformBitsStored = 16
    return channel


def aecg_file(microvolts: Microvolts, fs_hz: float, names: Sequence[str] = LEADS) -> Files:
    """Write an HL7 annotated ECG with 2.5 µV per unit and an origin of 10 µV."""
    units = np.rint((microvolts - 10) / 2.5).astype(int)
    sequences = "".join(
        f'<component><sequence><code code="MDC_ECG_LEAD_{name.upper()}"/>'
        '<value xsi:type="SLIST_PQ"><origin value="10" unit="uV"/><scale value="2.5" unit="uV"/>'
        f"<digits>{' '.join(map(str, row))}</digits></value></sequence></component>"
        for name, row in zip(names, units, strict=True)
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<AnnotatedECG xmlns="urn:hl7-org:v3" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><component><series>'
        '<code code="RHYTHM"/><component><sequenceSet><component><sequence>'
        '<code code="TIME_ABSOLUTE"/><value xsi:type="GLIST_TS"><head value="20200101"/>'
        f'<increment value="{1 / fs_hz:.9g}" unit="s"/></value></sequence></component>'
        f"{sequences}</sequenceSet></component></series></component></AnnotatedECG>"
    )
    return [("aecg.xml", text.encode())]


def muse_file(microvolts: Microvolts, fs_hz: int, names: Sequence[str] = EIGHT) -> Files:
    """Write a MUSE export with a median beat, which is not to be read, and the rhythm."""
    median, rhythm = (
        f"<Waveform><WaveformType>{kind}</WaveformType><SampleBase>{fs_hz}</SampleBase>"
        f"<SampleExponent>0</SampleExponent>{_muse_leads(part, names)}</Waveform>"
        for kind, part in (("Median", microvolts[:, :fs_hz] // 2), ("Rhythm", microvolts))
    )
    text = (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<!DOCTYPE RestingECG SYSTEM "restecg.dtd">\n'
        "<RestingECG><PatientDemographics><PatientLastName>Doe</PatientLastName>"
        f"</PatientDemographics>{median}{rhythm}</RestingECG>"
    )
    return [("muse.xml", text.encode())]


def _muse_leads(microvolts: Microvolts, names: Sequence[str]) -> str:
    return "".join(
        f"<LeadData><LeadSampleCountTotal>{len(row)}</LeadSampleCountTotal>"
        "<LeadAmplitudeUnitsPerBit>1</LeadAmplitudeUnitsPerBit>"
        "<LeadAmplitudeUnits>MICROVOLTS</LeadAmplitudeUnits><LeadSampleSize>2</LeadSampleSize>"
        f"<LeadID>{name}</LeadID><WaveFormData>\n"
        f"{base64.encodebytes(row.astype('<i2').tobytes()).decode()}</WaveFormData></LeadData>"
        for name, row in zip(names, microvolts, strict=True)
    )


def scp_file(
    microvolts: Microvolts,
    fs_hz: int,
    names: Sequence[str] = EIGHT,
    *,
    huffman: bool = False,
    differences: int = 0,
) -> Files:
    """Write SCP-ECG, plain or with the default Huffman table, at 1 µV per unit."""
    n_leads, n_samples = microvolts.shape
    leads = b"".join(struct.pack("<IIB", 1, n_samples, _CODES[name]) for name in names)
    rows = [_differences(row.astype(np.int64), differences) for row in microvolts]
    data = [_huffman(row) if huffman else row.astype("<i2").tobytes() for row in rows]
    rhythm = struct.pack("<HHBB", 1000, 1_000_000 // fs_hz, differences, 0)
    rhythm += struct.pack(f"<{n_leads}H", *map(len, data)) + b"".join(data)
    bodies = {1: b"\0" * 4, 3: bytes([n_leads, n_leads << 3 | 4]) + leads, 6: rhythm}
    if huffman:
        bodies[2] = struct.pack("<H", 19999)
    return [("ecg.scp", seal_scp(b"\0\0" + _scp_sections(bodies)))]


def _scp_sections(bodies: Mapping[int, bytes]) -> bytes:
    """All but the file's checksum: its length, section 0 with the pointers, the sections."""
    n_pointers = 12
    sections = {number: _scp_section(number, body) for number, body in sorted(bodies.items())}
    length = 16 + 10 * n_pointers
    index, pointers = 7 + length, [struct.pack("<HII", 0, length, 7)]
    for number in range(1, n_pointers):
        size = len(sections.get(number, b""))
        pointers.append(struct.pack("<HII", number, size, index if size else 0))
        index += size
    start = _scp_section(0, b"".join(pointers), mark=b"SCPECG")
    return struct.pack("<I", index - 1) + start + b"".join(sections.values())


def _scp_section(number: int, body: bytes, mark: bytes = b"\0" * 6) -> bytes:
    rest = struct.pack("<HIBB6s", number, 16 + len(body), 13, 13, mark) + body
    return struct.pack("<H", crc_hqx(rest, 0xFFFF)) + rest


def _differences(units: NDArray[np.int64], order: int) -> NDArray[np.int64]:
    """Differences of an order, after as many amplitudes."""
    return np.concatenate([units[:order], np.diff(units, order)])


def _huffman(units: NDArray[np.int64]) -> bytes:
    bits = "".join(_code(int(value)) for value in units)
    return int(bits.ljust((len(bits) + 7) // 8 * 8, "0"), 2).to_bytes((len(bits) + 7) // 8, "big")


def _code(value: int) -> str:
    if abs(value) <= 8:
        return "1" * abs(value) + "0" + ("" if value == 0 else str(int(value < 0)))
    if -128 <= value <= 127:
        return f"{'1' * 9}0{value & 0xFF:08b}"
    return f"{'1' * 10}{value & 0xFFFF:016b}"


def seeds() -> tuple[Upload, ...]:
    """Three seconds of one recording in every format: what the fuzzer damages."""
    from tests.support.files.further import further_formats  # which imports from here

    microvolts = dipole_microvolts()[:, :300]
    return (*every_format(microvolts), *further_formats(microvolts, FS_HZ))


if __name__ == "__main__":
    save_seeds(seeds(), Path(sys.argv[1]))
