"""Tables as devices and programs export them: each gives the samples that were written."""

import csv as csv_module
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from io import StringIO

import numpy as np
import pytest

from ecgcore.errors import RecordError
from ecgcore.io.missing_units import NotSaidError
from ecgcore.io.raw import FILE_SAYS_ALL, OneLeadError, ReadOptions
from ecgcore.io.recordings import read_upload
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord
from tests.support.uploads import dipole_microvolts

MV = dipole_microvolts() / 1000
FS = 100
SAID = ReadOptions("mV", FS)
RATE = ReadOptions(fs_hz=FS)
N = MV.shape[1]


def read(text: str | bytes, options: ReadOptions = FILE_SAYS_ALL, name: str = "t.csv") -> EcgRecord:
    content = text if isinstance(text, bytes) else text.encode()
    return read_upload([(name, content)], options)


def check(record: EcgRecord, atol: float = 1e-6) -> None:
    assert record.fs_hz == FS
    np.testing.assert_allclose(record.signal, MV, atol=atol)


def table(
    names: Sequence[str] | None = LEADS,
    rows: np.ndarray = MV,
    *,
    separator: str = ",",
    first: Sequence[str] | None = None,
    first_name: str = "",
    above: str = "",
    decimal: str = ".",
    end: str = "\n",
) -> str:
    lines = [above.rstrip("\n")] if above else []
    if names is not None:
        lines.append(separator.join([*([first_name] if first is not None else []), *names]))
    for k, row in enumerate(rows.T):
        cells = [f"{value:.3f}".replace(".", decimal) for value in row]
        lines.append(separator.join([*([first[k]] if first is not None else []), *cells]))
    return end.join(lines) + end


UNITED: dict[str, Callable[[str], str]] = {
    "I [mV]": lambda lead: f"{lead} [mV]",
    "I (mV)": lambda lead: f"{lead} (mV)",
    "I mV": lambda lead: f"{lead} mV",
    "I_mV": lambda lead: f"{lead}_mV",
    "I/mV": lambda lead: f"{lead}/mV",
    "I / mV": lambda lead: f"{lead} / mV",
    "I in mV": lambda lead: f"{lead} in mV",
    "I-mV": lambda lead: f"{lead}-mV",
    "I.mV": lambda lead: f"{lead}.mV",
    "R": lambda lead: f"{lead}..mV.",
    "ImV": lambda lead: f"{lead}mV",
    "mV I": lambda lead: f"mV {lead}",
    "I{mV}": lambda lead: f"{lead}{{mV}}",
    "I, quoted": lambda lead: f'"{lead} [mV]"',
    "I [millivolts]": lambda lead: f"{lead} [millivolts]",
    "ECG_I(mV)": lambda lead: f"ECG_{lead}(mV)",
    "Lead I voltage [mV]": lambda lead: f"Lead {lead} voltage [mV]",
    "ecg.lead_i.mv": lambda lead: f"ecg.lead_{lead}.mv".lower(),
}
NAMED: dict[str, Callable[[str], str]] = {
    "EKG I": lambda lead: f"EKG {lead}",
    "ECG.I": lambda lead: f"ECG.{lead}",
    "ECG I": lambda lead: f"ECG {lead}",
    "ECG-I": lambda lead: f"ECG-{lead}",
    "ecg_i": lambda lead: f"ecg_{lead}".lower(),
    "LeadI": lambda lead: f"Lead{lead}",
    "lead i": lambda lead: f"lead {lead}".lower(),
    "Lead_I": lambda lead: f"Lead_{lead}",
    "Lead: I": lambda lead: f"Lead: {lead}",
    "Ableitung I": lambda lead: f"Ableitung {lead}",
    "Kanal I": lambda lead: f"Kanal {lead}",
    "MDC": lambda lead: f"MDC_ECG_LEAD_{lead.upper()}",
    "EKGI": lambda lead: f"EKG{lead}",
    "I (adc)": lambda lead: f"{lead} (adc)",
    "'I'": lambda lead: f"'{lead}'",
    "V 1": lambda lead: lead.replace("V", "V ").replace("aV ", "aV"),
    "V_1": lambda lead: lead.replace("V", "V_").replace("aV_", "aV"),
    "C1": lambda lead: lead.replace("V", "C") if lead[0] == "V" else lead,
    "I_filtered": lambda lead: f"{lead}_filtered",
}


@pytest.mark.parametrize("spelled", UNITED.values(), ids=UNITED)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_units_in_names(spelled: Callable[[str], str], separator: str) -> None:
    check(read(table([spelled(lead) for lead in LEADS], separator=separator), RATE))


@pytest.mark.parametrize("spelled", NAMED.values(), ids=NAMED)
@pytest.mark.parametrize("separator", [",", "\t"])
def test_names_of_leads(spelled: Callable[[str], str], separator: str) -> None:
    text = table([spelled(lead) for lead in LEADS], separator=separator)
    check(read(text, SAID))
    with pytest.raises(NotSaidError) as asked:
        read(text)
    assert [(one.field, one.guess) for one in asked.value.questions] == [
        ("units", "mV"),
        ("fs_hz", FS),
    ]


SECONDS = [f"{k / FS:.3f}" for k in range(N)]


@pytest.mark.parametrize(
    ("first_name", "row"),
    [
        ("time", "s" + ",mV" * 12),
        ("time", "[s]" + ",[mV]" * 12),
        ("'Elapsed time'", "'seconds'" + ",'mV'" * 12),
        ("t", "(s)" + ",(mV)" * 12),
        ("Time (s)", "" + ",mV" * 12),
        ("zeit", "Sekunden" + ",millivolt" * 12),
    ],
)
def test_a_second_row_of_units(first_name: str, row: str) -> None:
    text = table(first=SECONDS, first_name=first_name)
    header, _, body = text.partition("\n")
    check(read(f"{header}\n{row}\n{body}"))


@pytest.mark.parametrize(
    "above",
    [
        "sep={0}",
        "Patient: DOE, JANE 1950-01-01",
        "Name{0}Jane Doe\nID{0}4711\n",
        "# exported by a program, version 1.2\n# rate unknown",
        "% comment; with, separators",
        "ECG export\n\nStart: 2021-12-17 12:58:58\nDuration: 10 s\n----------\n",
        "sep={0}\nPatient;X\n",
        "Filter: 0.05-150 Hz\nNotch: 50 Hz\nGain: 10 mm/mV\nHR: 72\nQT/QTc: 400/410",
        "Jahr,2020\nAlter,54\nGewicht,80",
    ],
)
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_lines_above_the_names(above: str, separator: str) -> None:
    check(read(table(above=above.format(separator), separator=separator), SAID))


@pytest.mark.parametrize(
    "line",
    [
        "Sampling rate: 100 Hz",
        "Sample Rate,100 hertz",
        "Sampling Frequency (Hz): 100",
        "fs=100",
        "Abtastrate;100 Hz",
        "SAMPLING_RATE 	100",
        "Sampling interval: 10 ms",
        "Sample interval [ms]: 10",
        "Sampling rate: 0,1 kHz",
        "# fs: 100.0",
        "Samples per second, 100",
    ],
)
def test_a_rate_in_a_line_above(line: str) -> None:
    check(read(table(above=f"Patient: X\n{line}\n"), ReadOptions("mV")))


@pytest.mark.parametrize(
    ("line", "scale"),
    [("Unit: mV", 1), ("Units,µV", 1000), ("Einheit;uV", 1000), ("unit = millivolt", 1)],
)
def test_a_unit_in_a_line_above(line: str, scale: int) -> None:
    check(read(table(rows=MV * scale, above=line), RATE))


def test_each_lead_may_have_its_own_unit() -> None:
    units = ["mV"] * 6 + ["µV"] * 6
    rows = np.vstack([MV[:6], 1000 * MV[6:]])
    names = [f"{lead} [{unit}]" for lead, unit in zip(LEADS, units, strict=True)]
    check(read(table(names, rows), RATE))
    lines = table(rows=rows).splitlines()
    check(read("\n".join([lines[0], ",".join(units), *lines[1:]]), RATE))


def test_a_rate_above_and_times_must_agree() -> None:
    timed = {"first": SECONDS, "first_name": "time_s"}
    check(read(table(above="Sampling rate: 100 Hz", **timed), ReadOptions("mV")))
    with pytest.raises(RecordError, match="states 500 Hz above its table, whose times make 100 Hz"):
        read(table(above="Sampling rate: 500 Hz", **timed), ReadOptions("mV"))


@pytest.mark.parametrize(
    "above",
    [
        "Abtastrate,100 Hertz\nAbleitung,Ableitung I\nEinheit,µV",
        "Taux d'échantillonnage,100 hertz\nDérivation,Dérivation I\nUnité,µV",
        "Frecuencia de muestreo,100 hercios\nDerivación,Derivación I\nUnidad,µV",
        "Frequenza di campionamento,100 hertz\nDerivazione,Derivazione I\nUnità,µV",
    ],
)
def test_a_watch_in_other_languages(above: str) -> None:
    values = "\n".join(f"{value:.3f}" for value in MV[0] * 1000)
    with pytest.raises(OneLeadError, match=r"one lead \(I, 100 Hz\) of 10 s") as told:
        read(f"{above}\n\n{values}\n")
    np.testing.assert_allclose(told.value.one.signal, MV[0], atol=1e-6)


def test_rows_that_end_early_are_no_fault() -> None:
    lines = table(first=SECONDS, first_name="time").splitlines()
    for k in (1, 3, 5):
        lines[k] = lines[k][: 5 * k]
    with pytest.raises(RecordError):
        read("\n".join(lines[:20]))


def test_what_is_no_plain_statement_above_states_nothing() -> None:
    with pytest.raises(NotSaidError) as asked:
        read(table(above="Filter frequency: 150 Hz\nRate of the heart: 72\nUnit 7, Ward: 3"))
    assert {one.field for one in asked.value.questions} == {"units", "fs_hz"}


def clock(k: int, form: str) -> str:
    at = datetime(2021, 12, 31, 23, 59, 58) + timedelta(seconds=k / FS)
    return at.strftime(form.replace("%3", f"{at.microsecond // 1000:03d}"))


@pytest.mark.parametrize(
    ("first_name", "cell"),
    [
        ("time_s", lambda k: f"{k / FS}"),
        ("Time [ms]", lambda k: f"{10 * k}"),
        ("time", lambda k: f"{k / FS:.2f}"),
        ("t", lambda k: f"{10 * k}"),
        ("timestamp", lambda k: f"{1639717138000 + 10 * k}"),
        ("timestamp", lambda k: f"{1639717138 + k / FS:.3f}"),
        ("time_us", lambda k: f"{10_000 * k}"),
        ("Timestamp_ns", lambda k: f"{1639717138000000000 + 10_000_000 * k}"),
        ("Time", lambda k: clock(k, "%H:%M:%S.%3")),
        ("Uhrzeit", lambda k: clock(k, "%H:%M:%S.%3").replace(".", ",")),
        ("Elapsed time", lambda k: f"'{k // 6000}:{k / FS % 60:06.3f}'"),
        ("Time", lambda k: f"[{clock(k, '%H:%M:%S.%3 %d/%m/%Y')}]"),
        ("datetime", lambda k: clock(k, "%Y-%m-%d %H:%M:%S.%3")),
        ("Date/Time", lambda k: clock(k, "%Y-%m-%dT%H:%M:%S.%3Z")),
        ("Date/Time", lambda k: clock(k, "%d.%m.%Y %H:%M:%S.%3")),
        ("time", lambda k: clock(k, "%m/%d/%Y %I:%M:%S.%3 %p")),
        ("time", lambda k: clock(k, "%H:%M:%S")),
        ("", lambda k: f"{k / FS:.3f}"),
        ("", lambda k: clock(k, "%H:%M:%S.%3")),
    ],
)
@pytest.mark.parametrize("separator", [";", "\t"])
def test_times_tell_the_rate(first_name: str, cell: Callable[[int], str], separator: str) -> None:
    names = [f"{lead} [mV]" for lead in LEADS]
    first = [cell(k) for k in range(N)]
    check(read(table(names, first=first, first_name=first_name, separator=separator)))


def test_a_date_beside_a_time() -> None:
    rows = table([f"{lead} mV" for lead in LEADS]).splitlines()
    lines = [f"Date,Time,{rows[0]}"]
    lines += [f"2021-12-31,{clock(k, '%H:%M:%S.%3')},{row}" for k, row in enumerate(rows[1:])]
    check(read("\n".join(lines)))


def test_rows_that_are_counted_tell_no_rate() -> None:
    names = [f"{lead} mV" for lead in LEADS]
    for first_name in ("sample", "", "index", "Unnamed: 0", "time"):
        text = table(names, first=[str(k) for k in range(N)], first_name=first_name)
        check(read(text, RATE))
        with pytest.raises(NotSaidError, match="does not say its rate"):
            read(text)


def test_rows_named_by_their_number_as_r_writes_them() -> None:
    rows = table().splitlines()
    lines = [rows[0], *(f'"{k}",{row}' for k, row in enumerate(rows[1:], start=1))]
    check(read("\n".join(lines), SAID))


@pytest.mark.parametrize("separator", [";", "\t", " ", "|"])
@pytest.mark.parametrize("names", [LEADS, None])
def test_decimal_commas(separator: str, names: Sequence[str] | None) -> None:
    check(read(table(names, separator=separator, decimal=","), SAID))


def test_decimal_commas_in_quotes() -> None:
    stream = StringIO()
    writer = csv_module.writer(stream)
    writer.writerow(LEADS)
    writer.writerows([[f"{value:.3f}".replace(".", ",") for value in row] for row in MV.T])
    check(read(stream.getvalue(), SAID))


def test_columns_of_fixed_width() -> None:
    lines = ["".join(f"{lead:>10}" for lead in ("time", *LEADS))]
    lines += ["".join(f"{'(' + unit + ')':>10}" for unit in ("s", *["mV"] * 12))]
    lines += ["".join(f"{value:10.3f}" for value in (k / FS, *row)) for k, row in enumerate(MV.T)]
    check(read("\n".join(lines)))


def test_names_of_two_words_between_blanks() -> None:
    header = "  ".join(f"{lead} (mV)" for lead in LEADS)
    lines = [header, *("   ".join(f"{value:.3f}" for value in row) for row in MV.T)]
    check(read("\n".join(lines), RATE))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_ends_of_lines(encoding: str, end: str) -> None:
    text = table([f"{lead} [µV]" for lead in LEADS], MV * 1000, above="Müller", end=end)
    check(read(text.encode(encoding), RATE))


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [f"{line};" for line in lines],
        lambda lines: [lines[0], *(f"{line};" for line in lines[1:])],
        lambda lines: [f"{line};R" if k % 100 else f"{line};" for k, line in enumerate(lines)],
        lambda lines: [f"{line};free text, with commas" for line in lines],
        lambda lines: [f"Jane Doe;{line}" for line in lines],
        lambda lines: [*lines[:5], "# paused, then resumed", *lines[5:]],
        lambda lines: [*lines, "", "end of file"],
        lambda lines: [*lines, "# 1000 samples"],
        lambda lines: [lines[0], "", *lines[1:]],
        lambda lines: [lines[0], "-" * 40, *lines[1:]],
        lambda lines: [line.replace(";", " ; ") for line in lines],
        lambda lines: [f'"{line}"'.replace(";", '";"') for line in lines],
        lambda lines: [
            f"{line};{72 + k % 3}" if k else f"{line};HR" for k, line in enumerate(lines)
        ],
    ],
)
def test_what_is_beside_the_leads_costs_no_recording(
    change: Callable[[list[str]], list[str]],
) -> None:
    lines = table([f"{lead} [mV]" for lead in LEADS], separator=";").splitlines()
    check(read("\n".join(change(lines)), RATE))


def rows_of(names: Sequence[str], *, unit: str = "", separator: str = ",") -> list[str]:
    return [
        separator.join([name, *([unit] if unit else []), *(f"{value:.3f}" for value in row)])
        for name, row in zip(names, MV, strict=True)
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t", " "])
@pytest.mark.parametrize("names", [LEADS, [f"EKG_{lead}" for lead in LEADS]], ids=["plain", "EKG"])
def test_leads_as_rows(names: Sequence[str], separator: str) -> None:
    check(read("\n".join(rows_of(names, separator=separator)), SAID))


def test_leads_as_rows_with_units_and_times() -> None:
    check(read("\n".join(rows_of(LEADS, unit="mV")), RATE))
    check(read("\n".join(rows_of([f"{lead} (mV)" for lead in LEADS])), RATE))
    numbers = ",".join(["lead", *map(str, range(N))])
    check(read("\n".join([numbers, *rows_of(LEADS)]), SAID))
    times = ",".join(["time_s", *SECONDS])
    check(read("\n".join([times, *rows_of([f"{lead} mV" for lead in LEADS])])))
    stated = ["Sampling rate: 100 Hz", "Unit: mV"]
    check(read("\n".join([*stated, *rows_of(LEADS)])))
    check(read("\n".join([f"{row}," for row in rows_of(LEADS)]), SAID))


@pytest.mark.parametrize("separator", [",", ";", "\t", " "])
@pytest.mark.parametrize("timed", [False, True])
def test_leads_as_rows_without_names(separator: str, timed: bool) -> None:
    rows = [row.split(",", 1)[1].replace(",", separator) for row in rows_of(LEADS)]
    rows = [separator.join(SECONDS), *rows] if timed else rows
    check(read("\n".join(rows), ReadOptions("mV") if timed else SAID))


def test_an_empty_cell_in_a_row_is_a_gap() -> None:
    rows = rows_of(LEADS)
    cells = rows[7].split(",")
    cells[301] = ""
    record = read("\n".join([*rows[:7], ",".join(cells), *rows[8:]]), SAID)
    assert np.argwhere(np.isnan(record.recorded)).tolist() == [[7, 300]]


def test_samples_may_have_names_above_rows_of_leads() -> None:
    names = ",".join(["lead", *(f"sample number {k}" for k in range(N))])
    assert len(names) > 10_000
    check(read("\n".join([names, *rows_of(LEADS)]), SAID))


def test_numbers_of_columns_below_names_are_no_samples() -> None:
    lines = table().splitlines()
    lines.insert(1, ",".join(map(str, range(1, 13))))
    check(read("\n".join(lines), SAID))


def test_leads_as_rows_at_fault() -> None:
    rows = rows_of(LEADS)
    with pytest.raises(RecordError, match="leads of 999 to 1,000 samples, one in each row"):
        read("\n".join([rows[0].rpartition(",")[0], *rows[1:]]), SAID)
    cells = rows[2].split(",")
    rows[2] = ",".join([*cells[:12], "DOE", *cells[13:]])
    with pytest.raises(RecordError, match="sample 12 of row 3 is not a number"):
        read("\n".join(rows), SAID)


ORDERED = {
    "standard": LEADS,
    "Cabrera": ("aVL", "I", "-aVR", "II", "aVF", "III", *LEADS[6:]),
    "aVL before aVR": ("I", "II", "III", "aVL", "aVR", "aVF", *LEADS[6:]),
    "chest leads first": (*LEADS[6:], *LEADS[:6]),
}


@pytest.mark.parametrize("names", ORDERED.values(), ids=ORDERED)
@pytest.mark.parametrize("separator", [",", ";", " ", "\t"])
@pytest.mark.parametrize("timed", [False, True])
def test_tables_without_names_are_ordered_by_their_limb_leads(
    names: Sequence[str], separator: str, timed: bool
) -> None:
    rows = np.stack([-MV[3] if name == "-aVR" else MV[LEADS.index(name)] for name in names])
    record = read(table(None, rows, separator=separator, first=SECONDS if timed else None), SAID)
    check(record)
    assert any("No leads are named" in words for words in record.warnings)


@pytest.mark.parametrize(
    "header",
    [
        ",".join(map(str, range(12))),
        ",".join(map(str, range(1, 13))),
        ",".join(f"ch{k}" for k in range(12)),
        ",".join(f"Channel {k}" for k in range(1, 13)),
        ",".join(f"V{k}" for k in range(100, 112)),
    ],
)
def test_numbers_of_columns_are_no_names(header: str) -> None:
    record = read(f"{header}\n{table(None)}", SAID)
    check(record)


def test_an_order_that_nothing_proves_is_asked_for() -> None:
    rows = np.random.default_rng(0).permutation(MV[6:], axis=1)
    rows = np.vstack([rows, rows + 0.1])
    with pytest.raises(NotSaidError, match=r"names no leads\. Say in which order") as asked:
        read(table(None, rows), SAID)
    ((question),) = asked.value.questions
    assert (question.field, question.guess) == ("leads", ",".join(LEADS))
    cabrera = read(table(None, rows), ReadOptions("mV", FS, leads="Cabrera"))
    np.testing.assert_allclose(cabrera.signal[0], rows[1], atol=6e-4)
    reversed_order = ReadOptions("mV", FS, leads=",".join(LEADS[::-1]))
    np.testing.assert_allclose(
        read(table(None, rows), reversed_order).signal[0], rows[11], atol=6e-4
    )
    for wrong in ("I,II", ",".join([*LEADS[:11], "X9"])):
        with pytest.raises(RecordError, match="12 columns of samples; the order you said has"):
            read(table(None, rows), ReadOptions("mV", FS, leads=wrong))


def test_eight_columns_are_asked_for() -> None:
    eight = MV[[0, 1, *range(6, 12)]]
    with pytest.raises(NotSaidError) as asked:
        read(table(None, eight))
    fields = [one.field for one in asked.value.questions]
    assert fields == ["leads", "units", "fs_hz"]
    check(read(table(None, eight), ReadOptions("mV", FS, leads="eight leads")), atol=0.0021)


def test_other_tables_without_names_are_refused() -> None:
    with pytest.raises(RecordError, match="no line names the leads, and 5 columns hold samples"):
        read(table(None, MV[:5]), SAID)


WATCH = (
    'Name,Jane Doe\nDate of Birth,"1 Jan 1990"\nRecorded Date,2021-12-17 12:58:58 +0800\n'
    "Classification,Sinus Rhythm\nSoftware Version,1.90\nSample Rate,100.5 hertz\n\n\n"
    "Lead,Lead I\nUnit,µV\n\n"
)


@pytest.mark.parametrize(
    ("text", "lead", "fs_hz"),
    [
        (WATCH + "\n".join(f"{value:.3f}" for value in MV[0] * 1000), "I", 100.5),
        (
            WATCH.replace("100.5", "100,5")
            + "\n".join(f"{value:.3f}".replace(".", ",") for value in MV[0] * 1000),
            "I", 100.5,
        ),
        ("time,I [mV]\n" + "\n".join(f"{k / FS},{v:.3f}" for k, v in enumerate(MV[0])), "I", 100),
        ("Time (s),ECG (mV)\n" + "\n".join(f"{k / FS},{v}" for k, v in enumerate(MV[0])), "", 100),
        ("timestamp;ecg_uV\n" + "\n".join(f"{10 * k};{v}" for k, v in enumerate(MV[0] * 1e3)),
         "", 100),
    ],
)  # fmt: skip
def test_one_lead_is_called_that(text: str, lead: str, fs_hz: float) -> None:
    with pytest.raises(OneLeadError, match="holds one lead") as told:
        read(text)
    one = told.value.one
    assert (one.lead, one.fs_hz) == (lead, fs_hz)
    np.testing.assert_allclose(one.signal, MV[0], atol=1e-6)
    assert "Jane" not in f"{told.value} {one.warnings}"


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (table(above="Patient: DOE, JANE"), FILE_SAYS_ALL),
        (table(["DOE", *LEADS[1:8]]), SAID),
        (table().replace("0.001", "DOE"), SAID),
        ("DOE;JANE\n" * 5, SAID),
        (table(["I [JANE]", *LEADS[1:]]), FILE_SAYS_ALL),
        (table(first=["DOE"] * N, first_name="JANE"), FILE_SAYS_ALL),
        ("\n".join(f"I,{'DOE,' * 20}" for _ in range(3)), SAID),
    ],
)
def test_no_text_of_a_file_stands_in_a_message(text: str, options: ReadOptions) -> None:
    with pytest.raises(RecordError) as told:
        read(text, options)
    assert "DOE" not in str(told.value)
    assert "JANE" not in str(told.value)
