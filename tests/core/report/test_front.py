"""The head and frame of the printout at their millimetre, and what they say at most."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ecgcore.figures.theme import RUST
from ecgcore.ptbxl.catalog import Statement
from ecgcore.report import front as module
from ecgcore.report.content import DISCLAIMER
from ecgcore.report.ecg import Area
from ecgcore.report.sheet import INK, QUIET, RULE, width_mm
from tests.core.report.test_ecg import Sketch
from tests.core.report.test_printout import ENTRY, OVERLAY, bare, content, record
from tests.support.measurements import measurements


class Page(Sketch):
    """A sketch of A4 that notes filled rectangles as well."""

    width_mm, height_mm, margin_mm = 297.0, 210.0, 6.0

    def __init__(self) -> None:
        super().__init__()
        self.filled: list[tuple] = []

    def fill(self, *about: Any) -> None:
        self.filled.append(about)

    def said(self) -> list[tuple]:
        return [(round(x, 3), round(y, 3), words) for x, y, words, _ in self.texts]


def test_what_surrounds_the_first_page() -> None:
    page = Page()
    module.draw_frame(page, content(), 1, 3)
    assert page.said() == [
        (6.0, 5.5, DISCLAIMER),
        (291.0, 5.5, "Record 7 · page 1 of 3"),
        (148.5, 5.5, "Print at actual size (100 %): the fine grid is 1 mm."),
    ]
    assert [how for *_, how in page.texts] == [
        {"size_pt": 7.5, "bold": True},
        {"size_pt": 7.5, "align": "right"},
        {"size_pt": 7.5, "color": QUIET, "align": "center"},
    ]
    assert page.lines == []


def test_what_surrounds_a_further_page() -> None:
    page = Page()
    module.draw_frame(page, content(record=record(synthetic=True)), 2, 3)
    assert page.said()[1:] == [
        (291.0, 5.5, "Record 7 · page 2 of 3"),
        (6.0, 201.0, "Record 7 · 56 years · female · recorded 1984-11-09 09:17:34"),
        (291.0, 201.0, "SYNTHETIC · no patient"),
    ]
    assert page.texts[2][3] == {"size_pt": 8.5, "bold": True}
    assert page.texts[3][3] == {"size_pt": 8.5, "bold": True, "color": RUST, "align": "right"}
    ((x, y, how),) = page.lines
    assert (x.tolist(), y.tolist(), how) == (
        [6, 291], [198.5, 198.5], {"color": RULE, "width_mm": 0.2},
    )  # fmt: skip
    alone = Page()
    module.draw_frame(alone, bare(), 2, 2)
    assert alone.said()[2] == (6.0, 201.0, "Record 7 · a test")
    one = Page()
    module.draw_frame(one, bare(), 1, 1)
    assert one.said()[1] == (291.0, 5.5, "Record 7")


def test_a_long_name_is_shortened_to_6_cm() -> None:
    page = Page()
    module.draw_frame(page, bare(record=replace(record(), record_id="m" * 200)), 1, 1)
    name = page.texts[1][2].removeprefix("Record ")
    assert 50 < width_mm(name, size_pt=7.5) <= 60


def test_who_it_is() -> None:
    page = Page()
    module._draw_identity(page, 6.0, 200.0, 60.0, content(record=record(synthetic=True)))
    assert page.said() == [
        (6.0, 199.5, "Record 7"),
        (6.0, 194.1, "56 years · female"),
        (6.0, 190.0, "recorded 1984-11-09 09:17:34"),
        (6.0, 185.9, "CS-12 E"),
        (6.0, 181.8, "patient 15"),
        (6.0, 177.7, "PTB-XL 1.0.3"),
        (7.5, 173.2, "SYNTHETIC · no patient"),
    ]
    assert page.texts[0][3] == {"size_pt": 13, "bold": True}
    assert page.texts[1][3] == {"size_pt": 8.5}
    assert page.texts[6][3] == {"bold": True, "color": "white"}
    ((x, y, width, height, color),) = page.filled
    expected = (6.0, 171.9, width_mm("SYNTHETIC · no patient", bold=True) + 3, 4.4)
    assert (x, y, width, height) == pytest.approx(expected)
    assert color == RUST


def test_what_is_not_known_is_said() -> None:
    page = Page()
    unknown = replace(ENTRY, device="  ", patient_id=None, recording_date="")
    module._draw_identity(page, 6.0, 200.0, 60.0, content(entry=unknown))
    assert [words for _, _, words in page.said()[2:5]] == [
        "date unknown", "device unknown", "patient unknown",
    ]  # fmt: skip
    bare_page = Page()
    module._draw_identity(bare_page, 6.0, 200.0, 60.0, bare())
    assert [words for _, _, words in bare_page.said()] == ["Record 7", "a test"]
    assert page.filled == bare_page.filled == []


def test_measurements_stand_in_three_columns() -> None:
    page = Page()
    module._draw_measurements(page, 80.0, 200.0, 72.0, content(), alone=False)
    rows = page.said()
    assert rows[:3] == [(80.0, 200.0, "Heart rate"), (145.0, 200.0, "63"), (146.0, 200.0, "bpm")]
    assert rows[18:21] == [
        (80.0, 175.4, "Axis P / QRS / T"), (145.0, 175.4, "48 / −12 / 40"), (146.0, 175.4, "°"),
    ]  # fmt: skip
    assert rows[21] == (
        80.0, 171.6, "? doubtful, — could not be measured: reasons on page 2",
    )  # fmt: skip
    assert [how for *_, how in page.texts[:3]] == [
        {"size_pt": 8.5, "color": QUIET},
        {"size_pt": 8.5, "bold": True, "align": "right"},
        {"size_pt": 8.5, "color": QUIET},
    ]
    assert page.texts[21][3] == {"size_pt": 6.5, "color": QUIET}
    none = Page()
    module._draw_measurements(none, 80.0, 200.0, 72.0, bare(), alone=False)
    assert none.said() == [(80.0, 200.0, "Measurements: none were made")]


def test_values_with_their_marks() -> None:
    found = measurements({"qt_ms": None}, {"pr_ms": "P wave unclear"})
    words = [module.value_words(found.value(name)) for name in ("qt_ms", "pr_ms", "qrs_ms")]
    assert words == ["—", "162 ?", "92"]


@pytest.mark.parametrize(
    ("n", "alone", "last"),
    [(4, False, None), (5, False, "and 1 more on page 2"), (6, True, "and 2 more")],
)
def test_four_labels_are_listed(n: int, alone: bool, last: str | None) -> None:
    statements = tuple(Statement(f"X{k}", 100.0, "a finding", "MI", "diagnostic") for k in range(n))
    page = Page()
    made = content(entry=replace(ENTRY, statements=statements))
    module._draw_labels(page, 157.0, 200.0, 134.0, made, alone=alone)
    said = page.said()
    assert said[0] == (157.0, 200.0, "Labels with likelihood")
    assert said[1] == (157.0, 195.9, "X0 · a finding · 100 %, stated as certain")
    assert len(said) == 5 + (last is not None)
    assert page.texts[0][3] == {"size_pt": 8.5, "bold": True, "color": INK}
    assert page.texts[1][3] == {"size_pt": 8.5, "bold": False, "color": INK}
    if last:
        assert said[5] == (157.0, 179.5, last)
        assert page.texts[5][3]["color"] == QUIET


def test_the_head_has_three_parts_and_its_lines_below() -> None:
    """Parts begin at 0, 25 and 53 % of the width; lines 4.1 mm apart end in a rule."""
    page = Page()
    area = Area(6.0, 12.0, 285.0, 150.0)
    module._draw_header(page, area, content(), [("one", INK), ("two", RUST)], alone=False)
    places = {words: (x, y) for x, y, words in page.said()}
    assert places["Record 7"] == (6.0, 199.5)
    assert places["Heart rate"] == (77.25, 200.0)
    assert places["Labels with likelihood"] == (157.05, 200.0)
    assert places["63"] == (pytest.approx(77.25 + 0.28 * 285 - 8 - 7), 200.0)
    assert places["one"] == (6.0, 166.9)
    assert places["two"] == (6.0, 162.8)
    ((x, y, how),) = page.lines
    assert (x.tolist(), how) == ([6.0, 291.0], {"color": RULE, "width_mm": 0.2})
    assert y == pytest.approx([161.3, 161.3])


def places(sheet: Any) -> dict[str, tuple[float, float]]:
    return {
        text.get_text(): tuple(map(float, text.get_position()))
        for text in sheet.figure.artists
        if hasattr(text, "get_text")
    }


@pytest.mark.parametrize(("overlay", "below"), [(None, 12.0), (OVERLAY, 17.0)])
def test_the_ecg_fills_what_the_head_and_foot_leave(
    monkeypatch: pytest.MonkeyPatch, overlay: Any, below: float
) -> None:
    """6 mm above, 36 mm of head, a line each 4.1 mm, 12 mm of foot, 5 mm for a scale.

    A map has one line about whether to trust it.
    """
    areas: list[Area] = []
    draw = module.draw_ecg

    def noted(sheet: Any, area: Area, *about: Any) -> None:
        areas.append(area)
        draw(sheet, area, *about)

    monkeypatch.setattr(module, "draw_ecg", noted)
    made = bare(overlay=overlay)
    sheet = module.front(made, "A4")
    head = 36 if overlay is None else 36 + 4.1
    assert areas == [Area(6.0, below, 285.0, pytest.approx(210 - 6 - head - 12 - (below - 12)))]
    found = places(sheet)
    scale = next(words for words in found if words.startswith("25 mm/s"))
    assert found[scale] == pytest.approx(
        (7.5, below + areas[0].height_mm - _height(made, areas[0]) + 1.5)
    )
    pointer = [words for words in found if "see the next pages" in words]
    assert len(pointer) == (overlay is not None)
    if pointer:
        assert found[pointer[0]][1] == pytest.approx(11.8)


def _height(made: Any, area: Area) -> float:
    return module.print_layout(made.record, made.settings, area).height_mm


def test_lines_below_the_head_take_from_the_ecg(monkeypatch: pytest.MonkeyPatch) -> None:
    areas: list[Area] = []
    monkeypatch.setattr(module, "draw_ecg", lambda sheet, area, *about: areas.append(area))
    warned = replace(record(), warnings=("first", "second"))
    module.front(bare(record=warned), "A4")
    assert areas[0].height_mm == pytest.approx(156.0 - 4.1)


def test_alerts_have_their_colour_and_order() -> None:
    warned = replace(record(duration_s=12.0), warnings=("first.", "second."))
    made = content(record=warned)
    made = replace(made, quality=replace(made.quality, swap="left and right"))
    assert module._alerts(made) == [
        ("Suspected swap of electrodes: left and right", RUST),
        ("Drawn: seconds 0 to 10 of 12 s; measurements and lead notes are of all of them.", INK),
        ("How it was read: second. first.", INK),
    ]
    assert module._alerts(bare()) == []
    assert np.isfinite(made.record.signal).all()
