"""What the audit's tables say together: goals, shares, the published claim, a league of methods.

Intervals are 95 % bootstrap intervals over patients.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecgcore.errors import ModelError
from ecgcore.explain.attribution import METHODS
from ecgcore.explain.audit.claims import CLAIM, ClaimTest
from ecgcore.explain.audit.findings import (
    FITTED_PART,
    PARTS,
    Audit,
    load_audit,
    mean_with_interval,
)
from ecgcore.explain.audit.tables import FOLDER
from ecgcore.explain.checks.fit import LimitFit, limit_fits
from ecgcore.explain.trust import DO_NOT_TRUST
from ecgcore.leads import LEADS, TERRITORY_LEADS
from ecgcore.models.architectures import main_archs
from ecgcore.stats.metrics import Estimate

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


def complete(pretrained_dir: Path) -> Audit:
    """Read what ships; the checks on fold 9 may be missing.

    Raises
    ------
    ModelError
        If another table is missing, or one is damaged.
    """
    audit = load_audit(pretrained_dir)
    missing = [part for part in PARTS if getattr(audit, part).empty and part != FITTED_PART]
    if missing:
        raise ModelError(
            f"The audit in {pretrained_dir / FOLDER} has no {' and no '.join(missing)}. Restore "
            "it, or run 'python3.11 -m ecgcore audit --run'."
        )
    return audit


def goals(audit: Audit) -> dict[str, float]:
    """Return the figure of each of `GOALS`."""
    seen = audit.maps.groupby(audit.maps["model"].str.split("-").str[0])
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


def fitted_limits(audit: Audit) -> list[LimitFit]:
    """Fit the badge's limits on fold 9, by intact networks that are right and sure of it.

    None where the checks on fold 9 are missing.
    """
    rows = audit.limits
    if rows.empty:
        return []
    intact = rows[rows["state"] == "intact"]
    return limit_fits(intact[confident(intact)], rows[rows["state"] == "destroyed"])


def territory_shares(audit: Audit) -> pd.DataFrame:
    """Return the share of the push in each territory's leads, by model and stated territory.

    Returns
    -------
    pandas.DataFrame
        ``model, stated, territory, n, share, low, high, chance``.
    """
    rows = []
    for model, mine in audit.maps.groupby("model"):
        for stated in TERRITORY_LEADS:
            here = mine[mine["territory"] == stated]
            for territory, leads in TERRITORY_LEADS.items():
                found = _mean(here[territory], here["patient"])
                row = {"model": model, "stated": stated, "territory": territory, "n": len(here)}
                values = {"share": found.value, "low": found.low, "high": found.high}
                rows.append(row | values | {"chance": len(leads) / len(LEADS)})
    return pd.DataFrame(rows)


def over_time(audit: Audit) -> pd.DataFrame:
    """Return for each model the shares by wave and fifth of the record, beats and entropy."""
    numbers = [
        name
        for name in audit.maps.columns
        if name.startswith(("wave_", "fifth_")) or name in ("first_beat", "last_beat", "entropy")
    ]
    counted = audit.maps.groupby("model")["ecg_id"].nunique().rename("n")
    return audit.maps.groupby("model")[numbers].mean().join(counted).reset_index()


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
        found = _mean(mine["faithfulness"], mine["ecg_id"])
        rows.append(
            {
                "method": method,
                "title": METHODS[str(method)],
                "n": mine["ecg_id"].nunique(),
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
    maps = audit.maps
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
        "limits": [
            _plain(asdict(one) | {"in_force": one.in_force}) for one in fitted_limits(audit)
        ],
        "league": _records(league(audit)),
    }


def _mean(values: pd.Series, units: pd.Series) -> Estimate:
    return mean_with_interval(values.to_numpy(dtype=np.float64), units.to_numpy())


def _test_row(one: ClaimTest) -> dict[str, Any]:
    found = one.estimate
    words = {"arch": one.arch, "claim": one.claim, "measured": one.measured, "n": one.n}
    values = {"value": found.value, "low": found.low, "high": found.high, "chance": one.chance}
    return words | values | {"verdict": one.verdict}


def _limit_row(one: LimitFit) -> dict[str, Any]:
    return asdict(one) | {"in_force": one.in_force}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return list(_plain(frame.to_dict("records")))


def _plain(value: Any) -> Any:  # noqa: ANN401 - any tree of tables
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
