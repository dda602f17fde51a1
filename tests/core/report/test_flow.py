"""Blocks of text: where their lines stand, and how they fill columns and sheets."""

import pytest

from ecgcore.report import flow
from ecgcore.report.flow import Block, Column, Line, column_mm, heading, paragraph, pour, table
from ecgcore.report.sheet import INK, QUIET, RULE, width_mm
from tests.core.report.test_printout import lines


@pytest.mark.parametrize(("paper", "mm"), [("A4", 138.0), ("Letter", 130.5)])
def test_two_columns_share_the_boxes_between_the_margins(paper: str, mm: float) -> None:
    """285 mm of A4 and 270 mm of Letter, 9 mm apart."""
    assert column_mm(paper) == pytest.approx(mm)


def test_a_heading_stays_with_what_follows() -> None:
    block = heading("Leads")
    assert block == Block(
        7.2, (Line(0, pytest.approx(4.8), "Leads", 9.5, bold=True),), with_next=True
    )


@pytest.mark.parametrize(
    ("bold", "quiet", "color", "with_next"),
    [(False, False, INK, False), (True, False, INK, True), (False, True, QUIET, True)],
)
def test_a_paragraph_has_a_line_every_3_35_mm(
    bold: bool, quiet: bool, color: str, with_next: bool
) -> None:
    block = paragraph("one two " * 20, 40.0, bold=bold, quiet=quiet)
    n = len(block.lines)
    assert n > 2
    assert [line.down_mm for line in block.lines] == pytest.approx(
        [3.35 * k for k in range(1, n + 1)]
    )
    assert {(line.x_mm, line.bold, line.color, line.size_pt) for line in block.lines} == {
        (0, bold, color, 7.5)
    }
    assert block.height_mm == pytest.approx(3.35 * n + 1.6)
    assert block.with_next is with_next
    assert not block.ruled


def test_a_table_shares_its_width_and_sets_numbers_to_the_right() -> None:
    columns = [Column("Lead", 1), Column("mV", 3, right=True), Column("Remark", 4)]
    head, row = table(columns, [("V1", "0.25", "long " * 30)], 80.0)
    assert [(line.x_mm, line.words, line.align) for line in head.lines] == [
        (0, "Lead", "left"), (pytest.approx(38.4), "mV", "right"), (40, "Remark", "left"),
    ]  # fmt: skip
    assert {(line.bold, line.color) for line in head.lines} == {(True, QUIET)}
    assert head.with_next
    assert head.ruled
    assert head.height_mm == pytest.approx(3.35 + 0.7)
    remark = [line for line in row.lines if line.x_mm == 40]
    assert [line.down_mm for line in remark] == pytest.approx(
        [3.35 * k - 0.5 for k in range(1, len(remark) + 1)]
    )
    assert all(width_mm(line.words, size_pt=7.5) <= 40 - 1.6 for line in remark)
    assert row.height_mm == pytest.approx(3.35 * len(remark) + 0.7)
    assert {(line.bold, line.color) for line in row.lines} == {(False, INK)}
    assert not row.with_next


def blocks(*heights: float) -> list[Block]:
    return [Block(mm, (Line(0, 0.0, f"b{k}"),)) for k, mm in enumerate(heights)]


def placed(*heights: float) -> list[tuple[int, str, float, float]]:
    return [
        (number, text.get_text(), *map(float, text.get_position()))
        for number, sheet in enumerate(pour(blocks(*heights), "A4"))
        for text in lines(sheet)
    ]


def test_blocks_fill_the_columns_from_the_top_and_then_the_next_sheet() -> None:
    """A4 is 210 mm high: 13 above and 12 below leave 185 mm; columns begin at 6 and 153 mm."""
    assert placed(185.0, 100.0, 85.0, 0.1, 50.0) == [
        (0, "b0", 6.0, 197.0),
        (0, "b1", 153.0, 197.0),
        (0, "b2", 153.0, 97.0),
        (1, "b3", 6.0, 197.0),
        (1, "b4", 6.0, pytest.approx(196.9)),
    ]


def test_what_must_stay_together_goes_to_the_next_column_together() -> None:
    head = Block(10.0, (Line(0, 0.0, "head"),), with_next=True)
    made = [*blocks(170.0), head, Block(6.0, (Line(0, 0.0, "text"),))]
    assert flow._needed_mm(made) == [170.0, 16.0, 6.0]
    (sheet,) = pour(made, "A4")
    assert [text.get_position()[0] for text in lines(sheet)] == [6.0, 153.0, 153.0]
    made[0] = blocks(169.0)[0]
    (sheet,) = pour(made, "A4")
    assert [text.get_position()[0] for text in lines(sheet)] == [6.0, 6.0, 6.0]


def test_nothing_to_say_makes_no_sheet() -> None:
    assert pour([], "A4") == []


def test_a_ruled_block_has_a_thin_line_below(monkeypatch: pytest.MonkeyPatch) -> None:
    ruled: list[tuple] = []

    class Stub:
        def text(self, *about: object, **more: object) -> None:
            ruled.append((*about, more["size_pt"]))

        def line(self, x: list, y: list, *, color: str, width_mm: float) -> None:
            ruled.append((x, y, color, width_mm))

    block = Block(8.0, (Line(2.0, 3.0, "words"),), ruled=True)
    flow._place(Stub(), block, 10.0, 100.0, 50.0)
    assert ruled == [(12.0, 97.0, "words", 7.5), ([10.0, 60.0], [92.0, 92.0], RULE, 0.1)]
    ruled.clear()
    flow._place(Stub(), Block(8.0, ()), 10.0, 100.0, 50.0)
    assert ruled == []


def test_plain_text_is_neither_bold_nor_quiet_nor_bound_to_what_follows() -> None:
    assert paragraph("words", 100.0) == paragraph("words", 100.0, bold=False, quiet=False)
    plain = Line(1.0, 2.0, "words")
    assert (plain.size_pt, plain.bold, plain.color, plain.align) == (7.5, False, INK, "left")
    block = Block(5.0, (plain,))
    assert (block.with_next, block.ruled) == (False, False)
    assert not Column("mV", 1).right
