"""Maps with their checks: a few seconds each, kept for all readers, and the badge they make."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from ecgcore.errors import ModelError, RecordError
from ecgcore.explain.trust import CAUTION, DO_NOT_TRUST, TRUST, Checks
from ecgcore.models.cards import ModelEntry
from pages.shared import caches
from pages.shared.case import ReadableCase
from pages.shared.errors import show_ecg_error
from pages.shared.plots import draw_table

_MOST = 256
_COLORS = {TRUST: "green", CAUTION: "orange", DO_NOT_TRUST: "red"}

Key = tuple[str, tuple[str, ...], tuple[str, ...], str]


@dataclass(frozen=True, slots=True, eq=False)
class CheckedMaps:
    """The checks of the last maps, shared by all readers; the oldest are forgotten."""

    _kept: OrderedDict[Key, Checks] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: Key) -> Checks | None:
        """Return the checks of a map; None where they were not made."""
        with self._lock:
            return self._kept.get(key)

    def keep(self, key: Key, checks: Checks) -> None:
        """Remember the checks of a map."""
        with self._lock:
            self._kept[key] = checks
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)


@st.cache_resource(max_entries=1, show_spinner=False)
def _maps() -> CheckedMaps:
    return CheckedMaps()


def known_checks(case: ReadableCase, who: Sequence[ModelEntry], method: str) -> Checks | None:
    """Return the checks of a map, where they have been made."""
    return _maps().get(_key(case, who, method))


def make_checks(case: ReadableCase, who: Sequence[ModelEntry], method: str) -> bool:
    """Check a map with a bar of progress; tell whether there is anything new to show."""
    from ecgcore.explain.checks.run import explain_with_checks

    bar = st.progress(0.0, "Checking the map …")

    def on_progress(done: int, n: int) -> None:
        bar.progress(done / n, f"Checking the map: {done} of {n} checks …")

    try:
        made = explain_with_checks(
            [caches.predictor(one) for one in who],
            case.record,
            method,
            siblings=[caches.predictor(one) for one in _siblings(who)],
            on_progress=on_progress,
        )
    except (ModelError, RecordError) as error:
        bar.empty()
        show_ecg_error(error)
        return False
    bar.empty()
    if made.checks is not None:
        _maps().keep(_key(case, who, method), made.checks)
    return made.checks is not None


def draw_badge(checks: Checks | None) -> None:
    """Draw what the checks make of the map, with the reason in one sentence."""
    if checks is None:
        st.markdown("Map :gray-badge[being checked]: do not rely on it yet.")
        return
    greyed = " It is drawn in grey." if checks.badge == DO_NOT_TRUST else ""
    color = _COLORS[checks.badge]
    st.markdown(f"Map :{color}-badge[{checks.badge}] {checks.reason}{greyed}")


def draw_checks(checks: Checks) -> None:
    """List each check with its number, what it makes of the map, and how to read it."""
    draw_table(checks_table(checks))


def checks_table(checks: Checks) -> pd.DataFrame:
    """Return one row for each check; those that decide nothing say so."""
    return pd.DataFrame(
        {
            "Check": [one.title for one in checks.checks],
            "Number": [one.text for one in checks.checks],
            "Limits": [one.limits for one in checks.checks],
            "Makes the map": [one.level or "decides nothing" for one in checks.checks],
            "How to read it": [
                " ".join(filter(None, [one.how_to_read, one.reason if one.value is None else ""]))
                for one in checks.checks
            ],
        }
    )


def _siblings(who: Sequence[ModelEntry]) -> list[ModelEntry]:
    """List the other seeds of a single one."""
    if len(who) > 1:
        return []
    ensemble = next((one for one in caches.ensembles() if who[0] in one.members), None)
    return [] if ensemble is None else [one for one in ensemble.members if one != who[0]]


def _key(case: ReadableCase, who: Sequence[ModelEntry], method: str) -> Key:
    names = tuple(one.name for one in who)
    return case.key, names, tuple(one.card.weights_sha256 for one in who), method
