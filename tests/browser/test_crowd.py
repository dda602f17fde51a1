"""A visitor of the bench sees what a browser would: the page of a record, or its error."""

import pytest

from pages.shared.bench.crowd_bench import VISITORS, crowd_figure, visitors

pytestmark = [pytest.mark.timeout(120)]


def test_visitors_open_records_at_the_same_moment(server: str) -> None:
    figure = crowd_figure(server, list(range(1, 241)), rounds=1)
    assert f"n = {VISITORS}," in figure.note
    assert 0 < figure.value < 60


def test_a_page_that_shows_an_error_is_no_figure(server: str) -> None:
    with visitors(server, 1) as (one,):
        assert one.open_record(9) > 0
        assert one.open_record(10) > 0
        with pytest.raises(RuntimeError, match="987654 was not drawn: There is no record"):
            one.open_record(987654)
        assert one.open_record(11) > 0
