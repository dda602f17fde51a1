"""The one control of the decision settings, which every page obeys: its label says what is set."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ecgcore.predictions.decision import COVERAGES, SENSITIVITIES, DecisionSettings
from ecgcore.stats.calibration.calibrators import CALIBRATORS, CalibratorName
from pages.shared import url_state

BY_TEST_SET = "fitted on fold 9 by this test set's rule"
"""Name of the second rule, by which calibrators are compared; see `caches.test_set_calibrator`."""

_CALIBRATOR, _THRESHOLD, _COVERAGE = "calibration", "mi_from", "coverage"
_NAMES: dict[str, CalibratorName] = {label: name for name, label in CALIBRATORS.items()}
_THRESHOLDS: dict[str, float | None] = {
    "50 %": None,
    **{f"sensitivity {100 * target:g} %": target for target in SENSITIVITIES},
}
_COVERAGES = {f"{100 * coverage:g} %": coverage for coverage in COVERAGES}
_DEFAULTS = {_CALIBRATOR: CALIBRATORS["platt"], _THRESHOLD: "50 %", _COVERAGE: "90 %"}
_RENAMED = {"Raw": CALIBRATORS["raw"]}
_FORMER = {
    "threshold": (_THRESHOLD, {f"{label[12:]} sensitivity": label for label in _THRESHOLDS}),
    "wished": (_THRESHOLD, {label[12:]: label for label in _THRESHOLDS}),
    "promise": (_COVERAGE, {label: label for label in _COVERAGES}),
}
"""Parameters of older links to Compare and Reliability, with the key and values of today."""
_CALIBRATOR_HELP = (
    "Calibrated: adjusted to fit the study's records of fold 9, on which no model was "
    "trained: by one number (Temperature), two (Platt), three (Beta), a staircase (Isotonic) or a "
    "pair of staircases (Venn-Abers). Uncalibrated: as the network says, often too sure. The order "
    "of the records does not change, or hardly."
)
_COVERAGE_HELP = (
    "Each ensemble says MI, normal or refer. Of MI records like those of fold 9, and of normal "
    "ones, this share or more is not called the opposite. More coverage refers more."
)
_THRESHOLD_HELP = (
    "For yes-or-no calls: from 50 % of the shown probability, or from each ensemble's own "
    "threshold that finds this share of the MI of fold 9. Verdicts do not change with it."
)


def draw_decision_settings() -> None:
    """Draw the control; the router calls it on every page, so that its choices stay."""
    url_state.follow_renamed(_CALIBRATOR, _RENAMED)
    for name, (key, today) in _FORMER.items():
        asked = st.query_params.get(name, "")
        if asked in today and key not in st.session_state:
            st.session_state[key] = today[asked]
    url_state.warn_of_unknown(_CALIBRATOR, [*_NAMES, *_RENAMED], what="calibrator")
    url_state.warn_of_unknown(_THRESHOLD, _THRESHOLDS, what="threshold")
    url_state.warn_of_unknown(_COVERAGE, _COVERAGES, what="target coverage")
    with st.popover(chosen_settings().words, icon=":material/tune:", key="decision_settings"):
        st.markdown("**Decision settings,** the same on every page")
        _choose("Probabilities of the models", _CALIBRATOR, _NAMES, _CALIBRATOR_HELP)
        _choose("Verdicts: target coverage per class", _COVERAGE, _COVERAGES, _COVERAGE_HELP)
        _choose("MI is called from", _THRESHOLD, _THRESHOLDS, _THRESHOLD_HELP)


def _choose(label: str, key: str, options: Mapping[str, object], help_text: str) -> None:
    st.segmented_control(
        label,
        list(options),
        default=_DEFAULTS[key],
        required=True,
        key=key,
        bind="query-params",
        help=help_text,
    )


def chosen_settings() -> DecisionSettings:
    """Return what the reader chose; calibrated by Platt at first."""
    return DecisionSettings(
        _NAMES[_chosen(_CALIBRATOR, _NAMES)],
        round(1 - _COVERAGES[_chosen(_COVERAGE, _COVERAGES)], 2),
        _THRESHOLDS[_chosen(_THRESHOLD, _THRESHOLDS)],
    )


def chosen_calibrator() -> CalibratorName:
    """Return the calibrator of `chosen_settings`."""
    return chosen_settings().calibrator


def _chosen(key: str, options: Mapping[str, object]) -> str:
    """Return the choice; before the control is first drawn, that of the URL."""
    chosen = st.session_state.get(key) or st.query_params.get(key, "")
    return chosen if chosen in options else _DEFAULTS[key]
