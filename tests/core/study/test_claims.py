"""Published claims: that the figures behind them say so, and how ours are set beside them."""

import numpy as np
import pytest

from ecgcore.stats.comparison.paired_bootstrap import Comparison
from ecgcore.stats.metrics import LOWER_IS_BETTER, Estimate
from ecgcore.study.claims import CLAIMS, REBUILT_CLAIMS, Claim, judge, judge_all

A, C, D = (("cnn_bilstm", name) for name in ("A", "C", "D"))
AUROC = Claim("A above C above D", "certain", "auroc", ((A, C), (C, D)))
ECE = Claim("A below C", "certain", "ece_width", ((A, C),))


def compared(value: float, half: float = 0.01, seeds: int = 5, p: float = 0.01) -> Comparison:
    """First minus second, with seeds that lie as far apart as the difference."""
    first, second = (np.linspace(-1e-4, 1e-4, seeds) + mean for mean in (value, 0.0))
    interval = Estimate(value, value - half, value + half)
    return Comparison("x", "y", "auroc", interval, p, interval, first, second, p)


@pytest.mark.parametrize("claim", [c for c in (*CLAIMS, *REBUILT_CLAIMS) if c.steps])
def test_the_published_figures_say_what_the_claim_says(claim):
    for better, worse in claim.steps:
        figures = claim.figure(better), claim.figure(worse)
        lower_wins = claim.score in LOWER_IS_BETTER
        assert (figures[0] < figures[1]) == lower_wins
        assert figures[0] != figures[1]


def test_a_claim_without_a_test_set_of_ours_cannot_be_judged():
    (headline,) = [claim for claim in CLAIMS if not claim.test_set]
    assert "0.9906" in headline.text
    judged = judge(headline, [])
    assert judged.verdict == "cannot be judged"
    assert judged.gaps == ()


def test_the_network_trained_again_answers_what_needs_no_other():
    assert len(REBUILT_CLAIMS) == 3
    for claim in REBUILT_CLAIMS:
        groups = {group for step in claim.steps for group in step}
        assert groups <= {("cnn_lstm", name) for name in ("A", "C", "D")}
        (ours,) = [one for one in CLAIMS if one.text == claim.text]
        assert [[g[1] for g in step] for step in ours.steps] == [
            [g[1] for g in step] for step in claim.steps
        ]


@pytest.mark.parametrize(
    ("ac", "cd", "verdict"),
    [
        (0.02, 0.03, "agrees"),
        (0.02, 0.005, "not shown"),
        (-0.005, 0.005, "not shown"),
        (0.02, -0.03, "disagrees"),
        (0.005, -0.03, "disagrees"),
    ],
)
def test_every_step_must_separate_to_agree_and_one_the_other_way_disagrees(ac, cd, verdict):
    judged = judge(AUROC, [compared(ac), compared(cd)])
    assert judged.verdict == verdict
    assert [gap.advantage.value for gap in judged.gaps] == [ac, cd]


def test_what_holds_without_the_correction_only_says_so():
    alone, other = compared(0.02, p=0.3), compared(-0.02, p=0.3)
    assert judge(AUROC, [compared(0.02), alone]).verdict == "agrees in these pairs alone"
    assert judge(AUROC, [other, alone]).verdict == "disagrees in one pair alone"
    assert judge(AUROC, [other, compared(-0.02)]).verdict == "disagrees"
    assert judge(AUROC, [compared(0.005), alone]).verdict == "not shown"


def test_of_an_error_the_lower_one_is_better():
    judged = judge(ECE, [compared(-0.02)])
    assert judged.verdict == "agrees"
    assert judged.gaps[0].advantage == Estimate(0.02, 0.01, 0.03)
    assert judge(ECE, [compared(0.02)]).verdict == "disagrees"


def test_one_seed_is_no_evidence():
    judged = judge(ECE, [compared(-0.5, seeds=1)])
    assert judged.verdict == "not shown"


def test_a_missing_network_leaves_the_claim_open():
    judged = judge(AUROC, [compared(0.5), None])
    assert judged.verdict == "cannot be judged"
    assert len(judged.gaps) == 1


def test_a_list_of_claims_is_corrected_for_all_its_pairs():
    one = compared(-0.02, p=0.02)
    assert judge_all([ECE], lambda claim: lambda *step: one)[0].verdict == "agrees"
    twice = judge_all([ECE, AUROC], lambda claim: lambda *step: one if claim is ECE else None)
    assert [judged.verdict for judged in twice] == ["agrees", "cannot be judged"]
    three = judge_all([ECE, ECE, ECE], lambda claim: lambda *step: one)
    assert [judged.verdict for judged in three] == ["agrees in these pairs alone"] * 3
    assert not three[0].gaps[0].separable
