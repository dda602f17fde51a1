from dataclasses import replace

import pandas as pd
import pytest

from ecgcore.errors import RecordError
from ecgcore.ptbxl.earlier import dated_names, leading_diagnosis, same_patient

ROWS = {
    11: (5, "1990-01-10 12:00:00", "other"),
    12: (5, "1990-01-01 00:00:00", "certain_mi"),
    13: (5, "", "other"),
    14: (5, "1990-02-09 12:00:00", "uncertain_mi"),
    15: (6, "1990-01-10 12:00:00", "pure_normal"),
    16: (None, "1990-01-10 12:00:00", "other"),
    17: (None, "not a date", "other"),
}


@pytest.fixture
def catalog(synthetic_catalog):
    frame = synthetic_catalog.frame.iloc[: len(ROWS)].copy()
    frame.index = pd.Index(ROWS, name="ecg_id")
    frame["patient_id"] = pd.array([p for p, _, _ in ROWS.values()], dtype="Int64")
    frame["recording_date"] = [date for _, date, _ in ROWS.values()]
    frame["group"] = [group for _, _, group in ROWS.values()]
    columns = ["ecg_id", "code", "likelihood", "superclass", "kind", "description"]
    codes = pd.DataFrame(
        [
            (12, "SR", 0.0, "", "rhythm", "sinus rhythm"),
            (12, "IMI", 100.0, "MI", "diagnostic", "inferior"),
            (12, "AMI", 35.0, "MI", "diagnostic", "anterior"),
            (13, "SR", 0.0, "", "rhythm", "sinus rhythm"),
        ],
        columns=columns,
    )
    return replace(synthetic_catalog, frame=frame, codes=codes)


def test_others_come_by_date_without_the_record_itself(catalog):
    found = same_patient(catalog, 11)
    assert [ecg.ecg_id for ecg in found] == [12, 14, 13]
    assert [ecg.days_before for ecg in found] == [9.5, -30.0, None]
    assert [ecg.date for ecg in found] == ["1990-01-01 00:00:00", "1990-02-09 12:00:00", ""]
    assert found[0].group == "certain_mi"
    assert found[0].diagnosis == "IMI 100 %, stated as certain"
    assert found[2].diagnosis == "SR likelihood not stated"
    assert found[1].diagnosis == "no statement"


def test_without_a_date_of_its_own_no_distance_is_made_up(catalog):
    assert [ecg.days_before for ecg in same_patient(catalog, 13)] == [None] * 3


def test_an_unknown_patient_has_no_others(catalog):
    assert same_patient(catalog, 16) == ()
    assert same_patient(catalog, 17) == ()
    assert same_patient(catalog, 15) == ()


def test_an_unknown_record_is_refused(catalog):
    with pytest.raises(RecordError, match="no record 99"):
        same_patient(catalog, 99)


def test_ecgs_are_named_by_their_days_or_minutes_of_one_day(catalog):
    others = {other.ecg_id: other for other in same_patient(catalog, 11)}
    mine = catalog.entry(11)
    assert dated_names(mine, others[12]) == ("1990-01-10 · this ECG", "1990-01-01 · record 12")
    assert dated_names(mine, others[13]) == ("1990-01-10 · this ECG", "record 13")
    same_day = replace(others[12], date="1990-01-10 15:20:10")
    assert dated_names(mine, same_day) == (
        "1990-01-10 12:00 · this ECG",
        "1990-01-10 15:20 · record 12",
    )
    undated = replace(mine, recording_date="not a date")
    assert dated_names(undated, others[13]) == ("this ECG", "record 13")


def test_leading_diagnosis_prefers_the_likeliest_mi(catalog):
    assert leading_diagnosis(catalog.entry(12)).startswith("IMI")


@pytest.mark.ptbxl
def test_ptb_xl_has_patients_with_several_ecgs(ptbxl_catalog):
    known = ptbxl_catalog.frame["patient_id"].dropna()
    counts = known.value_counts()
    busiest = int(counts.index[0])
    ids = [int(ecg_id) for ecg_id in known.index[known == busiest]]
    found = same_patient(ptbxl_catalog, ids[0])
    assert {ecg.ecg_id for ecg in found} == set(ids[1:])
    assert len(found) == counts.iloc[0] - 1 >= 8
