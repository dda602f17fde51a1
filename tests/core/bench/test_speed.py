"""What the benchmark promises and how it reports; its timings are never tested."""

import json
import subprocess

import pytest

from ecgcore.bench import explanations, figure, speed
from ecgcore.bench.figure import Figure
from ecgcore.bench.speed import BenchReport, memory, resident_mb, run_speed
from ecgcore.errors import ModelError
from ecgcore.settings import Settings


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


def test_the_quick_bench_measures_every_core_figure(
    tmp_path, synthetic_dir, untrained_dir, monkeypatch
) -> None:
    page = Figure("parts of the ECG page", 1.0, "ms")
    monkeypatch.setattr(speed, "ecg_page_figures", lambda *_: [page])
    monkeypatch.setattr(speed, "explanation_figures", lambda *_: [page])
    monkeypatch.setattr(explanations, "_REPEATS", 1)
    monkeypatch.setattr(figure, "_REPEATS", 1)
    settings = Settings(synthetic_dir, tmp_path, tmp_path, untrained_dir, tmp_path)
    report = run_speed(settings, quick=True)
    names = [one.name for one in report.figures]
    assert names[:2] == ["2 predictions of a warm record", "4 predictions, every seed"]
    assert sum("Grad-CAM" in name for name in names) == 4
    assert sum("Integrated Gradients, 50 steps" in name for name in names) == 4
    assert page in report.figures
    assert all(one.value > 0 for one in report.figures)


def pages(monkeypatch, stdout: str, stderr: str, status: int) -> list[Figure]:
    """Give the figures of a process that prints this and ends so."""
    done = subprocess.CompletedProcess([], status, stdout, stderr)
    quiet = subprocess.CompletedProcess([], 0, "", "")
    ran = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        ran.append(command[-1])
        return quiet if len(ran) > 1 else done

    monkeypatch.setattr(subprocess, "run", run)
    found = speed._pages(Settings.from_env())
    assert ran == [
        "pages.shared.bench.page_bench",
        "pages.shared.bench.crowd_bench",
        "pages.shared.bench.desk_bench",
    ]
    return found


PRINTED = json.dumps({"name": "app ready", "value": 1.5, "unit": "s", "target": 5.0})


def test_the_pages_figures_come_from_their_own_process(monkeypatch) -> None:
    found = pages(monkeypatch, f"a banner\n{PRINTED}\n", "a warning", 0)
    assert found == [Figure("app ready", 1.5, "s", 5.0)]


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        ("Traceback\nTimeoutError: 30 s\nCall log:\n  - Error: none", "TimeoutError: 30 s"),
        ("killed", "killed"),
        ("", "ended with status 1"),
    ],
)
def test_a_crash_of_the_pages_fails_and_keeps_what_was_measured(
    monkeypatch, stderr: str, reason: str
) -> None:
    found = pages(monkeypatch, PRINTED, stderr, 1)
    assert found[0].value == 1.5
    assert (found[1].value, found[1].passed, found[1].note) == (None, False, reason)
    assert not BenchReport("data", 2, tuple(found)).passed


def test_a_machine_that_hides_memory_skips_visibly(monkeypatch) -> None:
    monkeypatch.setattr(speed, "resident_mb", lambda _: None)
    hidden = memory("memory")
    assert hidden.passed
    assert "skipped" in hidden.as_text()


def test_resident_memory_is_that_of_a_python_with_torch() -> None:
    assert 50 < (resident_mb() or 0) < 20_000
