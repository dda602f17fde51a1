"""Every kind of tampering with a chain is found and named."""

from dataclasses import replace

import pytest

from ecgcore.review.store.chain import GENESIS, Entry, Head, faults
from tests.support.reviews.stores import draft

N = 6
COLUMNS = ["key", "kind", "study", "case", "reader", "body", "at", "previous", "hash"]


def chain(n: int = N) -> list[Entry]:
    entries: list[Entry] = []
    for number in range(1, n + 1):
        before = entries[-1].hash if entries else GENESIS
        made = replace(draft(number), at=f"2026-11-29T00:00:0{number}+00:00")
        entries.append(made.entry().chained(number, before))
    return entries


def head(entries: list[Entry]) -> Head:
    return Head(entries[-1].number, entries[-1].hash)


def found(entries: list[Entry], at: Head | None = None) -> list[tuple[str, int]]:
    return [(one.kind, one.number) for one in faults(entries, at or head(chain()))]


def renumbered(entries: list[Entry]) -> list[Entry]:
    return [replace(entry, number=place) for place, entry in enumerate(entries, 1)]


def test_a_whole_chain_has_no_fault_nor_has_an_empty_one() -> None:
    assert found(chain()) == []
    assert faults([], Head()) == []


def test_every_hash_covers_all_but_the_number() -> None:
    first = chain()[0]
    assert first.previous == GENESIS
    for column in COLUMNS[:-1]:
        assert replace(first, **{column: "x"}).computed_hash() != first.hash, column
    assert replace(first, number=9).computed_hash() == first.hash


@pytest.mark.parametrize("place", range(N))
@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_column_of_any_row_is_named(column: str, place: int) -> None:
    entries = chain()
    entries[place] = replace(entries[place], **{column: "f" * 64})
    assert found(entries) == [("changed", place + 1)]


@pytest.mark.parametrize("value", [None, b"{}", 7])
def test_a_value_of_another_type_is_a_change(value: object) -> None:
    entries = chain()
    entries[2] = replace(entries[2], body=value)
    assert found(entries) == [("changed", 3)]


@pytest.mark.parametrize("place", range(N))
def test_a_missing_row_is_named_with_or_without_new_numbers(place: int) -> None:
    entries = chain()
    del entries[place]
    assert found(entries) == [("missing", place + 1)]
    assert found(renumbered(entries)) == [("missing", place + 1)]


def test_several_missing_rows_are_named_together() -> None:
    entries = chain()
    del entries[1:4]
    (fault,) = faults(entries, head(chain()))
    assert fault.words == "entries 2 to 4 are missing."
    assert found([]) == [("missing", 1)]


@pytest.mark.parametrize("place", range(1, N + 1))
@pytest.mark.parametrize("forged", [True, False])
def test_an_added_row_is_named_even_with_a_right_hash(place: int, forged: bool) -> None:
    entries = chain()
    before = entries[place - 1]
    extra = draft("extra").entry().chained(0, before.hash)
    entries.insert(place, extra if forged else replace(extra, hash="0" * 64))
    assert found(renumbered(entries)) == [("added", place + 1)]


def test_several_rows_added_in_a_right_chain_after_the_last_are_all_named() -> None:
    entries = chain()
    for number in range(N + 1, N + 4):
        entries.append(draft(number).entry().chained(number, entries[-1].hash))
    assert found(entries) == [("added", N + 1), ("added", N + 2), ("added", N + 3)]


@pytest.mark.parametrize("place", range(N - 1))
def test_two_rows_that_changed_places_are_named(place: int) -> None:
    entries = chain()
    entries[place], entries[place + 1] = entries[place + 1], entries[place]
    said = found(renumbered(entries))
    assert {("reordered", place + 1), ("reordered", place + 2)} <= set(said)
    assert {kind for kind, _ in said} == {"reordered"}


@pytest.mark.parametrize("place", range(N))
def test_a_row_replaced_by_one_with_a_right_hash_of_its_own_is_named(place: int) -> None:
    entries = chain()
    other = draft("other").entry()
    entries[place] = other.chained(place + 1, entries[place].previous)
    assert found(entries) == [("changed", place + 1)]


def test_a_lost_head_is_named() -> None:
    assert [(one.kind, one.number) for one in faults(chain(), None)] == [("missing", 0)]
    entries = chain()
    entries[1] = replace(entries[1], body="{}")
    assert {one.kind for one in faults(entries, None)} == {"missing", "changed"}


def test_a_changed_head_is_named() -> None:
    last = chain()[-1]
    assert found(chain(), Head(N, "f" * 64)) == [("changed", N)]
    assert found(chain(), Head(N - 1, last.hash)) == [("changed", 0)]
    assert found(chain(), Head(N + 1, last.hash)) == [("changed", 0)]


def test_the_words_name_the_case_and_the_reader() -> None:
    entries = chain()
    entries[3] = replace(entries[3], at="2020")
    (fault,) = faults(entries, head(chain()))
    assert fault.words == "entry 4 (reading 4 ab) was changed."
