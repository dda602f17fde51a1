"""The first screen of Compare: every seed, and how the ranking changes with the records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import wrap

import pandas as pd

from ecgcore.figures.comparison import Course, SeedRow, ranking_figure, seeds_figure
from ecgcore.figures.theme import STYLE
from ecgcore.models.architectures import arch_title, published_twin
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.ptbxl.catalog import PTBXL_VERSION
from ecgcore.report.web import Drawing
from ecgcore.stats.comparison.paired_bootstrap import Comparison, Standing, rank_frame
from ecgcore.stats.comparison.verdicts import FEWEST_SEEDS
from ecgcore.study.published import published
from ecgcore.study.strata import Stratum
from ecgcore.tasks.mi import TEST_SETS
from pages.compare.choice import KIND_NAMES, Choice
from pages.compare.numbers import Field, field
from pages.compare.summary import by_arch, summary
from pages.shared import evaluation_caches as cache
from pages.shared.plots import INTERVAL, draw_numbers

FIGURE_PX = 440
_MOST_TICKS = 6
_PUBLISHED_FIELDS = {
    "auroc": "auroc",
    "auprc": "auprc",
    "brier": "brier",
    "ece_width": "ece",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
}
RANK_LABELS = {
    "records": "Records",
    "n": "n",
    "label": "Ensemble of",
    "n_seeds": "Seeds",
    "mean": "Mean over seeds",
    **INTERVAL,
    "sd": "SD over seeds",
    "ensemble": "Ensemble",
    "ensemble_low": "Ensemble, from",
    "ensemble_high": "Ensemble, to",
}


def published_values(ensemble: Ensemble, choice: Choice, n: int) -> tuple[float, ...]:
    """Return what was published in the place of an ensemble on these records, uncalibrated."""
    name = _PUBLISHED_FIELDS.get(choice.score)
    own_labels = choice.data_version == PTBXL_VERSION and not choice.labels
    comparable = own_labels and choice.part is None
    at_half = choice.target is None or choice.score not in ("sensitivity", "specificity")
    as_theirs = choice.method == "raw" or choice.score in ("auroc", "auprc")
    if name is None or not (comparable and at_half and as_theirs and ensemble.shipped):
        return ()
    theirs = (published_twin(ensemble.arch), ensemble.train_set)
    values = [
        getattr(figure, name)
        for figure in published(n)
        if (figure.arch, figure.train_set) == theirs
    ]
    return tuple(value for value in values if value is not None)


def row_name(one: Ensemble) -> str:
    """Name an ensemble beside its architecture, such as "A certain"; a local run says so."""
    style = STYLE.get(one.train_set)
    name = style.name if style else one.train_set
    return name if one.shipped else f"{name}, local run {one.members[0].run_name}"


def seed_rows(shown: Field, standings: dict[str, Standing], choice: Choice) -> list[SeedRow]:
    """Turn standings into rows of the figure."""
    return [
        SeedRow(
            arch_title(one.arch),
            one.train_set,
            row_name(one),
            tuple(float(value) for value in standings[one.name].seeds),
            standings[one.name].mean,
            standings[one.name].ensemble.value if len(one.seeds) > 1 else None,
            published_values(one, choice, shown.n),
        )
        for one in shown.ensembles
    ]


def seeds_drawing(shown: Field, choice: Choice, *, dark: bool = False) -> Drawing:
    """Draw every seed, the means and what was published."""
    rows = seed_rows(shown, shown.standings(), choice)
    return Drawing(
        seeds_figure(rows, metric=choice.metric_title, height=FIGURE_PX, dark=dark),
        f"{choice.metric_title}: "
        + "; ".join(f"{row.arch} {row.name} {row.mean.text(4)}" for row in rows),
    )


def places(choice: Choice) -> list[tuple[str, Choice]]:
    """List the sets of records to rank on: the test sets, or the subgroups of the chosen kind."""
    if choice.part is None:
        return [(name, replace(choice, test_set=name)) for name in TEST_SETS]
    mine = choice.part
    parts = [p for p in cache.strata(choice.data_version, choice.test_set) if p.kind == mine.kind]
    kept = [p for p in parts if p in parts[: _MOST_TICKS - 1] or p is mine]
    return [
        ("whole set", replace(choice, part=None)),
        *((tick_name(p), replace(choice, part=p)) for p in kept),
    ]


def tick_name(part: Stratum) -> str:
    """Name a subgroup shortly: "15 %, doubtful" to "15 %", "IMI, inferior ..." to "IMI"."""
    short = part.label.split(",")[0].removesuffix(" territory named").removeprefix("MI with")
    return "matched" if part.kind == cache.MATCHED else short.strip()


def ranked_fields(ensembles: Sequence[Ensemble], choice: Choice) -> list[tuple[str, Field]]:
    """Put the ensembles on each of `places`; a place that lacks one of them is left out."""
    found = [(name, field(ensembles, asked)[0]) for name, asked in places(choice)]
    most = max(len(one.members) for _, one in found)
    return [(name, one) for name, one in found if len(one.members) == most]


def courses(ranked: Sequence[tuple[str, Field]]) -> list[Course]:
    """Turn standings on several sets of records into lines of the figure."""
    standings = [one.standings() for _, one in ranked]
    return [
        Course(
            arch_title(one.arch),
            one.train_set,
            row_name(one),
            tuple(found[one.name].mean for found in standings),
        )
        for one in ranked[0][1].ensembles
    ]


def ranking_drawing(
    ranked: Sequence[tuple[str, Field]], choice: Choice, *, dark: bool = False
) -> Drawing:
    """Draw how the training sets change places from one set of records to the next."""
    lines = courses(ranked)
    marked = next((k for k, (_, o) in enumerate(ranked) if o.choice.key == choice.key), None)
    figure = ranking_figure(
        lines,
        ticks(ranked),
        metric=f"{choice.metric}, mean over seeds",
        marked=marked,
        height=FIGURE_PX,
        dark=dark,
    )
    return Drawing(
        figure,
        "Means over seeds on "
        + "; ".join(
            f"{name}: " + ", ".join(f"{c.arch} {c.name} {c.means[k].text(4)}" for c in lines)
            for k, (name, _) in enumerate(ranked)
        ),
    )


def ticks(ranked: Sequence[tuple[str, Field]]) -> list[str]:
    """Names with sizes; short where there are many."""
    many = len(ranked) > 3
    lines = [wrap(name, 9 if many else 15, break_long_words=False) for name, _ in ranked]
    sizes = [f"{'' if many else 'n = '}{one.n:,}" for _, one in ranked]
    return ["<br>".join([*name, size]) for name, size in zip(lines, sizes, strict=True)]


def ranking_words(ranked: Sequence[tuple[str, Field]], choice: Choice) -> str:
    """Say which pairs hold across seeds on each set of records."""
    if all(one.n_seeds < FEWEST_SEEDS for _, on in ranked for one in on.members):
        return (
            "**No verdict on any of these sets of records**: one trained network is no evidence; "
            f"it takes at least {FEWEST_SEEDS} seeds of each ensemble."
        )
    lines = []
    for name, one in ranked:
        found: dict[str, list[Comparison]] = by_arch(one.ensembles, one.comparisons())
        told = "; ".join(
            f"{arch_title(arch)}: {summary(choice, mine)}" for arch, mine in found.items()
        )
        lines.append(f"- **{name}** (n = {one.n:,}): {told or 'nothing to compare'}")
    title = "on each test set" if choice.part is None else KIND_NAMES[choice.part.kind]
    return f"**Which pairs differ, {title}:**\n" + "\n".join(lines)


def rank_table(ranked: Sequence[tuple[str, Field]]) -> pd.DataFrame:
    """Give the numbers behind both figures, a row for each ensemble on each set of records."""
    frames = []
    for name, one in ranked:
        labels = {ensemble.name: ensemble.label for ensemble in one.ensembles}
        frame = rank_frame(list(one.standings().values()))
        frames.append(frame.assign(records=name, n=one.n, label=frame["name"].map(labels)))
    return pd.concat(frames, ignore_index=True)


def draw_rank_numbers(ranked: Sequence[tuple[str, Field]], choice: Choice) -> None:
    """Draw the table behind both figures."""
    draw_numbers(
        rank_table(ranked),
        RANK_LABELS,
        f"ranking_{choice.score}",
        choice,
        title=f"Numbers: {choice.metric_title} of every ensemble on each set of records",
    )
