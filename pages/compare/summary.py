"""What Compare says in words: only what the intervals support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ecgcore.models.architectures import arch_title
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.stats.comparison.paired_bootstrap import Comparison
from ecgcore.stats.metrics import LOWER_IS_BETTER, Estimate
from pages.compare.choice import KIND_NAMES, Choice
from pages.shared.evaluation_caches import N_BOOT

_NBSP, _MINUS = "\N{NO-BREAK SPACE}", "\N{MINUS SIGN}"
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
        return f"{estimate.value:+.{digits}f}"
    text = f"{estimate.value:+.{digits}f} [{estimate.low:+.{digits}f}, {estimate.high:+.{digits}f}]"
    return text.replace("-", _MINUS).replace(" ", _NBSP)


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
    lead = f"**What holds across patients and seeds, by {choice.metric_title}**, on {records}:"
    return "\n".join([lead, *(told or ["- there is one ensemble only, so nothing to compare."])])


def scope_words(choice: Choice) -> str:
    """Say what the intervals hold, and what a verdict needs."""
    return (
        f"[95 % intervals over {N_BOOT} bootstrap samples of patients and seeds.] A difference "
        "counts only where its interval excludes zero. "
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


def winner(choice: Choice, one: Comparison) -> tuple[str, str] | None:
    """Return the better and the worse ensemble's name; None where the intervals do not tell."""
    if one.verdict not in ("higher", "lower"):
        return None
    first_wins = (one.verdict == "higher") != (choice.score in LOWER_IS_BETTER)
    return (one.first, one.second) if first_wins else (one.second, one.first)


def _of_arch(choice: Choice, comparisons: Sequence[Comparison]) -> str:
    if all(one.verdict == "too few seeds" for one in comparisons):
        return f"no verdict: {_ONE_SEED}."
    decided = [one for one in comparisons if one.verdict in ("higher", "lower")]
    undecided = len(comparisons) - len(decided)
    if not decided:
        widest = max(comparisons, key=lambda one: abs(one.difference.value))
        return (
            f"none of the {len(comparisons)} pairs of training sets differs clearly (largest "
            f"difference: {set_name(widest.first)} to {set_name(widest.second)} "
            f"{short(widest.difference)})."
        )
    decided.sort(key=lambda one: -abs(one.difference.value))
    told = "; ".join(_better(choice, one) for one in decided[:_SHOWN])
    more = len(decided) - _SHOWN
    rest = [f"{more} more pairs separate" if more > 1 else "one more pair separates"] * (more > 0)
    rest += [f"{undecided} of {len(comparisons)} pairs do not separate"] * (undecided > 0)
    return f"{told}" + "".join(f"; {words}" for words in rest) + "."


def _better(choice: Choice, one: Comparison) -> str:
    better, worse = winner(choice, one) or ("", "")
    size = one.difference
    if size.value < 0:
        size = Estimate(-size.value, -size.high, -size.low)
    digits = 3 if size.low >= 0.001 else 4
    interval = size.text(digits).replace("-", _MINUS).replace(" ", _NBSP)
    word = "better than" if choice.score in LOWER_IS_BETTER else "above"
    return f"**{set_name(better)}** is {word} **{set_name(worse)}** by {interval}"


def verdict_words(choice: Choice, one: Comparison, names: Mapping[str, str]) -> str:
    """Say what one comparison supports, in a few words; `names` as the reader knows them."""
    if one.verdict == "too few seeds":
        return "too few seeds"
    found = winner(choice, one)
    return f"{names[found[0]]} is better" if found else "not separable"


def summary(choice: Choice, comparisons: Sequence[Comparison]) -> str:
    """List the pairs that separate in one architecture, such as "C over A, D over A"."""
    if all(one.verdict == "too few seeds" for one in comparisons):
        return "no verdict (too few seeds)"
    found = [winner(choice, one) for one in comparisons]
    pairs = [f"{set_name(pair[0])} over {set_name(pair[1])}" for pair in found if pair]
    return ", ".join(pairs) or "nothing separates"
