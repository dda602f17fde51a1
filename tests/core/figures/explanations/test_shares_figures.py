"""Bars of shares, and a map behind the median beat."""

import numpy as np
import pytest

from ecgcore.explain.beat_map import beat_map
from ecgcore.explain.shares import Share, Shares
from ecgcore.figures.explanations.on_median_beat import mapped_median_figure
from ecgcore.figures.explanations.shares import shares_alt, shares_figure
from ecgcore.figures.median_beat import median_figure
from ecgcore.leads import LEADS
from tests.support.measurements import measurements
from tests.support.predictions import attribution

WAVES = (Share("P", 0.1, 0.2), Share("QRS", 0.9, 0.1))
SHARES = Shares(True, tuple(Share(lead, 1 / 12, 1 / 12) for lead in LEADS), (), WAVES, ())


def test_each_group_has_bars_in_per_cent_with_a_tick_for_chance():
    figure = shares_figure(SHARES)
    assert [trace.name for trace in figure.data] == ["share", "by chance"] * 2
    bars, ticks = figure.data[2], figure.data[3]
    assert list(bars.x) == list(ticks.x) == ["P", "QRS"]
    assert list(bars.y) == [10, 90]
    assert list(ticks.y) == [20, 10]
    assert bars.text[1] == "90 % (by chance 10 %)"
    assert (bars.xaxis, bars.yaxis) == ("x2", "y2")
    assert [figure.layout[axis].title.text for axis in ("xaxis", "xaxis2")] == ["Lead", "Wave"]
    left, right = figure.layout.xaxis.domain, figure.layout.xaxis2.domain
    assert left[1] < right[0] < right[1] <= 1


def test_the_direction_has_its_colour_and_words():
    towards, away = (
        SHARES,
        Shares(False, *(getattr(SHARES, n) for n in ("leads", "territories", "waves", "beats"))),
    )
    assert shares_figure(towards).layout.title.text == "Share of the push towards MI"
    assert shares_figure(away).layout.title.text == "Share of the push away from MI"
    colors = {shares_figure(one).data[0].marker.color for one in (towards, away)}
    assert len(colors) == 2
    assert shares_alt(towards).endswith("by wave P 10 %, QRS 90 %")


def cells(figure):
    """Yield (left, right, bottom, top, value) of every cell that is neither 0 nor empty."""
    trace = figure.data[0]
    for i, j in np.argwhere(np.nan_to_num(trace.z) != 0):
        yield trace.x[j], trace.x[j + 1], trace.y[i], trace.y[i + 1], trace.z[i, j]


@pytest.mark.parametrize("lead", range(12))
def test_a_map_lies_behind_its_own_lead_at_its_own_moment(lead):
    measured = measurements()
    scores = np.zeros((12, 1000), np.float32)
    scores[lead, [round(100 * (r + 0.1)) for r in measured.beats.r_s]] = 1.0
    mapped = beat_map(attribution(scores), measured.beats)
    figure = mapped_median_figure(measured, mapped)
    found = list(cells(figure))
    assert sum(cell[4] for cell in found) == pytest.approx(1.0, abs=1e-5)
    beat = next(trace for trace in figure.data if trace.meta == LEADS[lead])
    times = np.asarray(beat.customdata)[:, 0]
    x = float(np.asarray(beat.x)[np.abs(times - 105).argmin()])
    names = next(trace for trace in figure.data if trace.name == "lead names")
    for left, right, bottom, top, _ in found:
        assert left - 0.55 <= x <= right + 0.55
        assert bottom < names.y[lead] < top
        assert names.x[lead] <= left


def test_the_paper_is_grey_and_the_scale_says_what_is_averaged():
    measured = measurements()
    mapped = beat_map(attribution(np.ones((12, 1000))), measured.beats)
    figure = mapped_median_figure(measured, mapped)
    assert figure.layout.plot_bgcolor != median_figure(measured).layout.plot_bgcolor
    title = figure.data[0].colorbar.title.text
    assert title == "Integrated Gradients, CNN-BiLSTM A (seed 0): mean over 10 beats, per 20 ms"
    refused = mapped_median_figure(measured, mapped, refused=True).data[0]
    assert refused.colorbar.title.text.startswith("refused by its checks · ")
    assert refused.colorscale != figure.data[0].colorscale
    nothing = mapped_median_figure(measurements(beat=False), mapped)
    assert "overlay" not in [trace.name for trace in nothing.data]


def test_a_curve_is_behind_every_lead():
    measured = measurements()
    mapped = beat_map(attribution(np.ones((1, 1000)), "gradcam"), measured.beats)
    z = mapped_median_figure(measured, mapped).data[0].z
    n = (z.shape[1] + 1) // 6
    assert (z[0, : n - 1] == z[2, 5 * n : 6 * n - 1]).all()
    assert np.isnan(z[1]).all()
    assert np.isnan(z[0, n - 1])
