"""Who may see, read, lead and end a reader study; its results are for those who take part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ecgcore.review.people.permissions import Person, Target, allowed
from ecgcore.review.studies.protocol import Protocol


def seen_by(person: Person | None, names: Iterable[str]) -> list[str]:
    """Return the studies that a person takes part in; all where nobody has said who reads."""
    return [name for name in names if person is None or person.takes_part(name)]


def may_read(person: Person, protocol: Protocol) -> bool:
    """Say whether the study is to be read by a person."""
    readers = frozenset(protocol.readers)
    return allowed(person, "read", Target(protocol.name, assigned=readers))


def may_lead(person: Person | None, name: str) -> bool:
    """Say whether a person may start and end a study."""
    return person is not None and allowed(person, "assign", Target(name))


def whose_progress(person: Person | None, protocol: Protocol) -> tuple[str, ...]:
    """Return the readers whose progress a person sees."""
    if person is None:
        return ()
    target = protocol.name
    return tuple(
        who
        for who in protocol.readers
        if allowed(person, "see progress", Target(target, owner=who))
    )


def called(person: Person | None, protocol: Protocol) -> Mapping[str, str]:
    """Return how each reader is called before a person: by name, or as "Reader 2".

    Examples
    --------
    >>> from ecgcore.review.studies.protocol import StudyCase
    >>> cases = tuple(StudyCase(str(n), n < 2, 0.5) for n in range(4))
    >>> study = Protocol("s", cases, ("ann", "bob"), ("alone",))
    >>> dict(called(Person("ann", {"s": frozenset({"reader"})}), study))
    {'ann': 'ann', 'bob': 'Reader 2'}
    """
    names = person is not None and allowed(person, "see names", Target(protocol.name))
    own = "" if person is None else person.name
    return {
        who: who if names or who == own else f"Reader {place}"
        for place, who in enumerate(protocol.readers, 1)
    }
