"""Every page, in both themes, is free of what axe-core calls a serious or critical barrier."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pages.shared.bench.page_bench import SETTLED

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RUN = """async ([inside, only]) => (await axe.run(inside ?? document,
    {resultTypes: ["violations"], ...(only.length ? {runOnly: only} : {})}))
    .violations.flatMap(({id, impact, nodes}) => nodes.map(({html, target, failureSummary}) =>
        ({id, impact, target: target.join(" "), html, why: failureSummary})))"""
BARRIERS = {"serious", "critical"}
ALSO = {"heading-order", "page-has-heading-one"}
"""Milder findings that are ours alone: which headings a page has."""
BEYOND_THE_LIST = (
    "review?record=9&method=Grad-CAM",
    "about?about=Models",
    "reading?ids=9&reader=AB",
    "teaching?ids=9.12&reader=AB",
)
"""States that the links at the top do not open."""
EXCEPTIONS = {
    "color-contrast: <p>Subgroup</p>": "names a control that is disabled without PTB-XL's tables",
}
"""What WCAG allows although axe-core cannot know it."""
LINKS = "[data-testid=stTopNavLink], [data-testid=stTopNavDropdownLink]"
POPOVER = "[data-testid=stPopoverBody]"


FOCUSED = """() => {
    const at = document.activeElement, look = getComputedStyle(at);
    const seen = parseFloat(look.outlineWidth) > 0 && look.outlineStyle !== "none";
    return [at.tagName, at.innerText, seen || look.boxShadow !== "none"];
}"""


def settle(page: "Page") -> None:
    page.get_by_text("not a medical device").first.wait_for()
    page.wait_for_timeout(250)
    page.wait_for_function(SETTLED)


def barriers(page: "Page", inside: str | None = None, only: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds, each with its element and the reason."""
    found = page.evaluate(RUN, [inside, list(only)])
    named = {
        f"{one['id']}: {one['html'][:160]}": one["why"]
        for one in found
        if one["impact"] in BARRIERS or one["id"] in ALSO
    }
    return [f"{name} | {why}" for name, why in named.items() if name not in EXCEPTIONS]


def in_popovers(page: "Page", opened: set[str]) -> Iterator[str]:
    """Open what opens on a click and was not opened on another page, and look inside."""
    for button in page.get_by_test_id("stPopoverButton").all():
        if button.inner_text() in opened:
            continue
        opened.add(button.inner_text())
        button.click()
        page.locator(POPOVER).wait_for()
        settle(page)
        yield from barriers(page, POPOVER)
        page.keyboard.press("Escape")
        page.locator(POPOVER).wait_for(state="detached")


@pytest.fixture
def addresses(page: "Page", server: str) -> list[str]:
    """All pages of the list at the top, and some of their states."""
    page.goto(server)
    settle(page)
    page.get_by_test_id("stTopNavSection").click()
    page.get_by_test_id("stTopNavDropdownLink").first.wait_for()
    links = page.locator(LINKS).evaluate_all("all => all.map((a) => a.href)")
    assert len(links) >= 11
    return [*links, *(f"{server}/{state}" for state in BEYOND_THE_LIST)]


def test_no_page_has_a_barrier_in_either_theme(page: "Page", addresses: list[str]) -> None:
    found: dict[str, list[str]] = {}
    opened: set[str] = set()
    for address in addresses:
        page.emulate_media(color_scheme="light")
        page.goto(address)
        settle(page)
        page.evaluate(AXE)
        found[f"{address}, light"] = barriers(page)
        page.emulate_media(color_scheme="dark")
        settle(page)
        found[f"{address}, dark"] = barriers(page, only=("color-contrast",))
        if "?" not in address:
            found[f"{address}, popovers"] = list(in_popovers(page, opened))
    assert {place: wrong for place, wrong in found.items() if wrong} == {}


def test_a_barrier_is_found(page: "Page") -> None:
    page.set_content(
        "<html lang='en'><title>t</title><h1>Title</h1><button></button>"
        "<p style='color: #999'>faint</p><h3>x</h3></html>"
    )
    page.evaluate(AXE)
    assert [line.partition(":")[0] for line in barriers(page)] == [
        "button-name",
        "color-contrast",
        "heading-order",
    ]
    only = barriers(page, only=("color-contrast",))
    assert [line.partition(":")[0] for line in only] == ["color-contrast"]


def test_the_focus_is_seen_on_every_link_and_button(page: "Page", server: str) -> None:
    page.goto(f"{server}/about")
    settle(page)
    unseen, names = [], []
    for _ in range(12):
        page.keyboard.press("Tab")
        page.wait_for_timeout(150)
        tag, name, seen = page.evaluate(FOCUSED)
        names.append(name)
        if tag in {"A", "BUTTON"} and not seen:
            unseen.append(name)
    assert unseen == []
    assert any("Browse" in name for name in names)
