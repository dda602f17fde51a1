"""What share of the changes was noticed, by area."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from tests.mutation.trial import Outcome

_AREAS = {
    "stats": "statistics", "study": "statistics", "predictions": "models", "explain": "models",
    "tasks": "models", "report": "figures", "wording": "figures", "commands": "command line",
}  # fmt: skip


def area(path: str) -> str:
    """Return the area of a source file: mostly its folder in ecgcore, or the pages."""
    layer, second, *_ = (*path.split("/"), "")
    if layer == "pages":
        return "pages"
    return "base" if second.endswith(".py") else _AREAS.get(second, second)


def by_area(outcomes: Sequence[Outcome]) -> dict[str, tuple[int, int]]:
    """Return noticed and total of each area, and of ecgcore and all at the end."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for outcome in outcomes:
        name = area(outcome.change.path)
        for key in {name, "all", "all" if name == "pages" else "ecgcore"}:
            counts[key][0] += outcome.noticed
            counts[key][1] += 1
    order = sorted(counts, key=lambda name: (name == "all", name == "ecgcore", name))
    return {name: (counts[name][0], counts[name][1]) for name in order}


def as_text(outcomes: Sequence[Outcome]) -> str:
    """Lines for a reader: the scores, then each survivor with its place and change."""
    lines = [
        f"{name:14}{noticed:5} of {n:4}  {100 * noticed / n:5.1f} %"
        for name, (noticed, n) in by_area(outcomes).items()
    ]
    return "\n".join([*lines, *map(_survivor, _survivors(outcomes))])


def as_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Plain values for ``--json``."""
    scores = {name: {"noticed": k, "total": n} for name, (k, n) in by_area(outcomes).items()}
    survivors = [
        {
            "path": outcome.change.path,
            "line": outcome.change.site.line,
            "kind": outcome.change.site.kind,
            "old": outcome.change.site.old,
            "new": outcome.change.site.new,
            "n_tests": outcome.n_tests,
        }
        for outcome in _survivors(outcomes)
    ]
    return {"areas": scores, "survivors": survivors}


def _survivors(outcomes: Sequence[Outcome]) -> list[Outcome]:
    left = (outcome for outcome in outcomes if not outcome.noticed)
    return sorted(left, key=lambda outcome: (outcome.change.path, outcome.change.site.line))


def _survivor(outcome: Outcome) -> str:
    site = outcome.change.site
    said = f"{site.old!r} to {site.new!r}"
    return f"{outcome.change.path}:{site.line}  {site.kind}: {said} ({outcome.n_tests} tests)"
