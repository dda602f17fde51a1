"""Writers killed in mid-write: what was confirmed is there, and the chain is whole."""

import sqlalchemy as sa

from tests.support.reviews.crash import check_after_kills


def test_what_was_confirmed_before_a_kill_is_there(url: sa.URL) -> None:
    confirmed, found = check_after_kills(url.render_as_string(hide_password=False), 2)
    assert 2 <= confirmed <= found <= confirmed + 2
