"""Stores to test, on every kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecgcore.review.store.log import ReviewLog
from tests.support.reviews.stores import KINDS, fresh_url


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.URL]:
    with fresh_url(request.param, tmp_path) as address:
        yield address


@pytest.fixture
def log(url: sa.URL) -> Iterator[ReviewLog]:
    opened = ReviewLog.at(url)
    yield opened
    opened.engine.dispose()
