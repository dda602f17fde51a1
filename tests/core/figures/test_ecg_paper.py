import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.figures.ecg_paper import ecg_figure, figure_height_px
from ecgcore.figures.overlays import Heat
from ecgcore.figures.paper_layout import paper_layout
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord


def record(fs_hz=100, duration_s=10.0, synthetic=False, level_mv=None):
    n = round(fs_hz * duration_s)
    if level_mv is None:
        signal = np.random.default_rng(0).normal(0, 0.2, (12, n))
    else:
        signal = np.full((12, n), level_mv)
    return EcgRecord("7", signal.astype(np.float32), fs_hz, "test", synthetic=synthetic)


def leads_of(figure):
    return [t for t in figure.data if t.meta is not None]


def trace(figure, name):
    return next(t for t in figure.data if t.name == name)


def marks(figure):
    return [a.text for a in figure.layout.annotations]


@given(gain=st.sampled_from([5.0, 10.0, 20.0]), speed=st.sampled_from([12.5, 25.0, 50.0]))
def test_layout_has_each_lead_once_in_columns_that_continue_in_time(gain, speed):
    layout = paper_layout(gain_mm_mv=gain, speed_mm_s=speed)
    grid = [s for s in layout.segments if not s.is_rhythm]
    assert Counter(s.lead for s in grid) == Counter(LEADS)
    assert [s.lead for s in layout.segments if s.is_rhythm] == ["II"]
    columns = [("I", "II", "III"), ("aVR", "aVL", "aVF"), ("V1", "V2", "V3"), ("V4", "V5", "V6")]
    place = {s.lead: s for s in grid}
    for k, column in enumerate(columns):
        for row, lead in enumerate(column):
            assert (place[lead].row, place[lead].start_s) == (row, 2.5 * k)
            assert place[lead].x_mm == layout.time_x_mm(2.5 * k)
    assert max(s.x_mm + speed * s.duration_s for s in layout.segments) <= layout.width_mm


def test_rows_leave_room_for_usual_amplitudes():
    for gain in (10.0, 20.0):
        layout = paper_layout(gain_mm_mv=gain)
        below, above = 1.2 * gain, 1.5 * gain
        tops = [y + above for y in layout.row_y_mm]
        feet = [y - below for y in layout.row_y_mm]
        assert all(foot > top for foot, top in zip(feet[:-1], tops[1:], strict=True))


@settings(deadline=None, max_examples=30)
@given(
    fs=st.sampled_from([100, 128, 257, 360, 500]),
    duration=st.floats(0.1, 12.0),
    speed=st.sampled_from([25.0, 50.0]),
)
def test_every_sample_of_ten_seconds_is_in_one_column_at_its_own_time(fs, duration, speed):
    n = max(1, round(fs * duration))
    layout = paper_layout(speed_mm_s=speed)
    for row in range(3):
        parts = [list(s.samples(fs, n)) for s in layout.segments if s.row == row]
        assert [i for part in parts for i in part] == list(range(min(n, 10 * fs)))
    figure = ecg_figure(record(fs, duration), speed_mm_s=speed)
    for drawn in leads_of(figure):
        times = (drawn.x0 - layout.trace_x_mm + drawn.dx * np.arange(len(drawn.y))) / speed
        np.testing.assert_allclose(times, np.asarray(drawn.customdata)[:, 0], atol=1e-5)


@pytest.mark.parametrize("fs_hz", [100, 500])
def test_one_millivolt_is_ten_millimetres_and_one_second_is_twenty_five(fs_hz):
    flat, raised = (ecg_figure(record(fs_hz, level_mv=level)) for level in (0.0, 1.0))
    assert Counter(t.name for t in leads_of(flat)) == Counter([*LEADS, "rhythm"])
    for low, high in zip(leads_of(flat), leads_of(raised), strict=True):
        np.testing.assert_allclose(high.y - low.y, 10.0, rtol=1e-5)
        assert low.dx * fs_hz == pytest.approx(25.0)
        assert low.y.dtype == np.float32
    assert flat.layout.yaxis.scaleanchor == "x"
    assert flat.layout.yaxis.scaleratio == 1
    assert len(trace(flat, "V1").y) == 2.5 * fs_hz
    assert len(trace(flat, "rhythm").y) == 10 * fs_hz


def test_rhythm_strip_shows_the_same_samples_as_the_record():
    given_record = record()
    figure = ecg_figure(given_record, gain_mm_mv=5.0)
    layout = paper_layout(gain_mm_mv=5.0)
    np.testing.assert_allclose(
        (trace(figure, "rhythm").y - layout.row_y_mm[3]) / 5.0, given_record.signal[1], atol=1e-5
    )
    np.testing.assert_allclose(
        (trace(figure, "V2").y - layout.row_y_mm[1]) / 5.0,
        given_record.signal[7, 500:750],
        atol=1e-5,
    )


@pytest.mark.parametrize("gain_mm_mv", [5.0, 10.0, 20.0])
def test_calibration_pulse_is_one_millivolt_for_a_fifth_of_a_second(gain_mm_mv):
    figure = ecg_figure(record(), gain_mm_mv=gain_mm_mv)
    pulse = trace(figure, "1 mV, 0.2 s")
    x, y = (np.asarray(a).reshape(4, 7)[:, :6] for a in (pulse.x, pulse.y))
    np.testing.assert_allclose(np.ptp(y, axis=1), gain_mm_mv)
    top = y[0] == y[0].max()
    assert np.ptp(x[0][top]) == pytest.approx(5.0)
    assert x.max() < min(t.x0 for t in leads_of(figure))
    np.testing.assert_allclose(
        y.min(axis=1), paper_layout(gain_mm_mv=gain_mm_mv).row_y_mm, rtol=1e-6
    )


def test_grid_is_ruled_each_millimetre_and_stronger_each_five():
    for axis in (ecg_figure(record()).layout.xaxis, ecg_figure(record()).layout.yaxis):
        assert (axis.dtick, axis.minor.dtick, axis.tick0, axis.minor.tick0) == (5, 1, 0, 0)
        assert axis.minor.showgrid
        assert axis.minor.gridcolor != axis.gridcolor


def test_lead_names_stand_above_the_trace_under_them():
    figure = ecg_figure(record(level_mv=0.8))
    names = trace(figure, "lead names")
    assert [t.removeprefix("<b>").removesuffix("</b>") for t in names.text] == [*LEADS, "II"]
    for name_y, lead in zip(names.y, leads_of(figure), strict=True):
        assert name_y > lead.y[:20].max()


def test_footer_states_scale_filter_and_rate_and_synthetic_is_marked():
    plain = ecg_figure(record(500), filter_label="0.5 Hz high-pass", gain_mm_mv=5.0)
    assert marks(plain) == ["25 mm/s · 5 mm/mV · 0.5 Hz high-pass · 500 Hz"]
    assert any("SYNTHETIC" in text for text in marks(ecg_figure(record(synthetic=True))))


def test_a_short_record_simply_ends():
    figure = ecg_figure(record(duration_s=4.0))
    lengths = {t.name: len(t.y) for t in leads_of(figure)}
    assert lengths["I"] == 250
    assert lengths["aVR"] == 150
    assert lengths["rhythm"] == 400
    assert lengths["V1"] == lengths["V4"] == 0


@pytest.mark.parametrize("overlay", [False, True])
def test_height_fits_the_page_into_the_width(overlay):
    layout = paper_layout()
    assert layout.height_mm / layout.width_mm == pytest.approx(130 / 270)
    heat = Heat(np.ones((1, 1000), np.float32), 100, False, "Grad-CAM") if overlay else None
    figure = ecg_figure(record(), overlay=heat)
    margin = figure.layout.margin
    plot_px = figure_height_px(1200, layout, overlay=overlay) - margin.t - margin.b
    assert plot_px == pytest.approx((1200 - margin.l - margin.r) * 130 / 270, abs=1)
    assert figure.layout.height == figure_height_px(1200, layout, overlay=overlay)


def test_light_and_dark_differ_and_heat_takes_neutral_paper():
    light, dark = ecg_figure(record()), ecg_figure(record(), dark=True)
    assert light.layout.plot_bgcolor != dark.layout.plot_bgcolor
    heat = Heat(np.ones((12, 1000), np.float32), 100, True, "IG")
    heated = ecg_figure(record(), overlay=heat)
    assert heated.layout.plot_bgcolor != light.layout.plot_bgcolor
    assert heated.data[0].type == "heatmap"


def test_payload_and_build_time():
    heat = Heat(np.random.default_rng(0).normal(size=(12, 1000)).astype(np.float32), 100, True, "")
    assert len(ecg_figure(record(), overlay=heat).to_json()) < 250_000
    shown = record(500)
    best = min(_seconds(lambda: ecg_figure(shown, overlay=heat)) for _ in range(5))
    assert best < 0.04


def _seconds(build):
    start = time.perf_counter()
    build()
    return time.perf_counter() - start
