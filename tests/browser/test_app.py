"""What only a browser shows: deep links on a fresh server, and the main job from end to end."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from pages.shared.bench.page_bench import SETTLED

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

DISCLAIMER = "Decision support for research and teaching, not a medical device."
PAGES = {
    "": "ECG trust review",
    "browse": "Browse",
    "?group=any&sort=record+number": "Browse",
    "review?record=9": "Review",
    "own": "Uploaded ECG",
    "reliability": "Reliability",
    "explanations": "Explanations",
    "worklist": "Worklist",
    "reading?ids=9&reader=AB": "Reading",
    "teaching?ids=9.12&reader=AB": "Teaching",
    "reader-study": "Reader study",
    "adjudication": "Adjudication",
    "agreement": "Agreement",
    "label-doctor": "Label doctor",
    "retrain": "Retrain",
    "about": "About",
}
PAPER = "document.querySelector('.st-key-ecg .js-plotly-plot')"
ROWS = """new Set(document.querySelector('.st-key-ecg .js-plotly-plot').layout.meta.segments
    .map((segment) => segment.row)).size"""


def settled(page: "Page") -> None:
    """Wait until no script runs."""
    page.wait_for_timeout(300)
    page.wait_for_function(SETTLED)


@pytest.mark.parametrize("path", ["", "review?record=9", "own", "reliability", "retrain"])
def test_a_fresh_server_opens_a_page_by_its_url(
    path: str, page: "Page", serve: Callable[[], str]
) -> None:
    opens(page, serve(), path)


def test_every_page_opens_by_its_url(page: "Page", server: str) -> None:
    for path in PAGES:
        opens(page, server, path)


def opens(page: "Page", address: str, path: str) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/{path}")
    page.get_by_text(DISCLAIMER).wait_for()
    settled(page)
    assert "ECG trust review" in page.title() or PAGES[path] in page.title()
    for name in ("Browse", "Review", "Uploaded ECG", "Reliability", "Retrain", "About"):
        assert page.get_by_role("link", name=name, exact=True).first.is_visible()
    assert "Traceback" not in page.inner_text("body")
    assert "Page not found" not in page.inner_text("body")
    page.get_by_role("heading", level=1, name=PAGES[path]).wait_for()
    assert errors == []


def test_review_moves_on_by_key_and_keeps_the_view_in_the_url(page: "Page", server: str) -> None:
    page.goto(f"{server}/review?record=9&method=Integrated+Gradients")
    page.get_by_text("Overlay: CNN-BiLSTM").wait_for()
    settled(page)
    assert page.get_by_text("Synthetic records").first.is_visible()
    page.locator("body").press("n")
    page.wait_for_url(re.compile("record=10"))
    page.get_by_text("Overlay: CNN-BiLSTM").wait_for()
    settled(page)
    assert "method=Integrated+Gradients" in page.url
    page.reload()
    page.get_by_text("Record 10", exact=True).wait_for()
    assert "record=10" in page.url


@pytest.mark.parametrize(
    ("width", "height", "least_px"), [(1280, 720, 880), (1920, 1080, 1500), (800, 900, 760)]
)
def test_the_ecg_fills_its_side_and_shows_all_its_rows(
    page: "Page", server: str, width: int, height: int, least_px: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{server}/review?record=9")
    page.get_by_text("Record 9", exact=True).wait_for()
    settled(page)
    page.wait_for_function(f"{PAPER}.getBoundingClientRect().width >= {least_px}")
    box = page.locator(".st-key-ecg .js-plotly-plot").bounding_box()
    assert box["y"] + box["height"] <= height
    axes = page.evaluate(
        f"['xaxis', 'yaxis'].map((a) => {PAPER}._fullLayout[a])"
        ".map(({ range, _length }) => _length / (range[1] - range[0]))"
    )
    assert axes[0] == pytest.approx(axes[1], rel=0.005), "a square millimetre"
    assert axes[0] == pytest.approx((box["width"] - 8) / 270, rel=0.005), "no blank beside it"


def test_a_phone_scrolls_the_paper_sideways_at_a_readable_scale(page: "Page", server: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server}/review?record=9")
    settled(page)
    paper = page.locator(".st-key-ecg .js-plotly-plot")
    paper.wait_for()
    assert paper.bounding_box()["width"] >= 2.8 * 270
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    scroll = "document.querySelector('.st-key-ecg_paper')"
    assert page.evaluate(f"{scroll}.clientWidth") <= 390
    page.evaluate(f"{scroll}.scrollTo(400, 0)")
    assert page.evaluate(f"{scroll}.scrollLeft") > 350


def test_the_paper_of_a_reader_stays_and_is_measured_and_printed(page: "Page", server: str) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(complaint(said)))
    page.goto(f"{server}/review?record=9")
    page.get_by_text("Record 9", exact=True).wait_for()
    settled(page)
    page.get_by_role("button", name="Paper", exact=True).click()
    for choice in ("12x1", "Cabrera"):
        page.get_by_text(choice, exact=True).click()
        settled(page)
    page.get_by_role("combobox", name=re.compile("High-pass")).click()
    page.get_by_role("option", name="0.5 Hz", exact=True).click()
    page.wait_for_url(re.compile("highpass=0.5"))

    page.reload()
    page.get_by_text("Record 9", exact=True).wait_for()
    settled(page)
    assert "layout=12x1" in page.url
    assert "order=Cabrera" in page.url
    page.locator(".st-key-ecg").get_by_text("−aVR", exact=True).wait_for()
    assert page.evaluate(ROWS) == 12

    page.locator(".st-key-ecg").get_by_text("0.5 Hz high-pass, zero-phase").wait_for()

    page.keyboard.press("t")
    page.keyboard.press("Enter")
    reading = page.locator(".reading[data-kind=time] b")
    assert re.fullmatch(r"\d+ ms · \d+ bpm", reading.text_content())

    page.get_by_role("button", name="Print").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="PDF with measurements").click()
    assert download.value.suggested_filename == "record-9.pdf"
    assert download.value.path().read_bytes().startswith(b"%PDF")
    assert [words for words in complaints if words] == []


def complaint(said: "ConsoleMessage") -> str:
    """Give an error's words; "" for two requests that Streamlit sends on every deep link.

    Not knowing the app's base path, its client first asks for health and host-config below the
    page's own path, gets 404 there, and then asks at the root.
    """
    known = re.search(r"/review/_stcore/(health|host-config)$", said.location["url"])
    return "" if known or said.type != "error" else f"{said.text} {said.location['url']}"


def test_an_unknown_record_in_the_url_is_explained(page: "Page", server: str) -> None:
    page.goto(f"{server}/review?record=987654")
    page.get_by_text("There is no record 987654").wait_for()
    settled(page)
    assert page.get_by_text(DISCLAIMER).is_visible()


def test_the_main_job_from_browse_to_an_own_model(page: "Page", serve: Callable[[], str]) -> None:
    page.goto(f"{serve()}/browse")
    page.get_by_text("of 240 records").wait_for()
    settled(page)
    open_first_row(page)
    page.get_by_text("6 ensembles").first.wait_for()
    settled(page)
    page.get_by_role("button", name="Overlay").click()
    page.get_by_text("Grad-CAM", exact=True).click()
    page.get_by_text("Overlay: CNN-BiLSTM").wait_for()

    page.get_by_role("link", name="Reliability", exact=True).first.click()
    page.get_by_text("n = 971, 268 MI").first.wait_for()
    settled(page)
    page.get_by_text("uncertain", exact=True).first.click()
    page.get_by_text("n = 985").first.wait_for()

    page.get_by_role("link", name="Retrain", exact=True).first.click()
    page.get_by_label("Epochs at most").fill("1")
    page.get_by_label("Epochs at most").press("Enter")
    settled(page)
    page.get_by_role("button", name="Start training").click()
    ask = page.get_by_role("link", name="See its prediction for an ambiguous recording")
    ask.wait_for(timeout=240_000)
    ask.click()
    page.get_by_text(re.compile("(own|local) run")).first.wait_for()
    settled(page)
    assert page.get_by_text("of 7", exact=False).first.is_visible()


def test_keys_open_a_case_whose_list_survives_reload_and_back(page: "Page", server: str) -> None:
    page.goto(f"{server}/browse?group=certain+MI&sort=record+number")
    page.get_by_text("of 240 records").wait_for()
    settled(page)
    page.get_by_role("button", name=re.compile("^Fullscreen")).focus()
    page.keyboard.press("Tab")
    for key in ("ArrowDown", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    settled(page)
    assert "/browse" in page.url, "arrows only move"
    page.keyboard.press("Enter")
    page.get_by_text(re.compile(r"^[234] of \d+ in your list$")).wait_for()
    settled(page)
    place = page.get_by_text(re.compile("in your list$")).inner_text()
    page.reload()
    page.get_by_text(place, exact=True).wait_for()
    settled(page)
    page.go_back()
    page.get_by_text(re.compile("records: .*certain MI 7 ")).wait_for()
    settled(page)
    open_first_row(page)
    page.get_by_text(re.compile("^1 of 7 in your list$")).wait_for()


def test_a_deep_link_lands_on_its_section(page: "Page", server: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    top = "document.querySelector('.st-key-details')?.getBoundingClientRect().top"
    page.goto(f"{server}/review?record=9")
    page.locator(".st-key-details").wait_for()
    settled(page)
    page.wait_for_timeout(1000)
    assert page.evaluate(top) > 720, "without a section the page starts at its top"
    page.goto(f"{server}/review?record=9&details=Median+beat")
    page.get_by_text("Record 9", exact=True).wait_for()
    page.wait_for_function(f"{top} < 480")


def open_first_row(page: "Page") -> None:
    """Click the first case; the table is a canvas, so by its place."""
    box = page.get_by_test_id("stDataFrame").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 250, box["y"] + 52)
    page.wait_for_url(re.compile("/review"))
