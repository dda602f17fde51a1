"""Conformal verdicts: the promised coverage on exchangeable records, whatever the model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from ecgcore.stats.conformal import OUTCOMES, SHARES, MondrianConformal, min_records
from ecgcore.stats.reliability_curve import clopper_pearson

ALPHAS = (0.01, 0.05, 0.1, 0.2)
_probability = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
_samples = st.lists(st.tuples(st.booleans(), _probability), min_size=1, max_size=60).map(
    lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True))
)


def _draw(rng, n: int, harm: float = 1.0):
    """Records of a model that is wrongly calibrated by the power `harm`."""
    labels = rng.random(n) < 0.4
    return labels, (1 / (1 + np.exp(-rng.normal(size=n) - 2 * labels + 1))) ** harm


def test_limits_by_hand():
    labels = [0] * 9 + [1] * 9
    probs = [*np.arange(1, 10) / 20, *np.arange(6, 15) / 20]
    fitted = MondrianConformal.fit(labels, probs, 0.2)  # rank 8 of 9 in each class
    assert (fitted.normal_to, fitted.mi_from) == (8 / 20, 7 / 20)
    assert (fitted.n_normal, fitted.n_mi, fitted.always) == (9, 9, ())
    assert fitted.outcome([0.1, 0.36, 0.41]).tolist() == ["normal", "both", "MI"]
    assert fitted.sets([0.1, 0.36, 0.41]).tolist() == [[True, False], [True, True], [False, True]]


def test_a_gap_between_the_classes_is_neither():
    labels = np.repeat([0, 1], 20)
    probs = np.concatenate([np.full(20, 0.1), np.full(20, 0.9)])
    fitted = MondrianConformal.fit(labels, probs, 0.05)
    assert fitted.outcome([0.1, 0.5, 0.9]).tolist() == ["normal", "neither", "MI"]
    assert fitted.verdict([0.1, 0.5, 0.9]).tolist() == ["normal", "refer", "MI"]


@pytest.mark.parametrize(("alpha", "n"), [(0.01, 99), (0.05, 19), (0.1, 9), (0.2, 4), (0.3, 3)])
def test_too_few_records_put_a_class_into_every_set(alpha, n):
    assert min_records(alpha) == n
    enough = MondrianConformal.fit([0] * n + [1] * n, [0.2] * n + [0.8] * n, alpha)
    assert enough.always == ()
    assert enough.outcome([0.0, 1.0]).tolist() == ["normal", "MI"]
    short = MondrianConformal.fit([0] * n + [1] * (n - 1), [0.2] * n + [0.8] * (n - 1), alpha)
    assert short.always == ("MI",)
    assert short.outcome([0.0, 0.2, 1.0]).tolist() == ["both", "both", "MI"]


def test_without_records_everything_is_referred():
    fitted = MondrianConformal.fit([0], [0.5], 0.1)
    assert fitted.always == ("normal", "MI")
    assert fitted.verdict([0.0, 0.5, 1.0]).tolist() == ["refer"] * 3


@given(_samples, st.sampled_from(ALPHAS))
@settings(deadline=None, max_examples=150)
def test_limits_equal_the_definition_by_conformal_p_values(sample, alpha):
    labels, probs = sample
    fitted = MondrianConformal.fit(labels, probs, alpha)
    new = np.concatenate([probs, [0.0, 0.3, 1.0]])
    for column, side in enumerate((~labels, labels)):
        own, asked = (-p if column else p for p in (probs[side], new))  # ranks as 1 - p, unrounded
        n_as_odd = (own[:, None] >= asked).sum(axis=0)
        # p-value above alpha, in whole hundredths so that nothing is rounded
        inside = (n_as_odd + 1) * 100 > round(alpha * 100) * (side.sum() + 1)
        assert (fitted.sets(new)[:, column] == inside).all()


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("harm", [1.0, 0.1])
def test_each_class_is_covered_as_promised_whatever_the_model(alpha, harm):
    rng = np.random.default_rng(7)
    covered = []
    for _ in range(150):
        fitted = MondrianConformal.fit(*_draw(rng, 300, harm), alpha)
        coverage = fitted.coverage(*_draw(rng, 300, harm))
        covered.append((coverage.normal.value, coverage.mi.value))
    found, error = np.mean(covered, axis=0), np.std(covered, axis=0) / np.sqrt(150)
    assert (found >= 1 - alpha - 3 * error).all()
    assert (found <= 1 - alpha + 1 / (0.4 * 300) + 3 * error + 0.005).all()


def test_coverage_of_one_calibration_sample_follows_the_beta_law():
    """Coverage given n calibration records is beta distributed: Vovk, ACML 2012."""
    rng, alpha, n = np.random.default_rng(1), 0.1, 50
    found = []
    for _ in range(400):
        fitted = MondrianConformal.fit(np.zeros(n), rng.random(n), alpha)
        found.append(fitted.normal_to)  # uniform scores: the limit is its own coverage
    law = beta(46, n + 1 - 46)
    assert np.mean(found) == pytest.approx(law.mean(), abs=3 * law.std() / 20)
    assert np.std(found) == pytest.approx(law.std(), rel=0.15)


@given(_samples, st.floats(0.05, 0.5), st.floats(1.01, 1.9))
@settings(deadline=None, max_examples=60)
def test_a_smaller_alpha_gives_larger_sets(sample, alpha, factor):
    strict, loose = (MondrianConformal.fit(*sample, a) for a in (alpha, alpha * factor))
    grid = np.linspace(0, 1, 21)
    assert (strict.sets(grid) >= loose.sets(grid)).all()


def test_figures_of_a_hand_made_sample():
    fitted = MondrianConformal(0.1, mi_from=0.3, normal_to=0.6, n_mi=100, n_normal=100)
    labels = [0, 0, 0, 0, 1, 1, 1, 1, 1]
    probs = [0.1, 0.2, 0.5, 0.9, 0.1, 0.4, 0.7, 0.8, 0.9]
    found = fitted.coverage(labels, probs)
    assert {name: (getattr(found, name).hits, getattr(found, name).n) for name in SHARES} == {
        "normal": (3, 4),
        "mi": (4, 5),
        "overall": (7, 9),
        "referred": (2, 9),
        "both": (2, 9),
        "neither": (0, 9),
        "errors": (2, 7),
        "sensitivity": (3, 4),
        "specificity": (2, 3),
    }
    frame = found.frame()
    assert tuple(frame["figure"]) == SHARES
    low, high = clopper_pearson(np.array([4]), np.array([5]))
    assert frame.set_index("figure").loc["mi", ["value", "low", "high"]].tolist() == pytest.approx(
        [0.8, low[0], high[0]]
    )


def test_recalibration_in_order_changes_no_verdict():
    rng = np.random.default_rng(3)
    (labels, probs), (_, new) = _draw(rng, 200), _draw(rng, 500)
    before = MondrianConformal.fit(labels, probs).outcome(new)
    assert len(set(before)) > 2
    assert (MondrianConformal.fit(labels, probs**3 / 2).outcome(new**3 / 2) == before).all()


@given(_samples, _samples, st.sampled_from(ALPHAS))
@settings(deadline=None, max_examples=60)
def test_every_record_is_decided_or_referred(calibration, test, alpha):
    fitted = MondrianConformal.fit(*calibration, alpha)
    labels, probs = test
    outcome, verdict = fitted.outcome(probs), fitted.verdict(probs)
    assert set(outcome) <= set(OUTCOMES)
    assert ((verdict == "refer") == np.isin(outcome, ["both", "neither"])).all()
    assert (verdict == outcome)[verdict != "refer"].all()
    found = fitted.coverage(labels, probs)
    assert found.errors.hits == ((verdict == "MI") & ~labels | (verdict == "normal") & labels).sum()
    assert found.errors.n + found.referred.hits == labels.size


@pytest.mark.parametrize("alpha", [0, 1, -0.1, float("nan")])
def test_an_alpha_that_promises_nothing_is_refused(alpha):
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        MondrianConformal.fit([0, 1], [0.2, 0.8], alpha)


@pytest.mark.parametrize("probs", [[-1.0], [float("nan")], [[0.5]]])
def test_what_is_no_probability_is_refused(probs):
    fitted = MondrianConformal.fit([0, 1], [0.2, 0.8])
    with pytest.raises(ValueError, match="numbers from 0 to 1, not logits"):
        fitted.verdict(probs)
