"""What the reader of the Reliability page chooses; every choice lives in the URL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from ecgcore.predictions import labelled
from ecgcore.predictions.ensemble import Ensemble, ensemble_by_name
from ecgcore.ptbxl.catalog import synthetic_version
from ecgcore.stats.calibration.calibrators import CALIBRATORS, CalibratorName
from ecgcore.stats.calibration.reliability_curve import Band, Strategy
from ecgcore.tasks.mi import STUDY_SETS, TEST_SETS
from ecgcore.wording.records import LABEL_GROUPS
from pages.shared import caches
from pages.shared.errors import plain

CORP = "bin-free (CORP)"
BINNINGS: dict[str, Strategy] = {"equal width": "width", "equal mass": "mass"}
BANDS: dict[str, Band] = {"Clopper-Pearson": "exact", "bootstrap of patients": "bootstrap"}
FEWEST_BINS, MOST_BINS = 2, 50
FOCUS, BIN = "focus", "reliability_bin"
_BIN_URL, _MODELS_URL = "bin", "models"
_KEPT_BIN = "reliability_kept_bin"
_MODELS = "reliability_models"
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


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader wants to see."""

    data_version: str
    test_set: str
    n_bins: int
    binning: str
    band: Band
    method: CalibratorName

    @property
    def synthetic(self) -> bool:
        """True when no patient stands behind the records."""
        return self.data_version == synthetic_version()

    @property
    def corp(self) -> bool:
        """True for curves without bins."""
        return self.binning == CORP

    @property
    def strategy(self) -> Strategy:
        """How bins are cut, where a number over bins is asked for."""
        return BINNINGS.get(self.binning, "width")

    @property
    def method_label(self) -> str:
        """Name of the recalibration as shown."""
        return CALIBRATORS[self.method]


def choose_data() -> str:
    """Let the reader choose the data set: the shipped one or the one that is open."""
    versions = labelled.data_versions(caches.recordings())
    return st.radio("Data set", versions, key="data_set", bind="query-params")


def choose_test_set(data_version: str) -> str:
    """Let the reader choose a test set, named with its size.

    Raises
    ------
    ModelError
        If the data set's labels cannot be read.
    """
    counts = caches.test_counts(data_version)
    return st.radio(
        "Test set",
        list(TEST_SETS),
        captions=[size_words(name, counts) for name in TEST_SETS],
        horizontal=True,
        key="test_set",
        bind="query-params",
    )


def size_words(test_set: str, counts: dict[str, int]) -> str:
    """Say what a test set holds, such as "703 normal + 268 certain MI = 971"."""
    sizes = {group: counts.get(group, 0) for group in TEST_SETS[test_set]}
    parts = " + ".join(f"{n:,} {LABEL_GROUPS[group]}" for group, n in sizes.items())
    return f"{parts} = {sum(sizes.values()):,}"


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


def fitting_groups(data_version: str) -> tuple[Ensemble, ...]:
    """Shipped groups, and the own runs that were trained on this data set."""
    return tuple(
        group
        for group in caches.groups()
        if group.shipped or group.members[0].card.data_version == data_version
    )


def choose_groups(groups: Sequence[Ensemble]) -> list[Ensemble]:
    """Let the reader choose among groups, at first those in the URL, else the study's.

    Names, not labels, live in the URL; a widget bound to it would write the labels. The default
    follows the URL, since a widget in a popover that was never opened forgets a value set for it.
    """
    labels = {group.name: group.label for group in groups}
    study = [g.name for g in groups if g.shipped and g.train_set in STUDY_SETS] or list(labels)
    asked = st.query_params.get_all(_MODELS_URL)
    names = st.multiselect(
        "Models",
        list(labels),
        [name for name in labels if name in asked] or study,
        format_func=labels.__getitem__,
        key=_MODELS,
        on_change=_write_models,
        args=(study,),
        placeholder="Choose at least one model",
        help="A model stands for all its seeds. Own runs are offered on the data set that they "
        "were trained on.",
    )
    return [ensemble_by_name(groups, name) for name in labels if name in names]


def unknown_models(groups: Sequence[Ensemble]) -> list[str]:
    """Give a message for each model in the URL that is not among `groups`."""
    known = {group.name for group in groups}
    return [
        f"There is no model {name!r} for this data set. An own run is shown on the data set that "
        "it was trained on; choose among the models under “Intervals and models”."
        for name in st.query_params.get_all(_MODELS_URL)
        if name not in known
    ]


def _write_models(default: list[str]) -> None:
    chosen = st.session_state[_MODELS]
    if set(chosen) == set(default):
        st.query_params.pop(_MODELS_URL, None)
    else:
        st.query_params[_MODELS_URL] = chosen


def choose_focus(groups: Sequence[Ensemble]) -> Ensemble:
    """Let the reader choose the one model to look closer at."""
    by_label = {group.label: group for group in groups}
    asked = st.query_params.get(FOCUS)
    if asked is not None and asked not in by_label:
        st.warning(
            plain(
                f"The model {asked!r} of this link is not among those shown; choose another one."
            ),
            icon=":material/warning:",
        )
        del st.query_params[FOCUS]
    label = st.selectbox("Model to look closer at", list(by_label), key=FOCUS, bind="query-params")
    return by_label[label]


def choose_bin(options: Sequence[str], label: str) -> int | None:
    """Let the reader choose one piece of the curve by its name; None at first.

    The place, from 1, lives in the URL, and is kept for the return from Review. A click on a
    diagram sets the same.
    """
    if _BIN_URL not in st.query_params:
        set_bin(st.session_state.get(_KEPT_BIN))
    asked = st.query_params.get(_BIN_URL, "")
    place = int(asked) - 1 if asked.isdecimal() and len(asked) < 4 else None
    if asked and (place is None or not 0 <= place < len(options)):
        st.warning(
            plain(
                f"There is no bin {asked[:20]!r} among these {len(options)}; choose another one."
            ),
            icon=":material/warning:",
        )
        set_bin(None)
        place = None
    st.session_state[BIN] = place
    return st.selectbox(
        label,
        range(len(options)),
        index=None,
        format_func=lambda k: options[k],
        key=BIN,
        on_change=lambda: set_bin(st.session_state[BIN]),
        placeholder="Click a dot or a bar, or choose here",
    )


def set_bin(place: int | None) -> None:
    """Write the chosen bin, counted from 0, into the URL, and keep it while other pages show."""
    st.session_state[_KEPT_BIN] = place
    if place is None:
        st.query_params.pop(_BIN_URL, None)
    else:
        st.query_params[_BIN_URL] = str(place + 1)
