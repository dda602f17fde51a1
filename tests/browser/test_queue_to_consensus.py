"""One doubtful case on its way in a browser: queue, two blind readings, conflict, consensus."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from ecgcore.review.readings.reading import reading_of
from ecgcore.review.store.log import ReviewLog
from pages.shared.bench.page_bench import SETTLED, running_app

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


@pytest.fixture
def url(synthetic_dir: Path, tmp_path: Path) -> Iterator[str]:
    environment = {"ECG_DATA_DIR": str(synthetic_dir), "ECG_RUNS_DIR": str(tmp_path / "runs")}
    with running_app(environment | {"ECG_REVIEW_DB": ""}) as app:
        yield app[0]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ReviewLog]:
    opened = ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / "runs/review.sqlite")))
    yield opened
    opened.engine.dispose()


def settled(page: "Page") -> None:
    page.wait_for_timeout(300)
    page.wait_for_function(SETTLED)


def save_and_assign(page: "Page", url: str) -> None:
    page.goto(f"{url}/worklist?length=20&reader=LI")
    page.get_by_role("button", name="Save as a list").click()
    page.get_by_role("textbox", name="Name").fill("Doubtful")
    page.get_by_role("button", name="Save 20 cases").click()
    page.get_by_text("0 of 20 read by LI").wait_for()
    page.get_by_role("button", name="Assign").click()
    page.get_by_role("textbox", name="Readers, separated by commas").fill("AB, CD")
    page.get_by_role("button", name="Assign the cases").click()
    page.get_by_text("0 of 40 readings by 2 readers").wait_for()


def fill_in(page: "Page", button: str, keys: str, text: str) -> None:
    """Read the case on screen by keyboard alone."""
    page.get_by_role("button", name=button).wait_for()
    page.locator(".st-key-ecg .js-plotly-plot").wait_for()
    settled(page)
    for key in f"{keys}x":
        page.keyboard.press(key)
    page.keyboard.type(text)
    page.keyboard.press("Control+Enter")


def test_a_case_goes_from_the_queue_to_its_consensus(
    page: "Page", url: str, log: ReviewLog
) -> None:
    save_and_assign(page, url)
    page.goto(f"{url}/worklist?saved=Doubtful&reader=AB")
    page.get_by_text("0 of 20 read by AB").wait_for()
    settled(page)
    page.keyboard.press("n")
    page.wait_for_url(re.compile(r"/reading\?.*list=Doubtful"))
    fill_in(page, "Commit", "18i", "wide Q")
    page.get_by_text("Your reading").wait_for()
    (first,) = log.entries(kinds=["reading"])
    case = first.case

    page.goto(f"{url}/reading?list=Doubtful&case={case}&reader=CD")
    fill_in(page, "Commit", "27", "narrow Q")
    page.get_by_text("Your reading").wait_for()

    page.goto(f"{url}/adjudication?reader=AB")
    page.get_by_text("1 conflict wait").wait_for()
    page.goto(f"{url}/adjudication?reader=EF")
    page.get_by_text("1 MI, 1 no MI").wait_for()
    for said in ("wide Q", "narrow Q"):
        page.get_by_text(said).wait_for()
    fill_in(page, "Settle", "19i", "Q of 40 ms in III and aVF")
    page.get_by_text("No conflict is yours to settle.").wait_for()
    (consensus,) = log.entries(kinds=["consensus"])
    assert (consensus.case, consensus.reader) == (case, "EF")
    assert reading_of(consensus).words == "MI, confidence 90, inferior"
    said = {one.reader: reading_of(one) for one in log.entries(kinds=["reading"])}
    assert {who: (one.verdict, one.blind) for who, one in said.items()} == {
        "AB": ("MI", True),
        "CD": ("no MI", True),
    }
    stands_everywhere(page, url, case)
    assert log.verify() == []


def stands_everywhere(page: "Page", url: str, case: str) -> None:
    """Find the consensus on Agreement, where AB said the same and CD did not, and in Browse."""
    page.goto(f"{url}/agreement?view=Pairs&with=Consensus&rater=CD&reader=LI&cell=2-0")
    page.get_by_text("Consensus: MI, CD: no MI: 1 case").wait_for()
    page.goto(f"{url}/browse?group=any&consensus=MI")
    page.get_by_text(re.compile(r"^1 of \d+ records")).wait_for()
    page.get_by_text("More filters: 1 changed").wait_for()
