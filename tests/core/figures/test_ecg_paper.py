from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.figures.ecg_paper import CHART_CONFIG, ecg_figure, figure_height_px, mark_modified
from ecgcore.figures.paper_layout import (
    GAINS_MM_MV,
    LAYOUTS,
    ORDERS,
    SPEEDS_MM_S,
    PaperSettings,
    paper_layout,
    roomy_layout,
)
from ecgcore.figures.theme import paper
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord
from tests.support.predictions import attribution

choices = st.builds(
    PaperSettings,
    st.sampled_from(LAYOUTS),
    st.sampled_from(ORDERS),
    st.sampled_from(SPEEDS_MM_S),
    st.sampled_from(GAINS_MM_MV),
    st.sampled_from(LEADS),
)
CABRERA = PaperSettings(order="cabrera")


def record(fs_hz=100, duration_s=10.0, synthetic=False, level_mv=None):
    n = round(fs_hz * duration_s)
    if level_mv is None:
        signal = np.random.default_rng(0).normal(0, 0.2, (12, n))
    else:
        signal = np.full((12, n), level_mv)
    return EcgRecord("7", signal.astype(np.float32), fs_hz, "test", synthetic=synthetic)


def heat():
    scores = np.random.default_rng(1).normal(size=(12, 1000)).astype(np.float32)
    return attribution(scores)


def leads_of(figure):
    return [t for t in figure.data if t.meta is not None]


def trace(figure, name):
    return next(t for t in figure.data if t.name == name)


def marks(figure):
    return [a.text for a in figure.layout.annotations]


@settings(deadline=None, max_examples=15)
@given(
    choice=choices,
    fs=st.sampled_from([100, 128, 257, 360, 500]),
    duration=st.floats(0.1, 12.0),
)
def test_what_is_drawn_is_the_recording_at_its_time_and_voltage(choice, fs, duration):
    given_record = record(fs, duration)
    figure = ecg_figure(given_record, choice)
    layout = paper_layout(choice, duration_s=given_record.duration_s)
    assert len(leads_of(figure)) == len(layout.segments)
    for drawn, segment in zip(leads_of(figure), layout.segments, strict=True):
        seconds = drawn.x0 - layout.trace_x_mm + drawn.dx * np.arange(len(drawn.y))
        sample = np.rint(seconds / choice.speed_mm_s * fs).astype(int)
        np.testing.assert_allclose(sample, seconds / choice.speed_mm_s * fs, atol=1e-3)
        mv = segment.sign * (drawn.y - segment.y_mm) / choice.gain_mm_mv
        np.testing.assert_allclose(
            mv, given_record.signal[LEADS.index(segment.lead), sample], atol=1e-4
        )
        assert drawn.y.dtype == np.float32
        hover = np.asarray(drawn.customdata)
        np.testing.assert_allclose(hover[:, 0], 1000 * sample / fs, atol=0.51)
        np.testing.assert_allclose(hover[:, 1], 1000 * segment.sign * mv, atol=0.6)


@settings(deadline=None, max_examples=15)
@given(choice=choices, fs=st.sampled_from([100, 500]))
def test_one_millivolt_at_ten_mm_per_mv_is_ten_millimetres(choice, fs):
    flat, raised = (ecg_figure(record(fs, level_mv=level), choice) for level in (0.0, 1.0))
    for low, high, segment in zip(
        leads_of(flat), leads_of(raised), paper_layout(choice).segments, strict=True
    ):
        expected = choice.gain_mm_mv * segment.sign
        np.testing.assert_allclose(high.y - low.y, expected, rtol=1e-5)
        assert low.dx * fs == pytest.approx(choice.speed_mm_s)
    assert flat.layout.yaxis.scaleanchor == "x"
    assert flat.layout.yaxis.scaleratio == 1


def test_cabrera_draws_avr_upside_down_under_its_name():
    given_record = record()
    up = trace(ecg_figure(given_record), "aVR")
    figure = ecg_figure(given_record, CABRERA)
    down = trace(figure, "\N{MINUS SIGN}aVR")
    assert Counter(t.name for t in leads_of(figure))["aVR"] == 0
    assert "<b>\N{MINUS SIGN}aVR</b>" in trace(figure, "lead names").text
    assert down.meta == "\N{MINUS SIGN}aVR"
    row = paper_layout(CABRERA).row_y_mm
    first = np.asarray(given_record.signal[3, :250])
    np.testing.assert_allclose(down.y - row[2], -10 * first, atol=1e-4)
    np.testing.assert_allclose(
        up.y - row[0], 10 * np.asarray(given_record.signal[3, 250:500]), atol=1e-4
    )


@settings(deadline=None, max_examples=8)
@given(choices)
def test_each_row_has_a_calibration_pulse_of_one_millivolt_for_a_fifth_of_a_second(choice):
    figure = ecg_figure(record(), choice)
    layout = paper_layout(choice)
    pulse = trace(figure, "1 mV, 0.2 s")
    x, y = (np.asarray(a).reshape(len(layout.row_y_mm), 7)[:, :6] for a in (pulse.x, pulse.y))
    np.testing.assert_allclose(np.ptp(y, axis=1), choice.gain_mm_mv, rtol=1e-6)
    np.testing.assert_allclose(y.min(axis=1), layout.row_y_mm, rtol=1e-6)
    top = y[0] == y[0].max()
    assert np.ptp(x[0][top]) == pytest.approx(0.2 * choice.speed_mm_s)
    assert x.max() < min(t.x0 for t in leads_of(figure))


@settings(deadline=None, max_examples=8)
@given(choices)
def test_a_caliper_finds_every_trace_by_the_figures_meta(choice):
    figure = ecg_figure(record(), choice)
    told = figure.to_dict()["layout"]["meta"]
    layout = paper_layout(choice)
    assert (told["speed_mm_s"], told["gain_mm_mv"]) == (choice.speed_mm_s, choice.gain_mm_mv)
    assert [told["width_mm"], told["height_mm"]] == [
        figure.layout.xaxis.range[1],
        figure.layout.yaxis.range[1],
    ]
    keys = {"lead", "sign", "row", "start_s", "duration_s", "x_mm", "y_mm"}
    for segment, drawn in zip(told["segments"], layout.segments, strict=True):
        assert set(segment) == keys
        assert segment == {key: getattr(drawn, key) for key in keys}


@pytest.mark.parametrize(
    ("layout", "n_breaks"), [("3x4+1", 9), ("3x4+3", 9), ("6x2", 6), ("12x1", 0), ("single", 0)]
)
def test_each_change_of_lead_is_marked_above_and_below_the_trace(layout, n_breaks):
    choice = PaperSettings(layout)
    breaks = trace(ecg_figure(record(), choice), "breaks")
    x, y = (np.asarray(a).reshape(n_breaks, 2, 3)[:, :, :2] for a in (breaks.x, breaks.y))
    changes = [s for s in paper_layout(choice).segments if s.start_s > 0]
    for k, segment in enumerate(changes):
        assert (x[k] == segment.x_mm).all()
        assert y[k, 0].min() > segment.y_mm > y[k, 1].max()


def test_grid_is_ruled_each_millimetre_and_stronger_each_five():
    for axis in (ecg_figure(record()).layout.xaxis, ecg_figure(record()).layout.yaxis):
        assert (axis.dtick, axis.minor.dtick, axis.tick0, axis.minor.tick0) == (5, 1, 0, 0)
        assert axis.minor.showgrid
        assert axis.minor.gridcolor != axis.gridcolor
        assert axis.minor.gridwidth < axis.gridwidth
        assert axis.minallowed < 0 < axis.range[1] < axis.maxallowed


def test_lead_names_stand_above_the_trace_under_them_and_in_front():
    figure = ecg_figure(record(level_mv=0.8))
    names = trace(figure, "lead names")
    assert figure.data[-1] is names
    assert [t.removeprefix("<b>").removesuffix("</b>") for t in names.text] == [*LEADS, "II"]
    for name_y, lead in zip(names.y, leads_of(figure), strict=True):
        assert name_y > lead.y[:20].max()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_name_stays_in_its_row_when_the_trace_leaves_it(layout):
    choice = PaperSettings(layout)
    page = paper_layout(choice)
    names = trace(ecg_figure(record(level_mv=9.0), choice), "lead names")
    for y, segment in zip(names.y, page.segments, strict=True):
        assert segment.y_mm < y < segment.y_mm + page.row_pitch_mm / 2


def test_no_stray_drag_and_no_wheel_moves_the_paper_and_no_button_covers_a_lead():
    assert ecg_figure(record()).layout.dragmode is False
    assert (CHART_CONFIG["scrollZoom"], CHART_CONFIG["displayModeBar"]) == (False, False)


def test_a_given_page_is_drawn_on():
    page = roomy_layout(record(level_mv=2.6))
    figure = ecg_figure(record(level_mv=2.6), layout=page)
    assert figure.layout.yaxis.range[1] == page.height_mm == 140
    assert trace(figure, "V4").y == pytest.approx(110 + 26)


def test_the_unfiltered_ecg_lies_unseen_behind_the_filtered_one():
    figure = ecg_figure(
        record(level_mv=0.2), unfiltered=record(level_mv=0.5), filter_label="40 Hz low-pass"
    )
    seen = [t for t in leads_of(figure) if t.opacity is None]
    unseen = [t for t in leads_of(figure) if t.opacity == 0]
    assert {t.legendgroup for t in seen} == {"filtered"}
    assert {(t.legendgroup, t.hoverinfo) for t in unseen} == {("unfiltered", "skip")}
    assert len(seen) == len(unseen) == 13
    for filtered, raw in zip(seen, unseen, strict=True):
        assert raw.name == f"{filtered.name}, unfiltered"
        np.testing.assert_allclose(raw.y - filtered.y, 3, atol=1e-4)
    assert marks(figure) == [
        "25 mm/s · 10 mm/mV · 40 Hz low-pass · 100 Hz",
        "25 mm/s · 10 mm/mV · unfiltered · 100 Hz",
    ]
    assert [mark.opacity for mark in figure.layout.annotations] == [None, 0]


@pytest.mark.parametrize("synthetic", [False, True])
def test_a_modified_ecg_is_marked_beside_all_other_marks(synthetic):
    figure = mark_modified(ecg_figure(record(synthetic=synthetic)), "V2 silent")
    assert marks(figure)[-1] == "<b>MODIFIED BY YOU</b> · V2 silent"
    corners = [(a.x, a.yshift) for a in figure.layout.annotations]
    assert len(set(corners)) == len(corners) == 2 + synthetic, "none over another"


def test_footer_states_scale_filter_and_rate_and_synthetic_is_marked():
    choice = PaperSettings(gain_mm_mv=5.0, speed_mm_s=12.5)
    plain = ecg_figure(record(500), choice, filter_label="0.5 Hz high-pass")
    assert marks(plain) == ["12.5 mm/s · 5 mm/mV · 0.5 Hz high-pass · 500 Hz"]
    assert any("SYNTHETIC" in text for text in marks(ecg_figure(record(synthetic=True))))


def test_a_short_record_shares_its_time_among_the_columns():
    figure = ecg_figure(record(duration_s=4.0))
    lengths = {t.name: len(t.y) for t in leads_of(figure)}
    assert {lengths[lead] for lead in LEADS} == {100}
    assert lengths["II rhythm"] == 400


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("overlay", [False, True])
def test_height_fits_the_page_into_the_width(layout, overlay):
    choice = PaperSettings(layout)
    page = paper_layout(choice)
    figure = ecg_figure(record(), choice, overlay=heat() if overlay else None)
    margin = figure.layout.margin
    plot_px = figure_height_px(1200, page, overlay=overlay) - margin.t - margin.b
    width_px = 1200 - margin.l - margin.r
    assert plot_px == pytest.approx(width_px * page.height_mm / page.width_mm, abs=1)
    assert figure.layout.height == figure_height_px(1200, page, overlay=overlay)


def luminance(color):
    channels = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("neutral", [False, True])
@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_trace_stands_out_from_major_lines_and_those_from_minor_ones(theme, neutral):
    colors = paper(theme, neutral=neutral)
    ground = colors.background
    assert contrast(colors.trace, ground) > 12
    assert contrast(colors.trace, colors.major) > 6
    assert contrast(colors.major, ground) > contrast(colors.minor, ground) > 1.1
    assert contrast(colors.text, ground) > 7


def test_print_is_black_on_white_with_a_grid_that_survives_a_printer():
    printed, light = paper("print"), paper("light")
    figure = ecg_figure(record(), theme="print")
    assert figure.layout.plot_bgcolor == printed.background == "#FFFFFF"
    assert trace(figure, "I").line.color == printed.trace == "#000000"
    for line in ("major", "minor"):
        assert contrast(getattr(printed, line), "#FFFFFF") > contrast(
            getattr(light, line), light.background
        )


def test_heat_lies_behind_the_traces_on_neutral_paper():
    heated = ecg_figure(record(), overlay=heat())
    assert heated.layout.plot_bgcolor == paper("light", neutral=True).background
    assert heated.layout.plot_bgcolor != ecg_figure(record()).layout.plot_bgcolor
    assert heated.data[0].type == "heatmap"


def test_zoom_survives_a_filter_but_not_another_page():
    def revision(choice=CABRERA, **options):
        return ecg_figure(record(), choice, **options).layout.uirevision

    assert revision() == revision(filter_label="40 Hz low-pass", overlay=heat(), theme="dark")
    assert revision() != revision(PaperSettings(order="cabrera", gain_mm_mv=5.0))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("order", ORDERS)
def test_payload_at_100_hz_stays_below_250_kb(layout, order):
    figure = ecg_figure(record(), PaperSettings(layout, order), overlay=heat())
    assert len(figure.to_json()) < 250_000


@pytest.mark.parametrize("settings", [PaperSettings(), PaperSettings("12x1", speed_mm_s=50.0)])
def test_the_calibration_pulse_is_a_rectangle_of_a_millivolt_for_a_fifth_of_a_second(settings):
    layout = paper_layout(settings)
    pulse = trace(ecg_figure(record(), settings), "1 mV, 0.2 s")
    x, y = (np.asarray(values, float).reshape(-1, 7) for values in (pulse.x, pulse.y))
    assert len(x) == len(layout.row_y_mm)
    above = y[:, :6] - np.asarray(layout.row_y_mm)[:, None]
    assert above == pytest.approx(np.tile([0, 0, 10, 10, 0, 0], (len(x), 1)), abs=1e-3)
    left, foot, shoulder, other_shoulder, other_foot, right = x[0, :6]
    assert left < foot == shoulder
    assert other_shoulder == other_foot < right
    assert other_shoulder - shoulder == pytest.approx(0.2 * settings.speed_mm_s, abs=1e-3)
    assert np.isnan(x[:, 6]).all()
    assert np.isnan(y[:, 6]).all()
