"""How overlays are drawn: band or rim, hidden steps, one scale, grey when refused; colours."""

from dataclasses import replace

import numpy as np
import pytest

from ecgcore.explain.relative import difference, relative
from ecgcore.figures.attribution_overlay import (
    OverlayStyle,
    overlay_cells,
    overlay_trace,
    overlay_traces,
    strongest_step,
)
from ecgcore.figures.ecg_paper import ecg_figure
from ecgcore.figures.paper_layout import LAYOUTS, PaperSettings, paper_layout
from ecgcore.figures.theme import paper
from ecgcore.leads import LEADS
from tests.support.figures.colour_vision import CONES, distance, over, rgb
from tests.support.predictions import attribution
from tests.support.toys import record_of

LAYOUT = paper_layout()
SIGNAL = np.random.default_rng(0).normal(0, 0.2, (12, 5000))


def impulse(lead="V2", sample=600, value=2.0, rest=0.0):
    scores = np.full((12, 1000), rest, np.float32)
    scores[LEADS.index(lead), sample] = value
    return scores


def rims(scores, layout=LAYOUT, method="ig", **style):
    drawn = overlay_traces(
        attribution(scores, method), layout, record_of(SIGNAL, 500), style=OverlayStyle(**style)
    )
    return {trace.name: trace for trace in drawn}


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("order", ["standard", "cabrera"])
def test_a_rim_follows_the_drawn_trace_of_its_lead_through_its_moment(name, order):
    layout = paper_layout(PaperSettings(name, order))
    lead = "aVR" if name != "single" else "II"
    first = next(segment for segment in layout.segments if segment.lead == lead)
    sample = round(100 * (first.start_s + 1.2))
    drawn = rims(impulse(lead, sample), layout, kind="trace")
    owners = [s for s in layout.segments if s.lead == lead and sample in s.samples(100, 1000)]
    rim = drawn["overlay 5"]
    starts = np.flatnonzero(np.isnan(rim.x))
    assert len(starts) == len(owners)
    figure = ecg_figure(record_of(SIGNAL, 500), PaperSettings(name, order))
    traces = {trace.name: trace for trace in figure.data}
    for start, owner in zip(starts, owners, strict=True):
        x, y = rim.x[start + 1], rim.y[start + 1]
        trace = traces[f"{owner.label} rhythm" if owner.rhythm else owner.label]
        k = round((x - trace.x0) / trace.dx)
        assert y == pytest.approx(trace.y[k], abs=1e-4)
        seconds = (x - layout.trace_x_mm) / layout.speed_mm_s
        assert sample / 100 - 0.04 < seconds <= sample / 100 + 1e-3
    n_points = np.isfinite(rim.x).sum() / len(owners)
    assert 20 <= n_points <= 22, "40 ms at 500 Hz and the next point"


def test_rims_have_a_line_for_each_strength_and_sign_and_a_scale():
    scores = np.zeros((12, 1000), np.float32)
    row = scores[LEADS.index("II")]
    for step, value in enumerate((1.0, -1.0, 0.41, -0.1)):
        row[40 * step] = value
    drawn = rims(scores, kind="trace")
    assert list(drawn) == ["overlay -1", "overlay -5", "overlay 3", "overlay 5", "overlay"]
    assert drawn["overlay 5"].line.color == "rgba(213,60,20,0.8)"
    assert drawn["overlay 3"].line.color == "rgba(213,60,20,0.48)"
    assert drawn["overlay -5"].line.color == "rgba(0,114,178,0.8)"
    scale = drawn["overlay"].marker
    assert (scale.cmin, scale.cmax, scale.showscale) == (-1.0, 1.0, True)
    assert "contribution to the MI logit" in scale.colorbar.title.text


def test_rims_lie_behind_the_leads_and_strips_are_the_usual():
    heat = attribution(impulse())
    names = [trace.name for trace in ecg_figure(record_of(SIGNAL, 500), overlay=heat).data]
    assert names[0] == "overlay"
    assert names.index("overlay") < names.index("I")
    style = OverlayStyle("trace")
    drawn = ecg_figure(record_of(SIGNAL, 500), overlay=heat, overlay_style=style).data
    names = [trace.name for trace in drawn]
    assert names.index("overlay 5") < names.index("I")


@pytest.mark.parametrize("method", ["ig", "gradcam"])
def test_steps_weaker_than_the_threshold_are_hidden(method):
    scores = np.zeros((12, 1000), np.float32)
    for row in scores:
        row[[0, 40, 80]] = 1.0, 0.31, 0.29
    map_ = attribution(scores, method)
    values = overlay_cells(map_, LAYOUT, OverlayStyle(hidden_below=0.3)).values[::2]
    assert set(np.unique(values.round(4))) == {0, np.float32(0.31), 1}
    everything = overlay_cells(map_, LAYOUT).values[::2]
    assert np.float32(0.29) in np.unique(everything.round(4))


def test_two_maps_of_one_view_have_one_scale():
    weak, strong = relative(attribution(impulse(rest=0.001))), relative(attribution(impulse()))
    limit = max(strongest_step(one, LAYOUT) for one in (weak, strong))
    assert limit == pytest.approx(1.0), "the one impulse is all that the strong one says"
    for one in (weak, strong):
        trace = overlay_trace(one, LAYOUT, style=OverlayStyle(limit=limit))
        assert (trace.zmin, trace.zmax) == (-limit, limit)
    assert strongest_step(weak, LAYOUT) == pytest.approx(2.003 / 13.999, abs=1e-3)


def test_a_time_only_map_keeps_the_scale_of_its_view():
    curve = relative(attribution(np.ones((1, 1000), np.float32), "gradcam"))
    trace = overlay_trace(curve, LAYOUT, style=OverlayStyle(limit=0.5))
    assert (trace.zmin, trace.zmax) == (0, 0.5)
    assert np.nanmax(trace.z) == pytest.approx(0.001)
    assert list(trace.colorbar.ticktext) == ["0", "50.00 %"]


def test_a_refused_map_is_grey_and_says_so():
    trace = overlay_trace(attribution(impulse()), LAYOUT, style=OverlayStyle(refused=True))
    colors = [rgb(color)[:3] for _, color in trace.colorscale]
    assert all(np.ptp(color) == 0 for color in colors)
    assert trace.colorbar.title.text.startswith("refused by its checks · Integrated Gradients")
    cam = attribution(np.ones((1, 1000)), "gradcam")
    grey = overlay_trace(cam, LAYOUT, style=OverlayStyle(refused=True)).colorscale[-1][1]
    assert np.ptp(rgb(grey)[:3]) == 0


def test_a_difference_says_which_model_has_more():
    other = attribution(impulse("V5"))
    trace = overlay_trace(difference(attribution(impulse()), other), LAYOUT)
    assert trace.colorbar.ticktext[0].endswith("more in CNN-BiLSTM A (seed 0)")
    assert trace.colorbar.title.text == "share of all that a map says, per 40 ms"
    both = replace(other, members=(other, other))
    assert difference(both, both).ends == ("more in CNN-BiLSTM A (2 seeds)",) * 2
    signed = overlay_trace(other, LAYOUT)
    assert {c for _, c in trace.colorscale}.isdisjoint(c for _, c in signed.colorscale)


def maps():
    ig = attribution(impulse())
    yield "signed", ig
    yield "difference", difference(ig, attribution(impulse("V5")))
    yield "time", attribution(np.ones((1, 1000)), "gradcam")


@pytest.mark.parametrize("cones", CONES)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("name", "drawn"), list(maps()))
def test_colours_are_told_apart_without_one_kind_of_cone(cones, theme, name, drawn):
    sheet = paper(theme, neutral=True)
    scale = overlay_trace(drawn, LAYOUT, theme=theme).colorscale
    back, line = rgb(sheet.background)[:3], rgb(sheet.trace)[:3]
    ends = [scale[-1][1]] if name == "time" else [scale[0][1], scale[-1][1]]
    strong, half = ([over(end, sheet.background, s) for end in ends] for s in (1.0, 0.5))
    if len(ends) == 2:
        assert distance(*strong, cones) > 40
        assert distance(*half, cones) > 20
    for color, weak in zip(strong, half, strict=True):
        assert distance(color, back, cones) > 30, "from the paper"
        assert distance(weak, back, cones) > 15
        assert distance(color, line, cones) > 35, "from the trace on it"


def test_the_simulation_does_confuse_red_and_green():
    red, green = [0.72, 0.32, 0.0], [0.42, 0.45, 0.0]
    assert distance(red, green) > 50
    assert distance(red, green, "no green cones") < 15
    assert distance([0, 0, 0], [1, 1, 1]) == pytest.approx(100)
