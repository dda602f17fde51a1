"""The tab "Similar cases": the certain-label training records that look most alike to a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.errors import ModelError, RecordError
from ecgcore.figures.ecg_paper import ecg_figure, figure_height_px
from ecgcore.figures.paper_layout import roomy_layout
from ecgcore.models.cards import ModelEntry
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.ptbxl.earlier import leading_diagnosis
from ecgcore.wording.numbers import number, percent
from ecgcore.wording.records import LABEL_GROUPS
from pages.case.attribution.explanation import Explained
from pages.case.attribution.similar_caches import feature_index, features
from pages.shared import caches
from pages.shared.case import ReadableCase
from pages.shared.errors import show_ecg_error
from pages.shared.widgets import is_dark

if TYPE_CHECKING:
    from ecgcore.explain.similar import FeatureIndex, Similar
    from ecgcore.records import EcgRecord

_SMALL_PX = 430
_COLUMNS = 3


def draw_similar(case: ReadableCase, explained: Explained) -> None:
    """Draw the nearest training records with label, likelihood, distance and a small ECG each."""
    if not explained.who:
        st.info("No model is installed.", icon=":material/info:")
        return
    entry = explained.who[0]
    try:
        index, asked = feature_index(entry), features(case, entry)
    except (ModelError, RecordError) as error:
        show_ecg_error(error)
        return
    found = index.nearest(asked, _left_out(case))
    far = float(index.study_distance(asked[None])[0])
    st.markdown(summary_words(found, [caches.catalog().entry(one.ecg_id) for one in found]))
    places = [place for _ in range(0, len(found), _COLUMNS) for place in st.columns(_COLUMNS)]
    for one, place in zip(found, places, strict=False):
        with place.container(border=True, gap="xxsmall"):
            _draw_one(one, caches.catalog().entry(one.ecg_id))
    st.caption(about_words(entry, index, far))


def summary_words(found: tuple[Similar, ...], entries: list[CatalogEntry]) -> str:
    """Say how many of the nearest are MI."""
    n_mi = sum(entry.group != "pure_normal" for entry in entries)
    return f"**{n_mi} of the {len(found)} nearest training records are certain MI.**"


def about_words(entry: ModelEntry, index: FeatureIndex, far: float) -> str:
    """Say what distance is, whose features were compared, and how far this ECG lies from all."""
    words = (
        f"Distance: 1 minus the cosine of the angle between what {entry.label} judges of the two "
        "ECGs; 0 is the same. Certain MI and strictly normal ECGs of folds 1 to 8, none of this "
        "patient."
    )
    if not index.reference.size:
        return words
    share = percent(index.farther_than(far), 0)
    return (
        f"{words} This ECG lies {number(far, 3)} from its five nearest, farther than {share} of "
        "the study's ECGs of fold 9."
    )


def _draw_one(one: Similar, entry: CatalogEntry) -> None:
    """Draw one neighbour; without its signal, its label stands alone."""
    label = f"{LABEL_GROUPS[entry.group]} · {leading_diagnosis(entry)}"
    st.markdown(f"**Record {one.ecg_id}** · {label}  \nDistance **{number(one.distance, 3)}**")
    try:
        record = caches.read_record(one.ecg_id)
    except RecordError:
        st.caption("Its signal is not on this disk.")
    else:
        _draw_small(record)
    st.page_link(
        "review/page.py",
        label="Open in Review",
        icon=":material/ecg_heart:",
        query_params={"open": str(one.ecg_id)},
    )


def _draw_small(record: EcgRecord) -> None:
    layout = roomy_layout(record)
    figure = ecg_figure(record, layout=layout, theme="dark" if is_dark() else "light")
    figure.update_layout(height=figure_height_px(_SMALL_PX, layout))
    figure.layout.annotations = figure.layout.annotations[1:]
    figure.update_traces(textfont={"size": 9}, selector={"name": "lead names"})
    st.plotly_chart(
        figure,
        theme=None,
        key=f"similar_{record.record_id}",
        config={"staticPlot": True},
        alt=f"12-lead ECG of similar record {record.record_id}",
    )


def _left_out(case: ReadableCase) -> list[int]:
    """List the records of the case's own patient."""
    from ecgcore.explain.similar import same_patient_ids

    return [] if case.entry is None else same_patient_ids(caches.catalog(), case.entry.ecg_id)
