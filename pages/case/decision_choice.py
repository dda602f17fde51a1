"""The decision settings of a case: threshold and target coverage, kept in the URL."""

import streamlit as st

from ecgcore.predictions.decision import COVERAGES, SENSITIVITIES, DecisionSettings
from pages.shared.calibrator_choice import chosen_calibrator

_HALF = "50 %"
_THRESHOLDS = {_HALF: None, **{f"sensitivity {100 * aim:g} %": aim for aim in SENSITIVITIES}}
_COVERAGES = {f"{100 * coverage:g} %": coverage for coverage in COVERAGES}
_USUAL = "90 %"


def choose_decision_settings() -> DecisionSettings:
    """Draw the menu of threshold and verdict; return them with the switch's calibrator."""
    with st.popover("Threshold", icon=":material/tune:", help="Threshold and conformal verdict"):
        threshold = st.segmented_control(
            "MI is called from",
            list(_THRESHOLDS),
            default=_HALF,
            required=True,
            key="mi_from",
            bind="query-params",
            help="50 % of the shown probability; or, for each ensemble, the threshold for this "
            "target sensitivity: the one that finds this share of the MI of fold 9.",
        )
        coverage = st.segmented_control(
            "Target coverage per class",
            list(_COVERAGES),
            default=_USUAL,
            required=True,
            key="coverage",
            bind="query-params",
            help="Each ensemble's conformal verdict may be wrong in at most the rest of the "
            "records of each class, if they are like those of fold 9. More coverage refers more.",
        )
    alpha = round(1 - _COVERAGES[coverage or _USUAL], 2)
    return DecisionSettings(chosen_calibrator(), alpha, _THRESHOLDS[threshold or _HALF])
