import re
import struct
import threading
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.text import Text
from PIL import Image

from ecgcore.errors import RecordError
from ecgcore.explain.trust import Check, Checks
from ecgcore.figures.paper_layout import LAYOUTS, ORDERS, PaperSettings
from ecgcore.figures.theme import RUST
from ecgcore.leads import LEADS
from ecgcore.predictions.classes.beside import Beside
from ecgcore.predictions.classes.rules import ClassPrediction
from ecgcore.predictions.decision import DecisionSettings, NoPrediction
from ecgcore.predictions.scope import Scope
from ecgcore.ptbxl.catalog import CatalogEntry, Statement
from ecgcore.ptbxl.glossary import Translation
from ecgcore.records import EcgRecord, window
from ecgcore.report import sheet as report_sheet
from ecgcore.report.back import back
from ecgcore.report.ecg import overlay_colors
from ecgcore.report.flow import heading, paragraph, pour
from ecgcore.report.front import draw_frame, front, scale_line
from ecgcore.report.printout import (
    DISCLAIMER,
    PAPERS,
    PrintoutContent,
    attribution_words,
    printout_pdf,
    printout_png,
    scale_check,
)
from ecgcore.report.scale import _first_page
from ecgcore.signals.quality import Problem, Quality
from tests.support.measurements import measurements
from tests.support.predictions import attribution, ensemble, prediction

CREATED = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
ENTRY = CatalogEntry(
    ecg_id=7,
    patient_id=15,
    age="56 years",
    sex="female",
    report="Sinusrhythmus. Lagetyp normal",
    group="uncertain_mi",
    split="test",
    statements=(
        Statement("IMI", 35.0, "inferior myocardial infarction", "MI", "diagnostic"),
        Statement("SR", 0.0, "sinus rhythm", "", "rhythm"),
    ),
    noise=(("baseline drift", "I-III"),),
    recording_date="1984-11-09 09:17:34",
    device="CS-12   E",
    validated=True,
)
PREDICTION = prediction(0.37)
OVERLAY = attribution(np.linspace(-1, 1, 12_000).reshape(12, 1000))


def record(fs_hz=100, duration_s=10.0, *, synthetic=False, peak_mv=0.5):
    times = np.arange(round(fs_hz * duration_s)) / fs_hz
    signal = peak_mv * np.sin(2 * np.pi * np.outer(np.arange(1, 13) / 4, times))
    return EcgRecord("7", signal.astype(np.float32), fs_hz, "a test", synthetic=synthetic)


def content(**changed):
    usual = {
        "record": record(),
        "data_version": "PTB-XL 1.0.3",
        "created": CREATED,
        "entry": ENTRY,
        "measurements": measurements(),
        "quality": Quality(((),) * 12),
        "translation": Translation(ENTRY.report, "sinus rhythm. axis normal", ("Lagetyp",), 3),
        "predictions": (PREDICTION,),
    }
    return PrintoutContent(**(usual | changed))


def bare(**changed):
    """Content of which little is printed behind the ECG."""
    nothing = {"entry": None, "measurements": None, "translation": None, "predictions": ()}
    return content(**(nothing | changed))


def words(sheet):
    return [text.get_text() for text in lines(sheet) if not text.get_path_effects()]


def lines(sheet):
    return [artist for artist in sheet.figure.artists if isinstance(artist, Text)]


def said(*sheets):
    return "\n".join(line for sheet in sheets for line in words(sheet))


def printed(**changed):
    made = content(**changed)
    return said(front(made, "A4"), *back(made, "A4"))


def long_strokes(pdf):
    return [s for s in _first_page(pdf)[1] if len(s) == 1 and len(s[0]) > 100]


@pytest.mark.parametrize("paper", PAPERS)
def test_a_second_is_25_mm_and_a_millivolt_10_mm_on_paper(paper):
    check = scale_check(printout_pdf(content(), paper))
    assert check.page_mm == pytest.approx(PAPERS[paper], abs=0.01)
    assert check.mm_per_s == pytest.approx(25, rel=0.005)
    assert check.mm_per_mv == pytest.approx(10, rel=0.005)
    assert check.trace_mm_per_s == pytest.approx(25, rel=0.005)
    assert check.grid_mm == pytest.approx((1, 1), rel=0.005)
    assert (check.n_pulses, check.n_traces) == (4, 13)
    assert check.error_percent < 0.01


@pytest.mark.parametrize(
    ("layout", "paper"), list(zip(LAYOUTS, [*PAPERS, *PAPERS, "A4"], strict=True))
)
def test_samples_lie_at_their_time_and_voltage(layout, paper):
    chosen = PaperSettings(layout, gain_mm_mv=5.0)
    made = bare(record=record(500, peak_mv=0.4), settings=chosen)
    traces = long_strokes(printout_pdf(made, paper))
    rhythm = max(traces, key=lambda trace: len(trace[0]))[0]
    assert np.diff(rhythm[:, 0]) == pytest.approx(25 / 500, rel=0.005)
    heights = {round(float(np.ptp(trace[0][:, 1])), 2) for trace in traces}
    assert max(heights) == pytest.approx(2 * 0.4 * 5, rel=0.005)


@settings(max_examples=4, deadline=None)
@given(
    layout=st.sampled_from(LAYOUTS),
    order=st.sampled_from(ORDERS),
    speed=st.sampled_from([12.5, 25.0, 50.0]),
    gain=st.sampled_from([5.0, 10.0, 20.0]),
    paper=st.sampled_from(list(PAPERS)),
)
def test_every_choice_is_true_to_scale_and_on_the_sheet(layout, order, speed, gain, paper):
    made = bare(settings=PaperSettings(layout, order, speed, gain))
    pdf = printout_pdf(made, paper)
    assert scale_check(pdf).error_percent < 0.5
    (width, height), strokes = _first_page(pdf)
    points = np.concatenate([part for stroke in strokes for part in stroke])
    assert points.min() > 4
    assert points[:, 0].max() < width - 4
    assert points[:, 1].max() < height - 4


def test_a_wrong_scale_is_noticed():
    pdf = printout_pdf(bare(), "A4")
    assert scale_check(pdf.replace(b"25 mm/s", b"24 mm/s")).error_percent > 4
    with pytest.raises(RecordError, match="no ECG report"):
        scale_check(b"%PDF-1.4 something else")


def test_cabrera_prints_minus_avr_upside_down():
    flat = record(peak_mv=0.0)
    signal = flat.signal.copy()
    signal[3, 100:] = 1.0
    made = bare(record=replace(flat, signal=signal), settings=PaperSettings("12x1", "cabrera"))
    assert "−aVR" in words(front(made, "A4"))
    steps = [trace[0][-1, 1] - trace[0][0, 1] for trace in long_strokes(printout_pdf(made))]
    assert sorted(np.round(steps, 3)) == [-10.0] + [0.0] * 11


def test_50_mm_s_prints_what_fits_and_says_so():
    fast = content(settings=PaperSettings(speed_mm_s=50.0))
    assert "first 5 s of 10 s" in scale_line(fast)
    assert "first" not in scale_line(content())
    assert "first 10 s of 12 s" in scale_line(content(record=record(duration_s=12.0)))


def test_a_high_wave_stays_within_the_paper():
    image = Image.open(BytesIO(printout_png(bare(record=record(peak_mv=20.0)), dpi=100)))
    pixels = np.asarray(image.convert("L"))
    above_the_grid = pixels[: round(42 / 25.4 * 100), round(200 / 25.4 * 100) :]
    assert pixels.min() < 50
    assert above_the_grid.min() > 100


def test_leads_that_leave_the_paper_are_named():
    assert "leaving" not in said(front(bare(), "A4"))
    high = record(peak_mv=0.0)
    high.signal[6, 600] = 9.0
    text = said(front(bare(record=high), "A4"))
    assert "leaving the paper: V1" in text
    assert "V2" not in text[text.index("leaving") :].splitlines()[0]


def test_the_pdf_is_vectors_with_embedded_fonts_and_asks_for_true_size():
    pdf = printout_pdf(bare(overlay=OVERLAY))
    assert b"/Subtype /Image" not in pdf
    assert b"/Type /FontDescriptor" in pdf
    assert b"/PrintScaling /None" in pdf
    start = int(re.findall(rb"startxref\n(\d+)\n%%EOF", pdf)[-1])
    number, offset = re.match(rb"xref\n(\d+) 1\n(\d{10}) 00000 n ", pdf[start:]).groups()
    assert pdf[int(offset) :].startswith(b"%d 0 obj\n<< /Type /Catalog /Pages" % int(number))


def test_the_same_content_gives_the_same_bytes_from_any_thread():
    expected = printout_pdf(bare())
    found = []
    threads = [threading.Thread(target=lambda: found.append(printout_pdf(bare()))) for _ in "123"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 3


@pytest.mark.parametrize("paper", PAPERS)
def test_png_knows_its_size(paper):
    png = printout_png(content(), paper, dpi=100)
    image = Image.open(BytesIO(png))
    assert image.size == tuple(int(mm / 25.4 * 100) for mm in PAPERS[paper])
    at = png.index(b"pHYs")
    per_metre, _, unit = struct.unpack(">IIB", png[at + 4 : at + 13])
    assert (per_metre, unit) == (round(100 / 0.0254), 1)


def test_report_says_everything():
    text = printed(overlay=OVERLAY)
    for part in (
        "56 years · female",
        "recorded 1984-11-09 09:17:34",
        "CS-12 E",
        "IMI · inferior myocardial infarction · 35 %, less likely",
        "QT interval",
        "Sinusrhythmus. Lagetyp normal",
        "sinus rhythm. axis normal",
        "Not in it, left as they are: Lagetyp.",
        "CNN-BiLSTM A",
        "37.0 %",
        "certain MI only, with normals: 5,645",
        "Probability of MI 37 %, uncalibrated. More on the next pages.",
        "No problem was found in any lead.",
        "baseline drift (I-III)",
        "Overlay behind the leads",
        "Integrated Gradients, CNN-BiLSTM A (seed 0)",
        "Integrated Gradients say when and in which lead",
        "0000000000000000…",
        "PTB-XL 1.0.3",
        "2026-11-21 12:30:00 UTC",
        "unfiltered",
    ):
        assert part in text
    assert "SYNTHETIC" not in text


def checks(seed_agreement: float, reason: str) -> Checks:
    return Checks(
        (
            Check(
                "seed_agreement",
                "Agreement between seeds",
                "",
                seed_agreement,
                0.8,
                0.6,
                "",
                reason,
            ),
        )
    )


def test_the_badge_of_a_map_and_its_reason_are_printed_on_both_sheets():
    refused = checks(0.2, "Other trainings explain the ECG differently.")
    text = printed(overlay=replace(OVERLAY, checks=refused))
    words = "Map: do not trust. Other trainings explain the ECG differently. It is drawn in grey."
    assert text.count(words) == 2
    assert "Agreement between seeds\n0.20\ndo not trust" in text
    assert "refused by its checks · away from MI … towards MI" in text
    fine = printed(overlay=replace(OVERLAY, checks=checks(0.9, "")))
    said = "Map: trust. Every check that decides is passed: agreement between seeds 0.90."
    assert fine.count(said) == 2
    assert "grey" not in fine
    assert "refused" not in fine
    assert printed(overlay=OVERLAY).count("Map not checked: do not rely on it.") == 2


def test_what_models_beside_the_study_say_is_printed_on_the_first_sheet():
    beside = Beside(
        (prediction(0.39, verdict="refer"),), (ClassPrediction("IMI", 0.81, True),), "90 %"
    )
    text = said(front(content(beside=beside), "A4"))
    assert "MI among all comers: refer. Probability of MI 39 %, uncalibrated." in text
    assert "What else it may be: inferior myocardial infarction 81 %." in text
    assert "What else" not in said(front(content(beside=Beside()), "A4"))
    behind = said(*back(content(beside=beside), "A4"))
    assert "Not excluded at 90 % coverage: 1 statement (IMI 81 %)." in behind


def test_predictions_of_several_seeds_say_what_was_done_to_them():
    numbers = {
        "seeds": (0.31, 0.44, 0.4),
        "uncalibrated": 0.2,
        "threshold": 0.35,
        "interval": (0.36, 0.39),
    }
    rows = (
        prediction(0.37, ensemble(), "venn_abers", 0.05, calls_mi=True, verdict="MI", **numbers),
        prediction(0.37, ensemble("bimamba2"), "venn_abers", 0.05, verdict="refer", **numbers),
        prediction(
            0.99, ensemble(train_set="D-mix"), "venn_abers", 0.05, verdict="normal", **numbers
        ),
    )
    text = printed(
        predictions=rows,
        decision=DecisionSettings("venn_abers", 0.05, 0.9),
        fitted_words="the verdict was fitted with this recording among others",
    )
    for part in (
        "Verdict: refer. Of 2 ensembles, 1 says MI, 1 refers. Probability of MI 37 %, "
        "disagreement 0 points, calibrated (Venn-Abers). MI is called",
        "at 90 % sensitivity by 1 of 2.",
        "31.0 to 44.0 % (3)",
        "36.0 to 39.0 %",
        "20.0 %",
        "Note: the verdict was fitted with this recording among others.",
    ):
        assert part in text
    flowing = text.replace("\n", " ")
    assert "on 1,234 records of fold 9, 540 MI" in flowing
    assert "threshold with 90 % sensitivity on fold 9: CNN-BiLSTM A 35.0 %" in flowing
    assert "refer, by CNN-BiLSTM A, BiMamba-2 A. Each ensemble says MI if at most 5 %" in flowing
    assert "only if all 2 agree. From 1,234 records of fold 9, 540 MI." in flowing
    assert "These models know only" not in text


SURE = prediction(0.9, alpha=0.1, verdict="MI")
LIMITS = (
    "These models know only MI and strictly normal ECGs. Bundle branch block, hypertrophy and "
    "ST-T change are often called MI."
)


@pytest.mark.parametrize("entry", [None, replace(ENTRY, group="other")])
def test_a_verdict_outside_the_study_is_grey_under_a_plain_line(entry):
    sheet = front(content(predictions=(SURE,), entry=entry), "A4")
    colors = {text.get_text(): text.get_color() for text in lines(sheet)}
    assert colors[LIMITS] == RUST
    (verdict,) = [words for words in colors if words.startswith("Verdict: ")]
    caution = "Outside what these models know." if entry else "Unlabelled ECG: read with care."
    assert verdict.startswith(f"Verdict: MI. {caution} The ensemble says MI. ")
    assert colors[verdict] == report_sheet.QUIET
    assert LIMITS in said(*back(content(predictions=(SURE,), entry=entry), "A4")).replace("\n", " ")


def test_reasons_stand_with_the_line_and_nothing_of_a_verdict_is_cut():
    reasons = ("Complete left bundle branch block is likely (QRS 148 ms).",) * 6
    made = content(predictions=(SURE,) * 7, scope=Scope(False, reasons, 0.99))
    for paper in PAPERS:
        text = said(front(made, paper))
        flowing = text.replace("\n", " ")
        assert f"{LIMITS} {' '.join(reasons)} Verdict: MI. Outside" in flowing
        assert "More on the next pages." in flowing
        assert "…" not in flowing


def test_a_record_of_the_study_has_no_such_line():
    sheet = front(content(predictions=(SURE,), scope=Scope(True, (), 0.1)), "A4")
    assert "These models know only" not in said(sheet)
    colors = {text.get_text(): text.get_color() for text in lines(sheet)}
    assert next(colors[words] for words in colors if "Verdict" in words) == report_sheet.INK


def test_every_sheet_has_number_and_disclaimer_and_the_synthetic_ones_their_mark():
    made = bare(record=record(synthetic=True), predictions=(PREDICTION,) * 160)
    sheets = [front(made, "Letter"), *back(made, "Letter")]
    assert len(sheets) > 2
    for page, sheet in enumerate(sheets, 1):
        draw_frame(sheet, made, page, len(sheets))
        text = said(sheet)
        assert DISCLAIMER in text
        assert f"page {page} of {len(sheets)}" in text
        assert "SYNTHETIC" in text


def test_nothing_is_written_beyond_the_sheet_or_over_another_line():
    made = content(predictions=(PREDICTION,) * 60, notes=("a note " * 60,))
    for sheet in back(made, "A4"):
        places = [(text.get_position(), text.get_text()) for text in lines(sheet)]
        assert all(10 < y < sheet.height_mm - 10 for (_, y), _ in places)
        assert len({place for place, words in places if words}) == sum(bool(w) for _, w in places)


def test_what_could_not_be_measured_has_a_reason_instead_of_a_number():
    found = measurements(
        {"qt_ms": None, "V3 st_j_mv": None},
        {"qt_ms": "T wave too flat", "pr_ms": "P wave unclear"},
    )
    text = printed(measurements=found)
    assert "could not measure: T wave too flat" in text
    assert "doubtful: P wave unclear" in text
    assert "162 ?" in text
    assert "392" not in text
    assert "V3, ST J: could not measure: the lead is flat." in text


def test_a_remark_on_a_sure_value_is_no_doubt():
    said = {"heart_rate_bpm": "irregular: RR 600 to 1100 ms", "V3 q_mv": "QS complex"}
    text = printed(measurements=measurements(remarks=said))
    assert "irregular: RR 600" in text
    assert "V3, Q: QS complex." in text
    assert "doubtful: " not in text
    assert "63 ?" not in text


def test_a_reason_for_all_leads_is_said_once():
    doubtful = {f"{lead} st_j80_mv": "within T" for lead in LEADS}
    text = printed(measurements=measurements({}, doubtful))
    assert "all leads, J+80: doubtful: within T." in text
    assert text.count("within T") == 1


def test_a_lead_without_any_value_is_said_once():
    nothing = {f"V3 {name}": None for name in ("q_mv", "r_mv", "s_mv", "t_mv")}
    nothing |= {f"V3 st_j{at}_mv": None for at in ("", "40", "60", "80")}
    assert "V3, all values: could not measure: the lead is flat." in printed(
        measurements=measurements(nothing)
    )


def test_quality_names_leads_and_what_not_to_read():
    problems = [()] * 12
    problems[6] = (Problem("flat", "flat for 4.2 s", True),)
    swap = "left and right arm electrodes may be swapped"
    text = printed(quality=Quality(tuple(problems), swap))
    assert "V1: flat for 4.2 s, do not read" in text
    assert swap in text
    assert "No problem" not in text


def test_page_1_names_what_disturbs_a_lead_once_and_a_suspected_swap():
    problems = [()] * 12
    problems[1] = (Problem("noise", "noise 0.02 mV", False),)
    swap = "left and right arm electrodes may be swapped"
    text = said(front(content(quality=Quality(tuple(problems), swap)), "A4"))
    assert text.count("⚠") == 1
    assert "II\n⚠ noise\n" in text
    assert f"Suspected swap of electrodes: {swap}" in text
    clean = said(front(content(), "A4"))
    assert "⚠" not in clean
    assert "swap" not in clean


def test_a_note_stays_within_the_column_of_its_lead():
    problems = ((Problem("contradiction", "said", True),), *((),) * 11)
    slow = content(quality=Quality(problems), settings=PaperSettings(speed_mm_s=12.5))
    assert "⚠ contradictory …" in said(front(slow, "A4"))


def test_page_1_says_which_seconds_of_a_long_recording_it_shows():
    long = front(content(record=record(duration_s=115.2)), "A4")
    assert "Drawn: seconds 0 to 10 of 115.2 s; measurements" in said(long)
    part = window(record(duration_s=115.2), 40.0, 10.0)
    assert "How it was read: Seconds 40 to 50 of 115.2 s." in said(front(bare(record=part), "A4"))


def test_how_a_recording_was_read_is_no_problem_of_its_signal():
    part = window(record(duration_s=115.2), 40.0, 10.0)
    text = said(*back(bare(record=part), "A4"))
    assert "No problem was found in any lead." in text
    assert text.index("Provenance") < text.index("Seconds 40 to 50 of 115.2 s.")


def test_a_doubtful_axis_has_its_mark_on_page_1():
    found = measurements({}, {"axis_qrs_deg": "leads disagree"})
    text = said(front(content(measurements=found), "A4"))
    assert "48 / −12 ? / 40" in text


def test_the_first_sheet_alone_points_to_no_other():
    statements = ENTRY.statements * 3
    made = content(entry=replace(ENTRY, statements=statements), overlay=OVERLAY)
    together, alone = front(made, "A4"), front(made, "A4", alone=True)
    draw_frame(together, made, 1, 3)
    draw_frame(alone, made, 1, 1)
    assert said(together).count("page") == 5
    assert "page" not in said(alone)
    assert "and 2 more" in said(alone)


@pytest.mark.parametrize("n_before", range(60))
def test_no_heading_ends_a_column(n_before):
    title = [heading("Title"), paragraph("Label", 100, bold=True), paragraph("Text", 100)]
    (sheet,) = pour([paragraph("before", 100)] * n_before + title, "A4")
    places = {text.get_text(): text.get_position()[0] for text in lines(sheet)}
    assert places["Title"] == places["Label"] == places["Text"]


def test_a_bare_recording_prints_and_says_what_is_missing():
    text = printed(
        entry=None,
        measurements=None,
        quality=None,
        translation=None,
        predictions=(),
        notes=("Short.",),
    )
    for part in (
        "None were made.",
        "Not assessed.",
        "No model predicts.",
        "Short.",
        "a test",
    ):
        assert part in text


def test_an_ensemble_without_a_prediction_says_why():
    broken = NoPrediction(ensemble("bimamba2"), "weights damaged", "")
    text = printed(predictions=(broken, PREDICTION))
    assert "BiMamba-2 A: weights damaged" in text
    assert "Probability of MI 37 %, uncalibrated." in text


def test_unknown_paper_is_refused():
    with pytest.raises(RecordError, match=r"A3.*A4, Letter"):
        printout_pdf(content(), "A3")


@settings(max_examples=50)
@given(text=st.text(max_size=60))
def test_any_text_can_be_printed(text):
    shown = report_sheet.printable(text)
    assert len(shown) == len(text)
    lines = report_sheet.wrap(text, 30.0)
    assert all(report_sheet.width_mm(line) <= 30.0 for line in lines)
    joined = "".join(text.split())
    assert "".join("".join(lines).split()) == joined
    assert report_sheet.width_mm(report_sheet.shorten(text, 30.0)) <= 30.0


def test_strange_names_are_printed_with_question_marks():
    sheet = front(content(record=replace(record(), record_id="心电 $x$\n")), "A4")
    assert "Record ?? $x$" in said(sheet)
    assert printout_pdf(bare(record=replace(record(), record_id="心电 $x$ (\\"))).startswith(
        b"%PDF"
    )


def test_overlay_is_white_where_nothing_speaks_and_coloured_by_sign():
    away, nothing, towards = overlay_colors(np.array([-1.0, 0.0, 1.0]), signed=True)
    assert (nothing == 1).all()
    assert away[2] > away[0]
    assert towards[0] > towards[2]


def test_overlay_words_say_what_a_method_cannot():
    scores = np.ones((12, 1000), np.float32)
    exact = attribution_words(attribution(scores, delta=120.0))
    assert "the contributions add up to within 1.0 % of the logit's change" in exact
    assert "do not rely" not in exact
    assert "do not rely" in attribution_words(attribution(scores, delta=5000.0))
    cam = attribution(scores[:1], "gradcam", delta=float("nan"))
    assert "when, not where" in attribution_words(cam)
    assert "80 ms" in attribution_words(cam)
