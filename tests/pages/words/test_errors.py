"""Messages quote what stands in the URL, and must stay words."""

from pages.shared.errors import plain


def test_a_message_draws_no_link_and_no_image() -> None:
    assert plain(r"no run '![x](//e.org) \[y'") == r"no run '!\[x](//e.org) \\\[y'"
