"""Several classes at once: against scikit-learn, and where a class is missing."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import average_precision_score, roc_auc_score

from ecgcore.stats.metrics import logit_estimate
from ecgcore.stats.per_class import macro_auroc, macro_copies, per_class_figures


def sample(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Four classes of falling frequency; the last is never there."""
    rng = np.random.default_rng(3)
    labels = (rng.random((n, 4)) < [0.5, 0.2, 0.05, 0.0]).astype(int)
    probs = 1 / (1 + np.exp(-rng.normal(2 * labels - 1, 1.5)))
    return labels, probs


def test_macro_auroc_is_the_mean_over_classes_that_have_both_outcomes():
    labels, probs = sample()
    expected = np.mean([roc_auc_score(labels[:, k], probs[:, k]) for k in range(3)])
    assert macro_auroc(labels, probs) == pytest.approx(expected)
    assert np.isnan(macro_auroc(labels[:, 3:], probs[:, 3:]))


def test_one_class_is_its_own_mean():
    labels, probs = sample()
    assert macro_auroc(labels[:, :1], probs[:, :1]) == roc_auc_score(labels[:, 0], probs[:, 0])


def test_figures_agree_with_scikit_learn():
    labels, probs = sample()
    found = per_class_figures(labels, probs, ["a", "b", "c", "d"], n_boot=0)
    assert (found.n, [one.n_positive for one in found.classes]) == (300, labels.sum(0).tolist())
    for k, one in enumerate(found.classes[:3]):
        assert one.name == "abc"[k]
        assert one.auroc.value == pytest.approx(roc_auc_score(labels[:, k], probs[:, k]))
        assert one.auprc.value == pytest.approx(average_precision_score(labels[:, k], probs[:, k]))
    absent = found.classes[3]
    assert np.isnan([absent.auroc.value, absent.auprc.value]).all()
    assert found.macro_auroc.value == pytest.approx(macro_auroc(labels, probs))
    assert found.macro_auprc.value == pytest.approx(
        np.mean([one.auprc.value for one in found.classes[:3]])
    )
    assert np.isnan(found.macro_auroc.low)


def test_intervals_enclose_the_values_and_resample_whole_patients():
    labels, probs = sample()
    alone = per_class_figures(labels, probs, "abcd", n_boot=200)
    assert alone.macro_auroc.low < alone.macro_auroc.value < alone.macro_auroc.high
    twice = per_class_figures(
        np.repeat(labels, 4, axis=0), np.repeat(probs, 4, axis=0), "abcd",
        clusters=np.repeat(np.arange(300), 4), n_boot=200,
    )  # fmt: skip
    for one, other in (
        (alone.macro_auroc, twice.macro_auroc),
        (alone.classes[0].auroc, twice.classes[0].auroc),
    ):
        assert (other.low, other.high) == pytest.approx((one.low, one.high)), "same patients drawn"
    again = per_class_figures(labels, probs, "abcd", n_boot=200)
    assert again.classes[:3] == alone.classes[:3]


def test_labels_that_nobody_knows_are_left_out():
    labels = np.array([[1, 1], [0, 0], [1, 0], [0, 1]])
    probs = np.array([[0.9, 0.2], [0.1, 0.8], [0.2, 0.1], [0.8, 0.9]])
    known = np.array([[1, 1], [1, 1], [0, 1], [0, 1]], dtype=bool)
    found = per_class_figures(labels, probs, ["a", "b"], known=known, n_boot=20)
    assert [(one.n_positive, one.n_known) for one in found.classes] == [(1, 2), (2, 4)]
    assert [one.auroc.value for one in found.classes] == [1.0, 0.75]
    assert macro_auroc(np.where(known, labels, np.nan), probs) == pytest.approx(0.875)


def test_the_auprc_of_rare_classes_lies_in_the_middle_of_its_interval():
    rng = np.random.default_rng(5)
    labels = np.zeros((800, 40), dtype=int)
    for k in range(40):
        labels[rng.choice(800, 3, replace=False), k] = 1
    probs = 1 / (1 + np.exp(-rng.normal(3 * labels - 3, 1)))
    found = per_class_figures(labels, probs, [str(k) for k in range(40)], n_boot=200).macro_auprc
    value, *copies = macro_copies(labels, probs, n_boot=200)["auprc"].tolist()
    assert np.mean(np.array(copies) > value) > 0.8, "so that percentiles lie high"
    odds = np.log(value / (1 - value))
    half = norm.ppf(0.975) * np.std(copies, ddof=1) / (value * (1 - value))
    expected = [1 / (1 + np.exp(-one)) for one in (odds, odds - half, odds + half)]
    assert [found.value, found.low, found.high] == pytest.approx(expected)
    assert found.low < found.value < found.high


@pytest.mark.parametrize(
    ("value", "copies", "low", "high"),
    [(1.0, [0.5, 1.0], 0.5125, 0.9875), (0.0, [0.0, 0.4], 0.01, 0.39), (0.3, [0.6], 0.6, 0.6)],
)
def test_where_the_logit_ends_percentiles_stand_in(
    value: float, copies: list[float], low: float, high: float
):
    found = logit_estimate(value, np.array([*copies, np.nan]))
    assert (found.low, found.high) == pytest.approx((low, high))
