"""Matched test sets: two groups of records that differ less in age and sex.

In PTB-XL the median age is 52 years among normal records and about 72 among MI. Normal records have
no STTC, HYP or CD code by the cohort rule, so MI can be matched to normal on age and sex only;
MI with such codes can be matched to MI without.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecgcore.stats.reliability_curve import FloatArray, IntArray

OVER_89 = 90.0
"""Years that stand for PTB-XL's 300, which means "over 89"."""


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Pairs of one case and one control.

    Attributes
    ----------
    case_ids, control_ids
        ``(n_pairs,)`` ``ecg_id``s; the k-th belong together. No record is in two pairs.
    age_gaps
        ``(n_pairs,)`` absolute difference in years.
    n_cases, n_controls
        Records that there were to choose from.
    balance
        One row for age and one for sex: ``what, before, after``, the standardised mean differences,
        cases minus controls. Below 0.1 is usually called balanced.
    """

    case_ids: IntArray
    control_ids: IntArray
    age_gaps: FloatArray
    n_cases: int
    n_controls: int
    balance: pd.DataFrame

    @property
    def ids(self) -> IntArray:
        """All matched ``ecg_id``s, ascending: the matched test set."""
        return np.sort(np.concatenate([self.case_ids, self.control_ids]))

    def frame(self) -> pd.DataFrame:
        """Return one row per pair: ``case_id, control_id, age_gap``."""
        return pd.DataFrame(
            {
                "case_id": self.case_ids,
                "control_id": self.control_ids,
                "age_gap": self.age_gaps,
            }
        )


def known_age(age: "pd.Series[float]") -> "pd.Series[float]":
    """Return age in years with `OVER_89` for PTB-XL's 300; NaN where unknown."""
    return age.astype(float).where(age.isna() | (age < 300), OVER_89)


def matched_pairs(
    cases: pd.DataFrame, controls: pd.DataFrame, *, max_age_gap: float = 5.0
) -> Matched:
    """Match each case to a control of the same sex and about the same age.

    Greedy: the closest pair first, each record once; equal gaps go to the lower ``ecg_id``s, so
    that the result does not depend on the order of the rows. Records of unknown age or sex stay
    out.

    Parameters
    ----------
    cases, controls
        Indexed by ``ecg_id`` with ``age`` (years; 300 = over 89) and ``sex``, as in
        `ecgcore.ptbxl.catalog.Catalog.frame`.
    max_age_gap
        Largest difference in years.

    Raises
    ------
    ValueError
        If a record is both case and control, or `max_age_gap` is negative.
    """
    if max_age_gap < 0:
        raise ValueError(f"max_age_gap {max_age_gap} must be at least 0 years.")
    if len(both := cases.index.intersection(controls.index)):
        raise ValueError(f"Records {both.tolist()[:5]} are both case and control.")
    sides = [_usable(side) for side in (cases, controls)]
    pairs = _greedy(_near_pairs(sides[0], sides[1], max_age_gap))
    chosen = [sides[0].loc[pairs["ecg_id_case"]], sides[1].loc[pairs["ecg_id_control"]]]
    before, after = _differences(*sides), _differences(chosen[0], chosen[1])
    return Matched(
        pairs["ecg_id_case"].to_numpy(dtype=np.int64),
        pairs["ecg_id_control"].to_numpy(dtype=np.int64),
        pairs["gap"].to_numpy(dtype=np.float64),
        len(cases),
        len(controls),
        pd.DataFrame({"what": ["age", "sex (male)"], "before": before, "after": after}),
    )


def standardised_difference(first: FloatArray, second: FloatArray) -> float:
    """Return the difference of means in pooled standard deviations; NaN where they have none.

    Source: Austin, Statistics in Medicine 28 (2009) 3083-3107.
    """
    if min(first.size, second.size) < 2:
        return float("nan")
    spread = np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2)
    gap = float(first.mean() - second.mean())
    if spread == 0:
        return 0.0 if gap == 0 else float("nan")
    return float(gap / spread)


def _usable(side: pd.DataFrame) -> pd.DataFrame:
    columns = {"age": known_age(side["age"]), "sex": side["sex"].astype(str)}
    table = pd.DataFrame(columns, index=side.index)
    return table[table["age"].notna() & table["sex"].isin(["male", "female"])]


def _near_pairs(cases: pd.DataFrame, controls: pd.DataFrame, max_age_gap: float) -> pd.DataFrame:
    named = [side.rename_axis("ecg_id").reset_index() for side in (cases, controls)]
    pairs = named[0].merge(named[1], on="sex", suffixes=("_case", "_control"))
    pairs["gap"] = (pairs["age_case"] - pairs["age_control"]).abs()
    near = pairs[pairs["gap"] <= max_age_gap]
    return near.sort_values(["gap", "ecg_id_case", "ecg_id_control"], ignore_index=True)


def _greedy(pairs: pd.DataFrame) -> pd.DataFrame:
    used_cases: set[int] = set()
    used_controls: set[int] = set()
    kept = []
    for row, (case, control) in enumerate(
        zip(pairs["ecg_id_case"], pairs["ecg_id_control"], strict=True)
    ):
        if case not in used_cases and control not in used_controls:
            used_cases.add(case)
            used_controls.add(control)
            kept.append(row)
    return pairs.loc[kept]


def _differences(cases: pd.DataFrame, controls: pd.DataFrame) -> list[float]:
    sides = (cases, controls)
    ages = [side["age"].to_numpy(dtype=np.float64) for side in sides]
    male = [(side["sex"] == "male").to_numpy(dtype=np.float64) for side in sides]
    return [standardised_difference(*ages), standardised_difference(*male)]
