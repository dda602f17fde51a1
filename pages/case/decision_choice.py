"""The choices of how opinions are read: threshold and coverage, kept in the URL."""

import streamlit as st

from ecgcore.predictions.decision import SENSITIVITIES, DecisionSettings
from pages.shared.calibrator_choice import chosen_method

_HALF = "50 %"
_THRESHOLDS = {_HALF: None, **{f"sensitivity {100 * wish:g} %": wish for wish in SENSITIVITIES}}
_COVERAGES = {f"{percent} %": 1 - percent / 100 for percent in (80, 90, 95, 99)}
_USUAL = "90 %"


def choose_decision_settings() -> DecisionSettings:
    """Draw the menu of threshold and verdict; return the rule with the switch's method."""
    with st.popover("Threshold", icon=":material/tune:", help="Threshold and conformal verdict"):
        threshold = st.segmented_control(
            "MI is called from",
            list(_THRESHOLDS),
            default=_HALF,
            required=True,
            key="mi_from",
            bind="query-params",
            help="50 % of the shown probability; or, for each group, the threshold that finds this "
            "share of the MI of fold 9.",
        )
        coverage = st.segmented_control(
            "Conformal verdict at",
            list(_COVERAGES),
            default=_USUAL,
            required=True,
            key="coverage",
            bind="query-params",
            help="Each group's verdict may be wrong in at most the rest of the records of each "
            "class, if they are like those of fold 9. More coverage refers more.",
        )
    alpha = round(_COVERAGES[coverage or _USUAL], 2)
    return DecisionSettings(chosen_method(), alpha, _THRESHOLDS[threshold or _HALF])
