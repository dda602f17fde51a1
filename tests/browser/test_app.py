"""What only a browser shows: deep links on a fresh server, and the main job from end to end."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from pages._ui.page_bench import SETTLED

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

DISCLAIMER = "Decision support for research and teaching, not a medical device."
PAGES = {
    "": "Browse",
    "browse": "Browse",
    "review?record=9": "Review",
    "reliability": "Reliability",
    "retrain": "Retrain",
    "about": "About",
}


def settled(page: "Page") -> None:
    """Wait until no script runs."""
    page.wait_for_timeout(300)
    page.wait_for_function(SETTLED)


@pytest.mark.parametrize("path", PAGES)
def test_a_fresh_server_opens_every_page_by_its_url(
    path: str, page: "Page", serve: Callable[[], str]
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{serve()}/{path}")
    page.get_by_text(DISCLAIMER).wait_for()
    settled(page)
    assert "ECG trust review" in page.title() or PAGES[path] in page.title()
    for name in ("Browse", "Review", "Reliability", "Retrain", "About"):
        assert page.get_by_role("link", name=name, exact=True).first.is_visible()
    assert "Traceback" not in page.inner_text("body")
    assert "Page not found" not in page.inner_text("body")
    assert page.get_by_role("heading", level=1, name=PAGES[path]).count() == 1
    assert errors == []


def test_review_moves_on_by_key_and_keeps_the_view_in_the_url(
    page: "Page", serve: Callable[[], str]
) -> None:
    page.goto(f"{serve()}/review?record=9&method=ig")
    page.get_by_text("Integrated Gradients").first.wait_for()
    settled(page)
    assert page.get_by_text("SYNTHETIC").first.is_visible()
    page.locator("body").press("ArrowRight")
    page.wait_for_url(re.compile("record=10"))
    settled(page)
    assert "method=ig" in page.url
    page.reload()
    settled(page)
    assert "record=10" in page.url


def test_an_unknown_record_in_the_url_is_explained(page: "Page", serve: Callable[[], str]) -> None:
    page.goto(f"{serve()}/review?record=987654")
    page.get_by_text("There is no record 987654").wait_for()
    settled(page)
    assert page.get_by_text(DISCLAIMER).is_visible()
