"""Headings, paragraphs and tables that flow through columns and sheets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ecgcore.report.sheet import INK, QUIET, RULE, Align, Sheet, wrap

BODY_PT = 7.5
_LINE_MM = 3.35
_HEADING_PT, _HEADING_MM = 9.5, 7.2
_GAP_MM, _GUTTER_MM = 1.6, 9.0
_TOP_MM, _BOTTOM_MM = 13.0, 12.0
_N_COLUMNS = 2


@dataclass(frozen=True, slots=True)
class Line:
    """Words within a block: how far right and below the block's corner they stand."""

    x_mm: float
    down_mm: float
    words: str
    size_pt: float = BODY_PT
    bold: bool = False
    color: str = INK
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stay together; `with_next` keeps a heading with what follows."""

    height_mm: float
    lines: tuple[Line, ...]
    with_next: bool = False
    ruled: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; numbers stand at the right."""

    title: str
    share: float
    right: bool = False


def column_mm(paper: str) -> float:
    """Return the width of a column of text."""
    sheet = Sheet.blank(paper)
    free = sheet.width_mm - 2 * sheet.margin_mm - (_N_COLUMNS - 1) * _GUTTER_MM
    return free / _N_COLUMNS


def heading(words: str) -> Block:
    """Start a section."""
    line = Line(0, _HEADING_MM - 2.4, words, _HEADING_PT, bold=True)
    return Block(_HEADING_MM, (line,), with_next=True)


def paragraph(words: str, width_mm: float, *, bold: bool = False, quiet: bool = False) -> Block:
    """Break a text into lines; quiet and bold ones introduce what follows."""
    broken = wrap(words, width_mm, size_pt=BODY_PT, bold=bold)
    color = QUIET if quiet else INK
    lines = tuple(
        Line(0, (k + 1) * _LINE_MM, line, bold=bold, color=color) for k, line in enumerate(broken)
    )
    return Block(len(lines) * _LINE_MM + _GAP_MM, lines, with_next=quiet or bold)


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]], width_mm: float) -> list[Block]:
    """Lay rows out under their titles; long cells take several lines."""
    head = _row(columns, [column.title for column in columns], width_mm, head=True)
    return [head, *(_row(columns, row, width_mm) for row in rows)]


def _row(
    columns: Sequence[Column], cells: Sequence[str], width_mm: float, *, head: bool = False
) -> Block:
    total = sum(column.share for column in columns)
    lines: list[Line] = []
    deepest, left = 1, 0.0
    for column, words in zip(columns, cells, strict=True):
        room = width_mm * column.share / total
        broken = wrap(words, room - _GAP_MM, size_pt=BODY_PT, bold=head)
        deepest = max(deepest, len(broken))
        x = left + room - _GAP_MM if column.right else left
        lines += [
            Line(
                x,
                (k + 1) * _LINE_MM - 0.5,
                line,
                bold=head,
                color=QUIET if head else INK,
                align="right" if column.right else "left",
            )
            for k, line in enumerate(broken)
        ]
        left += room
    return Block(deepest * _LINE_MM + 0.7, tuple(lines), with_next=head, ruled=True)


def pour(blocks: Sequence[Block], paper: str) -> list[Sheet]:
    """Fill columns and sheets from the top left with blocks."""
    width = column_mm(paper)
    sheets: list[Sheet] = []
    column, y = _N_COLUMNS, 0.0
    for block, needed in zip(blocks, _needed_mm(blocks), strict=True):
        if column == _N_COLUMNS or y - needed < _BOTTOM_MM:
            column += 1
            if column >= _N_COLUMNS:
                sheets.append(Sheet.blank(paper))
                column = 0
            y = sheets[-1].height_mm - _TOP_MM
        left = sheets[-1].margin_mm + column * (width + _GUTTER_MM)
        _place(sheets[-1], block, left, y, width)
        y -= block.height_mm
    return sheets


def _needed_mm(blocks: Sequence[Block]) -> list[float]:
    """Height of each block and, for those that must not end a column, of what follows."""
    needed: list[float] = []
    below = 0.0
    for block in reversed(blocks):
        below = block.height_mm + (below if block.with_next else 0.0)
        needed.append(below)
    return needed[::-1]


def _place(sheet: Sheet, block: Block, x_mm: float, y_mm: float, width_mm: float) -> None:
    for line in block.lines:
        sheet.text(
            x_mm + line.x_mm,
            y_mm - line.down_mm,
            line.words,
            size_pt=line.size_pt,
            bold=line.bold,
            color=line.color,
            align=line.align,
        )
    if block.ruled:
        bottom = y_mm - block.height_mm
        sheet.line([x_mm, x_mm + width_mm], [bottom, bottom], color=RULE, width_mm=0.1)
