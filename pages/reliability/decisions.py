"""What the probabilities are worth in decisions: net benefit, with a dial for the cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from ecgcore.figures.reliability_panels import Line, lines_figure
from ecgcore.models.architectures import arch_title
from ecgcore.predictions.evaluated import Evaluated
from ecgcore.stats.decision_curve import CostPer100, DecisionCurve, at_prevalence, cost_threshold
from ecgcore.wording.numbers import number
from pages.reliability import verdicts
from pages.reliability.choice import COSTS, PREVALENCES, Choice
from pages.reliability.numbers import FloatArray
from pages.shared import evaluation_caches as cache
from pages.shared.errors import ecg_errors_shown
from pages.shared.plots import draw_numbers, draw_plot, draw_table, unbroken
from pages.shared.widgets import is_dark

HIGHEST_THRESHOLD = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """An ensemble's decisions at the dials."""

    evaluated: Evaluated
    curve: DecisionCurve
    cost: CostPer100


def draw_decisions(shown: Sequence[Evaluated], focus: Evaluated, choice: Choice) -> None:
    """Draw net benefit, conformal verdicts and thresholds, one below the other."""
    _draw_net_benefit(shown, focus, choice)
    with ecg_errors_shown():
        verdicts.draw_conformal(shown, choice)
        verdicts.draw_thresholds(shown, choice)


def _draw_net_benefit(shown: Sequence[Evaluated], focus: Evaluated, choice: Choice) -> None:
    st.header("Calling MI: is it worth it?", anchor=False)
    first, second, _ = st.columns([0.4, 0.3, 0.3], gap="medium")
    with first:
        cost = st.slider(
            "How many false alarms is a missed MI worth?", *COSTS, key="cost", bind="query-params"
        )
    with second:
        percent = st.slider(
            "Patients with MI, of 100", *PREVALENCES, key="prevalence", bind="query-params"
        )
    prevalence = percent / 100
    worths = [_worth(one, cost, prevalence) for one in shown]
    mine = next(worth for worth in worths if worth.evaluated is focus)
    st.markdown(cost_words(mine, cost, percent))
    _draw_curves(worths, cost_threshold(cost), prevalence)
    draw_table(costs_table(worths))
    st.caption(net_benefit_words(focus, choice))
    table = pd.concat(
        [w.curve.frame().assign(group=w.evaluated.ensemble.label) for w in worths],
        ignore_index=True,
    )
    draw_numbers(table, _NET_BENEFIT_LABELS, "net_benefit", choice)


_NET_BENEFIT_LABELS = {
    "group": "Ensemble",
    "threshold": "Threshold",
    "model": "Net benefit",
    "model_low": "95 % interval from",
    "model_high": "95 % interval to",
    "call_all": "Calling everybody",
    "gain": "Gain over the better of all and nobody",
    "gain_low": "gain, 95 % interval from",
    "gain_high": "gain, 95 % interval to",
}


def _worth(one: Evaluated, cost: float, prevalence: float) -> Worth:
    moved = moved_probs(one, prevalence)
    sample = one.labels, moved, one.patients
    return Worth(one, cache.net_benefit(*sample, prevalence), cache.cost(*sample, cost, prevalence))


def moved_probs(one: Evaluated, prevalence: float) -> FloatArray:
    """Move an ensemble's probabilities from the test set's share of MI to another one."""
    return at_prevalence(one.probs, float(one.labels.mean()), prevalence)


def cost_words(worth: Worth, cost: int, percent: int) -> str:
    """Say what the dials mean for 100 patients."""
    one, label = worth.cost, worth.evaluated.ensemble.label
    alone = min(one.call_all, one.call_none)
    clear = "" if one.total.high < alone else "not clearly "
    alarms = "1 false alarm" if cost == 1 else f"{cost} false alarms"
    return (
        f"If a missed MI is as bad as {alarms}, call MI from a probability of "
        f"**{100 * one.threshold:.1f} %** on. Of 100 patients, {percent} with MI, {label} then "
        f"finds **{one.found_mi.value:.1f} MI** and raises **{one.false_alarms.value:.1f} false "
        f"alarms**: {clear}cheaper than calling everybody or nobody ({one.total.text(1)} against "
        f"{alone:.0f}, counted in false alarms)."
    )


def costs_table(worths: Sequence[Worth]) -> pd.DataFrame:
    """One line for each ensemble: what its errors cost in 100 patients."""
    rows = [
        {
            "Ensemble": worth.evaluated.ensemble.label,
            "MI found": unbroken(worth.cost.found_mi, 1),
            "MI missed": unbroken(worth.cost.missed_mi, 1),
            "False alarms": unbroken(worth.cost.false_alarms, 1),
            "Cost, in false alarms": unbroken(worth.cost.total, 1),
        }
        for worth in worths
    ]
    first = worths[0].cost
    mi, normal = 100 * first.prevalence, 100 * (1 - first.prevalence)
    alone = {
        "Calling everybody": (mi, 0.0, normal, first.call_all),
        "Calling nobody": (0.0, mi, 0.0, first.call_none),
    }
    rows += [
        dict(zip(rows[0], (name, *(f"{value:.1f}" for value in values)), strict=True))
        for name, values in alone.items()
    ]
    return pd.DataFrame(rows)


def net_benefit_words(one: Evaluated, choice: Choice) -> str:
    """Say what the decision curve rests on."""
    share = 100 * one.labels.mean()
    advice = (
        " The threshold is the right one for calibrated probabilities; these are uncalibrated: try "
        "Platt in the decision settings at the top."
        if choice.method == "raw"
        else ""
    )
    return (
        f"Per 100 patients, with 95 % bootstrap intervals over patients. The {share:.0f} % MI of "
        f"this test set (n = {len(one.labels):,}) come from how the study was made, not from "
        "a clinic: probabilities are moved to the chosen share, and 10 is only a start. "
        "Net benefit counts MI found per patient, less false alarms at their price; dashed: the "
        "dial's threshold."
        f"{advice}"
    )


def _draw_curves(worths: Sequence[Worth], threshold: float, prevalence: float) -> None:
    inside = worths[0].curve.thresholds <= HIGHEST_THRESHOLD
    x = worths[0].curve.thresholds[inside]
    panels = dict.fromkeys(_panel(worth.evaluated) for worth in worths)
    lines = [
        Line(
            _panel(worth.evaluated),
            worth.evaluated.ensemble.train_set,
            worth.evaluated.ensemble.label.removeprefix(_panel(worth.evaluated)).strip(),
            x,
            worth.curve.model.value[inside],
        )
        for worth in worths
    ]
    for panel in panels:
        call_all = worths[0].curve.call_all.value[inside]
        lines += [
            Line(panel, "", "calling everybody", x, call_all, "dot"),
            Line(panel, "", "calling nobody", x, 0 * x, "solid"),
        ]
    figure = lines_figure(
        lines,
        x_title="threshold: MI is called from this probability on",
        y_title="net benefit",
        marked=threshold,
        x_range=(0, HIGHEST_THRESHOLD),
        y_range=(-0.15 * prevalence, 1.08 * prevalence),
        dark=is_dark(),
    )
    draw_plot(
        figure,
        key="net_benefit",
        alt=f"Net benefit at threshold {threshold:.3f}: "
        + "; ".join(_at(worth, threshold) for worth in worths),
    )


def _at(worth: Worth, threshold: float) -> str:
    curve = worth.curve
    k = curve.nearest(threshold)
    model, everybody = (number(one.value[k], 3) for one in (curve.model, curve.call_all))
    return f"{worth.evaluated.ensemble.label} {model}, calling everybody {everybody}"


def _panel(one: Evaluated) -> str:
    return arch_title(one.ensemble.arch)
