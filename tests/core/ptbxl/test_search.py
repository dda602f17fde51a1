"""Searching: one statement for code and likelihood, blanks, order, counts, and the real numbers."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.label_groups import assign_groups
from ecgcore.ptbxl.quality_table import short_words
from ecgcore.ptbxl.scp import MI_TERRITORIES
from ecgcore.ptbxl.search import (
    AGES,
    PRESETS,
    RecordFilter,
    group_counts,
    likelihood_text,
    search,
)
from ecgcore.signals.quality import KIND_NAMES
from ecgcore.wording.records import LABEL_GROUPS, LIKELIHOODS, SEXES, SUPERCLASSES

STEPS = list(LIKELIHOODS)
CLASSES = {"IMI": "MI", "ASMI": "MI", "NORM": "NORM", "NDT": "STTC", "LAFB": "CD", "SR": ""}
RECORDS = {
    1: ({"IMI": 15, "NORM": 100, "SR": 0}, 40.0, "male", True, 10),
    2: ({"IMI": 100, "ASMI": 15}, 70.0, "female", True, 10),
    3: ({"IMI": 80, "NDT": 100, "LAFB": 50}, 300.0, "female", True, 3),
    4: ({"NORM": 100, "SR": 0}, np.nan, "unknown", True, 9),
    5: ({"ASMI": 34, "NDT": 15}, 89.0, "male", None, None),
    6: ({"SR": 0}, np.nan, "male", False, 1),
}


def make_catalog(records: dict[int, tuple]) -> Catalog:
    codes = pd.DataFrame(
        [
            (ecg_id, code, float(likelihood), CLASSES[code])
            for ecg_id, (statements, *_) in records.items()
            for code, likelihood in statements.items()
        ],
        columns=["ecg_id", "code", "likelihood", "superclass"],
    )
    codes["kind"] = np.where(codes["superclass"] == "", "rhythm", "diagnostic")
    frame = pd.DataFrame(
        [row[1:] for row in records.values()],
        columns=["age", "sex", "validated", "strat_fold"],
        index=pd.Index(records, name="ecg_id"),
    ).astype({"validated": "boolean", "strat_fold": "Int64"})
    walls = {
        i: {w for c in row[0] for w in MI_TERRITORIES.get(c, ())} for i, row in records.items()
    }
    frame["territory"] = [", ".join(sorted(walls[ecg_id])) for ecg_id in frame.index]
    frame["report"] = "x" * 200
    frame = frame.join(assign_groups(frame, codes))
    return Catalog(Path(), "six records", False, frame, codes)


SIX = make_catalog(RECORDS)


def found(disagreement: pd.Series | None = None, **wanted: object) -> list[int]:
    return search(SIX, RecordFilter(**wanted), disagreement).index.tolist()


def test_nothing_asked_finds_everything() -> None:
    assert found() == [1, 2, 3, 4, 5, 6]


def test_code_and_likelihood_are_of_the_same_statement() -> None:
    assert found(codes=("IMI",), likelihoods=(15,)) == [1]
    assert found(codes=("IMI",), likelihoods=(100,)) == [2]
    assert found(codes=("IMI", "ASMI"), likelihoods=(15,)) == [1, 2]


def test_superclass_and_likelihood_are_of_the_same_statement() -> None:
    assert found(superclasses=("MI",), likelihoods=(15,)) == [1, 2]
    assert found(superclasses=("STTC",), likelihoods=(100,)) == [3]


def test_territory_and_likelihood_are_of_the_same_statement() -> None:
    assert found(territories=("inferior",), likelihoods=(15,)) == [1]
    assert found(territories=("anterior",), likelihoods=(15,)) == [2]
    assert found(territories=("anterior", "inferior")) == [1, 2, 3, 5]
    assert found(territories=("posterior",)) == []


def test_a_likelihood_alone_is_that_of_the_strongest_mi_statement() -> None:
    assert found(likelihoods=(15,)) == [1]
    assert found(likelihoods=(100,)) == [2]


def test_code_comes_before_superclass_and_both_must_stand() -> None:
    assert found(codes=("NDT",), superclasses=("MI",)) == [3, 5]
    assert found(codes=("NDT",), superclasses=("MI",), likelihoods=(15,)) == [5]


def test_rare_likelihoods_count_as_the_nearest_and_zero_stands_alone() -> None:
    assert found(codes=("ASMI",), likelihoods=(35,)) == [5]
    assert found(codes=("SR",), likelihoods=(0,)) == [1, 4, 6]
    assert found(codes=("SR",), likelihoods=(15,)) == []


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({"validated": ("unknown",)}, [5]),
        ({"validated": ("no", "unknown")}, [5, 6]),
        ({"splits": ("unknown",)}, [5]),
        ({"splits": ("test", "val")}, [1, 2, 4]),
        ({"sexes": ("unknown",)}, [4]),
        ({"only_unknown_age": True, "ages": (20, 30)}, [4, 6]),
        ({"ages": (41, 89)}, [2, 5]),
        ({"ages": (89, 90)}, [3, 5]),
        ({"groups": ("uncertain_mi",)}, [1, 3]),
        ({"groups": ("certain_mi", "pure_normal")}, [2, 4]),
        ({"groups": ("other",)}, [5, 6]),
    ],
)
def test_record_filters_and_their_blanks(wanted: dict[str, object], ids: list[int]) -> None:
    assert found(**wanted) == ids


def test_order() -> None:
    disagreement = pd.Series({1: 0.2, 2: 0.9, 3: 0.2, 6: 0.5})
    assert found(disagreement, sort="disagreement") == [2, 6, 1, 3, 4, 5]
    assert found(sort="disagreement") == [1, 2, 3, 4, 5, 6]
    assert found(sort="likelihood_falling") == [2, 3, 5, 1, 4, 6]
    assert found(sort="likelihood_rising") == [1, 5, 3, 2, 4, 6]
    assert found(codes=("ASMI",), sort="likelihood_rising") == [2, 5]


def test_result_can_be_read() -> None:
    result = search(SIX, RecordFilter(), pd.Series({3: 0.25}))
    third = result.loc[3]
    assert third["diagnoses"] == "NDT 100 %, IMI 80 %, LAFB 50 %"
    assert (third["age"], third["sex"], third["territory"]) == ("over 89", "female", "inferior")
    assert (third["group"], third["split"]) == ("uncertain MI", "training")
    assert (third["mi_likelihood"], third["disagreement"]) == (80, 0.25)
    assert result.loc[4, ["age", "diagnoses", "validated"]].tolist() == [
        "unknown",
        "NORM 100 %",
        "yes",
    ]
    assert result.loc[5, ["validated", "split"]].tolist() == ["unknown", "unknown"]
    assert result.loc[6, "diagnoses"] == ""
    assert result["report"].str.len().max() == 120
    assert np.isnan(result.loc[4, "mi_likelihood"])
    assert np.isnan(result.loc[1, "disagreement"])


def test_the_likelihood_shown_is_that_of_the_statement_in_question() -> None:
    assert search(SIX, RecordFilter(codes=("ASMI",))).loc[2, "likelihood"] == 15
    assert search(SIX, RecordFilter()).loc[2, "likelihood"] == 100


def test_search_leaves_the_catalogue_alone() -> None:
    before = SIX.frame.copy()
    search(SIX, RecordFilter(codes=("IMI",)), pd.Series({1: 0.5}))
    assert search(SIX, RecordFilter())["disagreement"].isna().all()
    pd.testing.assert_frame_equal(SIX.frame, before)


def test_counts_name_every_group() -> None:
    counts = group_counts(search(SIX, RecordFilter(splits=("test",))))
    assert counts == {"uncertain MI": 1, "certain MI": 1, "normal": 0, "other": 0}


def test_subject_names_the_statement() -> None:
    assert RecordFilter().subject == "MI"
    assert RecordFilter(superclasses=("CD", "MI")).subject == "conduction disturbance or MI"
    assert RecordFilter(territories=("inferior",), superclasses=("CD",)).subject == "inferior MI"
    assert RecordFilter(codes=("IMI", "NDT"), territories=("inferior",)).subject == "IMI or NDT"


def test_likelihood_texts_sort_like_the_numbers() -> None:
    stated = [15.0, 35.0, 50.0, 80.0, 100.0]
    assert sorted(likelihood_text(x) for x in stated) == [likelihood_text(x) for x in stated]
    assert likelihood_text(50.0) == " 50 %, possible"
    assert likelihood_text(0.0) == "likelihood not stated"
    assert likelihood_text(float("nan")) == ""


def chosen(options: Iterable[str], least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(sorted(options)), min_size=least, max_size=2).map(tuple)


filters = st.builds(
    RecordFilter,
    codes=chosen(CLASSES),
    superclasses=chosen(SUPERCLASSES),
    groups=chosen(LABEL_GROUPS),
    sexes=chosen(SEXES),
    ages=st.tuples(st.integers(0, 45), st.integers(46, 90)),
)


@settings(deadline=None, max_examples=50)  # the time of one example says nothing here
@given(filters)
def test_fields_are_joined_by_and(wanted: RecordFilter) -> None:
    alone = [
        set(found(**{field: getattr(wanted, field)}))
        for field in ("codes", "superclasses", "groups", "sexes", "ages")
    ]
    assert set(search(SIX, wanted).index) == set.intersection(*alone)


@settings(deadline=None, max_examples=50)  # the time of one example says nothing here
@given(chosen(CLASSES, least=1), st.lists(st.sampled_from(STEPS), min_size=1, max_size=3))
def test_agrees_with_a_plain_loop(codes: tuple[str, ...], likelihoods: list[int]) -> None:
    rounded = {34: 35}
    expected = [
        ecg_id
        for ecg_id, (statements, *_) in RECORDS.items()
        if any(c in codes and rounded.get(x, x) in likelihoods for c, x in statements.items())
    ]
    assert found(codes=codes, likelihoods=tuple(likelihoods)) == expected


@pytest.mark.ptbxl
@pytest.mark.parametrize(
    ("wanted", "n"),
    [
        (RecordFilter(), 21_799),
        (PRESETS["Ambiguous MI"], 282),
        (PRESETS["Certain MI"], 268),
        (PRESETS["Normal"], 703),
        (RecordFilter(codes=("IMI",), likelihoods=(15,)), 868),
        (RecordFilter(codes=("IMI",), likelihoods=(100,)), 1022),
        (RecordFilter(codes=("ALMI",), likelihoods=(50,)), 41),
        (RecordFilter(groups=("uncertain_mi",), splits=("train",)), 1193),
    ],
)
def test_published_counts(ptbxl_catalog: Catalog, wanted: RecordFilter, n: int) -> None:
    assert len(search(ptbxl_catalog, wanted)) == n


def test_full_range_of_ages_includes_unknown_ones() -> None:
    assert set(found(ages=AGES)) - set(found(ages=(1, 90))) == {4, 6}


def test_quality_is_asked_of_the_table() -> None:
    kinds = [*KIND_NAMES, "severe", "swap"]
    table = pd.DataFrame(0, index=pd.Index([1, 2, 3, 4, 5], name="ecg_id"), columns=kinds)
    table.loc[2, "noise"] = table.loc[3, "swap"] = 1
    table["signal"] = short_words(table)

    def asked(*quality: str) -> list[int]:
        return search(SIX, RecordFilter(quality=quality), quality=table).index.tolist()

    assert asked("noise", "swap") == [2, 3]
    assert asked("none") == [1, 4, 5]
    assert asked() == [1, 2, 3, 4, 5, 6]
    texts = search(SIX, RecordFilter(), quality=table)["signal"].tolist()
    assert texts == ["", "noise I", "swap?", "", "", ""]
    assert found(quality=("noise",)) == [1, 2, 3, 4, 5, 6]


def test_words_are_found_in_the_report_and_its_translation():
    catalog = make_catalog(RECORDS)
    catalog.frame["report"] = [
        "sinusrhythmus linksschenkelblock", "Sinusrhythmus", "LEFT bundle", None, "", "sinus",
    ]  # fmt: skip

    def found(words: str) -> list[int]:
        return search(catalog, RecordFilter(words=words)).index.tolist()

    assert found("bundle left") == [1, 3]
    assert found("Links") == [1]
    assert found("sinusRHYTHMUS") == [1, 2]
    assert found("sinus (") == []
    assert found("  ") == list(RECORDS)


def test_a_least_disagreement_counts_in_points_and_needs_predictions():
    apart = pd.Series({1: 0.5, 2: 0.499, 3: 0.9})
    wanted = RecordFilter(min_disagreement=50)
    catalog = make_catalog(RECORDS)
    assert search(catalog, wanted, apart).index.tolist() == [1, 3]
    assert len(search(catalog, wanted)) == len(RECORDS)


def test_records_are_found_and_ordered_by_what_is_predicted():
    catalog = make_catalog(RECORDS)
    said = pd.Series({1: 0.2, 2: 0.9, 4: 0.6})
    asked = RecordFilter(predicted=(("statements71", "LVH"),), min_predicted=50, sort="predicted")
    found = search(catalog, asked, predicted=said)
    assert found["predicted"].to_dict() == {2: 0.9, 4: 0.6}
    everyone = search(
        catalog,
        RecordFilter(predicted=(("statements71", "LVH"),), sort="predicted"),
        predicted=said,
    )
    assert everyone.index.tolist() == [2, 4, 1, 3, 5, 6]
    assert search(catalog, asked).empty
    assert len(search(catalog, RecordFilter(min_predicted=50), predicted=said)) == 6
