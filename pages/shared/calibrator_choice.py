"""The one switch between raw and recalibrated probabilities, which every page obeys."""

import streamlit as st

from ecgcore.stats.calibration.calibrators import CALIBRATORS, CalibratorName

_KEY = "calibration"
_HELP = (
    "Raw: as the network says. The others turn its probabilities so that they fit fold 9, which "
    "it was not trained on: by one number (Temperature), two (Platt), three (Beta), a staircase "
    "(Isotonic) or a pair of staircases (Venn-Abers). The order of the records does not change, "
    "or hardly; how sure the numbers sound does."
)


def draw_calibration_switch() -> None:
    """Draw the switch; the router calls it on every page, so that its choice stays."""
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


def chosen_method() -> CalibratorName:
    """Return what the reader chose."""
    label = st.session_state.get(_KEY)
    return next((method for method, known in CALIBRATORS.items() if known == label), "raw")
