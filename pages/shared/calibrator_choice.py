"""The one switch between uncalibrated and calibrated probabilities, which every page obeys."""

import streamlit as st

from ecgcore.stats.calibration.calibrators import CALIBRATORS, CalibratorName
from pages.shared import url_state

BY_TEST_SET = "fitted on fold 9 by this test set's rule"
"""Name of the second rule, by which calibrators are compared; see `caches.test_set_calibrator`."""

_KEY = "calibration"
_HELP = (
    "Uncalibrated: as the network says. The others turn its probabilities so that they fit the "
    "study's records of fold 9, on which it was not trained: by one number (Temperature), two "
    "(Platt), three (Beta), a staircase (Isotonic) or a pair of staircases (Venn-Abers). The order "
    "of the records does not change, or hardly; how sure the numbers sound does."
)


def draw_calibration_switch() -> None:
    """Draw the switch; the router calls it on every page, so that its choice stays."""
    url_state.follow_renamed(_KEY, {"Raw": CALIBRATORS["raw"]})
    st.segmented_control(
        "Probabilities of the models",
        list(CALIBRATORS.values()),
        default=CALIBRATORS["raw"],
        required=True,
        key=_KEY,
        bind="query-params",
        help=_HELP,
        label_visibility="collapsed",
    )


def chosen_calibrator() -> CalibratorName:
    """Return what the reader chose."""
    chosen: str | None = st.session_state.get(_KEY)
    names: dict[str, CalibratorName] = {label: name for name, label in CALIBRATORS.items()}
    return names.get(chosen or "", "raw")
