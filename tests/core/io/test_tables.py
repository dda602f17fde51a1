"""CSV and NPZ: what is written is read, and what is not said is asked for."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.errors import RecordError
from ecgcore.io.raw import FILE_SAYS_ALL, RawEcg, ReadOptions
from ecgcore.io.recordings import read_upload
from ecgcore.io.tables.csv_files import read_csv
from ecgcore.io.tables.npz_files import read_npz
from ecgcore.leads import LEADS
from tests.support.uploads import csv_file, dipole_microvolts, npz_file, zip_file

MICROVOLTS = dipole_microvolts()[:, :250]
ASKED = ReadOptions("uV", 100)
HEADER = ",".join(LEADS)
ROW = ",".join(map(str, range(12)))


def csv(text: str, options: ReadOptions = ASKED) -> RawEcg:
    return read_csv(text.encode(), "t.csv", options)


def npz(options: ReadOptions = FILE_SAYS_ALL, **arrays: Any) -> RawEcg:
    return read_npz(npz_file(**arrays)[0][1], "t.npz", options)


@settings(deadline=None, max_examples=25)
@given(
    st.permutations(LEADS),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from([None, 100, 257, 500]),
    st.sampled_from(["mV", "µV", "V", ""]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_tables_are_read_as_written(
    names: list[str], separator: str, fs: int | None, unit: str, encoding: str, end: str
) -> None:
    scale = {"mV": 1e-3, "µV": 1, "V": 1e-6, "": 1e-3}[unit]
    rows = MICROVOLTS[[LEADS.index(name) for name in names]] * scale
    ((_, content),) = csv_file(rows, names, separator=separator, fs_hz=fs, unit=unit)
    text = content.decode().replace("\n", end)
    options = ReadOptions(None if unit else "mV", None if fs else 100)
    raw = read_csv(text.encode(encoding), "t.csv", options)
    assert (raw.names, raw.fs_hz) == (tuple(names), fs or 100)
    expected = MICROVOLTS[[LEADS.index(name) for name in names]] / 1000
    np.testing.assert_allclose(raw.signal, expected, atol=1e-5)
    assert len(raw.warnings) == (not unit) + (fs is None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (ReadOptions(None, 100), "does not say its units. Say whether its numbers are mV, uV or V"),
        (ReadOptions("uV", None), r"does not say its rate. Say how many samples per second"),
        (ReadOptions("mmHg", 100), "t.csv is in mmHg; mV, uV or V is needed"),
    ],
)
def test_units_and_rate_are_asked_for(options: ReadOptions, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        csv(f"{HEADER}\n{ROW}\n{ROW}\n", options)


def test_what_the_reader_said_is_said_again() -> None:
    assert csv(f"{HEADER}\n{ROW}\n{ROW}\n").warnings == (
        "Units taken as uV, as you said.",
        "Rate taken as 100 Hz, as you said.",
    )


def test_the_reader_and_the_file_must_agree() -> None:
    timed = "time_s," + HEADER + "\n" + "\n".join(f"{k / 500},{ROW}" for k in range(9))
    assert csv(timed, ReadOptions("uV")).fs_hz == 500
    assert csv(timed, ReadOptions("uV", 500)).warnings == ("Units taken as uV, as you said.",)
    with pytest.raises(RecordError, match=r"t\.csv says 500 Hz, you said 100 Hz. Leave one out"):
        csv(timed, ASKED)
    united = ",".join(f"{lead} (mV)" for lead in LEADS) + f"\n{ROW}\n"
    with pytest.raises(RecordError, match=r"t\.csv says mV, you said uV. Leave one out"):
        csv(united, ASKED)


@pytest.mark.parametrize(
    ("column", "fs"),
    [("t [ms]", 250.0), ("Time (s)", 0.25), ("time_us", 250_000.0), ("t [µs]", 250_000.0)],
)
def test_time_columns_say_their_unit(column: str, fs: float) -> None:
    rows = "\n".join(f"{4 * k},{ROW}" for k in range(9))
    assert csv(f"{column},{HEADER}\n{rows}", ReadOptions("uV")).fs_hz == pytest.approx(fs)


def test_rounded_times_still_give_the_rate() -> None:
    rows = "\n".join(f"{k / 360:.3f},{ROW}" for k in range(3600))
    assert csv(f"time_s,{HEADER}\n{rows}", ReadOptions("uV")).fs_hz == 360


def test_a_time_without_unit_is_no_rate() -> None:
    with pytest.raises(RecordError, match="does not say its rate"):
        csv(f"time,{HEADER}\n" + "\n".join(f"{k},{ROW}" for k in range(9)), ReadOptions("uV"))


def test_missing_rows_are_named() -> None:
    rows = [f"{k / 100:.2f},{ROW}" for k in range(100) if not 40 <= k < 45]
    with pytest.raises(RecordError, match="the time column jumps near row 4"):
        csv(f"time_s,{HEADER}\n" + "\n".join(rows), ReadOptions("uV"))
    with pytest.raises(RecordError, match="the time column does not rise"):
        csv(f"time_s,{HEADER}\n" + "\n".join(reversed(rows)), ReadOptions("uV"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.csv is empty"),
        ("# only a comment\n", "t.csv is empty"),
        (f"{ROW}\n{ROW}\n", "names no leads. Say in which order they stand"),
        (f"{ROW},4,1\n" * 2, "no line names the leads, and 14 columns hold samples. Put the names"),
        ("x" * 20_000, "the first line has 20,000 letters"),
        (
            f"{HEADER}\n{ROW}\n{ROW.replace('7', 'abc')}\n",
            "row 2, column 8 .* the cell is not a number",
        ),
        (f"{HEADER}\n{ROW},5\n", "rows that are longer than its first line, which names 12"),
        (f"{HEADER}\n" + f"{ROW}\n" * 30 + f"{ROW},5\n", "as a table .ParserError."),
        (f"{HEADER}\n" + "1\n" * 50, "rows that are shorter than its first line"),
        (HEADER + ",a" * 40 + f"\n{ROW}{',1' * 40}", "has 52 columns; at most 40"),
        (HEADER, "names leads and holds no row of numbers"),
        (f'{HEADER}\n"{ROW}\n', "holds no row of numbers|cannot be read as a table"),
        ("I [mV]," + HEADER[2:] + f"\n{ROW}\n", "gives units to some leads only"),
        ("I\0,II\n", "is not a text file"),
    ],
)
def test_tables_at_fault(text: str, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        csv(text)


def test_a_decimal_comma_does_not_hide_the_bad_cell() -> None:
    rows = "\n".join([";".join(["0,5"] * 12)] * 2 + [";".join(["0,5"] * 11 + ["n/e"])])
    with pytest.raises(RecordError, match="row 3, column 12 below the header: the cell"):
        csv(f"{';'.join(LEADS)}\n{rows}\n")


def test_gaps_are_named_by_lead_and_marked() -> None:
    ((name, content),) = csv_file(MICROVOLTS)
    lines = content.decode().splitlines()
    lines[7] = lines[7].rpartition(",")[0] + ","
    record = read_upload([(name, "\n".join(lines).encode())], ASKED)
    assert np.argwhere(np.isnan(record.recorded)).tolist() == [[11, 6]]
    assert "Not recorded in part: V6 (10 ms at 0.06 s)." in record.warnings


def test_other_columns_are_left_out_and_named() -> None:
    rows = "\n".join(f"{k},{ROW},60" for k in range(300))
    record = read_upload([("t.csv", f"sample,{HEADER},HR [bpm]\n{rows}\n".encode())], ASKED)
    assert record.signal[11, 0] == np.float32(0.011)
    assert "Left out, not one of the twelve leads: 1 channel." in record.warnings


@settings(deadline=None, max_examples=25)
@given(
    st.permutations(LEADS),
    st.sampled_from(["i2", "i4", "f4", "f8", ">i2"]),
    st.booleans(),
    st.floats(50, 4000),
)
def test_archives_are_read_as_written(names: list[str], dtype: str, turn: bool, fs: float) -> None:
    rows = MICROVOLTS[[LEADS.index(name) for name in names]].astype(dtype)
    raw = npz(signal=rows.T if turn else rows, fs_hz=fs, leads=names, units="uV")
    assert (raw.names, raw.fs_hz, len(raw.warnings)) == (tuple(names), fs, turn)
    np.testing.assert_allclose(raw.signal, rows.astype(float) / 1000, rtol=1e-6)


def test_an_archive_may_leave_names_units_and_rate_to_the_reader() -> None:
    raw = npz(ASKED, signal=MICROVOLTS)
    assert raw.names == LEADS
    assert raw.warnings[2].startswith("No leads are named; I, II, III")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": [1]}, "holds 1 array; one named signal is needed"),
        ({"signal": np.zeros(5)}, r"signal has shape \(5,\)"),
        ({"signal": np.zeros((8, 500))}, r"names no leads\. Say in which order they stand"),
        ({"signal": np.zeros((8, 500)), "leads": LEADS}, "names 12 leads, its signal has shape"),
        ({"signal": np.array([["a"]])}, "signal holds no numbers, which are needed"),
        ({"signal": np.array([[None]])}, "signal holds no numbers, which are needed"),
        ({"signal": np.zeros((12, 0))}, "has no samples"),
        ({"signal": MICROVOLTS, "fs_hz": [1, 2]}, "fs_hz holds 2 numbers"),
        ({"signal": MICROVOLTS, "leads": np.arange(12)}, "leads holds no texts, which are needed"),
    ],
)
def test_archives_at_fault(arrays: dict[str, Any], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        npz(ASKED, **arrays)


def test_an_archive_cannot_ask_for_more_memory_than_it_has() -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (12, 999999999999), }\n"
    fake = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with pytest.raises(RecordError, match=r"999999999999.* but 0 bytes; truncated"):
        read_npz(zip_file([("signal.npy", fake)])[0][1], "t.npz", ASKED)


@pytest.mark.parametrize("letter", [0x11FFFF, 0xFFFFFFFF, 0xD800])
def test_names_that_are_no_text_are_refused(letter: int) -> None:
    names = np.full(12, letter, np.uint32).view("<U1")
    with pytest.raises(RecordError, match=r"t\.npz: leads is damaged"):
        npz(ASKED, signal=MICROVOLTS, leads=names)


def test_names_in_the_other_byte_order() -> None:
    raw = npz(ASKED, signal=MICROVOLTS, leads=np.array(LEADS, dtype=">U5"))
    assert raw.names == LEADS


@pytest.mark.parametrize("before", ["\n", "\r\n", "\n\n", "# exported\n\n", "\n#\n"])
def test_a_table_may_begin_with_empty_lines_and_comments(before: str) -> None:
    rows = "\n".join(",".join(str(lead + 12 * k) for lead in range(12)) for k in range(3))
    raw = csv(f"{before}{HEADER}\n{rows}\n")
    assert raw.names == LEADS
    assert raw.signal == pytest.approx((np.arange(12)[:, None] + [0, 12, 24]) / 1000)


def test_nothing_but_empty_lines_is_refused() -> None:
    with pytest.raises(RecordError, match="is empty"):
        csv("\n\n# nothing\n")
