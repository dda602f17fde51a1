"""Arrays without names: NPY, MATLAB 5 and 7.3; what they do not say is asked for."""

import struct
import sys
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from ecgcore.errors import RecordError
from ecgcore.io.missing_units import NotSaidError
from ecgcore.io.raw import FILE_SAYS_ALL, OneLeadError, ReadOptions
from ecgcore.io.recordings import read_file, read_upload
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord
from tests.support.uploads import dipole_microvolts, npz_file, wfdb_files

UV = dipole_microvolts()
MV = UV / 1000
SAID = ReadOptions("mV", 100)
EIGHT = [0, 1, *range(6, 12)]


def npy(array: np.ndarray) -> bytes:
    stream = BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def mat(variables: Mapping[str, Any], **how: Any) -> bytes:
    stream = BytesIO()
    savemat(stream, dict(variables), **how)
    return stream.getvalue()


def read(content: bytes, options: ReadOptions = FILE_SAYS_ALL, name: str = "a.mat") -> EcgRecord:
    return read_upload([(name, content)], options)


@pytest.mark.parametrize("dtype", ["f8", "f4", ">f4", "f2"])
@pytest.mark.parametrize("turn", [lambda a: a, lambda a: a.T, lambda a: a[None], np.asfortranarray])
@pytest.mark.parametrize("name", ["a.npy", "array"])
def test_npy(dtype: str, turn: Callable[[np.ndarray], np.ndarray], name: str) -> None:
    content = npy(turn(MV.astype(dtype)))
    record = read(content, SAID, name)
    np.testing.assert_allclose(record.signal, MV, atol=1e-3)
    with pytest.raises(NotSaidError) as asked:
        read(content, name=name)
    assert [(one.field, one.guess) for one in asked.value.questions] == [
        ("units", "mV"),
        ("fs_hz", 100),
    ]


def test_npy_of_eight_leads_and_of_one() -> None:
    with pytest.raises(NotSaidError) as asked:
        read(npy(UV[EIGHT]), ReadOptions(fs_hz=100), "a.npy")
    assert [(one.field, one.guess) for one in asked.value.questions] == [
        ("leads", "I,II,V1,V2,V3,V4,V5,V6"),
        ("units", "uV"),
    ]
    said = ReadOptions("uV", 100, leads="I,II,V1,V2,V3,V4,V5,V6")
    np.testing.assert_allclose(read(npy(UV[EIGHT]), said, "a.npy").signal, MV, atol=2e-3)
    with pytest.raises(OneLeadError, match=r"one lead \(not named, 100 Hz\) of 10 s"):
        read(npy(MV[0]), SAID, "a.npy")


@pytest.mark.parametrize(
    "array", [np.zeros((5, 6)), np.zeros((3, 12, 500)), np.array(["a"]), np.zeros(3, complex)]
)
def test_arrays_that_are_no_ecg(array: np.ndarray) -> None:
    with pytest.raises(RecordError, match=r"an array of shape|holds no numbers"):
        read(npy(array), SAID, "a.npy")


def test_a_pickle_is_never_opened() -> None:
    with pytest.raises(RecordError, match="holds no numbers, which are needed"):
        read(npy(np.array([{"a": 1}] * 12, dtype=object)), SAID, "a.npy")


def test_an_archive_without_names_is_ordered_by_its_limb_leads() -> None:
    cabrera = MV[[4, 0, 3, 1, 5, 2, *range(6, 12)]]
    record = read_upload(npz_file(signal=cabrera, fs_hz=100, units="mV"))
    np.testing.assert_allclose(record.signal, MV, atol=1e-6)


NAMES = np.array(LEADS, dtype=object)
FIELDS: dict[str, tuple[dict[str, Any], ReadOptions]] = {
    "val": ({"val": UV}, ReadOptions("uV", 100)),
    "turned": ({"ECG": MV.T, "Fs": 100.0}, ReadOptions("mV")),
    "all said": ({"signal": MV, "fs": 100, "units": "mV", "leads": NAMES}, FILE_SAYS_ALL),
    "letters": ({"data": UV, "fs": 100, "unit": "uV", "lead_names": list(LEADS)}, FILE_SAYS_ALL),
    "struct": ({"ecg": {"data": MV, "fs": 100, "units": "mV", "labels": NAMES}}, FILE_SAYS_ALL),
    "one a lead": (
        {**{lead: MV[k] for k, lead in enumerate(LEADS)}, "samplingRate": 100},
        ReadOptions("mV"),
    ),
    "one a lead, united": (
        {f"{lead}_uV": UV[k] for k, lead in enumerate(LEADS)} | {"fs": 100}, FILE_SAYS_ALL,
    ),
    "times": ({"ecg": MV, "time": np.arange(1000) / 100, "unit": "mV"}, FILE_SAYS_ALL),
    "times in ms": ({"ecg": MV, "t_ms": np.arange(1000) * 10}, ReadOptions("mV")),
    "eeglab": (
        {"EEG": {"data": MV, "srate": 100, "chanlocs": [{"labels": lead} for lead in LEADS]}},
        ReadOptions("mV"),
    ),
    "other order": (
        {"ecg": MV[::-1], "fs": 100, "leads": NAMES[::-1], "unit": "mV"}, FILE_SAYS_ALL,
    ),
    "with others": (
        {"age": 60, "name": "DOE", "ecg": MV, "fs": 100, "beats": np.arange(12), "x": MV[0]},
        ReadOptions("mV"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FIELDS.values(), ids=FIELDS)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["a.mat", "IM1"])
def test_matlab_5(
    case: tuple[dict[str, Any], ReadOptions], packed: bool, name: str, tmp_path: Path
) -> None:
    content = mat(case[0], do_compression=packed)
    record = read(content, case[1], name)
    assert record.fs_hz == 100
    np.testing.assert_allclose(record.signal, MV, atol=1e-6)
    (tmp_path / name).write_bytes(content)
    np.testing.assert_array_equal(read_file(tmp_path / name, case[1]).signal, record.signal)


def test_a_mat_file_that_a_header_names_belongs_to_it() -> None:
    ((name, header), (_, samples)) = wfdb_files(UV, 100)
    other = ("other.mat", mat({"val": UV}))
    record = read_upload([(name, header), ("ecg.dat", samples), other], ReadOptions(entry=1))
    assert record.record_id == "ecg"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"a": np.zeros((3, 500))}, "holds no array of 12 leads"),
        ({"name": "DOE"}, "holds no array of 12 leads"),
        ({f"a{k}": k for k in range(501)}, "holds no array|more than 500 variables"),
        ({"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}}, "or nested deeper than 5"),
    ],
)
def test_matlab_files_at_fault(variables: dict[str, Any], message: str) -> None:
    with pytest.raises(RecordError, match=message) as told:
        read(mat(variables), SAID)
    assert "DOE" not in str(told.value)


def test_a_damaged_matlab_file_is_refused() -> None:
    content = mat({"val": UV}, do_compression=True)
    for cut in (130, 200, len(content) // 2):
        with pytest.raises(RecordError, match=r"cannot be read as a MATLAB file|holds no array"):
            read(content[:cut], SAID)


def test_a_matlab_file_cannot_ask_for_more_memory_than_an_ecg_has() -> None:
    content = bytearray(mat({"val": np.zeros((12, 200))}))
    at = content.index(struct.pack("<ii", 12, 200))
    content[at : at + 8] = struct.pack("<ii", 12, 200_000_000)
    with pytest.raises(RecordError, match="a variable of 2,400,000,000 values; at most 24,000,000"):
        read(bytes(content), SAID)


def test_without_h5py_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(RecordError, match=r"saved as MATLAB 7\.3 or HDF5.* Save it with -v7"):
        read(b"\x89HDF\r\n\x1a\n" + bytes(600), SAID)


def hdf5(variables: Mapping[str, Any], user_block: int = 512) -> bytes:
    """Write a file as MATLAB 7.3 does: transposed, letters as numbers, cells behind references."""
    h5py = pytest.importorskip("h5py", reason="h5py, which reads MATLAB 7.3, is not installed")
    stream = BytesIO()
    with h5py.File(stream, "w", userblock_size=user_block) as file:
        _write(h5py, file, file.create_group("#refs#"), variables)
    content = stream.getvalue()
    mark = b"MATLAB 7.3 MAT-file, Platform: GLNXA64"
    return mark + content[len(mark) :] if user_block else content


def _write(h5py: Any, group: Any, refs: Any, variables: Mapping[str, Any]) -> None:
    for key, value in variables.items():
        if isinstance(value, Mapping):
            _write(h5py, group.create_group(key), refs, value)
        elif isinstance(value, str):
            _letters(group, key, value)
        elif isinstance(value, list) or (isinstance(value, np.ndarray) and value.dtype == object):
            cells = [_letters(refs, f"c{len(refs)}", text) for text in value]
            group[key] = np.array([[cell.ref] for cell in cells], dtype=h5py.ref_dtype)
            group[key].attrs["MATLAB_class"] = np.bytes_("cell")
        else:
            group[key] = np.atleast_2d(np.asarray(value, dtype=float)).T
            group[key].attrs["MATLAB_class"] = np.bytes_("double")


def _letters(group: Any, key: str, text: str) -> Any:
    group[key] = np.array([[ord(letter)] for letter in text], dtype=np.uint16)
    group[key].attrs["MATLAB_class"] = np.bytes_("char")
    return group[key]


@pytest.mark.parametrize(
    "case", [case for key, case in FIELDS.items() if key != "eeglab"],
    ids=[key for key in FIELDS if key != "eeglab"],
)  # fmt: skip
@pytest.mark.parametrize("user_block", [0, 512])
def test_matlab_7_3(case: tuple[dict[str, Any], ReadOptions], user_block: int) -> None:
    record = read(hdf5(case[0], user_block), case[1])
    assert record.fs_hz == 100
    np.testing.assert_allclose(record.signal, MV, atol=1e-6)


def test_links_out_of_an_hdf5_file_are_not_followed(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py, which reads MATLAB 7.3, is not installed")
    (tmp_path / "other.h5").write_bytes(hdf5({"ecg": MV}, 0))
    raw = tmp_path / "raw.bin"
    raw.write_bytes(MV.tobytes())
    stream = BytesIO()
    with h5py.File(stream, "w") as file:
        file["ecg"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/ecg")
        file["soft"] = h5py.SoftLink("/ecg")
        file.create_dataset("val", MV.shape, "f8", external=[(str(raw), 0, raw.stat().st_size)])
        layout = h5py.VirtualLayout(MV.shape, "f8")
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "ecg", MV.shape)
        file.create_virtual_dataset("data", layout)
    with pytest.raises(RecordError, match="holds no array of 12 leads"):
        read(stream.getvalue(), SAID)
