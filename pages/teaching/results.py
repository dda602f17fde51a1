"""How good the learner was, beside the models on the same cases, at first and after days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ecgcore.errors import EcgError
from ecgcore.predictions.ensemble import ensemble_by_name
from ecgcore.review.teaching.learner import (
    RETEST_DAYS,
    brier,
    first_attempts,
    mean_over_cases,
)
from ecgcore.stats.agreement.shares import clustered_share
from ecgcore.wording.numbers import counted
from pages.shared import caches
from pages.shared.decision_choice import chosen_settings
from pages.shared.errors import show_ecg_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecgcore.review.teaching.learner import LearnerCase


def draw_results(found: Sequence[LearnerCase]) -> None:
    """Draw scores, the retest, and when each case comes again."""
    table = first_attempts(found)
    n_open = sum(bool(one.attempts) and one.truth is None for one in found)
    if table.empty:
        st.info("Read some cases with a certain label first.", icon=":material/info:")
    else:
        table = table.assign(patient=_patients(table["case"]))
        _draw_scores(table)
        _draw_retest(table)
    if n_open:
        st.caption(
            f"{counted(n_open, 'case')} read without a certain label: no truth, so in no score."
        )
    _draw_schedule(found)


def _patients(cases: pd.Series[str]) -> list[str]:
    frame = caches.catalog().frame
    known = frame["patient_id"].to_dict() if "patient_id" in frame else {}
    return [str(known.get(int(case), f"record {case}")) for case in cases]


def _draw_scores(table: pd.DataFrame) -> None:
    st.header("Brier score of your first readings, beside the models", anchor=False)
    said = _said()
    ids = table["case"].astype(int)
    split = caches.catalog().frame["split"]
    fair = ids.map(split).eq("test").to_numpy()
    models = [] if said is None else [one for one in said.columns if said[one].dtype.kind == "f"]
    if said is not None:
        fair = fair & ids.isin(said.dropna(subset=models).index).to_numpy()
    mine = table[fair] if models else table
    if mine.empty:
        st.info("No model can be held against these cases: none is of the test fold.")
        mine, models = table, []
    own, who = brier(mine["truth"], mine["prob"]), mine["patient"]
    right = clustered_share(mine["right"], mine["patient"]).text(2)
    rows = [{"Who": "You", "Brier score": mean_over_cases(own, who).text(4), "You minus it": ""}]
    for name in models:
        probs = pd.Series(said.loc[mine["case"].astype(int), name].to_numpy(), mine.index)  # type: ignore[union-attr]
        theirs = brier(mine["truth"], probs)
        rows.append(
            {
                "Who": ensemble_by_name(caches.ensembles(), name).label,
                "Brier score": mean_over_cases(theirs, who).text(4),
                "You minus it": mean_over_cases(own - theirs, who).text(4),
            }
        )
    st.table(pd.DataFrame(rows), hide_index=True, border="horizontal")
    n, n_patients = len(mine), mine["patient"].nunique()
    intervals = "95 % intervals over patients" if n_patients > 1 else "one patient has no interval"
    st.caption(
        f"The same {counted(n, 'case')} of {counted(n_patients, 'patient')} for all; "
        f"{intervals}. Right: {right}. 0 is sure and right, 0.25 always 50 %, 1 sure "
        "and wrong; “not readable” counts as 50 %."
    )
    if models and (left := len(table) - n):
        st.caption(
            f"{counted(left, 'case')} left out: the models learned from them, or say nothing."
        )


def _said() -> pd.DataFrame | None:
    try:
        return caches.said(caches.catalog().version, chosen_settings())
    except EcgError as error:
        show_ecg_error(error)
        return None


def _draw_retest(table: pd.DataFrame) -> None:
    st.header(f"Retest, {RETEST_DAYS} days and more after the answer was seen", anchor=False)
    again = table.dropna(subset=["retest"])
    if again.empty:
        st.caption(
            f"Nothing yet. Turn on **Retest** {RETEST_DAYS} days after reading; it asks for every "
            "case once more."
        )
        return
    first, last = (brier(again["truth"], again[name]) for name in ("prob", "retest"))
    who = again["patient"]
    rows = [
        {
            "Reading": name,
            "Brier score": mean_over_cases(scores, who).text(),
            "Right": clustered_share(right, who).text(2),
        }
        for name, scores, right in (
            ("First", first, again["right"]),
            ("Retest", last, again["retest_right"]),
        )
    ]
    st.table(pd.DataFrame(rows), hide_index=True, border="horizontal")
    change = mean_over_cases(last - first, who)
    st.caption(
        f"The same {counted(len(again), 'case')}. Retest minus first: {change.text()}; below 0 is "
        "better than at first."
    )


def _draw_schedule(found: Sequence[LearnerCase]) -> None:
    read = [(place, one) for place, one in enumerate(found, 1) if one.attempts]
    if not read:
        return
    with st.expander(f"When cases come again: {len(read)} read"):
        rows = [
            {
                "Case": place,
                "Readings": len(one.attempts),
                "Last": f"{one.attempts[-1].reading.words}, {one.attempts[-1].at:%d %B %Y}",
                "Again": f"{due:%d %B %Y}"
                if (due := one.schedule.due)
                else "no: label not certain",
            }
            for place, one in read
        ]
        st.table(pd.DataFrame(rows), hide_index=True, border="horizontal")
        st.caption("Intervals by SM-2 (Wozniak 1990), graded by how sure and how right you were.")


def _again(one: LearnerCase) -> str:
    due = one.schedule.due
    return "no: its label is not certain" if due is None else f"{due:%d %B %Y}"
