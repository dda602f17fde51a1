"""Cases dealt to readers, kept, and worked through."""

from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from ecgcore.errors import ReviewError
from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import Place, commit, mark_seen
from ecgcore.review.store.log import ReviewLog
from ecgcore.review.worklists.assignment import assigned, reader_progress, save


@given(st.integers(0, 40), st.integers(1, 7), st.data())
def test_every_case_has_its_readers_and_every_reader_a_fair_share(
    n_cases: int, n_readers: int, data: st.DataObject
) -> None:
    per_case = data.draw(st.integers(1, n_readers))
    cases = [str(case) for case in range(n_cases)]
    dealt = assigned(cases, [f"r{k}" for k in range(n_readers)], per_case, seed=1)
    counts = Counter(case for mine in dealt.values() for case in mine)
    assert counts == dict.fromkeys(cases, per_case)
    assert all(len(mine) == len(set(mine)) for mine in dealt.values())
    sizes = [len(mine) for mine in dealt.values()]
    assert max(sizes) - min(sizes) <= 1


def test_the_same_seed_deals_the_same_and_orders_differ() -> None:
    cases = [str(case) for case in range(30)]
    first, again, other = (assigned(cases, ["a", "b"], 2, seed) for seed in (5, 5, 6))
    assert first == again != other
    assert first["a"] != first["b"]
    assert sorted(first["a"]) == sorted(first["b"])


@pytest.mark.parametrize(
    ("cases", "readers", "per_case"),
    [(["1"], ["a"], 2), (["1"], ["a"], 0), (["1", "1"], ["a"], 1), (["1"], ["a", "a"], 1)],
)
def test_what_cannot_be_dealt_is_refused(cases: list, readers: list, per_case: int) -> None:
    with pytest.raises(ReviewError, match=r"readers a case|there twice"):
        assigned(cases, readers, per_case)


def test_a_list_is_kept_and_worked_through_in_its_order(tmp_path: Path) -> None:
    log = ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / "r.sqlite")))
    assert save(log, "s", "ann", ["9"], by="li").new
    assert save(log, "s", "ann", ["3", "1", "2"], by="li").new
    assert not save(log, "s", "ann", ["3", "1", "2"], by="li").new
    save(log, "s", "bob", ["1"], by="li")
    commit(log, Place("s", "1", "ann"), Reading("no MI", 90), 1)
    commit(log, Place("s", "3", "bob"), Reading("no MI", 90), 1)
    mark_seen(log, Place("s", "2", "ann"))
    found = reader_progress(log.entries(study="s"), "ann")
    assert found.cases == ("3", "1", "2")
    assert (found.done, found.seen) == ({"1"}, {"1", "2"})
    assert found.words == "1 of 3 read"
    assert [found.following(case) for case in ("", "3", "2", "?")] == ["3", "2", "3", "3"]
    commit(log, Place("s", "3", "ann"), Reading("no MI", 90), 1)
    commit(log, Place("s", "2", "ann"), Reading("no MI", 90), 1)
    assert reader_progress(log.entries(study="s"), "ann").following("3") is None
    assert reader_progress(log.entries(study="s"), "eve").cases == ()
    log.engine.dispose()
