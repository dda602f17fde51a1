"""A store for readings."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecgcore.review.store.log import ReviewLog


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ReviewLog]:
    opened = ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / "review.sqlite")))
    yield opened
    opened.engine.dispose()
