"""WFDB as published: every format, skew, frames and segments, against the package wfdb."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import wfdb

from ecgcore.errors import RecordError
from ecgcore.io.recordings import read_file, read_upload
from ecgcore.io.wfdb.formats import FORMATS, missing_code, n_held, unpack
from ecgcore.io.wfdb.wfdb_files import read_wfdb
from ecgcore.leads import LEADS
from ecgcore.records import Gap

N = 301
RNG = np.random.default_rng(19)
BITS_10 = RNG.integers(-511, 512, (N, 12))


def header_lines(fmt: str, file: str = "e.dat", gain: str = "2000(3)/mV") -> list[str]:
    return [f"{file} {fmt} {gain} 12 0 0 0 0 {lead}" for lead in LEADS]


def write(folder: Path, data: bytes, lines: Sequence[str], record: str = f"e 12 100 {N}") -> Path:
    """Write a header without checksums (0, as long as the first value is not) and a signal file."""
    bare = [line.replace(" 12 0 0 0 0 ", " 12 0 ") for line in lines]
    (folder / "e.hea").write_text("\n".join([record, *bare, ""]))
    (folder / "e.dat").write_bytes(data)
    return folder / "e"


def theirs(stem: Path) -> np.ndarray:
    """What wfdb reads, by leads; it needs every field before a description."""
    header = stem.with_suffix(".hea")
    text = header.read_text()
    header.write_text(text.replace(" 12 0 ", " 12 0 0 0 0 ", -1))
    found = wfdb.rdrecord(str(stem), smooth_frames=False)
    header.write_text(text)
    return np.stack(found.e_p_signal)


def packed_310(flat: np.ndarray) -> bytes:
    first, second, third = np.pad(flat & 1023, (0, -len(flat) % 3)).reshape(-1, 3).T
    words = np.stack([first << 1 | (third & 31) << 11, second << 1 | third >> 5 << 11], axis=1)
    return words.astype("<u2").tobytes()


def packed_311(flat: np.ndarray) -> bytes:
    first, second, third = np.pad(flat & 1023, (0, -len(flat) % 3)).reshape(-1, 3).T
    return (first | second << 10 | third << 20).astype("<u4").tobytes()


def differences(units: np.ndarray) -> bytes:
    return np.diff(units, axis=0, prepend=0).astype("i1").tobytes()


SLOW = np.cumsum(RNG.integers(-9, 10, (N, 12)), axis=0)


@pytest.mark.parametrize(
    ("fmt", "data", "units"),
    [
        ("310", packed_310(BITS_10.reshape(-1)), BITS_10),
        ("311", packed_311(BITS_10.reshape(-1)), BITS_10),
        ("8", differences(SLOW), SLOW),
    ],
)
def test_packed_formats(fmt: str, data: bytes, units: np.ndarray, tmp_path: Path) -> None:
    stem = write(tmp_path, data, header_lines(fmt))
    record = read_wfdb(stem)
    np.testing.assert_allclose(record.signal, (units.T - 3) / 2000, rtol=1e-5, atol=1e-6)
    if fmt != "311":  # wfdb takes a bit too many for every third sample of 311
        np.testing.assert_allclose(record.signal, theirs(stem), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("n_samples", range(1, 8))
@pytest.mark.parametrize(("fmt", "pack"), [(310, packed_310), (311, packed_311)])
def test_a_last_group_of_one_or_two_samples(fmt: int, pack: object, n_samples: int) -> None:
    flat = BITS_10.reshape(-1)[:n_samples]
    data = pack(flat)  # type: ignore[operator]
    assert unpack(data, fmt, n_samples).tolist() == flat.tolist()
    assert n_held(fmt, len(data)) >= n_samples


@pytest.mark.parametrize("fmt", ["508", "516", "524"])
@pytest.mark.parametrize("per_frame", [1, 2])
def test_flac(fmt: str, per_frame: int, tmp_path: Path) -> None:
    most = {"508": 120, "516": 30_000, "524": 8_000_000}[fmt]
    units = RNG.integers(-most, most, (N * per_frame, 8))
    keep = [*LEADS[:2], *LEADS[6:]]
    wfdb.wrsamp(
        "e", 100, ["mV"] * 8, keep, e_d_signal=list(units.T), fmt=[fmt] * 8,
        adc_gain=[200.0] * 8, baseline=[5] * 8, samps_per_frame=[per_frame] * 8,
        write_dir=str(tmp_path),
    )  # fmt: skip
    record = read_wfdb(tmp_path / "e")
    assert record.fs_hz == 100 * per_frame
    found = record.signal[[LEADS.index(lead) for lead in keep]]
    np.testing.assert_allclose(found, (units.T - 5) / 200, rtol=1e-6)


def test_damaged_flac_is_refused(tmp_path: Path) -> None:
    for data in (b"", b"fLaC" + bytes(200), bytes(3000)):
        stem = write(tmp_path, data, header_lines("516"))
        with pytest.raises(RecordError, match=r"its FLAC cannot be decoded|announced as FLAC"):
            read_wfdb(stem)


def test_codes_for_missing_samples_are_the_smallest_of_a_format() -> None:
    ours = {str(fmt): missing_code(fmt) for fmt in FORMATS}
    assert ours == wfdb.io._signal.INVALID_SAMPLE_VALUE


@pytest.mark.parametrize("held", [0, 2, 7])
def test_each_leads_skew_is_undone(held: int, tmp_path: Path) -> None:
    """Samples beyond the header's count fill the end, where the file holds them."""
    units = RNG.integers(-5000, 5000, (N + held, 12))
    lines = [line.replace(" 16 ", f" 16:{k % 5} ", 1) for k, line in enumerate(header_lines("16"))]
    stem = write(tmp_path, units.astype("<i2").tobytes(), lines)
    record = read_wfdb(stem)
    assert record.n_samples == N
    for k, lead in enumerate(LEADS):
        late = (units[k % 5 :, k][:N] - 3) / 2000
        np.testing.assert_allclose(record.recorded[k, : len(late)], late, rtol=1e-5, atol=1e-6)
        lost = [gap for gap in record.gaps if gap.lead == lead]
        short = N - len(late)
        assert [round(100 * (gap.end_s - gap.start_s)) for gap in lost] == [short] * bool(short)


def test_a_skew_as_wfdb_reads_it(tmp_path: Path) -> None:
    """It fails where leads differ in their skew, unless it is 0 (4.3.1)."""
    units = RNG.integers(-5000, 5000, (N, 12))
    lines = [
        line.replace(" 16 ", f" 16:{k % 2 * 4} ", 1) for k, line in enumerate(header_lines("16"))
    ]
    stem = write(tmp_path, units.astype("<i2").tobytes(), lines)
    np.testing.assert_allclose(read_wfdb(stem).recorded, theirs(stem), rtol=1e-5, atol=1e-6)


def test_frames_of_several_samples(tmp_path: Path) -> None:
    """Twelve leads of two samples a frame beside a pressure of one, in one file."""
    frames = RNG.integers(-5000, 5000, (N, 25))
    lines = [line.replace(" 16 ", " 16x2 ", 1) for line in header_lines("16")]
    lines.append("e.dat 16 0/mmHg 12 0 0 0 0 ABP")
    stem = write(tmp_path, frames.astype("<i2").tobytes(), lines, f"e 13 100 {N}")
    record = read_wfdb(stem)
    assert (record.fs_hz, record.n_samples) == (200, 2 * N)
    leads = frames[:, :24].reshape(N, 12, 2).transpose(1, 0, 2).reshape(12, -1)
    np.testing.assert_allclose(record.signal, (leads - 3) / 2000, rtol=1e-5, atol=1e-6)
    assert record.warnings == ("Left out, not one of the twelve leads: ABP.",)


def test_leads_of_fewer_samples_are_brought_to_the_rate_of_the_others(tmp_path: Path) -> None:
    at = np.arange(2 * N) / 200
    fast = np.rint(1000 * np.sin(2 * np.pi * 3 * at)).astype(int)
    row = np.column_stack([np.repeat(fast.reshape(N, 2), 11, axis=0).reshape(N, 22), fast[::2]])
    lines = [line.replace(" 16 ", " 16x2 ", 1) for line in header_lines("16")[:11]]
    lines.append(header_lines("16")[11])
    stem = write(tmp_path, row.astype("<i2").tobytes(), lines)
    record = read_wfdb(stem)
    assert "V6: resampled to the rate of the other leads." in record.warnings
    assert np.abs(record.signal[11] - record.signal[0])[20:-20].max() < 0.005


def test_a_signal_without_a_file_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    units = RNG.integers(-5000, 5000, (N, 11))
    lines = header_lines("16")
    lines[2] = lines[2].replace("e.dat 16", "~ 0")
    stem = write(tmp_path, units.astype("<i2").tobytes(), lines)
    np.testing.assert_allclose(
        read_wfdb(stem).signal[2], (units[:, 1] - units[:, 0]) / 2000, rtol=1e-4, atol=1e-5
    )


def segments(folder: Path, *, variable: bool) -> tuple[Path, np.ndarray]:
    """Write 200 + gap of 50 + 251 samples; V1 is missing in the last segment where layouts vary."""
    units = RNG.integers(-5000, 5000, (501, 12))
    first, second = header_lines("16", "a.dat"), header_lines("16", "b.dat", "1000(-7)/mV")
    rows = units[250:]
    if variable:
        second, rows = [*second[:6], *second[7:]], np.delete(rows, 6, axis=1)
    (folder / "a.hea").write_text("\n".join(["a 12 100 200", *first]).replace(" 0 0 0 0 ", " 0 "))
    (folder / "b.hea").write_text(
        "\n".join([f"b {len(second)} 100 251", *second]).replace(" 0 0 0 0 ", " 0 ")
    )
    (folder / "a.dat").write_bytes(units[:200].astype("<i2").tobytes())
    (folder / "b.dat").write_bytes(rows.astype("<i2").tobytes())
    lines = ["a 200", "~ 50", "b 251"]
    if variable:
        lines.insert(0, "m_layout 0")  # the layout itself is not needed
    (folder / "m.hea").write_text("\n".join([f"m/{len(lines)} 12 100 501", *lines, ""]))
    expected = units.T.astype(float)
    expected[:, :200] = (expected[:, :200] - 3) / 2000
    expected[:, 200:250] = np.nan
    expected[:, 250:] = (expected[:, 250:] + 7) / 1000
    if variable:
        expected[6, 250:] = np.nan
    return folder / "m", expected


@pytest.mark.parametrize("variable", [False, True])
def test_segments_with_fixed_and_variable_layout(variable: bool, tmp_path: Path) -> None:
    stem, expected = segments(tmp_path, variable=variable)
    record = read_wfdb(stem)
    np.testing.assert_allclose(record.recorded, expected, rtol=1e-5, atol=1e-6)
    assert "Put together from 2 segments." in record.warnings
    assert (Gap("V1", 2.0, 5.01) in record.gaps) == variable
    np.testing.assert_array_equal(read_file(stem.with_suffix(".hea")).recorded, record.recorded)
    files = [(path.name, path.read_bytes()) for path in sorted(tmp_path.iterdir())]
    np.testing.assert_array_equal(read_upload(files).recorded, record.recorded)


def test_segments_as_wfdb_reads_them(tmp_path: Path) -> None:
    stem, expected = segments(tmp_path, variable=False)
    master = stem.with_suffix(".hea")
    master.write_text("m/2 12 100 451\na 200\nb 251\n")  # wfdb knows no gap in a fixed layout
    for name in ("a", "b"):
        header = tmp_path / f"{name}.hea"
        header.write_text(header.read_text().replace("V 12 0 ", "V 12 0 0 0 0 "))
    found = wfdb.rdrecord(str(stem)).p_signal.T
    expected = np.delete(expected, np.s_[200:250], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(read_wfdb(stem).signal, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("501", "502", "announces 502 samples per lead, its segments hold 501"),
        ("a 200", "a 150\n~ 50", "announces 3 segments, 4 segment lines"),
        ("a 200\n~ 50", "a 150\n~ 100", "segment 1 has another length or rate"),
        ("b 251", "c 251", r"m\.hea names another file .* does not exist"),
        ("b 251", "m 251", "its segment 3 has segments of its own"),
        ("12 100 501", "12 200 501", "segment 1 has another length or rate"),
    ],
)
def test_segments_at_fault(old: str, new: str, message: str, tmp_path: Path) -> None:
    stem, _ = segments(tmp_path, variable=False)
    header = stem.with_suffix(".hea")
    header.write_text(header.read_text().replace(old, new))
    with pytest.raises(RecordError, match=message):
        read_wfdb(stem)


def test_checksums_that_nobody_filled_in_are_said(tmp_path: Path) -> None:
    units = RNG.integers(1, 5000, (N, 12))
    (tmp_path / "e.dat").write_bytes(units.astype("<i2").tobytes())
    (tmp_path / "e.hea").write_text("\n".join([f"e 12 100 {N}", *header_lines("16")]))
    words = "The header's checksums and first values are all 0; the samples were not checked."
    assert read_wfdb(tmp_path / "e").warnings == (words,)


def test_a_pressure_in_a_file_of_its_own_is_not_asked_for(tmp_path: Path) -> None:
    units = RNG.integers(-5000, 5000, (N, 12))
    lines = [*header_lines("16"), "abp.dat 16 0/mmHg 12 0 0 0 0 ABP"]
    write(tmp_path, units.astype("<i2").tobytes(), lines, f"e 13 100 {N}")
    files = [(f"e{suffix}", (tmp_path / f"e{suffix}").read_bytes()) for suffix in (".hea", ".dat")]
    assert read_upload(files).warnings == ("Left out, not one of the twelve leads: ABP.",)


def test_a_header_without_any_lead_says_which_are_missing() -> None:
    text = b"e 1 100 300\ne.dat 16 0/mmHg 12 0 0 0 0 ABP\n"
    with pytest.raises(RecordError, match="has 1 leads, a 12-lead ECG is needed: missing I, II"):
        read_upload([("e.hea", text), ("e.dat", bytes(600))])
