"""The store on each kind of database: nothing lost, nothing double, nothing changed unseen."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ecgcore.errors import ReviewError
from ecgcore.review.store.chain import Head
from ecgcore.review.store.log import Draft, ReviewLog
from tests.support.reviews.stores import draft


def test_what_is_recorded_is_read_again_by_whoever_opens_the_store(log: ReviewLog) -> None:
    first = log.append(draft(7, text="Q in III\n§ ½ 日本 \x00")).entry
    log.append(draft(8, "cd"))
    log.append(Draft("c", "consensus", "s", "7", "ef", {"verdict": "MI"}))
    other = ReviewLog.at(log.engine.url)
    assert [one.number for one in other.entries()] == [1, 2, 3]
    assert other.entries(case="7", kinds=["reading"]) == [first]
    assert '"text": "Q in III\\n' in first.body
    assert [one.case for one in other.entries(reader="cd")] == ["8"]
    assert other.entries(study="another") == []
    assert other.head() == Head(3, other.entries()[-1].hash)
    assert other.verify() == []
    other.engine.dispose()


def test_a_second_draft_with_the_key_is_the_first_one_again(log: ReviewLog) -> None:
    first = log.append(draft(7))
    again = log.append(draft(7, verdict="no MI"))
    assert (first.new, again.new) == (True, False)
    assert again.entry == first.entry
    assert len(log.entries()) == 1


def test_many_at_once_lose_nothing_and_double_nothing(log: ReviewLog) -> None:
    """Eight threads send the readings of four readers, so each is sent twice."""

    def send(thread: int) -> int:
        return sum(log.append(draft(case, f"r{thread % 4}")).new for case in range(12))

    with ThreadPoolExecutor(8) as pool:
        new = list(pool.map(send, range(8)))
    assert sum(new) == 48
    entries = log.entries()
    assert [one.number for one in entries] == list(range(1, 49))
    assert len({one.key for one in entries}) == 48
    assert log.verify() == []


def test_all_at_once_or_none(log: ReviewLog) -> None:
    good, bad = draft(1).entry(), replace(draft(2).entry(), body=None)
    with pytest.raises(DBAPIError):
        log.append_all([good, bad])
    assert log.entries() == []
    assert log.head() == Head()


@pytest.mark.parametrize("statement", ["UPDATE entries SET body = '{}'", "DELETE FROM entries"])
def test_the_database_refuses_to_change_an_entry(log: ReviewLog, statement: str) -> None:
    log.append(draft(1))
    with pytest.raises(DBAPIError, match="never changed"), log.engine.begin() as connection:
        connection.execute(sa.text(statement))
    assert log.verify() == []


def drop_triggers(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("DROP TRIGGER entries_no_change ON entries"))
        return
    for event in ("update", "delete"):
        connection.execute(sa.text(f"DROP TRIGGER entries_no_{event}"))


@pytest.mark.parametrize(
    ("statements", "kind", "number"),
    [
        (["UPDATE entries SET body = '{}' WHERE number = 2"], "changed", 2),
        (["UPDATE entries SET at = '2020' WHERE number = 4"], "changed", 4),
        (["DELETE FROM entries WHERE number = 3"], "missing", 3),
        (["DELETE FROM entries WHERE number = 4"], "missing", 4),
        (
            [
                "INSERT INTO entries SELECT 5, 'x', kind, study, case_id, reader, body, at, "
                "previous, hash FROM entries WHERE number = 4"
            ],
            "added",
            5,
        ),
        (
            [
                "UPDATE entries SET number = 99 WHERE number = 2",
                "UPDATE entries SET number = 2 WHERE number = 3",
                "UPDATE entries SET number = 3 WHERE number = 99",
            ],
            "reordered",
            2,
        ),
        (["DELETE FROM head"], "missing", 0),
    ],
)
def test_whoever_goes_round_the_triggers_is_found(
    log: ReviewLog, statements: list[str], kind: str, number: int
) -> None:
    for case in range(1, 5):
        log.append(draft(case))
    with log.engine.begin() as connection:
        drop_triggers(connection)
        for statement in statements:
            connection.execute(sa.text(statement))
    assert (kind, number) in [(one.kind, one.number) for one in log.verify()]


def test_nothing_is_appended_without_a_head(log: ReviewLog) -> None:
    with log.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM head"))
    with pytest.raises(ReviewError, match="head of the store is missing"):
        log.append(draft(1))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"case": "x" * 81}, "no name"),
        ({"reader": "a\nb"}, "no name"),
        ({"study": " s"}, "no name"),
        ({"body": {"text": "x" * 200_000}}, "200,000 fit"),
    ],
)
def test_what_cannot_be_an_entry_is_refused(changed: dict, words: str) -> None:
    with pytest.raises(ReviewError, match=words):
        replace(draft(1), **changed).entry()


def test_a_copy_needs_an_empty_store(log: ReviewLog) -> None:
    log.append(draft(1))
    with pytest.raises(ReviewError, match="has entries already"):
        log.copy(*log.snapshot())
