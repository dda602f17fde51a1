"""Writers killed in mid-write: what was confirmed is there, and the chain is whole."""

import sqlalchemy as sa

from ecgcore.bench.reviews.kills import after_kills


def test_what_was_confirmed_before_a_kill_is_there(url: sa.URL) -> None:
    found = after_kills(url.render_as_string(hide_password=False), 2)
    assert found.kills == 2 <= found.confirmed
    assert (found.lost, found.faults) == (0, 0)
    assert found.confirmed <= found.found <= found.confirmed + 2
