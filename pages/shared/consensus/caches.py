"""What readers agreed on, as labels, as far as whoever looks may know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.ptbxl.consensus import Consensus
from ecgcore.review.agreement.visible import KINDS, consensus_for
from ecgcore.review.readings.consensus import consensus_of
from pages.shared import caches
from pages.shared.reader import current_reader
from pages.shared.reader.caches import log
from pages.shared.reader.log_in import has_log_in

if TYPE_CHECKING:
    from ecgcore.review.people.permissions import Person


def consensus() -> Consensus:
    """Return the consensuses of the store; without a log-in and a name, all of them."""
    person = current_reader()
    if person is None and has_log_in():
        return Consensus({})
    chosen = caches.settings()
    name = "" if person is None else f"{person.name} {sorted(map(str, person.roles.items()))}"
    return _consensus(str(chosen.runs_dir), chosen.review_db, log().head().hash, name, person)


@st.cache_resource(max_entries=8, show_spinner=False)
def _consensus(
    runs_dir: str, review_db: str, at: str, name: str, _person: Person | None
) -> Consensus:
    if _person is None:
        return consensus_of(log().entries(kinds=["consensus"]))
    return consensus_of(consensus_for(log().entries(kinds=KINDS), _person))
