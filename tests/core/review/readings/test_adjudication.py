"""Conflicts, who may settle them, and the consensus."""

import pytest

from ecgcore.errors import ReviewError
from ecgcore.review.readings.adjudication import by_case, conflicts_for, settle
from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import Place, commit, reveal
from ecgcore.review.store.log import ReviewLog

MI, NO, UNSURE = Reading("MI", 80), Reading("no MI", 80), Reading("uncertain", 50)
CONSENSUS = Reading("MI", 90, ("inferior",), text="Q waves in II, III and aVF")


def said(log: ReviewLog, case: str, reader: str, reading: Reading, study: str = "s") -> None:
    commit(log, Place(study, case, reader), reading, 1)


@pytest.fixture
def conflicts(log: ReviewLog) -> ReviewLog:
    said(log, "1", "ann", MI)
    said(log, "1", "bob", NO)
    said(log, "2", "ann", MI)
    said(log, "2", "bob", MI)
    said(log, "3", "bob", MI)
    said(log, "3", "eve", UNSURE)
    return log


def test_conflicts_are_for_those_who_have_not_read_the_case(conflicts: ReviewLog) -> None:
    entries = conflicts.entries(study="s")
    queues = {
        who: [one.case for one in conflicts_for(entries, who)]
        for who in ("jo", "ann", "eve", "bob")
    }
    assert queues == {"jo": ["1", "3"], "ann": ["3"], "eve": ["1"], "bob": []}
    first = by_case(entries)["1"]
    assert first.reason == "1 MI, 1 no MI"
    assert first.shown(names=True) == (("ann", MI), ("bob", NO))
    assert first.shown(names=False) == (("Reader 1", MI), ("Reader 2", NO))


def test_a_consensus_is_an_entry_of_its_own_and_ends_the_conflict(conflicts: ReviewLog) -> None:
    receipt = settle(conflicts, Place("s", "1", "jo"), CONSENSUS)
    assert (receipt.entry.kind, receipt.entry.reader) == ("consensus", "jo")
    found = by_case(conflicts.entries())["1"]
    assert found.consensus is not None
    assert found.consensus.verdict == "MI"
    assert found.readings == (MI, NO)
    assert [one.case for one in conflicts_for(conflicts.entries(), "jo")] == ["3"]
    assert not settle(conflicts, Place("s", "1", "jo"), CONSENSUS).new
    for who, other in (("jo", Reading("no MI", 90, text="no")), ("kim", CONSENSUS)):
        with pytest.raises(ReviewError, match="Case 1 is settled: MI"):
            settle(conflicts, Place("s", "1", who), other)


def test_no_reader_settles_a_case_not_even_from_another_study(conflicts: ReviewLog) -> None:
    said(conflicts, "1", "jo", MI, study="t")
    for who in ("ann", "bob", "jo"):
        with pytest.raises(ReviewError, match="You have read case 1"):
            settle(conflicts, Place("s", "1", who), CONSENSUS)


def test_without_conflict_or_reasons_nothing_is_settled(conflicts: ReviewLog) -> None:
    with pytest.raises(ReviewError, match="do not disagree"):
        settle(conflicts, Place("s", "2", "jo"), CONSENSUS)
    with pytest.raises(ReviewError, match="do not disagree"):
        settle(conflicts, Place("t", "1", "jo"), CONSENSUS)
    with pytest.raises(ReviewError, match="needs its reasons"):
        settle(conflicts, Place("s", "1", "jo"), MI)


def test_a_reader_who_changes_to_the_others_verdict_ends_the_conflict(conflicts: ReviewLog) -> None:
    reveal(conflicts, Place("s", "1", "bob"))
    commit(conflicts, Place("s", "1", "bob"), MI, 2)
    assert [one.case for one in conflicts_for(conflicts.entries(), "jo")] == ["3"]
