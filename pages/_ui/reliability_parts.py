"""Parts of the Reliability page: the reader's choices, the diagrams' places, tables and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ecgcore.errors import EcgError
from ecgcore.evaluate.calibration import ReliabilityCurve, Strategy
from ecgcore.evaluate.metrics import METRIC_NAMES, Metrics
from ecgcore.evaluate.published import published_frame
from ecgcore.figures.diagrams import reliability_figure
from ecgcore.figures.theme import STYLE
from ecgcore.models import cards, scoreboard
from ecgcore.models.cards import ModelEntry
from ecgcore.ptbxl.catalog import synthetic_version
from ecgcore.ptbxl.cohorts import TEST_SETS, TRAIN_SETS
from pages._ui import resources
from pages._ui.widgets import GROUP_WORDS

if TYPE_CHECKING:
    import plotly.graph_objects as go

CELL_PX = 232
THRESHOLD = 0.5
BINS = (5, 10, 15, 20)
BINNINGS: dict[str, Strategy] = {"equal width": "width", "equal mass": "mass"}
METRIC_LABELS = {
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "accuracy": "Accuracy",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "brier": "Brier",
    "ece_width": "ECE (equal width)",
    "ece_mass": "ECE (equal mass)",
}
BIN_LABELS = {
    "left": "From",
    "right": "To",
    "n": "Records",
    "n_mi": "MI among them",
    "mean_prob": "Mean predicted probability",
    "observed": "Observed MI fraction",
    "low": "95 % interval from",
    "high": "95 % interval to",
}
SYNTHETIC_WORDS = (
    "SYNTHETIC recordings: no patient stands behind them. The figures show how the page works and "
    "say nothing about patients."
)
READING = (
    "Dots: observed share of MI in a bin at its mean predicted probability; above the diagonal MI "
    "is more frequent than predicted, below less frequent. Whiskers: 95 % Clopper-Pearson "
    "intervals. Bars: records in each bin; the last bin includes 1. Probabilities are raw, not "
    "recalibrated. One seed for each model: a difference between A, C and D that is smaller than "
    "the intervals is no evidence."
)
_URL = "models"
_KEY = "reliability_models"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader wants to see."""

    data_version: str
    test_set: str
    n_bins: int
    binning: str

    @property
    def synthetic(self) -> bool:
        """True when no patient stands behind the records."""
        return self.data_version == synthetic_version()


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """One model's reliability curve, or why there is none."""

    entry: ModelEntry
    curve: ReliabilityCurve | None
    problem: str = ""


def choose_data() -> str:
    """Let the reader choose the data set: the shipped one or the one that is open."""
    versions = scoreboard.data_versions(resources.recordings())
    return st.radio("Data set", versions, key="data_set", bind="query-params")


def choose_test_set(data_version: str) -> str:
    """Let the reader choose a test set, named with its size.

    Raises
    ------
    ModelError
        If the data set's labels cannot be read.
    """
    counts = resources.test_counts(data_version)
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
    parts = " + ".join(f"{n:,} {GROUP_WORDS[group]}" for group, n in sizes.items())
    return f"{parts} = {sum(sizes.values()):,}"


def choose_bins() -> tuple[int, str]:
    """Let the reader choose how many bins there are and how they are cut."""
    n_bins = st.selectbox("Bins", BINS, index=1, key="bins", bind="query-params")
    binning = st.selectbox(
        "Cut into bins of",
        list(BINNINGS),
        key="binning",
        bind="query-params",
        help="Equal width: every bin spans as many probabilities. Equal mass: every bin holds as "
        "many records; tied probabilities stay together.",
    )
    return n_bins, binning


def fitting_models(data_version: str) -> tuple[ModelEntry, ...]:
    """Shipped models, and the own runs that were trained on this data set."""
    return tuple(
        entry
        for entry in resources.models()
        if entry.shipped or entry.card.data_version == data_version
    )


def choose_models(entries: Sequence[ModelEntry]) -> list[ModelEntry]:
    """Let the reader choose among models, at first those in the URL, else the shipped ones.

    Names, not labels, live in the URL; a widget bound to it would write the labels. The default
    follows the URL, since a widget in a popover that was never opened forgets a value set for it.
    """
    labels = {entry.name: entry.label for entry in entries}
    shipped = [entry.name for entry in entries if entry.shipped] or list(labels)
    asked = st.query_params.get_all(_URL)
    names = st.multiselect(
        "Models",
        list(labels),
        [name for name in labels if name in asked] or shipped,
        format_func=labels.__getitem__,
        key=_KEY,
        on_change=_write_url,
        args=(shipped,),
        placeholder="Choose at least one model",
        help="Own runs are offered on the data set that they were trained on.",
    )
    return [cards.by_name(entries, name) for name in labels if name in names]


def unknown_models(entries: Sequence[ModelEntry]) -> list[str]:
    """Give a message for each model in the URL that is not among `entries`."""
    known = {entry.name for entry in entries}
    return [
        f"There is no model {name!r} for this data set. An own run is shown on the data set that "
        "it was trained on; choose among the models under “Bins and models”."
        for name in st.query_params.get_all(_URL)
        if name not in known
    ]


def _write_url(default: list[str]) -> None:
    chosen = st.session_state[_KEY]
    if set(chosen) == set(default):
        st.query_params.pop(_URL, None)
    else:
        st.query_params[_URL] = chosen


def assess(entries: Sequence[ModelEntry], choice: Choice) -> list[Assessment]:
    """Compute each model's curve; a model whose predictions cannot be read keeps its place."""
    return [_assess(entry, choice) for entry in entries]


def _assess(entry: ModelEntry, choice: Choice) -> Assessment:
    try:
        curve = resources.curve(
            entry, choice.test_set, choice.data_version, choice.n_bins, BINNINGS[choice.binning]
        )
    except EcgError as error:
        return Assessment(entry, None, str(error))
    return Assessment(entry, curve)


def problems(assessments: Sequence[Assessment]) -> dict[str, list[str]]:
    """Each message, and the models that it is about."""
    found: dict[str, list[str]] = {}
    for one in assessments:
        if one.problem:
            found.setdefault(one.problem, []).append(one.entry.label)
    return found


def train_sets(assessments: Sequence[Assessment]) -> list[str]:
    """Columns of the grid: the training sets, in the order of the study."""
    present = {one.entry.key.train_set for one in assessments}
    return [name for name in TRAIN_SETS if name in present]


def grid(assessments: Sequence[Assessment]) -> list[tuple[Assessment | None, ...]]:
    """Place models in rows by architecture and columns by `train_sets`."""
    rows: list[tuple[Assessment | None, ...]] = []
    for arch in dict.fromkeys(one.entry.key.arch for one in assessments):
        cells = [
            [a for a in assessments if (a.entry.key.arch, a.entry.key.train_set) == (arch, name)]
            for name in train_sets(assessments)
        ]
        rows += zip_longest(*cells)
    return rows


def answer(drawn: Sequence[tuple[ModelEntry, ReliabilityCurve]], choice: Choice) -> str:
    """Say in two sentences how far the probabilities hold."""
    gaps = _range([100 * curve.ece for _, curve in drawn], digits=1)
    shares = _range([100 * _between(entry, choice) for entry, _ in drawn], digits=0)
    counted = "" if choice.test_set == "certain" else " Uncertain MI counts as MI here."
    return (
        "**How far can these probabilities be trusted?** On average, predicted and observed differ "
        f"by **{gaps} percentage points** (ECE, {choice.n_bins} bins of {choice.binning}; "
        f"n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{int(drawn[0][1].n.sum()):,}). **{shares} %** of "
        "the records lie between 0.1 and 0.9, where each dot rests on few of them."
        f"{counted}"
    )


def _between(entry: ModelEntry, choice: Choice) -> float:
    probs = resources.judged(entry, choice.test_set, choice.data_version).probs
    return float(((probs >= 0.1) & (probs <= 0.9)).mean())


def _range(values: list[float], digits: int) -> str:
    low, high = f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"
    return low if low == high else f"{low} to {high}"


def column_title(train_set: str) -> str:
    """Say what the models of a column were trained on."""
    return f":small[**{train_set}**: trained on {TRAIN_SETS[train_set]}]"


def cell_title(entry: ModelEntry, curve: ReliabilityCurve) -> str:
    """Name the model, its ECE and n."""
    trained = ", trained on synthetic records" if entry.card.synthetic else ""
    return (
        f"**{entry.label}**{trained} :small[· ECE **{curve.ece:.3f}** · n = {int(curve.n.sum()):,}]"
    )


def cell_alt(entry: ModelEntry, curve: ReliabilityCurve, choice: Choice) -> str:
    """Say what a diagram shows, for readers who do not see it."""
    bins = curve.frame().query("n > 0")
    said = "; ".join(
        f"predicted {b.mean_prob:.2f}, observed {b.observed:.2f} ({b.n_mi} of {b.n})"
        for b in bins.itertuples()
    )
    return (
        f"Reliability of {entry.label} on test set {choice.test_set}, ECE {curve.ece:.3f}: {said}"
    )


def cell_figure(entry: ModelEntry, curve: ReliabilityCurve, *, dark: bool) -> go.Figure:
    """Draw the diagram small: without legend, wider than high."""
    train_set = entry.key.train_set if entry.key.train_set in STYLE else None
    figure = reliability_figure(curve, name=entry.label, train_set=train_set, dark=dark)
    figure.update_layout(
        height=CELL_PX,
        showlegend=False,
        font={"size": 11},
        margin={"l": 4, "r": 6, "t": 6, "b": 4},
        yaxis={"scaleanchor": None, "domain": [0.36, 1.0], "title": {"text": "observed"}},
        yaxis2={"domain": [0.0, 0.24], "nticks": 3},
    )
    figure.update_traces(marker={"size": 7}, selector={"mode": "lines+markers"})
    figure.update_traces(textfont={"size": 9}, selector={"type": "bar"})
    return figure


def metrics_table(rows: Sequence[tuple[ModelEntry, Metrics]]) -> pd.DataFrame:
    """One line for each model: every metric with its interval, which is never broken in two."""
    return pd.DataFrame(
        [
            {"Model": entry.label}
            | {
                METRIC_LABELS[name]: getattr(metrics, name)
                .text()
                .replace(", ", ",\N{NO-BREAK SPACE}")
                for name in METRIC_NAMES
            }
            for entry, metrics in rows
        ]
    )


def metrics_caption(n: int, n_mi: int, choice: Choice) -> str:
    """Say on what the metrics rest."""
    return (
        f"{choice.data_version}, test set {choice.test_set}: n = {n:,}, {n_mi:,} of them MI. Value "
        "[95 % interval from 1,000 bootstrap samples of patients]. Accuracy, sensitivity and "
        f"specificity at the threshold {THRESHOLD}. Calibration errors (ECE) here always over 10 "
        "bins; their intervals lean upward, since resampling adds noise to each bin."
    )


def bins_config() -> dict[str, object]:
    """Four digits for shares and probabilities."""
    shares = [label for name, label in BIN_LABELS.items() if name not in ("n", "n_mi")]
    return {label: st.column_config.NumberColumn(format="%.4f") for label in shares}


def bins_table(curve: ReliabilityCurve) -> pd.DataFrame:
    """Give the numbers of a curve headers that can be read."""
    return curve.frame().rename(columns=BIN_LABELS)


def published_table(test_n: int) -> pd.DataFrame:
    """Return what was published on a test set of this size; empty where nothing was."""
    frame = published_frame(test_n)
    labels = METRIC_LABELS | {"ece": "ECE"}
    shown = ["auroc", "auprc", "accuracy", "sensitivity", "specificity", "brier", "ece"]
    digits = {
        labels[name]: ["–" if pd.isna(value) else f"{value:.4f}" for value in frame[name]]
        for name in shown
    }
    names = {"Model": frame["model"], "Trained on": frame["train_set"]}
    return pd.DataFrame(names | digits | {"What to know": frame["note"]})


def published_caption(test_n: int) -> str:
    """Say where the published figures stand, and what they lack."""
    sources = "; ".join(dict.fromkeys(published_frame(test_n)["source"]))
    return (
        f"n = {test_n:,}; without intervals, one trained network each; – was not published. The "
        "published “D” is not our D, and the published networks are others: see below. Sources: "
        f"{sources}."
    )
