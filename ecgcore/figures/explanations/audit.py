"""Averages of the audit with intervals: a dot for each training set beside what chance gives."""

import pandas as pd
import plotly.graph_objects as go

from ecgcore.figures.theme import STYLE, ink, template
from ecgcore.models.architectures import arch_title
from ecgcore.wording.numbers import number

_ROW_PX, _STEP = 46, 0.22


def averages_figure(
    table: pd.DataFrame, names: dict[str, str], *, percent: bool = True, dark: bool = False
) -> go.Figure:
    """Draw a panel for each architecture, a row for each part, a dot for each training set.

    Parameters
    ----------
    table
        As `ecgcore.explain.audit.findings.averages` gives it.
    names
        Columns in the order of the rows from the top, with their names.
    percent
        True for shares.
    """
    archs = list(dict.fromkeys(table["arch"]))
    figure = go.Figure(
        layout={"template": template(dark=dark), "height": 110 + _ROW_PX * len(names)}
    )
    width = 1 / max(1, len(archs))
    for k, arch in enumerate(archs):
        axis = "" if k == 0 else str(k + 1)
        mine = table[table["arch"] == arch]
        figure.add_traces(_dots(mine, names, axis, percent=percent, first=k == 0, dark=dark))
        figure.add_trace(_chance(mine, names, axis, percent=percent, first=k == 0, dark=dark))
        figure.layout[f"xaxis{axis}"] = {
            "domain": [k * width + 0.02 * (k > 0), (k + 1) * width - 0.02 * (k == 0)],
            "anchor": f"y{axis}",
            "ticksuffix": " %" if percent else "",
            "title": arch_title(arch),
            "matches": None if k == 0 else "x",
        }
        figure.layout[f"yaxis{axis}"] = {
            "anchor": f"x{axis}",
            "tickvals": [-row for row in range(len(names))],
            "ticktext": list(names.values()),
            "range": [-len(names) + 0.4, 0.6],
            "showticklabels": k == 0,
        }
    return figure


def _dots(
    table: pd.DataFrame,
    names: dict[str, str],
    axis: str,
    *,
    percent: bool,
    first: bool,
    dark: bool,
) -> list[go.Scatter]:
    sets = [name for name in STYLE if name in set(table["train_set"])]
    factor, unit, digits = (100, " %", 0) if percent else (1, "", 2)
    traces = []
    for k, train_set in enumerate(sets):
        style = STYLE[train_set]
        rows = table[table["train_set"] == train_set].set_index("part").reindex(list(names))
        value, low, high = (factor * rows[name] for name in ("value", "low", "high"))
        said = [
            f"{number(v, digits)}{unit} [{number(lo, digits)}, {number(hi, digits)}]"
            for v, lo, hi in zip(value, low, high, strict=True)
        ]
        offset = _STEP * ((len(sets) - 1) / 2 - k)
        traces.append(
            go.Scatter(
                x=value,
                y=[-row + offset for row in range(len(names))],
                error_x={
                    "array": high - value,
                    "arrayminus": value - low,
                    "thickness": 2,
                    "width": 0,
                },
                mode="markers",
                marker={
                    "color": style.color(dark=dark),
                    "symbol": style.symbol,
                    "size": 9,
                },
                name=style.name,
                legendgroup=train_set,
                showlegend=first,
                text=said,
                customdata=list(names.values()),
                hovertemplate="%{customdata}: %{text}<extra>" + style.name + "</extra>",
                xaxis=f"x{axis}",
                yaxis=f"y{axis}",
            )
        )
    return traces


def _chance(
    table: pd.DataFrame,
    names: dict[str, str],
    axis: str,
    *,
    percent: bool,
    first: bool,
    dark: bool,
) -> go.Scatter:
    chance = table.groupby("part")["chance"].mean().reindex(list(names))
    return go.Scatter(
        x=(100 if percent else 1) * chance,
        y=[-row for row in range(len(names))],
        mode="markers",
        marker={
            "symbol": "line-ns",
            "size": 26,
            "line": {"width": 2, "color": ink(dark=dark).text},
        },
        name="by chance",
        legendgroup="chance",
        showlegend=first and bool(chance.notna().any()),
        hoverinfo="skip",
        xaxis=f"x{axis}",
        yaxis=f"y{axis}",
    )
