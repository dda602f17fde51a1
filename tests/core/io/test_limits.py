"""What is just within and just beyond each limit of the readers."""

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from ecgcore.errors import RecordError
from ecgcore.io import archives, raw, recordings
from ecgcore.io.entries import entries_of
from ecgcore.io.kinds import kind_of
from ecgcore.io.missing_units import asked_rate, asked_unit
from ecgcore.io.raw import FILE_SAYS_ALL, RawEcg, ReadOptions, check_rate, check_size, to_record
from ecgcore.io.recordings import SeveralError, read_file, read_upload
from ecgcore.leads import LEADS
from tests.support.uploads import csv_file, dipole_microvolts, wfdb_files, zip_file

MB = 1024 * 1024


@pytest.mark.parametrize(
    ("n_leads", "n_samples", "message"),
    [
        (1, 1, ""),
        (0, 5, "has 0 leads; 1 to 128 can be read"),
        (32, 100, ""),
        (129, 100, "has 129 leads"),
        (12, 0, "has no samples"),
        (12, 2_000_000, ""),  # 24 million samples in all
        (12, 2_000_001, "at most 24,000,000 samples"),
    ],
)
def test_leads_and_samples(n_leads: int, n_samples: int, message: str) -> None:
    if not message:
        check_size("ecg", n_leads, n_samples)
    else:
        with pytest.raises(RecordError, match=message):
            check_size("ecg", n_leads, n_samples)


@pytest.mark.parametrize(
    ("fs_hz", "fits"), [(49.9, False), (50.0, True), (4000.0, True), (4000.1, False)]
)
def test_rates(fs_hz: float, fits: bool) -> None:
    if fits:
        check_rate("ecg", fs_hz)
    else:
        with pytest.raises(RecordError, match=f"has {fs_hz:g} samples per second; 50 to 4000"):
            check_rate("ecg", fs_hz)


@pytest.mark.parametrize(
    ("unit", "mv"),
    [
        ("mV", 1), ("millivolts", 1), ("uV", 1e-3), ("µV", 1e-3), ("microvolt", 1e-3),
        ("\N{GREEK SMALL LETTER MU}V", 1e-3), ("V", 1e3), ("Volts", 1e3), ("nV", 1e-6),
        (" nanovolt ", 1e-6),
    ],
)  # fmt: skip
def test_units_are_brought_to_millivolts(unit: str, mv: float) -> None:
    assert raw.unit_scale("ecg", unit) == mv


def made(n_samples: int, fs_hz: float, height_mv: float = 1.0) -> RawEcg:
    """Return leads that spend half of the time at a height, so that they span it."""
    return RawEcg(LEADS, np.tile(np.arange(n_samples) % 2 * height_mv, (12, 1)), fs_hz)


def test_a_recording_lasts_two_seconds() -> None:
    assert to_record(made(200, 100.0), "ecg", "test").duration_s == 2.0
    with pytest.raises(RecordError, match=r"lasts 1\.99 s; at least 2 s"):
        to_record(made(199, 100.0), "ecg", "test")


@pytest.mark.parametrize(("fs_hz", "resampled"), [(100.00005, False), (100.0002, True)])
def test_a_rate_within_a_millionth_of_a_whole_one_is_whole(fs_hz: float, resampled: bool) -> None:
    assert bool(to_record(made(1000, fs_hz), "ecg", "test").warnings) is resampled


@pytest.mark.parametrize(
    ("span_mv", "doubted"), [(0.049, True), (0.051, False), (29.9, False), (30.1, True)]
)
def test_leads_span_a_twentieth_to_thirty_millivolts(span_mv: float, doubted: bool) -> None:
    found = to_record(made(1000, 100.0, span_mv), "ecg", "test")
    assert bool(found.warnings) is doubted


@pytest.mark.parametrize(
    ("n_high", "doubted"), [(9, True), (12, False)], ids=["under 1 %", "over 1 %"]
)
def test_a_span_is_that_of_all_but_the_outer_percents(n_high: int, doubted: bool) -> None:
    signal = np.zeros((12, 1000))
    signal[:, :n_high] = 5.0
    found = to_record(RawEcg(LEADS, signal, 100.0), "ecg", "test")
    assert bool(found.warnings) is doubted


def test_the_middle_lead_says_what_the_leads_span() -> None:
    signal = made(1000, 100.0).signal
    signal[:5] = 0.0
    assert to_record(RawEcg(LEADS, signal, 100.0), "ecg", "test").warnings == ()
    signal[:7] = 0.0
    assert "check the units" in to_record(RawEcg(LEADS, signal, 100.0), "ecg", "test").warnings[0]


@pytest.mark.parametrize(
    ("in_file", "said", "agree"), [(100.0, 100, True), (100.4, 100, True), (100.6, 100, False)]
)
def test_a_stated_rate_may_differ_by_half_a_percent(in_file: float, said: int, agree: bool) -> None:
    options = ReadOptions(fs_hz=said)
    if agree:
        assert asked_rate("t", in_file, options) == (100.0, ())
    else:
        with pytest.raises(RecordError, match=r"says 100\.6 Hz, you said 100 Hz"):
            asked_rate("t", in_file, options)


@pytest.mark.parametrize(
    ("in_file", "said", "unit"),
    [("mV", None, "mV"), ("uV", "µV", "uV"), ("millivolt", "mV", "millivolt")],
)
def test_units_of_one_size_agree(in_file: str, said: str | None, unit: str) -> None:
    assert asked_unit("t", in_file, ReadOptions(units=said)) == (unit, ())


def test_sizes_of_files_and_uploads() -> None:
    assert raw.MAX_FILE_BYTES == 200 * MB
    assert recordings.MAX_UPLOAD_BYTES == 20 * MB


def test_an_upload_of_exactly_the_limit_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    files = csv_file(dipole_microvolts())
    size = len(files[0][1])
    options = ReadOptions("uV", 100)
    monkeypatch.setattr(recordings, "MAX_UPLOAD_BYTES", size)
    assert read_upload(files, options).n_samples == 1000
    monkeypatch.setattr(recordings, "MAX_UPLOAD_BYTES", size - 1)
    with pytest.raises(RecordError, match="The upload has"):
        read_upload(files, options)


def test_what_is_unpacked_may_be_as_large_as_the_limit() -> None:
    content = csv_file(dipole_microvolts())[0][1]
    files = dict(zip_file([("a.csv", content), ("b.pdf", b"%PDF" * 9_000)]))
    one, other = entries_of(files, len(content))
    assert (one.load(), other.kind) == (content, "")
    with pytest.raises(RecordError, match=r"unpacks to .* can be read"):
        entries_of(files, len(content) - 1)[0].load()


def test_a_zip_of_500_files_that_fill_the_limit_is_unpacked() -> None:
    ((_, content),) = zip_file([(f"{k}.dat", b"12") for k in range(500)])
    assert len(archives.unpack(content, "z.zip", 1000)) == 500
    with pytest.raises(RecordError, match="unpacks to 0 MB"):
        archives.unpack(content, "z.zip", 999)


@pytest.mark.parametrize("bits", [0, 2, 8, 0x800])
def test_other_flags_of_a_zip_do_not_matter(bits: int) -> None:
    info = zipfile.ZipInfo("a.dat")
    info.flag_bits = bits
    archives._check([info], "z.zip")
    info.flag_bits = bits | 1
    with pytest.raises(RecordError, match="is encrypted"):
        archives._check([info], "z.zip")


def test_both_methods_that_every_program_writes_are_unpacked() -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        stream = BytesIO()
        with zipfile.ZipFile(stream, "w", method) as archive:
            archive.writestr("a.dat", b"1" * 100)
        assert archives.unpack(stream.getvalue(), "z.zip") == {"a.dat": b"1" * 100}


@pytest.mark.parametrize(("n", "more"), [(10, False), (11, True)])
def test_ten_of_several_recordings_are_named(n: int, more: bool) -> None:
    files = [(f"{k:02d}.csv", b"I,II\n") for k in range(n)]
    with pytest.raises(SeveralError) as caught:
        read_upload(files)
    assert str(caught.value).startswith(f"There are {n} recordings: 1: 00.csv (table, 1 kB); 2: 01")
    assert ("10: 09.csv (table, 1 kB); ... 11. Choose" in str(caught.value)) is more
    assert len(caught.value.entries) == n
    assert "10.csv" not in str(caught.value)


def test_two_notes_beside_a_recording_are_notes_and_alone_are_tables() -> None:
    files = [*wfdb_files(dipole_microvolts(), 100), ("a.txt", b"x"), ("b.txt", b"y")]
    assert read_upload(files).record_id == "ecg"
    with pytest.raises(RecordError, match=r"There are 2 recordings: 1: a\.txt .*; 2: b\.txt"):
        read_upload(files[2:])


def test_a_record_is_called_after_the_first_letters_of_its_file() -> None:
    ((_, content),) = csv_file(dipole_microvolts())
    options = ReadOptions("uV", 100)
    found = read_upload([("a" * 90 + ".csv", content)], options)
    assert found.record_id == "a" * 39 + "…"
    assert found.source == "a" * 39 + "…"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.HEA", b"", "wfdb"),
        ("a.DAT", b"", "signal"),
        ("a.mat", b"", "signal"),
        ("a.npz", b"", "npz"),
        ("a.zip", b"", "zip"),
        ("a", b"PK\x03\x04", "zip"),
        ("a.csv", b"PK\x03\x04", "zip"),
        ("a", b"\0" * 128 + b"DICM", "dicom"),
        ("a", b"\0" * 127 + b"DICM", ""),
        ("a.dcm", b"", "dicom"),
        ("a.dicom", b"", "dicom"),
        ("a", b"\0" * 16 + b"SCPECG", "scp"),
        ("a", b"\0" * 15 + b"SCPECG", ""),
        ("a.scp", b"", "scp"),
        ("a", b"\xef\xbb\xbf\n <?xml", "xml"),
        ("a", b" " * 55 + b"<?xml", "xml"),
        ("a", b" " * 70 + b"<?xml", ""),
        ("a.dat2", b"<RestingECG>", "xml"),
        ("a", b"<AnnotatedECG", "xml"),
        ("a.xml", b"", "xml"),
        ("a.tsv", b"", "csv"),
        ("a.pdf", b"", ""),
    ],
)
def test_a_format_is_known_by_its_content_and_then_by_its_suffix(
    name: str, content: bytes, kind: str
) -> None:
    assert kind_of(name, content) == kind


def test_a_wfdb_header_is_read_with_the_signal_files_that_are_there(tmp_path: Path) -> None:
    for name, content in wfdb_files(dipole_microvolts(), 100):
        (tmp_path / name).write_bytes(content)
    for asked in ("ecg", "ecg.hea", "ecg.dat"):
        assert read_file(tmp_path / asked).n_samples == 1000
    (tmp_path / "ecg.dat").unlink()
    with pytest.raises(RecordError, match=r"ecg\.hea names ecg\.dat"):
        read_file(tmp_path / "ecg")


def test_nothing_is_asked_where_the_file_says_all() -> None:
    assert (FILE_SAYS_ALL.units, FILE_SAYS_ALL.fs_hz) == (None, None)
