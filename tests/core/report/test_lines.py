"""Lines of text on the printout: one below the other, none over another, none off the sheet."""

from collections import defaultdict
from itertools import pairwise

import pytest

from ecgcore.report.back import back
from ecgcore.report.front import front
from ecgcore.report.sheet import Sheet
from tests.core.report.test_printout import content, lines

LEAST_MM = 2.3
"""Smallest distance of two baselines: a line of 6.5 pt is 2.3 mm high."""


def baselines(sheet: Sheet) -> dict[float, list[float]]:
    """Return the baselines of the lines that begin at each place, from the bottom."""
    columns: dict[float, set[float]] = defaultdict(set)
    for text in lines(sheet):
        if text.get_horizontalalignment() == "left":
            x_mm, y_mm = text.get_position()
            columns[round(x_mm, 2)].add(y_mm)
    return {x_mm: sorted(places) for x_mm, places in columns.items()}


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_lines_stand_below_each_other_on_the_sheet(paper: str) -> None:
    for sheet in (front(content(), paper), *back(content(), paper)):
        columns = baselines(sheet)
        assert max(map(len, columns.values())) >= 5
        for places in columns.values():
            assert places[0] > 0
            assert places[-1] < sheet.height_mm
            assert min((b - a for a, b in pairwise(places)), default=9.0) >= LEAST_MM
