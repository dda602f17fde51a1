"""What an overlay says and what it hides: one line below the ECG, details a click away."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ecgcore.explain.attribution import Attribution
from ecgcore.figures.attribution_overlay import share_outside
from ecgcore.figures.paper_layout import PaperLayout
from ecgcore.predictions.decision import DecisionSettings
from ecgcore.report.content import attribution_sentences, push_words
from ecgcore.wording.numbers import percent
from pages.case.predictions import rule_or_uncalibrated
from pages.shared import caches
from pages.shared.decision_choice import chosen_settings

_MANY = 0.005
"""A smaller share outside the strips is not worth a word."""


def overlay_words(overlay: Attribution, prob: float, layout: PaperLayout) -> str:
    """Say in one line who is explained, where the push towards MI lies, and how much is not drawn.

    Parameters
    ----------
    prob
        Probability of MI by the explained seed, as the page shows it.
    """
    _claim, _detail, caution = attribution_sentences(overlay)
    outside, what = share_outside(overlay, layout), "push" if overlay.signed else "curve"
    parts = [
        f"Overlay: {overlay.model.label}, **{percent(prob)} MI**.",
        push_words(overlay),
        f"**{percent(outside, 0)}** of the {what} lies outside the strips."
        if outside >= _MANY
        else "",
        f":red[**{caution}**]" if caution else "",
    ]
    return " ".join(filter(None, parts))


def explained_prob(overlay: Attribution, decision: DecisionSettings) -> float:
    """Return the explained seed's probability, by the calibrator that the page shows."""
    ensemble = next(one for one in caches.ensembles() if overlay.model in one.members)
    rule, _ = rule_or_uncalibrated(ensemble, decision)
    place = ensemble.members.index(overlay.model)
    return float(rule.calibrator.seeds[place].apply(overlay.logit))


def draw_overlay_words(overlay: Attribution, layout: PaperLayout) -> None:
    """Draw the line; what the method can say, and the share of each lead, are a click away."""
    st.caption(overlay_words(overlay, explained_prob(overlay, chosen_settings()), layout))
    with st.expander("What this overlay says and hides"):
        claim, detail, _ = attribution_sentences(overlay)
        st.markdown(f"**{claim}** {detail}")
        if overlay.lead_shares:
            st.markdown("Share of the push towards MI (red) that lies in each lead:")
            st.table(lead_table(overlay), hide_index=True, border="horizontal")


def lead_table(overlay: Attribution) -> pd.DataFrame:
    """One row: each lead's share of the push towards MI."""
    shares = overlay.lead_shares
    return pd.DataFrame([{lead: percent(share, 0) for lead, share in shares.items()}])
