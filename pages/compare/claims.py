"""Published figures and claims beside ours."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ecgcore.models.architectures import arch_title, in_place_of
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.ptbxl.catalog import PTBXL_VERSION
from ecgcore.stats.comparison.paired_bootstrap import Comparison, paired_bootstrap
from ecgcore.stats.metrics import LOWER_IS_BETTER, Estimate, ScoreName
from ecgcore.study.claims import (
    CLAIMS,
    REBUILT_CLAIMS,
    Claim,
    Compare,
    Gap,
    GroupKey,
    Judgement,
    judge_all,
)
from ecgcore.study.published import WHY_OURS_DIFFER, PublishedFigure, published
from pages.compare.choice import BOTH, REBUILT, Choice, study_ensembles
from pages.compare.numbers import Field, field
from pages.compare.summary import short
from pages.shared.plots import draw_numbers, draw_table, unbroken

_BADGES = {
    "agrees": ":green-badge[agrees]",
    "disagrees": ":red-badge[disagrees]",
    "agrees in these pairs alone": ":blue-badge[agrees in these pairs alone]",
    "disagrees in one pair alone": ":orange-badge[disagrees in one pair alone]",
    "not shown": ":gray-badge[not shown]",
    "cannot be judged": ":gray-badge[cannot be judged]",
}
_SCORES: dict[str, tuple[ScoreName, str]] = {
    "AUROC": ("auroc", "auroc"),
    "ECE": ("ece_width", "ece"),
    "Brier": ("brier", "brier"),
}
_SIDES = ("published", "trained again", "ours")
_FIGURE_LABELS = {
    "model": "Published network",
    "trained": "Trained on",
    **{f"{side} {name}": f"{name}, {side}" for name in _SCORES for side in _SIDES},
}
_GAP_COLUMNS = (
    *("Claim", "Network", "Pair", "Published, better side", "Published, other side"),
    *("Ours, advantage", "95 % from", "95 % to", "Clear"),
)
READING = (
    "By uncalibrated probabilities and means over seeds, whatever is chosen above, with the rule "
    "at the top of the page, corrected for all pairs of this list. “Agrees”: the claimed side of "
    "every pair is better. “Disagrees”: the other side of one pair is. “In these pairs alone”: the "
    "same without the correction. “Not shown”: at least one pair shows no clear difference. Each "
    "published figure comes from one trained network."
)
_N_VISIBLE = 8
"""Columns that fit beside each other; the rest is in the CSV."""


def draw_claims(shown: Field, choice: Choice) -> None:
    """Draw each published claim with what our networks say, then the published figures."""
    ensembles = study_ensembles(BOTH)
    if choice.data_version != PTBXL_VERSION or not ensembles:
        st.info(
            f"The claims are about {PTBXL_VERSION}: choose it under “Task, data”.",
            icon=":material/info:",
        )
        return
    judged = judgements(CLAIMS, ensembles)
    st.markdown(f"Of {len(judged)} published claims, with our networks: {verdicts(judged)}.")
    st.caption(READING)
    draw_table(claims_table(judged))
    again = judgements(REBUILT_CLAIMS, study_ensembles(REBUILT))
    if any(one.gaps for one in again):
        st.markdown(
            f"With the study's own network, trained again by its recipe ({REBUILT}, on A, C and D "
            f"only), {len(again)} of these claims: {verdicts(again)}."
        )
        draw_table(claims_table(again))
    gaps = gaps_frame([*judged, *again])
    draw_numbers(gaps, {}, "claims", choice, title="Numbers: each pair of each claim")
    _draw_figures(shown, choice)
    with st.expander("Why ours and the published figures differ", icon=":material/help:"):
        st.markdown(WHY_OURS_DIFFER)


def judgements(claims: Sequence[Claim], ensembles: Sequence[Ensemble]) -> tuple[Judgement, ...]:
    """Judge every claim on the test set and by the score that it is about."""
    return judge_all(claims, lambda claim: _comparer(claim, ensembles))


def _comparer(claim: Claim, ensembles: Sequence[Ensemble]) -> Compare:
    if not claim.test_set:
        return lambda *_: None
    on, _ = field(ensembles, _uncalibrated(claim.test_set, claim.score))
    names = {(one.arch, one.train_set): one.name for one in on.ensembles}
    found = {(c.first, c.second): c for c in on.comparisons()} if len(on.members) > 1 else {}

    def compare(first: GroupKey, second: GroupKey) -> Comparison | None:
        pair = (names.get(first, ""), names.get(second, ""))
        if pair in found:
            return found[pair]
        if pair[::-1] not in found:
            return None
        by_name = {c.name: c for c in on.contenders()}
        return paired_bootstrap(on.trial, by_name[pair[0]], by_name[pair[1]], claim.score)

    return compare


def _uncalibrated(test_set: str, score: ScoreName) -> Choice:
    return Choice(data_version=PTBXL_VERSION, test_set=test_set, method="raw", score=score)


def verdicts(judged: Sequence[Judgement]) -> str:
    """Count the verdicts."""
    counts = pd.Series([one.verdict for one in judged]).value_counts()
    return ", ".join(f"**{n}** {verdict}" for verdict, n in counts.items())


def claims_table(judged: Sequence[Judgement]) -> pd.DataFrame:
    """One row for each claim, as Markdown."""
    return pd.DataFrame(
        [
            {
                "Published claim": f"{one.claim.text} {one.claim.note}".strip(),
                "Published": _published_text(one.claim),
                "Records": one.claim.test_set or "1,137 others",
                "Verdict": _BADGES[one.verdict],
                "Advantage of the claimed side [95 %]": _gaps_text(one),
            }
            for one in judged
        ]
    )


def _published_text(claim: Claim) -> str:
    """Write the published figures, the best first."""
    known = dict.fromkeys(group for step in claim.steps for group in step)
    best_high = claim.score not in LOWER_IS_BETTER
    groups = sorted(known, key=claim.figure, reverse=best_high)
    both = len({arch for arch, _ in groups}) > 1
    return ", ".join(
        (f"{arch_title(arch)} " if both else "") + f"{name} {claim.figure((arch, name)):.4f}"
        for arch, name in groups
    )


def _gaps_text(one: Judgement) -> str:
    if not one.gaps:
        return "no network of ours on these records"
    return "; ".join(f"{_pair(gap)} {short(gap.advantage)}" for gap in one.gaps)


def _pair(gap: Gap) -> str:
    (arch, first), (other, second) = gap.better, gap.worse
    if arch == other:
        return f"{first} to {second}"
    return f"{first}: {arch_title(arch)} to {arch_title(other)}"


def gaps_frame(judged: Sequence[Judgement]) -> pd.DataFrame:
    """One row for each pair of each claim."""
    return pd.DataFrame(
        [
            (
                *(one.claim.text, arch_title(gap.better[0]), _pair(gap)),
                *(one.claim.figure(gap.better), one.claim.figure(gap.worse)),
                *(gap.advantage.value, gap.advantage.low, gap.advantage.high, gap.separable),
            )
            for one in judged
            for gap in one.gaps
        ],
        columns=_GAP_COLUMNS,
    )


def _draw_figures(shown: Field, choice: Choice) -> None:
    figures = published(shown.n) if choice.part is None else ()
    if not figures:
        st.caption(
            "No figures were published on exactly these records; choose the test set certain or "
            "all, and all of it."
        )
        return
    st.markdown(f"**Published figures beside ours** (n = {shown.n:,}, uncalibrated probabilities)")
    table = figures_table(figures, choice.test_set)
    filled = [name for name in _FIGURE_LABELS if (table[name] != "–").any()]
    draw_table(table[filled[:_N_VISIBLE]].rename(columns=_FIGURE_LABELS))
    notes = list(dict.fromkeys(figure.note for figure in figures if figure.note))
    whole = [note for note in notes if not any(note in other for other in notes if other != note)]
    st.caption(" ".join(["– was not published, or we have no such network.", *whole]))
    draw_numbers(table, _FIGURE_LABELS, "published", choice, title="Table as CSV")


def figures_table(figures: Sequence[PublishedFigure], test_set: str) -> pd.DataFrame:
    """One row for each published figure with our ensemble in its place, everything as text."""
    ensembles = [*study_ensembles(BOTH), *study_ensembles(REBUILT)]
    means: dict[tuple[str, str, str], Estimate] = {}
    for name, (score, _) in _SCORES.items():
        on, _ = field(ensembles, _uncalibrated(test_set, score))
        standings = on.standings()
        means |= {(name, e.arch, e.train_set): standings[e.name].mean for e in on.ensembles}
    rows = []
    for figure in figures:
        row = {"model": figure.model, "trained": figure.train_set}
        for name, (_, column) in _SCORES.items():
            value = getattr(figure, column)
            row[f"published {name}"] = "–" if value is None else f"{value:.4f}"
            for side, arch in (("trained again", figure.arch), ("ours", in_place_of(figure.arch))):
                mean = means.get((name, arch or "", figure.train_set))
                row[f"{side} {name}"] = unbroken(mean, 4) if mean else "–"
        rows.append(row)
    return pd.DataFrame(rows)
