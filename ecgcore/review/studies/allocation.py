"""Who reads what when, and whose advice is wrong: drawn by the secret of the study.

Cases run through the arms in a Latin square: in every round each reader meets each arm equally
often (but for one case), a case meets all arms over the rounds, and neighbouring readers meet it
in different arms. Cases are put in a row by truth and by the advice's correctness before, so that
each arm gets its part of both.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from ecgcore.errors import ReviewError
from ecgcore.review.studies.protocol import ArmName, Protocol, StudyCase


@dataclass(frozen=True, slots=True)
class Item:
    """One case in one arm; `round` counts from 1."""

    case: str
    arm: ArmName
    round: int


@dataclass(frozen=True, slots=True)
class Advice:
    """What a reader is told of a case: the probability of MI, and whether it is called MI."""

    prob: float
    says_mi: bool


def schedule(protocol: Protocol, reader: str) -> tuple[Item, ...]:
    """Return what a reader reads, in order.

    Raises
    ------
    ReviewError
        If the protocol names no such reader.

    Examples
    --------
    >>> cases = tuple(StudyCase(str(n), n < 2, 0.5) for n in range(4))
    >>> items = schedule(Protocol("s", cases, ("ann",), ("alone", "advice first")), "ann")
    >>> [item.round for item in items]
    [1, 1, 1, 1, 2, 2, 2, 2]
    """
    if reader not in protocol.readers:
        raise ReviewError(f"You are not a reader of the study {protocol.name}.")
    row, n_arms = protocol.readers.index(reader), len(protocol.arms)
    placed = list(enumerate(_in_a_row(protocol)))
    chance = _chance(protocol, "order", reader)
    return tuple(
        Item(case.case, protocol.arms[(place + row + number) % n_arms], number + 1)
        for number in range(n_arms)
        for place, case in chance.sample(placed, len(placed))
    )


def planted(protocol: Protocol) -> frozenset[str]:
    """Return the cases whose advice is turned into its contrary, which is wrong.

    They are drawn among the cases on which the model is right, from MI and from the others in
    proportion, and are the same in every arm and for every reader: nobody finds them by comparing.
    """
    chance = _chance(protocol, "planted")
    n_wrong = round(protocol.wrong_share * len(protocol.cases)) if protocol.has_advice else 0
    right = [one for one in protocol.cases if (one.prob >= protocol.threshold) == one.truth]
    mi, other = ([one.case for one in right if one.truth is truth] for truth in (True, False))
    n_mi = min(round(n_wrong * sum(o.truth for o in protocol.cases) / len(protocol.cases)), len(mi))
    n_other = min(n_wrong - n_mi, len(other))
    return frozenset(chance.sample(mi, n_mi) + chance.sample(other, n_other))


def advice_on(protocol: Protocol, case: StudyCase) -> Advice:
    """Return what the readers are told of a case, planted or not."""
    if case.case in planted(protocol):
        prob = contrary(case.prob, protocol.threshold)
        return Advice(prob, not case.truth)
    return Advice(case.prob, case.prob >= protocol.threshold)


def contrary(prob: float, threshold: float) -> float:
    """Return a probability as far on the other side of a threshold, by its share of that side.

    Examples
    --------
    >>> round(contrary(0.9, 0.5), 3), round(contrary(0.1, 0.2), 3), round(contrary(0.6, 0.2), 3)
    (0.1, 0.6, 0.1)
    """
    if prob >= threshold:
        return threshold * (1 - prob) / (1 - threshold)
    return 1 - (1 - threshold) * prob / threshold


def _in_a_row(protocol: Protocol) -> list[StudyCase]:
    wrong = planted(protocol)
    mixed = _chance(protocol, "row").sample(protocol.cases, len(protocol.cases))
    return sorted(mixed, key=lambda one: (one.truth, one.case in wrong))


def _chance(protocol: Protocol, *what: str) -> random.Random:
    secret = (protocol.secret,) if protocol.secret else ()
    return random.Random("/".join((*secret, str(protocol.seed), protocol.name, *what)))
