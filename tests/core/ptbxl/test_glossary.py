"""German and Swedish report sentences in English: right, complete, and honest about the rest."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.glossary import Term, n_entries, read_terms, translate

PAIRS = [
    ("sinusrhythmus normales ekg", "sinus rhythm; normal ecg"),
    ("SINUSRHYTHMUS  LAGETYP NORMAL", "sinus rhythm; normal axis"),
    (
        "sinusbradykardie linkstyp sonst normales ekg 4.46   unbestÄtigter bericht",
        "sinus bradycardia; left axis; otherwise normal ecg 4.46; unconfirmed report",
    ),
    (
        "sinusrhythmus ueberdrehter linkstyp linksschenkelblock linkshypertrophie mÖglich",
        "sinus rhythm; marked left axis deviation; left bundle branch block; "
        "left ventricular hypertrophy possible",
    ),
    (
        "überdrehter linkstyp rechtsschenkelblock",
        "marked left axis deviation; right bundle branch block",
    ),
    ("extrem ueberdrehter rechtstyp", "extreme right axis deviation"),
    ("steiltyp periphere niederspannung", "vertical axis; low voltage in the limb leads"),
    ("indifferenztyp av-block 1. grades", "intermediate axis; first-degree av block"),
    (
        "st & t abnorm, wahrscheinlich    anterolaterale ischÄmie oder linksbelastung"
        "    inferolaterale ischÄmie oder linksbelastung",
        "st & t abnormal, probably anterolateral ischaemia or left ventricular strain, "
        "inferolateral ischaemia or left ventricular strain",
    ),
    (
        "qrs(t) abnorm    inferiorer infarkt     alter unbest.    septaler infarkt mÖgl. akut",
        "qrs(t) abnormal, inferior infarct of undetermined age, septal infarct possibly acute",
    ),
    (
        "qrs(t) abnormal anteroseptaler myokardschaden nicht auszuschliessen",
        "qrs(t) abnormal, anteroseptal myocardial damage cannot be excluded",
    ),
    (
        "tachykardes vorhofflimmern rechtstyp",
        "atrial fibrillation with rapid ventricular response; right axis",
    ),
    ("vorhofflimmern/-flattern", "atrial fibrillation/flutter"),
    ("ventrikuläre extrasystole(n), bigeminus", "ventricular extrasystole(s), bigeminy"),
    (
        "verdacht auf p-sinistrocardiale lagetyp normal",
        "suspected left atrial p wave (p sinistrocardiale); normal axis",
    ),
    (
        "mÄssige amplitudenkriterien f#r linkshypertrophie",
        "moderate voltage criteria for left ventricular hypertrophy",
    ),
    (
        "st-hebung in v1-v3 st-senkung in v5,v6 t neg. in i,avl",
        "st elevation in v1-v3; st depression in v5,v6; t wave negative in i,avl",
    ),
    ("fragl. chron. hinterwandinfarkt", "questionable chronic inferior wall infarct"),
    (
        "keine hinweise für frischen vorderwandinfarkt, am ehesten alter infarkt",
        "no evidence of recent anterior wall infarct, most likely old infarct",
    ),
    (
        "schlechte r-progression v1-v4 grenzbefund",
        "poor r wave progression v1-v4; borderline finding",
    ),
    ("kein neg. t, ohne p-welle", "no negative t wave, without p wave"),
    ("v.a. wpw-syndrom", "suspected wpw syndrome"),
    (
        "sinusrytm vÄnster el-axel avvikande qrs(t) fÖrlopp inferior myokardskada kan ej uteslutas",
        "sinus rhythm; left electrical axis; abnormal qrs(t) pattern, "
        "inferior myocardial damage cannot be excluded",
    ),
    (
        "regelbunden rytm, inga p-vÅg funna hÖgersidigt skÄnkelblock",
        "regular rhythm, no p waves found; right bundle branch block",
    ),
    ("lagetyp in anbetracht des alters normal", "axis normal for age"),
    ("armelektroden mÖglicherweise vertauscht", "arm electrodes possibly interchanged"),
]

NEGATION = r"\b(nicht|kein\w*|ohne|weder|ej|inte|inga|inget|ingen)\b"
ENGLISH_NEGATION = r"\b(not|no|cannot|without|nothing|neither)\b"
DOUBT = (
    r"\b(m(ö|oe)gl\w*|wahrsch\w*|unwahrsch\w*|verd(acht|ächt)\w*|vermutlich\w*|fragl\w*|eventuell\w*"
    r"|evtl|ev\.|vielleicht|wohl|am ehesten|unsicher\w*|vd|v\. ?[ad]|nicht sicher|auszuschlie\w*"
    r"|ausgeschlossen|misstänkt|misstanke|möjlig\w*|sannolik\w*|uteslutas|övervägas)"
)
ENGLISH_DOUBT = (
    r"\b(possibl[ey]|probabl[ey]|unlikely|suspected|suspicio\w+|presum\w+|questionable|perhaps"
    r"|most likely|uncertain|not certain|excluded|considered)\b"
)


def count(pattern: str, text: str) -> int:
    return len(re.findall(pattern, text.lower()))


@pytest.mark.parametrize(("report", "english"), PAIRS)
def test_a_report_reads_as_a_cardiologist_would_say_it(report: str, english: str) -> None:
    translation = translate(report)
    assert translation.english == english
    assert translation.original == report
    assert translation.unknown == ()


@pytest.mark.parametrize(
    "report",
    [
        "sinus rhythm. normal ecg.",
        "t waves are inverted in i, avl, v5,6. this may be due to lv strain or ischaemia.",
        "atrial flutter with 2:1 av block. old inferior infarct cannot be excluded.",
        "Edit: NORM 100, (IRBBB, 1AVB)",
    ],
)
def test_an_english_report_stays(report: str) -> None:
    translation = translate(report)
    assert translation.english == report
    assert translation.unknown == ()


def test_an_unknown_word_stays_as_it_was_written_and_is_named() -> None:
    translation = translate("sinusrhythmus Wolpertinger, kein quux")
    assert translation.english == "sinus rhythm Wolpertinger, no quux"
    assert translation.unknown == ("Wolpertinger", "quux")
    assert translation.n_words == 4


def test_numbers_leads_and_marks_are_not_words() -> None:
    assert translate("i, ii, avF, v1-v6 4.46 (12) /").n_words == 0
    assert translate("t neg v leads").n_words == 4


def test_an_empty_report_has_no_words() -> None:
    assert translate("  ").english == ""
    assert translate("").n_words == 0


@pytest.mark.parametrize("word", ["alter", "vor", "spitze"])
def test_an_ambiguous_word_is_not_guessed(word: str) -> None:
    assert translate(word).unknown == (word,)


def test_a_bare_abbreviation_takes_its_dot_and_keeps_the_words_apart() -> None:
    assert translate("teilw. bigeminie").english == "partly bigeminy"
    assert translate("V.a.RAO").english == "suspected RAO"


def test_old_infarct_and_undetermined_age_are_kept_apart() -> None:
    assert translate("alter inferiorer infarkt").english == "old inferior infarct"
    assert translate("inferiorer infarkt alter unbest.").english == (
        "inferior infarct of undetermined age"
    )


@pytest.mark.parametrize("row", ["linkstyp", "linkstyp\t", "a\tb\na\tc", "groß~\tbig\ngrosse\tbig"])
def test_a_damaged_table_is_refused(row: str) -> None:
    with pytest.raises(ValueError, match=r"glossary\.tsv"):
        read_terms(row.splitlines())


def test_endings_are_written_out_and_comments_are_not_terms() -> None:
    terms = read_terms(["# a comment", "", "akut~\tacute\t;", "#bergang\ttransition\t,."])
    assert terms["akuter",] == Term("acute", ";", closes=False)
    assert ("akut",) not in terms
    assert terms["#", "bergang"] == Term("transition", ",", closes=True)
    assert len(terms) == 6


def test_the_table_is_counted_with_its_endings() -> None:
    terms, english = n_entries()
    assert terms > 1500
    assert english > 500


@pytest.fixture(scope="module")
def table() -> list[tuple[str, str]]:
    from ecgcore.ptbxl import glossary

    lines = glossary._TERMS.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("# ")]
    return [(row[0], row[1]) for row in rows]


def test_no_entry_loses_or_invents_a_negation(table: list[tuple[str, str]]) -> None:
    for term, english in table:
        assert count(NEGATION, term) == count(ENGLISH_NEGATION, english), (term, english)


def test_no_entry_loses_or_invents_a_doubt(table: list[tuple[str, str]]) -> None:
    for term, english in table:
        assert bool(count(DOUBT, term)) == bool(count(ENGLISH_DOUBT, english)), (term, english)


def test_no_entry_changes_the_side(table: list[tuple[str, str]]) -> None:
    sides = {
        r"link|vänster|sinistro|\bl(lt|sb|ah|ahb|ph|phb|vh)\b": r"left|lvh",
        r"(?<!regel)recht|höger|dextro|\br(lt|sb|vh)\b": r"right|rvh",
    }
    for term, english in table:
        for side, english_side in sides.items():
            assert bool(count(side, term)) == bool(count(english_side, english)), (term, english)


@given(st.text(alphabet="qxyz0123456789 ,.()-/&#ÄÖßåäö\n\t", max_size=60))
def test_text_without_known_words_only_loses_blanks(report: str) -> None:
    translation = translate(report)
    assert "".join(translation.english.split()) == "".join(report.split())
    assert len(translation.unknown) <= translation.n_words


@given(st.lists(st.sampled_from([report for report, _ in PAIRS]), max_size=5))
def test_what_is_negated_or_doubtful_stays_so_in_any_order(reports: list[str]) -> None:
    together = " . ".join(reports)
    english = translate(together).english
    assert count(NEGATION, together) == count(ENGLISH_NEGATION, english)
    assert count(DOUBT, together) == count(ENGLISH_DOUBT, english)


def real_reports(catalog: Catalog) -> Iterator[str]:
    yield from catalog.frame.loc[catalog.frame["report"].str.strip() != "", "report"]


@pytest.mark.ptbxl
def test_no_real_report_loses_a_negation(ptbxl_catalog: Catalog) -> None:
    either = f"{NEGATION}|{ENGLISH_NEGATION}"
    for report in real_reports(ptbxl_catalog):
        english = translate(report).english
        assert count(either, report) == count(either, english), report
        assert not count(NEGATION, english), report


@pytest.mark.ptbxl
def test_real_english_reports_only_lose_blanks(ptbxl_catalog: Catalog) -> None:
    n_english = 0
    for report in real_reports(ptbxl_catalog):
        if re.match(r"(sinus (rhythm|tachycardia|bradycardia)|atrial \w+)\. ", report):
            words = report.split("Edit:")[0]
            n_english += 1
            assert translate(words).english == " ".join(words.split())
    assert n_english > 500
