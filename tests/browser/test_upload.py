"""An uploaded ECG in a browser: example, upload, another page, print, removal."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pages.shared.bench.page_bench import SETTLED

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def settled(page: "Page") -> None:
    """Wait until no script runs."""
    page.wait_for_timeout(300)
    page.wait_for_function(SETTLED)


def test_the_example_is_saved_uploaded_kept_printed_and_removed(
    page: "Page", server: str, tmp_path: Path
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{server}/own")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Example file (synthetic)").click()
    example = tmp_path / saved.value.suggested_filename
    saved.value.save_as(example)
    page.locator("input[type=file]").set_input_files(example)
    page.get_by_text("10 s · 100 Hz").wait_for()
    page.get_by_text("Probability of MI").first.wait_for()
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    settled(page)

    page.get_by_role("link", name="Browse", exact=True).first.click()
    page.get_by_text("of 240 records").wait_for()
    page.get_by_role("link", name="Uploaded ECG", exact=True).first.click()
    page.get_by_text("10 s · 100 Hz").wait_for()
    settled(page)
    page.get_by_role("button", name="Print").click()
    with page.expect_download() as printed:
        page.get_by_role("button", name="PDF with measurements").click()
    assert printed.value.suggested_filename == "synthetic-example.pdf"
    assert Path(printed.value.path()).read_bytes().startswith(b"%PDF")
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Open another").click()
    broken = tmp_path / "broken.dcm"
    broken.write_bytes(b"no ECG")
    page.locator("input[type=file]").set_input_files(broken)
    page.get_by_text("synthetic-example stays open.").wait_for()
    page.get_by_role("button", name="Remove broken.dcm").click()
    page.get_by_text("synthetic-example stays open.").wait_for(state="hidden")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_text("nothing is stored").wait_for()
    settled(page)
    assert page.locator(".js-plotly-plot").count() == 0
    assert errors == []
