"""The sheet in millimetres: margins, lines, rectangles, and text that fits."""

import numpy as np
import pytest
from matplotlib.path import Path as Outline

from ecgcore.report import sheet as module
from ecgcore.report.sheet import Sheet, shorten, width_mm, wrap


@pytest.mark.parametrize(
    ("paper", "size", "margin"), [("A4", (297.0, 210.0), 6.0), ("Letter", (279.4, 215.9), 4.7)]
)
def test_between_the_margins_lie_whole_boxes_of_5_mm(
    paper: str, size: tuple[float, float], margin: float
) -> None:
    """285 mm of 297 and 270 mm of 279.4; 4.5 mm at least stay free."""
    blank = Sheet.blank(paper)
    assert (blank.width_mm, blank.height_mm) == size
    assert blank.margin_mm == pytest.approx(margin)
    assert blank.figure.get_size_inches() == pytest.approx(np.array(size) / 25.4)


@pytest.mark.parametrize(("width", "margin"), [(259.0, 4.5), (258.9, 6.95), (264.0, 4.5)])
def test_the_margin_has_four_and_a_half_millimetres(width: float, margin: float) -> None:
    assert Sheet(width, 100.0, None).margin_mm == pytest.approx(margin)


def test_a_line_is_as_wide_as_was_asked_and_marks_no_more_than_its_part() -> None:
    blank = Sheet.blank("A4")
    blank.line([10, 20, 30], [5, 5, 9], color="#123456", width_mm=0.5, clip_mm=(1, 2, 30, 40))
    blank.line([0, 1], [0, 1])
    clipped, plain = blank.figure.artists
    assert clipped.get_linewidth() == pytest.approx(0.5 * 72 / 25.4)
    assert plain.get_linewidth() == pytest.approx(0.2 * 72 / 25.4)
    assert not clipped.get_fill()
    px_mm = blank.figure.dpi / 25.4
    assert plain.get_clip_box() is None
    assert clipped.get_clip_box().extents / px_mm == pytest.approx([1, 2, 31, 42], abs=1e-6)
    assert clipped.get_transform().transform((10, 5)) == pytest.approx([10 * px_mm, 5 * px_mm])


def test_an_outline_begins_anew_behind_each_gap_and_loses_no_point() -> None:
    nan = np.nan
    points = np.array([[nan, nan], [0, 1], [2, 3], [nan, 5], [4, nan], [6, 7], [8, 9]])
    path = module._outline(points)
    assert path.vertices.tolist() == [[0, 1], [2, 3], [6, 7], [8, 9]]
    move, line = Outline.MOVETO, Outline.LINETO
    assert path.codes.tolist() == [move, line, move, line]
    assert not path.should_simplify


def test_cells_are_rectangles_from_their_lower_left_corner() -> None:
    blank = Sheet.blank("A4")
    blank.cells(np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([[1.0, 0.0, 0.0]]))
    (drawn,) = blank.figure.artists
    corners = drawn.get_paths()[0].vertices[:4]
    assert corners.tolist() == [[1, 2], [4, 2], [4, 6], [1, 6]]
    assert drawn.get_linewidth() == [0]


def test_a_text_with_a_rim_is_drawn_twice_and_the_clear_one_last() -> None:
    blank = Sheet.blank("A4")
    blank.text(10, 20, "V1", size_pt=9, bold=True, color="#123456", align="right", rim=True)
    blank.text(1, 2, "V2")
    under, over, plain = blank.figure.artists
    assert bool(under.get_path_effects()) is not bool(over.get_path_effects())
    assert under.get_path_effects()
    assert over.get_position() == (10, 20)
    assert (over.get_fontsize(), over.get_color()) == (9, "#123456")
    assert over.get_horizontalalignment() == "right"
    assert "Bold" in over.get_fontproperties().get_file()
    assert (plain.get_fontsize(), plain.get_horizontalalignment()) == (8, "left")
    assert "Bold" not in plain.get_fontproperties().get_file()
    assert not plain.get_parse_math()


def test_widths_follow_the_size_of_the_letters_and_the_font() -> None:
    """DejaVu Sans: "i" is 569 and "m" 1995 of 2048 units wide."""
    one_em_mm = 8.0 * 25.4 / 72
    assert width_mm("i") == pytest.approx(569 / 2048 * one_em_mm)
    assert width_mm("mm") == pytest.approx(2 * 1995 / 2048 * one_em_mm)
    assert width_mm("mm", size_pt=16) == pytest.approx(2 * width_mm("mm"))
    assert width_mm("mm", bold=True) > width_mm("mm")


def test_words_are_put_on_a_line_as_long_as_they_fit() -> None:
    limit = width_mm("one two")
    assert wrap("one two three", limit + 0.001) == ["one two", "three"]
    assert wrap("one two three", limit - 0.001) == ["one", "two", "three"]
    assert wrap("", 10.0) == [""]
    assert wrap("  one  ", 99.0) == ["one"]


def test_a_word_that_is_too_long_is_cut() -> None:
    limit = width_mm("m" * 10) + 0.001
    assert wrap("m" * 10, limit) == ["m" * 10]
    assert wrap("m" * 11, limit) == ["m" * 9, "mm"]
    assert wrap("mm", 0.1) == ["m", "m"]


def test_a_text_that_does_not_fit_ends_in_dots() -> None:
    assert shorten("one two", 99.0) == "one two"
    limit = width_mm("one two …") + 0.001
    assert shorten("one two three four", limit) == "one two …"
    assert shorten("one two three four", limit - 0.002) == "one …"


@pytest.mark.parametrize(
    ("letter", "shown"),
    [
        ("a", "a"), ("µ", "µ"), ("−", "−"), ("心", "?"), ("\n", " "), ("\t", " "), (" ", " "),
        ("\x7f", "?"),
    ],
)  # fmt: skip
def test_letters_that_cannot_be_printed(letter: str, shown: str) -> None:
    assert module.printable(letter) == shown
