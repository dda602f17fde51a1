"""Three seconds of one recording in the formats that `tests.support.uploads` does not write."""

import numpy as np
from numpy.typing import NDArray

from ecgcore.bench.seeds import Upload
from ecgcore.io.raw import ReadOptions
from ecgcore.io.written.edf_file import edf_bytes
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord
from tests.support.files.holter import ishne_file, mfer_file
from tests.support.files.scp_compressed import Compression, compressed_scp
from tests.support.files.tables import table_formats
from tests.support.files.vendor_xml import (
    cardiosoft_file,
    mortara_file,
    philips_file,
    schiller_file,
)
from tests.support.uploads import EIGHT, csv_file, dicom_file, wfdb_files, zip_file

Microvolts = NDArray[np.int16]


def further_formats(microvolts: Microvolts, fs_hz: int) -> tuple[Upload, ...]:
    """Write one recording of twelve leads in every further format and main variant."""
    eight = microvolts[[LEADS.index(lead) for lead in EIGHT]]
    edf = _edf(microvolts, fs_hz)
    asked = ReadOptions("uV", fs_hz)
    return (
        Upload("EDF", (("ecg.edf", edf),)),
        Upload("BDF", (("ecg.bdf", _bdf(edf)),)),
        Upload("ISHNE", tuple(ishne_file(microvolts, fs_hz))),
        Upload("MFER", tuple(mfer_file(microvolts, fs_hz))),
        Upload("MFER big-endian", tuple(mfer_file(microvolts, fs_hz, order="big"))),
        Upload("SCP-ECG own tables", _scp(eight, fs_hz, Compression(own_tables=True))),
        Upload("SCP-ECG beats", _scp(eight, fs_hz, Compression((60, 160, 250)))),
        Upload(
            "SCP-ECG bimodal", _scp(eight, fs_hz, Compression((61, 161, 261), after=31, every=4))
        ),
        Upload("Philips XLI", tuple(philips_file(microvolts, fs_hz))),
        Upload("Philips plain", tuple(philips_file(microvolts, fs_hz, code="plain"))),
        Upload("Philips 1.03", tuple(philips_file(microvolts, fs_hz, version="1.03"))),
        Upload("CardioSoft", tuple(cardiosoft_file(microvolts, fs_hz))),
        Upload("Schiller", tuple(schiller_file(microvolts, fs_hz))),
        Upload("Mortara", tuple(mortara_file(microvolts, fs_hz))),
        Upload("DICOM SCPECG", tuple(dicom_file(microvolts, fs_hz, scheme="SCPECG"))),
        Upload("WFDB in a folder", tuple(zip_file(_in_a_folder(microvolts, fs_hz)))),
        Upload("CSV tabs", tuple(csv_file(microvolts, separator="\t")), asked),
        Upload("CSV UTF-16", _utf_16(microvolts), asked),
        Upload("CSV metadata", (_described(microvolts, fs_hz),), asked),
        Upload("CSV units in a row", (_units_in_a_row(microvolts, fs_hz),)),
        Upload("CSV Excel", (_excel(microvolts, fs_hz),)),
        *table_formats(microvolts, fs_hz),
    )


def _described(microvolts: Microvolts, fs_hz: int) -> tuple[str, bytes]:
    """Write lines about somebody above the table."""
    ((_, content),) = csv_file(microvolts)
    lines = f"Patient;Doe, Jane;1950-01-01\nDevice: A1\nSampling rate;{fs_hz} Hz\n\n"
    return ("described.csv", lines.encode() + content)


def _units_in_a_row(microvolts: Microvolts, fs_hz: int) -> tuple[str, bytes]:
    ((_, content),) = csv_file(microvolts / 1000, fs_hz=fs_hz)
    head, _, body = content.decode().partition("\n")
    units = ",".join(["s", *["mV"] * len(LEADS)])
    return ("units.csv", f"{head}\n{units}\n{body}".encode())


def _excel(microvolts: Microvolts, fs_hz: int) -> tuple[str, bytes]:
    ((_, content),) = csv_file(microvolts / 1000, separator=";", fs_hz=fs_hz, unit="mV")
    return ("excel.csv", b"sep=;\r\n" + content)


def _edf(microvolts: Microvolts, fs_hz: int) -> bytes:
    signal = (microvolts / 1000).astype(np.float32)
    return edf_bytes(EcgRecord("ecg", signal, fs_hz, "ecg"))[0]


def _bdf(edf: bytes) -> bytes:
    """Write the same samples in 24 bits."""
    n_bytes = 256 * (len(LEADS) + 1)
    head = b"\xffBIOSEMI" + edf[8:192] + b"24BIT".ljust(44) + edf[236:n_bytes]
    wide = np.frombuffer(edf[n_bytes:], "<i2").astype("<i4")
    return head + wide.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def _scp(eight: Microvolts, fs_hz: int, how: Compression) -> tuple[tuple[str, bytes], ...]:
    return tuple(compressed_scp(eight, fs_hz, how))


def _in_a_folder(microvolts: Microvolts, fs_hz: int) -> list[tuple[str, bytes]]:
    return [(f"records/1/{name}", content) for name, content in wfdb_files(microvolts, fs_hz)]


def _utf_16(microvolts: Microvolts) -> tuple[tuple[str, bytes], ...]:
    ((name, content),) = csv_file(microvolts)
    return ((name, content.decode().encode("utf-16")),)
