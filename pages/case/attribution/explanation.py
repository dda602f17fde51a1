"""The tab "Explanation": where and when a map speaks, and two maps of one ECG side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from ecgcore.errors import ModelError, RecordError
from ecgcore.explain.attribution import DEFAULT_METHOD, METHODS, Attribution
from ecgcore.explain.beat_map import beat_map
from ecgcore.explain.relative import agreement, difference, relative
from ecgcore.explain.shares import shares_of, where_words
from ecgcore.figures.attribution_overlay import OverlayMap, OverlayStyle, strongest_step
from ecgcore.figures.ecg_paper import CHART_CONFIG, ecg_figure, figure_height_px
from ecgcore.figures.explanations.on_median_beat import mapped_median_figure
from ecgcore.figures.explanations.shares import shares_alt, shares_figure
from ecgcore.figures.paper_layout import PaperSettings, roomy_layout
from ecgcore.models.cards import ModelEntry
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.tasks import mi
from ecgcore.wording.numbers import number
from pages.case.attribution import checked
from pages.case.attribution.map_caches import attribution
from pages.case.attribution.words import timing
from pages.shared import caches, url_state
from pages.shared.case import ReadableCase
from pages.shared.errors import show_ecg_error
from pages.shared.plots import draw_plot
from pages.shared.widgets import is_dark

_WHERE, _TWO = "Where and when", "Two maps"
_VIEWS = (_WHERE, _TWO)
_PAIR_PX, _ALONE_PX = 660, 1000


@dataclass(frozen=True, slots=True)
class Explained:
    """What the reader chose to have explained, and how it is drawn."""

    method: str
    who: tuple[ModelEntry, ...]
    style: OverlayStyle


def draw_explanation(case: ReadableCase, explained: Explained, paper: PaperSettings) -> None:
    """Draw the view that the reader chose; without an overlay, the usual method explains."""
    if not explained.who:
        st.info("No model is installed.", icon=":material/info:")
        return
    url_state.warn_of_unknown("why", _VIEWS, what="view of the explanation")
    view = st.segmented_control(
        "View",
        _VIEWS,
        default=_WHERE,
        required=True,
        key="why",
        bind="query-params",
        label_visibility="collapsed",
    )
    drawn = explained.method != "none"
    method = explained.method if drawn else DEFAULT_METHOD
    try:
        mine = attribution(case, explained.who, method)
        checks = checked.known_checks(case, explained.who, method)
        checked.draw_badge(checks)
        mine = replace(mine, checks=checks)
        if view == _TWO:
            _draw_two(case, mine, explained.style, paper)
        else:
            _draw_where(case, mine)
    except (ModelError, RecordError) as error:
        show_ecg_error(error)
        return
    if checks is None and not drawn and checked.make_checks(case, explained.who, method):
        st.rerun()


def _draw_where(case: ReadableCase, mine: Attribution) -> None:
    """Write where and when the map speaks, draw its shares, and the map on the median beat."""
    waves, measured = timing(case), caches.measurements(case)
    words = where_words(mine, waves, mine.members) or "no waves were found"
    st.markdown(f"{mine.label}: **{words}**")
    shares = shares_of(mine, waves)
    draw_plot(shares_figure(shares, dark=is_dark()), "shares", shares_alt(shares))
    st.caption(
        "P counts with the PR segment, ST up to half way to the peak of T. By chance: the share of "
        "a map that is the same everywhere."
    )
    mapped = beat_map(mine, measured.beats)
    if mapped is None or measured.median is None:
        st.info("No median beat could be formed.", icon=":material/info:")
        return
    st.plotly_chart(
        mapped_median_figure(measured, mapped, refused=mine.refused, dark=is_dark()),
        theme=None,
        key="mapped_median",
        config=CHART_CONFIG,
        alt=f"Median beat of {case.name} in 12 leads with the mean of {mine.label} over its beats",
    )


def _draw_two(
    case: ReadableCase, mine: Attribution, style: OverlayStyle, paper: PaperSettings
) -> None:
    """Draw the map beside another one on one scale, and their difference."""
    other = _choose_other(case, mine)
    if other is None:
        return
    first, second = relative(mine), relative(other)
    layout = roomy_layout(case.display, paper)
    limit = max(strongest_step(one, layout) for one in (first, second))
    same_kind = mine.signed == other.signed and mine.scores.shape == other.scores.shape
    usual = OverlayStyle(style.kind, style.hidden_below, limit if same_kind else None)
    mine_style = replace(usual, refused=mine.refused)
    columns = zip(
        st.columns(2), (first, second), (mine_style, usual), ("one", "other"), strict=True
    )
    for place, one, drawn, key in columns:
        with place:
            _draw_map(case, one, drawn, paper, key)
    if not same_kind:
        st.caption("These two methods do not measure the same: each map has its own scale.")
        return
    said = f"The two maps agree by r = **{number(agreement(mine, other), 2)}** (steps of 40 ms)."
    st.markdown(said)
    alone = OverlayStyle(style.kind, style.hidden_below)
    _draw_map(case, difference(mine, other), alone, paper, "difference")


def _choose_other(case: ReadableCase, mine: Attribution) -> Attribution | None:
    """Draw the choice of the other map: another model, or another method of the same one."""
    ensembles = caches.ensembles()
    labels = {one.label: one for one in ensembles}
    url_state.warn_of_unknown("against", labels, what="other model")
    url_state.warn_of_unknown("by", list(METHODS.values()), what="other method")
    model_place, method_place = st.columns(2)
    name = model_place.selectbox(
        "Compare with the model",
        list(labels),
        index=_opposite(ensembles, mine.model),
        key="against",
        bind="query-params",
    )
    methods = {words: key for key, words in METHODS.items()}
    usual = list(methods.values()).index(mine.method)
    method = method_place.selectbox("by", list(methods), index=usual, key="by", bind="query-params")
    if name not in labels or method not in methods:
        return None
    return attribution(case, labels[name].members, methods[method])


def _opposite(ensembles: tuple[Ensemble, ...], model: ModelEntry) -> int:
    """Position of the same networks on uncertain labels; for those, on certain ones."""
    wanted = mi.CERTAIN if model.key.train_set == mi.UNCERTAIN else mi.UNCERTAIN
    keys = [(one.arch, one.train_set) for one in ensembles]
    asked = (model.key.arch, wanted)
    return keys.index(asked) if asked in keys else 0


def _draw_map(
    case: ReadableCase, drawn: OverlayMap, style: OverlayStyle, paper: PaperSettings, key: str
) -> None:
    width_px = _ALONE_PX if key == "difference" else _PAIR_PX
    st.markdown(f"**{drawn.label}**")
    layout = roomy_layout(case.display, paper)
    figure = ecg_figure(
        case.display,
        paper,
        layout=layout,
        overlay=drawn,
        overlay_style=style,
        theme="dark" if is_dark() else "light",
    )
    figure.update_layout(height=figure_height_px(width_px, layout, overlay=True))
    st.plotly_chart(
        figure,
        theme=None,
        key=f"map_{key}",
        config=CHART_CONFIG,
        alt=f"Map {drawn.label} on the ECG of {case.name}",
    )
