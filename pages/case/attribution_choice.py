"""The choice of an explanation and of the seed that is explained, kept in the URL."""

from __future__ import annotations

import streamlit as st

from ecgcore.models.cards import ModelEntry
from ecgcore.predictions.ensemble import Ensemble
from pages.case import labels as parts
from pages.shared import caches

_LINK = "heat_link"


def choose_heat() -> tuple[str, ModelEntry | None]:
    """Draw the choice of an explanation, of a group and of its seed."""
    groups = caches.groups()
    method = st.segmented_control(
        "Heat on the leads",
        list(parts.METHODS),
        default="none",
        required=True,
        format_func=parts.METHODS.__getitem__,
        key="method",
        bind="query-params",
        label_visibility="collapsed",
    )
    _follow_link(groups)
    labels = {group.name: group.label for group in groups}
    name = st.selectbox(
        "Model that is explained",
        list(labels),
        index=parts.default_group(groups) if groups else None,
        format_func=labels.__getitem__,
        key="model",
        bind="query-params",
        label_visibility="collapsed",
        width=181,
        placeholder="No model is installed",
    )
    group = next((group for group in groups if group.name == name), None)
    return method or "none", None if group is None else _choose_seed(group)


def _choose_seed(group: Ensemble) -> ModelEntry:
    """Draw the choice of a seed where there are several; the first is explained at first."""
    if len(group.members) == 1:
        return group.members[0]
    members = {f"seed {entry.key.seed}": entry for entry in group.members}
    chosen = st.selectbox(
        "Seed that is explained",
        list(members),
        key="seed",
        bind="query-params",
        label_visibility="collapsed",
        width=98,
    )
    return members.get(chosen, group.members[0])


def _follow_link(groups: tuple[Ensemble, ...]) -> None:
    """Understand links that name one seed, and say where a link names no model that is here."""
    asked = st.query_params.get("model", "")
    if asked == st.session_state.get(_LINK, ""):
        return
    st.session_state[_LINK] = asked
    if not asked or asked in {group.label for group in groups}:
        return
    for group in groups:
        for entry in group.members:
            if asked in (entry.label, entry.name, group.name):
                st.session_state["model"] = group.name
                if asked != group.name:
                    st.session_state["seed"] = f"seed {entry.key.seed}"
                return
    st.toast(
        "The link names a model that is not here; another is explained.", icon=":material/info:"
    )
