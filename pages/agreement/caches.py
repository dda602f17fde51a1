"""What the page computes, kept until the store or a choice changes."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from ecgcore.errors import ReviewError
from ecgcore.review.agreement.raters import Raters, raters_of, strata
from ecgcore.review.agreement.readers import Confidence, Minds, confidence_of, minds_of
from ecgcore.review.agreement.readings_frame import (
    CONSENSUS,
    LABEL,
    Which,
    consensus_frame,
    known_records,
    label_frame,
    model_frame,
    one_each,
    readings_frame,
)
from ecgcore.review.agreement.tables import Against, against, in_strata, strata_of
from ecgcore.review.agreement.visible import KINDS, visible
from ecgcore.review.people.permissions import ALL_STUDIES, Person, Target, allowed
from ecgcore.review.ratings import CASE, READER, Ratings, read_ratings, read_table
from ecgcore.review.studies import run
from pages.shared import caches
from pages.shared.decision_choice import chosen_settings
from pages.shared.reader.caches import log

if TYPE_CHECKING:
    from ecgcore.predictions.ensemble import Ensemble
    from ecgcore.stats.agreement.everyone import EveryoneAgreement

MOST_READERS, MOST_FINDINGS, MOST_RATINGS = 200, 40, 500_000


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """The readings of a study that the reader of the page may compare.

    Attributes
    ----------
    key
        Changes with them.
    readings
        As `ecgcore.review.agreement.readings_frame.readings_frame` gives them.
    others
        Label and consensus in the same shape.
    hidden
        Readings that may not be seen.
    """

    key: str
    readings: pd.DataFrame
    others: pd.DataFrame
    hidden: int


def studies(person: Person) -> list[str]:
    """List the studies with readings in which a person takes part, but reader studies that run."""
    found = _studies(*_store(), log().head().hash)
    return [one for one in found if one in person.roles or ALL_STUDIES in person.roles]


def read(study: str, person: Person) -> Read:
    """Read the store as a person may see it."""
    roles = ",".join(sorted(person.roles.get(study, person.roles.get(ALL_STUDIES, ()))))
    return _read(
        *_store(), log().head().hash, caches.catalog().version, study, roles, person.name, person
    )


def readers(study: Read, which: Which, finding: str) -> Raters:
    """Turn readings into codes of one finding."""
    return raters_of(one_each(study.readings, which), finding)


def raters(study: Read, which: Which, finding: str, ensemble: Ensemble | None) -> Raters:
    """Turn readings, and label, consensus and model beside them, into codes of one finding."""
    frames = [one_each(study.readings, which), study.others]
    frames += [] if ensemble is None else [calls(study, ensemble)]
    return raters_of(pd.concat([one for one in frames if len(one)], ignore_index=True), finding)


def calls(study: Read, ensemble: Ensemble) -> pd.DataFrame:
    """Return what an ensemble calls at the decision settings, in the shape of readings."""
    ids = np.array(list(known_records(caches.catalog(), study.readings["case"].unique())))
    rule = caches.decision_rule(ensemble, chosen_settings())
    logits = caches.stored_ensemble_logits(ids, ensemble) if len(ids) else None
    if logits is None:
        return study.others.iloc[:0]
    return model_frame(ensemble.label, pd.Series(rule.calls(logits), ids))


def file_ratings(content: bytes) -> Ratings:
    """Read an uploaded table; ReviewError if it is none, or far larger than a study."""
    return _file_ratings(hashlib.sha256(content).hexdigest(), content)


def everyone(key: tuple[str, ...], found: Raters, by: str) -> list[tuple[str, EveryoneAgreement]]:
    """Compare all raters, and in the strata of the label where `by` names some."""
    return _everyone(key, by, found)


def compared(key: tuple[str, ...], found: Raters, reference: str) -> list[Against]:
    """Compare every rater with one."""
    return _compared(key, reference, found)


def confidence(
    study: Read, which: Which, truth: str, truths: pd.Series[str], reader: str
) -> Confidence | None:
    """Say whether a reader's confidence holds."""
    return _confidence((study.key, which, truth, reader), study, which, truths, reader)


def minds(
    key: tuple[str, ...],
    study: Read,
    advice: pd.Series[str],
    truth: pd.Series[str],
    reader: str,
) -> Minds | None:
    """Say what the answers changed."""
    return _minds((*key, study.key, reader), study, advice, truth, reader)


def _store() -> tuple[str, str]:
    chosen = caches.settings()
    return str(chosen.runs_dir), chosen.review_db


@st.cache_data(max_entries=4, show_spinner=False)
def _studies(runs_dir: str, review_db: str, at: str) -> list[str]:
    closed = run.closed_arms(log().entries(kinds=run.KINDS))
    names = dict.fromkeys(entry.study for entry in log().entries(kinds=["reading"]))
    return [name for name in names if name not in closed]


@st.cache_resource(max_entries=8, show_spinner="Reading the store …")
def _read(
    runs_dir: str,
    review_db: str,
    at: str,
    data_version: str,
    study: str,
    roles: str,
    who: str,
    _person: Person,
) -> Read:
    entries = log().entries(study=study, kinds=KINDS)
    seen = visible(entries, study, _person)
    readings = readings_frame(seen)
    readings = readings.assign(reader=_as_readers(readings["reader"]))
    hidden = sum(entry.kind == "reading" for entry in entries) - len(readings)
    if not allowed(_person, "see names", Target(study)):
        readings = readings.assign(reader=_without_names(readings["reader"], who))
    labels = label_frame(caches.catalog(), readings["case"].unique())
    others = pd.concat([labels, consensus_frame(seen)], ignore_index=True)
    key = hashlib.sha256(f"{at}/{study}/{roles}/{who}".encode()).hexdigest()
    return Read(key, readings, others, hidden)


def _without_names(readers: pd.Series[str], own: str) -> pd.Series[str]:
    others = [one for one in readers.unique() if one != own]
    return readers.replace({name: f"Reader {k}" for k, name in enumerate(others, 1)})


def _as_readers(readers: pd.Series[str]) -> pd.Series[str]:
    """Keep a reader apart whose name is that of a rater that is none."""
    return readers.where(~readers.isin([LABEL, CONSENSUS]), readers + " (a reader)")


@st.cache_resource(max_entries=4, show_spinner="Reading the table …")
def _file_ratings(digest: str, _content: bytes) -> Ratings:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(_content)
        table = read_table(path, (CASE, READER))
        n_readers, n_cases = table[READER].nunique(), table[CASE].nunique()
        for n, most, noun in (
            (n_readers, MOST_READERS, "readers"),
            (len(table.columns) - 2, MOST_FINDINGS, "findings"),
            (n_readers * n_cases, MOST_RATINGS, "readers times cases"),
        ):
            if n > most:
                raise ReviewError(
                    f"The table has {n:,} {noun}; {most:,} are possible here. Use "
                    "'python3.11 -m ecgcore agreement FILE.csv', which has no limit."
                )
        return read_ratings(path)


@st.cache_data(max_entries=32, show_spinner="Comparing the readers …")
def _everyone(key: tuple[str, ...], by: str, _found: Raters) -> list[tuple[str, EveryoneAgreement]]:
    members = strata_of(caches.catalog(), _found.cases, by) if by else {}
    return in_strata(_found, strata(_found.cases, members))


@st.cache_data(max_entries=32, show_spinner="Comparing the readers …")
def _compared(key: tuple[str, ...], reference: str, _found: Raters) -> list[Against]:
    return against(_found, reference)


@st.cache_data(max_entries=32, show_spinner="Comparing confidence and truth …")
def _confidence(
    key: tuple[str, ...], _study: Read, which: Which, _truths: pd.Series[str], reader: str
) -> Confidence | None:
    return confidence_of(one_each(_study.readings, which), _truths, reader)


@st.cache_data(max_entries=32, show_spinner="Comparing first and last readings …")
def _minds(
    key: tuple[str, ...],
    _study: Read,
    _advice: pd.Series[str],
    _truth: pd.Series[str],
    reader: str,
) -> Minds | None:
    return minds_of(_study.readings, _advice, _truth, reader)
