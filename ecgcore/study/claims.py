"""What the study's text and figures claim, and whether our own networks say the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from ecgcore.models.architectures import BIMAMBA2, CNN_BILSTM, CNN_LSTM, published_twin
from ecgcore.stats.comparison.paired_bootstrap import Comparison, corrected
from ecgcore.stats.comparison.verdicts import better_first, is_clear
from ecgcore.stats.metrics import LOWER_IS_BETTER, Estimate, ScoreName
from ecgcore.study.published import published

GroupKey = tuple[str, str]
"""Architecture and training set of ours, such as ("cnn_bilstm", "A")."""

Compare = Callable[[GroupKey, GroupKey], Comparison | None]

Verdict = Literal[
    "agrees",
    "disagrees",
    "agrees in these pairs alone",
    "disagrees in one pair alone",
    "not shown",
    "cannot be judged",
]

_CNN, _MAMBA = CNN_BILSTM.name, BIMAMBA2.name
_REBUILT, _REBUILT_SETS = CNN_LSTM.name, ("A", "C", "D")
_TEST_N = {"certain": 971, "all": 1253}
_FIELDS = {"auroc": "auroc", "ece_width": "ece"}


@dataclass(frozen=True, slots=True)
class Claim:
    """A published order of training sets or networks, by uncalibrated probabilities.

    Attributes
    ----------
    text
        In plain words. "D" in it is the published D, which is our D-mix.
    test_set
        The test set of ours on which it can be judged; "" where it rests on records that none of
        ours matches.
    steps
        Pairs of our groups in the places of the published ones, the better side first; all must
        hold.
    note
        What to know before comparing.
    """

    text: str
    test_set: str
    score: ScoreName
    steps: tuple[tuple[GroupKey, GroupKey], ...] = ()
    note: str = ""

    def figure(self, group: GroupKey) -> float:
        """Return the published figure in the place of one of our groups, NaN without one."""
        arch, train_set = group
        for figure in published(_TEST_N.get(self.test_set, 0)):
            if (figure.arch, figure.train_set) == (published_twin(arch), train_set):
                value = getattr(figure, _FIELDS[self.score])
                return float("nan") if value is None else float(value)
        return float("nan")


@dataclass(frozen=True, slots=True)
class Gap:
    """How our networks answer one step of a claim.

    Attributes
    ----------
    advantage
        By how much the claimed side is better, with its interval; below 0 where it is worse.
    separable
        Whether it is clear by the one rule of `ecgcore.stats.comparison.verdicts`.
    """

    better: GroupKey
    worse: GroupKey
    advantage: Estimate
    separable: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """Ours beside one claim; no gaps where it cannot be judged."""

    claim: Claim
    verdict: Verdict
    gaps: tuple[Gap, ...]


def _order(arch: str, *best_first: str) -> tuple[tuple[GroupKey, GroupKey], ...]:
    pairs = pairwise(best_first)
    return tuple(((arch, better), (arch, worse)) for better, worse in pairs)


def _best(arch: str, one: str, *others: str) -> tuple[tuple[GroupKey, GroupKey], ...]:
    return tuple(((arch, one), (arch, other)) for other in others)


def _worst(arch: str, one: str, *others: str) -> tuple[tuple[GroupKey, GroupKey], ...]:
    return tuple(((arch, other), (arch, one)) for other in others)


_INFERRED = "Test set inferred: the file does not state it."
_MIX = "The published D is our D-mix."

CLAIMS = (
    Claim(
        "Certain labels train the best CNN: A above C above D by AUROC.",
        "certain",
        "auroc",
        _order(_CNN, "A", "C", "D-mix"),
        _MIX,
    ),
    Claim(
        "The CNN on certain labels (A) is above the CNN on uncertain labels only by AUROC.",
        "certain",
        "auroc",
        _order(_CNN, "A", "D"),
        "Called B in the files; this is our D.",
    ),
    Claim(
        "For BiMamba-2 it is C above A above uncertain only above D by AUROC.",
        "certain",
        "auroc",
        _order(_MAMBA, "C", "A", "D", "D-mix"),
        _MIX,
    ),
    Claim(
        "A is the best calibrated CNN (lowest ECE).",
        "certain",
        "ece_width",
        _best(_CNN, "A", "C", "D-mix", "D"),
    ),
    Claim(
        "D is the worst calibrated CNN (highest ECE), against A and C.",
        "certain",
        "ece_width",
        _worst(_CNN, "D-mix", "A", "C"),
        _MIX,
    ),
    Claim(
        "D is the worst calibrated BiMamba-2 (highest ECE).",
        "certain",
        "ece_width",
        _worst(_MAMBA, "D-mix", "A", "C", "D"),
        _MIX,
    ),
    Claim(
        "The CNN is better calibrated than BiMamba-2 on each training set (lower ECE).",
        "certain",
        "ece_width",
        tuple(((_CNN, name), (_MAMBA, name)) for name in ("A", "C", "D", "D-mix")),
    ),
    Claim(
        "With uncertain MI in the test set the order turns: C above uncertain only above A "
        "by AUROC.",
        "all",
        "auroc",
        _order(_CNN, "C", "D", "A"),
        _INFERRED,
    ),
    Claim(
        "With uncertain MI in the test set, uncertain only has the lowest ECE, then C, then A.",
        "all",
        "ece_width",
        _order(_CNN, "D", "C", "A"),
        _INFERRED,
    ),
    Claim(
        "Headline on the web page: a CNN-LSTM trained on A reaches AUROC 0.9906.",
        "",
        "auroc",
        note="On an older split of 1,137 test records, which none of our test sets matches.",
    ),
)
"""Every published claim that our groups can answer, and the headline, which they cannot."""


def _by_rebuilt(claim: Claim) -> Claim | None:
    """Ask the study's own CNN-LSTM, trained again; None where that has no such group."""
    groups = {group for step in claim.steps for group in step}
    if not groups or groups - {(_CNN, name) for name in _REBUILT_SETS}:
        return None
    steps = tuple(((_REBUILT, better[1]), (_REBUILT, worse[1])) for better, worse in claim.steps)
    return replace(claim, steps=steps)


REBUILT_CLAIMS = tuple(found for claim in CLAIMS if (found := _by_rebuilt(claim)) is not None)
"""The claims that the study's own network can answer, trained again on A, C and D."""


def judge_all(
    claims: Sequence[Claim], comparer: Callable[[Claim], Compare]
) -> tuple[Judgement, ...]:
    """Set our own networks beside a list of claims, corrected for all pairs of the list.

    Parameters
    ----------
    comparer
        Returns what compares two groups, the first minus the second, by the score of a claim on its
        test set with uncalibrated probabilities; that returns None where a group is missing.
    """
    found = [[comparer(claim)(*step) for step in claim.steps] for claim in claims]
    there = corrected([one for row in found for one in row if one is not None])
    left = iter(there)
    rows = [[one and next(left) for one in row] for row in found]
    return tuple(judge(claim, row) for claim, row in zip(claims, rows, strict=True))


def judge(claim: Claim, compared: Sequence[Comparison | None]) -> Judgement:
    """Set our own networks beside a claim.

    It agrees where the claimed side of every step is better, and disagrees where the other side of
    one step is, both by the one rule of `ecgcore.stats.comparison.verdicts`; else our networks do
    not show it.

    Parameters
    ----------
    compared
        One for each step, the better side minus the other; None where a group is missing.
    """
    there = [one for one in compared if one is not None]
    pairs = zip(claim.steps, compared, strict=True)
    gaps = tuple(_gap(claim, step, found) for step, found in pairs if found is not None)
    if not gaps or len(gaps) < len(claim.steps):
        return Judgement(claim, "cannot be judged", gaps)
    lower = claim.score in LOWER_IS_BETTER
    wins = [better_first(one.verdict, lower_is_better=lower) for one in there]
    return Judgement(claim, _verdict(wins, [is_clear(one.verdict) for one in there]), gaps)


def _verdict(wins: Sequence[bool | None], clear: Sequence[bool]) -> Verdict:
    """Judge a claim by who wins its pairs, and which of these are clear in the whole list."""
    if any(won is False and sure for won, sure in zip(wins, clear, strict=True)):
        return "disagrees"
    if any(won is False for won in wins):
        return "disagrees in one pair alone"
    if all(wins):
        return "agrees" if all(clear) else "agrees in these pairs alone"
    return "not shown"


def _gap(claim: Claim, step: tuple[GroupKey, GroupKey], found: Comparison) -> Gap:
    d = found.difference
    if claim.score in LOWER_IS_BETTER:
        d = Estimate(-d.value, -d.high, -d.low)
    return Gap(*step, d, is_clear(found.verdict))
