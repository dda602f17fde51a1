"""Errors that a user can act on: every message names the value, the limit and what to do."""


class EcgError(Exception):
    """Base of all errors that the pages and the command line show as a message."""


class RecordError(EcgError):
    """A recording is missing, damaged, or not a usable 12-lead ECG."""


class CatalogError(EcgError):
    """A data folder, its tables or its signal store is missing or inconsistent."""


class ModelError(EcgError):
    """A model card or its weights are missing, damaged or do not fit."""


class JobError(EcgError):
    """A background job cannot be queued, started or found."""


class ReviewError(EcgError):
    """What a reader keeps, such as a filter with a name, cannot be kept or found."""


MAX_LETTERS = 40
"""Of a word from outside, such as a file's name, in a message."""


def shortened(word: str) -> str:
    r"""Return a word from outside as a message may hold it: one line of at most 40 letters.

    Examples
    --------
    >>> shortened("a\n" * 30)[-6:], len(shortened("a\n" * 30)), shortened("ecg.csv")
    ('a a a…', 40, 'ecg.csv')
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in word).split())
    return line if len(line) <= MAX_LETTERS else f"{line[: MAX_LETTERS - 1]}…"
