"""What the reader of Reliability chooses beside data and test set; all of it lives in the URL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from ecgcore.stats.reliability_curve import Band, Strategy
from pages.shared import url_state
from pages.shared.classes.choice import STATE as TASK_STATE
from pages.shared.classes.choice import WRITTEN
from pages.shared.evaluation_choice import SHARED_STATE, EvaluationChoice
from pages.shared.url_state import Bound, PageState

CORP = "bin-free (CORP)"
BINNINGS: dict[str, Strategy] = {"equal width": "width", "equal mass": "mass"}
BANDS: dict[str, Band] = {"Clopper-Pearson": "exact", "bootstrap of patients": "bootstrap"}
FEWEST_BINS, MOST_BINS = 2, 50
FOCUS, MODELS, _BIN, _BIN_KEY = "focus", "models", "bin", "reliability_bin"
CLICKED = "reliability_clicked"
"""The bin that was clicked just now; its list opens once."""
SECTIONS = (
    "Bins and cases",
    "Number of bins",
    "Calibrators",
    "Who it fails",
    "Decisions",
    "Metrics",
    "Published",
)
COSTS, PREVALENCES = (1, 50, 10), (5, 50, 10)
"""Least, most and first value of the dials."""


def _numbers(least: int, most: int) -> list[str]:
    return [str(n) for n in range(least, most + 1)]


STATE = PageState(
    "reliability",
    {
        **SHARED_STATE,
        **TASK_STATE,
        "binning": Bound((*BINNINGS, CORP), "curve"),
        "bins": Bound(_numbers(FEWEST_BINS, MOST_BINS), "number of bins"),
        "band": Bound(BANDS, "interval"),
        FOCUS: Bound(),
        "section": Bound(SECTIONS, renamed={"Recalibration": "Calibrators"}),
        "cost": Bound(_numbers(*COSTS[:2]), "number of false alarms"),
        "prevalence": Bound(_numbers(*PREVALENCES[:2]), "share of patients with MI"),
    },
    (MODELS, _BIN, *WRITTEN),
)
_CURVE_HELP = (
    "Equal width: every bin spans as many probabilities. Equal mass: every bin holds as many "
    "records; tied probabilities stay together. CORP needs no bins: it is the rising curve that "
    "fits the labels best."
)
_BAND_HELP = (
    "Clopper-Pearson: exact for each bin, records taken as independent. Bootstrap: whole patients "
    "are drawn again; a bin of MI only, or of none, then has no width. CORP always has a band from "
    "resampled patients."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(EvaluationChoice):
    """What the reader wants to see."""

    n_bins: int
    binning: str
    band: Band

    @property
    def corp(self) -> bool:
        """True for curves without bins."""
        return self.binning == CORP

    @property
    def strategy(self) -> Strategy:
        """How bins are cut, where a number over bins is asked for."""
        return BINNINGS.get(self.binning, "width")


def choose_curve() -> str:
    """Let the reader choose how predicted and observed are compared."""
    return st.selectbox(
        "Curve", [*BINNINGS, CORP], key="binning", bind="query-params", help=_CURVE_HELP
    )


def choose_bins(*, disabled: bool) -> int:
    """Let the reader choose how many bins there are."""
    return st.number_input(
        "Bins",
        FEWEST_BINS,
        MOST_BINS,
        10,
        key="bins",
        bind="query-params",
        disabled=disabled,
    )


def choose_band() -> Band:
    """Let the reader choose what the intervals are."""
    label = st.radio("Intervals", list(BANDS), key="band", bind="query-params", help=_BAND_HELP)
    return BANDS[label]


def choose_bin(options: Sequence[str], label: str) -> int | None:
    """Let the reader choose one piece of the curve by its name; None at first.

    The place, from 1, lives in the URL. A click on a diagram sets the same.
    """
    places = [str(k + 1) for k in range(len(options))]
    advice = f"choose one of these {len(options)}."
    url_state.warn_of_unknown(_BIN, places, what=label.lower(), advice=advice)
    asked = st.query_params.get(_BIN, "")
    st.session_state[_BIN_KEY] = places.index(asked) if asked in places else None
    if asked not in places:
        set_bin(None)
    return st.selectbox(
        label,
        range(len(options)),
        index=None,
        format_func=options.__getitem__,
        key=_BIN_KEY,
        on_change=lambda: set_bin(st.session_state[_BIN_KEY]),
        placeholder="Click a dot or a bar, or choose here",
    )


def set_bin(place: int | None) -> None:
    """Write the chosen bin, counted from 0, into the URL."""
    url_state.write(_BIN, [] if place is None else [str(place + 1)])
