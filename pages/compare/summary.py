"""What Compare says in words: only what the intervals support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ecgcore.models.architectures import arch_title
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.stats.comparison.paired_bootstrap import Comparison
from ecgcore.stats.comparison.verdicts import (
    ALONE,
    NOT_CLEAR,
    better_first,
    is_clear,
    rule_words,
    verdict_words,
)
from ecgcore.stats.metrics import LOWER_IS_BETTER, Estimate
from ecgcore.wording.numbers import counted, signed
from pages.compare.choice import KIND_NAMES, Choice

_NBSP = "\N{NO-BREAK SPACE}"
_SHOWN = 2
_TESTED = {
    "certain": "certain MI against normal",
    "all": "all MI against normal",
    "uncertain": "uncertain MI against normal",
}
_UNCERTAIN_WORDS = "Uncertain MI counts as MI here: nobody knows its truth."
_METHOD_WORDS = "Calibrated on fold 9. "
_PREVALENCE_WORDS = "A subgroup has another share of MI than fold 9, which shifts calibration. "
_ONE_SEED = "one trained network on each training set is no evidence for a difference"


def short(estimate: Estimate, digits: int = 4) -> str:
    """Write a difference with its sign and interval, never broken in two lines."""
    if estimate.low != estimate.low:
        return signed(estimate.value, digits)
    value, *ends = (signed(one, digits) for one in (estimate.value, estimate.low, estimate.high))
    return f"{value} [{', '.join(ends)}]".replace(" ", _NBSP)


def records_words(choice: Choice, n: int, n_mi: int) -> str:
    """Say on which records everything rests."""
    part = choice.part
    among = f"; {KIND_NAMES[part.kind]}: {part.label}" if part else ""
    return f"{_TESTED[choice.test_set]}{among} (n{_NBSP}= {n:,}, {n_mi:,} MI)"


def answer(
    choice: Choice,
    ensembles: Sequence[Ensemble],
    comparisons: Sequence[Comparison],
    n: int,
    n_mi: int,
) -> str:
    """Answer, a line for each architecture, which training set is better on the chosen records."""
    told = [
        f"- **{arch_title(arch)}**: {_of_arch(choice, mine)}"
        for arch, mine in by_arch(ensembles, comparisons).items()
    ]
    records = records_words(choice, n, n_mi)
    lead = f"**Which training set is better, by {choice.metric_title}?** On {records}:"
    return "\n".join([lead, *(told or ["- there is one ensemble only, so nothing to compare."])])


def scope_words(choice: Choice, n_pairs: int) -> str:
    """State the rule of all verdicts, and what else holds for this choice."""
    return (
        f"{rule_words(n_pairs)} "
        + _METHOD_WORDS * (choice.method != "raw")
        + _PREVALENCE_WORDS * (choice.part is not None and choice.score in LOWER_IS_BETTER)
        + _UNCERTAIN_WORDS * (choice.test_set != "certain")
    )


def by_arch(
    ensembles: Sequence[Ensemble], comparisons: Sequence[Comparison]
) -> dict[str, list[Comparison]]:
    """Comparisons of two training sets within an architecture."""
    arch = {one.name: one.arch for one in ensembles}
    found: dict[str, list[Comparison]] = {}
    for one in comparisons:
        if arch[one.first] == arch[one.second]:
            found.setdefault(arch[one.first], []).append(one)
    return found


def among(ensembles: Sequence[Ensemble], pairs: Sequence[Comparison]) -> list[Comparison]:
    """Keep the pairs of these ensembles."""
    names = {one.name for one in ensembles}
    return [one for one in pairs if {one.first, one.second} <= names]


def set_name(ensemble_name: str) -> str:
    """Return the training set of an ensemble's name; a local run keeps its run.

    Examples
    --------
    >>> set_name("cnn_bilstm-D-mix"), set_name("cnn_bilstm-A-0@mine")
    ('D-mix', 'A (mine)')
    """
    model, _, run = ensemble_name.partition("@")
    name = model.split("-", 1)[1]
    return f"{name.rsplit('-', 1)[0]} ({run})" if run else name


def better_and_worse(choice: Choice, one: Comparison) -> tuple[str, str] | None:
    """Return the better and the worse ensemble's name; None without a verdict for either."""
    wins = better_first(one.verdict, lower_is_better=choice.score in LOWER_IS_BETTER)
    if wins is None:
        return None
    return (one.first, one.second) if wins else (one.second, one.first)


def _of_arch(choice: Choice, comparisons: Sequence[Comparison]) -> str:
    if all(one.verdict == "too few seeds" for one in comparisons):
        return f"no verdict: {_ONE_SEED}."
    decided = [one for one in comparisons if better_and_worse(choice, one)]
    if not decided:
        widest = max(comparisons, key=lambda one: abs(one.difference.value))
        return (
            f"none of the {counted(len(comparisons), 'pair')} differs clearly (largest "
            f"difference: {set_name(widest.first)} to {set_name(widest.second)} "
            f"{short(widest.difference)})."
        )
    decided.sort(key=lambda one: (not is_clear(one.verdict), -abs(one.difference.value)))
    told = "; ".join(_better(choice, one) for one in decided[:_SHOWN])
    more, undecided = len(decided) - _SHOWN, len(comparisons) - len(decided)
    rest = [f"{counted(more, 'more such pair')}, see Pairs"] * (more > 0)
    rest += [f"{NOT_CLEAR} in {undecided} of {len(comparisons)} pairs"] * (undecided > 0)
    return f"{told}" + "".join(f"; {words}" for words in rest) + "."


def _better(choice: Choice, one: Comparison) -> str:
    better, worse = better_and_worse(choice, one) or ("", "")
    size = one.difference
    if size.value < 0:
        size = Estimate(-size.value, -size.high, -size.low)
    digits = 3 if size.low >= 0.001 else 4
    interval = size.text(digits).replace(" ", _NBSP)
    return f"**{set_name(better)}** is better than **{set_name(worse)}**{_alone(one)} by {interval}"


def _alone(one: Comparison) -> str:
    return "" if is_clear(one.verdict) else ALONE


def said(choice: Choice, one: Comparison, names: Mapping[str, str]) -> str:
    """Say what one comparison supports, in a few words; `names` as the reader knows them."""
    lower = choice.score in LOWER_IS_BETTER
    first, second = names[one.first], names[one.second]
    return verdict_words(one.verdict, first, second, lower_is_better=lower)


def summary(choice: Choice, comparisons: Sequence[Comparison]) -> str:
    """List the pairs with a better side in one architecture, such as "C better than A"."""
    if all(one.verdict == "too few seeds" for one in comparisons):
        return "no verdict (too few seeds)"
    found = [(better_and_worse(choice, one), _alone(one)) for one in comparisons]
    pairs = [
        f"{set_name(pair[0])} better than {set_name(pair[1])}{alone}"
        for pair, alone in found
        if pair
    ]
    return ", ".join(pairs) or NOT_CLEAR
