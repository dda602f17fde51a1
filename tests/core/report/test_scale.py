"""The scale check on a page drawn by hand: each part of it that is off is seen, either way."""

import numpy as np
import pytest

from ecgcore.errors import RecordError
from ecgcore.report.scale import scale_check

PT_PER_MM = 72 / 25.4


def stroke(*parts: list[tuple[float, float]]) -> str:
    """Return a path in mm as the operators of a PDF."""
    lines = []
    for part in parts:
        for n, (x, y) in enumerate(part):
            lines.append(f"{x * PT_PER_MM:.5f} {y * PT_PER_MM:.5f} {'l' if n else 'm'}")
    return "\n".join([*lines, "S"])


def page(*, grid_mm=None, pulse_mm=(5.0, 10.0), trace_mm_s: float = 25.0) -> bytes:
    """Return an A4 page of 25 mm/s, 10 mm/mV and 100 Hz, true to scale but for what is given."""
    xs = np.cumsum([10.0, *([1.0] * 119)] if grid_mm is None else [10.0, *grid_mm])
    grid = [[(x, 10.0), (x, 50.0)] for x in xs]
    width, height = pulse_mm
    pulse = [(5, 20), (10, 20), (10, 20 + height), (10 + width, 20 + height), (10 + width, 20)]
    trace = [(20 + k * trace_mm_s / 100, 20 + (k % 7) / 10) for k in range(200)]
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
