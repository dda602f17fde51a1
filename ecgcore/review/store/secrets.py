"""Secrets of running studies: in the store, and in no export and no entry before the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from ecgcore.review.store.database import in_words, writing
from ecgcore.review.store.tables import SECRETS

if TYPE_CHECKING:
    from ecgcore.review.store.log import ReviewLog


def keep(log: ReviewLog, study: str, secret: str) -> str:
    """Keep a study's secret, or return the one that is kept already."""
    try:
        with in_words(log.engine.url), writing(log.engine) as connection:
            connection.execute(sa.insert(SECRETS).values(study=study, secret=secret))
    except IntegrityError:
        return kept(log, study)
    return secret


def kept(log: ReviewLog, study: str) -> str:
    """Return a study's secret, "" where this store has none."""
    query = sa.select(SECRETS.c.secret).where(SECRETS.c.study == study)
    with in_words(log.engine.url), log.engine.connect() as connection:
        return str(connection.execute(query).scalar() or "")


def copy_all(source: ReviewLog, target: ReviewLog) -> None:
    """Copy all secrets into a store that has none, so that its studies go on there."""
    with in_words(source.engine.url), source.engine.connect() as connection:
        rows = [dict(row) for row in connection.execute(sa.select(SECRETS)).mappings()]
    if rows:
        with in_words(target.engine.url), writing(target.engine) as connection:
            connection.execute(sa.insert(SECRETS), rows)
