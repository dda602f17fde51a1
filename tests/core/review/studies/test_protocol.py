"""A protocol says everything before the first reading, and refuses what no study can do."""

import json

import pytest

from ecgcore.errors import ReviewError
from ecgcore.review.studies.protocol import Protocol, StudyCase
from tests.support.reviews.studies import protocol


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "name of 1 to 40"),
        ({"name": "a" * 41}, "name of 1 to 40"),
        ({"name": "a\nb"}, "name of 1 to 40"),
        ({"readers": ()}, "0 readers"),
        ({"readers": ("ann", "ann")}, "2 readers"),
        ({"readers": ("ann", " ")}, "Each reader"),
        ({"arms": ()}, "The arms"),
        ({"arms": ("alone", "alone")}, "The arms"),
        ({"arms": ("alone", "magic")}, "The arms"),
        ({"wrong_share": 0.31}, "31% wrong advice"),
        ({"wrong_share": -0.1}, "wrong advice"),
        ({"seed": 1.5}, "seed"),
        ({"days_between": -1}, "-1 days"),
        ({"days_between": 366}, "366 days"),
        ({"threshold": 0.0}, "threshold"),
        ({"n": 3}, "3 cases, 2 of them MI"),
    ],
)
def test_what_no_study_can_do_is_refused(change: dict, words: str) -> None:
    with pytest.raises(ReviewError, match=words):
        protocol(**change)


def test_a_case_twice_or_without_a_probability_is_refused() -> None:
    cases = protocol().cases
    with pytest.raises(ReviewError, match="twice"):
        Protocol("s", (*cases, cases[0]), ("ann",), ("alone",))
    with pytest.raises(ReviewError, match="probability"):
        Protocol("s", (*cases, StudyCase("7", True, 1.2)), ("ann",), ("alone",))


def test_it_comes_back_from_a_body_and_its_hash_covers_every_part() -> None:
    made = protocol(wrong_share=0.2, seed=3)
    assert Protocol.from_body(json.dumps(made.as_body()), made.secret) == made
    other = {
        "secret": "another",
        "name": "other", "readers": ("ann",), "arms": ("alone",), "wrong_share": 0.1, "seed": 4,
        "days_between": 1, "threshold": 0.4, "model": "C", "truth_from": "label", "n": 12,
    }  # fmt: skip
    for name, value in other.items():
        assert protocol(**{"wrong_share": 0.2, "seed": 3} | {name: value}).hash != made.hash, name


def test_the_body_holds_the_sha256_of_the_secret_and_only_its_owner_reads_it() -> None:
    body = json.dumps(protocol(secret="abc").as_body())
    # printf abc | sha256sum
    assert "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" in body
    assert '"abc"' not in body
    assert "abc" not in repr(protocol(secret="abc"))
    for wrong in ("", "abd"):
        with pytest.raises(ReviewError, match="secret of the study is not the one"):
            Protocol.from_body(body, wrong)


def test_what_is_no_protocol_or_says_more_is_refused() -> None:
    with pytest.raises(ReviewError, match="nothing of truths"):
        Protocol.from_body(protocol(secret="").as_body() | {"truths": 1})
    for body in ("", "[]", "{}", "null", '{"cases": [1]}'):
        with pytest.raises(ReviewError, match="no protocol"):
            Protocol.from_body(body)


def test_what_is_compared_has_the_own_read_where_nobody_reads_alone() -> None:
    assert protocol(arms=("advice after own read",)).treatments == (
        "alone",
        "advice after own read",
    )
    assert protocol(arms=("alone", "advice after own read")).treatments == (
        "alone",
        "advice after own read",
    )
    assert protocol(arms=("advice first",)).treatments == ("advice first",)


def test_readings_are_counted_twice_where_advice_comes_after_the_own() -> None:
    assert protocol(arms=("alone", "advice after own read")).n_readings == 10 * 2 * 3
