"""How a measured figure is judged and shown; no test looks at how long something took."""

import pytest

from ecgcore.bench.figure import Figure, durations_ms, timed_each, typical


def test_a_figure_breaks_its_promise_only_above_the_target() -> None:
    assert Figure("a", 40.0, "ms", 40.0).passed
    assert not Figure("a", 40.1, "ms", 40.0).passed
    assert Figure("no promise", 1e9, "ms").passed


def test_a_promise_may_be_a_lower_bound_and_both_may_be_given() -> None:
    assert Figure("a", 1.8, "times", at_least=1.8).passed
    assert not Figure("a", 1.79, "times", at_least=1.8).passed
    between = [Figure("a", value, "times", 3.0, at_least=2.0).passed for value in (1.9, 2.5, 3.1)]
    assert between == [False, True, False]


@pytest.mark.parametrize(("at_least", "mark"), [(1.8, "ok"), (2.5, "MISSED")])
def test_a_line_shows_a_lower_bound_and_small_numbers_exactly(at_least: float, mark: str) -> None:
    words = Figure("a", 2.047, "times", at_least=at_least).as_text().split()
    assert words == ["a", "2.05", "times", ">=", f"{at_least}", "times", mark]
    assert Figure("a", 1.9e-6, "mV", 1e-3).as_text().split()[1:5] == [
        "1.9e-06",
        "mV",
        "<=",
        "0.001",
    ]


@pytest.mark.parametrize("target", [None, 40.0])
@pytest.mark.parametrize(("skipped", "mark"), [(True, "skipped"), (False, "FAILED")])
def test_what_was_not_measured_passes_only_where_it_cannot_be(
    target: float | None, skipped: bool, mark: str
) -> None:
    figure = Figure("a", None, "ms", target, "for a reason", skipped=skipped)
    assert figure.passed is skipped
    assert "not measured" in figure.as_text()
    assert mark in figure.as_text()
    assert figure.as_text().endswith("for a reason")


@pytest.mark.parametrize(("target", "mark"), [(2000.0, "ok"), (1000.0, "MISSED"), (None, "")])
def test_a_line_shows_the_value_beside_its_target(target: float | None, mark: str) -> None:
    words = Figure("a", 1512.23, "ms", target).as_text().split()
    shown = [] if target is None else ["<=", f"{target:,.0f}", "ms", mark]
    assert words == ["a", "1,512.2", "ms", *shown]


def test_the_median_counts_and_the_slow_end_is_noted() -> None:
    figure = typical("a", [*[1.0] * 18, 100.0, 100.0], 2.0, "12x1")
    assert figure == Figure("a", 1.0, "ms", 2.0, "12x1, p95 100 ms")
    assert typical("a", [3.0]).note == "p95 3 ms"


def test_an_action_is_done_once_before_it_is_timed() -> None:
    done: list[int] = []
    assert len(durations_ms(lambda: done.append(0), 3)) == 3
    assert len(done) == 4
    each: list[str] = []
    assert timed_each("read", each.append, ["a", "b"]).name == "read, 2 records"
    assert each == ["a", "a", "b"]
