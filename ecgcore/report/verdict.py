"""The one verdict in words, the same on screen and on paper."""

from collections import Counter
from collections.abc import Sequence

from ecgcore.predictions.decision import (
    DecisionSettings,
    EnsemblePrediction,
    NoPrediction,
    predicted,
)
from ecgcore.predictions.ensemble import disagreement
from ecgcore.predictions.scope import LIMITS_LINE, Scope
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.wording.numbers import percent_range, points

Row = EnsemblePrediction | NoPrediction


def agreement(rows: Sequence[Row]) -> str:
    """Say how far the ensembles agree."""
    made = predicted(rows)
    if not made:
        return "No model predicts this recording."
    probs = [one.prob for one in made]
    said = f"Probability of MI **{percent_range(min(probs), max(probs), 0)}**"
    apart = f", disagreement **{points(float(disagreement(probs)))}**"
    return said + apart if len(made) > 1 else said


def calls(rows: Sequence[Row], decision: DecisionSettings) -> str:
    """Count who calls MI at the target sensitivity that the reader chose; "" without one."""
    made = predicted(rows)
    called = [one.calls_mi for one in made if one.calls_mi is not None]
    if decision.sensitivity is None or not called:
        return ""
    return f"MI is called at {decision.threshold_words} by {sum(called)} of {len(called)}."


def caution(entry: CatalogEntry | None, scope: Scope | None) -> str:
    """Say why a verdict stands in grey or there is none; "" for a record that the models know.

    Examples
    --------
    >>> caution(None, Scope(True, (), 0.1))
    'Unlabelled ECG: read with care.'
    """
    if scope is not None and scope.void:
        return "No verdict on this recording."
    if (entry is not None and entry.group == "other") or (scope is not None and not scope.applies):
        return "Outside what these models know."
    return "Unlabelled ECG: read with care." if entry is None else ""


def limits(scope: Scope | None) -> list[str]:
    """Say what the models do not know, and what in this ECG they do not, a sentence each."""
    if scope is not None and scope.void:
        return list(scope.reasons)
    return [LIMITS_LINE, *(scope.reasons if scope is not None else ())]


def votes(rows: Sequence[Row]) -> str:
    """Say in a sentence which ensembles make the verdict; "" without one."""
    counts = Counter(one.verdict for one in predicted(rows) if one.verdict is not None)
    if not counts:
        return ""
    n = counts.total()
    if len(counts) > 1:
        parts = [f"{some} {_vote(word, some)}" for word, some in counts.most_common()]
        return f"Of {n} ensembles, {', '.join(parts)}."
    who = "The ensemble" if n == 1 else f"All {n} ensembles"
    return f"{who} {_vote(next(iter(counts)), n)}."


def _vote(verdict: str, n: int) -> str:
    if verdict == "refer":
        return "refers" if n == 1 else "refer"
    return f"says {verdict}" if n == 1 else f"say {verdict}"


def verdict_words(decision: DecisionSettings, n: int) -> str:
    """Say what makes a conformal verdict of `n` ensembles together."""
    share = f"{round(100 * decision.alpha, 4):g} %"
    each = (
        f"MI if at most {share} of fold-9 normals score this high, normal if at most {share} of "
        "fold-9 MI score this low, else refer."
    )
    if n == 1:
        return f"The ensemble says {each}"
    return f"Each ensemble says {each} Together they say MI or normal only if all {n} agree."
