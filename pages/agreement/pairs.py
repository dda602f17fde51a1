"""Every rater against one, and the cases behind each cell of their cross table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from ecgcore.review.agreement.raters import YES_OR_NO
from ecgcore.review.agreement.readings_frame import LABEL, known_records
from ecgcore.review.agreement.tables import Against, cross
from ecgcore.wording.numbers import counted
from ecgcore.wording.records import LABEL_GROUPS, age_words
from pages.agreement import caches as kept
from pages.agreement.choice import STATE, choose_finding
from pages.agreement.words import LIMITS, ONE_CASE, cell
from pages.shared import caches, url_state, worklist
from pages.shared.case_grid import draw_grid
from pages.shared.errors import plain
from pages.shared.plots import draw_table

if TYPE_CHECKING:
    from ecgcore.review.agreement.raters import Raters
    from ecgcore.stats.reliability_curve import IntArray
    from pages.agreement.choice import Source

_CELL = "cell"
_LISTED, _LIST_PX = 10, 400
_COLUMNS = {"Record": st.column_config.NumberColumn(format="%d", width=68)}


def draw_pairs(source: Source) -> None:
    """Draw everybody's agreement with one rater, then one pair's cross table and its cases."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        finding = choose_finding(source)
        raters = source.raters(finding)
        first = LABEL if LABEL in raters.names else raters.names[0]
        reference = _choose("Compare with", raters.names, "with", first)
    found = kept.compared(source.key(finding), raters, reference)
    if not found:
        st.info(
            f"Nobody rated {plain(finding)} on a case of {plain(reference)}.",
            icon=":material/info:",
        )
        return
    draw_table(pairs_table(raters, found))
    st.caption(
        "Cohen's kappa; weighted: by steps between the answers; prevalence-adjusted: as if all "
        "answers were equally frequent. Agreement on an answer: share of the times that either "
        f"gave it on which both did. {LIMITS}"
        f"{ONE_CASE if any(one.found.n == 1 for one in found) else ''}"
    )
    rater = _choose("Cases of", tuple(one.name for one in found), "rater", found[0].name)
    _draw_cross(raters, reference, rater)


def _choose(label: str, names: tuple[str, ...], key: str, first: str) -> str:
    asked = st.query_params.get(key, "")
    if asked and asked not in names:
        words = url_state.unknown_words("rater", asked, "choose another one.")
        st.warning(words, icon=":material/warning:")
    if st.session_state.get(key, first) not in names:
        del st.session_state[key]
    chosen = st.selectbox(
        label, names, index=names.index(first), key=key, bind="query-params", width=260
    )
    return chosen or first


def pairs_table(raters: Raters, found: list[Against]) -> pd.DataFrame:
    """List every figure of each rater with the chosen one."""
    return pd.DataFrame([_pair(raters, one) for one in found])


def _pair(raters: Raters, one: Against) -> dict[str, str]:
    pair = one.found
    row = {
        "Rater": one.name,
        "n": f"{pair.n:,}",
        "Agreement": cell(pair.observed, 2),
        "Kappa": cell(pair.kappa, 2),
    }
    if pair.weighted_kappa is not None:
        row["Weighted kappa"] = cell(pair.weighted_kappa, 2)
    row["Prevalence-adjusted"] = cell(pair.adjusted_kappa, 2)
    names = {"yes": "Positive agreement", "no": "Negative agreement"}
    shown = raters.values if len(raters.values) <= 3 else ()
    for value, share in reversed(list(zip(shown, pair.specific, strict=False))):
        title = names[value] if raters.values == YES_OR_NO else f"Agreement on {value}"
        row[title] = cell(share, 2)
    return row


def _draw_cross(raters: Raters, reference: str, rater: str) -> None:
    table = cross(raters, reference, rater)
    chosen = _chosen_cell(table)
    cells, cases = st.columns([0.42, 0.58], gap="medium")
    with cells:
        st.markdown(
            f"**{plain(reference)}** in rows, **{plain(rater)}** in columns; click a cell to see "
            "its cases."
        )
        for i, value in enumerate(raters.values):
            st.markdown(f":small[**{plain(reference)}: {plain(value)}**]")
            for j, column in enumerate(st.columns(len(raters.values))):
                column.button(
                    f"{plain(raters.values[j])}  \n**{table[i, j]:,}**",
                    key=f"cell_{i}_{j}",
                    icon=":material/check_circle:" if (i, j) == chosen else None,
                    width="stretch",
                    on_click=_choose_cell,
                    args=(i, j),
                )
    with cases:
        i, j = chosen
        names = raters.cell(reference, rater, raters.values[i], raters.values[j])
        words = (
            f"{plain(reference)}: **{plain(raters.values[i])}**, {plain(rater)}: "
            f"**{plain(raters.values[j])}**"
        )
        draw_cases(names, words, f"{reference}: {raters.values[i]}, {rater}: {raters.values[j]}")


def _chosen_cell(table: IntArray) -> tuple[int, int]:
    """Return the cell of the URL; at first, where the two differ most often, if they ever do."""
    asked = st.query_params.get(_CELL, "")
    rows, _, columns = asked.partition("-")
    if rows.isdecimal() and columns.isdecimal():
        found = int(rows[:2]), int(columns[:2])
        if max(found) < len(table):
            return found
    apart = np.where(np.eye(len(table), dtype=np.bool_), 0, table)
    i, j = divmod(int((apart if apart.any() else table).argmax()), len(table))
    return i, j


def _choose_cell(i: int, j: int) -> None:
    st.query_params[_CELL] = f"{i}-{j}"


def draw_cases(cases: list[str], words: str, title: str) -> None:
    """List cases; a click opens a record of the open data in Review."""
    st.markdown(f"{words}: {counted(len(cases), 'case')}")
    if not cases:
        st.info("No case lies in this cell.", icon=":material/info:")
        return
    known = known_records(caches.catalog(), cases)
    if len(known) < len(cases):
        strange = [case for case in cases if case not in set(known.values())]
        st.caption(
            f"{counted(len(strange), 'case')} not of {caches.catalog().version}: "
            f"{plain(', '.join(strange[:_LISTED]))}{' …' if len(strange) > _LISTED else ''}"
        )
    if not known:
        return
    frame = caches.catalog().frame.loc[list(known)]
    table = pd.DataFrame(
        {
            "Record": list(known),
            "Label": [LABEL_GROUPS[one] for one in frame["group"]],
            "Territory": frame["territory"].to_numpy(),
            "Age": [age_words(age) for age in frame["age"]],
            "Sex": frame["sex"].to_numpy(),
        }
    )
    with st.container(horizontal=True):
        asked = st.button("Open in Review", icon=":material/ecg_heart:")
        worklist.draw_send(list(known), title)
    row = draw_grid(
        table,
        _COLUMNS,
        key="agreement_cases",
        alt=f"{len(table)} cases: {title}",
        height=_LIST_PX if len(table) > _LISTED else "auto",
    )
    if asked or row is not None:
        STATE.keep()
        worklist.open_case(int(table["Record"].iloc[row or 0]), worklist.of_records(known))
