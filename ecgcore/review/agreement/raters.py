"""One finding as every rater gave it, as codes that statistics take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from ecgcore.errors import ReviewError
from ecgcore.review.ratings import NO_AND_YES, Finding, Ratings
from ecgcore.stats.agreement.tables import MISSING
from ecgcore.stats.reliability_curve import BoolArray, IntArray
from ecgcore.wording.records import TERRITORIES

VERDICT, CALLS_MI = "verdict", "MI called"
IN_ORDER = ("no MI", "uncertain", "MI")
"""Values of the finding `VERDICT`; "not readable" is no rating."""
YES_OR_NO = ("no", "yes")
_FEWEST = 2
_MOST_CODES = 20


@dataclass(frozen=True, slots=True, eq=False)
class Raters:
    """The ratings of one finding.

    Attributes
    ----------
    names, cases
        Of the ``m`` raters and the ``n`` cases.
    values
        What can be said, in order where `ordered`.
    codes
        ``(m, n)`` places in `values`, -1 where a rater did not rate.
    """

    finding: str
    names: tuple[str, ...]
    cases: tuple[str, ...]
    values: tuple[str, ...]
    ordered: bool
    codes: IntArray

    def of(self, name: str) -> IntArray:
        """Return the codes of a rater, ``(n,)``.

        Raises
        ------
        ReviewError
            If there is no such rater.
        """
        if name not in self.names:
            raise ReviewError(f"There is no rater “{name[:40]}” among {', '.join(self.names)}.")
        return np.asarray(self.codes[self.names.index(name)])

    def without(self, names: Sequence[str]) -> Raters:
        """Return the ratings of the others."""
        keep = [k for k, name in enumerate(self.names) if name not in names]
        return replace(self, names=tuple(self.names[k] for k in keep), codes=self.codes[keep])

    def among(self, keep: BoolArray) -> Raters:
        """Return the ratings of some cases, ``(n,)`` True for those."""
        chosen = np.flatnonzero(keep)
        return replace(
            self, cases=tuple(self.cases[k] for k in chosen), codes=self.codes[:, chosen]
        )

    def cell(self, first: str, second: str, value: str, other: str) -> list[str]:
        """Return the cases that two raters gave these values."""
        places = self.values.index(value), self.values.index(other)
        hit = (self.of(first) == places[0]) & (self.of(second) == places[1])
        return [self.cases[k] for k in np.flatnonzero(hit)]


def findings_in(frame: pd.DataFrame) -> tuple[str, ...]:
    """List the findings of a frame: verdict, territories, and codes said twice or more."""
    said: Counter[str] = Counter(code for codes in frame["statements"] for code in codes or ())
    codes = [code for code, n in said.most_common(_MOST_CODES) if n >= _FEWEST]
    return (VERDICT, CALLS_MI, *TERRITORIES, *codes)


def raters_of(frame: pd.DataFrame, finding: str) -> Raters:
    """Turn a frame of raters, with one row for each rater and case, into codes of one finding.

    Raises
    ------
    ReviewError
        If there are fewer than two raters.
    """
    place, names = pd.factorize(frame["reader"])
    column, cases = pd.factorize(frame["case"])
    if len(names) < _FEWEST:
        raise ReviewError(f"{len(names)} rater has read here; 2 are needed to compare.")
    said = _codes(frame, finding)
    codes = np.full((len(names), len(cases)), MISSING, dtype=np.int64)
    codes[place, column] = said
    values = IN_ORDER if finding == VERDICT else YES_OR_NO
    return Raters(finding, tuple(names), tuple(cases), values, True, codes)


def raters_of_file(ratings: Ratings, finding: str) -> Raters:
    """Return one finding of a file of ratings; its values are in order where they are numbers."""
    one: Finding = next(one for one in ratings.findings if one.name == finding)
    if one.values == NO_AND_YES:
        values: tuple[str, ...] = YES_OR_NO
    else:
        values = one.values if len(one.values) > 1 else (*one.values, "(never said)")
    numbers = pd.to_numeric(pd.Series(one.values), errors="coerce").notna().all()
    return Raters(finding, ratings.readers, ratings.cases, values, bool(numbers), one.codes)


def _codes(frame: pd.DataFrame, finding: str) -> IntArray:
    verdict = frame["verdict"]
    if finding == VERDICT:
        return np.asarray(pd.Index(IN_ORDER).get_indexer(verdict), dtype=np.int64)
    if finding == CALLS_MI:
        said = (verdict == "MI").astype(np.int64).to_numpy()
    else:
        column = "territories" if finding in TERRITORIES else "statements"
        said = frame[column].map(partial(_has, finding)).to_numpy(dtype=np.int64)
    return np.where(verdict == "not readable", MISSING, said)


def _has(finding: str, named: tuple[str, ...] | None) -> int:
    return MISSING if named is None else int(finding in named)


def strata(cases: Sequence[str], members: Mapping[str, set[str]]) -> dict[str, BoolArray]:
    """Return which cases belong to each stratum, ``(n,)``, where two or more do."""
    found = {
        name: np.fromiter((case in some for case in cases), dtype=np.bool_, count=len(cases))
        for name, some in members.items()
    }
    return {name: inside for name, inside in found.items() if inside.sum() >= _FEWEST}
