"""Comparing groups of seeds: plain loops are the oracles, simulated truth is the judge."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import ttest_ind
from sklearn import metrics as sk

from ecgcore.stats.bootstrap import resampled
from ecgcore.stats.comparison.paired_bootstrap import (
    Comparison,
    Contender,
    Trial,
    bootstrap_p,
    compare_all,
    comparison_frame,
    corrected,
    holm,
    paired_bootstrap,
    rank_frame,
    rank_table,
)
from ecgcore.stats.metrics import SCORE_NAMES, Estimate, evaluate


def _trial(n=200, seed=0, **options):
    labels = np.random.default_rng(seed).random(n) < 0.4
    return Trial(labels, np.arange(n) // 2, **{"n_boot": 200} | options)


def _group(trial, name="a", n_seeds=4, signal=2.0, spread=0.0, seed=1):
    """Seeds that see the same patients; `spread` is the noise of training."""
    labels, rng = np.asarray(trial.labels), np.random.default_rng(seed)
    shared = np.random.default_rng(99).normal(size=labels.size)
    strengths = signal + rng.normal(0, spread, n_seeds)
    noise = rng.normal(0, 0.2, (n_seeds, labels.size))
    return Contender.from_logits(name, shared + strengths[:, None] * (labels - 0.5) + noise)


def test_an_ensemble_is_the_mean_of_logits():
    logits = np.array([[0.0, 2.0], [1.0, -2.0]])
    contender = Contender.from_logits("a", logits)
    assert contender.ensemble_probs == pytest.approx(expit([0.5, 0.0]))
    assert contender.seed_probs == pytest.approx(expit(logits))


def test_copies_equal_a_plain_loop_over_patients():
    trial = _trial(60, n_boot=20)
    probs = _group(trial, n_seeds=2).seed_probs
    values, copies = trial.scores("auroc", probs)
    (weights,) = resampled(np.arange(60) // 2, 20, 0)
    drawn = [np.repeat(np.arange(60), row.astype(int)) for row in weights]
    loop = [[sk.roc_auc_score(trial.labels[c], p[c]) for p in probs] for c in drawn]
    assert copies == pytest.approx(np.array(loop), abs=1e-12)
    assert values == pytest.approx([sk.roc_auc_score(trial.labels, p) for p in probs])


@pytest.mark.parametrize("metric", SCORE_NAMES)
def test_one_seed_has_the_interval_of_evaluate(metric):
    trial = _trial()
    one = _group(trial, n_seeds=1)
    (standing,) = rank_table(trial, [one], metric)
    assert standing.mean == standing.ensemble
    assert np.isnan(standing.sd)
    if metric != "log_loss":
        metrics = evaluate(trial.labels, one.seed_probs[0], clusters=trial.clusters, n_boot=200)
        assert standing.mean == getattr(metrics, metric)


def test_seeds_are_drawn_so_that_their_mean_spreads_as_it_should():
    values = np.array([0.90, 0.93, 0.95, 0.91])
    means = _trial().seed_means(np.tile(values, (40_000, 1)), 1)
    assert means.mean() == pytest.approx(values.mean(), abs=5e-4)
    assert means.std() == pytest.approx(values.std(ddof=1) / 2, rel=0.02)


def test_a_real_difference_is_seen_both_ways_round():
    trial = _trial(400)
    weak, strong = _group(trial, "weak", signal=1.0), _group(trial, "strong", signal=2.5, seed=2)
    comparison = paired_bootstrap(trial, strong, weak)
    assert comparison.verdict == "higher"
    assert comparison.difference.low > 0
    assert comparison.p == pytest.approx(2 / 201)
    assert comparison.pairs_higher == (16, 16)
    back = paired_bootstrap(trial, weak, strong)
    assert back.verdict == "lower"
    assert back.difference.value == -comparison.difference.value
    assert paired_bootstrap(trial, weak, strong, "brier").verdict == "higher"


def test_noise_of_training_widens_the_interval():
    trial = _trial(400)
    other = _group(trial, seed=5)
    widths = []
    for spread in (0.0, 1.0):
        comparison = paired_bootstrap(trial, _group(trial, spread=spread), other)
        widths.append(comparison.difference.high - comparison.difference.low)
    assert widths[1] > 2 * widths[0]


@pytest.mark.parametrize(("sizes", "verdict"), [((2, 5), "too few seeds"), ((3, 3), "higher")])
def test_two_seeds_are_no_evidence(sizes, verdict):
    trial = _trial(400)
    strong = _group(trial, signal=3.0, n_seeds=sizes[0])
    weak = _group(trial, "b", signal=1.0, n_seeds=sizes[1], seed=2)
    comparison = paired_bootstrap(trial, strong, weak)
    assert comparison.difference.low > 0
    assert comparison.verdict == verdict


def test_a_verdict_needs_the_seeds_alone_to_agree():
    sure, seeds = Estimate(0.01, 0.002, 0.02), np.array([3.0, 4.0, 7.0])
    for over_seeds, verdict in [
        (Estimate(0.01, -0.01, 0.03), "not clear over seeds"),
        (Estimate(0.01, 0.001, 0.02), "higher"),
    ]:
        made = Comparison("a", "b", "auroc", sure, 0.01, over_seeds, seeds, seeds - 0.5, 0.01)
        assert made.verdict == verdict
    assert made.pairs_higher == (6, 9)


def test_the_same_recipe_twice_is_rarely_better():
    trial = _trial(300, n_boot=100)
    verdicts = []
    for seed in range(30):
        first = _group(trial, n_seeds=3, spread=0.3, seed=2 * seed + 10)
        second = _group(trial, "b", n_seeds=3, spread=0.3, seed=2 * seed + 11)
        verdicts.append(paired_bootstrap(trial, first, second).verdict)
    assert sum(verdict.startswith("not clear") for verdict in verdicts) >= 28


def test_the_interval_over_seeds_is_welchs():
    trial = _trial()
    first = _group(trial, spread=0.5)
    second = _group(trial, "b", n_seeds=5, spread=0.2, seed=3)
    comparison = paired_bootstrap(trial, first, second)
    welch = ttest_ind(comparison.first_seeds, comparison.second_seeds, equal_var=False)
    interval = welch.confidence_interval(0.95)
    assert [comparison.over_seeds.low, comparison.over_seeds.high] == pytest.approx(interval)


def test_seeds_that_agree_exactly_have_no_width():
    trial = _trial()
    same = Contender("a", np.tile(_group(trial).seed_probs[:1], (3, 1)), np.full(200, 0.5))
    comparison = paired_bootstrap(trial, same, same)
    assert comparison.over_seeds == Estimate(0.0, 0.0, 0.0)
    assert comparison.difference == Estimate(0.0, 0.0, 0.0)
    assert (comparison.p, comparison.verdict) == (1.0, "not clear")


def test_every_pair_is_compared_on_the_same_copies():
    trial = _trial()
    groups = [_group(trial, name, signal=s, seed=s) for name, s in (("A", 1), ("C", 2), ("D", 3))]
    frame = comparison_frame(compare_all(trial, groups))
    assert frame[["first", "second"]].to_numpy().tolist() == [["A", "C"], ["A", "D"], ["C", "D"]]
    assert frame["p_holm"].to_numpy() == pytest.approx(holm(frame["p"]))
    assert (frame["low"] <= frame["difference"]).all()
    assert frame["verdict"].tolist() == ["lower"] * 3
    alone = paired_bootstrap(trial, *groups[:2])
    assert frame.loc[0, "low"] == alone.difference.low


def test_p_is_corrected_for_the_pairs_of_the_list_that_can_have_a_verdict():
    gap, five, two = Estimate(0.02, 0.01, 0.03), np.arange(5.0), np.arange(2.0)

    def one(p, seeds):
        return Comparison("a", "b", "auroc", gap, p, gap, seeds, seeds, p)

    found = corrected([one(0.02, five), one(0.03, five), one(0.001, two)])
    assert [c.p_holm for c in found[:2]] == [0.04, 0.04]
    assert np.isnan(found[2].p_holm)
    assert [c.verdict for c in found] == ["higher", "higher", "too few seeds"]
    more = corrected([*found, one(0.5, five)])
    assert [c.p_holm for c in more[:2]] == [0.06, 0.06]
    assert more[0].verdict == "higher in this pair alone"


def test_ranking_shows_seeds_and_ensemble():
    trial = _trial()
    groups = [_group(trial, "A"), _group(trial, "C", n_seeds=3, signal=3.0)]
    frame = rank_frame(rank_table(trial, groups))
    assert frame["name"].tolist() == ["A", "C"]
    assert frame["n_seeds"].tolist() == [4, 3]
    assert (frame["ensemble"] > frame["mean"]).all()
    assert (frame["low"] < frame["mean"]).all()
    seeds = [sk.roc_auc_score(trial.labels, p) for p in groups[0].seed_probs]
    assert frame.loc[0, ["mean", "sd"]].tolist() == pytest.approx(
        [np.mean(seeds), np.std(seeds, ddof=1)]
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [({"n_boot": 0}, "n_boot 0"), ({"threshold": 2.0}, "threshold 0 to 1")],
)
def test_arguments_outside_their_limits_are_refused(options, says):
    trial = _trial(**options)
    with pytest.raises(ValueError, match=says):
        rank_table(trial, [_group(trial)])


def test_bootstrap_p_counts_both_tails():
    assert bootstrap_p(np.array([1.0] * 95 + [-1.0] * 4)) == pytest.approx(2 * 5 / 100)
    assert bootstrap_p(np.array([-1.0] * 99)) == pytest.approx(2 / 100)
    assert bootstrap_p(np.zeros(10)) == 1
    assert bootstrap_p(np.array([np.nan, 1.0])) == 1
    assert np.isnan(bootstrap_p(np.full(3, np.nan)))


def test_holm_of_the_textbook():
    adjusted = holm([0.01, 0.04, 0.03, 0.005])
    assert adjusted == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]).tolist() == [1, 1]
    assert holm([]).size == 0


def test_holm_leaves_undefined_values_out():
    adjusted = holm([0.02, np.nan, 0.01])
    assert adjusted[[0, 2]] == pytest.approx([0.02, 0.02])
    assert np.isnan(adjusted[1])
    with pytest.raises(ValueError, match="must be 0 to 1"):
        holm([1.2])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(deadline=None)
def test_holm_lies_between_the_raw_value_and_bonferroni(p_values):
    p = np.array(p_values)
    adjusted = holm(p)
    assert (p <= adjusted).all()
    assert (adjusted <= np.minimum(p * p.size, 1) + 1e-15).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()
