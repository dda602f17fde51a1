"""Whether a reader's confidence holds: 80 % sure of MI, and right in 8 of 10 cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.figures.reliability import reliability_figure
from ecgcore.review.agreement.readers import ALL_READERS
from ecgcore.review.agreement.readings_frame import CONSENSUS, LABEL
from ecgcore.wording.numbers import counted
from pages.agreement import caches as kept
from pages.shared.errors import plain
from pages.shared.plots import draw_plot
from pages.shared.widgets import is_dark

if TYPE_CHECKING:
    import pandas as pd

    from pages.agreement.choice import StoreSource

_ABOUT = (
    "A reading gives a probability of MI: 50 % for uncertain; for MI half of the confidence above "
    "50 %, for no MI below. Five bins; the calibration error is the mean distance from the "
    "diagonal. Lower is better for both scores. 95 % intervals over cases, 500 bootstrap copies."
)
_TRUTHS = {"label, certain only": LABEL, "consensus": CONSENSUS}


def draw_confidence(source: StoreSource) -> None:
    """Draw the reliability diagram of one reader's probabilities of MI, or of all."""
    study = source.study
    with st.container(horizontal=True, vertical_alignment="bottom"):
        reader = choose_reader(study)
        chosen = st.segmented_control(
            "Truth",
            list(_TRUTHS),
            default=next(iter(_TRUTHS)),
            required=True,
            key="truth",
            bind="query-params",
        )
    name = chosen or next(iter(_TRUTHS))
    truth = verdicts_of(study, _TRUTHS[name])
    found = kept.confidence(study, source.which, name, truth, reader)
    if found is None:
        st.info(
            "No readings with a confidence on cases of both kinds, MI and no MI, by this truth.",
            icon=":material/info:",
        )
        return
    words = (
        f"**{plain(reader[:1].upper() + reader[1:])}**: {counted(found.n, 'reading')} of "
        f"{counted(found.n_cases, 'case')}. Brier score **{found.brier.text(3)}**, calibration "
        f"error **{found.ece.text(3)}**, AUROC **{found.auroc.text(3)}**."
    )
    left, right = st.columns([0.5, 0.5], gap="large")
    with left:
        figure = reliability_figure(found.curve, name=reader, dark=is_dark())
        draw_plot(figure, "confidence", words.replace("**", ""))
    with right:
        st.markdown(words)
        st.caption(_ABOUT)


def choose_reader(study: kept.Read) -> str:
    """Draw the choice of one reader or all."""
    names = [ALL_READERS, *study.readings["reader"].unique()]
    if st.session_state.get("rater", ALL_READERS) not in names:
        del st.session_state["rater"]
    return st.selectbox("Reader", names, key="rater", bind="query-params", width=220) or ALL_READERS


def verdicts_of(study: kept.Read, name: str) -> pd.Series[str]:
    """Return the verdicts of label or consensus by case."""
    mine = study.others[study.others["reader"] == name]
    return mine.set_index("case")["verdict"]
