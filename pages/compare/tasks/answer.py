"""What label certainty does where the task is another one, in words that the intervals support."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ecgcore.models.architectures import arch_title
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.stats.comparison.paired_bootstrap import Comparison
from ecgcore.stats.comparison.verdicts import verdict_words
from ecgcore.tasks.task import Task
from ecgcore.wording.numbers import signed

_NBSP = "\N{NO-BREAK SPACE}"


def certainty_words(
    task: Task, ensembles: Sequence[Ensemble], comparisons: Sequence[Comparison]
) -> str:
    """Answer whether the certainty of labels makes a difference, a line for each pair.

    Parameters
    ----------
    comparisons
        Of ensembles of one architecture on two training sets of the task.
    """
    if not task.has_certainty:
        return (
            "**Label certainty** is no axis of this task: each class counts as stated whatever its "
            "likelihood, and rhythm statements have none in PTB-XL."
        )
    head = "**Does label certainty make a difference?**"
    if not comparisons:
        trained = sorted({one.train_set for one in ensembles})
        return (
            f"{head} No answer yet: networks of one training set alone are published "
            f"({', '.join(trained) or 'none'})."
        )
    named = {one.name: one for one in ensembles}
    return "\n".join([head, *(f"- {pair_words(one, named)}" for one in comparisons)])


def pair_words(one: Comparison, named: dict[str, Ensemble]) -> str:
    """Say what a pair of training sets differs by, and the verdict."""
    first, second = named[one.first], named[one.second]
    verdict = verdict_words(one.verdict, first.train_set, second.train_set, lower_is_better=False)
    value = one.difference
    ends = f"[{signed(value.low, 4)}, {signed(value.high, 4)}]"
    change = f"{signed(value.value, 4)} {ends}".replace(" ", _NBSP)
    return (
        f"{arch_title(first.arch)}, **{first.train_set}** against **{second.train_set}**: {verdict}"
        f" ({change}, {len(first.seeds)} and {len(second.seeds)} seeds)"
    )


def pairs_table(comparisons: Sequence[Comparison], named: dict[str, Ensemble]) -> pd.DataFrame:
    """Return a row for each pair that differs by its training set or its network alone."""
    rows = []
    for one in comparisons:
        first, second = named[one.first], named[one.second]
        value, by_set = one.difference, first.arch == second.arch
        same = arch_title(first.arch) if by_set else f"trained on {first.train_set}"
        names = [each.train_set if by_set else arch_title(each.arch) for each in (first, second)]
        verdict = verdict_words(one.verdict, *names, lower_is_better=False)
        ends = f"[{signed(value.low, 4)}, {signed(value.high, 4)}]"
        seeds = f"{len(first.seeds)} and {len(second.seeds)}"
        rows.append([same, *names, f"{signed(value.value, 4)} {ends}", verdict, seeds])
    columns = ["Both", "First", "Second", "First minus second", "Verdict", "Seeds"]
    return pd.DataFrame(rows, columns=columns)
