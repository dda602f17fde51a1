"""Other ECGs of the same patient."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from ecgcore.ptbxl.catalog import Catalog, CatalogEntry
from ecgcore.wording.records import likelihood_words

_DAY, _MINUTE = len("1990-01-31"), len("1990-01-31 12:00")


@dataclass(frozen=True, slots=True)
class PatientEcg:
    """Another ECG of a patient.

    Attributes
    ----------
    date
        As the table writes it; "" where it is blank.
    days_before
        How long before the ECG in question, negative for a later one; None without both dates.
    group
        Its group in the study's cohort.
    diagnosis
        Its likeliest MI statement, else its first statement, with the likelihood in words.
    """

    ecg_id: int
    date: str
    days_before: float | None
    group: str
    diagnosis: str


def same_patient(catalog: Catalog, ecg_id: int) -> tuple[PatientEcg, ...]:
    """List the other ECGs of a record's patient, the oldest first and undated ones last.

    Where the table names no patient the list is empty, which does not mean that there is none.
    In PTB-XL 1.0.3, 18,869 patients have 21,799 records (its page on PhysioNet).

    Raises
    ------
    RecordError
        If the catalogue has no such record.
    """
    entry = catalog.entry(ecg_id)
    if entry.patient_id is None:
        return ()
    mine = catalog.frame["patient_id"].eq(entry.patient_id).fillna(value=False)
    ids = [int(other) for other in catalog.frame.index[mine] if other != ecg_id]
    moment = _moment(entry.recording_date)
    others = sorted((catalog.entry(other) for other in ids), key=_order)
    return tuple(
        PatientEcg(
            ecg_id=other.ecg_id,
            date=other.recording_date,
            days_before=_days(moment, _moment(other.recording_date)),
            group=other.group,
            diagnosis=leading_diagnosis(other),
        )
        for other in others
    )


def dated_names(entry: CatalogEntry, other: PatientEcg) -> tuple[str, str]:
    """Name this ECG and another of the patient by their days, or minutes of one day.

    An ECG without a date has no more than its number.
    """
    moments = [str(_moment(date) or "") for date in (entry.recording_date, other.date)]
    same_day = moments[0][:_DAY] == moments[1][:_DAY]
    days = [moment[: _MINUTE if same_day else _DAY] for moment in moments]
    calls = ("this ECG", f"record {other.ecg_id}")
    this, that = (" · ".join(filter(None, pair)) for pair in zip(days, calls, strict=True))
    return this, that


def leading_diagnosis(entry: CatalogEntry) -> str:
    """Give the statement that places a record: its likeliest MI, else its first statement."""
    mi = [statement for statement in entry.statements if statement.superclass == "MI"]
    chosen = (mi or list(entry.statements))[:1]
    if not chosen:
        return "no statement"
    return f"{chosen[0].code} {likelihood_words(chosen[0].likelihood)}"


def _order(entry: CatalogEntry) -> tuple[bool, pd.Timestamp, int]:
    moment = _moment(entry.recording_date)
    return moment is None, moment or pd.Timestamp(0), entry.ecg_id


def _moment(date: str) -> pd.Timestamp | None:
    moment = pd.to_datetime(date or None, errors="coerce")
    return None if pd.isna(moment) else moment


def _days(now: pd.Timestamp | None, then: pd.Timestamp | None) -> float | None:
    if now is None or then is None:
        return None
    return float((now - then) / timedelta(days=1))
