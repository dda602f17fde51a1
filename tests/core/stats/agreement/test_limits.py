"""Agreement of a statement with a value beyond a limit, against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, recall_score

from ecgcore.stats.agreement.limits import limit_agreement

LIMITS = np.arange(-60, 61, 5.0)


@pytest.mark.parametrize("above", [True, False])
def test_every_limit_has_the_kappa_and_the_shares_of_scikit_learn(above):
    rng = np.random.default_rng(3)
    values = rng.normal(0, 30, 400)
    stated = rng.random(400) < 1 / (1 + np.exp((-1 if above else 1) * values / 10))
    found = limit_agreement(values, stated, LIMITS, above=above, n_copies=5)
    for place, limit in enumerate(LIMITS):
        beyond = values >= limit if above else values < limit
        assert found.kappa.values[place] == pytest.approx(cohen_kappa_score(stated, beyond))
        assert found.sensitivity.values[place] == pytest.approx(recall_score(stated, beyond))
        assert found.specificity.values[place] == pytest.approx(recall_score(~stated, ~beyond))
        assert found.tables[place].tolist() == [
            [int((~stated & ~beyond).sum()), int((~stated & beyond).sum())],
            [int((stated & ~beyond).sum()), int((stated & beyond).sum())],
        ]


def test_a_label_made_by_a_limit_is_found_at_that_limit():
    values = np.arange(-50.0, 50.0)
    found = limit_agreement(values, values < 10, LIMITS, above=False, n_copies=200)
    assert (found.best.value, found.kappa.at(found.place(10)).value) == (10.0, 1.0)
    assert found.best.low <= 10 <= found.best.high
    assert found.place(11.9) == found.place(10)


def test_interval_of_a_sensitivity_is_the_binomial_one_and_wider_over_patients():
    rng = np.random.default_rng(0)
    beyond, patients = rng.random(300) < 0.7, np.arange(300)
    values = np.where(beyond, -1.0, 1.0)
    alone = limit_agreement(values, np.ones(300), [0.0], above=False).sensitivity.at(0)
    error = 1.96 * np.sqrt(alone.value * (1 - alone.value) / 300)
    assert alone.high - alone.low == pytest.approx(2 * error, rel=0.15)
    thrice = limit_agreement(
        np.repeat(values, 3), np.ones(900), [0.0], above=False, clusters=np.repeat(patients, 3)
    ).sensitivity.at(0)
    assert thrice.high - thrice.low == pytest.approx(alone.high - alone.low, rel=0.15)


def test_without_any_or_with_every_statement_nothing_is_defined():
    found = limit_agreement([1.0, 2.0], [0, 0], [5.0], above=True, n_copies=10)
    assert np.isnan(found.kappa.values).all()
    assert np.isnan(found.sensitivity.values).all()
    assert np.isnan(found.best.value)


@pytest.mark.parametrize(
    ("values", "stated", "limits"),
    [
        ([], [], [1.0]),
        ([1.0, np.nan], [0, 1], [1.0]),
        ([1.0], [0, 1], [1.0]),
        ([1.0], [1], [2.0, 1.0]),
        ([1.0], [1], []),
    ],
)
def test_what_does_not_fit_is_refused(values, stated, limits):
    with pytest.raises(ValueError, match="must"):
        limit_agreement(values, stated, limits, above=True)
