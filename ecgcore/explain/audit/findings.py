"""What the audit found, from the tables that ship: averages with intervals over patients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.errors import ModelError
from ecgcore.explain.audit.tables import FOLDER, table_path
from ecgcore.explain.checks.limits import LIMITS, badge_of
from ecgcore.leads import LEADS, TERRITORY_LEADS
from ecgcore.signals.beat_timing import WAVES
from ecgcore.stats.bootstrap import INTERVAL_PERCENT, resampled, unit_index
from ecgcore.stats.metrics import Estimate

COHORT_FILE = "cohort.parquet"
ALL_SEEDS = -1
"""Seed of the rows about all seeds together."""
FITTED_PART = "limits"
"""The part on fold 9, by which the badge's limits are fitted."""

PARTS = ("maps", "checks", "planted", "methods", FITTED_PART)
FIFTHS = tuple(f"fifth_{k}" for k in range(1, 6))
WAVE_COLUMNS = tuple(f"wave_{name}" for name in (*WAVES, "pause"))
CHANCE = {
    **{name: len(leads) / len(LEADS) for name, leads in TERRITORY_LEADS.items()},
    "aVR": 1 / len(LEADS),
}
"""Share of each territory by chance."""


@dataclass(frozen=True, slots=True, eq=False)
class Audit:
    """The tables of the audit.

    Attributes
    ----------
    maps
        Certain MI of the test fold: where the default map of an ensemble speaks; besides what was
        written, ``arch, train_set, patient`` and a column for each territory's share.
        Rows of single seeds are left out.
    checks, planted, methods
        Checks of intact and destroyed networks, planted evidence, methods; empty where missing.
    limits
        Checks on fold 9, by which the badge's limits were fitted. As in `checks`, ``badge`` is what
        the limits of today say.
    """

    maps: pd.DataFrame
    checks: pd.DataFrame
    planted: pd.DataFrame
    methods: pd.DataFrame
    limits: pd.DataFrame


def load_audit(pretrained_dir: Path) -> Audit:
    """Read the tables.

    Raises
    ------
    ModelError
        If there is no table of maps, or it is damaged.
    """
    try:
        maps = pd.read_parquet(table_path(pretrained_dir, "maps"))
        patients = pd.read_parquet(pretrained_dir / COHORT_FILE, columns=["ecg_id", "patient"])
        others = [_table(pretrained_dir, part) for part in PARTS[1:]]
        return Audit(_with_territories(maps, patients), *others)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"The audit in {pretrained_dir / FOLDER} cannot be read ({type(error).__name__}). "
            "Restore it from the project, or make it anew by the command audit."
        ) from error


def _table(pretrained_dir: Path, part: str) -> pd.DataFrame:
    path = table_path(pretrained_dir, part)
    return _badged(_named(pd.read_parquet(path))) if path.exists() else pd.DataFrame()


def _badged(table: pd.DataFrame) -> pd.DataFrame:
    """Say the badge of each row by the limits of today; they may have been others once."""
    if "seed_agreement" not in table or "state" not in table:
        return table
    values = table[[name for name in LIMITS if name in table]].to_dict("records")
    return table.assign(badge=[badge_of(one) for one in values])


def _with_territories(maps: pd.DataFrame, patients: pd.DataFrame) -> pd.DataFrame:
    together = _named(maps[maps["seed"] == ALL_SEEDS]).merge(patients, on="ecg_id", how="left")
    facing = {**TERRITORY_LEADS, "aVR": ("aVR",)}
    shares = {
        name: sum(together[f"lead_{lead}"] for lead in leads) for name, leads in facing.items()
    }
    return together.assign(**shares).fillna({"territory": "", "patient": -1})


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """Part the name of an ensemble, such as "cnn_bilstm-A", into its network and its set."""
    if table.empty:
        return table
    names = table["model"].str.split("-", n=1, expand=True)
    return table.assign(arch=names[0], train_set=names[1])


def averages(
    table: pd.DataFrame, columns: Mapping[str, float], keys: Sequence[str] = ("arch", "train_set")
) -> pd.DataFrame:
    """Average columns over the records of each ensemble.

    Parameters
    ----------
    columns
        Each with its value by chance; NaN where there is none.

    Returns
    -------
    pandas.DataFrame
        The keys, then ``part, n, value, low, high, chance``.
    """
    rows = [
        dict(zip(keys, names, strict=True))
        | {"part": column, "n": len(kept)}
        | dict(zip(("value", "low", "high"), _values(kept, column), strict=True))
        | {"chance": chance}
        for names, part in table.groupby(list(keys), sort=False)
        for column, chance in columns.items()
        if len(kept := part.dropna(subset=[column]))
    ]
    return pd.DataFrame(rows, columns=[*keys, "part", "n", "value", "low", "high", "chance"])


def _values(part: pd.DataFrame, column: str) -> tuple[float, float, float]:
    units = part["patient"] if "patient" in part else part["ecg_id"]
    one = mean_with_interval(part[column].to_numpy(dtype=np.float64), units.to_numpy())
    return one.value, one.low, one.high


def mean_with_interval(
    values: NDArray[np.float64], patients: NDArray[np.generic], n_boot: int = 1000, seed: int = 0
) -> Estimate:
    """Return a mean with its 95 % interval over bootstrap copies of the patients."""
    if not values.size:
        return Estimate(float("nan"), float("nan"), float("nan"))
    units = unit_index(patients, values.size)
    means = np.concatenate(
        [weights @ values / weights.sum(axis=1) for weights in resampled(units, n_boot, seed)]
    )
    low, high = np.percentile(means, INTERVAL_PERCENT)
    return Estimate(float(values.mean()), float(low), float(high))


def of_territory(audit: Audit, territory: str) -> pd.DataFrame:
    """Keep the maps of ECGs whose MI has this territory and no other."""
    return audit.maps[audit.maps["territory"] == territory]


def wave_shares(audit: Audit) -> pd.DataFrame:
    """Average the shares of the waves; by chance, a wave has its share of the time."""
    chances = {
        column: float(audit.maps[column.replace("wave_", "wave_chance_")].mean())
        for column in WAVE_COLUMNS
    }
    return averages(audit.maps, chances)


def badge_counts(audit: Audit) -> pd.DataFrame:
    """Count badges of intact and destroyed networks: ``arch, state, badge, n, share``."""
    if audit.checks.empty:
        return pd.DataFrame(columns=["arch", "state", "badge", "n", "share"])
    keys = ["arch", "state"]
    counts = audit.checks.groupby([*keys, "badge"]).size().rename("n").reset_index()
    counts["share"] = counts["n"] / counts.groupby(keys)["n"].transform("sum")
    return counts
