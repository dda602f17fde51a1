"""All readers at once, in all cases and in strata of the label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from ecgcore.review.agreement.tables import STRATA, pairwise_kappas
from ecgcore.stats.agreement.intervals import agreement_words
from ecgcore.wording.numbers import counted, number
from pages.agreement import caches as kept
from pages.agreement.choice import StoreSource, choose_finding
from pages.agreement.words import LIMITS, ONE_CASE, cell
from pages.shared.errors import plain
from pages.shared.plots import draw_table

if TYPE_CHECKING:
    from ecgcore.review.agreement.raters import Raters
    from ecgcore.stats.agreement.everyone import EveryoneAgreement
    from pages.agreement.choice import Source

_WHOLE = "all cases"


def draw_everyone(source: Source) -> None:
    """Draw Fleiss' kappa and Krippendorff's alpha of the readers, and who agrees least."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        finding = choose_finding(source)
        by = _WHOLE
        if isinstance(source, StoreSource):
            by = st.segmented_control(
                "By",
                (_WHOLE, *STRATA),
                default=_WHOLE,
                required=True,
                key="by",
                bind="query-params",
            )
    raters = source.readers(finding)
    found = kept.everyone(source.key(finding), raters, "" if by == _WHOLE else by or "")
    if not found:
        st.info("No case was rated by two readers yet.", icon=":material/info:")
        return
    st.markdown(sentence(raters, found[0][1]))
    draw_table(strata_table(found))
    if len(raters.names) > 2:
        st.markdown(ends(raters))
    st.caption(
        "Agreement: share of the pairs of readings of one case that are alike. Fleiss' kappa "
        "compares it with chance by how often each answer was given, so it is low where nearly all "
        "answers are alike; prevalence-adjusted: as if all answers were equally frequent. "
        f"Krippendorff's alpha also allows for missing readings{_level(raters)}. "
        f"{LIMITS}"
    )


def sentence(raters: Raters, whole: EveryoneAgreement) -> str:
    """Say how far all readers agree."""
    return (
        f"**{counted(len(raters.names), 'reader')}** and "
        f"**{counted(whole.n_cases, 'case')}** that two or more have read "
        f"({counted(whole.n_ratings, 'reading')}): on {plain(raters.finding)}, two readings agree "
        f"in **{100 * whole.observed.value:.0f} %**, Fleiss' kappa is "
        f"**{agreement_words(whole.fleiss_kappa, 2)}**, Krippendorff's alpha "
        f"**{agreement_words(whole.alpha, 2)}**.{ONE_CASE if whole.n_cases == 1 else ''}"
    )


def strata_table(found: list[tuple[str, EveryoneAgreement]]) -> pd.DataFrame:
    """List the figures of all cases and of each stratum."""
    return pd.DataFrame(
        [
            {
                "Cases": name,
                "n": f"{one.n_cases:,}",
                "Readings": f"{one.n_ratings:,}",
                "Agreement": cell(one.observed, 2),
                "Prevalence-adjusted": cell(one.adjusted_kappa, 2),
                "Fleiss' kappa": cell(one.fleiss_kappa, 2),
                "Krippendorff's alpha": cell(one.alpha, 2),
            }
            for name, one in found
        ]
    )


def ends(raters: Raters) -> str:
    """Name the two readers who agree least, and the two who agree most, by Cohen's kappa."""
    kappa, n = pairwise_kappas(raters)
    above = np.triu(np.ones_like(kappa, dtype=bool), 1) & ~np.isnan(kappa)
    if not above.any():
        return "No two readers can be compared by kappa: each gave one and the same answer."
    pairs = np.argwhere(above)
    order = np.argsort(kappa[above], kind="stable")
    low, high = (tuple(pairs[order[k]]) for k in (0, -1))
    words = [
        f"{plain(raters.names[i])} with {plain(raters.names[j])}, kappa {number(kappa[i, j], 2)} "
        f"on {counted(int(n[i, j]), 'case')}"
        for i, j in (low, high)
    ]
    return f"Least agreement: {words[0]}. Most: {words[1]}."


def _level(raters: Raters) -> str:
    return (
        " and takes the answers in their order" if raters.ordered and len(raters.values) > 2 else ""
    )
