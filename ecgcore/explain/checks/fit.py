"""The badge's limits from checks of intact networks and of destroyed ones, on fold 9.

A check is fitted where it is the destroyed network that it has to find. The limit for refusing a
map lies where the share of refused destroyed maps less that of refused intact ones is largest
(Youden, 1950), in the middle between the values on either side. That for trusting one is reached by
nine of ten intact maps.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from ecgcore.explain.checks.limits import LIMITS
from ecgcore.explain.trust import Check

FITTED = ("seed_agreement", "logit_change")
"""Checks that are there to find a destroyed network."""

TRUSTED_SHARE = 0.9
_DIGITS = 2

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LimitFit:
    """What fold 9 says about one check.

    Attributes
    ----------
    name
        Of the check.
    n_intact, n_destroyed
        Maps with a value.
    intact, destroyed
        5th, 50th and 95th percentile of the values.
    auroc
        Probability that an intact map has the better value.
    good, bad
        The fitted limits; None for a check that is not of `FITTED`.
    """

    name: str
    n_intact: int
    n_destroyed: int
    intact: tuple[float, float, float]
    destroyed: tuple[float, float, float]
    auroc: float
    good: float | None
    bad: float | None

    @property
    def in_force(self) -> bool | None:
        """Whether the limits of the badge are these, to two digits; None where none are fitted."""
        if self.good is None or self.bad is None:
            return None
        return (LIMITS[self.name].good, LIMITS[self.name].bad) == (self.good, self.bad)


def limit_fits(intact: pd.DataFrame, destroyed: pd.DataFrame) -> list[LimitFit]:
    """Fit each check that decides; the tables have a column for each check."""
    deciding = (one for one in LIMITS.values() if one.decides)
    return [_fit(one, _values(intact, one), _values(destroyed, one)) for one in deciding]


def limits_between(intact: Values, destroyed: Values) -> tuple[float, float]:
    """Return the limits for trusting and for refusing, where larger is better.

    Examples
    --------
    >>> limits_between(np.array([0.7, 0.8, 0.9, 1.0]), np.array([0.1, 0.2, 0.3]))
    (0.73, 0.5)
    """
    values = np.unique(np.concatenate([intact, destroyed]))
    edges = np.append(values[0], (values[1:] + values[:-1]) / 2)
    refused = [np.searchsorted(np.sort(part), edges) / part.size for part in (destroyed, intact)]
    bad = round(float(edges[int((refused[0] - refused[1]).argmax())]), _DIGITS)
    good = round(float(np.quantile(intact, 1 - TRUSTED_SHARE)), _DIGITS)
    return max(good, bad), bad


def _fit(check: Check, intact: Values, destroyed: Values) -> LimitFit:
    good, bad = limits_between(intact, destroyed) if check.name in FITTED else (None, None)
    turn = 1 if check.larger_is_better else -1
    labels = np.repeat([1, 0], [intact.size, destroyed.size])
    auroc = roc_auc_score(labels, turn * np.concatenate([intact, destroyed]))
    seen = (_percentiles(intact), _percentiles(destroyed))
    return LimitFit(check.name, intact.size, destroyed.size, *seen, float(auroc), good, bad)


def _values(table: pd.DataFrame, check: Check) -> Values:
    values: Values = table[check.name].dropna().to_numpy(dtype=np.float64)
    return values


def _percentiles(values: Values) -> tuple[float, float, float]:
    low, middle, high = np.percentile(values, (5, 50, 95)).tolist()
    return low, middle, high
