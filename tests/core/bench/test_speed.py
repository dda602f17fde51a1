"""What the benchmark promises and how it reports; its timings are never tested."""

import pytest

from ecgcore.bench.speed import BenchReport, Figure, resident_mb, run_speed
from ecgcore.errors import ModelError
from ecgcore.settings import Settings


def test_a_figure_breaks_its_promise_only_above_the_target() -> None:
    assert Figure("a", 40.0, "ms", 40.0).passed
    assert not Figure("a", 40.1, "ms", 40.0).passed
    assert Figure("no promise", 1e9, "ms").passed
    assert Figure("not measured", None, "ms", 40.0).passed


def test_a_report_names_each_broken_promise() -> None:
    report = BenchReport(
        "data", 2, (Figure("fast", 1.0, "ms", 2.0), Figure("slow", 3.0, "ms", 2.0))
    )
    assert not report.passed
    assert [row["passed"] for row in report.as_json()["figures"]] == [True, False]
    slow = next(line for line in report.as_text().splitlines() if line.startswith("slow"))
    assert "MISSED" in slow


def test_a_bench_without_models_says_what_to_do(tmp_path, synthetic_dir) -> None:
    settings = Settings(synthetic_dir, tmp_path, tmp_path, tmp_path / "none", tmp_path)
    with pytest.raises(ModelError, match="Restore that folder"):
        run_speed(settings, quick=True)


def test_the_quick_bench_measures_every_core_figure(tmp_path, synthetic_dir, untrained_dir) -> None:
    settings = Settings(synthetic_dir, tmp_path, tmp_path, untrained_dir, tmp_path)
    report = run_speed(settings, quick=True)
    names = [figure.name for figure in report.figures]
    assert names[0] == "2 predictions of a warm record"
    assert sum("Grad-CAM" in name for name in names) == 2
    assert sum("Integrated Gradients, 50 steps" in name for name in names) == 2
    assert all(figure.value > 0 for figure in report.figures)


def test_resident_memory_is_that_of_a_python_with_torch() -> None:
    assert 50 < (resident_mb() or 0) < 20_000
