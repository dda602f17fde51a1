"""CORP: scikit-learn's isotonic fit, the exact decomposition and simulated truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss

from ecgcore.stats.calibration.corp import corp

_probability = st.integers(0, 1000).map(lambda k: k / 1000)  # scikit-learn merges closer ones
_samples = st.lists(st.tuples(st.booleans(), _probability), min_size=1, max_size=60)


def _sample(n=1000, seed=0, wrong=1.0):
    rng = np.random.default_rng(seed)
    probs = rng.beta(0.6, 0.8, n)
    return rng.random(n) < probs**wrong, probs


@given(_samples)
@settings(deadline=None)
def test_decomposition_is_exact_and_the_curve_is_the_isotonic_fit(samples):
    labels, probs = (np.array(column) for column in zip(*samples, strict=True))
    curve = corp(labels, probs, n_boot=0)
    fitted = IsotonicRegression().fit(probs, labels.astype(float))
    assert curve.observed == pytest.approx(fitted.predict(curve.probs), abs=1e-9)
    assert curve.brier == pytest.approx(np.mean((probs - labels) ** 2), abs=1e-12)
    together = curve.miscalibration - curve.discrimination + curve.uncertainty
    assert together == pytest.approx(curve.brier, abs=1e-12)
    assert curve.miscalibration >= -1e-12
    assert curve.discrimination >= -1e-12
    assert (curve.n.sum(), curve.n_mi.sum()) == (len(samples), labels.sum())
    assert np.isnan(curve.low).all()


def test_recalibrated_predictions_are_calibrated_and_separate_as_well():
    labels, probs = _sample(wrong=2.0)
    before = corp(labels, probs, n_boot=0)
    recalibrated = np.interp(probs, before.probs, before.observed)
    after = corp(labels, recalibrated, n_boot=0)
    assert before.miscalibration > 0.02
    assert after.miscalibration == pytest.approx(0, abs=1e-12)
    assert after.discrimination == pytest.approx(before.discrimination, abs=1e-12)
    assert after.brier == pytest.approx(brier_score_loss(labels, recalibrated))


def test_steps_hold_all_records_and_their_share_of_mi():
    labels, probs = _sample()
    steps = corp(labels, probs, n_boot=0).steps()
    assert steps["n"].sum() == 1000
    assert (steps["n_mi"] / steps["n"]).to_numpy() == pytest.approx(steps["observed"].to_numpy())
    assert (np.diff(steps["observed"]) > 0).all()
    assert (steps["left"].to_numpy()[1:] > steps["right"].to_numpy()[:-1]).all()


def test_consistency_holds_calibrated_predictions_and_not_wrong_ones():
    shares = []
    for wrong in (1.0, 2.0):
        curve = corp(*_sample(wrong=wrong))
        inside = (curve.low <= curve.observed) & (curve.observed <= curve.high)
        shares.append(inside.mean())
        assert ((curve.low <= curve.probs + 0.02) & (curve.probs - 0.02 <= curve.high)).mean() > 0.9
    assert shares[0] > 0.9
    assert shares[1] < 0.5


def test_confidence_surrounds_the_curve_and_narrows_with_more_patients():
    widths = []
    for n in (300, 3000):
        curve = corp(*_sample(n), band="confidence")
        assert ((curve.low <= curve.observed) & (curve.observed <= curve.high)).mean() > 0.95
        widths.append((curve.high - curve.low).mean())
    assert widths[1] < 0.6 * widths[0]


def test_copies_of_a_patient_add_no_confidence():
    labels, probs = (np.tile(column, 3) for column in _sample(300))
    probs = np.clip(probs + np.repeat([0, 1e-9, 2e-9], 300), 0, 1)
    by_patient = corp(labels, probs, band="confidence", clusters=np.tile(np.arange(300), 3))
    by_record = corp(labels, probs, band="confidence")
    assert (by_patient.high - by_patient.low).mean() > 1.3 * (by_record.high - by_record.low).mean()


def test_same_seed_same_band():
    first, second, other = (corp(*_sample(100), seed=seed, n_boot=20) for seed in (0, 0, 1))
    assert (first.low == second.low).all()
    assert (first.low != other.low).any()


def test_frame_has_a_row_per_distinct_prediction():
    frame = corp([0, 1, 1], [0.2, 0.2, 0.9], n_boot=5).frame()
    assert list(frame) == ["prob", "n", "n_mi", "observed", "low", "high"]
    assert frame[["prob", "n", "n_mi", "observed"]].to_numpy().tolist() == [
        [0.2, 2, 1, 0.5],
        [0.9, 1, 1, 1.0],
    ]


@pytest.mark.parametrize(("band", "n_boot"), [("exact", 5), ("confidence", -1)])
def test_unknown_bands_are_refused(band, n_boot):
    with pytest.raises(ValueError, match=f"'{band}' with {n_boot} copies"):
        corp([0, 1], [0.2, 0.9], band=band, n_boot=n_boot)


def test_the_parts_of_a_sample_worked_out_by_hand():
    """0.35 and 0.4 are in the wrong order and share a step of 1/2; the others are right."""
    curve = corp([0, 1, 0, 1], [0.1, 0.35, 0.4, 0.8], n_boot=0)
    assert curve.observed.tolist() == [0, 0.5, 0.5, 1]
    assert curve.brier == pytest.approx((0.01 + 0.4225 + 0.16 + 0.04) / 4)
    assert curve.uncertainty == pytest.approx(0.25)
    assert curve.discrimination == pytest.approx(0.25 - (0.25 + 0.25) / 4)
    assert curve.miscalibration == pytest.approx(0.158125 - 0.125)


def test_the_uncertainty_is_the_brier_score_of_the_share_of_mi():
    curve = corp([1, 1, 1, 0, 0, 0, 0, 0], np.linspace(0.1, 0.9, 8), n_boot=0)
    assert curve.uncertainty == pytest.approx(3 / 8 * 5 / 8)
