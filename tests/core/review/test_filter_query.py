"""Filters written as queries and read back; bad queries."""

from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgcore.ptbxl.search import PRESETS, RecordFilter
from ecgcore.review.filter_query import FIRST_VIEW, PARAMETERS, filter_query, options, read_filter

EVERYTHING = RecordFilter(
    codes=("IMI",),
    territories=("lateral", "inferior"),
    superclasses=("CD",),
    likelihoods=(15, 0),
    groups=("other",),
    splits=("val",),
    sexes=("female",),
    validated=("no",),
    ages=(20, 60),
    only_unknown_age=True,
    quality=("noise",),
    words="left bundle & more",
    min_disagreement=35,
    consensus=("no MI",),
    predicted=(("statements71", "LVH"),),
    min_predicted=40,
    sort="likelihood_rising",
)


def test_every_field_has_a_parameter_and_its_words(synthetic_catalog):
    asked = parse_qs(filter_query(EVERYTHING, synthetic_catalog))
    assert asked == {
        "code": ["IMI: inferior myocardial infarction"],
        "territory": ["lateral", "inferior"],
        "superclass": ["Conduction disturbance"],
        "likelihood": ["15 %, doubtful", "likelihood not stated"],
        "group": ["other"],
        "split": ["validation"],
        "sex": ["female"],
        "validated": ["no"],
        "age": ["20", "60"],
        "age_unknown": ["true"],
        "signal": ["noise"],
        "words": ["left bundle & more"],
        "disagreement": ["35"],
        "consensus": ["no MI"],
        "predicted": ["LVH: left ventricular hypertrophy"],
        "predicted_from": ["40"],
        "sort": ["least likely first"],
    }
    assert set(asked) == set(PARAMETERS.values())


def test_a_filter_is_read_back(synthetic_catalog):
    for wanted in (EVERYTHING, FIRST_VIEW, RecordFilter(), *PRESETS.values()):
        assert read_filter(filter_query(wanted, synthetic_catalog), synthetic_catalog) == wanted


def test_the_first_view_needs_no_query(synthetic_catalog):
    assert filter_query(PRESETS["Ambiguous MI"], synthetic_catalog) == ""


@pytest.mark.parametrize(
    "query",
    ["group=nonsense", "age=5", "age=20&age=200", "disagreement=101", "disagreement=x", "sort=up",
     "likelihood=15", "no=thing", "age_unknown=2", "%ff"],
)  # fmt: skip
def test_what_is_no_choice_stays_as_in_the_first_view(synthetic_catalog, query):
    assert read_filter(query, synthetic_catalog) == FIRST_VIEW


def test_a_known_value_beside_an_unknown_one_counts(synthetic_catalog):
    read = read_filter("sex=male&sex=7", synthetic_catalog)
    assert read == replace(FIRST_VIEW, sexes=("male",))


@given(query=st.text(max_size=60))
def test_no_query_raises(synthetic_catalog, query):
    assert isinstance(read_filter(query, synthetic_catalog), RecordFilter)


def test_a_class_of_any_task_has_a_word_of_its_own(synthetic_catalog):
    words = options("predicted", synthetic_catalog)
    assert words["statements71", "AFIB"] == "AFIB: atrial fibrillation"
    assert words["rhythm6", "AF"] == "AF: atrial fibrillation (Six abnormalities)"
    assert words["challenge24", "AF"] == "AF: atrial fibrillation (24 challenge classes)"
    assert ("mi", "MI") not in words
    assert len(set(words.values())) == len(words) == 1 + 5 + 71 + 23 + 24 + 6
