"""The scale check on a page drawn by hand: each part of it that is off is seen, either way."""

import numpy as np
import pytest

from ecgcore.errors import RecordError
from ecgcore.report import scale as module
from ecgcore.report.scale import scale_check

PT_PER_MM = 72 / 25.4


def stroke(*parts: list[tuple[float, float]]) -> str:
    """Return a path in mm as the operators of a PDF."""
    lines = []
    for part in parts:
        for n, (x, y) in enumerate(part):
            lines.append(f"{x * PT_PER_MM:.5f} {y * PT_PER_MM:.5f} {'l' if n else 'm'}")
    return "\n".join([*lines, "S"])


def page(
    *, grid_mm=None, pulse_mm=(5.0, 10.0), trace_mm_s: float = 25.0, n_trace: int = 200
) -> bytes:
    """Return an A4 page of 25 mm/s, 10 mm/mV and 100 Hz, true to scale but for what is given."""
    xs = np.cumsum([10.0, *([1.0] * 119)] if grid_mm is None else [10.0, *grid_mm])
    grid = [[(x, 10.0), (x, 50.0)] for x in xs]
    width, height = pulse_mm
    pulse = [(5, 20), (10, 20), (10, 20 + height), (10 + width, 20 + height), (10 + width, 20)]
    trace = [(20 + k * trace_mm_s / 100, 20 + (k % 7) / 10) for k in range(n_trace)]
    content = "\n".join([stroke(*grid), stroke([*pulse, (20, 20)]), stroke(trace)])
    return (
        "%PDF-1.4\n% 25 mm/s, 10 mm/mV, 100 Hz\n"
        f"1 0 obj\n<< /Type /Page\n/MediaBox [0 0 {297 * PT_PER_MM} {210 * PT_PER_MM}]\n"
        f"/Contents 2 0 R >>\nendobj\n2 0 obj\n<< >>\nstream\n{content}\nendstream\nendobj\n"
    ).encode()


def test_a_true_page_is_true() -> None:
    check = scale_check(page())
    assert check.page_mm == pytest.approx((297, 210))
    assert (check.nominal_mm_per_s, check.nominal_mm_per_mv) == (25, 10)
    assert (check.mm_per_s, check.mm_per_mv) == pytest.approx((25, 10), abs=1e-3)
    assert check.trace_mm_per_s == pytest.approx(25, abs=0.01)
    assert check.grid_mm == pytest.approx((1, 1), abs=1e-3)
    assert (check.n_pulses, check.n_traces) == (1, 1)
    assert check.error_percent < 0.1


@pytest.mark.parametrize(
    ("wrong", "percent"),
    [
        ({"grid_mm": [*([1.0] * 118), 1.3]}, 30),
        ({"grid_mm": [*([1.0] * 118), 0.8]}, 20),
        ({"grid_mm": [0.9, *([1.0] * 118), 1.05]}, 10),
        ({"pulse_mm": (6.0, 10.0)}, 20),
        ({"pulse_mm": (5.0, 9.0)}, 10),
        ({"trace_mm_s": 20.0}, 20),
        ({"trace_mm_s": 26.0}, 4),
    ],
)
def test_what_is_off_is_seen(wrong: dict, percent: float) -> None:
    assert scale_check(page(**wrong)).error_percent == pytest.approx(percent, abs=0.1)


def test_a_page_without_grid_or_words_is_refused() -> None:
    with pytest.raises(RecordError, match="no trace or no grid"):
        scale_check(page(grid_mm=[1.0] * 50))
    with pytest.raises(RecordError, match="names no paper speed"):
        scale_check(page().replace(b"25 mm/s", b""))


def along(*points: tuple[float, float]) -> list[np.ndarray]:
    return [np.array(points)]


@pytest.mark.parametrize(
    ("points", "pulse"),
    [
        ([(0, 0), (2, 0), (2, 9), (7, 9), (7, 0), (9, 0)], True),
        ([(0, 0), (2, 0), (2, 9), (7, 9), (7, 0)], False),
        ([(0, 0), (2, 0), (2, 9), (7, 9), (7, 0), (9, 0), (10, 0)], False),
        ([(0, 0), (2, 0), (2.1, 9), (7, 9), (7, 0), (9, 0)], False),  # it rises as a slope
        ([(0, 0), (2, 0), (2, 9), (7, 9), (7.1, 0), (9, 0)], False),
        ([(0, 0), (2, 1), (2, 9), (7, 9), (7, 0), (9, 0)], False),
        ([(9, 0), (7, 0), (7, 9), (2, 9), (2, 0), (0, 0)], False),  # from the right
    ],
)
def test_a_pulse_goes_along_up_along_down_along(points: list, pulse: bool) -> None:
    assert module._is_pulse(along(*points)) is pulse
    assert not module._is_pulse([*along(*points), *along(*points)])


@pytest.mark.parametrize(("n", "found"), [(99, 0), (100, 99)])
def test_a_grid_has_a_hundred_lines_of_two_points(n: int, found: int) -> None:
    lines = [np.array([(float(k), 0.0), (float(k), 5.0)]) for k in range(n)]
    assert module._grid_steps(lines, 0).size == found
    assert module._grid_steps(lines, 1).size == 0
    lines[0] = np.array([(0.0, 0.0), (0.0, 5.0), (0.0, 6.0)])
    assert module._grid_steps(lines, 0).size == 0


def test_only_lines_that_stand_on_the_axis_are_of_its_grid() -> None:
    lines = [np.array([(2.0 * k, 0.0), (2.0 * k, 5.0)]) for k in range(60)]
    lines += [np.array([(0.0, 3.0 * k), (5.0, 3.0 * k)]) for k in range(60)]
    lines += [np.array([(0.5, 0.0), (0.7, 5.0)])]
    assert module._grid_steps(lines, 0) == pytest.approx(np.full(59, 2.0))
    assert module._grid_steps(lines, 1) == pytest.approx(np.full(59, 3.0))


@pytest.mark.parametrize(("n", "n_traces"), [(100, 0), (101, 1)])
def test_a_trace_has_more_than_a_hundred_points(n: int, n_traces: int) -> None:
    if n_traces:
        assert scale_check(page(n_trace=n)).n_traces == 1
    else:
        with pytest.raises(RecordError, match="no trace or no grid"):
            scale_check(page(n_trace=n))


def test_strokes_follow_the_matrices_and_only_what_is_stroked_counts() -> None:
    """Two nested states: twice as large, then 10 pt to the right and turned by 90 degrees."""
    content = b"""
        1 w (a (text\\) m) Tj [1 2 3] 0 d <AF> Tj
        q 2 0 0 2 0 0 cm 0 0 m 10 0 l S
        q 0 1 -1 0 10 0 cm 0 0 m 10 5 l S Q
        0 0 m 7 7 l f
        Q 1 1 m 3 -2.5 l 4 4 m 5 5 l s
        0 0 m 9 9 l n
    """
    found = [
        [np.round(part * PT_PER_MM, 6).tolist() for part in s] for s in module._strokes(content)
    ]
    assert found == [
        [[[0, 0], [20, 0]]],
        [[[20, 0], [10, 20]]],
        [[[1, 1], [3, -2.5]], [[4, 4], [5, 5]]],
    ]


@pytest.mark.parametrize(
    ("token", "number"),
    [(b"1", True), (b"-1.5", True), (b"+2", True), (b".5", True), (b"cm", False)],
)
def test_numbers_are_told_from_operators(token: bytes, number: bool) -> None:
    assert module._is_number(token) is number
