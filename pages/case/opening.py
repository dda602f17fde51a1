"""Open a record of the data set as a case."""

from __future__ import annotations

from ecgcore.errors import RecordError
from pages.shared import caches
from pages.shared.case import Case, ReadableCase, UnreadableCase


def open_case(ecg_id: int) -> Case:
    """Open a record of the data set.

    Raises
    ------
    RecordError
        If the tables do not know it.
    """
    catalog = caches.catalog()
    entry, key = catalog.entry(ecg_id), f"{catalog.version}/{ecg_id}"
    try:
        return ReadableCase(key, entry, caches.read_record(ecg_id), caches.read_display(ecg_id))
    except RecordError as error:
        return UnreadableCase(entry, error)
