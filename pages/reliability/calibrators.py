"""Every calibrator of one ensemble side by side, and the records that it fails."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ecgcore.figures.reliability_panels import Column, Held, intervals_figure, strata_figure
from ecgcore.predictions.calibrator_comparison import CalibratorLine, lines_frame
from ecgcore.predictions.evaluated import Evaluated
from ecgcore.report.web import Drawing
from ecgcore.stats.metrics import Estimate
from ecgcore.study.calibration_by_stratum import calibration_by_stratum, outside_interval
from ecgcore.study.strata import KINDS
from pages.reliability.choice import Choice
from pages.shared import caches, record_table
from pages.shared import evaluation_caches as cache
from pages.shared.decision_choice import BY_TEST_SET
from pages.shared.plots import INTERVAL, draw, draw_numbers, draw_plot, draw_table, unbroken
from pages.shared.widgets import is_dark


def draw_calibrators(one: Evaluated, choice: Choice) -> None:
    """Draw what every calibrator leaves of one ensemble's calibration error."""
    validation = caches.labelled_ensemble(one.ensemble, choice.test_set, choice.data_version, "val")
    lines = cache.calibrator_lines(validation, one.labelled)
    st.markdown(gap_words(one, lines))
    draw_table(methods_table(lines))
    st.caption(methods_words(one, lines))
    figure = intervals_figure(
        [line.label for line in lines],
        [one.ensemble.train_set] * len(lines),
        [
            Column("ECE", tuple(line.ece for line in lines), 0.0),
            Column("slope", tuple(line.line.slope for line in lines), 1.0),
            Column("offset (in the large)", tuple(line.line.in_the_large for line in lines), 0.0),
        ],
        dark=is_dark(),
    )
    draw_plot(
        figure,
        key="methods",
        alt="; ".join(
            f"{line.label}: ECE {line.ece.text()}, slope {line.line.slope.text()}, offset "
            f"{line.line.in_the_large.text()}"
            for line in lines
        ),
    )
    draw_numbers(lines_frame(lines), {}, "recalibration", choice)


def methods_words(one: Evaluated, lines: Sequence[CalibratorLine]) -> str:
    """Say on what the calibrators were fitted, and what the columns are."""
    return (
        f"Each {BY_TEST_SET} ({lines[0].fitted.n:,} records, {lines[0].fitted.n_mi:,} of them MI), "
        f"judged on the {len(one.labels):,} of fold 10; the rest of this page takes the calibrator "
        "that is fitted with all labels. "
        "Slope below 1: predictions too extreme. Offset (calibration in the large) above 0: MI "
        "more frequent than predicted. Brackets: 95 % bootstrap intervals over patients, for the "
        "fit as it is. ECE over 10 bins of equal width; its interval is biased upward."
    )


def gap_words(one: Evaluated, lines: Sequence[CalibratorLine]) -> str:
    """Say how much of the uncalibrated calibration error a slope and an offset take away."""
    by = {line.method: line for line in lines}
    raw, platt = by["raw"].ece.value, by["platt"].ece.value
    best = min(lines, key=lambda line: line.ece.value)
    direction = _direction(by["raw"].line.in_the_large)
    if platt >= raw:
        return (
            f"**{one.ensemble.label}**: {direction} A slope and an offset (Platt) do not make its "
            f"calibration error smaller (ECE {raw:.3f} before, {platt:.3f} after). Smallest: "
            f"{best.label}, {best.ece.value:.3f}."
        )
    return (
        f"**{one.ensemble.label}**: {direction} A slope and an offset, two numbers (Platt), take "
        f"away **{100 * (1 - platt / raw):.0f} %** of its calibration error (ECE {raw:.3f} before, "
        f"{platt:.3f} after). Smallest: {best.label}, {best.ece.value:.3f}."
    )


def _direction(offset: Estimate) -> str:
    if offset.low > 0:
        return "Uncalibrated, it predicts MI too rarely."
    if offset.high < 0:
        return "Uncalibrated, it predicts MI too often."
    return "Uncalibrated, it predicts MI about as often as it occurs."


def methods_table(lines: Sequence[CalibratorLine]) -> pd.DataFrame:
    """One line for each calibrator, with its fitted numbers."""
    return pd.DataFrame(
        [
            {
                "Probabilities": line.label,
                "Slope": unbroken(line.line.slope, 2),
                "Intercept": unbroken(line.line.intercept, 2),
                "Offset (in the large)": unbroken(line.line.in_the_large, 2),
                "Brier": unbroken(line.brier, 4),
                "ECE": unbroken(line.ece, 3),
                "Log loss": unbroken(line.log_loss, 3),
                "Fitted": _fitted(line),
            }
            for line in lines
        ]
    )


def _fitted(line: CalibratorLine) -> str:
    said = ", ".join(f"{name} = {value:.4g}" for name, value in line.fitted.parameters())
    if said:
        return said
    return "nothing" if line.method == "raw" else "two staircases"


def draw_strata(one: Evaluated, choice: Choice) -> None:
    """Draw observed against predicted in subgroups of the test set."""
    if reason := record_table.why_closed(choice.data_version):
        st.info(
            "Likelihood, territory, age and sex stand in the tables of the data set, which are not "
            f"open here. {reason}",
            icon=":material/lock:",
        )
        return
    rows = calibration_by_stratum(one, cache.strata(choice.data_version, choice.test_set))
    if rows.empty:
        st.info(
            "No subgroup of this test set holds 10 MI and 10 normal records.",
            icon=":material/info:",
        )
        return
    st.markdown(strata_words(one, rows))
    draw(strata_drawing(one, rows, dark=is_dark()), "strata")
    st.caption(STRATA_READING)
    draw_numbers(rows, STRATA_LABELS, "strata", choice)


def strata_drawing(one: Evaluated, rows: pd.DataFrame, *, dark: bool = False) -> Drawing:
    """Draw observed against predicted in each subgroup."""
    held = [
        Held(
            KINDS[row.kind],
            f"{row.label} (n = {row.n:,}, {row.n_mi:,} MI)",
            row.mean_prob,
            Estimate(row.observed, row.low, row.high),
            row.mean_mi,
        )
        for row in rows.itertuples()
    ]
    said = (
        f"{r.label}: predicted {r.mean_prob:.2f}, observed {r.observed:.2f}"
        for r in rows.itertuples()
    )
    figure = strata_figure(held, train_set=one.ensemble.train_set, dark=dark)
    return Drawing(figure, "; ".join(said))


STRATA_READING = (
    "Subgroups by likelihood and by territory hold the MI concerned and all normal records, so "
    "that their share of MI is small; those by age and sex divide the normal records too. "
    "Intervals: 95 % Clopper-Pearson, records taken as independent. At the right, in %: predicted "
    "→ observed, and what is predicted on average for the MI records alone."
)
STRATA_LABELS = {
    "heading": "Divided by",
    "label": "Subgroup",
    "n": "Records",
    "n_mi": "MI among them",
    "mean_prob": "Mean predicted probability",
    "observed": "Observed MI fraction",
    **INTERVAL,
    "mean_mi": "Mean predicted, MI records",
    "mean_normal": "Mean predicted, normal records",
}


def strata_words(one: Evaluated, rows: pd.DataFrame) -> str:
    """Name the subgroups in which the prediction lies outside the interval of the observed share.

    Parameters
    ----------
    rows
        As `calibration_by_stratum` gives them.
    """
    outside = outside_interval(rows)
    if outside.empty:
        return (
            f"**{one.ensemble.label}**: in each of {len(rows)} subgroups the mean prediction lies "
            "within the interval of the observed share."
        )
    worst, chance = outside.iloc[0], 0.05 * len(rows)
    return (
        f"**{one.ensemble.label}**: in **{len(outside)} of {len(rows)}** subgroups the mean "
        f"prediction lies outside the interval of the observed share (about {chance:.0f} by "
        f"chance). Furthest off: {worst['label']}, predicted {100 * worst['mean_prob']:.0f} %, "
        f"observed {100 * worst['observed']:.0f} % of {worst['n']:,}."
    )
