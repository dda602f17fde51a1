"""How long what the pages of reading compute takes, with many readings in the store."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from ecgcore.review.agreement.raters import VERDICT, raters_of
from ecgcore.review.agreement.readers import ALL_READERS, confidence_of
from ecgcore.review.agreement.readings_frame import one_each, readings_frame
from ecgcore.review.agreement.tables import against, in_strata, pairwise_kappas
from ecgcore.review.agreement.visible import KINDS, visible
from ecgcore.review.people.permissions import alone
from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import Place
from ecgcore.review.store.log import Draft, ReviewLog
from ecgcore.review.worklists.conflicts import disputes, to_settle

_VERDICTS = ("MI", "no MI", "uncertain")
_SURE = 0.8


@dataclass(frozen=True, slots=True)
class Step:
    """One step and how long it took."""

    name: str
    ms: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """What comparing all readers costs, step by step."""

    readers: int
    readings: int
    steps: tuple[Step, ...]

    @property
    def total_ms(self) -> float:
        """All steps."""
        return sum(step.ms for step in self.steps)


def agreement_speed(folder: Path, readers: int, cases: int) -> Agreement:
    """Fill a store with readings, most of them alike on a case, and time what the pages ask for."""
    log = ReviewLog.at(sa.URL.create("sqlite", database=str(folder / "agreement.sqlite")))
    drafts = _drafts(readers, cases)
    log.append_all([draft.entry() for draft in drafts])
    boss, watch = alone("BOSS"), _Watch()
    entries = log.entries(study="s", kinds=KINDS)
    watch.lap("read the store")
    seen = visible(entries, "s", boss)
    watch.lap("whose readings count")
    frame = one_each(readings_frame(seen), "first")
    raters = raters_of(frame, VERDICT)
    watch.lap("sort")
    in_strata(raters, {})
    watch.lap("all readers at once")
    pairwise_kappas(raters)
    watch.lap("every pair")
    against(raters, raters.names[0])
    watch.lap("every reader against one")
    truth = frame.drop_duplicates("case").set_index("case")["verdict"]
    confidence_of(frame, truth, ALL_READERS)
    watch.lap("confidence")
    to_settle(disputes(entries), boss)
    watch.lap("conflicts")
    log.engine.dispose()
    return Agreement(readers, len(drafts), tuple(watch.steps))


class _Watch:
    """Times one step after another."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._since = time.perf_counter()

    def lap(self, name: str) -> None:
        """Note how long the step of this name took."""
        now = time.perf_counter()
        self.steps.append(Step(name, 1000 * (now - self._since)))
        self._since = time.perf_counter()


def _drafts(readers: int, cases: int) -> list[Draft]:
    chance = np.random.default_rng(0)
    usual = chance.choice(_VERDICTS, cases)
    drafts = []
    for who in range(readers):
        for case in range(cases):
            verdict = usual[case] if chance.random() < _SURE else chance.choice(_VERDICTS)
            place = Place("s", str(case), f"reader {who}")
            body = Reading(str(verdict), int(chance.integers(50, 101))).as_body()  # type: ignore[arg-type]
            key = place.key("reading", 1)
            drafts.append(Draft(key, "reading", "s", place.case, place.reader, body))
    return drafts
