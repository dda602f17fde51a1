"""Tables of the Reliability page: metrics and published figures."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ecgcore.predictions.evaluated import Evaluated
from ecgcore.ptbxl.catalog import PTBXL_VERSION
from ecgcore.stats.metrics import METRIC_NAMES
from ecgcore.study.published import WHY_OURS_DIFFER, published_frame
from pages.reliability.choice import Choice
from pages.shared import evaluation_caches as cache
from pages.shared.plots import INTERVAL, draw_numbers, draw_table

THRESHOLD = 0.5
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


def draw_metrics(shown: Sequence[Evaluated], choice: Choice) -> None:
    """Draw every metric of every ensemble, with its interval."""
    st.caption(metrics_words(shown, choice))
    measured = [(one, cache.metrics(one.labels, one.probs, one.patients)) for one in shown]
    draw_table(metrics_table(shown))
    long = pd.concat(
        [
            metrics.frame().assign(model=one.ensemble.label, seeds=one.n_seeds, n=metrics.n)
            for one, metrics in measured
        ],
        ignore_index=True,
    )
    draw_numbers(long, _METRIC_COLUMNS, "metrics", choice)


def metrics_words(shown: Sequence[Evaluated], choice: Choice) -> str:
    """Say on which records the metrics rest, and what their brackets are."""
    n, n_mi = len(shown[0].labels), int(shown[0].labels.sum())
    return (
        f"{choice.data_version}, test set {choice.test_set}: n = {n:,}, {n_mi:,} of them MI. Value "
        "[95 % interval from 1,000 bootstrap samples of patients] of the ensemble. Accuracy, "
        f"sensitivity and specificity at the threshold {THRESHOLD}. Calibration errors (ECE) here "
        "always over 10 bins; their intervals are biased upward, because "
        "resampling adds noise to each bin."
    )


def metrics_table(shown: Sequence[Evaluated]) -> pd.DataFrame:
    """One row for each ensemble, every metric with its interval."""
    rows = []
    for one in shown:
        found = cache.metrics(one.labels, one.probs, one.patients)
        said = {
            METRIC_LABELS[name]: getattr(found, name).text().replace(", ", ",\N{NO-BREAK SPACE}")
            for name in METRIC_NAMES
        }
        rows.append({"Ensemble": one.ensemble.label, "Seeds": one.n_seeds, **said})
    return pd.DataFrame(rows)


_METRIC_COLUMNS = {
    "model": "Ensemble",
    "seeds": "Seeds",
    "n": "Records",
    "metric": "Metric",
    "value": "Value",
    **INTERVAL,
}


def draw_published(shown: Sequence[Evaluated], choice: Choice) -> None:
    """Draw what was published on this test set, and why ours differ."""
    test_n = len(shown[0].labels)
    frame = published_frame(test_n)
    if choice.data_version != PTBXL_VERSION or frame.empty:
        st.markdown(
            f"Nothing was published on this test set ({choice.test_set} of {choice.data_version}, "
            f"n = {test_n:,}). Only figures on the same test set can be compared: choose "
            f"{PTBXL_VERSION} and certain or all."
        )
    else:
        st.caption(published_caption(test_n))
        draw_table(published_table(test_n))
    with st.expander("Why ours and the published figures differ", icon=":material/help:"):
        st.markdown(WHY_OURS_DIFFER)


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
