"""One case: the ECG and the form, and after the commit label, models and map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.predictions.decision import without_verdicts
from ecgcore.ptbxl.earlier import leading_diagnosis
from ecgcore.review.readings.rounds import Place, commit, reveal
from ecgcore.review.teaching.learner import LearnerCase, following
from ecgcore.review.worklists.saved import TEACHING
from ecgcore.wording.numbers import counted
from ecgcore.wording.records import ABOUT_LABEL_GROUPS, LABEL_GROUPS, likelihood_words
from pages.case.attribution import checked
from pages.case.labels import default_ensemble
from pages.case.opening import open_case
from pages.case.paper_choice import paper_controls
from pages.case.prediction_panel import draw_predictions, predict
from pages.case.reading import reading_form
from pages.case.scope_caches import scope_of_case, stored_scope
from pages.case.view import attribution_of, draw_labels, draw_sheet
from pages.shared import caches
from pages.shared.case import Case, ReadableCase
from pages.shared.decision_choice import chosen_settings
from pages.shared.reader.caches import log
from pages.teaching import caches as kept
from pages.teaching.choice import MAPS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecgcore.models.cards import ModelEntry
    from ecgcore.ptbxl.catalog import CatalogEntry
    from ecgcore.review.readings.reading import Reading

_METHOD = "ig"
_SAYS = {True: "The label says MI", False: "The label says no MI"}


def draw_reading(found: Sequence[LearnerCase], who: str) -> None:
    """Draw the case of the URL, else the next one to be read."""
    retest = bool(st.session_state.get("retest"))
    case = _asked(found) or following(found, kept.now(), retest=retest)
    if case is None:
        _draw_end(found, retest=retest)
        return
    place = [one.case for one in found].index(case.case) + 1
    st.query_params["case"] = str(place)
    opens = case.retest_opens
    to_read = (opens is not None and opens <= kept.now()) if retest else case.is_due(kept.now())
    shown = open_case(int(case.case))
    with st.container(key="case", horizontal=True, gap="small"):
        ecg_side, panel = st.container(gap="xsmall"), st.container(gap="small")
    with panel:
        st.markdown(f"Case {place} of {len(found)}" + (" · retest" if retest and to_read else ""))
        if to_read:
            _draw_form(case, who, place)
        else:
            _draw_answers(case, shown, found, retest=retest)
    with ecg_side:
        _draw_ecg(shown, f"case {place}", with_map=not to_read)
        if not to_read and shown.entry is not None:
            draw_labels(shown.entry)


def _asked(found: Sequence[LearnerCase]) -> LearnerCase | None:
    text = st.query_params.get("case", "")
    place = int(text) if text.isdecimal() and len(text) < 5 else 0
    return found[place - 1] if 1 <= place <= len(found) else None


def _draw_form(case: LearnerCase, who: str, place: int) -> None:
    where = Place(TEACHING, case.case, who)

    def record(said: Reading) -> None:
        commit(log(), where, said, case.n_readings + 1)
        reveal(log(), where)

    reading_form(f"teaching/{place}", record, number=case.n_readings + 1)


def _draw_ecg(shown: Case, name: str, *, with_map: bool) -> None:
    if not isinstance(shown, ReadableCase):
        st.warning("The recording of this case cannot be read. Say “not readable”.")
        return
    members: tuple[ModelEntry, ...] = ()
    with st.container(horizontal=True, vertical_alignment="center"):
        paper, chosen_filter = paper_controls()
        if with_map and _wants_map():
            ensembles = [one for one in caches.ensembles() if one.shipped]
            members = ensembles[default_ensemble(tuple(ensembles))].members if ensembles else ()
    overlay = attribution_of(shown, _METHOD, members)
    checks = None if overlay is None else checked.known_checks(shown, members, _METHOD)
    draw_sheet(shown.called(name), paper, chosen_filter, overlay, checks=checks)
    if overlay is not None and checks is None and checked.make_checks(shown, members, _METHOD):
        st.rerun()


def _wants_map() -> bool:
    chosen = st.segmented_control(
        "Map",
        MAPS,
        default=MAPS[0],
        required=True,
        key="map",
        bind="query-params",
        label_visibility="collapsed",
        help="Where the model looks: Integrated Gradients.",
    )
    return chosen == MAPS[1]


def _draw_answers(
    case: LearnerCase, shown: Case, found: Sequence[LearnerCase], *, retest: bool
) -> None:
    last = case.attempts[-1]
    right = case.is_right(last)
    words = f"Your reading: **{last.reading.words}**"
    if right is None:
        st.info(f"{words}. No answer is wrong here: nobody knows.", icon=":material/help:")
    elif right:
        st.success(f"{words}. {_SAYS[bool(case.truth)]}, too.", icon=":material/check:")
    else:
        st.error(f"{words}. {_SAYS[bool(case.truth)]}.", icon=":material/close:")
    if due := case.schedule.due:
        st.caption(f"It comes again on {due:%d %B %Y}.")
    if following(found, kept.now(), retest=retest) is not None:
        st.button("Next case", shortcut="N", on_click=_next)
    else:
        st.success("Every case that is due has been read.")
    if shown.entry is not None:
        _draw_label(shown.entry)
    _draw_models(shown)


def _next() -> None:
    st.query_params.pop("case", None)


def _draw_label(entry: CatalogEntry) -> None:
    likelihood = caches.catalog().frame["mi_likelihood"].get(entry.ecg_id)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.markdown("**Label**", width="content")
        about = f"Label group: {ABOUT_LABEL_GROUPS[entry.group]}."
        st.badge(LABEL_GROUPS[entry.group], color="blue", help=about)
        st.badge(leading_diagnosis(entry), color="violet")
    certainty = "no MI code" if likelihood != likelihood else f"MI {likelihood_words(likelihood)}"
    st.caption(f"Certainty: {certainty} · record {entry.ecg_id} · {entry.age} · {entry.sex}")


def _draw_models(shown: Case) -> None:
    decision = chosen_settings()
    rows, notes = predict(shown, decision)
    scope = scope_of_case(shown) if isinstance(shown, ReadableCase) else stored_scope(shown.entry)
    if scope is not None and scope.void:
        rows = without_verdicts(rows)
    draw_predictions(shown, rows, notes, decision, scope)


def _draw_end(found: Sequence[LearnerCase], *, retest: bool) -> None:
    if retest:
        opens = [one.retest_opens for one in found if one.retest_opens is not None]
        if opens:
            st.info(f"The retest opens on {min(opens):%d %B %Y}.", icon=":material/schedule:")
        else:
            st.success("The retest is done. See its result.", icon=":material/check:")
        return
    due = [one.schedule.due for one in found if one.schedule.due is not None]
    st.success(f"{counted(len(found), 'case')} read.", icon=":material/check:")
    if due:
        st.caption(f"The next one comes again on {min(due):%d %B %Y}.")
