"""WFDB headers: what is mended, and which line is at fault where nothing can be."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ecgcore.errors import RecordError
from ecgcore.io.wfdb import headers
from ecgcore.io.wfdb.headers import Header, parse_header

LINE = "ecg.dat 16 1000(5)/mV 16 0 -7 65535 0 V1"


def header(*lines: str, record: str = "ecg 1 500 5000") -> Header:
    return parse_header("\n".join([record, *(lines or [LINE]), "#Age: 60"]).encode(), "ecg.hea")


def test_a_full_line_says_everything() -> None:
    parsed = header()
    (spec,) = parsed.signals
    assert (parsed.fs_hz, parsed.n_samples, parsed.files) == (500.0, 5000, ("ecg.dat",))
    assert (spec.fmt, spec.offset, spec.gain, spec.baseline) == (16, 0, 1000.0, 5)
    assert (spec.unit, spec.checksum, spec.name) == ("mV", 65535, "V1")
    assert parsed.warnings == ()


@given(
    st.sampled_from(["ecg", "ecg.mat", "ecg.hea", "a_1.dat"]),
    st.floats(50, 4000),
    st.integers(1, 1_000_000),
    st.sampled_from([" ", "  ", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
    st.floats(1e-3, 1e6) | st.integers(1, 10**6),
    st.integers(-30000, 30000),
)
def test_spaces_ends_of_lines_and_record_names_do_not_matter(
    name: str, fs: float, n: int, gap: str, end: str, gain: float, baseline: int
) -> None:
    record = gap.join([name, "1", f"{fs:.6f}", str(n), "05-May-2020", "14:50:55"])
    signal = gap.join(["e.mat", "16+24", f"{gain}({baseline})/mV", "16 0 1 -2 0 aVR"])
    parsed = parse_header(end.join(["# first", record, "", signal, "#Dx: 1"]).encode(), "ecg.hea")
    (spec,) = parsed.signals
    assert (parsed.fs_hz, parsed.n_samples) == (pytest.approx(fs, abs=1e-6), n)
    assert (spec.gain, spec.baseline, spec.offset) == (pytest.approx(gain), baseline, 24)
    assert (spec.checksum, spec.name) == (65534, "aVR")
    assert len(parsed.warnings) == ("." in name)


def test_what_a_line_may_leave_out() -> None:
    parsed = header("e.dat 16 200", "e.dat 16 200/uV 12 7", "e.dat 16 1e3 II", record="e 3 360")
    first, second, third = parsed.signals
    assert (first.baseline, first.unit, first.checksum, first.name) == (0, "mV", None, "")
    assert (second.baseline, second.unit) == (7, "uV")
    assert (third.gain, third.name) == (1000.0, "II")
    assert parsed.n_samples is None


def test_the_rate_that_wfdb_takes_for_granted_is_said() -> None:
    parsed = header(record="ecg 1")
    assert (parsed.fs_hz, len(parsed.warnings)) == (250.0, 1)
    assert "250 Hz was taken" in parsed.warnings[0]


@pytest.mark.parametrize(
    ("record", "warning"),
    [
        ("ecg.mat 1 500 5000", "line 1 was mended: the record's name ends like"),
        ("\N{BYTE ORDER MARK}ecg 1 500 5000", "line 1 was mended: a byte order mark"),
    ],
)
def test_record_lines_that_are_mended(record: str, warning: str) -> None:
    parsed = header(record=record)
    assert warning in parsed.warnings[0]
    assert parsed.n_samples == 5000


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ("ecg", "a name and the number of signals are needed"),
        ("my record 1 500", "a name and the number of signals are needed"),
        ("ecg 2 500 5000", "it announces 2 signals, 1 signal lines follow"),
        ("ecg 1 5o0 5000", "its third word is no number of samples per second"),
        ("ecg 1 500,0 5000", "its third word is no number of samples per second"),
        ("ecg 1 500 many", "its fourth word is no number of samples"),
        ("ecg/3 1 500 5000", "it announces 3 segments, 1 segment lines follow"),
        ("ecg/0 1 500 5000", "what follows / is no number of segments"),
        ("a/b/c 1 500 5000", "what follows / is no number of segments"),
        ("ecg 1 3.6e 5000", "its third word is no number of samples per second"),
        ("ecg 1 -500 5000", "its third word is no number of samples per second"),
    ],
)
def test_record_lines_at_fault(record: str, why: str) -> None:
    with pytest.raises(RecordError, match=r"ecg\.hea cannot be read, line 1 is at fault") as caught:
        header(record=record)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ecg.dat", "a file and a format are needed"),
        ("- 16 1000/mV 16 0 0 0 0 I", "its first word is not the plain name of a file"),
        ("../ecg.dat 16 1000", "is not the plain name of a file"),
        ("c:\\ecg.dat 16 1000", "is not the plain name of a file"),
        ("ecg.dat x16 1000", "its second word is no signal format"),
        ("ecg.dat 312 1000", "signal format 312 cannot be read"),
        ("ecg.dat 0 1000", "signal format 0 cannot be read"),
        ("ecg.dat 16 0/mV 16 0 0 0 0 I", "its gain is 0 or missing"),
        ("ecg.dat 16 0.0(7)/mV 16 0 0 0 0 -aVR", "its gain is 0 or missing"),
        ("ecg.dat 16 1e400/mV 16 0 0 0 0 I", "the gain is inf"),
        ("ecg.dat 16 1,000/mV 16 0 0 0 0 I", "its third word is no gain"),
        ("ecg.dat 16 1..5/mV 16 0 0 0 0 I", "its third word is no gain"),
        ("ecg.dat 16 1000/mV 16 O 0 0 0 I", "its word 5 is no whole number"),
    ],
)
def test_signal_lines_at_fault(line: str, why: str) -> None:
    with pytest.raises(RecordError, match=r"line 3 is at fault") as caught:
        header(LINE, line, record="ecg 2 500 5000")
    assert why in str(caught.value)
    assert line not in str(caught.value)


@example(b"\x1c")
@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_or_refused(content: bytes) -> None:
    with suppress(RecordError):
        parsed = parse_header(content, "ecg.hea")
        assert parsed.signals or parsed.segments


def fits(text: str, message: str) -> None:
    """Parse a header that is sound where there is no message."""
    if not message:
        parse_header(text.encode(), "e.hea")
    else:
        with pytest.raises(RecordError, match=message):
            parse_header(text.encode(), "e.hea")


@pytest.mark.parametrize(("n", "message"), [(1000, ""), (1001, "more than 1000 lines")])
def test_a_header_has_1000_lines(n: int, message: str) -> None:
    lines = [f"line{k} 1" for k in range(n)]
    if message:
        with pytest.raises(RecordError, match=message):
            headers._lines("\n".join(lines).encode(), "e.hea")
    else:
        found, warnings = headers._lines("\n".join(lines).encode(), "e.hea")
        assert (len(found), warnings) == (1000, [])


@pytest.mark.parametrize(("n", "message"), [(1000, ""), (1001, "is too long")])
def test_a_line_has_a_thousand_letters(n: int, message: str) -> None:
    start = "e 1 100 200\ne.dat 16 1000 16 0 0 0 0 I"
    line = start.rpartition("\n")[2]
    fits(f"{start}{'I' * (n - len(line))}", message)


@pytest.mark.parametrize(
    ("gain", "message"),
    [
        ("1e-9", ""),
        ("9e-10", "so that the amplitude is not known"),
        ("1e12", ""),
        ("1.1e12", "so that the amplitude is not known"),
        ("-200", ""),
        ("0", "not calibrated, so that the amplitude is not known"),
        ("1.2.3", "is no gain"),
    ],
)
def test_gains(gain: str, message: str) -> None:
    fits(f"e 1 100 200\ne.dat 16 {gain} 16 0 0 0 0 I", message)


@pytest.mark.parametrize(
    ("fields", "baseline", "checksum", "name"),
    [
        ("200", 0, None, ""),
        ("200 16", 0, None, ""),
        ("200 16 5", 5, None, ""),  # without a baseline the ADC's zero is it
        ("200(7) 16 5", 7, None, ""),
        ("200(0) 16 5 9", 0, None, ""),
        ("200 16 5 9 65537", 5, 1, ""),
        ("200 16 5 9 -1 0 V1", 5, 65535, "V1"),
        ("200 16 5 9 -1 0 lead V1", 5, 65535, "lead V1"),
    ],
)
def test_the_fields_of_a_signal(
    fields: str, baseline: int, checksum: int | None, name: str
) -> None:
    (spec,) = parse_header(f"e 1 100 200\ne.dat 16 {fields}".encode(), "e.hea").signals
    assert (spec.gain, spec.baseline, spec.checksum, spec.name) == (200, baseline, checksum, name)
    assert (spec.fmt, spec.offset, spec.unit) == (16, 0, "mV")


@pytest.mark.parametrize(
    ("rest", "name"),
    [
        ("16 5 9 1 0 ECG lead II", "ECG lead II"),
        ("16 5 9 1 0 a b c d", "a b c d"),
        ("16 5 9 1 0 12 lead ECG", "12 lead ECG"),
        ("16 5 9 1 0 Müller 5 µm", "Müller 5 µm"),
        ("16 ECG lead II", "ECG lead II"),
    ],
)
def test_a_description_may_have_several_words(rest: str, name: str) -> None:
    (spec,) = parse_header(f"e 1 100 200\ne.dat 16 200 {rest}".encode(), "e.hea").signals
    assert spec.name == name


def test_words_among_the_numbers_are_at_fault() -> None:
    fits("e 1 100 200\ne.dat 16 200 16 x y z", "its word 5 is no whole number")


@pytest.mark.parametrize(
    ("word", "fmt", "per_frame", "skew", "offset"),
    [
        ("16", 16, 1, 0, 0),
        ("16x1", 16, 1, 0, 0),
        ("16x2", 16, 2, 0, 0),
        ("212:3", 212, 1, 3, 0),
        ("16+24", 16, 1, 0, 24),
        ("310x4:5+6", 310, 4, 5, 6),
        ("8", 8, 1, 0, 0),
        ("516", 516, 1, 0, 0),
    ],
)
def test_formats(word: str, fmt: int, per_frame: int, skew: int, offset: int) -> None:
    (spec,) = parse_header(f"e 1 100 200\ne.dat {word} 200".encode(), "e.hea").signals
    assert (spec.fmt, spec.per_frame, spec.skew, spec.offset) == (fmt, per_frame, skew, offset)


@pytest.mark.parametrize(
    ("words", "fs_hz"),
    [
        ("3.6e2", 360),
        ("3.6E+02", 360),
        ("357.14285714285717", 357.14285714285717),
        (".5e3", 500),
        ("500.", 500),
        ("360/24(10)", 360),
        ("3.6e2/1.5(-3)", 360),
    ],
)
@pytest.mark.parametrize("time", ["", " 14:50:55.25 05/05/2020", " 2:3"])
def test_rates_in_every_writing_with_counters_and_times(
    words: str, fs_hz: float, time: str
) -> None:
    parsed = parse_header(f"e 1 {words} 200{time}\ne.dat 16 200".encode(), "e.hea")
    assert (parsed.fs_hz, parsed.n_samples) == (fs_hz, 200)


@pytest.mark.parametrize(
    "line",
    [
        "e.dat 16 0/mmHg 16 0 0 0 0 ABP",
        "e.dat 16 none 16 0 0 0 0 RESP",
        "e.dat 16",
        "./e.dat 16 200 16 0 0 0 0 I # a remark",
        "~ 0 200 16 0 0 0 0 I",
    ],
)
def test_lines_that_are_no_reason_to_refuse(line: str) -> None:
    (spec,) = parse_header(f"e 1 100 200\n{line}".encode(), "e.hea").signals
    assert spec.file in {"e.dat", "~"}
    assert "remark" not in spec.name


def test_only_files_with_leads_are_needed() -> None:
    text = "e 3 100 9\na.dat 16 1 16 0 0 0 0 I\nb.dat 16 1 16 0 0 0 0 ABP\n~ 0 1 16 0 0 0 0 V1"
    assert parse_header(text.encode(), "e.hea").files == ("a.dat",)


def test_segments_are_told_from_signals() -> None:
    text = "e/4 2 360 700 # a comment\ne_layout 0\na 300\n~ 100\nb 300"
    parsed = parse_header(text.encode(), "e.hea")
    assert [(one.record, one.n_samples) for one in parsed.segments] == [
        ("e_layout", 0), ("a", 300), ("~", 100), ("b", 300),
    ]  # fmt: skip
    assert (parsed.files, parsed.signals) == (("a.hea", "b.hea"), ())


@pytest.mark.parametrize("line", ["../a 300", "a", "a 3 4", "a many", ". 3", "/a 3"])
def test_segment_lines_at_fault(line: str) -> None:
    with pytest.raises(RecordError, match="line 2 is at fault"):
        parse_header(f"e/1 2 360 300\n{line}".encode(), "e.hea")
