"""Tables of samples at the limits of what is read."""

import numpy as np
import pytest

from ecgcore.errors import RecordError
from ecgcore.io.raw import RawEcg, ReadOptions
from ecgcore.io.tables import npz_files
from ecgcore.io.tables.csv_files import read_csv
from ecgcore.io.tables.texts import decoded
from ecgcore.leads import LEADS

ASKED = ReadOptions("uV", 100)
HEADER = ",".join(LEADS)
ROW = ",".join(map(str, range(12)))


def csv(text: str, options: ReadOptions = ASKED) -> RawEcg:
    return read_csv(text.encode(), "t.csv", options)


@pytest.mark.parametrize(("n_letters", "fits"), [(10_000, True), (10_001, False)])
def test_a_header_has_ten_thousand_letters(n_letters: int, fits: bool) -> None:
    header = HEADER + ",a" + "b" * (n_letters - len(HEADER) - 2)
    if fits:
        assert csv(f"{header}\n{ROW},1\n").left_out == ("column 13",)
    else:
        with pytest.raises(RecordError, match="the first line has 10,001 letters"):
            csv(f"{header}\n{ROW},1\n")


@pytest.mark.parametrize(("n_more", "fits"), [(28, True), (29, False)])
def test_forty_columns_are_read(n_more: int, fits: bool) -> None:
    text = f"{HEADER}{',x' * n_more}\n{ROW}{',1' * n_more}\n"
    if fits:
        assert len(csv(text).left_out) == 28
    else:
        with pytest.raises(RecordError, match="has 41 columns; at most 40"):
            csv(text)


@pytest.mark.parametrize(("n_short", "fits"), [(10, True), (12, False)])
def test_one_cell_in_ten_may_be_missing_at_the_ends_of_rows(n_short: int, fits: bool) -> None:
    """A hundred rows of eleven separators: 0.9 of 98 rows are asked for."""
    rows = [ROW] * (100 - n_short) + ["1"] * n_short
    text = f"{HEADER}\n" + "\n".join(rows)
    if fits:
        assert csv(text).signal.shape == (12, 100)
    else:
        with pytest.raises(RecordError, match="rows that are shorter"):
            csv(text)


@pytest.mark.parametrize(("at", "text"), [(4095, False), (4097, True)])
def test_a_text_has_no_zero_byte_in_its_first_4096(at: int, text: bool) -> None:
    body = f"{HEADER}\n" + f"{ROW}\n" * 300
    content = body.encode()
    content = content[:at] + b"\0" + content[at + 1 :]
    if text:
        assert decoded(content, "t.csv").startswith("I,II")
    else:
        with pytest.raises(RecordError, match="is not a text file"):
            decoded(content, "t.csv")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"I;\0\0", None),
        ("I;µ\n".encode("utf-16-le"), "I;µ\n"),
        (b"\xff\xfe" + "I;µ\n".encode("utf-16-le"), "I;µ\n"),
        (b"\xfe\xff" + "I;µ\n".encode("utf-16-be"), "I;µ\n"),
        ("I;µ\n".encode("latin-1"), "I;µ\n"),
        (b"a\rb\r", "a\nb\n"),
        (b"a\r\nb", "a\r\nb"),
    ],
)
def test_texts_in_their_usual_encodings(content: bytes, text: str | None) -> None:
    if text is None:
        with pytest.raises(RecordError, match="is not a text file"):
            decoded(content, "t.csv")
    else:
        assert decoded(content, "t.csv") == text


def timed(times: list[float], unit: str = "s") -> RawEcg:
    rows = "\n".join(f"{time!r},{ROW}" for time in times)
    return csv(f"time_{unit},{HEADER}\n{rows}\n", ReadOptions("uV"))


@pytest.mark.parametrize(("off", "fits"), [(0.74, True), (0.76, False)])
def test_a_time_may_be_off_by_three_quarters_of_a_step(off: float, fits: bool) -> None:
    times = [k / 100 for k in range(100)]
    times[40] += off / 100
    if fits:
        assert timed(times).fs_hz == 100
    else:
        with pytest.raises(RecordError, match="jumps near row 41"):
            timed(times)


@pytest.mark.parametrize(
    ("fs_hz", "found"), [(100.019, 100.0), (100.021, 100.021), (99.981, 100.0)]
)
def test_a_rate_within_a_fiftieth_of_a_percent_is_whole(fs_hz: float, found: float) -> None:
    assert timed([k / fs_hz for k in range(500)]).fs_hz == pytest.approx(found, abs=1e-4)


@pytest.mark.parametrize(("n", "told"), [(2, False), (3, True)])
def test_three_times_tell_a_rate(n: int, told: bool) -> None:
    if told:
        assert timed([k / 100 for k in range(n)]).fs_hz == 100
    else:
        with pytest.raises(RecordError, match="does not say its rate"):
            timed([k / 100 for k in range(n)])


@pytest.mark.parametrize(
    ("times", "message"),
    [([0.0, 0.0, 0.0], "does not rise"), ([0.0, 1.0, float("nan")], "does not rise")],
)
def test_times_must_rise(times: list[float], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        timed(times)


@pytest.mark.parametrize("unit", ["s", "sec", "seconds", "ms", "us"])
def test_each_unit_of_time(unit: str) -> None:
    step = {"ms": 10.0, "us": 10_000.0}.get(unit, 0.01)
    assert timed([k * step for k in range(20)], unit).fs_hz == 100


def test_of_two_time_columns_the_first_counts() -> None:
    rows = "\n".join(f"{k / 100},{k},{ROW}" for k in range(20))
    found = csv(f"time_s,t [ms],{HEADER}\n{rows}\n", ReadOptions("uV"))
    assert found.fs_hz == 100
    assert found.names == LEADS


@pytest.mark.parametrize(("separator", "header"), [(";", ";"), ("\t", "\t"), (",", ",")])
def test_the_separator_is_the_one_that_parts_the_leads(separator: str, header: str) -> None:
    rows = "\n".join([separator.join("1.5" for _ in LEADS)] * 3)
    assert csv(f"{header.join(LEADS)}\n{rows}\n").signal[0, 0] == 0.0015


def test_a_decimal_comma_is_read_where_the_separator_is_another() -> None:
    rows = "\n".join([";".join("1,5" for _ in LEADS)] * 3)
    assert csv(f"{';'.join(LEADS)}\n{rows}\n").signal[0, 0] == 0.0015


def test_columns_named_by_numbers_are_left_out() -> None:
    counters = ["sample"] * 3 + [str(10**k) for k in range(20)]
    rows = f"{','.join(['1'] * len(counters))},{ROW}\n" * 3
    found = csv(f"{','.join(counters)},{HEADER}\n{rows}")
    assert found.names == LEADS
    assert found.signal[11, 0] == np.float32(0.011)
    assert found.left_out == tuple(f"column {k}" for k in range(4, 24))


def npy(array: np.ndarray) -> bytes:
    from io import BytesIO

    stream = BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize(("n", "fits"), [(1000, True), (1001, False)])
def test_a_thousand_texts_are_read(n: int, fits: bool) -> None:
    names = np.array(["I"] * n)
    if fits:
        assert npz_files._decoded(names, "t.npz", "leads") == ["I"] * n
    else:
        with pytest.raises(RecordError, match="leads holds 1,001 texts; at most 1000"):
            npz_files._decoded(names, "t.npz", "leads")


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_is_read_in_its_own_order(order: str) -> None:
    array = np.asarray(np.arange(24).reshape(2, 12), order=order)
    found = npz_files.parse_npy(npy(array), "t.npz", "signal", "iuf")
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("cut", [-1, 1])
def test_an_array_has_exactly_the_bytes_of_its_shape(cut: int) -> None:
    content = npy(np.arange(24.0))
    content = content[:cut] if cut < 0 else content + b"\0" * cut
    with pytest.raises(RecordError, match=r"has shape \(24,\) but 19[13] bytes; truncated"):
        npz_files.parse_npy(content, "t.npz", "signal", "iuf")


def test_one_number_may_have_any_shape() -> None:
    for array in (np.array(250), np.array([250.0]), np.array([[250]])):
        assert npz_files._rate({"fs_hz.npy": npy(array)}, "t.npz") == 250.0
    assert npz_files._rate({}, "t.npz") is None


def test_one_line_of_commas_holds_no_samples() -> None:
    """Found by the fuzzer (seed 13, case 1389) in a damaged export."""
    with pytest.raises(RecordError, match="holds no column of samples"):
        read_csv(b">4" + b"," * 38 + b"5,3,", "t.csv", ReadOptions())
