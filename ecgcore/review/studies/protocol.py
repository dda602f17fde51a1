"""The protocol of a reader study: everything that is settled before the first reading."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

from ecgcore.errors import ReviewError, shortened
from ecgcore.wording.numbers import counted

ArmName = Literal["alone", "advice first", "advice after own read", "advice with map"]
ARMS: tuple[ArmName, ...] = get_args(ArmName)
ALONE: ArmName = "alone"
AFTER: ArmName = "advice after own read"
WITH_MAP: ArmName = "advice with map"
ABOUT_ARMS: Mapping[ArmName, str] = {
    "alone": "The reader sees the ECG only.",
    "advice first": "The model's advice stands beside the ECG from the start.",
    "advice after own read": "The reader commits, then sees the advice, and reads again.",
    "advice with map": "Advice from the start, with the map of where the model looked.",
}
MOST_WRONG = 0.3
"""Largest share of cases with planted wrong advice."""
MOST_CASES, MOST_READERS = 1000, 100
_LONGEST_NAME = 40
_LONGEST_GAP_DAYS = 365


@dataclass(frozen=True, slots=True)
class StudyCase:
    """One case of a study.

    Attributes
    ----------
    case
        Its record number.
    truth
        Whether it is MI, by what `Protocol.truth_from` says.
    prob
        The model's probability of MI, before any wrong advice is planted.
    """

    case: str
    truth: bool
    prob: float


@dataclass(frozen=True, slots=True)
class Protocol:
    """What every reader of a study goes through.

    Attributes
    ----------
    name
        Of the study.
    arms
        Every reader reads every case once in each, one round apart.
    wrong_share
        Share of the cases whose advice is turned into its contrary, 0 to `MOST_WRONG`.
    seed
        Of the drawing of the cases.
    days_between
        Days from a reader's last reading of a round to the next round.
    threshold
        Probability from which the advice is MI.
    model
        Who advises.
    truth_from
        What the truth is, in words.
    secret
        Draws order, arms by round and planted advice; made at the start, and named to nobody before
        the end. Until then the protocol holds its SHA-256.

    Examples
    --------
    >>> cases = tuple(StudyCase(str(n), n % 2 == 1, 0.9 if n % 2 else 0.1) for n in range(8))
    >>> made = Protocol("pilot", cases, ("ann", "bob"), ("alone", "advice first"))
    >>> made.n_readings, made == Protocol.from_body(made.as_body())
    (32, True)
    """

    name: str
    cases: tuple[StudyCase, ...]
    readers: tuple[str, ...]
    arms: tuple[ArmName, ...]
    wrong_share: float = 0.0
    seed: int = 0
    days_between: int = 28
    threshold: float = 0.5
    model: str = ""
    truth_from: str = ""
    secret: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for wrong in _wrongs(self):
            raise ReviewError(wrong)

    @property
    def has_advice(self) -> bool:
        """Whether a model advises in any arm."""
        return self.arms != (ALONE,)

    @property
    def treatments(self) -> tuple[ArmName, ...]:
        """What is compared: alone first, which is the own read before advice where need be."""
        alone = (ALONE,) if {ALONE, AFTER} & set(self.arms) else ()
        return alone + tuple(arm for arm in self.arms if arm != ALONE)

    @property
    def n_readings(self) -> int:
        """How many readings the study asks for; two a case where advice comes after the own."""
        each = sum(2 if arm == AFTER else 1 for arm in self.arms)
        return each * len(self.cases) * len(self.readers)

    def study(self, arm: ArmName) -> str:
        """Return the name under which the store keeps the readings of an arm."""
        return arm_study(self.name, arm)

    def case(self, number: str) -> StudyCase:
        """Return a case by its number; ReviewError if the study has none of it."""
        found = next((one for one in self.cases if one.case == number), None)
        if found is None:
            raise ReviewError(f"The study {self.name} has no case {shortened(number)}.")
        return found

    def as_body(self) -> dict[str, Any]:
        """Return it as an entry of the store holds it, without the secret."""
        body = asdict(self)
        secret = body.pop("secret")
        return body | ({"secret_sha256": _sha256(secret)} if secret else {})

    @property
    def hash(self) -> str:
        """SHA-256 of everything above."""
        return _sha256(json.dumps(self.as_body(), sort_keys=True))

    @classmethod
    def from_body(cls, body: str | Mapping[str, Any], secret: str = "") -> Protocol:
        """Read it from an entry of the store or from a file.

        Raises
        ------
        ReviewError
            If it is no protocol, says more than a protocol can, or belongs to another secret.
        """
        try:
            said = dict(json.loads(body) if isinstance(body, str) else body)
            if said.pop("secret_sha256", "") != (_sha256(secret) if secret else ""):
                raise ReviewError("The secret of the study is not the one of its protocol.")
            said |= {"secret": secret}
            strange = set(said) - {one.name for one in fields(cls)}
            if strange:
                raise ReviewError(f"A protocol says nothing of {shortened(min(strange))}.")
            said["cases"] = tuple(StudyCase(**one) for one in said["cases"])
            said |= {name: tuple(said[name]) for name in ("readers", "arms")}
            return cls(**said)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ReviewError(f"This is no protocol of a reader study ({error}).") from error


def arm_study(name: str, arm: str) -> str:
    """Return the name under which the store keeps the readings of an arm of a study."""
    return f"{name} · {arm}"


def _wrongs(one: Protocol) -> list[str]:
    """List what no study can do, in words."""
    n, names = len(one.cases), [case.case for case in one.cases]
    n_mi = sum(case.truth for case in one.cases)
    rules = {
        f"Give the study a name of 1 to {_LONGEST_NAME} characters.": (
            0 < len(one.name) <= _LONGEST_NAME and _is_line(one.name)
        ),
        f"{counted(n, 'case')}, {n_mi} of them MI: 2 with MI and 2 without are needed, and at most "
        f"{MOST_CASES:,} in all.": min(n_mi, n - n_mi) >= 2 and n <= MOST_CASES,
        "A case is there twice.": len(set(names)) == n,
        f"{counted(len(one.readers), 'reader')}; 1 to {MOST_READERS} different ones are needed.": (
            1 <= len(set(one.readers)) == len(one.readers) <= MOST_READERS
        ),
        "Each reader is named in 1 to 80 characters.": all(
            0 < len(who) <= 80 and _is_line(who) for who in one.readers
        ),
        f"The arms are some of: {', '.join(ARMS)}; each once.": (
            bool(one.arms) and len(set(one.arms)) == len(one.arms) and set(one.arms) <= set(ARMS)
        ),
        f"{one.wrong_share:.0%} wrong advice; 0 to {MOST_WRONG:.0%} is possible.": (
            0 <= one.wrong_share <= MOST_WRONG
        ),
        "The seed is a whole number.": type(one.seed) is int,
        f"{one.days_between} days between rounds; 0 to {_LONGEST_GAP_DAYS} is possible.": (
            type(one.days_between) is int and 0 <= one.days_between <= _LONGEST_GAP_DAYS
        ),
        "The threshold and every probability lie between 0 and 1.": (
            0 < one.threshold < 1 and all(0 <= case.prob <= 1 for case in one.cases)
        ),
    }
    return [words for words, fine in rules.items() if not fine]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _is_line(text: str) -> bool:
    return text.isprintable() and text == text.strip()
