"""The throw-away store that the bench reads from: many readings, and some left to make."""

import sqlalchemy as sa

from ecgcore.review.store.log import ReviewLog
from ecgcore.review.worklists.assignment import readers_progress
from pages.shared.bench.desk_bench import LIST, READERS, seed


def test_every_reader_has_read_some_and_has_some_left(tmp_path):
    log = ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / "review.sqlite")))
    n = seed(log, [str(case) for case in range(40)])
    entries = log.entries(study=LIST)
    progress = readers_progress(entries)
    assert n == sum(one.kind == "reading" for one in entries) >= READERS
    assert len(progress) == READERS
    assert all(len(one.cases) - len(one.done) >= 14 for one in progress.values())
    assert log.verify() == []
    log.engine.dispose()
