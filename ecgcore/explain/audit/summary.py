"""What the audit's tables say together: goals, shares, the published claim, a league of methods.

Intervals are 95 % bootstrap intervals over records, and over patients in the tests of the claim.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecgcore.errors import CatalogError
from ecgcore.explain.attribution import METHODS
from ecgcore.explain.audit.claims import CLAIM, ClaimTest
from ecgcore.explain.audit.run import table_path
from ecgcore.explain.trust import DO_NOT_TRUST
from ecgcore.leads import LEADS, TERRITORY_LEADS
from ecgcore.models.architectures import main_archs
from ecgcore.stats.bootstrap import INTERVAL_PERCENT, resampled

CNN, MAMBA = main_archs()
CONFIDENT = 0.9
"""Probability of the right class from which a case counts as confident."""

GOALS: dict[str, tuple[str, float]] = {
    "self_consistency": (">=", 0.88),
    "self_consistency_bimamba2": (">=", 0.75),
    "randomised_correlation": ("<=", 0.1),
    "planted_auroc": (">=", 0.95),
    "refused_destroyed": (">=", 0.95),
    "refused_intact": ("<=", 0.1),
}
"""What is aimed at."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over `n` records with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class Audit:
    """The audit's tables.

    Attributes
    ----------
    maps, checks, planted, methods
        As `ecgcore.explain.audit.rows.PARTS` writes them, with ``model, ecg_id, group`` and
        ``territory``, the stated ones, such as "anterior, lateral".
    """

    maps: pd.DataFrame
    checks: pd.DataFrame
    planted: pd.DataFrame
    methods: pd.DataFrame

    @classmethod
    def load(cls, pretrained_dir: Path) -> "Audit":
        """Read what ships.

        Raises
        ------
        CatalogError
            If a table is missing or damaged.
        """
        tables = {}
        for part in ("maps", "checks", "planted", "methods"):
            path = table_path(pretrained_dir, part)
            try:
                tables[part] = pd.read_parquet(path)
            except (OSError, ValueError) as error:
                raise CatalogError(
                    f"{path} cannot be read ({error}). Restore it, or run "
                    "'python3.11 -m ecgcore audit --run'."
                ) from error
        return cls(**tables)

    @property
    def together(self) -> pd.DataFrame:
        """Maps of all seeds together."""
        return self.maps[self.maps["seed"] == -1]


def goals(audit: Audit) -> dict[str, float]:
    """Return the figure of each of `GOALS`."""
    seen = audit.together.groupby(audit.together["model"].str.split("-").str[0])
    consistency = seen["self_consistency"].mean()
    checks = audit.checks
    intact = checks[checks["state"] == "intact"]
    sure = intact[confident(intact)]
    destroyed = checks[checks["state"] == "destroyed"]
    return {
        "self_consistency": float(consistency[CNN]),
        "self_consistency_bimamba2": float(consistency[MAMBA]),
        "randomised_correlation": float(intact["randomisation"].abs().mean()),
        "planted_auroc": float(audit.planted["change_auroc"].mean()),
        "refused_destroyed": float((destroyed["badge"] == DO_NOT_TRUST).mean()),
        "refused_intact": float((sure["badge"] == DO_NOT_TRUST).mean()),
    }


def confident(rows: pd.DataFrame) -> pd.Series:
    """Say which rows are of a right class with a probability of at least `CONFIDENT`."""
    is_mi = rows["group"] == "certain_mi"
    right: pd.Series = rows["prob"].where(is_mi, 1 - rows["prob"]) >= CONFIDENT
    return right


def territory_shares(audit: Audit) -> pd.DataFrame:
    """Return the share of the push in each territory's leads, by model and stated territory.

    Returns
    -------
    pandas.DataFrame
        ``model, stated, territory, n, share, low, high, chance``.
    """
    rows = []
    for model, mine in audit.together.groupby("model"):
        for stated in TERRITORY_LEADS:
            here = mine[mine["territory"] == stated]
            for territory, leads in TERRITORY_LEADS.items():
                found = mean_interval(_share(here, leads))
                row = {"model": model, "stated": stated, "territory": territory}
                rows.append(row | _named(found) | {"chance": len(leads) / len(LEADS)})
    return pd.DataFrame(rows)


def over_time(audit: Audit) -> pd.DataFrame:
    """Return for each model the shares by wave and fifth of the record, beats and entropy."""
    numbers = [
        name
        for name in audit.maps.columns
        if name.startswith(("wave_", "fifth_")) or name in ("first_beat", "last_beat", "entropy")
    ]
    counted = audit.together.groupby("model")["ecg_id"].nunique().rename("n")
    return audit.together.groupby("model")[numbers].mean().join(counted).reset_index()


def league(audit: Audit) -> pd.DataFrame:
    """Rank the methods by faithfulness.

    Returns
    -------
    pandas.DataFrame
        ``method, title, n``, ``faithfulness`` (insertion less deletion, less that of random orders)
        with its interval, ``beaten`` and ``self_consistency``, the best first.
    """
    rows = []
    for method, mine in audit.methods.groupby("method"):
        found = mean_interval(mine.groupby("ecg_id")["faithfulness"].mean())
        rows.append(
            {
                "method": method,
                "title": METHODS[str(method)],
                "n": found.n,
                "faithfulness": found.value,
                "low": found.low,
                "high": found.high,
                "beaten": mine["beaten"].mean(),
                "self_consistency": mine["self_consistency"].mean(),
            }
        )
    return pd.DataFrame(rows).sort_values("faithfulness", ascending=False, ignore_index=True)


def as_json(audit: Audit, tests: Sequence[ClaimTest]) -> dict[str, Any]:
    """Plain values for ``--json``; `tests` are those of the published claim."""
    maps = audit.together
    consistency = maps.groupby("model")["self_consistency"].agg(["mean", "count"])
    planted = audit.planted.groupby("kind")[["auroc", "change_auroc", "hit", "change_hit"]].mean()
    checks = audit.checks.groupby("state")["badge"].value_counts().unstack(fill_value=0)
    return {
        "goals": goals(audit),
        "aimed": {name: f"{sign} {value:g}" for name, (sign, value) in GOALS.items()},
        "n": {
            "maps": int(maps["ecg_id"].nunique()),
            "checks": int(audit.checks["ecg_id"].nunique()),
            "planted": int(audit.planted["ecg_id"].nunique()),
            "methods": int(audit.methods["ecg_id"].nunique()),
        },
        "self_consistency": consistency.rename(columns={"count": "n"}).to_dict("index"),
        "claim": {"words": CLAIM, "tests": [_plain(_test_row(one)) for one in tests]},
        "territories": _records(territory_shares(audit)),
        "over_time": _records(over_time(audit)),
        "planted": _plain(planted.reset_index().to_dict("records")),
        "badges": _plain(checks.to_dict("index")),
        "league": _records(league(audit)),
    }


def mean_interval(values: pd.Series, n_boot: int = 1000, seed: int = 0) -> Interval:
    """Return the mean with its 95 % bootstrap interval; NaN without values."""
    kept = values.dropna().to_numpy(dtype=np.float64)
    if not kept.size:
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    weights = np.concatenate(list(resampled(np.arange(kept.size), n_boot, seed)))
    low, high = np.percentile(weights @ kept / kept.size, INTERVAL_PERCENT)
    return Interval(float(kept.mean()), float(low), float(high), kept.size)


def _named(found: Interval) -> dict[str, float]:
    return {"n": found.n, "share": found.value, "low": found.low, "high": found.high}


def _share(rows: pd.DataFrame, leads: Sequence[str]) -> pd.Series:
    total: pd.Series = rows.set_index("ecg_id")[[f"lead_{lead}" for lead in leads]].sum(axis=1)
    return total


def _test_row(one: ClaimTest) -> dict[str, Any]:
    found = one.estimate
    words = {"arch": one.arch, "claim": one.claim, "measured": one.measured, "n": one.n}
    values = {"value": found.value, "low": found.low, "high": found.high, "chance": one.chance}
    return words | values | {"verdict": one.verdict}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return list(_plain(frame.to_dict("records")))


def _plain(value: Any) -> Any:  # noqa: ANN401 - any tree of tables
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
