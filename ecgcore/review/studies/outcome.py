"""What a study found: readers with and without advice, and how far they follow wrong advice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ecgcore.errors import ReviewError
from ecgcore.review.readings.reading import Reading, reading_of
from ecgcore.review.store.chain import Entry
from ecgcore.review.studies.allocation import advice_on, planted
from ecgcore.review.studies.protocol import AFTER, ALONE, ArmName, Protocol
from ecgcore.stats.agreement.change import ChangeOfMind, change_of_mind
from ecgcore.stats.agreement.shares import clustered_share
from ecgcore.stats.metrics import Estimate
from ecgcore.stats.mrmc.analysis import Analysis, analyse
from ecgcore.stats.mrmc.performance import Metric
from ecgcore.stats.mrmc.power import Power, power

METRICS: tuple[Metric, ...] = ("auc", "sensitivity", "specificity")
POWER_READERS, POWER_CASES = (3, 5, 10, 20), (50, 100, 200, 400)
Harm = Literal["better", "no clear difference", "harmed"]
_UNSURE = 0.5
_KEYS = ["reader", "case", "treatment"]


@dataclass(frozen=True, slots=True, eq=False)
class StudyData:
    """Every reading that counts, with truth and advice.

    Attributes
    ----------
    readings
        A row for each: ``reader, case, treatment, verdict, rating, calls_mi, truth, seconds``,
        ``advice`` (says MI), ``planted`` and ``own`` (the verdict before the advice; None where
        the reader did not read before).
    complete
        Readers who read everything, in the protocol's order.
    """

    protocol: Protocol
    readings: pd.DataFrame
    complete: tuple[str, ...]

    @classmethod
    def of(cls, protocol: Protocol, entries: Iterable[Entry]) -> StudyData:
        """Sort the entries of a study's arms."""
        first: dict[tuple[str, str, ArmName], list[Reading]] = {}
        arm_of = {protocol.study(arm): arm for arm in protocol.arms}
        for entry in entries:
            if entry.kind == "reading" and entry.study in arm_of:
                key = (entry.reader, entry.case, arm_of[entry.study])
                first.setdefault(key, []).append(reading_of(entry))
        rows = [row for key, said in first.items() for row in _rows(protocol, key, said)]
        table = _with_truth(protocol, pd.DataFrame(rows, columns=_COLUMNS))
        wanted = len(protocol.cases) * len(protocol.treatments)
        n_read = table.groupby("reader")["case"].size()
        done = tuple(who for who in protocol.readers if n_read.get(who, 0) == wanted)
        return cls(protocol, table, done)

    @property
    def n_not_readable(self) -> int:
        """Readings of "not readable"; they count as unsure, and as not MI."""
        return int((self.readings["verdict"] == "not readable").sum())

    def seconds(self, treatment: ArmName) -> float:
        """Return the median time of a reading; NaN without any."""
        return float(self._of(treatment)["seconds"].median())

    def analysis(self, metric: Metric) -> Analysis:
        """Analyse the readers who read everything: random readers, random cases.

        Raises
        ------
        ReviewError
            If fewer than two did, or there is one treatment only.
        """
        treatments = self.protocol.treatments
        if len(self.complete) < 2 or len(treatments) < 2:
            raise ReviewError(
                f"{len(self.complete)} readers have read everything in {len(treatments)} arms; 2 "
                "readers and 2 arms are needed to compare."
            )
        cases = [one.case for one in self.protocol.cases]
        column = "rating" if metric == "auc" else "calls_mi"
        values = self.readings.set_index(["treatment", "reader", "case"])[column].astype(float)
        wanted = pd.MultiIndex.from_product([treatments, self.complete, cases])
        cube = values.reindex(wanted).to_numpy()
        truth = np.array([one.truth for one in self.protocol.cases])
        shape = len(treatments), len(self.complete), len(cases)
        return analyse(cube.reshape(shape), truth, metric=metric, threshold=1.0)

    def _of(self, treatment: ArmName) -> pd.DataFrame:
        return self.readings[self.readings["treatment"] == treatment]


_COLUMNS = [*_KEYS, "verdict", "rating", "calls_mi", "seconds", "own"]


def _rows(
    protocol: Protocol, key: tuple[str, str, ArmName], said: list[Reading]
) -> list[tuple[object, ...]]:
    """Give the readings of a case in an arm their treatments; an own read alone may be one."""
    reader, case, arm = key
    if arm != AFTER:
        return [(reader, case, arm, *_values(said[0]), None)]
    own = said[0].verdict
    alone = [(reader, case, ALONE, *_values(said[0]), None)] if ALONE not in protocol.arms else []
    return alone + [(reader, case, arm, *_values(one), own) for one in said[1:2]]


def _values(said: Reading) -> tuple[str, float, bool, float]:
    rating = _UNSURE if said.prob_mi is None else said.prob_mi
    return said.verdict, rating, said.verdict == "MI", said.seconds


def _with_truth(protocol: Protocol, table: pd.DataFrame) -> pd.DataFrame:
    wrong = planted(protocol)
    truth = {one.case: one.truth for one in protocol.cases}
    advice = {one.case: advice_on(protocol, one).says_mi for one in protocol.cases}
    cases = table["case"]
    return table.assign(truth=cases.map(truth), advice=cases.map(advice), planted=cases.isin(wrong))


def harm(aided_minus_alone: Estimate) -> Harm:
    """Say whether advice helped or harmed a reader, only as far as the interval supports it.

    Examples
    --------
    >>> harm(Estimate(-0.1, -0.2, -0.01)), harm(Estimate(-0.1, -0.2, 0.01))
    ('harmed', 'no clear difference')
    """
    if aided_minus_alone.high < 0:
        return "harmed"
    return "better" if aided_minus_alone.low > 0 else "no clear difference"


def gain(found: Analysis, arm: int, reader: int | None = None, *, alone: int = 0) -> Estimate:
    """Return an arm minus the readers alone, of one reader by place, or over all."""
    contrasts = found.differences if reader is None else found.by_reader[reader]
    one = next(c for c in contrasts if {c.first, c.second} == {alone, arm})
    seen = one.estimate
    if one.first == arm:
        return seen
    return Estimate(-seen.value, -seen.high, -seen.low)


@dataclass(frozen=True, slots=True)
class Following:
    """How readers met planted wrong advice in one arm.

    Attributes
    ----------
    n, n_cases
        Readings with planted advice, and their cases.
    followed
        Share of these readings that end with what the wrong advice says.
    alone
        Share of the readings of the same readers and cases that say so without advice; None where
        nobody read alone.
    added
        The first less the second, over the readings that have both.
    change
        What the advice did to own reads, where they came before it.
    """

    arm: ArmName
    n: int
    n_cases: int
    followed: Estimate
    alone: Estimate | None = None
    added: Estimate | None = None
    change: ChangeOfMind | None = None


def following(data: StudyData) -> tuple[Following, ...]:
    """Say for each arm with advice how often readers followed the planted wrong advice."""
    arms = [arm for arm in data.protocol.arms if arm != ALONE]
    return tuple(_following(data, arm) for arm in arms)


def _following(data: StudyData, arm: ArmName) -> Following:
    table = data.readings[data.readings["planted"]]
    mine = table[table["treatment"] == arm]
    did = _says(mine)
    pairs = mine.merge(table[table["treatment"] == ALONE], on=["reader", "case"])
    alone = added = change = None
    if len(pairs):
        before = _says(pairs, "_y")
        alone = clustered_share(before, pairs["case"])
        added = _difference(_says(pairs, "_x"), before, pairs["case"])
    if arm == AFTER and len(mine):
        own, last = (mine[name].to_numpy(dtype=str) for name in ("own", "verdict"))
        change = change_of_mind(own, last, _advice(mine), cases=mine["case"])
    followed = clustered_share(did, mine["case"])
    return Following(arm, len(mine), mine["case"].nunique(), followed, alone, added, change)


def _says(table: pd.DataFrame, suffix: str = "") -> np.ndarray:
    """Say of which readings the verdict is the advice's; unsure ones follow nothing."""
    return np.asarray(table[f"verdict{suffix}"].to_numpy(dtype=str) == _advice(table, suffix))


def _advice(table: pd.DataFrame, suffix: str = "") -> np.ndarray:
    return np.where(table[f"advice{suffix}"].astype(bool), "MI", "no MI")


def _difference(after: np.ndarray, before: np.ndarray, cases: pd.Series[str]) -> Estimate:
    """Estimate a paired difference of shares over cases, by Student's t of the cases' means.

    Cases that are all alike say nothing of how others would differ, so there is no interval.
    """
    from scipy.stats import t as student_t

    apart = pd.Series(after.astype(float) - before.astype(float)).groupby(cases.to_numpy()).mean()
    mean, n = float(apart.mean()), len(apart)
    if n < 2 or np.ptp(apart) == 0:
        return Estimate(mean, float("nan"), float("nan"))
    half = float(student_t.ppf(0.975, n - 1) * apart.std(ddof=1) / np.sqrt(n))
    return Estimate(mean, max(mean - half, -1.0), min(mean + half, 1.0))


def power_table(found: Analysis, difference: float) -> pd.DataFrame:
    """Return the power to find a difference, a row for readers, a column for cases.

    Raises
    ------
    ReviewError
        If the readers of the study do not vary, so that it tells nothing of others.
    """
    try:
        powers: list[list[Power]] = [
            [power(found.components, difference, readers, cases) for cases in POWER_CASES]
            for readers in POWER_READERS
        ]
    except ZeroDivisionError as error:
        raise ReviewError(
            "The readers of this study do not vary, so it cannot predict another one's power."
        ) from error
    return pd.DataFrame(
        [[one.power for one in row] for row in powers],
        index=pd.Index(POWER_READERS, name="readers"),
        columns=pd.Index(POWER_CASES, name="cases"),
    )
