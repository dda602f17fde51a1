"""Planted evidence: its choice, and how the map of an ECG answers to it."""

from __future__ import annotations

import streamlit as st

from ecgcore.errors import ModelError, RecordError
from ecgcore.explain.attribution import DEFAULT_METHOD, Attribution
from ecgcore.explain.planted import Finding, change_finding, finding, places_in
from ecgcore.leads import LEADS, TERRITORY_LEADS
from ecgcore.signals.planted import KINDS, Plant
from ecgcore.signals.what_if import WhatIf
from ecgcore.wording.numbers import number, percent, signed
from pages.case.attribution.explanation import Explained
from pages.case.attribution.map_caches import attribution
from pages.shared import caches, url_state
from pages.shared.case import ReadableCase
from pages.shared.errors import show_ecg_error

_NONE = "nothing"
_TITLES = {_NONE: "", **{kind.title: name for name, kind in KINDS.items()}}
_STEP_MV = 0.05


def choose_plant(n_beats: int) -> Plant | None:
    """Draw the choice of what to plant, of its size, leads and beats; they live in the URL."""
    url_state.warn_of_unknown("plant", _TITLES, what="evidence to plant")
    kind_place, size_place, leads_place, beats_place = st.columns([0.2, 0.2, 0.35, 0.25])
    title = kind_place.selectbox(
        "Plant evidence",
        list(_TITLES),
        key="plant",
        bind="query-params",
        help="At known places, so that you see whether the probability and the map find it.",
    )
    name = _TITLES.get(title or _NONE, "")
    if not name:
        return None
    kind = KINDS[name]
    size = size_place.number_input(
        f"Size in mV, {number(kind.sizes_mv[0], 2)} to {number(kind.sizes_mv[1], 2)}",
        *kind.sizes_mv,
        value=kind.usual_mv,
        step=_STEP_MV,
        key=f"size_{name}",
        bind="query-params",
    )
    leads = leads_place.multiselect(
        "Leads", LEADS, default=TERRITORY_LEADS["anterior"], key="plant_leads", bind="query-params"
    )
    beats = beats_place.multiselect(
        "Beats (all, if none is chosen)",
        [str(k + 1) for k in range(n_beats)],
        key="plant_beats",
        bind="query-params",
    )
    if not leads:
        st.info("Choose at least one lead to plant in.", icon=":material/info:")
        return None
    return Plant(name, float(size), tuple(leads), tuple(sorted(int(beat) for beat in beats)))


def answer(
    case: ReadableCase, changed: ReadableCase, wish: WhatIf, explained: Explained
) -> Attribution | None:
    """Explain the changed ECG, write how the map answers, and return it; None without a map."""
    if not explained.who:
        return None
    method = DEFAULT_METHOD if explained.method == "none" else explained.method
    try:
        after = attribution(changed, explained.who, method)
        before = attribution(case, explained.who, method)
        where = wish.planted_where(case.record, caches.measurements(case))
    except (ModelError, RecordError) as error:
        show_ecg_error(error)
        return None
    if where is not None:
        places = places_in(where, case.record.fs_hz, after)
        st.markdown(answer_words(finding(after, places), change_finding(before, after, places)))
    moved = after.logit - before.logit
    st.caption(
        f"Map: {after.label}; its logit moves by {signed(moved, 1)}. Only the chosen leads change: "
        "limb leads do not follow each other as they would in a patient."
    )
    return after


def answer_words(now: Finding, change: Finding) -> str:
    """Say whether the map, and what changed in it, are strongest where evidence was planted."""
    where = "inside" if now.hit else "outside"
    return (
        f"The strongest moment of the map lies **{where}** what was planted "
        f"({percent(now.area, 0)} of the page). AUROC of the map **{_score(now.auroc)}**, of what "
        f"changed in it **{_score(change.auroc)}** (1 finds it, 0.5 is chance)."
    )


def _score(auroc: float) -> str:
    return "not defined" if auroc != auroc else number(auroc, 2)
