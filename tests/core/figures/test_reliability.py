import numpy as np
import pytest

from ecgcore.figures.reliability import SMALL_PX, corp_figure, reliability_figure, small
from ecgcore.stats.calibration.corp import corp
from ecgcore.stats.reliability_curve import ReliabilityCurve, reliability_curve

PROBS = np.array([0.05, 0.15, 0.15, 0.85, 0.95, 1.0])
LABELS = np.array([0, 0, 1, 1, 1, 1])


@pytest.fixture
def curve() -> ReliabilityCurve:
    return reliability_curve(LABELS, PROBS)


@pytest.fixture
def drawn_corp():
    rng = np.random.default_rng(1)
    probs = rng.uniform(size=80)
    labels = (rng.uniform(size=80) < probs).astype(int)
    made = corp(labels, probs, band="confidence", n_boot=20)
    steps = made.steps()
    pieces = steps.assign(mean_prob=(steps["left"] + steps["right"]) / 2, low=0.0, high=1.0)
    return made, pieces.reset_index(drop=True)


def by_name(figure, name):
    return next(t for t in figure.data if t.name == name)


def bars_of(figure):
    """The bars that are seen, and the clear ones that are clicked."""
    return [t for t in figure.data if t.type == "bar"]


def test_reliability_figure_draws_filled_bins_intervals_and_counts(curve):
    figure = reliability_figure(curve, name="A on certain", train_set="A")
    points = by_name(figure, "A on certain")
    np.testing.assert_allclose(points.x, [0.05, 0.15, 0.85, 0.975])
    np.testing.assert_allclose(points.y, [0.0, 0.5, 1.0, 1.0])
    np.testing.assert_allclose(points.y + points.error_y.array, curve.high[curve.n > 0])
    np.testing.assert_allclose(points.y - points.error_y.arrayminus, curve.low[curve.n > 0])
    seen, _ = bars_of(figure)
    assert sum(seen.y) == len(LABELS)
    assert list(seen.text) == ["1", "2", "0", "0", "0", "0", "0", "0", "1", "2"]
    assert figure.layout.yaxis.scaleanchor == "x"
    assert figure.layout.xaxis.title.text == "predicted probability of MI"
    assert figure.layout.yaxis.title.text == "observed MI fraction"
    other = reliability_figure(curve, name="x", positive="AF").layout
    assert other.xaxis.title.text == "predicted probability of AF"
    assert other.yaxis.title.text == "observed AF fraction"
    diagonal = by_name(figure, "perfect calibration")
    assert list(diagonal.x) == list(diagonal.y) == [0, 1]


def test_bars_cover_their_bins_and_narrow_ones_carry_no_number():
    probs = np.concatenate([np.linspace(0.001, 0.01, 10), np.linspace(0.1, 0.9, 10)])
    curve = reliability_curve(np.arange(20) % 2, probs, 4, "mass")
    seen, clear = bars_of(reliability_figure(curve, name="x"))
    for bars in (seen, clear):
        np.testing.assert_allclose(bars.x - bars.width / 2, curve.edges[:-1])
        np.testing.assert_allclose(bars.x + bars.width / 2, curve.edges[1:])
    assert seen.text[0] == ""
    assert seen.text[-1] == "5"


def test_dots_and_clear_bars_name_their_bin(curve):
    figure = reliability_figure(curve, name="x")
    assert [row[0] for row in by_name(figure, "x").customdata] == [0, 1, 8, 9]
    seen, clear = bars_of(figure)
    assert seen.customdata is None
    assert [row[0] for row in clear.customdata] == list(range(10))
    assert clear.marker.opacity == clear.unselected.marker.opacity == 0
    assert len(set(clear.y)) == 1
    assert clear.y[0] == figure.layout.yaxis2.range[1]


def test_bootstrap_band_stands_in_place_of_whiskers():
    rng = np.random.default_rng(0)
    probs = rng.uniform(size=200)
    labels = (rng.uniform(size=200) < probs).astype(int)
    curve = reliability_curve(labels, probs, 5, band="bootstrap", n_boot=50)
    figure = reliability_figure(curve, name="x")
    band = by_name(figure, "95 % of bootstrap samples")
    np.testing.assert_allclose(band.y, [*curve.high, *curve.low[::-1]])
    assert by_name(figure, "x").error_y.array is None


def test_seeds_are_faint_lines_with_gaps_behind_the_ensemble(curve):
    figure = reliability_figure(curve, name="x", seeds=[curve, curve])
    (seeds,) = [t for t in figure.data if t.name == "single seeds"]
    filled = curve.observed[curve.n > 0]
    np.testing.assert_allclose(seeds.y, [*filled, np.nan, *filled])
    assert seeds.opacity < 0.5
    assert figure.data.index(seeds) < figure.data.index(by_name(figure, "x"))
    assert len(reliability_figure(curve, name="x").data) == len(figure.data) - 1


def test_chosen_bin_is_ringed(curve):
    figure = reliability_figure(curve, name="x", chosen=8)
    ring = by_name(figure, "chosen bin")
    assert (ring.x[0], ring.y[0]) == (pytest.approx(0.85), 1.0)
    (shade,) = figure.layout.shapes
    assert (shade.x0, shade.x1) == (pytest.approx(0.8), pytest.approx(0.9))


def test_curve_without_bins_draws_line_band_stretches_and_every_record(drawn_corp):
    made, pieces = drawn_corp
    figure = corp_figure(made, pieces, name="x", seeds=[made], chosen=1)
    np.testing.assert_allclose(by_name(figure, "x").y, made.observed)
    stretches = by_name(figure, "level stretch")
    np.testing.assert_allclose(stretches.y, pieces["observed"])
    assert [row[0] for row in stretches.customdata] == list(range(len(pieces)))
    assert sum(bars_of(figure)[0].y) == 80
    assert by_name(figure, "chosen bin").x[0] == pytest.approx(pieces["mean_prob"][1])
    assert [t.name for t in figure.data].count("single seeds") == 1


def test_small_diagrams_have_no_legend(curve):
    figure = small(reliability_figure(curve, name="x"))
    assert figure.layout.height == SMALL_PX
    assert not figure.layout.showlegend
    assert figure.layout.yaxis.scaleanchor is None


@pytest.mark.parametrize("dark", [True, False])
def test_dark_figures_take_the_dark_page(curve, drawn_corp, dark):
    background = "#11191E" if dark else "#FFFFFF"
    for figure in (
        reliability_figure(curve, name="x", dark=dark),
        corp_figure(*drawn_corp, name="x", dark=dark),
    ):
        assert figure.layout.template.layout.paper_bgcolor == background
