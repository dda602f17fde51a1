"""What an overlay says and what it hides: one line below the ECG, details a click away."""

from __future__ import annotations

import streamlit as st

from ecgcore.errors import RecordError
from ecgcore.explain.attribution import Attribution
from ecgcore.explain.shares import where_words
from ecgcore.explain.trust import Checks
from ecgcore.figures.attribution_overlay import share_outside
from ecgcore.figures.paper_layout import PaperLayout
from ecgcore.predictions.decision import DecisionSettings
from ecgcore.report.content import attribution_sentences
from ecgcore.signals.beat_timing import Timing, timing_of
from ecgcore.wording.numbers import percent
from pages.case.attribution.checked import draw_badge, draw_checks
from pages.case.predictions import rule_or_uncalibrated
from pages.shared import caches
from pages.shared.case import ReadableCase
from pages.shared.decision_choice import chosen_settings

_MANY = 0.005
"""A smaller share that is not drawn is not worth a word."""


def overlay_words(
    overlay: Attribution, prob: float, layout: PaperLayout, timing: Timing | None = None
) -> str:
    """Say in one line who is explained, where and when it pushes, and how much is not drawn.

    Parameters
    ----------
    prob
        Probability of MI by the explained seed, as the page shows it.
    timing
        Where the waves lie; None where they were not found.
    """
    _claim, _detail, caution = attribution_sentences(overlay)
    outside, what = share_outside(overlay, layout), "push" if overlay.signed else "curve"
    parts = [
        f"Overlay: {overlay.model_label}, **{percent(prob)} MI**.",
        where_words(overlay, timing, overlay.members),
        f"**{percent(outside, 0)}** of the {what} lies in seconds that this layout does not show."
        if outside >= _MANY
        else "",
        f":red[**{caution}**]" if caution else "",
    ]
    return " ".join(filter(None, parts))


def timing(case: ReadableCase) -> Timing | None:
    """Return where the waves of a case lie; None where they were not found."""
    try:
        return timing_of(caches.measurements(case))
    except RecordError:
        return None


def explained_prob(overlay: Attribution, decision: DecisionSettings) -> float:
    """Return the probability of what is explained, by the calibrator that the page shows."""
    ensemble = next(one for one in caches.ensembles() if overlay.model in one.members)
    rule, _ = rule_or_uncalibrated(ensemble, decision)
    if overlay.members:
        return rule.predict([one.logit for one in overlay.members]).prob
    place = ensemble.members.index(overlay.model)
    return float(rule.calibrator.seeds[place].apply(overlay.logit))


def draw_overlay_words(
    case: ReadableCase, overlay: Attribution, layout: PaperLayout, checks: Checks | None
) -> None:
    """Draw the badge and the line; the checks, and what the map hides, are a click away."""
    draw_badge(checks)
    prob = explained_prob(overlay, chosen_settings())
    st.caption(overlay_words(overlay, prob, layout, timing(case)))
    with st.expander("What this overlay says and hides"):
        claim, detail, _ = attribution_sentences(overlay)
        st.markdown(f"**{claim}** {detail} Shares by lead, wave and beat: tab *Explanation* below.")
        if checks is not None:
            draw_checks(checks)
