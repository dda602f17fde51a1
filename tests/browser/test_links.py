"""Every link of every page is followed from the state in which a reader meets it."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from ecgcore.jobs.processes import JobProcess
from ecgcore.jobs.store import JobStatus, JobStore
from ecgcore.ptbxl.store import Recordings
from ecgcore.training.spec import TrainSpec
from ecgcore.training.submit import submit
from pages.shared.bench.page_bench import SETTLED, running_app
from tests.support.review_page import save_finished

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

STATES = (
    "",
    "browse",
    "review?record=9&details=Earlier+ECGs",
    "review?record=987654",
    "own",
    "compare",
    "reliability",
    "explanations",
    "reading?ids=9&reader=AB&mode=open",
    "retrain",
    "about",
)
LINKS = '[data-testid=stMain] a[href]:not([href^="#"])'
WRONG = (
    "in the address is not known",
    "There is no ",
    "names a model that is not here",
    "Traceback",
    "Page not found",
)
"""What a page says where a link led astray."""

ALIKE = 2
"""So many are followed of links that differ by the values in them alone, on one tab."""


@pytest.fixture
def address(synthetic_recordings: Recordings, tmp_path: Path) -> Iterator[str]:
    """A server with one finished run."""
    runs_dir, folder = tmp_path / "runs", synthetic_recordings.catalog.folder
    store = JobStore(runs_dir / "jobs.sqlite")
    job = submit(TrainSpec("cnn_bilstm", "C", 0, str(folder), epochs=1), runs_dir, store)
    store.claim()
    store.mark_started(job.id, JobProcess(1, None))
    save_finished(job.run_dir, synthetic_recordings)
    store.finish(job.id, JobStatus.DONE)
    with running_app({"ECG_DATA_DIR": str(folder), "ECG_RUNS_DIR": str(runs_dir)}) as app:
        yield app[0]


def settle(page: "Page") -> None:
    page.get_by_text("not a medical device").first.wait_for()
    page.wait_for_timeout(200)
    page.wait_for_function(SETTLED)


def open_state(page: "Page", address: str, tab: int | None) -> None:
    """Open a page, and one of its tabs."""
    page.goto(address)
    settle(page)
    if tab is not None:
        page.get_by_role("tab").nth(tab).click()
        settle(page)


def visible_links(page: "Page") -> list["Locator"]:
    """The links of the page itself; the bar at the top is the same everywhere."""
    return [link for link in page.locator(LINKS).all() if link.is_visible()]


def complaints(page: "Page") -> list[str]:
    """What is wrong with the page that a link led to."""
    said = page.inner_text("body")
    wrong = [words for words in WRONG if words in said]
    wrong += page.locator("[data-testid=stAlertContentError]").all_inner_texts()
    untitled = page.get_by_role("heading", level=1).count() != 1
    return [*wrong, "no title"] if untitled else wrong


def kind(target: str) -> tuple[str, ...]:
    """Where a link leads and what it passes on, whatever the values."""
    parts = urlsplit(target)
    return parts.path, *sorted(parse_qs(parts.query))


def follow_all(page: "Page", state: str, tab: int | None, followed: dict[str, list[str]]) -> None:
    """Click each link that nobody followed before, and note what is wrong behind it."""
    seen: Counter[tuple[str, ...]] = Counter()
    for place, link in enumerate(visible_links(page)):
        target = link.evaluate("link => link.href")
        seen[kind(target)] += 1
        if target in followed or seen[kind(target)] > ALIKE:
            continue
        followed[target] = []
        if "localhost" in target:
            here = page.url
            visible_links(page)[place].click()
            page.wait_for_url(lambda url, here=here: url != here)
            settle(page)
            followed[target] = complaints(page)
            open_state(page, state, tab)


def test_every_link_of_every_page_leads_where_it_says(page: "Page", address: str) -> None:
    followed: dict[str, list[str]] = {}
    for state in STATES:
        open_state(page, f"{address}/{state}", None)
        for tab in (None, *range(page.get_by_role("tab").count())):
            if tab is not None:
                page.get_by_role("tab").nth(tab).click()
                settle(page)
            follow_all(page, f"{address}/{state}", tab, followed)
    assert {target: wrong for target, wrong in followed.items() if wrong} == {}
    ours = {target.removeprefix(address).partition("?")[0] for target in followed}
    assert {"/review", "/reliability", "/compare"} <= ours
    assert all(target.startswith((address, "https://")) for target in followed)
