"""Colours, fonts and templates that all figures share."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import plotly.graph_objects as go

Figure: TypeAlias = go.Figure
"""A chart, for those who only hand it on."""

Trace: TypeAlias = dict[str, Any]
"""A trace as plain values, because Plotly would check one of its own kind twice."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif"

BLUE, VERMILLION, GREEN = "#0072B2", "#D55E00", "#009E73"
SKY, ORANGE = "#56B4E9", "#E69F00"
"""Colours of Okabe and Ito, told apart with any colour vision."""

RUST = "#A84300"
"""Background of a warning in white letters (contrast 6:1)."""


@dataclass(frozen=True, slots=True)
class Style:
    """Look of a training set in every figure: colour, line and symbol all differ."""

    name: str
    light: str
    dark: str
    dash: str
    symbol: str

    def color(self, *, dark: bool) -> str:
        """Return the colour that stands out on the background."""
        return self.dark if dark else self.light


STYLE = {
    "A": Style("A certain", BLUE, SKY, "solid", "circle"),
    "C": Style("C all", VERMILLION, ORANGE, "dash", "square"),
    "D": Style("D uncertain", GREEN, "#2CC79A", "dot", "diamond"),
    "D-mix": Style("D-mix half and half", "#9C4A7C", "#CC79A7", "dashdot", "triangle-up"),
    "C-soft": Style("C-soft all, by likelihood", "#6B5B00", "#F0E442", "longdash", "cross"),
    "C-multi": Style("C-multi all, multitask", "#4B4F9E", "#9DA3F0", "longdashdot", "star"),
    "C-consensus": Style(
        "C-consensus all, as readers agreed", "#7A4A00", "#D9A441", "dash", "hexagon"
    ),
}
"""Style of each training set."""


@dataclass(frozen=True, slots=True)
class Ink:
    """Colours of ordinary diagrams: background, text, quiet text and lines."""

    background: str
    text: str
    quiet: str
    line: str


LIGHT = Ink("#FFFFFF", "#0B171E", "#56676F", "#D3DDE2")
DARK = Ink("#11191E", "#E4ECF0", "#A3B3BB", "#33434D")


def ink(*, dark: bool) -> Ink:
    """Return the colours for a light or a dark page."""
    return DARK if dark else LIGHT


Theme = Literal["light", "dark", "print"]
"""Paper on a light or a dark page, or for a printer."""


@dataclass(frozen=True, slots=True)
class Paper:
    """Colours of ECG paper."""

    background: str
    minor: str
    major: str
    trace: str
    text: str


_PAPER: dict[Theme, Paper] = {
    "light": Paper("#FFFAF8", "#FBE0DC", "#F0AFA7", "#101418", "#3A2D2B"),
    "dark": Paper("#161214", "#2A2124", "#52393E", "#F4F1EC", "#D9CFCD"),
    "print": Paper("#FFFFFF", "#F6C6C1", "#E38A82", "#000000", "#000000"),
}
_NEUTRAL: dict[Theme, Paper] = {
    "light": Paper("#FFFFFF", "#ECEEEF", "#CBD1D4", "#101418", "#2D363B"),
    "dark": Paper("#12171A", "#20272B", "#3B464C", "#F4F1EC", "#D0D7DA"),
    "print": Paper("#FFFFFF", "#DFE2E4", "#B3BABE", "#000000", "#000000"),
}


def paper(theme: Theme, *, neutral: bool = False) -> Paper:
    """Return paper colours; `neutral` grey keeps the colours of an overlay readable."""
    return (_NEUTRAL if neutral else _PAPER)[theme]


@lru_cache(maxsize=2)
def template(*, dark: bool) -> go.layout.Template:
    """Return the template of all diagrams, for ``st.plotly_chart(theme=None)``; figures copy it."""
    colors = ink(dark=dark)
    axis = {
        "gridcolor": colors.line,
        "linecolor": colors.quiet,
        "showline": True,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": colors.quiet,
        "zeroline": False,
        "automargin": True,
        "title": {"standoff": 8},
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": colors.text},
            "paper_bgcolor": colors.background,
            "plot_bgcolor": colors.background,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "xaxis": axis,
            "yaxis": axis,
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            "hoverlabel": {"font": {"family": FONT}},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": colors.quiet},
        }
    )
