"""The filters of Browse as widgets that live in the URL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.quality_table import CHOICES
from ecgcore.ptbxl.search import AGES, PRESETS, RecordFilter, Sort
from ecgcore.wording.records import (
    LABEL_GROUPS,
    LIKELIHOODS,
    SEXES,
    SPLITS,
    SUPERCLASSES,
    TERRITORIES,
    VALIDATED,
    likelihood_words,
)
from pages.shared.url_state import Bound, PageState, follow_renamed

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

Option = TypeVar("Option", int, str)

ANY = "any"
_SORTS: dict[Sort, str] = {
    "disagreement": "disagreement first",
    "likelihood_rising": "least likely first",
    "likelihood_falling": "most likely first",
    "record": "record number",
}
_QUERY = {
    "codes": "code",
    "superclasses": "superclass",
    "territories": "territory",
    "likelihoods": "likelihood",
    "groups": "group",
    "splits": "split",
    "sexes": "sex",
    "validated": "validated",
    "ages": "age",
    "only_unknown_age": "age_unknown",
    "quality": "signal",
    "sort": "sort",
}
"""Fields of the filter and the query parameters that hold them."""

STATE = PageState("browse", dict.fromkeys(_QUERY.values(), Bound()))

_SINGLE = ("groups", "splits")
"""Fields of which the reader chooses one value or any."""

_LIKELIHOOD_HELP = (
    "Likelihood of the diagnosis you chose; if none, of the MI in the chosen territory; if none, "
    "of a statement of the chosen superclass; if none, of the strongest MI. PTB-XL states no "
    "likelihood for form and rhythm statements."
)
_QUALITY_HELP = (
    "Problems measured in the signal itself, lead by lead, with cautious limits. Several choices "
    "are alternatives. Mains cannot be told at 100 Hz."
)
_AGE_HELP = (
    "90 stands for every age over 89. The full range includes unknown ages; with “Age unknown” "
    "only those are shown."
)
_SORT_HELP = (
    "Disagreement is the highest minus the lowest probability of MI among the ensembles, "
    "by the decision settings at the top."
)


def preset_buttons(wanted: RecordFilter) -> None:
    """Draw one button for each preset and mark the one that the present filters equal."""
    with st.container(horizontal=True):
        for name, preset in PRESETS.items():
            chosen = preset == wanted
            st.button(
                f"**{name}**" if chosen else name,
                key=f"preset {name}",
                icon=":material/check:" if chosen else None,
                on_click=_apply,
                args=(preset,),
            )


def filter_widgets(catalog: Catalog, *, no_quality: str = "") -> RecordFilter:
    """Draw the filters and return what they ask for.

    Parameters
    ----------
    no_quality
        Why the signals' quality cannot be asked for; "" if it can.
    """
    follow_renamed(_QUERY["groups"], {"pure normal": "pure_normal"})
    label = st.columns([3, 2, 2, 2, 2])
    patient = st.columns([2.6, 2.6, 3.8, 3.8, 3.6, 3.8, 4.8], vertical_alignment="bottom")
    codes = _code_words(catalog)
    about = RecordFilter(
        codes=_several(label[0], "codes", "Diagnosis (SCP code)", codes, codes.__getitem__),
        superclasses=_several(
            label[1], "superclasses", "Superclass", SUPERCLASSES, SUPERCLASSES.__getitem__
        ),
        territories=_several(label[2], "territories", "MI territory", TERRITORIES),
    )
    return replace(
        about,
        likelihoods=_several(
            label[3],
            "likelihoods",
            f"Likelihood of {about.subject}",
            LIKELIHOODS,
            likelihood_words,
            help=_LIKELIHOOD_HELP,
        ),
        groups=_one(label[4], "groups", "Label group", LABEL_GROUPS),
        splits=_one(patient[0], "splits", "Split", SPLITS),
        sexes=_several(patient[1], "sexes", "Sex", SEXES),
        validated=_several(patient[2], "validated", "Validated by a human", VALIDATED),
        ages=patient[3].slider("Age in years", *AGES, AGES, help=_AGE_HELP, **_in_url("ages")),
        only_unknown_age=patient[4].checkbox("Age unknown", **_in_url("only_unknown_age")),
        quality=_several(
            patient[5],
            "quality",
            "Signal quality",
            CHOICES,
            CHOICES.__getitem__,
            help=no_quality or _QUALITY_HELP,
            disabled=bool(no_quality),
        ),
        sort=patient[6].selectbox(
            "Order", _SORTS, format_func=_SORTS.__getitem__, help=_SORT_HELP, **_in_url("sort")
        ),
    )


def _in_url(field: str) -> dict[str, Any]:
    return {"key": _QUERY[field], "bind": "query-params"}


def _code_words(catalog: Catalog) -> dict[str, str]:
    known = catalog.codes.drop_duplicates("code").set_index("code")["description"].sort_index()
    return {str(code): f"{code}: {text}" for code, text in known.items()}


def _several(
    place: DeltaGenerator,
    field: str,
    title: str,
    options: Iterable[Option],
    words: Callable[[Option], str] = str,
    *,
    help: str | None = None,
    disabled: bool = False,
) -> tuple[Option, ...]:
    chosen = place.multiselect(
        title,
        list(options),
        format_func=words,
        placeholder="not available" if disabled else ANY,
        help=help,
        disabled=disabled,
        **_in_url(field),
    )
    return tuple(chosen)


def _one(
    place: DeltaGenerator, field: str, title: str, options: Mapping[str, str]
) -> tuple[str, ...]:
    values = [ANY, *options]
    first_view = getattr(next(iter(PRESETS.values())), field)
    chosen = place.selectbox(
        title,
        values,
        index=values.index(_one_or_any(first_view)),
        format_func=lambda value: options.get(value, ANY),
        **_in_url(field),
    )
    return () if chosen == ANY else (chosen,)


def _one_or_any(chosen: tuple[str, ...]) -> str:
    return chosen[0] if chosen else ANY


def _apply(preset: RecordFilter) -> None:
    for field, key in _QUERY.items():
        value = getattr(preset, field)
        if field in _SINGLE:
            value = _one_or_any(value)
        elif isinstance(value, tuple) and field != "ages":
            value = list(value)
        st.session_state[key] = value
