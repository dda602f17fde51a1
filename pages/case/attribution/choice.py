"""The choice of an attribution and of the seed that is explained, kept in the URL."""

from __future__ import annotations

import streamlit as st

from ecgcore.figures.attribution_overlay import OVERLAY_KINDS, OverlayStyle
from ecgcore.models.cards import ModelEntry
from ecgcore.predictions.ensemble import Ensemble
from pages.case import labels as parts
from pages.shared import caches, url_state

_LINK = "attribution_link"
ALL_SEEDS = "all seeds"
LAYERS = ("mean map", "spread between seeds")
_KINDS = {words: kind for kind, words in OVERLAY_KINDS.items()}
_HIDDEN_PERCENT = (0, 90, 0, 5)


def choose_attribution() -> tuple[str, tuple[ModelEntry, ...]]:
    """Draw the choice of an attribution method, of an ensemble and of its seeds."""
    ensembles = caches.ensembles()
    method = st.segmented_control(
        "Overlay on the leads",
        list(parts.METHODS),
        default="none",
        required=True,
        format_func=parts.METHODS.__getitem__,
        key="method",
        bind="query-params",
        label_visibility="collapsed",
    )
    _follow_link(ensembles)
    labels = {ensemble.name: ensemble.label for ensemble in ensembles}
    name = st.selectbox(
        "Model that is explained",
        list(labels),
        index=parts.default_ensemble(ensembles) if ensembles else None,
        format_func=labels.__getitem__,
        key="model",
        bind="query-params",
        label_visibility="collapsed",
        width=181,
        placeholder="No model is installed",
    )
    ensemble = next((ensemble for ensemble in ensembles if ensemble.name == name), None)
    return method or "none", () if ensemble is None else _choose_seeds(ensemble)


def choose_layer() -> bool:
    """Draw the choice of the layer; tell whether the spread between seeds is asked for."""
    layer = st.segmented_control(
        "Show",
        LAYERS,
        default=LAYERS[0],
        required=True,
        key="layer",
        bind="query-params",
        help="Where all seeds are explained together, their spread shows where they differ.",
    )
    return layer == LAYERS[1]


def choose_style() -> OverlayStyle:
    """Draw how an overlay is drawn, and the threshold below which it is not."""
    kind = st.segmented_control(
        "Draw it as",
        list(_KINDS),
        default=OVERLAY_KINDS["band"],
        required=True,
        key="draw",
        bind="query-params",
    )
    hidden = st.slider(
        "Hide what is weaker than … % of the strongest",
        *_HIDDEN_PERCENT,
        key="hide",
        bind="query-params",
    )
    return OverlayStyle(_KINDS.get(kind or "", "band"), hidden / 100)


def warn_of_unknown_attribution() -> None:
    """Name a method or a model in the URL that is not here; the page goes on with its usual one."""
    url_state.warn_of_unknown("method", list(parts.METHODS.values()), what="attribution method")
    url_state.warn_of_unknown("layer", LAYERS, what="layer of the overlay")
    url_state.warn_of_unknown("draw", list(_KINDS), what="way to draw the overlay")
    ensembles = caches.ensembles()
    members = [entry for one in ensembles for entry in one.members]
    known = {text for one in ensembles for text in (one.name, one.label)}
    known |= {text for entry in members for text in (entry.name, entry.label)}
    advice = "another one is explained."
    url_state.warn_of_unknown("model", known, advice=advice)
    seeds = {ALL_SEEDS, *(f"seed {entry.key.seed}" for entry in members)}
    url_state.warn_of_unknown("seed", seeds, advice=advice)


def _choose_seeds(ensemble: Ensemble) -> tuple[ModelEntry, ...]:
    """Draw the choice of a seed where there are several; all together are explained at first."""
    if len(ensemble.members) == 1:
        return ensemble.members
    members = {ALL_SEEDS: ensemble.members}
    members |= {f"seed {entry.key.seed}": (entry,) for entry in ensemble.members}
    chosen = st.selectbox(
        "Seed that is explained",
        list(members),
        key="seed",
        bind="query-params",
        label_visibility="collapsed",
        width=120,
    )
    return members.get(chosen or ALL_SEEDS, ensemble.members)


def _follow_link(ensembles: tuple[Ensemble, ...]) -> None:
    """Understand links that name one seed."""
    asked = st.query_params.get("model", "")
    if asked == st.session_state.get(_LINK, ""):
        return
    st.session_state[_LINK] = asked
    if not asked or asked in {ensemble.label for ensemble in ensembles}:
        return
    for ensemble in ensembles:
        for entry in ensemble.members:
            if asked in (entry.label, entry.name, ensemble.name):
                st.session_state["model"] = ensemble.name
                if asked != ensemble.name:
                    st.session_state["seed"] = f"seed {entry.key.seed}"
                return
