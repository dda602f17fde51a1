"""The badge's limits: how they are fitted, and that those in force are the fitted ones."""

import numpy as np
import pytest

from ecgcore.explain.audit.findings import load_audit
from ecgcore.explain.audit.summary import confident, fitted_limits
from ecgcore.explain.checks.fit import limits_between
from ecgcore.explain.checks.limits import badge_of
from ecgcore.settings import Settings


def test_limits_lie_in_the_gap():
    intact, destroyed = np.linspace(0.8, 1.0, 21), np.array([-0.2, 0.1, 0.4])
    assert limits_between(intact, destroyed) == (0.82, 0.6)


def test_where_both_overlap_most_are_told_apart():
    """Refusing below 0.45 costs one intact map of ten and finds all destroyed ones."""
    intact, destroyed = np.array([0.2, *np.linspace(0.5, 0.9, 9)]), np.array([0.0, 0.1, 0.3, 0.4])
    good, bad = limits_between(intact, destroyed)
    assert bad == 0.45
    assert good == round(float(np.quantile(intact, 0.1)), 2)


def test_trusting_never_begins_below_refusing():
    intact, destroyed = np.array([0.1, 0.2, 0.8, 0.9]), np.array([0.3, 0.4, 0.5])
    good, bad = limits_between(intact, destroyed)
    assert (good, bad) == (0.65, 0.65)


def test_where_nothing_tells_them_apart_none_is_refused():
    assert limits_between(np.ones(3), np.ones(2)) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("values", "badge"),
    [
        ({"seed_agreement": 0.95, "logit_change": 5.0}, "trust"),
        ({"seed_agreement": 0.1, "logit_change": 5.0}, "do not trust"),
        ({"seed_agreement": float("nan"), "logit_change": 5.0}, "trust"),
        ({"method_agreement": 0.0}, "caution"),
    ],
)
def test_badge_of_values(values, badge):
    assert badge_of(values) == badge


def test_the_limits_in_force_are_those_fitted_on_fold_9():
    """By the table that ships; and what they do on fold 9 itself."""
    audit = load_audit(Settings.from_env().pretrained_dir)
    if audit.limits.empty:
        pytest.skip("no checks on fold 9 ship: run 'python3.11 -m ecgcore audit --fit'")
    fits = {one.name: one for one in fitted_limits(audit)}
    assert {name for name, one in fits.items() if one.in_force} == {
        "seed_agreement",
        "logit_change",
    }
    rows = audit.limits
    destroyed = rows[rows["state"] == "destroyed"]
    intact = rows[rows["state"] == "intact"]
    assert (destroyed["badge"] == "do not trust").mean() >= 0.95
    assert (intact[confident(intact)]["badge"] == "do not trust").mean() <= 0.1
