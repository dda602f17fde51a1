"""The filters of Browse as widgets that live in the URL."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

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

Option = TypeVar("Option", int, str)

ANY = "any"
_KEPT = "browse_kept_filters"
FIRST_VIEW = next(iter(PRESETS.values()))
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

_LIKELIHOOD_HELP = (
    "How certain the cardiologist was. It is the likelihood of a chosen diagnosis; without one, of "
    "an MI statement naming a chosen territory; else of a statement of a chosen superclass; else "
    "of the record's strongest MI statement. PTB-XL states no likelihood for form and rhythm "
    "statements (0 in its table)."
)


_QUALITY_HELP = (
    "Problems that the product measured in the signal itself, lead by lead, with cautious limits. "
    "Several choices are alternatives. Mains cannot be told at 100 Hz."
)


def keep_filters() -> None:
    """Remember the filters before Browse is left for a case."""
    st.session_state[_KEPT] = {key: st.session_state[key] for key in _QUERY.values()}


def restore_filters() -> None:
    """Put kept filters back on the return from a case.

    The browser's Back button leads to an entry without query parameters, which Streamlit adds when
    it switches pages, and would show the first view.
    """
    if kept := st.session_state.pop(_KEPT, None):
        st.session_state.update(kept)
        st.rerun()


def read_old_link() -> None:
    """Understand a link from the time when normal records were called "pure normal"."""
    if st.query_params.get(_QUERY["groups"]) == "pure normal":
        del st.query_params[_QUERY["groups"]]
        st.session_state[_QUERY["groups"]] = "pure_normal"


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
    described = catalog.codes.drop_duplicates("code").set_index("code")["description"]
    named = {code: f"{code}: {text}" for code, text in described.sort_index().items()}
    diagnosis, superclass, wall, likelihood, group = st.columns([3, 2, 2, 2, 2])
    split, sex, validated, age, age_unknown, signal, order = st.columns(
        [3, 3, 4, 4, 3, 4, 4], vertical_alignment="bottom"
    )
    with diagnosis:
        codes = _choice("codes", "Diagnosis (SCP code)", named)
    with superclass:
        superclasses = _choice("superclasses", "Superclass", SUPERCLASSES)
    with wall:
        territories = _choice("territories", "MI territory", _as_they_are(TERRITORIES))
    about = RecordFilter(codes=codes, territories=territories, superclasses=superclasses)
    with likelihood:
        stated = {known: likelihood_words(known) for known in LIKELIHOODS}
        title = f"Likelihood of {about.subject}"
        likelihoods = _choice("likelihoods", title, stated, _LIKELIHOOD_HELP)
    with group:
        groups = _one("groups", "Label group", LABEL_GROUPS)
    with split:
        splits = _one("splits", "Split", SPLITS)
    with sex:
        sexes = _choice("sexes", "Sex", _as_they_are(SEXES))
    with validated:
        checked = _choice("validated", "Validated by a human", _as_they_are(VALIDATED))
    with age:
        ages = _age_range()
    with age_unknown:
        only_unknown_age = st.checkbox(
            "Age unknown", key=_QUERY["only_unknown_age"], bind="query-params"
        )
    with signal:
        quality = _choice(
            "quality", "Signal quality", CHOICES, no_quality or _QUALITY_HELP, bool(no_quality)
        )
    with order:
        sort = _sort_order()
    return RecordFilter(
        codes=codes,
        territories=territories,
        superclasses=superclasses,
        likelihoods=likelihoods,
        groups=groups,
        splits=splits,
        sexes=sexes,
        validated=checked,
        ages=ages,
        only_unknown_age=only_unknown_age,
        quality=quality,
        sort=sort,
    )


def _choice(
    field: str,
    label: str,
    options: Mapping[Option, str],
    help_text: str | None = None,
    disabled: bool = False,
) -> tuple[Option, ...]:
    chosen = st.multiselect(
        label,
        list(options),
        format_func=options.__getitem__,
        key=_QUERY[field],
        bind="query-params",
        placeholder="not available" if disabled else "any",
        help=help_text,
        disabled=disabled,
    )
    return tuple(chosen)


def _one(field: str, label: str, options: Mapping[str, str]) -> tuple[str, ...]:
    values = [ANY, *options]
    chosen = st.selectbox(
        label,
        values,
        index=values.index(_choice_or_any(getattr(FIRST_VIEW, field))),
        format_func=lambda value: options.get(value, ANY),
        key=_QUERY[field],
        bind="query-params",
    )
    return () if chosen == ANY else (chosen,)


def _age_range() -> tuple[int, int]:
    return st.slider(
        "Age in years",
        *AGES,
        value=AGES,
        key=_QUERY["ages"],
        bind="query-params",
        help="90 stands for every age over 89. The full range includes unknown ages; with "
        "“Age unknown” only those are shown.",
    )


def _sort_order() -> Sort:
    return st.selectbox(
        "Order",
        list(_SORTS),
        format_func=_SORTS.__getitem__,
        key=_QUERY["sort"],
        bind="query-params",
        help="Models disagree by the highest minus the lowest probability of MI among their "
        "groups, raw or recalibrated as the switch at the top says.",
    )


def _as_they_are(options: Iterable[str]) -> dict[str, str]:
    return {option: option for option in options}


def _choice_or_any(chosen: tuple[str, ...]) -> str:
    return chosen[0] if chosen else ANY


def _apply(preset: RecordFilter) -> None:
    for field, key in _QUERY.items():
        value = getattr(preset, field)
        if field in ("groups", "splits"):
            value = _choice_or_any(value)
        elif field not in ("ages", "only_unknown_age", "sort"):
            value = list(value)
        st.session_state[key] = value
