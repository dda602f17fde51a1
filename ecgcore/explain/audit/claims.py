"""The study's claim about explanations, as tests with n, interval and verdict.

Published: a model trained on certain labels looks at V1-V4 in anterior and at II, III and aVF in
inferior MI; one trained on uncertain labels is diffuse.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecgcore.explain.audit.findings import CHANCE, Audit, mean_with_interval, of_territory
from ecgcore.leads import TERRITORY_LEADS
from ecgcore.signals.planted import lead_words
from ecgcore.stats.metrics import Estimate
from ecgcore.tasks import mi

SUPPORTED, CONTRADICTED, NOT_SHOWN = "supported", "contradicted", "not shown"
TOO_FEW = "too few ECGs"
LEAST_RECORDS = 20
"""A bootstrap interval of fewer records is too narrow to judge by."""
CLAIM = (
    "Trained on certain labels (A), a model looks at V1-V4 in anterior and at II, III and aVF in "
    "inferior MI; trained on uncertain labels (D), it is diffuse."
)


@dataclass(frozen=True, slots=True)
class ClaimTest:
    """One part of the claim for one architecture.

    Attributes
    ----------
    measured
        What is measured.
    estimate
        Its mean with the interval over patients.
    chance
        What it is by chance, or without a difference.
    n
        Records.
    """

    arch: str
    claim: str
    measured: str
    estimate: Estimate
    chance: float
    n: int

    @property
    def verdict(self) -> str:
        """Supported where the whole interval lies above chance, contradicted where below."""
        if self.n < LEAST_RECORDS:
            return TOO_FEW
        if self.estimate.low > self.chance:
            return SUPPORTED
        return CONTRADICTED if self.estimate.high < self.chance else NOT_SHOWN


def claim_tests(audit: Audit) -> list[ClaimTest]:
    """Test each part of the claim, for each architecture that was audited."""
    return [one for arch in dict.fromkeys(audit.maps["arch"]) for one in _tests(arch, audit)]


def _tests(arch: str, audit: Audit) -> Iterator[ClaimTest]:
    for territory in ("anterior", "inferior"):
        mine = of_territory(audit, territory)
        leads = lead_words(TERRITORY_LEADS[territory])
        certain, uncertain = (
            _values(mine, arch, name, territory) for name in (mi.CERTAIN, mi.UNCERTAIN)
        )
        yield _against(
            arch,
            f"{mi.CERTAIN} looks at {leads} in {territory} MI",
            f"share of {mi.CERTAIN}'s push in {leads}",
            certain,
            CHANCE[territory],
        )
        yield _against(
            arch,
            f"{mi.CERTAIN} looks at {leads} more than {mi.UNCERTAIN} does, in {territory} MI",
            f"share in {leads}, {mi.CERTAIN} minus {mi.UNCERTAIN}",
            _difference(certain, uncertain),
            0.0,
        )
    spread = [_values(audit.maps, arch, name, "entropy") for name in (mi.UNCERTAIN, mi.CERTAIN)]
    yield _against(
        arch,
        f"{mi.UNCERTAIN} is more diffuse than {mi.CERTAIN}",
        f"entropy of the map (1: the same everywhere), {mi.UNCERTAIN} minus {mi.CERTAIN}",
        _difference(*spread),
        0.0,
    )


def _values(table: pd.DataFrame, arch: str, train_set: str, column: str) -> pd.DataFrame:
    """Return ``value, patient`` by ``ecg_id`` for one ensemble."""
    kept = table[(table["arch"] == arch) & (table["train_set"] == train_set)]
    return kept.set_index("ecg_id")[[column, "patient"]].rename(columns={column: "value"}).dropna()


def _difference(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Subtract another ensemble's values on the same ECGs."""
    both = one.join(other["value"].rename("other"), how="inner")
    return both.assign(value=both["value"] - both["other"])


def _against(
    arch: str, claim: str, measured: str, values: pd.DataFrame, chance: float
) -> ClaimTest:
    found = mean_with_interval(
        values["value"].to_numpy(dtype=np.float64), values["patient"].to_numpy()
    )
    return ClaimTest(arch, claim, measured, found, chance, len(values))
