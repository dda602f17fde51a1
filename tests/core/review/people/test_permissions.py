"""Who may do what, with two of everything: the whole matrix, written by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from ecgcore.errors import ReviewError
from ecgcore.review.people.permissions import (
    ACTIONS,
    Person,
    Target,
    allowed,
    alone,
    read_roles,
)

ROLES = """
[s]
reader = ["ann", "bob"]
adjudicator = ["jo", "bob"]
lead = ["li"]

[t]
reader = ["eve", "bob"]
adjudicator = ["kim"]
lead = ["mo"]
"""
WHO = ("ann", "bob", "jo", "li", "eve", "kim", "mo")

OPEN_TO = {
    # a case of study s, assigned to ann and bob: nobody has read it
    "fresh": {
        "open case": {"ann", "bob", "li"}, "read": {"ann", "bob"}, "see answers": {"li"},
        "see reading": {"li", "ann"}, "settle": set(),
    },
    # ann has read it and seen the answers, bob has not read it
    "half": {
        "open case": {"ann", "bob", "li"}, "read": {"ann", "bob"}, "see answers": {"ann", "li"},
        "see reading": {"ann", "li"}, "settle": set(),
    },
    # both have read it, ann saw the answers, they disagree; bob, an adjudicator too, is no judge
    "conflict": {
        "open case": {"ann", "bob", "jo", "li"}, "read": {"ann", "bob"},
        "see answers": {"ann", "jo", "li"}, "see reading": {"ann", "jo", "li"}, "settle": {"jo"},
    },
}  # fmt: skip
ALWAYS = {
    "see names": {"li"}, "assign": {"li"}, "name list": {"li"}, "export": {"ann", "li"},
    "see progress": {"ann", "li"},
}  # fmt: skip
BOTH = frozenset({"ann", "bob"})
CASES = {
    "fresh": Target("s", BOTH, owner="ann"),
    "half": Target("s", BOTH, frozenset({"ann"}), frozenset({"ann"}), owner="ann"),
    "conflict": Target("s", BOTH, BOTH, frozenset({"ann"}), True, "ann"),
}


@pytest.fixture
def people(tmp_path: Path) -> dict[str, Person]:
    file = tmp_path / "roles.toml"
    file.write_text(ROLES)
    return read_roles(file)


@pytest.mark.parametrize("case", CASES)
def test_the_matrix_of_one_study(people: dict[str, Person], case: str) -> None:
    """Everybody, ann's reading: whoever is named may, and nobody else, least of all of study t."""
    for action, may in (OPEN_TO[case] | ALWAYS).items():
        found = {who for who in WHO if allowed(people[who], action, CASES[case])}
        assert found == may, (case, action)
    assert set(OPEN_TO[case] | ALWAYS) == set(ACTIONS)


@pytest.mark.parametrize("case", CASES)
def test_the_same_case_in_the_other_study_is_closed_to_the_first(
    people: dict[str, Person], case: str
) -> None:
    other = replace(CASES[case], study="t")
    for who in ("ann", "jo", "li"):
        assert [one for one in ACTIONS if allowed(people[who], one, other)] == []
    assert allowed(people["mo"], "assign", other)
    assert allowed(people["mo"], "name list", other)


def test_another_readers_reading_is_hidden_even_after_the_own_one(
    people: dict[str, Person],
) -> None:
    bobs = replace(CASES["conflict"], owner="bob")
    assert not allowed(people["ann"], "see reading", bobs)
    assert allowed(people["bob"], "see reading", bobs)
    assert not allowed(people["ann"], "export", bobs)
    everybodys = replace(bobs, owner="")
    assert {who for who in WHO if allowed(people[who], "export", everybodys)} == {"li"}


def test_a_lead_who_reads_too_is_blind_first(people: dict[str, Person]) -> None:
    both = Person("li", {"s": frozenset({"lead", "reader"})})
    target = replace(CASES["half"], assigned=BOTH | {"li"})
    assert not allowed(both, "see answers", target)
    assert not allowed(both, "see reading", target)
    done = replace(target, readers=frozenset({"ann", "li"}), revealed=frozenset({"li"}))
    assert allowed(both, "see answers", done)
    assert allowed(both, "see reading", done)


def test_an_adjudicator_who_is_to_read_the_case_does_not_settle_it(
    people: dict[str, Person],
) -> None:
    target = replace(CASES["conflict"], assigned=BOTH | {"bob"}, readers=frozenset({"ann", "eve"}))
    assert not allowed(people["bob"], "settle", target)


def test_open_mode_shows_the_answers_to_its_readers_only(people: dict[str, Person]) -> None:
    target = replace(CASES["fresh"], mode="open")
    assert {who for who in WHO if allowed(people[who], "see answers", target)} == {
        "ann",
        "bob",
        "li",
    }


def test_alone_on_a_machine_all_roles_but_no_settling_of_the_own_case() -> None:
    me = alone("  AB ")
    assert me.name == "AB"
    mine = Target("any", frozenset({"AB"}), frozenset({"AB"}), frozenset(), True)
    assert allowed(me, "read", mine)
    assert allowed(me, "export", mine)
    assert not allowed(me, "settle", mine)
    for initials in ("", " ", "x" * 21, "a\nb"):
        with pytest.raises(ReviewError, match="Enter your initials"):
            alone(initials)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[s", "no TOML"),
        ("s = 1", "“s” must be a table"),
        ("[s]\nboss = ['a']", "“s” must be a table"),
        ("[s]\nreader = 'a'", "“s” must be a table"),
        ("[s]\nreader = ['']", "“s” must be a table"),
    ],
)
def test_a_file_of_roles_that_is_none_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(ReviewError, match=words):
        read_roles(tmp_path / "r.toml")
