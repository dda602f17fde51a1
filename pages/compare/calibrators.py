"""Uncalibrated against calibrated probabilities: Brier score, ECE, slope and offset."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from ecgcore.errors import EcgError
from ecgcore.figures.forest_plot import Pair, dumbbell_figure
from ecgcore.models.architectures import arch_title
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.predictions.evaluated import Evaluated
from ecgcore.report.web import Drawing
from ecgcore.stats.calibration.calibration_line import calibration_line
from ecgcore.stats.calibration.calibrators import CALIBRATORS, CalibratorName
from ecgcore.stats.reliability_curve import expected_calibration_error
from pages.compare.choice import Choice
from pages.compare.numbers import Field
from pages.shared import caches
from pages.shared.decision_choice import BY_TEST_SET
from pages.shared.errors import plain
from pages.shared.plots import draw, draw_numbers
from pages.shared.widgets import is_dark

MEASURES = {
    "brier": ("Brier score", 0.0),
    "ece": ("ECE (10 bins)", 0.0),
    "slope": ("slope", 1.0),
    "large": ("offset", 0.0),
}
"""Column -> title of its panel, and the perfect value."""
LABELS = {
    "label": "Ensemble",
    "method": "Probabilities",
    "brier": "Brier score",
    "ece": "ECE (10 bins, equal width)",
    "slope": "Slope",
    "intercept": "Intercept",
    "large": "Offset (intercept at slope 1)",
}
READING = (
    f"Hollow: uncalibrated. Filled: {BY_TEST_SET}; the rest of this page takes the calibrator that "
    "is fitted with all labels. Dashed: perfect. **Slope** below 1: too extreme, above 1: too "
    "timid. **Offset** above 0: MI predicted too rarely, below 0: too often. All are of the "
    "ensemble."
)


def draw_calibrators(shown: Field, choice: Choice) -> None:
    """Draw what a calibrator does to each ensemble; Platt where the page shows none."""
    method = shown_method(choice)
    try:
        table = calibrators_table(shown, method)
    except EcgError as error:
        st.info(plain(f"No calibrator can be shown: {error}"), icon=":material/info:")
        return
    st.markdown(words(table, method))
    st.caption(READING + _why_this_method(choice))
    draw(drawing(table, method, dark=is_dark()), "compare_recalibration")
    draw_numbers(table, LABELS, "recalibration", choice)


def calibrators_table(shown: Field, method: CalibratorName) -> pd.DataFrame:
    """Two rows for each ensemble: uncalibrated and calibrated.

    Raises
    ------
    ModelError
        If fold 9 cannot calibrate an ensemble.
    """
    choice = shown.choice
    rows = []
    for one in shown.members:
        for used in ("raw", method):
            fitted = caches.test_set_calibrator(
                one.ensemble, used, choice.data_version, choice.test_set
            )
            after = Evaluated.of(one.ensemble, one.labelled, fitted)
            rows.append({"method": CALIBRATORS[used], **_names(one.ensemble), **measures(after)})
    return pd.DataFrame(rows)


def _names(one: Ensemble) -> dict[str, str]:
    short = f"{arch_title(one.arch)} {one.train_set}"
    name = short if one.shipped else one.label
    return {"name": name, "label": one.label, "train_set": one.train_set}


def measures(one: Evaluated) -> dict[str, float]:
    """Measure the calibration of an ensemble, without intervals."""
    line = calibration_line(one.labels, one.probs, n_boot=0)
    return {
        "brier": float(np.square(one.probs - one.labels).mean()),
        "ece": expected_calibration_error(one.labels, one.probs),
        "slope": line.slope.value,
        "intercept": line.intercept.value,
        "large": line.in_the_large.value,
    }


def shown_method(choice: Choice) -> CalibratorName:
    """Return the chosen calibrator; Platt as the example where there is none."""
    return "platt" if choice.method == "raw" else choice.method


def drawing(table: pd.DataFrame, method: CalibratorName, *, dark: bool = False) -> Drawing:
    """Draw each ensemble before and after calibration."""
    before, after = table.iloc[::2], table.iloc[1::2]
    panels = [
        (title, perfect, [Pair(*row) for row in zip(*columns, strict=True)])
        for column, (title, perfect) in MEASURES.items()
        for columns in [(before["train_set"], before["name"], before[column], after[column])]
    ]
    figure = dumbbell_figure(panels, after=CALIBRATORS[method], dark=dark)
    return Drawing(figure, words(table, method))


def words(table: pd.DataFrame, method: CalibratorName) -> str:
    """Say what the calibrator does to the calibration error of the ensembles."""
    before, after = table["ece"].iloc[::2], table["ece"].iloc[1::2]
    return (
        f"{CALIBRATORS[method]}, {BY_TEST_SET}, moves the ECE of these {len(before)} ensembles "
        f"from **{before.min():.3f} to {before.max():.3f}** (uncalibrated) to **{after.min():.3f} "
        f"to {after.max():.3f}**; the gap between highest and lowest goes from "
        f"{np.ptp(before):.3f} to {np.ptp(after):.3f}."
    )


def _why_this_method(choice: Choice) -> str:
    if choice.method == "raw":
        return (
            " The page shows uncalibrated probabilities; Platt stands here as the example. The "
            "decision settings at the top hold others."
        )
    return " A subgroup: the calibrator is still that of the whole test set." * bool(choice.part)
