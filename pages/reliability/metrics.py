"""Tables of the Reliability page: the numbers behind each plot, metrics and published figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from ecgcore.ptbxl.catalog import PTBXL_VERSION
from ecgcore.stats.metrics import METRIC_NAMES, Estimate
from ecgcore.study.published import WHY_OURS_DIFFER, published_frame
from pages.reliability.choice import Choice
from pages.reliability.numbers import View
from pages.shared import evaluation_caches as cache

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
CURVE_LABELS = {
    "model": "Model",
    "bin": "Bin",
    "left": "From",
    "right": "To",
    "n": "Records",
    "n_mi": "MI among them",
    "mean_prob": "Mean predicted probability",
    "observed": "Observed MI fraction",
    "low": "95 % interval from",
    "high": "95 % interval to",
}


def draw_numbers(
    table: pd.DataFrame, labels: Mapping[str, str], name: str, choice: Choice, *, digits: int = 4
) -> None:
    """Draw the numbers behind a plot: a table with readable headers, and its CSV.

    Parameters
    ----------
    labels
        Column to header, in the order to show.
    name
        Begins the name of the file; unique on the page.
    """
    readable = table[list(labels)].rename(columns=labels)
    floats = readable.select_dtypes("float").columns
    with st.expander("Numbers", icon=":material/table:"):
        st.dataframe(
            readable,
            hide_index=True,
            column_config={
                column: st.column_config.NumberColumn(format=f"%.{digits}f") for column in floats
            },
        )
        st.download_button(
            "Download as CSV",
            readable.to_csv(index=False),
            f"{name}_{choice.test_set}_{choice.method}.csv",
            "text/csv",
            key=f"csv_{name}",
            on_click="ignore",
            icon=":material/download:",
        )


def unbroken(estimate: Estimate, digits: int = 3) -> str:
    """Write an estimate so that it is never broken in two lines."""
    return estimate.text(digits).replace(" ", "\N{NO-BREAK SPACE}")


def draw_metrics(shown: Sequence[View], choice: Choice) -> None:
    """Draw every metric of every group's ensemble, with its interval."""
    n, n_mi = len(shown[0].labels), int(shown[0].labels.sum())
    st.caption(
        f"{choice.data_version}, test set {choice.test_set}: n = {n:,}, {n_mi:,} of them MI. Value "
        "[95 % interval from 1,000 bootstrap samples of patients] of the ensemble. Accuracy, "
        f"sensitivity and specificity at the threshold {THRESHOLD}. Calibration errors (ECE) here "
        "always over 10 bins; their intervals lean upward, since resampling adds noise to each bin."
    )
    measured = [
        (view, cache.metrics(view.labels, view.probs, view.judged.patients)) for view in shown
    ]
    rows = [
        {"Model": view.group.label, "Seeds": view.n_seeds}
        | {
            METRIC_LABELS[name]: getattr(metrics, name).text().replace(", ", ",\N{NO-BREAK SPACE}")
            for name in METRIC_NAMES
        }
        for view, metrics in measured
    ]
    st.table(pd.DataFrame(rows), hide_index=True, border="horizontal")
    long = pd.concat(
        [
            metrics.frame().assign(model=view.group.label, seeds=view.n_seeds, n=metrics.n)
            for view, metrics in measured
        ],
        ignore_index=True,
    )
    draw_numbers(long, _METRIC_COLUMNS, "metrics", choice)


_METRIC_COLUMNS = {
    "model": "Model",
    "seeds": "Seeds",
    "n": "Records",
    "metric": "Metric",
    "value": "Value",
    "low": "95 % interval from",
    "high": "95 % interval to",
}


def draw_published(test_n: int, choice: Choice) -> None:
    """Draw what was published on this test set, and why ours differ."""
    frame = published_frame(test_n)
    if choice.data_version != PTBXL_VERSION or frame.empty:
        st.markdown(
            f"Nothing was published on this test set ({choice.test_set} of {choice.data_version}, "
            f"n = {test_n:,}). Only figures on the same test set can be compared: choose "
            f"{PTBXL_VERSION} and certain or all."
        )
    else:
        st.caption(published_caption(test_n))
        st.table(published_table(test_n), hide_index=True, border="horizontal")
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
