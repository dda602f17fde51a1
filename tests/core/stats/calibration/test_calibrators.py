"""Recalibration maps: scikit-learn and the plain definitions are the oracles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, log_expit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from ecgcore.stats.calibration.calibrators import CALIBRATORS, MAX_SLOPE, fit
from ecgcore.stats.reliability_curve import expected_calibration_error

FITTED = [method for method in CALIBRATORS if method != "raw"]
PARAMETERS = {
    "raw": (),
    "temperature": ("T",),
    "platt": ("slope", "intercept"),
    "beta": ("a", "b", "c"),
    "isotonic": ("steps",),
    "venn_abers": (),
}

_logit = st.one_of(
    st.sampled_from([-4.0, -1.5, -1.0, 0.0, 0.5, 2.0, 3.0]),
    st.integers(-3000, 3000).map(lambda n: n / 100),  # scikit-learn takes closer ones as equal
)
_samples = (
    st.lists(st.tuples(st.booleans(), _logit), min_size=2)
    .map(lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True)))
    .filter(lambda sample: 0 < sample[0].sum() < sample[0].size)
)
_new_logits = np.unique(np.concatenate([np.linspace(-40, 40, 81), [-1.5, 0.5, 2.25]]))


def _sample(n: int = 600, seed: int = 0, slope: float = 2.0, offset: float = 0.7):
    """Labels whose true logit is ``slope * logit + offset``."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=n) * 2
    return rng.random(n) < expit(slope * logits + offset), logits


def _shown(method: str, *sample) -> dict[str, float]:
    return dict(fit(method, *sample).parameters())


class _LogitModel(LogisticRegression):
    """Something that scikit-learn can calibrate: its decision function is the input."""

    def fit(self, X, y):  # noqa: N803 - scikit-learn's name
        self.classes_, self.coef_, self.intercept_ = np.array([0, 1]), np.ones((1, 1)), np.zeros(1)
        return self


def _scikit_learn(method: str, labels, logits):
    """Fit scikit-learn's calibrator of a fixed model on all records."""
    model = FrozenEstimator(_LogitModel().fit(None, None))
    calibrated = CalibratedClassifierCV(model, method=method)
    return calibrated.fit(logits[:, None], labels.astype(int))


def _naive_venn_abers(labels, logits, new: float) -> list[float]:
    """One isotonic fit for each label that the new record could have."""
    both = np.append(logits, new)
    fits = [IsotonicRegression().fit(both, np.append(labels, label)) for label in (0, 1)]
    return [float(one.predict([new])[0]) for one in fits]


def test_methods_are_named_in_order():
    assert list(CALIBRATORS) == list(PARAMETERS)
    assert CALIBRATORS["venn_abers"] == "Venn-Abers"


@pytest.mark.parametrize("method", CALIBRATORS)
def test_a_fit_says_what_it_is(method):
    labels, logits = _sample()
    fitted = fit(method, labels, logits)
    assert (fitted.method, fitted.n, fitted.n_mi) == (method, 600, labels.sum())
    assert tuple(name for name, _ in fitted.parameters()) == PARAMETERS[method]
    cube = logits[:24].reshape(2, 3, 4).astype(np.float32)
    probs = fitted.apply(cube)
    assert (probs.shape, probs.dtype) == ((2, 3, 4), np.float64)
    assert probs.ravel() == pytest.approx(fitted.apply(cube.ravel()), abs=0)
    assert fitted.apply(0.5).shape == ()
    assert fitted.apply([]).shape == (0,)


def test_raw_is_the_sigmoid_and_needs_no_records():
    assert fit("raw", [], []).apply(_new_logits) == pytest.approx(expit(_new_logits), abs=0)
    assert fit("raw", [1, 1], [0.0, 1.0]).n_mi == 2


def test_temperature_equals_scikit_learn():
    labels, logits = _sample(slope=0.4, offset=0)
    ours = fit("temperature", labels, logits).apply(logits)
    theirs = _scikit_learn("temperature", labels, logits).predict_proba(logits[:, None])[:, 1]
    assert ours == pytest.approx(theirs, abs=2e-4)
    assert log_loss(labels, ours) <= log_loss(labels, theirs) + 1e-12


def test_platt_equals_scikit_learn():
    labels, logits = _sample()
    ours = fit("platt", labels, logits).apply(logits)
    theirs = _scikit_learn("sigmoid", labels, logits).predict_proba(logits[:, None])[:, 1]
    assert ours == pytest.approx(theirs, abs=1e-5)


def test_platt_is_a_logistic_regression_on_smoothed_targets():
    labels, logits = _sample(40, seed=3, slope=1)
    n_mi, n_other = labels.sum(), (~labels).sum()
    target = np.where(labels, (n_mi + 1) / (n_mi + 2), 1 / (n_other + 2))
    oracle = LogisticRegression(C=np.inf, tol=1e-12, solver="newton-cholesky").fit(
        np.tile(logits, 2)[:, None],
        np.repeat([1, 0], 40),
        sample_weight=np.concatenate([target, 1 - target]),
    )
    expected = {"slope": oracle.coef_[0, 0], "intercept": oracle.intercept_[0]}
    assert _shown("platt", labels, logits) == pytest.approx(expected, abs=1e-6)


def test_isotonic_equals_scikit_learn():
    labels, logits = _sample()
    logits = logits.round(1)
    oracle = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(logits, labels)
    fitted = fit("isotonic", labels, logits)
    assert fitted.apply(_new_logits) == pytest.approx(oracle.predict(_new_logits), abs=1e-12)
    assert _shown("isotonic", labels, logits)["steps"] == np.unique(oracle.predict(logits)).size


def test_beta_is_a_logistic_regression_on_two_logarithms():
    labels, logits = _sample(800, seed=1, slope=0.6)
    features = np.column_stack([log_expit(logits), -log_expit(-logits)])
    oracle = LogisticRegression(C=np.inf, tol=1e-12, solver="newton-cholesky").fit(features, labels)
    expected = dict(zip("abc", [*oracle.coef_[0], oracle.intercept_[0]], strict=True))
    assert min(expected["a"], expected["b"]) > 0
    assert _shown("beta", labels, logits) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("dropped", "kept", "sign"), [("a", "b", 1), ("b", "a", -1)])
def test_beta_drops_a_negative_parameter_and_refits_the_other(dropped, kept, sign):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=2000) * 2
    # one side falls with the logit, so that its parameter would be negative
    labels = rng.random(2000) < expit(2 * np.logaddexp(0, sign * logits) * sign - 0.8 * logits)
    column = (-log_expit(-logits) if kept == "b" else log_expit(logits))[:, None]
    oracle = LogisticRegression(C=np.inf, tol=1e-12, solver="newton-cholesky").fit(column, labels)
    expected = {kept: oracle.coef_[0, 0], dropped: 0.0, "c": oracle.intercept_[0]}
    assert _shown("beta", labels, logits) == pytest.approx(expected, abs=1e-4)


def test_the_true_parameters_come_back():
    sample = _sample(60_000, slope=2, offset=0.7)
    assert _shown("platt", *sample) == pytest.approx({"slope": 2, "intercept": 0.7}, rel=0.05)
    assert _shown("beta", *sample) == pytest.approx({"a": 2, "b": 2, "c": 0.7}, rel=0.1)
    tempered = _sample(60_000, slope=0.5, offset=0)
    assert _shown("temperature", *tempered) == pytest.approx({"T": 2}, rel=0.05)


@pytest.mark.parametrize("method", FITTED)
def test_new_records_are_better_calibrated(method):
    offset = 0.0 if method == "temperature" else 0.7
    labels, logits = _sample(4000, offset=offset)
    fitted = fit(method, labels[:2000], logits[:2000])
    before = expected_calibration_error(labels[2000:], expit(logits[2000:]))
    after = expected_calibration_error(labels[2000:], fitted.apply(logits[2000:]))
    assert after < 0.03 < before


@given(_samples, st.sampled_from(FITTED))
@settings(deadline=None, max_examples=150)
def test_probabilities_are_probabilities_in_the_order_of_the_logits(sample, method):
    probs = fit(method, *sample).apply(np.sort(np.append(_new_logits, sample[1])))
    assert ((probs >= 0) & (probs <= 1)).all()
    assert (np.diff(probs) >= -1e-12).all()


@given(_samples, _logit)
@settings(deadline=None, max_examples=100)
def test_venn_abers_equals_its_definition(sample, new):
    fitted = fit("venn_abers", *sample)
    low, high = fitted.interval(new)
    assert [low, high] == pytest.approx(_naive_venn_abers(*sample, new), abs=1e-9)
    assert fitted.apply(new) == pytest.approx(high / (1 - low + high), abs=1e-12)
    assert 0 <= low <= fitted.apply(new) <= high <= 1
    assert 0 < fitted.apply(new) < 1


def test_venn_abers_equals_its_definition_on_a_whole_fold():
    labels, logits = _sample(1234, seed=4)
    logits = logits.round(3)
    new = np.concatenate([logits[:15], logits[:15] + 5e-4, [-50, 50]])
    low, high = fit("venn_abers", labels, logits).interval(new)
    expected = np.array([_naive_venn_abers(labels, logits, x) for x in new])
    assert np.column_stack([low, high]) == pytest.approx(expected, abs=1e-9)


def test_venn_abers_by_hand():
    fitted = fit("venn_abers", [0, 1], [0.0, 1.0])
    low, high = fitted.interval([-1, 0, 0.5, 1, 2])
    assert low == pytest.approx([0, 0, 0, 0.5, 0.5])
    assert high == pytest.approx([0.5, 0.5, 1, 1, 1])


@pytest.mark.parametrize("method", [m for m in CALIBRATORS if m != "venn_abers"])
def test_only_venn_abers_has_an_interval(method):
    assert fit(method, [0, 1, 0], [0.0, 1.0, 2.0]).interval([0.0]) is None


@pytest.mark.parametrize("method", CALIBRATORS)
@pytest.mark.parametrize("sign", [1, -1])
def test_separable_and_inverted_records_give_bounded_maps(method, sign):
    logits = np.concatenate([np.linspace(-3, -0.1, 40), np.linspace(0.1, 3, 40)])
    fitted = fit(method, sign * logits > 0, logits)
    assert all(abs(value) <= 1.01 * MAX_SLOPE for _, value in fitted.parameters())
    probs = fitted.apply(_new_logits)
    assert ((probs >= 0) & (probs <= 1)).all()
    assert (np.diff(probs) >= -1e-12).all()


@pytest.mark.parametrize("method", FITTED)
def test_equal_logits_give_the_share_of_mi(method):
    labels = np.arange(200) % 4 == 0
    probs = fit(method, labels, np.full(200, 1.5)).apply([1.5])
    assert probs == pytest.approx([0.5 if method == "temperature" else 0.25], abs=0.02)


@pytest.mark.parametrize("method", CALIBRATORS)
def test_huge_logits_stay_finite(method):
    labels, logits = _sample(100)
    fitted = fit(method, labels, logits * 1e4)
    assert np.isfinite(fitted.apply([-1e30, -1e5, 0, 1e5, 1e30])).all()


@pytest.mark.parametrize(
    ("method", "labels", "logits", "says"),
    [
        ("sigmoid", [0, 1], [0, 1], "method is 'sigmoid'; use one of raw, temperature"),
        ("platt", [0, 1], [0.0], r"labels \(2,\) and logits \(1,\)"),
        ("platt", [[0, 1]], [[0, 1]], r"must both be \(n,\)"),
        ("platt", [0, 2], [0, 1], r"labels must be 0 or 1; found \[2\]"),
        ("raw", [0, 1], [0, np.nan], "1 of 2 logits are not finite"),
        ("beta", [1, 1], [0, 1], "2 of 2 calibration records are MI; both classes are needed"),
        ("venn_abers", [0, 0], [0, 1], "0 of 2 calibration records are MI"),
        ("temperature", [], [], "0 of 0 calibration records"),
    ],
)
def test_records_that_do_not_fit_are_refused(method, labels, logits, says):
    with pytest.raises(ValueError, match=says):
        fit(method, labels, logits)


def test_logits_that_are_not_finite_are_refused():
    fitted = fit("venn_abers", [0, 1], [0.0, 1.0])
    for use in (fitted.apply, fitted.interval):
        with pytest.raises(ValueError, match="1 of 2 logits are not finite"):
            use([0.0, np.inf])
