"""Every recalibration of one model side by side, and the parts of the records that it fails."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ecgcore.figures.reliability_panels import Column, Held, intervals_figure, strata_figure
from ecgcore.predictions.calibrator_comparison import MethodLine, lines_frame
from ecgcore.stats.calibration.reliability_curve import clopper_pearson
from ecgcore.stats.metrics import Estimate
from ecgcore.study.strata import KINDS, Stratum
from pages.reliability import overview as parts
from pages.reliability.choice import Choice
from pages.reliability.metrics import draw_numbers, unbroken
from pages.reliability.numbers import View
from pages.shared import caches, record_table
from pages.shared import evaluation_caches as cache
from pages.shared.widgets import is_dark

STRATA = ("likelihood", "territory", "age", "sex")


def draw_recalibration(view: View, choice: Choice) -> None:
    """Draw what every recalibration leaves of one model's calibration error."""
    validation = caches.labelled_ensemble(view.group, choice.test_set, choice.data_version, "val")
    lines = cache.method_lines(validation, view.judged)
    st.markdown(gap_words(view, lines))
    st.table(methods_table(lines), hide_index=True, border="horizontal")
    st.caption(
        f"Each fitted on the {lines[0].fitted.n:,} records of fold 9 by the rule of this test set "
        f"({lines[0].fitted.n_mi:,} of them MI), judged on the {len(view.labels):,} of fold 10. "
        "Slope below 1: predictions too extreme. Offset (calibration in the large) above 0: MI "
        "more frequent than predicted. Brackets: 95 % bootstrap intervals over patients, for the "
        "fit as it is. ECE over 10 bins of equal width; its interval leans upward."
    )
    figure = intervals_figure(
        [line.label for line in lines],
        [view.group.train_set] * len(lines),
        [
            Column("ECE", tuple(line.ece for line in lines), 0.0),
            Column("slope", tuple(line.line.slope for line in lines), 1.0),
            Column("offset (in the large)", tuple(line.line.in_the_large for line in lines), 0.0),
        ],
        dark=is_dark(),
    )
    st.plotly_chart(
        figure,
        theme=None,
        key="methods",
        config=parts.CHART_CONFIG,
        alt="; ".join(
            f"{line.label}: ECE {line.ece.text()}, slope {line.line.slope.text()}, offset "
            f"{line.line.in_the_large.text()}"
            for line in lines
        ),
    )
    table = lines_frame(lines)
    draw_numbers(table, {name: name for name in table.columns}, "recalibration", choice)


def gap_words(view: View, lines: Sequence[MethodLine]) -> str:
    """Say how much of the raw calibration error a slope and an offset take away."""
    by = {line.method: line for line in lines}
    raw, platt = by["raw"].ece.value, by["platt"].ece.value
    best = min(lines, key=lambda line: line.ece.value)
    direction = _direction(by["raw"].line.in_the_large)
    if platt >= raw:
        return (
            f"**{view.group.label}**: {direction} A slope and an offset (Platt) do not make its "
            f"calibration error smaller (ECE {raw:.3f} raw, {platt:.3f} after). Smallest: "
            f"{best.label}, {best.ece.value:.3f}."
        )
    return (
        f"**{view.group.label}**: {direction} A slope and an offset, two numbers (Platt), take "
        f"away **{100 * (1 - platt / raw):.0f} %** of its calibration error (ECE {raw:.3f} raw, "
        f"{platt:.3f} after). Smallest: {best.label}, {best.ece.value:.3f}."
    )


def _direction(offset: Estimate) -> str:
    if offset.low > 0:
        return "Raw, it predicts MI too rarely."
    if offset.high < 0:
        return "Raw, it predicts MI too often."
    return "Raw, it predicts MI about as often as it occurs."


def methods_table(lines: Sequence[MethodLine]) -> pd.DataFrame:
    """One line for each method, with its fitted numbers."""
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


def _fitted(line: MethodLine) -> str:
    said = ", ".join(f"{name} = {value:.4g}" for name, value in line.fitted.parameters())
    if said:
        return said
    return "nothing" if line.method == "raw" else "two staircases"


def draw_strata(view: View, choice: Choice) -> None:
    """Draw observed against predicted in named parts of the test set."""
    if reason := record_table.why_closed(choice.data_version):
        st.info(
            "Likelihood, wall, age and sex stand in the tables of the data set, which are not open "
            f"here. {reason}",
            icon=":material/lock:",
        )
        return
    rows = held_table(view, cache.strata(choice.data_version, choice.test_set))
    if rows.empty:
        st.info(
            "No part of this test set holds 10 MI and 10 normal records.", icon=":material/info:"
        )
        return
    st.markdown(strata_words(view, rows))
    figure = strata_figure(
        [
            Held(
                KINDS[row.kind],
                f"{row.label} (n = {row.n:,}, {row.n_mi:,} MI)",
                row.mean_prob,
                Estimate(row.observed, row.low, row.high),
                row.mean_mi,
            )
            for row in rows.itertuples()
        ],
        train_set=view.group.train_set,
        dark=is_dark(),
    )
    st.plotly_chart(
        figure,
        theme=None,
        key="strata",
        config=parts.CHART_CONFIG,
        alt="; ".join(
            f"{r.label}: predicted {r.mean_prob:.2f}, observed {r.observed:.2f}"
            for r in rows.itertuples()
        ),
    )
    st.caption(
        "Parts by likelihood and by wall hold the MI concerned and all normal records, so that "
        "their share of MI is small; parts by age and sex divide the normal records too. "
        "Intervals: 95 % Clopper-Pearson, records taken as independent. At the right, in %: "
        "predicted → observed, and what is predicted on average for the MI records alone."
    )
    draw_numbers(rows, _STRATA_LABELS, "strata", choice)


_STRATA_LABELS = {
    "heading": "Divided by",
    "label": "Part",
    "n": "Records",
    "n_mi": "MI among them",
    "mean_prob": "Mean predicted probability",
    "observed": "Observed MI fraction",
    "low": "95 % interval from",
    "high": "95 % interval to",
    "mean_mi": "Mean predicted, MI records",
    "mean_normal": "Mean predicted, normal records",
}


def held_table(view: View, strata: Sequence[Stratum]) -> pd.DataFrame:
    """Compare predicted and observed in each part; one row each, parts of one kind together."""
    rows = []
    for stratum in sorted(
        (s for s in strata if s.kind in STRATA), key=lambda s: STRATA.index(s.kind)
    ):
        part = view.judged.only(stratum.ids)
        probs = view.calibration.probs(part.seed_logits)
        mi = part.labels == 1
        low, high = clopper_pearson(mi.sum(keepdims=True), mi.size + 0 * mi.sum(keepdims=True))
        rows.append(
            {
                "kind": stratum.kind,
                "heading": KINDS[stratum.kind],
                "label": stratum.label,
                "n": mi.size,
                "n_mi": int(mi.sum()),
                "mean_prob": probs.mean(),
                "observed": mi.mean(),
                "low": low[0],
                "high": high[0],
                "mean_mi": probs[mi].mean(),
                "mean_normal": probs[~mi].mean(),
            }
        )
    return pd.DataFrame(rows)


def strata_words(view: View, rows: pd.DataFrame) -> str:
    """Name the parts in which the prediction lies outside the interval of the observed share."""
    outside = rows[(rows["mean_prob"] < rows["low"]) | (rows["mean_prob"] > rows["high"])]
    if outside.empty:
        return (
            f"**{view.group.label}**: in each of {len(rows)} parts the mean prediction lies within "
            "the interval of the observed share."
        )
    worst = outside.loc[(outside["mean_prob"] - outside["observed"]).abs().idxmax()]
    chance = 0.05 * len(rows)
    return (
        f"**{view.group.label}**: in **{len(outside)} of {len(rows)}** parts the mean prediction "
        f"lies outside the interval of the observed share (about {chance:.0f} by chance). Furthest "
        f"off: {worst['label']}, predicted {100 * worst['mean_prob']:.0f} %, observed "
        f"{100 * worst['observed']:.0f} % of {worst['n']:,}."
    )
