"""Blind reading in a browser: by keyboard alone, and nothing of the answers on the wire before."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from ecgcore.ptbxl.catalog import load_catalog
from ecgcore.review.readings.rounds import Place, progress
from ecgcore.review.store.log import ReviewLog
from ecgcore.review.worklists.saved import SavedList, save_list
from pages.shared.bench.page_bench import SETTLED, running_app
from tests.support.review_page import change_table
from tests.support.reviews.answers import found_on, secrets_of

if TYPE_CHECKING:
    from playwright.sync_api import Page, Response

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

REPORT = "quellwolke narbenstein vorhofdrift"
WORDS = re.compile("text|json|javascript|xml")
PROBABILITY = re.compile(r"\d+\.\d %")


class Wire:
    """Everything that a page received: frames of its web sockets, and bodies by HTTP."""

    def __init__(self, page: "Page") -> None:
        self.frames: list[bytes] = []
        self.responses: list[Response] = []
        page.on("websocket", lambda ws: ws.on("framereceived", self._keep))
        page.on("response", lambda one: self.responses.append(one))

    def _keep(self, payload: bytes | str) -> None:
        self.frames.append(payload.encode() if isinstance(payload, str) else payload)

    def text(self) -> str:
        """Return all of it but pictures and Streamlit's own files, the same on every page."""
        own = [one for one in self.responses if "/static/" not in one.url and one.ok]
        words = [one for one in own if WORDS.search(one.headers.get("content-type", ""))]
        bodies = [one.body() for one in words]
        return b"\n".join([*self.frames, *bodies]).decode("utf-8", "replace")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ReviewLog]:
    opened = ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / "runs/review.sqlite")))
    save_list(opened, SavedList("Two", ("9", "10"), by="li"))
    yield opened
    opened.engine.dispose()


@pytest.fixture
def desk(synthetic_dir: Path, tmp_path: Path, log: ReviewLog) -> Iterator[tuple[str, Path]]:
    """A server on a copy of the synthetic set whose record 9 has a report of its own."""
    folder = shutil.copytree(synthetic_dir, tmp_path / "data")
    change_table(folder, 9, report=REPORT)
    with running_app({"ECG_DATA_DIR": str(folder), "ECG_RUNS_DIR": str(tmp_path / "runs")}) as app:
        yield app[0], folder


def settled(page: "Page") -> None:
    page.wait_for_timeout(500)
    page.wait_for_function(SETTLED)


def test_a_reading_by_keyboard_keeps_the_answers_off_the_wire_until_its_commit(
    page: "Page", desk: tuple[str, Path], log: ReviewLog
) -> None:
    server, folder = desk
    secrets = secrets_of(load_catalog(folder).entry(9))
    assert {("report", word) for word in REPORT.split()} <= set(secrets)
    wire = Wire(page)
    page.goto(f"{server}/reading?list=Two&place=1&reader=AB")
    page.get_by_role("button", name="Commit").wait_for()
    page.locator(".st-key-ecg .js-plotly-plot").wait_for()
    settled(page)
    page.keyboard.press("t")
    page.keyboard.press("Enter")
    page.locator(".reading[data-kind=time]").wait_for()
    page.keyboard.press("1")
    page.keyboard.press("8")
    page.keyboard.press("i")
    before = wire.text()
    assert "bdata" in before, "the ECG itself is on the wire"
    assert found_on(before, secrets) == []
    assert not re.search(r"record 9\b|form/Two|case=|/9/AB", before), "nor is its number"
    assert not progress(log, Place("Two", "9", "AB")).readings

    page.keyboard.press("Enter")
    page.get_by_text(REPORT.split()[0]).first.wait_for()
    settled(page)
    after = wire.text()
    assert {kind for kind, _ in found_on(after, secrets)} == {kind for kind, _ in secrets}
    probabilities = set(PROBABILITY.findall(after)) - {"0.0 %"}
    assert len(probabilities) >= 6
    assert not probabilities & set(PROBABILITY.findall(before))
    (said,) = progress(log, Place("Two", "9", "AB")).readings
    assert (said.verdict, said.confidence, said.territories) == ("MI", 80, ("inferior",))
    assert said.blind
    assert said.seconds > 0
    assert len(said.calipers) == 1

    page.keyboard.press("n")
    page.wait_for_url(re.compile("place=2"))
    page.get_by_text("case 2 of 2 · 1 of 2 read").wait_for()


def test_a_letter_in_the_free_text_is_no_shortcut(
    page: "Page", desk: tuple[str, Path], log: ReviewLog
) -> None:
    page.goto(f"{desk[0]}/reading?list=Two&place=1&reader=AB")
    page.get_by_role("button", name="Commit").wait_for()
    settled(page)
    for key in ("2", "9", "x"):
        page.keyboard.press(key)
    page.keyboard.type("norm wnp")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Your reading").wait_for()
    settled(page)
    page.get_by_role("button", name="Change my reading").click()
    page.get_by_role("button", name="Commit").wait_for()
    settled(page)
    page.keyboard.press("x")
    page.keyboard.type(" nn")
    settled(page)
    assert "place=1" in page.url
    page.keyboard.press("Control+Enter")
    page.get_by_text("Changed, reading 2").wait_for()
    said = progress(log, Place("Two", "9", "AB")).readings
    assert [one.text for one in said] == ["norm wnp", "norm wnp nn"]


def test_read_next_on_the_worklist_opens_its_first_case_by_one_key(
    page: "Page", desk: tuple[str, Path]
) -> None:
    page.goto(f"{desk[0]}/worklist?saved=Two&reader=AB")
    page.get_by_text("0 of 2 read by AB").wait_for()
    settled(page)
    page.keyboard.press("n")
    page.wait_for_url(re.compile(r"/reading\?.*list=Two"))
    page.get_by_text("case 1 of 2 · 0 of 2 read").wait_for()
    page.get_by_text("Reader AB").wait_for()
