"""The one choice of data set, test set and ensembles, which Compare and Reliability share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from ecgcore.predictions import labelled
from ecgcore.predictions.ensemble import Ensemble, ensemble_by_name
from ecgcore.ptbxl.catalog import synthetic_version
from ecgcore.stats.calibration.calibrators import CALIBRATORS, CalibratorName
from ecgcore.tasks.mi import TEST_SETS
from pages.shared import caches, url_state
from pages.shared.errors import plain
from pages.shared.url_state import Bound

_TEST_SET_HELP = (
    "Each holds the same normal records. Certain: MI with a likelihood of 100 %. Uncertain: MI "
    "stated with 15 to 80 %. All: both."
)
_OFFERED_HELP = "Local runs are offered on the data set that they were trained on."
_SYNTHETIC = (
    "SYNTHETIC recordings: no patient stands behind them. The figures show how the page works and "
    "say nothing about patients."
)
SHARED_STATE = {"data_set": Bound(), "test_set": Bound(TEST_SETS)}
"""Parameters of the choices that are drawn here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationChoice:
    """On which records, and by which probabilities, ensembles are evaluated."""

    data_version: str
    test_set: str
    method: CalibratorName
    positive: str = "MI"
    """The class whose probability is looked at."""
    labels: str = ""
    """Fingerprint of the consensus that stands among the labels; "" for the data set's own."""

    @property
    def synthetic(self) -> bool:
        """True when no patient stands behind the records."""
        return self.data_version == synthetic_version()

    @property
    def probabilities(self) -> str:
        """Words for the chosen probabilities: "uncalibrated", or the calibrator's name."""
        return "uncalibrated" if self.method == "raw" else CALIBRATORS[self.method]

    @property
    def file_words(self) -> str:
        """What tells the files of this choice apart."""
        return f"{self.test_set}_{self.method}"


def choose_data() -> str:
    """Let the reader choose the data set: the shipped one or the one that is open."""
    versions = labelled.data_versions(caches.recordings())
    url_state.warn_of_unknown("data_set", versions)
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
        help=_TEST_SET_HELP,
    )


def size_words(test_set: str, counts: Mapping[str, int]) -> str:
    """Say how large a test set is; `counts` are its records by label group.

    Examples
    --------
    >>> size_words("certain", {"pure_normal": 703, "certain_mi": 268, "uncertain_mi": 282})
    'n = 971, 268 MI'
    """
    n = sum(counts.get(name, 0) for name in TEST_SETS[test_set])
    return f"n = {n:,}, {n - counts.get('pure_normal', 0):,} MI"


def fitting_ensembles(data_version: str) -> list[Ensemble]:
    """Return the shipped ensembles, and the local runs that were trained on this data set."""
    return [
        one
        for one in caches.ensembles()
        if one.shipped or one.members[0].card.data_version == data_version
    ]


def choose_ensembles(
    label: str, offered: Sequence[Ensemble], default: Sequence[str], *, param: str, key: str
) -> list[Ensemble]:
    """Let the reader choose ensembles, at first those in the URL, else the default.

    Names, not labels, live in the URL; a widget bound to it would write the labels. The default
    follows the URL, since a widget in a popover that was never opened forgets a value set for it.
    """
    labels = {one.name: one.label for one in offered}
    asked = st.query_params.get_all(param)
    names = st.multiselect(
        label,
        list(labels),
        [name for name in labels if name in asked] or default,
        format_func=labels.__getitem__,
        key=key,
        on_change=url_state.writer(param, key, default),
        placeholder="none chosen" if labels else "there are none",
        disabled=not labels,
        help=_OFFERED_HELP,
    )
    return [ensemble_by_name(offered, name) for name in labels if name in names]


def warn_of_unknown_ensembles(param: str, offered: Iterable[Ensemble]) -> None:
    """Name each ensemble in the URL that is not offered."""
    names = [one.name for one in offered]
    advice = "a local run is shown on the data set that it was trained on."
    url_state.warn_of_unknown(param, names, what="ensemble", advice=advice)


def choose_one(label: str, shown: Sequence[Ensemble], *, key: str) -> Ensemble:
    """Let the reader choose one of the shown ensembles; its label lives in the URL."""
    by_label = {one.label: one for one in shown}
    advice = "it is not among those shown."
    url_state.warn_of_unknown(key, by_label, what="ensemble", advice=advice)
    chosen = st.selectbox(label, list(by_label), key=key, bind="query-params", width=420)
    return by_label[chosen]


def mark_synthetic(choice: EvaluationChoice) -> None:
    """Warn where no patient stands behind the records."""
    if choice.synthetic:
        st.warning(_SYNTHETIC, icon=":material/science:")


def draw_problems(problems: Mapping[str, Sequence[Ensemble]]) -> None:
    """Name each reason with the ensembles that cannot be shown for it."""
    for message, ensembles in problems.items():
        names = ", ".join(one.label for one in ensembles)
        st.error(f"**{plain(names)}**: {plain(message)}", icon=":material/error:")


def stop_without_ensemble(advice: str) -> None:
    """Say that nothing can be shown, lead to training, and stop the page."""
    st.info(f"No ensemble to show: {advice}", icon=":material/info:")
    st.page_link("training/page.py", label="Train a model", icon=":material/model_training:")
    st.stop()
