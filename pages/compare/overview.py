"""The first screen of Compare: every seed, and how the ranking changes with the records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from ecgcore.figures.comparison import Course, SeedRow, ranking_figure, seeds_figure
from ecgcore.figures.theme import STYLE
from ecgcore.models.cards import ARCH_NAMES
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.ptbxl.catalog import PTBXL_VERSION
from ecgcore.stats.comparison.paired_bootstrap import FEWEST_SEEDS, Comparison, Standing, rank_frame
from ecgcore.study.published import published
from ecgcore.study.strata import Stratum
from ecgcore.tasks.mi import TEST_SETS
from pages.compare.choice import KIND_NAMES, Choice
from pages.compare.numbers import Field, Question, field
from pages.compare.summary import by_arch, summary
from pages.shared import evaluation_caches as cache
from pages.shared.tables import draw_numbers
from pages.shared.widgets import is_dark

CHART_CONFIG = {"displayModeBar": False}
FIGURE_PX = 440
_MOST_TICKS = 6
_THEIRS = {"cnn_bilstm": "cnn_lstm", "bimamba2": "bimamba2_large"}
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
    "label": "Group",
    "n_seeds": "Seeds",
    "mean": "Mean over seeds",
    "low": "95 % interval from",
    "high": "95 % interval to",
    "sd": "SD over seeds",
    "ensemble": "Ensemble",
    "ensemble_low": "Ensemble, from",
    "ensemble_high": "Ensemble, to",
}


def published_values(group: Ensemble, choice: Choice, n: int) -> tuple[float, ...]:
    """Return what was published in the place of a group on these records, by raw probabilities."""
    name = _PUBLISHED_FIELDS.get(choice.score)
    comparable = choice.data_version == PTBXL_VERSION and choice.part is None
    at_half = choice.wished is None or choice.score not in ("sensitivity", "specificity")
    raw = choice.method == "raw" or choice.score in ("auroc", "auprc")
    if name is None or not (comparable and at_half and raw and group.shipped):
        return ()
    values = [
        getattr(figure, name)
        for figure in published(n)
        if (figure.arch, figure.train_set) == (_THEIRS.get(group.arch, group.arch), group.train_set)
    ]
    return tuple(value for value in values if value is not None)


def row_name(group: Ensemble) -> str:
    """Name a group beside its architecture, such as "A certain"; an own run says so."""
    style = STYLE.get(group.train_set)
    name = style.name if style else group.train_set
    return name if group.shipped else f"{name}, own run {group.members[0].run_name}"


def seed_rows(shown: Field, standings: dict[str, Standing], choice: Choice) -> list[SeedRow]:
    """Turn standings into rows of the figure."""
    return [
        SeedRow(
            ARCH_NAMES.get(group.arch, group.arch),
            group.train_set,
            row_name(group),
            tuple(float(value) for value in standings[group.name].seeds),
            standings[group.name].mean,
            standings[group.name].ensemble.value if len(group.seeds) > 1 else None,
            published_values(group, choice, shown.n),
        )
        for group in shown.groups
    ]


def draw_seeds(shown: Field, choice: Choice) -> None:
    """Draw every seed, the means and what was published."""
    standings = shown.standings()
    rows = seed_rows(shown, standings, choice)
    st.plotly_chart(
        seeds_figure(rows, metric=choice.metric_title, height=FIGURE_PX, dark=is_dark()),
        theme=None,
        key="compare_seeds",
        config=CHART_CONFIG,
        alt=f"{choice.metric_title}: "
        + "; ".join(f"{row.arch} {row.name} {row.mean.text(4)}" for row in rows),
    )


def places(choice: Choice) -> list[tuple[str, Choice]]:
    """List the sets of records to rank on: the test sets, or the parts of the chosen kind."""
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
    """Name a part shortly: "15 %, doubtful" to "15 %", "IMI, inferior ..." to "IMI"."""
    short = part.label.split(",")[0].removesuffix(" territory named").removeprefix("MI with")
    return "matched" if part.kind == cache.MATCHED else short.strip()


def ranked_fields(groups: Sequence[Ensemble], choice: Choice) -> list[tuple[str, Field]]:
    """Put the groups on each of `places`; a place on which none can be judged is left out."""
    found = [(name, field(groups, Question.of(asked))[0]) for name, asked in places(choice)]
    names = {group.name for _, one in found for group in one.groups}
    return [(name, one) for name, one in found if {group.name for group in one.groups} == names]


def courses(ranked: Sequence[tuple[str, Field]]) -> list[Course]:
    """Turn standings on several sets of records into lines of the figure."""
    standings = [one.standings() for _, one in ranked]
    return [
        Course(
            ARCH_NAMES.get(group.arch, group.arch),
            group.train_set,
            row_name(group),
            tuple(found[group.name].mean for found in standings),
        )
        for group in ranked[0][1].groups
    ]


def draw_ranking(ranked: Sequence[tuple[str, Field]], choice: Choice) -> None:
    """Draw how the training sets change places from one set of records to the next."""
    lines = courses(ranked)
    asked = Question.of(choice)
    marked = next((k for k, (_, one) in enumerate(ranked) if one.question == asked), None)
    st.plotly_chart(
        ranking_figure(
            lines,
            _ticks(ranked),
            metric=f"{choice.metric}, mean over seeds",
            marked=marked,
            height=FIGURE_PX,
            dark=is_dark(),
        ),
        theme=None,
        key="compare_ranking",
        config=CHART_CONFIG,
        alt="Means over seeds on "
        + "; ".join(
            f"{name}: " + ", ".join(f"{c.arch} {c.name} {c.means[k].text(4)}" for c in lines)
            for k, (name, _) in enumerate(ranked)
        ),
    )


def _ticks(ranked: Sequence[tuple[str, Field]]) -> list[str]:
    """Names with sizes; short where there are many."""
    many = len(ranked) > 3
    return [
        f"{_wrapped(name, 8 if many else 14)}<br>{'' if many else 'n = '}{one.n:,}"
        for name, one in ranked
    ]


def _wrapped(name: str, width: int) -> str:
    """Break a long tick label between words."""
    words, lines = name.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > width and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)


def ranking_words(ranked: Sequence[tuple[str, Field]], choice: Choice) -> str:
    """Say which pairs hold across seeds on each set of records."""
    if all(len(group.seeds) < FEWEST_SEEDS for _, one in ranked for group in one.groups):
        return (
            "**No verdict on any of these sets of records**: one trained network is no evidence; "
            f"it takes at least {FEWEST_SEEDS} seeds of each group."
        )
    lines = []
    for name, one in ranked:
        found: dict[str, list[Comparison]] = by_arch(one.groups, one.comparisons())
        told = "; ".join(
            f"{ARCH_NAMES.get(arch, arch)} {summary(choice, mine)}" for arch, mine in found.items()
        )
        lines.append(f"- **{name}** (n = {one.n:,}): {told or 'nothing to compare'}")
    title = "on each test set" if choice.part is None else KIND_NAMES[choice.part.kind]
    return f"**What separates across patients and seeds, {title}:**\n" + "\n".join(lines)


def draw_rank_numbers(ranked: Sequence[tuple[str, Field]], choice: Choice) -> None:
    """Draw the table behind both figures."""
    frames = []
    for name, one in ranked:
        labels = {group.name: group.label for group in one.groups}
        frame = rank_frame(list(one.standings().values()))
        frames.append(frame.assign(records=name, n=one.n, label=frame["name"].map(labels)))
    draw_numbers(
        pd.concat(frames, ignore_index=True),
        RANK_LABELS,
        f"ranking_{choice.score}",
        choice,
        title=f"Numbers: {choice.metric_title} of every group on each set of records",
    )
