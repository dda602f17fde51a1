import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.figures.attribution_overlay import overlay_trace, share_outside
from ecgcore.figures.paper_layout import (
    GAINS_MM_MV,
    LAYOUTS,
    ORDERS,
    SPEEDS_MM_S,
    PaperSettings,
    paper_layout,
)
from ecgcore.leads import LEADS
from tests.support.predictions import attribution

LAYOUT = paper_layout()
layouts = st.builds(
    PaperSettings,
    st.sampled_from(LAYOUTS),
    st.sampled_from(ORDERS),
    st.sampled_from(SPEEDS_MM_S),
    st.sampled_from(GAINS_MM_MV),
    st.sampled_from(LEADS),
).map(paper_layout)


def cells(trace):
    """Yield (left, right, bottom, top, value) of every cell that is neither 0 nor empty."""
    for i, j in np.argwhere(np.nan_to_num(trace.z) != 0):
        yield trace.x[j], trace.x[j + 1], trace.y[i], trace.y[i + 1], trace.z[i, j]


@settings(deadline=None, max_examples=30)
@given(
    layout=layouts,
    lead=st.integers(0, 11),
    second=st.floats(0, 9.999),
    fs=st.sampled_from([100, 125, 257, 500]),
    signed=st.booleans(),
)
def test_an_impulse_is_seen_wherever_its_own_moment_of_its_lead_is_drawn(
    layout, lead, second, fs, signed
):
    sample = int(second * fs)
    scores = np.zeros((12, 10 * fs), np.float32)
    scores[lead, sample] = 3.0
    found = list(
        cells(overlay_trace(attribution(scores, "ig" if signed else "gradcam", fs_hz=fs), layout))
    )
    owners = [
        s for s in layout.segments if s.lead == LEADS[lead] and sample in s.samples(fs, 10 * fs)
    ]
    assert len(found) == len(owners)
    mm_s = layout.speed_mm_s
    x_mm = layout.trace_x_mm + mm_s * sample / fs
    for left, right, bottom, top, value in found:
        assert left <= x_mm + 1e-3
        assert right >= x_mm + mm_s / fs - 1e-3
        assert right - left <= mm_s * 0.05
        assert value == pytest.approx(3.0 if signed else 1.0)
        assert sum(bottom < s.y_mm < top for s in owners) == 1


def test_a_lead_drawn_twice_has_its_heat_twice_and_an_inverted_one_keeps_its_sign():
    layout = paper_layout(PaperSettings("3x4+3", "cabrera"))
    scores = np.zeros((12, 1000), np.float32)
    scores[3, 100] = scores[1, 300] = 2.0
    found = list(cells(overlay_trace(attribution(scores), layout)))
    assert [cell[4] for cell in found] == [2.0] * 3
    middles = sorted((bottom + top) / 2 for _, _, bottom, top, _ in found)
    rows = layout.row_y_mm
    assert middles == pytest.approx(sorted([rows[2], rows[0], rows[4]]))


@settings(deadline=None, max_examples=15)
@given(layouts)
def test_a_time_only_score_is_the_same_in_every_row(layout):
    scores = np.linspace(0, 4, 1000, dtype=np.float32)[None]
    z = overlay_trace(attribution(scores, "gradcam"), layout).z
    rows = z[::2]
    assert rows.shape[0] == len(layout.row_y_mm)
    assert (rows == rows[0]).all()
    assert np.isnan(z[1::2]).all()
    assert rows.max() == 1.0
    assert (np.diff(rows[0]) > 0).all()


def test_signed_sums_are_kept_and_the_scale_is_symmetric():
    scores = np.random.default_rng(0).normal(size=(12, 1000)).astype(np.float32)
    trace = overlay_trace(attribution(scores), LAYOUT)
    assert trace.zmin == -trace.zmax
    assert trace.zmax == pytest.approx(np.nanmax(np.abs(trace.z)))
    rhythm, top = trace.z[0], trace.z[6]
    assert rhythm.sum() == pytest.approx(scores[1].sum(), rel=1e-4)
    columns = [scores[k, 250 * c : 250 * (c + 1)].sum() for c, k in enumerate((0, 3, 6, 9))]
    assert top.sum() == pytest.approx(sum(columns), rel=1e-4)


@settings(deadline=None, max_examples=15)
@given(layouts)
def test_no_step_spans_two_columns(layout):
    trace = overlay_trace(attribution(np.ones((12, 1000), np.float32)), layout)
    edges_s = (np.asarray(trace.x) - layout.trace_x_mm) / layout.speed_mm_s
    for border in {s.start_s for s in layout.segments} | {10.0}:
        assert np.abs(edges_s - border).min() < 1e-5


def test_colour_bar_states_method_scale_and_direction():
    scores = np.zeros((12, 1000), np.float32)
    scores[0, 40:44] = 0.25
    bar = overlay_trace(attribution(scores), LAYOUT).colorbar
    expected = "Integrated Gradients, CNN-BiLSTM A (seed 0): contribution to the MI logit per 40 ms"
    assert bar.title.text == expected
    assert list(bar.ticktext) == ["−1.00 away from MI", "0", "+1.00 towards MI"]
    cam = overlay_trace(attribution(scores[:1], "gradcam"), LAYOUT).colorbar
    assert cam.title.text.startswith(
        "Grad-CAM, CNN-BiLSTM A (seed 0): share of the strongest moment"
    )
    assert "when, not where" in cam.title.text
    assert list(cam.ticktext) == ["0", "50 %", "100 %"]


def test_scores_of_a_part_of_the_leads_are_refused():
    with pytest.raises(ValueError, match=r"\(3, 100\); \(1, n\) or \(12, n\)"):
        attribution(np.zeros((3, 100), np.float32))


def test_red_is_towards_and_blue_away_and_zero_is_clear():
    scale = overlay_trace(attribution(np.ones((12, 1000), np.float32)), LAYOUT).colorscale
    rgba = [[float(v) for v in color[5:-1].split(",")] for _, color in scale]
    assert rgba[0][2] > rgba[0][0]
    assert rgba[-1][0] > rgba[-1][2]
    assert rgba[1][3] == rgba[2][3] == 0
    assert max(c[3] for c in rgba) < 1


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("name", LAYOUTS)
def test_scores_that_are_all_zero_or_short_are_drawn(name, signed):
    layout = paper_layout(PaperSettings(name))
    for n in (1, 260, 1000, 1200):
        trace = overlay_trace(attribution(np.zeros((1, n)), "ig" if signed else "gradcam"), layout)
        assert trace.zmax == 1.0
        assert trace.x[-1] == pytest.approx(15.0 + 0.25 * min(n, 1000))


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_strip_is_nearly_as_high_as_its_row_and_lies_in_its_middle(name, signed):
    layout = paper_layout(PaperSettings(name))
    trace = overlay_trace(attribution(np.ones((12, 1000)), "ig" if signed else "gradcam"), layout)
    found = list(cells(trace))
    middles = {round((bottom + top) / 2, 2) for _, _, bottom, top, _ in found}
    assert middles == {round(float(y), 2) for y in layout.row_y_mm}
    rows = sorted(layout.row_y_mm)
    pitch_mm = min(np.diff(rows)) if len(rows) > 1 else layout.row_pitch_mm
    for _, _, bottom, top, _ in found:
        assert 0.9 * pitch_mm < top - bottom < pitch_mm


@settings(deadline=None, max_examples=30)
@given(
    layout=layouts,
    lead=st.integers(0, 11),
    second=st.floats(0, 9.999),
    fs=st.sampled_from([100, 257, 500]),
)
def test_what_is_outside_the_strips_is_what_no_strip_draws(layout, lead, second, fs):
    sample = int(second * fs)
    scores = np.full((12, 10 * fs), -1.0, np.float32)
    scores[lead, sample] = 3.0
    drawn = any(
        segment.lead == LEADS[lead]
        and segment.start_s <= sample / fs < segment.start_s + segment.duration_s
        for segment in layout.segments
    )
    assert share_outside(attribution(scores, fs_hz=fs), layout) == (0 if drawn else 1)


def test_of_an_even_push_a_page_of_columns_hides_nine_twelfths_of_eleven_leads():
    even = attribution(np.ones((12, 1000), np.float32))
    assert share_outside(even, LAYOUT) == pytest.approx(11 * 0.75 / 12, abs=1e-5)
    assert share_outside(even, paper_layout(PaperSettings("12x1"))) == pytest.approx(0)
    over_time = attribution(np.ones((1, 1000), np.float32), "gradcam")
    assert share_outside(over_time, LAYOUT) == pytest.approx(0, abs=1e-6)
