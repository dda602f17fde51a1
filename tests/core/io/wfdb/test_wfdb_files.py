"""WFDB files: right ones are read as they stand, wrong ones are refused by name."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import wfdb

from ecgcore.errors import RecordError
from ecgcore.io.wfdb.wfdb_files import read_wfdb
from ecgcore.leads import LEADS
from ecgcore.records import Gap
from ecgcore.signals.filters import resample
from tests.support.paths import SAMPLES

UNITS = np.random.default_rng(1).integers(-5000, 5000, (12, 1000))
Writer = Callable[..., Path]

needs_samples = pytest.mark.skipif(
    not SAMPLES.exists(), reason=f"no real sample recordings in {SAMPLES}"
)


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Return a function that writes one record with wfdb and returns its path."""

    def write_it(
        units: np.ndarray = UNITS,
        leads: Sequence[str] = LEADS,
        fs: float = 100,
        unit: str = "mV",
        gain: float = 1000.0,
    ) -> Path:
        n = len(units)
        wfdb.wrsamp(
            "ecg",
            fs,
            [unit] * n,
            list(leads),
            d_signal=units.T,
            fmt=["16"] * n,
            adc_gain=[gain] * n,
            baseline=[0] * n,
            write_dir=str(tmp_path),
        )
        return tmp_path / "ecg"

    return write_it


def change_header(stem: Path, old: str, new: str) -> None:
    header = stem.with_suffix(".hea")
    text = header.read_text()
    assert old in text
    header.write_text(text.replace(old, new), encoding="utf-8")


def test_signals_are_turned_to_leads_first_in_millivolts(write: Writer) -> None:
    record = read_wfdb(write())
    assert (record.record_id, record.fs_hz, record.synthetic) == ("ecg", 100, False)
    assert record.signal.flags.c_contiguous
    np.testing.assert_array_equal(record.signal, (UNITS / 1000).astype(np.float32))


@pytest.mark.parametrize("suffix", ["", ".hea", ".dat"])
def test_any_of_its_files_names_the_record(write: Writer, suffix: str) -> None:
    stem = write()
    record = read_wfdb(Path(f"{stem}{suffix}"), record_id="9", source="mine")
    assert (record.record_id, record.source, record.n_samples) == ("9", "mine", 1000)


def test_a_name_with_dots_is_not_shortened(write: Writer) -> None:
    stem = write()
    for suffix in (".hea", ".dat"):
        stem.with_suffix(suffix).rename(stem.with_name(f"ecg.2024.01{suffix}"))
    with pytest.raises(
        RecordError,
        match=r"01\.hea names another file \(its name stands there\), which does not exist",
    ):
        read_wfdb(stem.with_name("ecg.2024.01"))


def test_leads_in_another_order_and_case_are_sorted(write: Writer) -> None:
    order = np.random.default_rng(2).permutation(12)
    stem = write(UNITS[order], [LEADS[k].lower() for k in order])
    np.testing.assert_array_equal(read_wfdb(stem).signal, (UNITS / 1000).astype(np.float32))


@pytest.mark.parametrize(
    ("unit", "gain"), [("mV", 1000), ("MV", 1000), ("uV", 1), ("UV", 1), ("V", 1e6)]
)
def test_units_are_turned_to_millivolts(write: Writer, unit: str, gain: float) -> None:
    record = read_wfdb(write(unit=unit, gain=gain))
    np.testing.assert_allclose(record.signal, UNITS / 1000, rtol=1e-6)


def test_an_unknown_unit_is_refused(write: Writer) -> None:
    with pytest.raises(RecordError, match="ecg is in mmHg; mV, uV or V is needed"):
        read_wfdb(write(unit="mmHg"))


@pytest.mark.parametrize("micro", ["µ".encode(), "μ".encode(), b"\xb5"])
def test_micro_written_as_a_greek_letter_is_mended_and_never_taken_for_volts(
    write: Writer, micro: bytes
) -> None:
    stem = write(unit="uV", gain=1)
    header = stem.with_suffix(".hea")
    header.write_bytes(header.read_bytes().replace(b"/uV", b"/" + micro + b"V"))
    record = read_wfdb(stem)
    np.testing.assert_allclose(record.signal, UNITS / 1000, rtol=1e-6)
    assert "Header line 2 was mended: µV was read as uV." in record.warnings


def test_comments_may_hold_any_letter(write: Writer) -> None:
    stem = write()
    with stem.with_suffix(".hea").open("a", encoding="utf-8") as header:
        header.write("# Gerät: Müller, 1 µV\n")
    assert read_wfdb(stem).n_samples == 1000


@pytest.mark.parametrize("fs", [50, 500, 4000])
def test_every_sensible_whole_rate_is_kept(write: Writer, fs: int) -> None:
    units = np.tile(UNITS, 8)
    record = read_wfdb(write(units, fs=fs))
    assert (record.fs_hz, record.duration_s) == (fs, 8000 / fs)


@pytest.mark.parametrize("fs", [1, 49, 4001])
def test_other_rates_are_refused_with_the_limits(write: Writer, fs: float) -> None:
    with pytest.raises(RecordError, match=rf"{fs} samples per second; 50 to 4000 can be read"):
        read_wfdb(write(fs=fs))


def test_a_rate_that_is_not_whole_is_brought_to_the_next(write: Writer) -> None:
    seconds = np.arange(1000) / 100.4
    wave = np.rint(1000 * np.sin(2 * np.pi * 3 * seconds)).astype(int)
    record = read_wfdb(write(np.tile(wave, (12, 1)), fs=100.4))
    assert (record.fs_hz, record.n_samples) == (100, 997)
    assert record.warnings == ("Resampled from 100.4 to 100 Hz, a whole rate.",)
    expected = np.sin(2 * np.pi * 3 * np.arange(997) / 100)
    assert np.abs(record.signal[0] - expected)[20:-20].max() < 0.01


def test_a_recording_under_two_seconds_is_refused(write: Writer) -> None:
    with pytest.raises(RecordError, match=r"ecg lasts 1\.99 s; at least 2 s .* and 10 s for the"):
        read_wfdb(write(UNITS[:, :199]))


def test_chest_leads_cannot_be_derived(write: Writer) -> None:
    with pytest.raises(RecordError, match=r"11 leads.*missing V6"):
        read_wfdb(write(UNITS[:11], LEADS[:11]))


def test_limb_leads_are_derived_and_said_so(write: Writer) -> None:
    keep = [0, 1, *range(6, 12)]
    record = read_wfdb(write(UNITS[keep], [LEADS[k] for k in keep]))
    np.testing.assert_allclose(record.signal[2], (UNITS[1] - UNITS[0]) / 1000, atol=1e-6)
    assert record.warnings == ("III, aVR, aVL, aVF were derived from I and II.",)


@pytest.mark.parametrize("fmt", [16, 24, 32, 80, 212])
@pytest.mark.parametrize("n_samples", [300, 301])
def test_every_format_is_decoded_as_wfdb_does(fmt: int, n_samples: int, tmp_path: Path) -> None:
    bits = {80: 8, 212: 12, 24: 24, 32: 30}.get(fmt, 16)
    rng = np.random.default_rng(fmt)
    units = rng.integers(2 - 2 ** (bits - 1), 2 ** (bits - 1), (n_samples, 15))
    names = [*LEADS, "X", "Y", "Z"]
    wfdb.wrsamp(
        "ecg", 100, ["mV"] * 15, names, d_signal=units, fmt=[str(fmt)] * 15,
        adc_gain=[200.0] * 15, baseline=[7] * 15, write_dir=str(tmp_path),
    )  # fmt: skip
    theirs = wfdb.rdrecord(str(tmp_path / "ecg")).p_signal.T[:12]
    np.testing.assert_allclose(read_wfdb(tmp_path / "ecg").signal, theirs, rtol=1e-6)


@pytest.mark.parametrize(("fmt", "dtype", "zero"), [(61, ">i2", 0), (160, "<u2", 32768)])
def test_formats_that_wfdb_reads_but_does_not_write(
    write: Writer, fmt: int, dtype: str, zero: int
) -> None:
    stem = write()
    stem.with_suffix(".dat").write_bytes((UNITS.T + zero).astype(dtype).tobytes())
    change_header(stem, "ecg.dat 16 ", f"ecg.dat {fmt} ")
    theirs = wfdb.rdrecord(str(stem)).p_signal.T
    np.testing.assert_allclose(read_wfdb(stem).signal, theirs, rtol=1e-6)


def test_one_signal_file_per_lead(write: Writer, tmp_path: Path) -> None:
    stem = write()
    lines = stem.with_suffix(".hea").read_text().splitlines()
    for k in range(12):
        (tmp_path / f"s{k}.dat").write_bytes(UNITS[k].astype("<i2").tobytes())
        lines[k + 1] = lines[k + 1].replace("ecg.dat", f"s{k}.dat")
    stem.with_suffix(".hea").write_text("\n".join(lines))
    np.testing.assert_array_equal(read_wfdb(stem).signal, (UNITS / 1000).astype(np.float32))


def test_signals_of_one_file_that_are_not_listed_together_are_refused(
    write: Writer, tmp_path: Path
) -> None:
    stem = write()
    lines = stem.with_suffix(".hea").read_text().splitlines()
    (tmp_path / "b.dat").write_bytes(UNITS[1].astype("<i2").tobytes())
    lines[2] = lines[2].replace("ecg.dat", "b.dat")
    bare = [" ".join([*line.split()[:3], line.split()[-1]]) for line in lines[1:13]]
    stem.with_suffix(".hea").write_text("\n".join([lines[0], *bare]))
    with pytest.raises(RecordError, match=r"does not list the signals of one file together"):
        read_wfdb(stem)


def test_a_signal_without_a_name_is_left_out(write: Writer) -> None:
    stem = write()
    change_header(stem, " 0 aVL\n", " 0\n")
    assert read_wfdb(stem).warnings == (
        "Left out, not one of the twelve leads: signal 5.",
        "aVL was derived from I and II.",
    )
    change_header(stem, " 0 V4\n", " 0\n")
    with pytest.raises(RecordError, match="missing V4; there is also signal 5, signal 10"):
        read_wfdb(stem)


def test_a_sample_that_is_missing_is_marked_and_costs_nothing_else(write: Writer) -> None:
    units = UNITS.copy()
    units[8, 500] = -32768
    record = read_wfdb(write(units))
    assert record.gaps == (Gap("V3", 5.0, 5.01),)
    assert record.warnings == ("Not recorded in part: V3 (10 ms at 5 s).",)
    expected = np.where(units == -32768, np.nan, units / 1000).astype(np.float32)
    np.testing.assert_array_equal(record.recorded, expected)
    assert record.signal[8, 500] == pytest.approx((units[8, 499] + units[8, 501]) / 2000, abs=1e-6)


@pytest.mark.parametrize("offset", [0, 1, 12_345, 23_999])
def test_one_changed_byte_is_found_by_the_checksum(write: Writer, offset: int) -> None:
    stem = write()
    data = bytearray(stem.with_suffix(".dat").read_bytes())
    data[offset] ^= 0x10
    stem.with_suffix(".dat").write_bytes(data)
    lead = LEADS[offset // 2 % 12]
    with pytest.raises(RecordError, match=f"Lead {lead} of ecg sums to .* were changed"):
        read_wfdb(stem)


def test_a_header_without_checksums_is_taken_at_its_word(write: Writer) -> None:
    stem = write()
    lines = stem.with_suffix(".hea").read_text().splitlines()
    bare = [" ".join(line.split()[:3]) for line in lines[1:]]
    assert bare[0] == "ecg.dat 16 1000.0(0)/mV"
    stem.with_suffix(".hea").write_text("\n".join([lines[0], *bare, ""]))
    with pytest.raises(RecordError, match="there is also signal 1, signal 2"):
        read_wfdb(stem)
    zeroed = [
        " ".join([*line.split()[:3], lead]) for line, lead in zip(lines[1:], LEADS, strict=True)
    ]
    stem.with_suffix(".hea").write_text("\n".join([lines[0], *zeroed, ""]))
    np.testing.assert_array_equal(read_wfdb(stem).signal[0], (UNITS[0] / 1000).astype(np.float32))


@pytest.mark.parametrize("n_bytes", [0, 1, 12_000, 12_007, 23_976, 23_999])
def test_a_truncated_recording_is_refused_by_name(write: Writer, n_bytes: int) -> None:
    stem = write()
    data = stem.with_suffix(".dat").read_bytes()
    stem.with_suffix(".dat").write_bytes(data[:n_bytes])
    with pytest.raises(
        RecordError, match=r"ecg cannot be read: its header asks for 1,000 .* damaged"
    ):
        read_wfdb(stem)


def test_a_missing_signal_file_is_named(write: Writer) -> None:
    stem = write()
    stem.with_suffix(".dat").unlink()
    with pytest.raises(
        RecordError, match=r"ecg\.hea names ecg\.dat, which does not exist beside it"
    ):
        read_wfdb(stem)


@pytest.mark.parametrize("name", ["", "/", "nothing", "nothing.hea", "no/folder/x.dat"])
def test_a_missing_header_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RecordError, match=r"\.hea does not exist. Check the path"):
        read_wfdb(Path(name))


@pytest.mark.parametrize(
    "content", [b"", b"# a comment\n", b"ecg\n", b"\0\1\2\3", b"ecg x 100 1000\n"]
)
def test_a_damaged_header_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ecg.hea").write_bytes(content)
    with pytest.raises(RecordError, match=r"ecg(\.hea)? cannot be read"):
        read_wfdb(tmp_path / "ecg.hea")


def test_a_header_cannot_ask_for_more_memory_than_its_file_has(write: Writer) -> None:
    stem = write()
    change_header(stem, "ecg 12 100 1000", "ecg 12 100 2000000")
    with pytest.raises(
        RecordError, match=r"asks for 2,000,000 samples.*the signal file holds 1,000"
    ):
        read_wfdb(stem)
    change_header(stem, "ecg 12 100 2000000", "ecg 12 100 1000000000000")
    with pytest.raises(RecordError, match=r"1,000,000,000,000 samples; at most 24,000,000"):
        read_wfdb(stem)


@pytest.mark.parametrize(
    "target", ["../secret.dat", "/etc/passwd", "sub/secret.dat", "..", "./../x", "~~"]
)
def test_a_header_cannot_point_to_another_folder(
    write: Writer, tmp_path: Path, target: str
) -> None:
    stem = write()
    change_header(stem, "ecg.dat", target)
    for folder in (tmp_path.parent, tmp_path / "sub"):
        folder.mkdir(exist_ok=True)
        (folder / "secret.dat").write_bytes(UNITS.astype("<i2").T.tobytes())
    with pytest.raises(
        RecordError, match=r"line 2 is at fault: .* is not the plain name of a file"
    ):
        read_wfdb(stem)


@needs_samples
@pytest.mark.parametrize("suffix", [".mat", ".hea"])
def test_a_real_cinc_recording(suffix: str) -> None:
    record = read_wfdb(SAMPLES / "cinc" / f"A0001{suffix}")
    assert (record.fs_hz, record.n_samples) == (500, 7500)
    # MATLAB v4: a 24-byte header, then int16 samples of all leads in turn, 1000 units per mV.
    raw = np.fromfile(SAMPLES / "cinc" / "A0001.mat", "<i2", offset=24).reshape(-1, 12)
    np.testing.assert_allclose(record.signal, raw.T / 1000, rtol=1e-6)


@needs_samples
@pytest.mark.parametrize("name", ["E00015", "E00018", "E00271", "E00666"])
def test_the_malformed_cinc_headers_are_mended(name: str) -> None:
    record = read_wfdb(SAMPLES / "cinc" / name)  # its checksums fit, or it would be refused
    assert (record.record_id, record.fs_hz, record.n_samples) == (name, 500, 5000)
    assert record.warnings == (
        "Header line 1 was mended: the record's name ends like a file's; what stands before was "
        "taken.",
    )


@needs_samples
def test_every_sample_is_read_as_wfdb_reads_it() -> None:
    headers = [
        header
        for folder in ("cinc", "ludb", "ptbxl-500hz")
        for header in sorted((SAMPLES / folder).glob("*.hea"))[:12]
    ]
    assert len(headers) == 36
    for header in headers:
        record = read_wfdb(header)
        i, ii, _, avr = record.signal[:4]
        assert np.corrcoef(i + ii, -avr)[0, 1] > 0.8, f"{header}: -(I + II) / 2 is not aVR"
        if record.warnings:
            continue  # wfdb cannot read the malformed ones
        theirs = wfdb.rdrecord(str(header.with_suffix("")))
        names = [name.upper() for name in theirs.sig_name]
        rows = [theirs.p_signal[:, names.index(lead.upper())] for lead in LEADS]
        np.testing.assert_allclose(record.signal, rows, atol=1e-5)
        assert (record.fs_hz, record.n_samples) == (theirs.fs, theirs.sig_len)


@needs_samples
@pytest.mark.ptbxl
def test_500_hz_recordings_resampled_are_the_published_100_hz_ones(ptbxl_dir: Path) -> None:
    for ecg_id in range(1, 61, 6):
        fine = read_wfdb(SAMPLES / "ptbxl-500hz" / f"{ecg_id:05d}_hr")
        coarse = read_wfdb(ptbxl_dir / "records100/00000" / f"{ecg_id:05d}_lr")
        assert (fine.fs_hz, fine.n_samples, fine.duration_s) == (500, 5000, coarse.duration_s)
        ours = resample(fine.signal, 500, 100)[:, 20:-20]
        for lead in range(12):
            correlation = np.corrcoef(ours[lead], coarse.signal[lead, 20:-20])[0, 1]
            assert correlation > 0.97, f"{ecg_id} {LEADS[lead]}: {correlation:.3f}"
