"""The sheets of a case hold its readings, its consensus, their hashes and the audit id."""

from dataclasses import replace

from ecgcore.report.case_readings import CaseReadings, readings_blocks
from ecgcore.review.people.permissions import Person
from ecgcore.review.readings.reading import Reading
from ecgcore.review.store.chain import GENESIS, Head
from ecgcore.review.store.log import Draft


def chain():
    entries, before = [], GENESIS
    for number, (kind, case, who, said) in enumerate(
        [
            ("reading", "39", "ann", Reading("MI", 80, territories=("inferior",))),
            ("reading", "40", "ann", Reading("no MI", 70)),
            ("reading", "39", "bob", Reading("no MI", 60, blind=False)),
            ("consensus", "39", "eve", Reading("MI", 90, text="Q in III and aVF")),
        ],
        1,
    ):
        draft = Draft(str(number), kind, "pilot", case, who, said.as_body(), "2026-11-29T03:04:05")
        entries.append(draft.entry().chained(number, before))
        before = entries[-1].hash
    return entries


def words(said):
    return " ".join(line.words for block in readings_blocks(said, 138.0) for line in block.lines)


def test_a_case_has_its_own_readings_with_hashes_and_the_audit_id():
    entries = chain()
    text = words(CaseReadings.of(entries, Head(4, entries[-1].hash), "39"))
    for part in ("MI, confidence 80, inferior", "Q in III and aVF", "consensus", "blind", "open"):
        assert part.split()[0] in text
    assert "bob" in text
    assert "confidence 70" not in text
    joined = text.replace(" ", "")
    assert f"Auditid4:{entries[-1].hash}" in joined
    assert entries[0].hash in joined
    assert entries[1].hash not in joined
    assert "chain of the store is whole" in text


def test_a_broken_chain_is_said():
    entries = chain()
    head = Head(4, entries[-1].hash)
    entries[1] = replace(entries[1], body="{}")
    assert "NOT whole" in words(CaseReadings.of(entries, head, "39"))


def test_nothing_is_said_unasked_and_no_reading_is_said_so():
    assert readings_blocks(None, 138.0) == []
    assert "no reading of this case" in words(CaseReadings.of([], Head(), "39"))


def test_what_whoever_prints_may_not_see_is_counted_and_not_shown():
    entries = chain()
    head = Head(4, entries[-1].hash)
    text = words(CaseReadings.of(entries, head, "39", Person("eve", {})))
    assert "No reading of this case is to be shown" in text
    assert "3 further entries of this case" in text.replace("\n", " ")
    lead = Person("li", {"pilot": frozenset({"lead"})})
    assert "bob" in words(CaseReadings.of(entries, head, "39", lead))
