"""Tables and arrays in further ways of writing, for the fuzzer."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from scipy.io import savemat

from ecgcore.bench.seeds import Upload
from ecgcore.io.raw import ReadOptions
from ecgcore.leads import LEADS
from tests.support.uploads import csv_file, dicom_file, zip_file

Microvolts = NDArray[np.int16]


def table_formats(microvolts: Microvolts, fs_hz: int) -> tuple[Upload, ...]:
    """Write one recording as rows, without names, with clock times, as arrays and as on a CD."""
    asked = ReadOptions("uV", fs_hz)
    rows = "\n".join(
        ",".join([name, *map(str, row)]) for name, row in zip(LEADS, microvolts, strict=True)
    )
    bare = "\n".join(" ".join(map(str, row)) for row in microvolts.T)
    names = np.array(LEADS, dtype=object)
    variables = {"ecg": {"data": microvolts, "fs": fs_hz, "units": "uV", "labels": names}}
    npy, mat = BytesIO(), BytesIO()
    np.save(npy, microvolts)
    savemat(mat, variables)
    on_cd = [("DICOM/SE1/IM000001", dicom_file(microvolts, fs_hz)[0][1]), ("README.TXT", b"Read.")]
    return (
        Upload("CSV rows", (("rows.csv", rows.encode()),), asked),
        Upload("CSV without names", (("bare.txt", bare.encode()),), asked),
        Upload("CSV clock", (("clock.csv", _timed(microvolts, fs_hz)),)),
        Upload("NPY", (("ecg.npy", npy.getvalue()),), asked),
        Upload("MATLAB", (("ecg.mat", b"MATLAB 5.0 MAT-file".ljust(116) + mat.getvalue()[116:]),)),
        Upload("CD", tuple(zip_file(on_cd, "cd.zip"))),
    )


def _timed(microvolts: Microvolts, fs_hz: int) -> bytes:
    """Write units below the names, a clock time in each row and a line above."""
    ((_, content),) = csv_file(microvolts, separator=";")
    header, *rows = content.decode().splitlines()
    lines = ["Patient;X", f"Time;{header}", f"hh:mm:ss.mmm;{';'.join(['uV'] * len(LEADS))}"]
    for k, row in enumerate(rows):
        lines.append(f"23:59:{59 + k / fs_hz:06.3f};{row}" if k < fs_hz else _past(k, fs_hz, row))
    return "\n".join(lines).encode()


def _past(k: int, fs_hz: int, row: str) -> str:
    return f"00:00:{k / fs_hz - 1:06.3f};{row}"
