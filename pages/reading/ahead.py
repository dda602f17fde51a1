"""The next case is read and measured while the reader looks at this one."""

from __future__ import annotations

from pages.case.opening import open_case
from pages.shared import caches
from pages.shared.case import ReadableCase


def prepare(ecg_id: int) -> None:
    """Put what the sheet of a case needs into the caches."""
    case = open_case(ecg_id)
    if isinstance(case, ReadableCase):
        caches.measurements(case)
        caches.quality(case)
