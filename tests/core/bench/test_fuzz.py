"""The fuzzer: it finds what it looks for, and the readers stand it."""

import multiprocessing
import time

import pytest

from ecgcore.bench import fuzz
from ecgcore.bench.fuzz import FuzzReport, mutated, run_fuzz
from ecgcore.bench.seeds import load_seeds


def test_150_damaged_uploads_do_no_harm() -> None:
    report = run_fuzz(150, seed=7)
    assert report.findings == ()
    assert report.passed, report.as_text()
    assert sum(n for _, _, n in report.outcomes) == 150
    assert {outcome for _, outcome, _ in report.outcomes} == {"read", "refused"}
    assert len({kind for kind, _, _ in report.outcomes}) == len(load_seeds())


def test_a_case_can_be_repeated() -> None:
    valid = load_seeds()
    assert [mutated(k, valid) for k in range(24)] == [mutated(k, valid) for k in range(24)]
    assert mutated(3, valid, seed=1) != mutated(3, valid, seed=2)


def test_an_unhandled_error_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise KeyError("planted")

    monkeypatch.setattr(fuzz, "read_upload", breaks)
    assert fuzz._outcome([], fuzz.ReadOptions()) == ("unhandled", "KeyError: 'planted'")


@pytest.mark.parametrize(
    ("outcome", "seconds", "memory_mb", "passed"),
    [
        ("refused", 4.9, 100.0, True),
        ("read", 0.1, None, True),
        ("refused", 5.1, 100.0, False),
        ("refused", 0.1, 600.0, False),
    ],
)
def test_the_promises(outcome: str, seconds: float, memory_mb: float | None, passed: bool) -> None:
    report = FuzzReport(1, 0, (("CSV", outcome, 1),), seconds, 0, memory_mb, ())
    assert (report.passed, report.as_json()["passed"]) == (passed, passed)
    assert f"slowest {seconds:.2f} s" in report.as_text()


def test_silence_is_a_hang_and_a_closed_pipe_a_crash() -> None:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    started = time.monotonic()
    assert fuzz._next(ours, 0.05) == "hang"
    assert time.monotonic() - started >= 0.05
    theirs.close()
    assert fuzz._next(ours, 1.0) == "crash"
