"""Units, rate and order of leads that either the file says or the reader is asked for."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.raw import ReadOptions, unit_scale
from ecgcore.io.unit_doctor import Guess, contradicts, guessed_rate, guessed_unit

_TOLERANCE = 0.005
"""Relative difference up to which a stated rate and that of a time column are one."""

_NOTHING = Guess(None, "")

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Question:
    """What the reader is asked.

    Attributes
    ----------
    field
        Of `ReadOptions`: "units", "fs_hz", "leads" or "baseline".
    guess
        What the samples look like; None where they tell nothing.
    reason
        Why it is asked and guessed so.
    """

    field: str
    guess: str | float | None = None
    reason: str = ""


class NotSaidError(RecordError):
    """A file does not say its units, its rate or its leads; the reader must say them.

    Attributes
    ----------
    questions
        One for each that is missing.
    """

    def __init__(self, words: str, questions: Sequence[Question] = ()) -> None:
        super().__init__(words)
        self.questions = tuple(questions)


class Asked:
    """Answers of file and reader; what is missing is asked for at once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._missing: list[NotSaidError] = []

    def of(self, answer: Callable[[], Answer], otherwise: Answer) -> Answer:
        """Return an answer, or what stands for it until the question is put."""
        try:
            return answer()
        except NotSaidError as error:
            self._missing.append(error)
            return otherwise

    def check(self) -> None:
        """Put all questions.

        Raises
        ------
        NotSaidError
            If there are any.
        """
        if self._missing:
            first, *others = map(str, self._missing)
            words = " ".join([first, *(f"It{one.removeprefix(self._name)}" for one in others)])
            raise NotSaidError(words, [one for error in self._missing for one in error.questions])


def asked_unit(
    name: str,
    in_file: str | None,
    options: ReadOptions,
    signal: NDArray[np.floating] | None = None,
) -> tuple[str, tuple[str, ...]]:
    """Return the unit, and a warning if it is the reader's word.

    Parameters
    ----------
    signal
        ``(n_leads, n_samples)`` as the file has it, to guess from.

    Raises
    ------
    RecordError
        If they differ; NotSaidError if neither says it, or the file's word cannot be.
    """
    if in_file is None and options.units is None:
        guess = _NOTHING if signal is None else guessed_unit(signal)
        words = f"{name} does not say its units. Say whether its numbers are mV, uV or V."
        raise NotSaidError(_with_reason(words, guess), [_question("units", guess)])
    if in_file is None:
        unit_scale(name, str(options.units))
        return str(options.units), (f"Units taken as {options.units}, as you said.",)
    doubt = None if signal is None else contradicts(signal, in_file)
    if options.units is None:
        if doubt is not None:
            words = f"{name} states units that do not fit its numbers. Say which are right."
            raise NotSaidError(_with_reason(words, doubt), [_question("units", doubt)])
        return in_file, ()
    if unit_scale(name, options.units) == unit_scale(name, in_file):
        return in_file, ()
    if doubt is not None:
        return options.units, (f"Units taken as {options.units}, as you said; the file differs.",)
    raise RecordError(f"{name} says {in_file}, you said {options.units}. Leave one out.")


def asked_rate(
    name: str, in_file: float | None, options: ReadOptions, n_samples: int = 0
) -> tuple[float, tuple[str, ...]]:
    """Return the rate in Hz, and a warning if it is the reader's word.

    Raises
    ------
    RecordError
        If they differ; NotSaidError if neither says it.
    """
    if in_file is None and options.fs_hz is None:
        guess = guessed_rate(n_samples) if n_samples else _NOTHING
        words = f"{name} does not say its rate. Say how many samples per second it has."
        raise NotSaidError(_with_reason(words, guess), [_question("fs_hz", guess)])
    if in_file is None:
        return float(options.fs_hz or 0), (f"Rate taken as {options.fs_hz:g} Hz, as you said.",)
    if options.fs_hz is None:
        return in_file, ()
    if not math.isclose(in_file, options.fs_hz, rel_tol=_TOLERANCE):
        raise RecordError(
            f"{name} says {in_file:g} Hz, you said {options.fs_hz:g} Hz. Leave one out."
        )
    return float(options.fs_hz), ()


def _question(field: str, guess: Guess) -> Question:
    return Question(field, guess.value, guess.reason)


def _with_reason(words: str, guess: Guess) -> str:
    return f"{words} {guess.reason}".strip()
