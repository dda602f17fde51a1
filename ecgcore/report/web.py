"""Evaluation results as one HTML file that needs no network: words, tables and Plotly figures."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd
from plotly.offline import get_plotlyjs

from ecgcore.figures.theme import FONT, LIGHT, Figure
from ecgcore.report.content import DISCLAIMER
from ecgcore.wording.numbers import number


@dataclass(frozen=True, slots=True)
class Words:
    """Sentences in the Markdown of the pages; quiet ones explain what stands above them."""

    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table; long ones are folded under their title."""

    frame: pd.DataFrame
    title: str = ""
    digits: int = 4


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """A figure with the words that replace it."""

    figure: Figure
    alt: str


Block = Words | Table | Drawing


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: tuple[Block, ...]


def readable(frame: pd.DataFrame, labels: Mapping[str, str], title: str = "") -> Table:
    """Name the columns of a table for readers, in the order of `labels`."""
    return Table(frame[list(labels)].rename(columns=dict(labels)), title)


def web_page(
    title: str, settings: Sequence[tuple[str, str]], sections: Sequence[Section], command: str
) -> bytes:
    """Write one HTML file with everything in it, plotly.js once.

    Parameters
    ----------
    settings
        Names and values that the results rest on.
    command
        Gives the same numbers at the command line.

    Examples
    --------
    >>> page = web_page("Compare", [("Test set", "all")], [Section("A", (Words("**b**"),))], "ls")
    >>> b"<h2>A</h2>" in page, b"<p><b>b</b></p>" in page
    (True, True)
    """
    rows = "".join(f"<tr><th>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in settings)
    body = [
        f"<h1>{escape(title)}</h1><p class='quiet'>{escape(DISCLAIMER)}</p>",
        f"<table class='settings'>{rows}</table>",
        f"<p>The same numbers at the command line: <code>{escape(command)}</code></p>",
        *(_section(one) for one in sections),
    ]
    script = get_plotlyjs() if any(_draws(one) for one in sections) else ""
    return (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style><script>{script}</script></head>"
        f"<body>{''.join(body)}</body></html>"
    ).encode()


def _draws(section: Section) -> bool:
    return any(isinstance(block, Drawing) for block in section.blocks)


def _section(section: Section) -> str:
    return f"<h2>{escape(section.title)}</h2>" + "".join(_block(one) for one in section.blocks)


def _block(block: Block) -> str:
    if isinstance(block, Words):
        return _paragraphs(block)
    if isinstance(block, Drawing):
        return _drawing(block)
    return _table(block)


def _paragraphs(words: Words) -> str:
    kind = " class='quiet'" if words.quiet else ""
    out: list[str] = []
    for line in filter(None, (line.strip() for line in words.text.splitlines())):
        item = line.startswith("- ")
        out.append(f"<li>{inline(line[2:])}</li>" if item else f"<p{kind}>{inline(line)}</p>")
    html = "".join(out)
    return re.sub(r"((?:<li>.*?</li>)+)", r"<ul>\1</ul>", html)


def inline(text: str) -> str:
    """Turn one line of the pages' Markdown into HTML; everything else is escaped.

    Examples
    --------
    >>> inline(":green-badge[agrees] **a** < `b`")
    'agrees <b>a</b> &lt; <code>b</code>'
    """
    html = escape(text, quote=False)
    html = re.sub(r":[a-z]+(?:-[a-z]+)?\[([^\]]*)\]", r"\1", html)
    html = re.sub(r":material/[a-z_]+:", "", html)
    html = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", html)
    return re.sub(r"`(.+?)`", r"<code>\1</code>", html)


def _drawing(drawing: Drawing) -> str:
    html = drawing.figure.to_html(
        full_html=False, include_plotlyjs=False, config={"displayModeBar": False}
    )
    return f"<figure role='img' aria-label='{escape(drawing.alt)}'>{html}</figure>"


def _table(table: Table) -> str:
    head = "".join(f"<th>{inline(str(name))}</th>" for name in table.frame.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{_cell(value, table.digits)}</td>" for value in row) + "</tr>"
        for row in table.frame.itertuples(index=False)
    )
    html = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    if not table.title:
        return html
    return f"<details><summary>{escape(table.title)}</summary>{html}</details>"


def _cell(value: object, digits: int) -> str:
    if isinstance(value, float):
        return "" if value != value else number(value, digits)
    return inline(str(value))


_STYLE = (
    f"body{{font:15px/1.5 {FONT};color:{LIGHT.text};max-width:1080px;margin:2em auto;padding:1em}}"
    f".quiet{{color:{LIGHT.quiet};font-size:13px}}h2{{margin-top:2em}}figure{{margin:1em 0}}"
    f"table{{border-collapse:collapse;font-size:13px;margin:.6em 0}}"
    f"th,td{{text-align:left;padding:3px 12px 3px 0;border-bottom:1px solid {LIGHT.line};"
    "vertical-align:top}td:first-child{min-width:170px}th{font-weight:600}summary{cursor:pointer}"
    "@media print{figure,tr{break-inside:avoid}body{margin:0;max-width:none}}"
)
