"""Every pair of ensembles: differences, p values and verdicts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from ecgcore.models.architectures import arch_title
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.stats.comparison.delong import DeLong, delong
from ecgcore.stats.comparison.paired_bootstrap import Comparison, comparison_frame, holm
from pages.compare.choice import Choice
from pages.compare.numbers import Field
from pages.compare.summary import set_name, short, verdict_words
from pages.shared import evaluation_caches as cache
from pages.shared.plots import INTERVAL, draw_numbers, draw_table

_PAIR_LABELS = {
    "first_label": "First",
    "second_label": "Second",
    "difference": "First minus second",
    **INTERVAL,
    "seeds_low": "Over seeds alone, from",
    "seeds_high": "Over seeds alone, to",
    "p": "Bootstrap p",
    "verdict": "The first is",
}
_MATRIX_LABELS = {
    "first": "First",
    "second": "Second",
    "value": "AUROC, first minus second",
    **INTERVAL,
    "p": "DeLong p",
    "p_holm": "DeLong p (Holm)",
}


def shown_pairs(shown: Field) -> list[Comparison]:
    """Training sets within an architecture, then both architectures on one training set."""
    by_name = {one.name: one for one in shown.ensembles}
    pairs = [(by_name[c.first], by_name[c.second], c) for c in shown.comparisons()]
    within = [c for a, b, c in pairs if a.arch == b.arch]
    across = [c for a, b, c in pairs if a.arch != b.arch and a.train_set == b.train_set]
    return within + across


def draw_pairs(shown: Field, choice: Choice) -> None:
    """Draw the table of differences with verdicts, and DeLong's matrix one click away."""
    pairs = shown_pairs(shown)
    if not pairs:
        st.info("One ensemble only: nothing to compare.", icon=":material/info:")
        return
    test = _delong(shown)
    draw_table(pairs_table(shown, pairs, test, choice))
    st.caption(caption(pairs, test is not None))
    labels = {one.name: one.label for one in shown.ensembles}
    frame = comparison_frame(pairs)
    frame = frame.assign(
        first_label=frame["first"].map(labels), second_label=frame["second"].map(labels)
    )
    draw_numbers(frame, _PAIR_LABELS, f"pairs_{choice.score}", choice, title="Numbers of the table")
    if test is not None:
        _draw_matrix(test, list(labels.values()), choice)


def pairs_table(
    shown: Field, pairs: Sequence[Comparison], test: DeLong | None, choice: Choice
) -> pd.DataFrame:
    """One row for each pair, everything as text."""
    by_name = {one.name: one for one in shown.ensembles}
    order = list(by_name)
    ensembles = _ensemble_columns(pairs, order, test)
    rows = []
    for k, one in enumerate(pairs):
        first, second = by_name[one.first], by_name[one.second]
        archs = dict.fromkeys(arch_title(e.arch) for e in (first, second))
        across = f", trained on {first.train_set}"
        higher, n = one.pairs_higher
        rows.append(
            {
                "Networks": " + ".join(archs) + across * (len(archs) > 1),
                "Difference": " - ".join(_names(first, second).values()),
                f"{choice.metric}, mean over seeds [95 %]": short(one.difference),
                "Seed pairs with the first higher": f"{higher} of {n}",
            }
            | ensembles[k]
            | {"Verdict": verdict_words(choice, one, _names(first, second))}
        )
    return pd.DataFrame(rows)


def _names(first: Ensemble, second: Ensemble) -> dict[str, str]:
    """Name two ensembles by what tells them apart: the training set, or the architecture."""
    if first.arch == second.arch:
        return {one.name: set_name(one.name) for one in (first, second)}
    return {one.name: arch_title(one.arch) for one in (first, second)}


def _ensemble_columns(
    pairs: Sequence[Comparison], order: list[str], test: DeLong | None
) -> list[dict[str, str]]:
    """DeLong's test of the ensembles where it exists, corrected after Holm; else bootstrap p."""
    if test is None:
        return [{"Bootstrap p": _p_text(one.p)} for one in pairs]
    found = [test.difference(order.index(c.first), order.index(c.second)) for c in pairs]
    adjusted = holm([d.p for d in found])
    return [
        {"Ensembles": short(d.estimate), "DeLong p (Holm)": _p_text(p)}
        for d, p in zip(found, adjusted, strict=True)
    ]


def _p_text(p: float) -> str:
    if np.isnan(p):
        return "not defined"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _delong(shown: Field) -> DeLong | None:
    """DeLong's test of the ensembles; None for other metrics, or too few records of a class."""
    if shown.choice.score != "auroc":
        return None
    first = shown.members[0]
    try:
        return delong(first.labels, [one.probs for one in shown.members], first.patients)
    except ValueError:
        return None


def caption(pairs: Sequence[Comparison], has_delong: bool) -> str:
    """Say what the columns of the table are, and what a verdict needs."""
    test = (
        "DeLong's test compares the ensembles (patients clustered) and knows nothing of seeds; its "
        f"p values are corrected for {len(pairs)} comparisons after Holm."
        if has_delong
        else "DeLong's test exists for AUROC only; the bootstrap p is not corrected, and "
        f"{cache.N_BOOT} samples give none below {2 / (cache.N_BOOT + 1):.3f}."
    )
    few = any(one.verdict == "too few seeds" for one in pairs)
    seeds = " With fewer than 3 seeds in an ensemble there is no verdict." if few else ""
    return (
        f"Intervals: {cache.N_BOOT} paired bootstrap samples of patients and seeds. A verdict "
        "needs an interval that excludes zero, and so must Welch's interval over the seeds alone. "
        "It is about one pair: among twenty pairs without a difference, one may separate by "
        f"chance. {test}{seeds}"
    )


def _draw_matrix(test: DeLong, labels: list[str], choice: Choice) -> None:
    frame = test.matrix(labels)
    frame["p_holm"] = holm(frame["p"])
    draw_numbers(
        frame,
        _MATRIX_LABELS,
        "delong",
        choice,
        title=f"DeLong: all {len(frame)} differences of the ensembles",
    )
    covariance = pd.DataFrame(1e6 * test.covariance, columns=labels)
    covariance.insert(0, "Covariance x 10⁶", labels)
    draw_numbers(
        covariance,
        {},
        "delong_covariance",
        choice,
        title="DeLong: covariance matrix of the ensembles' AUROCs",
        digits=2,
    )
