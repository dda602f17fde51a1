"""One measured figure beside its promise, and how durations are taken."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")

_REPEATS = 20


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    Attributes
    ----------
    value
        None where it was not measured, for the reason `note`.
    target
        Upper bound, or None where none is promised.
    skipped
        What measures it is not installed here; without a value and not skipped, it failed.
    at_least
        Lower bound, or None where none is promised.
    """

    name: str
    value: float | None
    unit: str
    target: float | None = None
    note: str = ""
    skipped: bool = False
    at_least: float | None = None

    @property
    def passed(self) -> bool:
        """False where a promise is broken, or where measuring failed."""
        if self.value is None:
            return self.skipped
        low_enough = self.target is None or self.value <= self.target
        return low_enough and (self.at_least is None or self.value >= self.at_least)

    def as_text(self) -> str:
        """One line for a reader."""
        value = "not measured" if self.value is None else f"{_shown(self.value)} {self.unit}"
        return f"{self.name:58} {value:>20}  {self._promise:18} {self._mark:8}{self.note}"

    @property
    def _promise(self) -> str:
        bounds = (("<=", self.target), (">=", self.at_least))
        return ", ".join(
            f"{sign} {bound:,.10g} {self.unit}" for sign, bound in bounds if bound is not None
        )

    @property
    def _mark(self) -> str:
        if self.value is None:
            return "skipped" if self.skipped else "FAILED"
        if self.target is None and self.at_least is None:
            return ""
        return "ok" if self.passed else "MISSED"


def _shown(value: float) -> str:
    """Write a large value with one decimal, a small one with three figures."""
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:.3g}"


def timed(name: str, action: Callable[[], object], target_ms: float | None = None) -> Figure:
    """Time an action many times."""
    return typical(name, durations_ms(action, _REPEATS), target_ms)


def timed_each(
    name: str,
    action: Callable[[Item], object],
    items: Sequence[Item],
    target_ms: float | None = None,
) -> Figure:
    """Time an action once for each record, after it has been done for the first."""
    action(items[0])
    times = [elapsed_ms(partial(action, item)) for item in items]
    return typical(f"{name}, {len(items)} records", times, target_ms)


def typical(
    name: str, times_ms: Sequence[float], target_ms: float | None = None, note: str = ""
) -> Figure:
    """Give the median, and the 95th percentile in the note."""
    slow = float(np.quantile(times_ms, 0.95))
    note = ", ".join(filter(None, [note, f"p95 {slow:.0f} ms"]))
    return Figure(name, statistics.median(times_ms), "ms", target_ms, note)


def durations_ms(action: Callable[[], object], repeats: int) -> list[float]:
    """Time an action again and again, after it has been done once."""
    action()
    return [elapsed_ms(action) for _ in range(repeats)]


def elapsed_ms(action: Callable[[], object]) -> float:
    """Time an action."""
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000
