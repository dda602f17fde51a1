"""Contenders that take turns, so that a drift of the machine hits all alike."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgcore.bench.figure import elapsed_ms

FloatArray = NDArray[np.float64]

_WARM_TURNS = 2
"""The first turn compiles what is compiled, and the second finds its memory."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How often each thing is measured.

    Attributes
    ----------
    rounds
        Turns of each contender with whole batches.
    calls
        Single records in each of these rounds.
    parts
        Parts into which the data set is split, each predicted both ways.
    loop_records
        Records that the plain loop reads, over all parts.
    opens
        Records opened in each state of the machine; none leaves the training out.
    """

    rounds: int = 9
    calls: int = 10
    parts: int = 6
    loop_records: int = 360
    opens: int = 160


FULL, QUICK = Effort(), Effort(rounds=3, calls=5, parts=2, loop_records=60, opens=0)


@dataclass(frozen=True, slots=True)
class Ratio:
    """Median over rounds, and the middle half of the rounds."""

    median: float
    low: float
    high: float

    def as_text(self) -> str:
        """Middle half, for a note."""
        return f"{self.low:.2f} to {self.high:.2f} in half of the rounds"


@dataclass(frozen=True, slots=True, eq=False)
class Contest:
    """Times of contenders by name, ``(n_rounds,)`` each, in ms."""

    times_ms: Mapping[str, FloatArray]

    def median_ms(self, name: str) -> float:
        """Typical time of one contender."""
        return float(np.median(self.times_ms[name]))

    def fastest(self, names: Iterable[str]) -> str:
        """Name the quickest of some contenders."""
        return min(names, key=self.median_ms)

    def ratio(self, above: str, below: str) -> Ratio:
        """Time of one contender over that of another in the same round."""
        ratios = self.times_ms[above] / self.times_ms[below]
        low, median, high = np.quantile(ratios, [0.25, 0.5, 0.75])
        return Ratio(float(median), float(low), float(high))

    def scaled(self, factors: Mapping[str, float]) -> "Contest":
        """Turn the time of a step into that of so many steps, for each contender."""
        return Contest({name: times * factors[name] for name, times in self.times_ms.items()})


def take_turns(contenders: Mapping[str, Callable[[], object]], rounds: int) -> Contest:
    """Time each contender once in every round; every other round goes backwards."""
    for _ in range(_WARM_TURNS):
        for action in contenders.values():
            action()
    times_ms = {name: np.empty(rounds) for name in contenders}
    for number in range(rounds):
        names = list(contenders)
        for name in names if number % 2 == 0 else reversed(names):
            times_ms[name][number] = elapsed_ms(contenders[name])
    return Contest(times_ms)
