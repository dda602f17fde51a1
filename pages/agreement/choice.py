"""Whose ratings are compared, and of which finding; all but an uploaded file is in the URL."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.review.agreement.raters import Raters, findings_in, raters_of_file
from ecgcore.review.agreement.readings_frame import WHICH, Which
from ecgcore.wording.numbers import counted
from pages.agreement import caches as kept
from pages.case.labels import default_ensemble
from pages.shared import caches, url_state
from pages.shared.decision_choice import chosen_settings
from pages.shared.reader.caches import called
from pages.shared.url_state import Bound, PageState

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from ecgcore.predictions.ensemble import Ensemble
    from ecgcore.review.people.permissions import Person
    from ecgcore.review.ratings import Ratings

EVERYONE, PAIRS, CONFIDENCE, MINDS = "All readers", "Pairs", "Confidence", "Change of mind"
FILE = "a table of your own (CSV)"
_LARGEST_MB = 5
VIEWS = (EVERYONE, PAIRS, CONFIDENCE, MINDS)
STATE = PageState(
    "agreement",
    {
        "view": Bound(VIEWS),
        "readings": Bound(WHICH),
        "finding": Bound(),
        "by": Bound(),
        "with": Bound(),
        "rater": Bound(),
        "truth": Bound(),
        "advice": Bound(),
    },
    ("cell", "study"),
)


@dataclass(frozen=True, slots=True, eq=False)
class FileSource:
    """Ratings of an uploaded table."""

    digest: str
    ratings: Ratings

    def raters(self, finding: str) -> Raters:
        """Return one finding as every rater gave it."""
        return raters_of_file(self.ratings, finding)

    def readers(self, finding: str) -> Raters:
        """Return the same: a file has nobody beside its readers."""
        return self.raters(finding)

    def key(self, finding: str) -> tuple[str, ...]:
        """Return what results of a finding are kept under."""
        return self.digest, finding

    @property
    def findings(self) -> tuple[str, ...]:
        """What was rated."""
        return tuple(one.name for one in self.ratings.findings)


@dataclass(frozen=True, slots=True, eq=False)
class StoreSource:
    """Readings of a study in the store.

    Attributes
    ----------
    ensemble
        The model beside the readers, where one predicts the open records.
    """

    study: kept.Read
    which: Which
    ensemble: Ensemble | None

    def raters(self, finding: str) -> Raters:
        """Return one finding as readers, label, consensus and model gave it."""
        return kept.raters(self.study, self.which, finding, self.ensemble)

    def readers(self, finding: str) -> Raters:
        """Return one finding as the readers alone gave it."""
        return kept.readers(self.study, self.which, finding)

    def key(self, finding: str) -> tuple[str, ...]:
        """Return what results of a finding are kept under."""
        model = self.ensemble.checksum if self.ensemble else ""
        return self.study.key, self.which, finding, model, chosen_settings().words

    @property
    def findings(self) -> tuple[str, ...]:
        """What was rated."""
        return findings_in(self.study.readings)


Source = FileSource | StoreSource


def choose_source(person: Person | None, row: DeltaGenerator) -> Source | None:
    """Draw the choice of a study or a file; None where there is nothing to compare yet."""
    names = [] if person is None else kept.studies(person)
    asked = st.query_params.get("study", "")
    if asked and asked not in (*names, FILE):
        words = url_state.unknown_words("study", asked, "choose another one.")
        st.warning(words, icon=":material/warning:")
        st.query_params.pop("study")
    with row:
        offered = [*names, FILE]
        name = url_state.choose_named("Readings of", offered, "study", called, width=280)
    if person is None:
        st.caption("Say who you are, in the menu above, to compare the readings of the store.")
    if person is None or name == FILE:
        return _of_file()
    with row:
        which = st.segmented_control(
            "Readings",
            WHICH,
            default=WHICH[0],
            required=True,
            key="readings",
            bind="query-params",
            help="Of several readings of a case by a reader: the first, blind where the study is, "
            "or the last, after the answers.",
        )
    study = kept.read(name, person)
    if study.hidden:
        st.caption(
            f"{counted(study.hidden, 'reading')} not counted: they are not yours to see, or of "
            "cases that you are still to read."
        )
    if study.readings.empty:
        st.info("No reading of this study is yours to see yet.", icon=":material/lock:")
        return None
    return StoreSource(study, which, _ensemble())


def _of_file() -> FileSource | None:
    file = st.file_uploader(
        "A CSV file with the columns case, reader and one for each finding",
        type=["csv"],
        max_upload_size=_LARGEST_MB,
        key="agreement_file",
    )
    if file is None:
        st.caption("The file is read in memory and not kept. An empty cell is a case not rated.")
        return None
    content = file.getvalue()
    return FileSource(hashlib.sha256(content).hexdigest(), kept.file_ratings(content))


def choose_view(source: Source, row: DeltaGenerator) -> str:
    """Draw the choice of a view; a file knows neither confidence nor a second reading."""
    views = VIEWS if isinstance(source, StoreSource) else VIEWS[:2]
    with row:
        chosen = st.segmented_control(
            "View", views, default=EVERYONE, required=True, key="view", bind="query-params"
        )
    return chosen or EVERYONE


def choose_finding(source: Source) -> str:
    """Draw the choice of a finding."""
    found = source.findings
    asked = st.query_params.get("finding", "")
    if asked and asked not in found:
        words = url_state.unknown_words("finding", asked, f"{found[0]} is shown.")
        st.warning(words, icon=":material/warning:")
    chosen = st.selectbox("Finding", found, key="finding", bind="query-params", width=220)
    return chosen or found[0]


def _ensemble() -> Ensemble | None:
    shipped = tuple(one for one in caches.ensembles() if one.shipped)
    return shipped[default_ensemble(shipped)] if shipped else None
