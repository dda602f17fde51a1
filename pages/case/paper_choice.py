"""How the ECG is drawn: layout, speed, gain and filter as widgets kept in the URL; its size."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from ecgcore.figures.ecg_paper import CHART_CONFIG, figure_height_px
from ecgcore.figures.paper_layout import (
    GAINS_MM_MV,
    LAYOUTS,
    ORDERS,
    SPEEDS_MM_S,
    PaperLayout,
    PaperSettings,
)
from ecgcore.leads import LEADS
from ecgcore.signals.filters import (
    HIGHPASS_HZ,
    LOWPASS_HZ,
    NOTCH_HZ,
    DisplayFilter,
)
from pages.shared import url_state

if TYPE_CHECKING:
    from ecgcore.figures.theme import Figure

Option = TypeVar("Option", str, float)

_WIDEST_PX = 2400
"""The first frame is drawn before the browser has measured: as high as any paper, from its top."""
_STYLE = (Path(__file__).parent / "sheet.css").read_text("utf-8")
_OFF = "off"
_ORDER_WORDS = ("standard", "Cabrera")


def paper_controls() -> tuple[PaperSettings, DisplayFilter]:
    """Draw the menu of the paper; return what to draw."""
    with st.popover("Paper", icon=":material/straighten:"):
        chosen = _paper(), _filter()
        st.caption("On the paper, Ctrl + wheel zooms and a double-click shows all of it again.")
    return chosen


def warn_of_unknown_paper() -> None:
    """Name each value of the menu in the URL that is no choice; above the menu, which is closed."""
    for name, known in {
        "layout": LAYOUTS,
        "order": _ORDER_WORDS,
        "lead": LEADS,
        "speed": _units(SPEEDS_MM_S, "mm/s"),
        "gain": _units(GAINS_MM_MV, "mm/mV"),
        "highpass": _cutoffs(HIGHPASS_HZ),
        "lowpass": _cutoffs(LOWPASS_HZ),
        "notch": _cutoffs(NOTCH_HZ),
    }.items():
        url_state.warn_of_unknown(name, known)


def _paper() -> PaperSettings:
    layout = _one_of("Layout", "layout", LAYOUTS)
    lead = "II"
    if layout == "single":
        lead = st.selectbox("Lead", LEADS, index=1, key="lead", bind="query-params")
    order = _one_of("Order of the limb leads", "order", ORDERS, _ORDER_WORDS)
    speed = _one_of("Speed", "speed", SPEEDS_MM_S, _units(SPEEDS_MM_S, "mm/s"), default=25.0)
    gain = _one_of("Gain", "gain", GAINS_MM_MV, _units(GAINS_MM_MV, "mm/mV"), default=10.0)
    return PaperSettings(layout, order, speed, gain, lead)


def _filter() -> DisplayFilter:
    st.markdown(
        "**Display filter,** zero-phase; F shows the ECG without it. "
        "Models and measurements use the unfiltered recording."
    )
    high, low, notch = st.columns(3)
    with high:
        highpass = _step("High-pass", "highpass", HIGHPASS_HZ, "0.5 Hz bends the ST segment.")
    with low:
        lowpass = _step("Low-pass", "lowpass", LOWPASS_HZ, "40 Hz lowers R waves.")
    with notch:
        mains = _step("Mains notch", "notch", NOTCH_HZ, "")
    return DisplayFilter(highpass, lowpass, mains)


def _one_of(
    label: str,
    key: str,
    options: tuple[Option, ...],
    words: tuple[str, ...] = (),
    *,
    default: Option | None = None,
) -> Option:
    named = dict(zip(options, words or map(str, options), strict=True))
    first = options[0] if default is None else default
    chosen = st.segmented_control(
        label,
        list(options),
        default=first,
        required=True,
        format_func=named.__getitem__,
        key=key,
        bind="query-params",
    )
    return first if chosen is None else chosen  # None: a link with "layout=" and nothing behind


def _step(label: str, key: str, cutoffs_hz: tuple[float, ...], help_text: str) -> float | None:
    chosen = st.selectbox(
        label,
        _cutoffs(cutoffs_hz),
        key=key,
        bind="query-params",
        help=help_text or None,
    )
    return None if chosen == _OFF else float(chosen.partition(" ")[0])


def _cutoffs(cutoffs_hz: tuple[float, ...]) -> tuple[str, ...]:
    return (_OFF, *_units(cutoffs_hz, "Hz"))


def _units(values: tuple[float, ...], unit: str) -> tuple[str, ...]:
    return tuple(f"{value:g} {unit}" for value in values)


def draw_paper(
    figure: Figure, layout: PaperLayout, *, key: str, alt: str, overlay: bool = False
) -> None:
    """Draw the figure of an ECG; its style finds it by the `key`, "ecg" or "modified"."""
    figure.update_layout(
        height=figure_height_px(_WIDEST_PX, layout),
        xaxis={"constraintoward": "left"},
        yaxis={"constraintoward": "top"},
    )
    st.html(f"<style>{_STYLE}{_size(layout, key, overlay=overlay)}</style>")
    with st.container(key=f"{key}_paper"):
        st.plotly_chart(figure, theme=None, key=key, height="stretch", config=CHART_CONFIG, alt=alt)


def _size(layout: PaperLayout, key: str, *, overlay: bool) -> str:
    """Tell the style how large the paper is, in mm, and how many px hang below it."""
    heights_px = [figure_height_px(1000, layout, overlay=with_it) for with_it in (overlay, False)]
    below_px = heights_px[0] - heights_px[1]
    size = f"--w:{layout.width_mm:g};--h:{layout.height_mm:g};--below:{below_px}px"
    return f".st-key-{key}{{{size}}}"
