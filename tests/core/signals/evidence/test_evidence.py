"""Limits, statements and evidence of measured values, on values made by hand."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from ecgcore.figures.ecg_paper import ecg_figure
from ecgcore.figures.evidence.axis_circle import axis_figure
from ecgcore.figures.evidence.marks import mark_evidence
from ecgcore.figures.evidence.qtc_nomogram import qt_of, qtc_figure
from ecgcore.figures.evidence.st_map import ORDER, st_figure
from ecgcore.figures.paper_layout import paper_layout
from ecgcore.leads import LEADS
from ecgcore.signals.evidence.evidence import evidence_of
from ecgcore.signals.evidence.limits import (
    AXIS_TYPES,
    LAGETYPEN,
    axis_type,
    limit_of,
    st_limit_mv,
    years_of,
)
from ecgcore.signals.evidence.statements import limit_words, measured_statements
from ecgcore.signals.measure.measure import measure


@pytest.fixture
def record(synthetic_recordings):
    return synthetic_recordings.read(1)


@pytest.fixture
def measured(record):
    return measure(record)


USUAL = {
    "heart_rate_bpm": 70,
    "p_ms": 100,
    "pr_ms": 160,
    "qrs_ms": 90,
    "qtc_fridericia_ms": 420,
    "axis_qrs_deg": 40,
}


def having(measured, *, confidence=0.9, st=0.0, leads=None, **values):
    wanted = USUAL | values
    new = tuple(
        replace(one, value=wanted[one.name], confidence=confidence) if one.name in wanted else one
        for one in measured.values
    )
    st_of = leads or {}
    by_lead = tuple(
        replace(
            one,
            values=tuple(
                replace(v, value=st_of.get(one.lead, st), confidence=0.8)
                if v.name == "st_j_mv"
                else v
                for v in one.values
            ),
        )
        for one in measured.leads
    )
    return replace(measured, values=new, leads=by_lead)


def test_usual_values_say_nothing(measured):
    assert measured_statements(having(measured), 50, "male") == []


@pytest.mark.parametrize(
    ("values", "begins", "limit"),
    [
        ({"heart_rate_bpm": 59}, "Slow rate (bradycardia) by heart rate 59 bpm", "60 to 100 bpm"),
        ({"heart_rate_bpm": 101}, "Fast rate (tachycardia) by heart rate 101 bpm", "60 to 100"),
        ({"p_ms": 120}, "Long P wave by P 120 ms", "up to 119 ms"),
        ({"pr_ms": 224}, "First-degree AV block by PR 224 ms, confidence 90 %", "120 to 200 ms"),
        ({"pr_ms": 119}, "Short PR interval by PR 119 ms", "120 to 200 ms"),
        ({"qrs_ms": 111}, "Prolonged QRS by QRS 111 ms", "up to 110 ms"),
        ({"qrs_ms": 120}, "Wide QRS by QRS 120 ms", "up to 110 ms"),
        ({"qtc_fridericia_ms": 450}, "Prolonged QT interval by QTc Fridericia 450 ms", "(men)"),
        ({"qtc_fridericia_ms": 390}, "Short QT interval by QTc Fridericia 390 ms", "391 to 449"),
        ({"axis_qrs_deg": -31}, "Left axis deviation, moderate by QRS axis −31°", "−30 to 90°"),
        ({"axis_qrs_deg": 121}, "Right axis deviation, marked by QRS axis 121°", "−30 to 90°"),
    ],
)
def test_one_value_beyond_its_limit_is_one_sentence(measured, values, begins, limit):
    (line,) = measured_statements(having(measured, **values), 50, "male")
    assert line.startswith(begins)
    assert limit in line
    assert "doubtful" not in line
    (doubted,) = measured_statements(having(measured, confidence=0.4, **values), 50, "male")
    assert "confidence 40 %, doubtful: measure it on the paper" in doubted


@pytest.mark.parametrize(
    "values",
    [
        {"heart_rate_bpm": 60}, {"heart_rate_bpm": 100}, {"pr_ms": 200}, {"pr_ms": 120},
        {"qrs_ms": 110}, {"qtc_fridericia_ms": 449}, {"qtc_fridericia_ms": 391},
        {"axis_qrs_deg": -30}, {"axis_qrs_deg": 90}, {"pr_ms": None}, {"axis_qrs_deg": None},
    ],
)  # fmt: skip
def test_a_value_at_its_limit_or_none_is_not_beyond(measured, values):
    assert measured_statements(having(measured, **values), 50, "male") == []


def test_limits_follow_age_and_sex(measured):
    assert measured_statements(having(measured, qtc_fridericia_ms=455), 50, "female") == []
    assert measured_statements(having(measured, qtc_fridericia_ms=455), 50, "") == []
    assert limit_of("qrs_ms", 10).high == 99
    assert limit_of("qrs_ms", 3).high == 89
    assert [limit_of("axis_qrs_deg", y).high for y in (30, 10, 6, 2, 0.5)] == [
        90,
        120,
        140,
        110,
        120,
    ]
    assert limit_of("pr_ms", 10) is None, "the limits of adults"
    assert limit_of("rr_sd_ms", 30) is None
    assert len(limit_words(measured, 50, "male")) == 9


@pytest.mark.parametrize(
    ("leads", "words"),
    [
        ({"V1": 0.1, "V2": 0.2}, "V1 +0.10 mV, V2 +0.20 mV"),
        ({"V2": 0.2, "V3": 0.2}, "V2 +0.20 mV, V3 +0.20 mV"),
        ({"V2": 0.19, "V3": 0.2}, None),  # below 0.2 mV in a man from 40 years on
        ({"II": 0.1, "aVF": 0.12}, "II +0.10 mV, aVF +0.12 mV"),
        ({"I": 0.1, "V6": 0.1}, None),  # not side by side
        ({"III": 0.1}, None),
    ],
)
def test_st_elevation_needs_two_neighbours(measured, leads, words):
    lines = measured_statements(having(measured, leads=leads), 50, "male")
    assert lines == [] if words is None else words in lines[0]
    assert all(line.startswith("ST elevation at J by") for line in lines)


def test_st_depression_and_limits_of_age_and_sex(measured):
    (line,) = measured_statements(having(measured, leads={"V5": -0.1, "V6": -0.15}), 50, "male")
    assert line.startswith("ST depression at J by V5 −0.10 mV, V6 −0.15 mV, confidence 80 %")
    assert st_limit_mv("V2", 39, "male") == (-0.05, 0.25)
    assert st_limit_mv("V3", 40, "male") == (-0.05, 0.2)
    assert st_limit_mv("V2", 80, "female") == (-0.05, 0.15)
    assert st_limit_mv("V4", 80, "female") == (-0.1, 0.1)


@pytest.mark.parametrize(("age", "years"), [("54 years", 54), ("over 89 years", 89), ("", None)])
def test_ages_of_the_tables(age, years):
    assert years_of(age) == years


@pytest.mark.parametrize("types", [AXIS_TYPES, LAGETYPEN])
def test_types_of_the_axis_go_once_round(types):
    assert sum(high - low for _, low, high in types) == 360
    for (_, _, end), (_, start, _) in pairwise(types):
        assert end == start
    assert axis_type(-30.0) == "normal"
    assert axis_type(180.0, LAGETYPEN) == "überdrehter Rechtstyp"
    assert [axis_type(v, LAGETYPEN) for v in (0, 45, 75, 100, -60)] == [
        "Linkstyp", "Indifferenztyp", "Steiltyp", "Rechtstyp", "überdrehter Linkstyp"
    ]  # fmt: skip


def test_a_number_names_leads_beats_samples_filter_and_points(measured, record):
    found = evidence_of(measured, "pr_ms", record)
    points = measured.fiducials
    first = measured.beats.r_s[0]
    assert found.spans_s[0] == pytest.approx(
        (first + points.p_on.time_ms / 1000, first + points.qrs_on.time_ms / 1000)
    )
    assert len(found.spans_s) == (measured.beats.kinds == 0).sum()
    text = " ".join(found.lines)
    for part in (
        "all 12",
        f"the median of {measured.median.n_beats} of",
        "100 samples per second",
        "500 in the median beat",
        "Filter: none",
        "start of P",
        "start of QRS",
    ):
        assert part in text
    assert evidence_of(measured, "axis_qrs_deg", record).leads == ("I", "aVF")
    rate = evidence_of(measured, "heart_rate_bpm", record)
    assert len(rate.spans_s) == len(measured.beats.r_s) - 1
    with pytest.raises(KeyError, match="is not measured"):
        evidence_of(measured, "no_such", record)


def test_qtc_shows_its_formula_with_its_numbers(measured, record):
    qt, rr = measured.value("qt_ms").value, float(np.median(measured.beats.rr_ms))
    text = " ".join(evidence_of(measured, "qtc_bazett_ms", record).lines)
    assert f"QT / √RR = {qt:.0f} / √{rr / 1000:.2f} = {qt / (rr / 1000) ** 0.5:.0f} ms" in text


def test_what_was_not_found_is_said(measured, record):
    lost = replace(measured.fiducials.p_on, time_ms=None, reason="no P wave")
    without = replace(measured, fiducials=replace(measured.fiducials, p_on=lost))
    found = evidence_of(without, "pr_ms", record)
    assert found.spans_s == ()
    assert any("not found: no P wave" in line for line in found.lines)
    none = replace(measured, fiducials=None, median=None)
    assert any("no median beat" in line for line in evidence_of(none, "qrs_ms", record).lines)


def test_spans_lie_under_their_complexes_on_the_paper(measured, record):
    layout = paper_layout()
    found = evidence_of(measured, "qrs_ms", record)
    shapes = mark_evidence(ecg_figure(record), layout, found).layout.shapes
    segment = next(one for one in layout.segments if one.lead == "I" and not one.rhythm)
    inside = [span for span in found.spans_s if span[1] < segment.start_s + segment.duration_s]
    x0 = segment.x_mm + (inside[0][0] - segment.start_s) * layout.speed_mm_s
    assert any(shape.x0 == pytest.approx(x0) for shape in shapes)
    strip = sum(one.rhythm for one in layout.segments)
    assert len(shapes) >= len(found.spans_s) * strip
    axis = mark_evidence(ecg_figure(record), layout, evidence_of(measured, "axis_qrs_deg", record))
    assert len(axis.layout.shapes) < len(shapes), "I and aVF alone"


def test_the_nomogram_inverts_the_formula(measured):
    assert qt_of("qtc_bazett_ms", 420, 640) == pytest.approx(420 * 0.8)
    assert qt_of("qtc_hodges_ms", 420, 600) == pytest.approx(420 - 1.75 * 40)
    figure = qtc_figure(measured, "qtc_fridericia_ms", "male")
    words = [text for trace in figure.data for text in trace.text if text]
    assert {"QTc 330", "QTc 391", "QTc 449", "QTc 500"} <= set(words)
    here = figure.data[-1]
    assert here.y[0] == measured.value("qt_ms").value
    assert here.x[0] == pytest.approx(60_000 / np.median(measured.beats.rr_ms))


def test_the_circle_points_where_the_axis_is(measured):
    figure = axis_figure(having(measured, axis_qrs_deg=-42.0))
    qrs = next(trace for trace in figure.data if trace.name and trace.name.startswith("QRS"))
    assert list(qrs.theta) == [318.0, 318.0]
    assert figure.layout.polar.angularaxis.direction == "clockwise", "90 degrees are down"
    names = {text for trace in figure.data if trace.text for text in trace.text}
    assert {"left, mod.", "überdrehter<br>Linkstyp", "Steiltyp"} <= names


def test_the_bars_of_st_are_hatched_beyond_their_limit(measured):
    figure = st_figure(having(measured, leads={"V2": 0.19, "V3": 0.2, "aVF": -0.1}), 50, "male")
    bars, _, above = figure.data
    hatched = {lead for lead, shape in zip(bars.x, bars.marker.pattern.shape, strict=True) if shape}
    assert hatched == {"V3", "aVF"}
    assert sorted(bars.x) == sorted(LEADS)
    assert above.y[ORDER.index("V2")] == 0.2
    assert figure.layout.xaxis.ticktext[ORDER.index("aVF")] == "aVF<br>−0.10"
