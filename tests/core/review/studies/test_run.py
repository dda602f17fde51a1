"""A study is locked at its start, goes on where a reader stopped, and gives advice in its turn."""

import hashlib
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecgcore.errors import ReviewError
from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import Progress
from ecgcore.review.readings.transfer import backup_to, export_to, import_from
from ecgcore.review.store.log import ReviewLog
from ecgcore.review.studies import run
from ecgcore.review.studies.allocation import Item, planted
from tests.support.reviews.studies import FAR, later, protocol, verdict

AFTER = "advice after own read"


def test_a_started_protocol_is_read_back_and_the_same_start_is_one(log: ReviewLog) -> None:
    made = protocol(wrong_share=0.2)
    assert run.start(log, made, "lead").new
    assert not run.start(log, made, "lead").new
    assert run.load(log, "pilot") == made
    assert run.names(log) == ["pilot"]


@pytest.mark.parametrize("change", [{"seed": 1}, {"wrong_share": 0.1}, {"readers": ("ann",)}])
def test_any_change_after_the_start_is_refused_with_both_hashes(log: ReviewLog, change) -> None:
    made, other = protocol(), protocol(**change)
    run.start(log, made, "lead")
    with pytest.raises(ReviewError, match=f"{made.hash[:16]}.*{other.hash[:16]}"):
        run.start(log, other, "lead")
    item = run.steps(log, made, "ann", FAR).item
    with pytest.raises(ReviewError, match="another protocol"):
        run.read(log, other, run.steps(log, other, "ann", FAR).item, "ann", verdict(True), 1, FAR)
    assert item is not None
    assert run.load(log, "pilot") == made


def test_a_protocol_changed_in_the_database_stops_the_study(log: ReviewLog) -> None:
    run.start(log, protocol(), "lead")
    with log.engine.begin() as connection:
        triggers = sa.text("SELECT name FROM sqlite_master WHERE type='trigger'")
        for (name,) in connection.execute(triggers).all():
            connection.execute(sa.text(f"DROP TRIGGER {name}"))
        connection.execute(
            sa.text("UPDATE entries SET body = replace(body, '\"seed\": 0', '\"seed\": 1')")
        )
    with pytest.raises(ReviewError, match="changed after its start"):
        run.load(log, "pilot")


def test_the_secret_is_new_for_each_study_and_in_no_entry_and_no_export_before_the_end(
    log: ReviewLog, tmp_path: Path
) -> None:
    plain = protocol(n=20, wrong_share=0.3, secret="")
    run.start(log, plain, "lead")
    run.start(log, replace(plain, name="other"), "lead")
    assert not run.start(log, plain, "lead").new
    made, other = run.load(log, "pilot"), run.load(log, "other")
    assert len(made.secret) == 64 != made.secret != other.secret
    assert planted(made) != planted(plain)  # what a reader could draw from all that is written
    export_to(log, tmp_path / "before.jsonl")
    before = (tmp_path / "before.jsonl").read_text()
    assert hashlib.sha256(made.secret.encode()).hexdigest() in before
    assert made.secret not in before
    run.end(log, made, "lead")
    export_to(log, tmp_path / "after.jsonl")
    assert made.secret in (tmp_path / "after.jsonl").read_text()
    assert other.secret not in (tmp_path / "after.jsonl").read_text()


def test_an_export_goes_on_nowhere_but_its_ended_studies_are_whole_and_a_backup_goes_on(
    log: ReviewLog, tmp_path: Path
) -> None:
    for name in ("pilot", "other"):
        run.start(log, protocol(name=name, secret=""), "lead")
    run.end(log, run.load(log, "pilot"), "lead")
    export_to(log, tmp_path / "all.jsonl")
    backup_to(log, tmp_path / "backup.sqlite")
    with ExitStack() as opened:
        moved, copy = (
            ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / name)))
            for name in ("moved.sqlite", "backup.sqlite")
        )
        for one in (moved, copy):
            opened.callback(one.engine.dispose)
        import_from(moved, tmp_path / "all.jsonl")
        assert run.load(moved, "pilot") == run.load(log, "pilot")
        with pytest.raises(ReviewError, match="secret by which the study other draws"):
            run.load(moved, "other")
        assert run.load(copy, "other") == run.load(log, "other")


def test_the_name_of_an_item_for_the_browser_tells_neither_record_nor_advice() -> None:
    made = protocol()
    tokens = {run.token(made, Item(one.case, "alone", 1), "ann") for one in made.cases}
    assert len(tokens) == len(made.cases)
    assert not any(one.case in token for one in made.cases for token in tokens)
    item = Item(made.cases[0].case, "alone", 1)
    assert run.token(replace(made, secret="other"), item, "ann") not in tokens


def test_an_unknown_study_is_named(log: ReviewLog) -> None:
    with pytest.raises(ReviewError, match="no reader study “nine”"):
        run.load(log, "nine")


def test_a_reader_goes_on_where_the_store_says(log: ReviewLog) -> None:
    made = protocol(arms=("alone",))
    run.start(log, made, "lead")
    order = [run.steps(log, made, "ann", FAR).item]
    run.read(log, made, order[0], "ann", verdict(True), 1, FAR)
    step = run.steps(log, made, "ann", FAR)
    assert (step.n_done, step.n_items) == (1, 10)
    assert step.item not in order
    assert run.steps(log, made, "bob", FAR).n_done == 0
    assert run.all_steps(log, made)["ann"].n_done == 1


def test_a_double_click_is_one_reading_and_another_verdict_is_refused(log: ReviewLog) -> None:
    made = protocol(arms=("alone",))
    run.start(log, made, "lead")
    item = run.steps(log, made, "ann", FAR).item
    assert run.read(log, made, item, "ann", verdict(True), 1, FAR).new
    assert not run.read(log, made, item, "ann", verdict(True), 1, FAR).new
    with pytest.raises(ReviewError, match="read already"):
        run.read(log, made, item, "ann", verdict(False), 1, FAR)


def test_only_the_next_case_can_be_read(log: ReviewLog) -> None:
    made = protocol(arms=("alone",))
    run.start(log, made, "lead")
    item = run.steps(log, made, "ann", FAR).item
    other = next(one for one in made.cases if one.case != item.case)
    with pytest.raises(ReviewError, match="not your next"):
        run.read(log, made, replace(item, case=other.case), "ann", verdict(True), 1, FAR)


def test_advice_after_the_own_read_asks_for_two_readings(log: ReviewLog) -> None:
    made = protocol(arms=(AFTER,))
    run.start(log, made, "lead")
    first = run.steps(log, made, "ann", FAR)
    assert first.reading == 1
    run.read(log, made, first.item, "ann", verdict(True), 1, FAR)
    second = run.steps(log, made, "ann", FAR)
    assert (second.item, second.reading, second.n_done) == (first.item, 2, 0)
    run.read(log, made, second.item, "ann", verdict(False), 2, FAR)
    third = run.steps(log, made, "ann", FAR)
    assert (third.item != first.item, third.n_done) == (True, 1)


def test_readings_are_marked_blind_as_the_arm_has_it(log: ReviewLog) -> None:
    made = protocol(n=4)
    run.start(log, made, "lead")
    while (step := run.steps(log, made, "ann", FAR)).item is not None:
        run.read(log, made, step.item, "ann", Reading("MI", 70), step.reading, FAR)
    by_arm = {}
    for entry in run.readings_of(log, made, "ann"):
        if entry.kind == "reading":
            by_arm.setdefault(entry.study, set()).add('"blind": true' in entry.body)
    assert by_arm == {
        "pilot · alone": {True},
        "pilot · advice first": {False},
        "pilot · advice with map": {False},
        "pilot · advice after own read": {True, False},
    }


@pytest.mark.parametrize(
    ("arm", "found", "seen"),
    [
        ("alone", Progress(), False),
        ("alone", Progress((Reading("MI", 1),), True), False),
        ("advice first", Progress(), True),
        ("advice with map", Progress(), True),
        (AFTER, Progress(), False),
        (AFTER, Progress((), True), False),
        (AFTER, Progress((Reading("MI", 1),), False), False),
        (AFTER, Progress((Reading("MI", 1),), True), True),
    ],
)
def test_advice_leaves_the_server_only_in_its_turn(arm, found: Progress, seen: bool) -> None:
    made = protocol()
    assert (run.shown_advice(made, Item("100", arm, 1), found) is not None) is seen


def test_the_next_round_opens_after_the_days_of_the_protocol(log: ReviewLog) -> None:
    made = protocol(n=4, readers=("ann",), arms=("alone", "advice first"), days_between=28)
    run.start(log, made, "lead")
    for _ in range(4):
        step = run.steps(log, made, "ann")
        run.read(log, made, step.item, "ann", verdict(True), 1)
    step = run.steps(log, made, "ann")
    assert step.item.round == 2
    assert 27.9 < (step.opens - datetime.now(UTC)).total_seconds() / 86400 <= 28
    with pytest.raises(ReviewError, match="Round 2 begins on"):
        run.read(log, made, step.item, "ann", verdict(True), 1)
    assert run.steps(log, made, "ann", later(27.9)).opens is not None
    assert run.steps(log, made, "ann", later(28.1)).opens is None
    assert run.read(log, made, step.item, "ann", verdict(True), 1, later(28.1)).new


def test_after_its_end_nobody_reads_on(log: ReviewLog) -> None:
    made = protocol(arms=("alone",))
    run.start(log, made, "lead")
    step = run.steps(log, made, "ann", FAR)
    assert run.ended(log, "pilot") is None
    run.end(log, made, "lead")
    assert run.ended(log, "pilot").reader == "lead"
    with pytest.raises(ReviewError, match="has ended"):
        run.read(log, made, step.item, "ann", verdict(True), 1, FAR)
