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
from ecgcore.wording.numbers import MINUS
from pages.compare.choice import Choice
from pages.compare.numbers import Field
from pages.compare.summary import said, set_name, short
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
    "p_holm": "p (Holm)",
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


def draw_pairs(shown: Field, choice: Choice) -> None:
    """Draw the table of differences with verdicts, and DeLong's matrix one click away."""
    pairs = shown.comparisons()
    if not pairs:
        st.info("One ensemble only: nothing to compare.", icon=":material/info:")
        return
    draw_table(pairs_table(shown, pairs, choice))
    st.caption(caption(pairs))
    labels = {one.name: one.label for one in shown.ensembles}
    frame = comparison_frame(pairs)
    frame = frame.assign(
        first_label=frame["first"].map(labels), second_label=frame["second"].map(labels)
    )
    draw_numbers(frame, _PAIR_LABELS, f"pairs_{choice.score}", choice, title="Numbers of the table")
    if (test := _delong(shown)) is not None:
        _draw_matrix(test, list(labels.values()), choice)


def pairs_table(shown: Field, pairs: Sequence[Comparison], choice: Choice) -> pd.DataFrame:
    """One row for each pair, everything as text."""
    by_name = {one.name: one for one in shown.ensembles}
    rows = []
    for one in pairs:
        first, second = by_name[one.first], by_name[one.second]
        archs = dict.fromkeys(arch_title(e.arch) for e in (first, second))
        across = f", trained on {first.train_set}"
        higher, n = one.pairs_higher
        names = _names(first, second)
        rows.append(
            {
                "Networks": " + ".join(archs) + across * (len(archs) > 1),
                "Difference": f" {MINUS} ".join(names.values()),
                f"{choice.metric}, mean over seeds [95 %]": short(one.difference),
                "Seed pairs with the first higher": f"{higher} of {n}",
                "p (Holm)": _p_text(one.p_holm),
                "Verdict": said(choice, one, names),
            }
        )
    return pd.DataFrame(rows)


def _names(first: Ensemble, second: Ensemble) -> dict[str, str]:
    """Name two ensembles by what tells them apart: the training set, or the architecture."""
    if first.arch == second.arch:
        return {one.name: set_name(one.name) for one in (first, second)}
    return {one.name: arch_title(one.arch) for one in (first, second)}


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


def caption(pairs: Sequence[Comparison]) -> str:
    """Say what the columns of the table are; what the verdicts need stands at the top."""
    return (
        f"Intervals and p from {cache.N_BOOT:,} paired bootstrap samples of patients and seeds; p "
        f"corrected for the {len(pairs)} pairs of this table (Holm)."
    )


def _draw_matrix(test: DeLong, labels: list[str], choice: Choice) -> None:
    frame = test.matrix(labels)
    frame["p_holm"] = holm(frame["p"])
    draw_numbers(
        frame,
        _MATRIX_LABELS,
        "delong",
        choice,
        title=f"DeLong’s test of the ensembles, all {len(frame)} differences (it knows nothing of "
        "seeds; no verdict rests on it)",
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
