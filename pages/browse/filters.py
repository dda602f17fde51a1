"""The filters of Browse as widgets that live in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import streamlit as st

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.search import AGES, PRESETS, RecordFilter, Sort
from ecgcore.review.filter_query import (
    ANY,
    FIRST_VIEW,
    ONE_OF,
    PARAMETERS,
    filter_query,
    options,
    read_filter,
)
from ecgcore.tasks.registry import TASKS
from ecgcore.wording.numbers import counted
from pages.shared import worklist
from pages.shared.classes.caches import has_answers
from pages.shared.url_state import Bound, PageState

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


_MORE = (
    *("superclasses", "splits", "sexes", "validated", "ages", "only_unknown_age", "quality"),
    *("predicted", "min_predicted", "consensus"),
)
"""Fields behind “More filters”."""
_LABELS = {
    "codes": "Diagnosis (SCP code)",
    "territories": "MI territory",
    "groups": "Label group",
    "superclasses": "Superclass",
    "splits": "Split",
    "sexes": "Sex",
    "validated": "Validated by a human",
    "quality": "Signal quality",
    "predicted": "Predicted class",
    "consensus": "Consensus of readers",
}
_RENAMED = {"group": {"pure normal": "pure_normal"}}
"""Former words of a value, by parameter, so that old links work."""

_WORDS_HELP = (
    "Finds reports that have each of these words, also as a part of a longer word: in the report's "
    "own language, mostly German, or in its English translation."
)
_LIKELIHOOD_HELP = (
    "Likelihood of the diagnosis you chose; if none, of the MI in the chosen territory; if none, "
    "of a statement of the chosen superclass; if none, of the strongest MI. PTB-XL states no "
    "likelihood for form and rhythm statements."
)
_DISAGREEMENT_HELP = (
    "Highest minus lowest probability of MI among the model ensembles, in percentage points. "
    "Records with less are left out."
)
_QUALITY_HELP = (
    "Problems measured in the signal itself, lead by lead, with cautious limits. Several choices "
    "are alternatives. Mains cannot be told at 100 Hz."
)
_PREDICTED_HELP = (
    "Of any task with published networks; type to search. Its probability, calibrated on fold 9, "
    "stands beside each record of folds 9 and 10; other records have none. Order by it under "
    "“Order”."
)
_CONSENSUS_HELP = (
    "What readers' conflicts were settled to on the page Adjudication, beside the record's own "
    "label. Several choices are alternatives."
)
_AGE_HELP = (
    "90 stands for every age over 89. The full range includes unknown ages; with “Age unknown” "
    "only those are shown."
)


def state(catalog: Catalog) -> PageState:
    """Return what of the page lives in the URL, with the values that each choice can have."""
    return PageState("browse", {name: _bound(field, catalog) for field, name in PARAMETERS.items()})


def _bound(field: str, catalog: Catalog) -> Bound:
    known = list(_words(field, catalog).values())
    if field in ONE_OF:
        known.append(ANY)
    if field in ("min_disagreement", "min_predicted"):
        known = [str(points) for points in range(101)]
    if field == "ages":
        known = [str(years) for years in range(AGES[0], AGES[1] + 1)]
    if field == "only_unknown_age":
        known = ["true", "false"]
    name = PARAMETERS[field]
    return Bound(known, _LABELS.get(field, "").lower(), _RENAMED.get(name, {}))


def follow_list(catalog: Catalog) -> None:
    """Show the filter of a list in the URL, as Review holds it, and write it as Browse does.

    The browser's Back button leads from a case to such an entry, which Streamlit adds when it
    switches pages.
    """
    listed = st.query_params.get(worklist.PARAM)
    if listed is None:
        return
    wanted = read_filter(listed, catalog)
    st.query_params.from_dict(parse_qs(filter_query(wanted, catalog)))
    apply(wanted)
    st.rerun()  # in the run that follows Back, what is set here does not count


def preset_buttons(wanted: RecordFilter) -> None:
    """Draw one button for each preset and mark the one that the present filters equal."""
    for name, preset in PRESETS.items():
        chosen = preset == wanted
        st.button(
            f"**{name}**" if chosen else name,
            key=f"preset {name}",
            icon=":material/check:" if chosen else None,
            on_click=apply,
            args=(preset,),
        )


def filter_widgets(catalog: Catalog, *, no_quality: str = "") -> RecordFilter:
    """Draw the filters and return what they ask for.

    Parameters
    ----------
    no_quality
        Why the signals' quality cannot be asked for; "" if it can.
    """
    first = st.columns([2.6, 2.6, 2, 2.2, 2, 2.4, 2.4], vertical_alignment="bottom")
    more = st.expander(_more_words(), icon=":material/tune:")
    patient = more.columns([2.6, 2, 2.2, 2.6, 2.6, 2, 3], vertical_alignment="bottom")
    said = more.columns([3, 2.4, 2.6, 2.4], vertical_alignment="bottom")
    about = RecordFilter(
        words=first[0].text_input(
            "Words in the report",
            placeholder=ANY,
            max_chars=60,
            help=_WORDS_HELP,
            icon=":material/search:",
            **_in_url("words"),
        ),
        codes=_several(first[1], "codes", catalog),
        territories=_several(first[2], "territories", catalog),
        superclasses=_several(patient[0], "superclasses", catalog),
    )
    likelihood = f"Likelihood of {about.subject}"
    predicted = _one(said[0], "predicted", catalog, help=_PREDICTED_HELP)
    return replace(
        about,
        predicted=predicted,
        min_predicted=said[1].slider(
            "Its probability from",
            0,
            100,
            0,
            5,
            format="%d %%",
            disabled=not predicted,
            **_in_url("min_predicted"),
        ),
        consensus=_several(said[2], "consensus", catalog, help=_CONSENSUS_HELP),
        likelihoods=_several(
            first[3], "likelihoods", catalog, label=likelihood, help=_LIKELIHOOD_HELP
        ),
        groups=_one(first[4], "groups", catalog),
        min_disagreement=_threshold(first[5]),
        sort=_order(first[6], catalog),
        splits=_one(patient[1], "splits", catalog),
        sexes=_several(patient[2], "sexes", catalog),
        validated=_several(patient[3], "validated", catalog),
        ages=patient[4].slider("Age in years", *AGES, AGES, help=_AGE_HELP, **_in_url("ages")),
        only_unknown_age=patient[5].checkbox("Age unknown", **_in_url("only_unknown_age")),
        quality=_several(
            patient[6],
            "quality",
            catalog,
            help=no_quality or _QUALITY_HELP,
            disabled=bool(no_quality),
        ),
    )


def apply(wanted: RecordFilter) -> None:
    """Set every widget to a filter; a callback of a button."""
    for field, key in PARAMETERS.items():
        value = getattr(wanted, field)
        if field in ONE_OF:
            value = _one_or_any(value)
        elif isinstance(value, tuple) and field != "ages":
            value = list(value)
        st.session_state[key] = value


def _more_words() -> str:
    """Say how many of the filters behind it differ from the first view."""
    n_set = sum(_is_changed(field) for field in _MORE)
    return f"More filters: {counted(n_set, 'changed', 'changed')}" if n_set else "More filters"


def _is_changed(field: str) -> bool:
    """Say whether a filter differs from the first view; a link's are not yet in the session."""
    name = PARAMETERS[field]
    if name in st.session_state:
        return bool(st.session_state[name] != _at_first(field))
    return name in st.query_params


def _at_first(field: str) -> object:
    value = getattr(FIRST_VIEW, field)
    if field in ONE_OF:
        return _one_or_any(value)
    return list(value) if isinstance(value, tuple) and field != "ages" else value


def _in_url(field: str) -> dict[str, Any]:
    return {"key": PARAMETERS[field], "bind": "query-params"}


def _threshold(place: DeltaGenerator) -> int:
    return place.slider(
        "Disagreement from",
        0,
        100,
        0,
        5,
        format="%d points",
        help=_DISAGREEMENT_HELP,
        **_in_url("min_disagreement"),
    )


def _order(place: DeltaGenerator, catalog: Catalog) -> Sort:
    sorts = options("sort", catalog)
    chosen: Sort = place.selectbox("Order", sorts, format_func=sorts.__getitem__, **_in_url("sort"))
    return chosen


def _words(field: str, catalog: Catalog) -> Mapping[Any, str]:
    """Return the options of a field; of classes, those of tasks whose networks have answered."""
    words = options(field, catalog)
    if field != "predicted":
        return words
    shipped = {name for name in TASKS if has_answers(name)}
    return {one: text for one, text in words.items() if one[0] in shipped}


def _several(
    place: DeltaGenerator,
    field: str,
    catalog: Catalog,
    *,
    label: str = "",
    help: str | None = None,
    disabled: bool = False,
) -> tuple[Any, ...]:
    words = options(field, catalog)
    chosen = place.multiselect(
        label or _LABELS[field],
        list(words),
        format_func=words.__getitem__,
        placeholder="not available" if disabled else ANY,
        help=help,
        disabled=disabled,
        **_in_url(field),
    )
    return tuple(chosen)


def _one(
    place: DeltaGenerator, field: str, catalog: Catalog, *, help: str | None = None
) -> tuple[Any, ...]:
    words = _words(field, catalog)
    values = [ANY, *words]
    chosen = place.selectbox(
        _LABELS[field],
        values,
        index=values.index(_one_or_any(getattr(FIRST_VIEW, field))),
        format_func=lambda value: words.get(value, ANY),
        help=help,
        **_in_url(field),
    )
    return () if chosen == ANY else (chosen,)


def _one_or_any(chosen: tuple[Any, ...]) -> object:
    return chosen[0] if chosen else ANY
