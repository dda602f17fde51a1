"""What the glossary's bench counts, promises and prints."""

from pathlib import Path

import pytest

from ecgcore.bench.glossary import Coverage, GlossaryReport, measure_coverage, run_glossary
from ecgcore.ptbxl.glossary import translate
from ecgcore.settings import Settings


def report_with(covered: int) -> GlossaryReport:
    part = Coverage("all reports", 10, 4, 100, covered)
    return GlossaryReport("data", 12, 5, 6, (part, part, Coverage("none", 0, 0, 0, 0)), (("x", 2),))


def settings_of(folder: Path) -> Settings:
    return Settings(folder, folder, folder, folder, folder)


def test_every_occurrence_counts() -> None:
    reports = ["quux sinusrhythmus quux", "linkstyp v1", "normal ecg"]
    part = measure_coverage("part", map(translate, reports))
    assert part == Coverage("part", 3, 2, 6, 4)
    assert part.share == pytest.approx(4 / 6)
    assert part.reports_share == pytest.approx(2 / 3)


def test_the_promise_is_95_percent_of_all_words() -> None:
    assert report_with(95).passed
    assert not report_with(94).passed
    assert "MISSED" in report_with(94).as_text()
    assert report_with(94).as_json()["passed"] is False


def test_no_words_keep_no_promise() -> None:
    empty = GlossaryReport("data", 0, 5, 6, (Coverage("all reports", 0, 0, 0, 0),), ())
    assert not empty.passed
    assert "no reports" in empty.as_text()
    assert empty.as_json()["parts"][0]["coverage"] is None


def test_the_text_and_the_json_name_the_figures() -> None:
    report = report_with(95)
    assert "95.0% of 100 words" in report.as_text()
    assert "x 2" in report.as_text()
    data = report.as_json()
    assert data["parts"][0]["coverage"] == 0.95
    assert data["unknown"] == [{"word": "x", "count": 2}]
    assert data["n_terms"] == 5


def test_the_synthetic_reports_are_covered(synthetic_dir: Path) -> None:
    report = run_glossary(settings_of(synthetic_dir))
    assert report.passed
    assert report.n_records == report.parts[0].n_reports == 240
    assert report.parts[0].n_words == report.parts[1].n_words + report.parts[2].n_words


@pytest.mark.ptbxl
def test_the_real_reports_are_covered_also_where_the_table_was_not_made(ptbxl_dir: Path) -> None:
    report = run_glossary(settings_of(ptbxl_dir))
    everything, own, held_out = report.parts
    assert report.passed
    assert everything.n_reports == own.n_reports + held_out.n_reports > 6000
    assert held_out.share > 0.95
    assert len(report.unknown) == 30
