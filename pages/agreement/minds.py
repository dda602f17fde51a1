"""What readers changed after the answers were shown, and whom they followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ecgcore.review.agreement.readers import ALL_READERS, Minds
from ecgcore.review.agreement.readings_frame import CONSENSUS, LABEL
from pages.agreement import caches as kept
from pages.agreement.confidence import verdicts_of
from pages.agreement.pairs import draw_cases
from pages.shared.plots import draw_table, unbroken

if TYPE_CHECKING:
    from pages.agreement.choice import StoreSource

_ABOUT = (
    "Followed: of readings that differed from it, those that took it over; left: of those that "
    "agreed, those that turned away. 95 % intervals over cases, by Korn and Graubard."
)
_BY_LABEL, _BY_MODEL = "label", "model"


def draw_minds(source: StoreSource) -> None:
    """Draw how many verdicts changed, towards label or model and away, for all and each reader."""
    study = source.study
    options = [_BY_LABEL, *([_BY_MODEL] if source.ensemble is not None else [])]
    chosen = st.segmented_control(
        "Changed towards the",
        options,
        default=_BY_LABEL,
        required=True,
        key="advice",
        bind="query-params",
    )
    advice, truth, about = _advice_of(source, study, chosen or _BY_LABEL)
    key = source.key(chosen or _BY_LABEL)
    names = [ALL_READERS, *study.readings["reader"].unique()]
    found = {name: kept.minds(key, study, advice, truth, name) for name in names}
    rows = {name: one for name, one in found.items() if one is not None}
    if not rows:
        st.info(
            "Nobody has been shown the answers of a case yet, so there is no change of mind to "
            "count.",
            icon=":material/info:",
        )
        return
    draw_table(minds_table(rows))
    st.caption(
        f"Blind readings whose answers were then shown; who did not read again kept to it. "
        f"{about} {_ABOUT}"
    )
    changed = list(rows.get(ALL_READERS, next(iter(rows.values()))).cases)
    draw_cases(changed, "**Changed after the answers**", "changed after the answers")


def _advice_of(
    source: StoreSource, study: kept.Read, chosen: str
) -> tuple[pd.Series[str], pd.Series[str], str]:
    """Return what was shown, the truth to judge by, and words for both."""
    if chosen == _BY_MODEL and source.ensemble is not None:
        calls = kept.calls(study, source.ensemble).set_index("case")["verdict"]
        label = source.ensemble.label
        about = f"Model: {label}, MI called by the decision settings; right and wrong by the label."
        return calls, verdicts_of(study, LABEL), about
    about = "Label: MI, uncertain or no MI by its certainty; right and wrong by the consensus."
    return verdicts_of(study, LABEL), verdicts_of(study, CONSENSUS), about


def minds_table(found: dict[str, Minds]) -> pd.DataFrame:
    """List the shares of all readers and of each."""
    rows = []
    for name, one in found.items():
        change = one.found
        row = {
            "Reader": name,
            "Readings": f"{change.n:,}",
            "Cases": f"{one.n_cases:,}",
            "Changed": unbroken(change.changed, 2),
            "Followed": unbroken(change.followed, 2),
            "Left": unbroken(change.left, 2),
        }
        judged = one.judged
        if judged is not None and judged.mended is not None and judged.harmed is not None:
            row["Judged"] = f"{judged.n:,}"
            row["Wrong to right"] = unbroken(judged.mended, 2)
            row["Right to wrong"] = unbroken(judged.harmed, 2)
        rows.append(row)
    return pd.DataFrame(rows).fillna("")
