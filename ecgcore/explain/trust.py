"""Whether a map can be relied on: its checks, each with its number, and the badge they make."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ecgcore.wording.numbers import number, percent

TRUST, CAUTION, DO_NOT_TRUST = "trust", "caution", "do not trust"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a map.

    Attributes
    ----------
    name
        Stable key, such as "seed_agreement".
    title, how_to_read
        As shown to the reader.
    value
        None where it could not be done for this map; `reason` then says why.
    good, bad
        A value at least as good as `good` speaks for the map, one beyond `bad` against it; None
        where the check decides nothing. Larger is better where `good` is larger than `bad`.
    unit
        "%" for a share, "of 20" for a share of 20, else "".
    reason
        Why there is no value, or what a bad value says of this map.
    detail
        What was compared, with further numbers.
    """

    name: str
    title: str
    how_to_read: str
    value: float | None
    good: float | None = None
    bad: float | None = None
    unit: str = ""
    reason: str = ""
    detail: str = ""

    @property
    def decides(self) -> bool:
        """True where the check has limits."""
        return self.good is not None and self.bad is not None

    @property
    def larger_is_better(self) -> bool:
        """True where a larger value speaks for the map; so for a check that decides nothing."""
        return self.good is None or self.bad is None or self.good > self.bad

    @property
    def level(self) -> str:
        """What this check alone makes of the map; "" where it decides nothing."""
        if self.value is None or self.good is None or self.bad is None:
            return ""
        turn = 1 if self.larger_is_better else -1
        if turn * (self.value - self.bad) < 0:
            return DO_NOT_TRUST
        return TRUST if turn * (self.value - self.good) >= 0 else CAUTION

    @property
    def text(self) -> str:
        """The number as a reader writes it."""
        return "\N{EN DASH}" if self.value is None else self.written(self.value)

    def written(self, value: float, digits: int = 1) -> str:
        """Write a value of this check, such as a limit; a share in per cent with these digits."""
        if self.unit == "%":
            return percent(value, digits)
        of, _, n = self.unit.partition(" ")
        return f"{round(value * int(n))} {self.unit}" if of == "of" else number(value, 2)

    @property
    def limits(self) -> str:
        """From where the check speaks for and against a map; a dash where it decides nothing."""
        if self.good is None or self.bad is None:
            return "\N{EN DASH}"
        better, worse = ("from", "below") if self.larger_is_better else ("up to", "above")
        good, bad = self.written(self.good, 0), self.written(self.bad, 0)
        return f"trust {better} {good}, do not trust {worse} {bad}"

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {
            "title": self.title,
            "value": self.value,
            "good": self.good,
            "bad": self.bad,
            "level": self.level,
            "how_to_read": self.how_to_read,
            "reason": self.reason if self.level in ("", CAUTION, DO_NOT_TRUST) else "",
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks of one map; those that decide come first."""

    checks: tuple[Check, ...]

    @property
    def badge(self) -> str:
        """The worst that a check makes of the map; caution where none decides."""
        levels = [one.level for one in self.checks]
        for level in (DO_NOT_TRUST, CAUTION, TRUST):
            if level in levels:
                return level
        return CAUTION

    @property
    def reason(self) -> str:
        """Why the badge is what it is, in one sentence."""
        deciding = [one for one in self.checks if one.level == self.badge]
        if not deciding:
            return "No check could be done, so nothing speaks for this map."
        if self.badge == TRUST:
            return _good_words(deciding)
        return deciding[0].reason

    def check(self, name: str) -> Check:
        """Return one check; raises KeyError for another name."""
        return next(one for one in self.checks if one.name == name)

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {
            "badge": self.badge,
            "reason": self.reason,
            "checks": {one.name: one.as_json() for one in self.checks},
        }


def _good_words(checks: Sequence[Check]) -> str:
    words = ", ".join(f"{one.title.lower()} {one.text}" for one in checks[:3])
    return f"Every check that decides is passed: {words}."
