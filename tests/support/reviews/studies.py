"""A small reader study, and readers that answer by rule."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ecgcore.review.readings.reading import Reading
from ecgcore.review.store.chain import Entry
from ecgcore.review.store.log import Draft
from ecgcore.review.studies import run
from ecgcore.review.studies.allocation import Advice, Item, advice_on, schedule
from ecgcore.review.studies.protocol import ARMS, Protocol, StudyCase

FAR = datetime(2100, 1, 1, tzinfo=UTC)
Answer = Callable[[str, StudyCase, Item, Advice | None], Reading]


def protocol(n: int = 10, readers=("ann", "bob"), arms=ARMS, **more) -> Protocol:
    """Half of the cases MI; the model is right on all but the last one."""
    cases = tuple(
        StudyCase(str(100 + k), k % 2 == 0, (0.9 if k % 2 == 0 else 0.1) if k < n - 1 else 0.8)
        for k in range(n)
    )
    usual = {"name": "pilot", "days_between": 0, "secret": "of a test"}
    return Protocol(**usual | more, cases=cases, readers=readers, arms=arms)


def entries_of(made: Protocol, answer: Answer, readers=None) -> list[Entry]:
    """What the store holds once readers went through a study."""
    entries = []
    for who in readers or made.readers:
        for item in schedule(made, who):
            case, place = made.case(item.case), run.place_of(made, item, who)
            for number in range(1, run.n_readings(item.arm) + 1):
                own = item.arm == "alone" or (item.arm == "advice after own read" and number == 1)
                said = answer(who, case, item, None if own else advice_on(made, case))
                key = place.key("reading", number)
                body = said.as_body()
                draft = Draft(key, "reading", place.study, place.case, who, body)
                entries.append(draft.entry())
    return entries


def verdict(says_mi: bool, confidence: int = 80) -> Reading:
    return Reading("MI" if says_mi else "no MI", confidence)


def later(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)
