"""Shares of a map as bars: by lead, territory, wave and beat, beside what chance gives."""

import plotly.graph_objects as go

from ecgcore.explain.shares import Share, Shares
from ecgcore.figures.theme import BLUE, ORANGE, SKY, VERMILLION, ink, template
from ecgcore.wording.numbers import percent

_TITLES = {"leads": "Lead", "territories": "Territory", "waves": "Wave", "beats": "Beat"}
_HEIGHT_PX, _GAP, _LEAST_BARS = 230, 0.035, 8


def shares_figure(shares: Shares, *, dark: bool = False) -> go.Figure:
    """Draw a panel of bars for each group, with a tick where chance would be; in per cent."""
    groups = {name: getattr(shares, name) for name in _TITLES if getattr(shares, name)}
    figure = go.Figure(layout={"template": template(dark=dark), "height": _HEIGHT_PX})
    start, widths = 0.0, _widths(groups)
    for k, (name, parts) in enumerate(groups.items(), start=1):
        axis = "" if k == 1 else str(k)
        figure.add_traces(_panel(parts, axis, towards=shares.towards, dark=dark, first=k == 1))
        end = start + widths[name]
        figure.layout[f"xaxis{axis}"] = {
            "domain": [start, min(end, 1.0)],
            "anchor": f"y{axis}",
            "title": _TITLES[name],
            "type": "category",
            "showgrid": False,
        }
        figure.layout[f"yaxis{axis}"] = {
            "anchor": f"x{axis}",
            "rangemode": "tozero",
            "ticksuffix": " %",
            "nticks": 4,
        }
        start = end + _GAP
    direction = "towards" if shares.towards else "away from"
    title = {"text": f"Share of the push {direction} MI", "font": {"size": 14}, "x": 0}
    return figure.update_layout(bargap=0.25, title=title, margin={"t": 58})


def _widths(groups: dict[str, tuple[Share, ...]]) -> dict[str, float]:
    """Give each panel room for its bars."""
    room = 1 - _GAP * (len(groups) - 1)
    sizes = {name: max(len(parts), _LEAST_BARS) + 1 for name, parts in groups.items()}
    return {name: room * size / sum(sizes.values()) for name, size in sizes.items()}


def _panel(
    parts: tuple[Share, ...], axis: str, *, towards: bool, dark: bool, first: bool
) -> list[go.Bar | go.Scatter]:
    color = (ORANGE if dark else VERMILLION) if towards else (SKY if dark else BLUE)
    names = [one.part for one in parts]
    said = [f"{percent(one.share, 0)} (by chance {percent(one.chance, 0)})" for one in parts]
    place = {"xaxis": f"x{axis}", "yaxis": f"y{axis}"}
    hover = "%{x}: %{text}<extra></extra>"
    bars = go.Bar(
        x=names,
        y=[100 * one.share for one in parts],
        text=said,
        textposition="none",
        marker={"color": color},
        name="share",
        showlegend=first,
        legendgroup="share",
        hovertemplate=hover,
        **place,
    )
    chance = go.Scatter(
        x=names,
        y=[100 * one.chance for one in parts],
        text=said,
        mode="markers",
        marker={
            "symbol": "line-ew",
            "size": 18,
            "line": {"width": 2.5, "color": ink(dark=dark).text},
        },
        name="by chance",
        showlegend=first,
        legendgroup="chance",
        hovertemplate=hover,
        **place,
    )
    return [bars, chance]


def shares_alt(shares: Shares) -> str:
    """Say each share as text."""
    said = [
        f"{_TITLES[name].lower()} " + ", ".join(f"{o.part} {percent(o.share, 0)}" for o in parts)
        for name in _TITLES
        if (parts := getattr(shares, name))
    ]
    return "Shares of the push by " + "; by ".join(said)
