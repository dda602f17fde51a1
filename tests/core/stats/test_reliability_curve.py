"""Reliability curves: every record in one bin, exact intervals, hand-computed errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from sklearn.calibration import calibration_curve

from ecgcore.stats.bootstrap import resampled
from ecgcore.stats.reliability_curve import (
    BANDS,
    STRATEGIES,
    bin_edges,
    bin_index,
    bin_members,
    check_predictions,
    clopper_pearson,
    ece_by_bins,
    expected_calibration_error,
    reliability_curve,
)

_probability = st.one_of(
    st.floats(0, 1), st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.7, 1.0, np.nextafter(1.0, 0)])
)
_samples = st.lists(st.tuples(st.booleans(), _probability), min_size=1, max_size=60)
_any_bins = st.integers(1, 15)
_any_strategy = st.sampled_from(STRATEGIES)


def test_bins_counts_and_error_of_a_hand_made_sample():
    labels = [0, 0, 1, 1, 1]
    probs = [0.1, 0.3, 0.3, 0.8, 1.0]
    curve = reliability_curve(labels, probs, n_bins=2)
    assert curve.edges.tolist() == [0, 0.5, 1]
    assert curve.n.tolist() == [3, 2]
    assert curve.n_mi.tolist() == [1, 2]
    assert curve.mean_prob == pytest.approx([0.7 / 3, 0.9])
    assert curve.observed == pytest.approx([1 / 3, 1])
    # bin 1: |0.7 - 1| / 5, bin 2: |1.8 - 2| / 5
    assert curve.ece == pytest.approx(0.3 / 5 + 0.2 / 5)
    assert expected_calibration_error(labels, probs, 2) == curve.ece


def test_a_probability_on_an_edge_opens_the_next_bin_and_one_closes_the_last():
    index = bin_index(np.array([0.0, 0.1, 0.3, 0.7, 0.9, 1.0]), bin_edges(np.array([0.5])))
    assert index.tolist() == [0, 1, 3, 7, 9, 9]


def test_empty_bins_are_kept_and_not_a_number():
    curve = reliability_curve([0, 1], [0.05, 0.95])
    assert curve.n.tolist() == [1, *[0] * 8, 1]
    empty = slice(1, 9)
    for values in (curve.mean_prob, curve.observed, curve.low, curve.high):
        assert np.isnan(values[empty]).all()
        assert np.isfinite(values[[0, 9]]).all()
    assert curve.ece == pytest.approx(0.05)


def test_equal_mass_bins_differ_by_one_record_at_most():
    probs = np.random.default_rng(0).permutation(np.linspace(0.01, 0.99, 103))
    curve = reliability_curve(np.zeros(103), probs, 10, "mass")
    assert sorted(curve.n.tolist()) == [10] * 7 + [11] * 3
    assert curve.edges[[0, -1]].tolist() == [0, 1]


def test_equal_mass_bins_never_split_a_tie():
    probs = [0.0] * 6 + [0.2, 0.4, 0.6, 0.8]
    curve = reliability_curve([0] * 10, probs, 5, "mass")
    assert curve.edges.tolist() == [0, 0.2, 0.6, 1]
    assert curve.n.tolist() == [6, 2, 2]


def test_more_bins_than_records_gives_one_bin_each():
    assert reliability_curve([0, 1], [0.2, 0.7], 10, "mass").n.tolist() == [1, 1]


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("prob", [0.0, 0.25, 1.0])
def test_constant_predictions_fill_one_bin(strategy, prob):
    curve = reliability_curve([0, 0, 0, 1], [prob] * 4, strategy=strategy)
    assert curve.n[curve.n > 0].tolist() == [4]
    assert curve.ece == pytest.approx(abs(prob - 0.25))


def test_the_worst_and_the_best_error():
    assert expected_calibration_error([1, 0], [0.0, 1.0]) == 1
    assert expected_calibration_error([0, 1], [0.0, 1.0]) == 0


@pytest.mark.parametrize(("strategy", "name"), [("width", "uniform"), ("mass", "quantile")])
def test_scikit_learn_sees_the_same_points(strategy, name):
    rng = np.random.default_rng(1)
    probs = rng.beta(0.5, 0.5, 1000)
    labels = rng.random(1000) < probs
    curve = reliability_curve(labels, probs, 10, strategy)
    observed, mean_prob = calibration_curve(labels, probs, n_bins=10, strategy=name)
    assert (curve.n > 0).all()
    # numpy interpolates between two records where we take the upper one: no record changes its bin
    assert curve.observed == pytest.approx(observed, abs=1e-12)
    assert curve.mean_prob == pytest.approx(mean_prob, abs=1e-12)


def test_clopper_pearson_table_values():
    # 0 of 10 and 10 of 10: 1 - 0.025 ** (1 / 10); 5 of 10: published table, 0.187 to 0.813
    low, high = clopper_pearson(np.array([0, 5, 10, 0]), np.array([10, 10, 10, 0]))
    assert low[:3] == pytest.approx([0, 0.1871, 0.025**0.1], abs=5e-5)
    assert high[:3] == pytest.approx([1 - 0.025**0.1, 0.8129, 1], abs=5e-5)
    assert np.isnan([low[3], high[3]]).all()


@given(st.integers(1, 400), st.data())
@settings(deadline=None)
def test_clopper_pearson_holds_the_share_and_leaves_exact_tails(n, data):
    k = data.draw(st.integers(0, n))
    (low,), (high,) = clopper_pearson(np.array([k]), np.array([n]))
    assert 0 <= low <= k / n <= high <= 1
    if k > 0:
        assert binom.sf(k - 1, n, low) == pytest.approx(0.025, rel=1e-6)
    if k < n:
        assert binom.cdf(k, n, high) == pytest.approx(0.025, rel=1e-6)


@given(_samples, _any_bins, _any_strategy)
@settings(deadline=None)
def test_every_record_lies_in_exactly_one_bin(samples, n_bins, strategy):
    labels, probs = (np.array(column) for column in zip(*samples, strict=True))
    curve = reliability_curve(labels, probs, n_bins, strategy)
    inside = (curve.edges[:-1, None] <= probs) & (probs < curve.edges[1:, None])
    inside[-1] |= probs == 1
    assert (inside.sum(axis=0) == 1).all()
    assert curve.n.tolist() == inside.sum(axis=1).tolist()
    assert curve.n_mi.tolist() == (inside & labels).sum(axis=1).tolist()
    assert curve.n.sum() == len(samples)
    assert (bin_index(probs, curve.edges) == inside.argmax(axis=0)).all()
    if strategy == "mass":
        assert curve.n.min() > 0


@given(_samples, _any_bins, _any_strategy, st.randoms())
@settings(deadline=None)
def test_the_curve_is_bounded_and_knows_no_order(samples, n_bins, strategy, random):
    labels, probs = zip(*samples, strict=True)
    curve = reliability_curve(labels, probs, n_bins, strategy)
    filled = curve.n > 0
    assert 0 <= curve.ece <= 1
    assert (curve.low[filled] <= curve.observed[filled]).all()
    assert (curve.observed[filled] <= curve.high[filled]).all()
    random.shuffle(samples)
    labels, probs = zip(*samples, strict=True)
    shuffled = reliability_curve(labels, probs, n_bins, strategy)
    assert shuffled.edges.tolist() == curve.edges.tolist()
    assert shuffled.n_mi.tolist() == curve.n_mi.tolist()
    assert shuffled.ece == pytest.approx(curve.ece, abs=1e-12)


def test_frame_has_a_row_per_bin():
    frame = reliability_curve([0, 1], [0.2, 0.9], n_bins=2).frame()
    assert list(frame) == ["left", "right", "n", "n_mi", "mean_prob", "observed", "low", "high"]
    assert frame[["left", "right", "n", "n_mi"]].to_numpy().tolist() == [
        [0, 0.5, 1, 0],
        [0.5, 1, 1, 1],
    ]


@pytest.mark.parametrize(
    ("labels", "probs", "says"),
    [
        ([], [], "n >= 1"),
        ([0, 1], [0.5], r"labels \(2,\) and probs \(1,\)"),
        ([[0], [1]], [[0.5], [0.5]], r"\(2, 1\)"),
        ([0, 2], [0.5, 0.5], r"found \[2\]"),
        ([0, np.nan], [0.5, 0.5], "labels must be 0 or 1"),
        ([0, 1], [0.5, 1.5], "first is 1.5; pass probabilities, not logits"),
        ([0, 1], [-0.1, 0.5], "1 of 2"),
        ([0, 1], [np.nan, 0.5], "first is nan"),
    ],
)
def test_predictions_that_mean_nothing_are_refused(labels, probs, says):
    with pytest.raises(ValueError, match=says):
        check_predictions(labels, probs)


def test_unknown_bins_are_refused():
    with pytest.raises(ValueError, match="n_bins is 0"):
        reliability_curve([0, 1], [0.2, 0.9], n_bins=0)
    with pytest.raises(ValueError, match="'quantile'; use 'width' or 'mass'"):
        reliability_curve([0, 1], [0.2, 0.9], strategy="quantile")


def _sample(n, seed=0):
    rng = np.random.default_rng(seed)
    probs = rng.beta(0.6, 0.8, n)
    return rng.random(n) < probs, probs


def test_bootstrap_band_equals_a_plain_loop():
    labels, probs = _sample(60)
    patients = np.arange(60) // 2
    curve = reliability_curve(labels, probs, 4, band="bootstrap", clusters=patients, n_boot=50)
    (weights,) = resampled(patients, 50, 0)
    copies = [np.repeat(np.arange(60), row.astype(int)) for row in weights]
    shares = [
        [labels[c][bin_index(probs[c], curve.edges) == b].mean() for b in range(4)] for c in copies
    ]
    low, high = np.percentile(shares, [2.5, 97.5], axis=0)
    assert curve.low == pytest.approx(low)
    assert curve.high == pytest.approx(high)
    assert curve.band == "bootstrap"


def test_both_bands_agree_on_many_independent_records():
    labels, probs = _sample(5000)
    exact, copies = (reliability_curve(labels, probs, band=b) for b in BANDS)
    assert copies.high - copies.low == pytest.approx(exact.high - exact.low, rel=0.15)
    assert copies.observed.tolist() == exact.observed.tolist()


def test_bootstrap_leaves_empty_bins_undefined_and_full_ones_without_width():
    curve = reliability_curve([0, 1, 1], [0.05, 0.95, 0.95], band="bootstrap", n_boot=20)
    assert np.isnan(curve.low[1:9]).all()
    assert curve.frame().loc[9, ["low", "high"]].tolist() == [1, 1]


@pytest.mark.parametrize(("band", "n_boot"), [("wald", 10), ("bootstrap", 0)])
def test_unknown_bands_are_refused(band, n_boot):
    with pytest.raises(ValueError, match=f"'{band}' with {n_boot} copies"):
        reliability_curve([0, 1], [0.2, 0.9], band=band, n_boot=n_boot)


@given(_samples, _any_bins, _any_strategy)
@settings(deadline=None, max_examples=40)
def test_members_of_the_bins_are_all_records_most_probable_first(samples, n_bins, strategy):
    labels, probs = (np.array(column) for column in zip(*samples, strict=True))
    curve = reliability_curve(labels, probs, n_bins, strategy)
    members = bin_members(curve, probs)
    assert sorted(np.concatenate(members).tolist()) == list(range(len(samples)))
    assert [rows.size for rows in members] == curve.n.tolist()
    assert [int(labels[rows].sum()) for rows in members] == curve.n_mi.tolist()
    assert all((np.diff(probs[rows]) <= 0).all() for rows in members)


def test_members_of_another_curve_are_refused():
    curve = reliability_curve([0, 1], [0.2, 0.9], n_bins=2)
    with pytest.raises(ValueError, match=r"hold \[2, 0\] of probs, the curve \[1, 1\]"):
        bin_members(curve, [0.1, 0.2])


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_error_by_number_of_bins_equals_that_of_each_curve(strategy):
    labels, probs = _sample(300)
    frame = ece_by_bins(labels, probs, strategy=strategy)
    assert frame["n_bins"].tolist() == list(range(2, 51))
    curves = [reliability_curve(labels, probs, b, strategy) for b in frame["n_bins"]]
    assert frame["ece"].to_numpy() == pytest.approx([c.ece for c in curves], abs=1e-12)
    assert frame["filled"].tolist() == [(c.n > 0).sum() for c in curves]
