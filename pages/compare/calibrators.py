"""Raw against recalibrated probabilities: Brier score, ECE, slope and intercept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from ecgcore.errors import EcgError
from ecgcore.figures.forest_plot import Pair, dumbbell_figure
from ecgcore.models.cards import ARCH_NAMES
from ecgcore.predictions.ensemble import Ensemble, LabelledEnsemble
from ecgcore.stats.calibration.calibration_line import calibration_line
from ecgcore.stats.calibration.calibrators import CALIBRATORS, CalibratorName
from ecgcore.stats.calibration.reliability_curve import FloatArray, expected_calibration_error
from pages.compare.choice import Choice
from pages.compare.numbers import Field, Question, probabilities
from pages.shared.tables import draw_numbers
from pages.shared.widgets import is_dark

MEASURES = {"brier": "Brier score", "ece": "ECE (10 bins)", "slope": "slope", "large": "offset"}
_PERFECT = {"brier": 0.0, "ece": 0.0, "slope": 1.0, "large": 0.0}
_LABELS = {
    "label": "Group",
    "method": "Probabilities",
    "brier": "Brier score",
    "ece": "ECE (10 bins, equal width)",
    "slope": "Slope",
    "intercept": "Intercept",
    "large": "Offset (intercept at slope 1)",
}
_READING = (
    "Hollow: raw. Filled: recalibrated on fold 9. Dashed: perfect. **Slope** below 1: too extreme, "
    "above 1: too timid. **Offset** above 0: MI predicted too rarely, below 0: too often. All are "
    "of the ensemble."
)


def draw_recalibration(shown: Field, choice: Choice) -> None:
    """Draw what recalibration does to each group; Platt where the page shows raw ones."""
    method: CalibratorName = "platt" if choice.method == "raw" else choice.method
    try:
        table = recalibration_table(shown, method)
    except EcgError as error:
        st.info(f"No recalibration can be shown: {error}", icon=":material/info:")
        return
    st.markdown(_words(table, method))
    st.caption(_READING + _why_this_method(choice))
    st.plotly_chart(
        _figure(table, method),
        theme=None,
        key="compare_recalibration",
        config={"displayModeBar": False},
        alt=_words(table, method),
    )
    draw_numbers(table, _LABELS, "recalibration", choice)


def recalibration_table(shown: Field, method: CalibratorName) -> pd.DataFrame:
    """Two rows for each group: raw and recalibrated.

    Raises
    ------
    ModelError
        If fold 9 cannot calibrate a group.
    """
    rows = []
    for group, judged in zip(shown.groups, shown.judged, strict=True):
        for used in ("raw", method):
            question = replace(shown.question, method=used)
            numbers = _numbers(group, judged, question)
            name = f"{ARCH_NAMES.get(group.arch, group.arch)} {group.train_set}"
            rows.append(
                {
                    "name": name if group.shipped else group.label,
                    "label": group.label,
                    "train_set": group.train_set,
                    "method": CALIBRATORS[used],
                    **numbers,
                }
            )
    return pd.DataFrame(rows)


def _numbers(group: Ensemble, judged: LabelledEnsemble, question: Question) -> dict[str, float]:
    _, probs = probabilities(group, judged.seed_logits, question)
    line = calibration_line(judged.labels, probs, n_boot=0)
    return {
        "brier": _brier(judged.labels, probs),
        "ece": expected_calibration_error(judged.labels, probs),
        "slope": line.slope.value,
        "intercept": line.intercept.value,
        "large": line.in_the_large.value,
    }


def _brier(labels: np.ndarray, probs: FloatArray) -> float:
    return float(np.square(probs - labels).mean())


def _figure(table: pd.DataFrame, method: CalibratorName) -> object:
    raw, after = table.iloc[::2], table.iloc[1::2]
    panels = [
        (
            title,
            _PERFECT[column],
            [
                Pair(train_set, name, before, later)
                for train_set, name, before, later in zip(
                    raw["train_set"], raw["name"], raw[column], after[column], strict=True
                )
            ],
        )
        for column, title in MEASURES.items()
    ]
    return dumbbell_figure(panels, after=CALIBRATORS[method], dark=is_dark())


def _words(table: pd.DataFrame, method: CalibratorName) -> str:
    raw, after = table["ece"].iloc[::2], table["ece"].iloc[1::2]
    return (
        f"{CALIBRATORS[method]}, fitted on fold 9, moves the ECE of these {len(raw)} ensembles "
        f"from **{raw.min():.3f} to {raw.max():.3f}** (raw) to **{after.min():.3f} to "
        f"{after.max():.3f}**, and its spread between groups from {np.ptp(raw):.3f} to "
        f"{np.ptp(after):.3f}."
    )


def _why_this_method(choice: Choice) -> str:
    if choice.method != "raw":
        return " Part of the test set: the map is still that of the whole." * bool(choice.part)
    return (
        " The page shows raw probabilities; Platt stands here as the example. The switch at the "
        "top chooses another."
    )
