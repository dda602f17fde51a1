"""A reader alone: whether the confidence holds, and what the answers changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecgcore.stats.agreement.change import ChangeOfMind, change_of_mind
from ecgcore.stats.bootstrap import resampled, unit_index
from ecgcore.stats.metrics import Estimate, Scorer, percentile_estimate
from ecgcore.stats.reliability_curve import ReliabilityCurve, reliability_curve

_N_BINS, _N_COPIES = 5, 500
ALL_READERS = "all readers"


@dataclass(frozen=True, slots=True)
class Confidence:
    """Whether readings of 80 % MI are right in 80 of 100 cases.

    Attributes
    ----------
    n, n_cases
        Readings and cases with a truth that is MI or no MI.
    curve
        Of the probability of MI that the readers gave.
    brier, ece, auroc
        With intervals over cases.
    """

    n: int
    n_cases: int
    curve: ReliabilityCurve
    brier: Estimate
    ece: Estimate
    auroc: Estimate


def confidence_of(frame: pd.DataFrame, truth: pd.Series[str], reader: str) -> Confidence | None:
    """Compare a reader's probabilities of MI with a truth, by case; None where nothing fits.

    The probability is that of `ecgcore.review.readings.reading.Reading.prob_mi`: 50 % for uncertain
    or no confidence, 100 % for MI and 0 % for no MI with full confidence.

    Parameters
    ----------
    frame
        As `ecgcore.review.agreement.readings_frame.readings_frame` gives it.
    truth
        Verdict by case; only MI and no MI count.
    """
    mine = frame if reader == ALL_READERS else frame[frame["reader"] == reader]
    right = mine["case"].map(truth)
    counts = right.isin(["MI", "no MI"]) & (mine["verdict"] != "not readable")
    mine, right = mine[counts & mine["confidence"].notna()], right[counts]
    right = right[mine.index]
    if right.nunique() < 2:
        return None
    probs, labels = prob_mi(mine), (right == "MI").to_numpy()
    cases = pd.factorize(mine["case"])[0]
    band = {"clusters": cases, "n_boot": _N_COPIES}
    curve = reliability_curve(labels, probs, _N_BINS, band="bootstrap", **band)
    scorer = Scorer(labels, probs, 0.5, _N_BINS)
    weights = [np.ones((1, len(mine))), *resampled(unit_index(cases, len(mine)), _N_COPIES, 0)]
    found = {
        name: np.concatenate([scorer.score(name, some) for some in weights])
        for name in ("brier", "ece_width", "auroc")
    }
    estimates = [percentile_estimate(float(one[0]), one[1:]) for one in found.values()]
    return Confidence(len(mine), int(cases.max()) + 1, curve, *estimates)


def prob_mi(frame: pd.DataFrame) -> np.ndarray:
    """Return the probability of MI that each reading gives, ``(n,)``."""
    side = frame["verdict"].map({"MI": 1.0, "no MI": -1.0}).fillna(0.0).to_numpy()
    return np.asarray(0.5 + side * frame["confidence"].to_numpy() / 200)


@dataclass(frozen=True, slots=True)
class Minds:
    """Blind verdicts and those after the answers; who did not read again kept the first.

    Attributes
    ----------
    found
        What changed, in all of them.
    judged
        The same on the cases with a truth, which also says what was mended and harmed; None
        without any.
    n_cases
        Cases behind `found`.
    cases
        Those of them on which somebody changed the verdict.
    """

    found: ChangeOfMind
    judged: ChangeOfMind | None
    n_cases: int
    cases: tuple[str, ...]


def minds_of(
    frame: pd.DataFrame, advice: pd.Series[str], truth: pd.Series[str], reader: str
) -> Minds | None:
    """Compare verdicts before and after the answers with advice; None where nobody saw answers.

    Parameters
    ----------
    advice
        The verdict that was shown, by case, such as a model's or the label's.
    truth
        By case; only MI and no MI count. It may be empty.
    """
    mine = frame if reader == ALL_READERS else frame[frame["reader"] == reader]
    mine = mine[mine["revealed"]]
    groups = mine.groupby(["reader", "case"], sort=False)
    verdicts, blind = groups["verdict"], groups["blind"].first()
    pairs = pd.DataFrame({"before": verdicts.first(), "after": verdicts.last()})
    pairs = pairs[blind.to_numpy(dtype=bool)].reset_index()
    pairs = pairs.assign(advice=pairs["case"].map(advice), truth=pairs["case"].map(truth))
    pairs = pairs[pairs["advice"].notna()]
    if pairs.empty:
        return None
    known = pairs[pairs["truth"].isin(["MI", "no MI"])]
    changed = pairs.loc[pairs["before"] != pairs["after"], "case"]
    return Minds(
        _changes(pairs),
        _changes(known, judged=True) if len(known) else None,
        pairs["case"].nunique(),
        tuple(changed.drop_duplicates()),
    )


def _changes(pairs: pd.DataFrame, *, judged: bool = False) -> ChangeOfMind:
    before, after, advice, truth = (
        pairs[name].to_numpy(dtype=str) for name in ("before", "after", "advice", "truth")
    )
    cases = pd.factorize(pairs["case"])[0]
    return change_of_mind(before, after, advice, cases=cases, truth=truth if judged else None)
