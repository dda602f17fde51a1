"""A filter as the query of an address, in the words that the widgets of Browse write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.consensus import GROUP_OF
from ecgcore.ptbxl.quality_table import CHOICES
from ecgcore.ptbxl.search import AGES, PRESETS, RecordFilter, Sort
from ecgcore.tasks import mi
from ecgcore.tasks.class_words import class_words
from ecgcore.tasks.registry import TASKS
from ecgcore.tasks.statements71 import STATEMENTS71
from ecgcore.tasks.task import Task
from ecgcore.wording.records import (
    LABEL_GROUPS,
    LIKELIHOODS,
    SEXES,
    SPLITS,
    SUPERCLASSES,
    TERRITORIES,
    VALIDATED,
    likelihood_words,
)

ANY = "any"
"""A choice of one value that asks for nothing."""
FIRST_VIEW = next(iter(PRESETS.values()))
"""The filter of an empty query."""
ONE_OF = ("groups", "splits", "predicted")
"""Fields of which the reader chooses one value or any."""
SORTS: Mapping[Sort, str] = {
    "disagreement": "disagreement first",
    "likelihood_rising": "least likely first",
    "likelihood_falling": "most likely first",
    "predicted": "predicted first",
    "record": "record number",
}
PARAMETERS: Mapping[str, str] = {
    "words": "words",
    "codes": "code",
    "territories": "territory",
    "likelihoods": "likelihood",
    "groups": "group",
    "min_disagreement": "disagreement",
    "superclasses": "superclass",
    "splits": "split",
    "sexes": "sex",
    "validated": "validated",
    "ages": "age",
    "only_unknown_age": "age_unknown",
    "quality": "signal",
    "consensus": "consensus",
    "predicted": "predicted",
    "min_predicted": "predicted_from",
    "sort": "sort",
}
"""Fields of the filter and the query parameters that hold them."""


def _words_of_class(task: Task, name: str) -> str:
    words = class_words(task.name, name)
    return words if task is STATEMENTS71 else f"{words} ({task.title})"


_OPTIONS: Mapping[str, Mapping[Any, str]] = {
    "territories": {name: name for name in TERRITORIES},
    "likelihoods": {value: likelihood_words(value) for value in LIKELIHOODS},
    "groups": LABEL_GROUPS,
    "superclasses": SUPERCLASSES,
    "splits": SPLITS,
    "sexes": {name: name for name in SEXES},
    "validated": {name: name for name in VALIDATED},
    "quality": CHOICES,
    "consensus": {verdict: verdict for verdict in GROUP_OF},
    "predicted": {
        (task.name, name): _words_of_class(task, name)
        for task in TASKS.values()
        for name in task.classes
        if task is not mi.MI
    },
    "sort": SORTS,
}
_RANGES = {"ages": AGES, "min_disagreement": (0, 100), "min_predicted": (0, 100)}


def options(field: str, catalog: Catalog) -> Mapping[Any, str]:
    """Return the values that a field of the filter can take, with their words; none if it is free.

    Parameters
    ----------
    field
        Name of a field of `RecordFilter`.
    """
    return _code_words(catalog) if field == "codes" else _OPTIONS.get(field, {})


def filter_query(wanted: RecordFilter, catalog: Catalog) -> str:
    """Write what a filter asks for beyond the first view.

    Examples
    --------
    >>> from ecgcore.ptbxl import synthetic
    >>> from ecgcore.ptbxl.catalog import load_catalog
    >>> from ecgcore.settings import Settings
    >>> catalog = load_catalog(synthetic.ensure(Settings.from_env().synthetic_dir))
    >>> filter_query(replace(FIRST_VIEW, groups=(), sort="record"), catalog)
    'group=any&sort=record+number'
    """
    changed = [one for one in PARAMETERS if getattr(wanted, one) != getattr(FIRST_VIEW, one)]
    pairs = [
        (PARAMETERS[field], text)
        for field in changed
        for text in _texts(field, getattr(wanted, field), catalog)
    ]
    return urlencode(pairs)


def read_filter(query: str, catalog: Catalog) -> RecordFilter:
    """Read a query; what it does not hold, or what is no choice, is as in the first view."""
    asked = parse_qs(query)
    read: dict[str, Any] = {
        field: _value(field, asked[name], catalog)
        for field, name in PARAMETERS.items()
        if name in asked
    }
    return replace(FIRST_VIEW, **{name: value for name, value in read.items() if value is not None})


def _texts(field: str, value: object, catalog: Catalog) -> list[str]:
    words = options(field, catalog)
    if field in ONE_OF and not value:
        return [ANY]
    if isinstance(value, bool):
        return [str(value).lower()]
    return [words.get(one, str(one)) for one in (value if isinstance(value, tuple) else (value,))]


def _value(field: str, texts: Sequence[str], catalog: Catalog) -> object:
    """Return a field's value, None where the texts are no choice."""
    if field in ONE_OF and texts[0] == ANY:
        return ()
    if field in _RANGES:
        return _numbers(field, texts)
    if field == "words":
        return texts[0]
    if field == "only_unknown_age":
        return texts[0] == "true"
    by_words = {words: value for value, words in options(field, catalog).items()}
    chosen = tuple(by_words[text] for text in texts if text in by_words)
    return (chosen[0] if field == "sort" else chosen) if chosen else None


def _numbers(field: str, texts: Sequence[str]) -> tuple[int, int] | int | None:
    low, high = _RANGES[field]
    wanted = [int(text) for text in texts if text.isdecimal() and low <= int(text) <= high]
    if field == "ages":
        return (min(wanted), max(wanted)) if len(wanted) == 2 else None
    return wanted[0] if wanted else None


def _code_words(catalog: Catalog) -> dict[str, str]:
    known = catalog.codes.drop_duplicates("code").set_index("code")["description"].sort_index()
    return {str(code): f"{code}: {text}" for code, text in known.items()}
