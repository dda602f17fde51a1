"""One reading of one case by one reader."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

from ecgcore.errors import ReviewError
from ecgcore.leads import LEADS
from ecgcore.review.store.chain import Entry
from ecgcore.wording.records import TERRITORIES

Verdict = Literal["MI", "no MI", "uncertain", "not readable"]
InfarctAge = Literal["", "acute", "recent", "old", "not known"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
INFARCT_AGES: tuple[InfarctAge, ...] = get_args(InfarctAge)
LONGEST_TEXT = 4000
_MOST = 50
_CODE = re.compile(r"[A-Z0-9_/()]{1,12}")


@dataclass(frozen=True, slots=True)
class Caliper:
    """A distance that the reader measured on a lead, from one point to another."""

    lead: str
    from_s: float
    to_s: float
    from_mv: float = 0.0
    to_mv: float = 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader says about a case.

    Attributes
    ----------
    verdict
        MI, no MI, uncertain or not readable.
    confidence
        0 to 100; None for a case that is not readable, and only there.
    territories
        Of the infarct; only with MI or uncertain.
    infarct_age
        "" where nothing is said; only with MI or uncertain.
    statements
        Further SCP codes.
    text
        In the reader's words; the reasons of a consensus.
    calipers
        As they lay on the paper.
    seconds
        From the case on screen to the reading.
    blind
        Whether label, report and models were hidden until then.

    Examples
    --------
    >>> Reading("MI", 80, territories=("inferior",), infarct_age="old").words
    'MI, confidence 80, inferior, old'
    """

    verdict: Verdict
    confidence: int | None = None
    territories: tuple[str, ...] = ()
    infarct_age: InfarctAge = ""
    statements: tuple[str, ...] = ()
    text: str = ""
    calipers: tuple[Caliper, ...] = ()
    seconds: float = 0.0
    blind: bool = True

    def __post_init__(self) -> None:
        for wrong in _wrongs(self):
            raise ReviewError(wrong)

    @property
    def words(self) -> str:
        """The reading in one line, without the text."""
        parts: list[str] = [self.verdict]
        parts += [] if self.confidence is None else [f"confidence {self.confidence}"]
        parts += [*self.territories, self.infarct_age, *self.statements]
        return ", ".join(part for part in parts if part)

    @property
    def prob_mi(self) -> float | None:
        """The probability of MI that the reader gave: 0.5 for uncertain, None if not readable."""
        if self.verdict == "not readable" or self.confidence is None:
            return None
        side = {"MI": 1, "no MI": -1}.get(self.verdict, 0)
        return 0.5 + side * self.confidence / 200

    def says_the_same(self, other: Reading) -> bool:
        """Whether both readings are one, but for the time that they took."""
        return replace(self, seconds=0.0) == replace(other, seconds=0.0)

    def as_body(self) -> dict[str, Any]:
        """Return it as an entry of the store holds it."""
        return asdict(self)

    @classmethod
    def from_body(cls, body: str | Mapping[str, Any]) -> Reading:
        """Read it from an entry of the store.

        Raises
        ------
        ReviewError
            If it is no reading.
        """
        try:
            said = dict(json.loads(body) if isinstance(body, str) else body)
            said = {one.name: said[one.name] for one in fields(cls) if one.name in said}
            for name in ("territories", "statements"):
                said[name] = tuple(said.get(name, ()))
            said["calipers"] = tuple(Caliper(**one) for one in said.get("calipers", ()))
            return cls(**said)
        except (ValueError, TypeError, KeyError) as error:
            raise ReviewError(f"“{str(body)[:60]}” is no reading ({error}).") from error


def reading_of(entry: Entry) -> Reading:
    """Return what an entry of the kinds "reading" or "consensus" says."""
    return Reading.from_body(entry.body)


def _wrongs(one: Reading) -> list[str]:
    """List what a reading cannot say, in words."""
    rules = {
        f"“{one.verdict}” is no verdict; it is one of {', '.join(VERDICTS)}.": (
            one.verdict in VERDICTS
        ),
        f"The confidence is {one.confidence}; a whole number from 0 to 100 is needed.": (
            one.confidence is None
            if one.verdict == "not readable"
            else type(one.confidence) is int and 0 <= one.confidence <= 100
        ),
        f"{one.territories} are not all territories; those are {', '.join(TERRITORIES)}.": (
            set(one.territories) <= set(TERRITORIES)
        ),
        f"“{one.infarct_age}” is no age of an infarct; it is one of "
        f"{', '.join(INFARCT_AGES[1:])}.": one.infarct_age in INFARCT_AGES,
        f"“{one.verdict}” has no territory and no age of an infarct.": (
            one.verdict in ("MI", "uncertain") or not (one.territories or one.infarct_age)
        ),
        f"{one.statements} are not all SCP codes.": (
            len(one.statements) <= _MOST and all(_CODE.fullmatch(str(c)) for c in one.statements)
        ),
        f"The text is longer than {LONGEST_TEXT:,} characters.": len(one.text) <= LONGEST_TEXT,
        f"There are calipers off the ECG, or more than {_MOST}.": (
            len(one.calipers) <= _MOST and all(_on_paper(caliper) for caliper in one.calipers)
        ),
        f"{one.seconds} is no time in seconds.": (math.isfinite(one.seconds) and one.seconds >= 0),
    }
    return [words for words, fine in rules.items() if not fine]


def _on_paper(one: Caliper) -> bool:
    ends = (one.from_s, one.to_s, one.from_mv, one.to_mv)
    return one.lead in LEADS and all(math.isfinite(end) for end in ends)
