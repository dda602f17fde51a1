"""What a reading can say, and what it cannot."""

import json
from dataclasses import replace

import pytest

from ecgcore.errors import ReviewError
from ecgcore.review.readings.reading import Caliper, Reading, reading_of
from tests.support.reviews.stores import draft

FULL = Reading(
    "MI", 80, ("inferior", "lateral"), "old", ("LAFB", "AFIB"), "Q in III, “old”",
    (Caliper("V2", 0.1, 0.5),), 41.5,
)  # fmt: skip


def test_a_reading_survives_the_store() -> None:
    body = json.dumps(FULL.as_body())
    assert Reading.from_body(body) == FULL
    entry = replace(draft(1), body=FULL.as_body()).entry()
    assert reading_of(entry) == FULL
    assert FULL.words == "MI, confidence 80, inferior, lateral, old, LAFB, AFIB"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"verdict": "maybe"}, "“maybe” is no verdict"),
        ({"confidence": 101}, "confidence is 101"),
        ({"confidence": -1}, "confidence is -1"),
        ({"confidence": None}, "confidence is None"),
        ({"confidence": 50.5}, "confidence is 50.5"),
        ({"confidence": True}, "confidence is True"),
        ({"territories": ("septal",)}, "not all territories"),
        ({"infarct_age": "ancient"}, "no age of an infarct"),
        ({"verdict": "no MI"}, "has no territory and no age"),
        ({"statements": ("afib",)}, "not all SCP codes"),
        ({"statements": ("AFIB",) * 51}, "not all SCP codes"),
        ({"text": "x" * 4001}, "longer than 4,000"),
        ({"calipers": (Caliper("V9", 0, 1),)}, "calipers off the ECG"),
        ({"calipers": (Caliper("V1", float("nan"), 1),)}, "calipers off the ECG"),
        ({"seconds": -1.0}, "no time"),
        ({"seconds": float("inf")}, "no time"),
    ],
)
def test_what_a_reading_cannot_say(changed: dict, words: str) -> None:
    with pytest.raises(ReviewError, match=words):
        replace(FULL, **changed)


def test_a_case_that_is_not_readable_has_no_confidence() -> None:
    assert Reading("not readable").words == "not readable"
    with pytest.raises(ReviewError, match="confidence is 50"):
        Reading("not readable", 50)


def test_the_time_alone_makes_no_other_reading() -> None:
    assert FULL.says_the_same(replace(FULL, seconds=1.0))
    assert not FULL.says_the_same(replace(FULL, confidence=79))
    assert not FULL.says_the_same(replace(FULL, blind=False))


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"verdict": 1}', '{"calipers": [1]}', "null"])
def test_what_is_no_reading_is_refused(body: str) -> None:
    with pytest.raises(ReviewError):
        Reading.from_body(body)


@pytest.mark.parametrize(
    ("verdict", "confidence", "prob"),
    [("MI", 100, 1), ("MI", 60, 0.8), ("MI", 0, 0.5), ("no MI", 100, 0), ("no MI", 20, 0.4),
     ("uncertain", 90, 0.5), ("not readable", None, None)],
)  # fmt: skip
def test_the_probability_that_a_reader_gave(
    verdict: str, confidence: int | None, prob: float | None
) -> None:
    assert Reading(verdict, confidence).prob_mi == (prob if prob is None else pytest.approx(prob))
