"""Calipers measure what lies on the paper, by mouse and by keyboard, and stay true to it."""

import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from pages.shared.bench.page_bench import PROJECT, SETTLED

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SCRIPT = PROJECT / "tests" / "support" / "calipers_page.py"
SPEED_MM_S, GAIN_MM_MV, ZERO_MM = 25.0, 10.0, 15.0
ROW_MM = {"I": 110.0, "II": 80.0, "III": 50.0}
GRAPH = "document.querySelector('.st-key-ecg .js-plotly-plot')"
TO_PIXELS = f"""([x, y]) => {{
    const graph = {GRAPH}, {{ left, top }} = graph.getBoundingClientRect();
    const {{ xaxis, yaxis }} = graph._fullLayout;
    return [left + xaxis._offset + xaxis.l2p(x), top + yaxis._offset + yaxis.l2p(y)];
}}"""
TRACE_PLACE = f"""() => {{
    const {{ x, y }} = {GRAPH}.querySelector('.scatterlayer .trace path').getBoundingClientRect();
    return [x, y];
}}"""
HIGHEST_SEEN = f"""() => {{
    const seen = [...{GRAPH}.querySelectorAll('.scatterlayer .trace')]
        .filter((node) => getComputedStyle(node).opacity === '1')
        .map((node) => node.__data__[0].trace)
        .filter((trace) => trace.name.split(',')[0] === 'I' && trace.hoverinfo !== 'skip');
    if (seen.length !== 1) throw Error(`${{seen.length}} traces of lead I are seen`);
    return Math.max(...seen[0].y);
}}"""
FOOTERS_SEEN = f"""() => [...{GRAPH}.querySelectorAll('.annotation')]
    .filter((node) => getComputedStyle(node).opacity === '1')
    .map((node) => node.textContent.match(/40 Hz low-pass/)?.[0] ?? '')"""

Place = tuple[float, float]


class Sheet:
    """The paper in a browser, addressed in seconds and millimetres."""

    def __init__(self, page: "Page") -> None:
        self.page = page

    def pixels(self, place: Place) -> list[float]:
        return self.page.evaluate(TO_PIXELS, [ZERO_MM + SPEED_MM_S * place[0], place[1]])

    def drag(self, start: Place, end: Place, *, release: bool = True) -> None:
        first, last = self.pixels(start), self.pixels(end)
        self.page.mouse.move(*first)
        self.page.mouse.down()
        for share in (0.3, 0.7, 1.0):
            self.page.mouse.move(*(a + share * (b - a) for a, b in zip(first, last, strict=True)))
        if release:
            self.page.mouse.up()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def handle(self, name: str) -> "Locator":
        return self.page.get_by_role("slider", name=name)

    def leg_s(self, leg: str) -> float:
        return float(self.handle(f"time caliper, {leg} leg").get_attribute("aria-valuenow"))

    def leg_pixel(self, leg: str) -> float:
        """Where the line of the leg is drawn on the screen."""
        d = self.page.locator(".caliper[data-kind=time] .line").get_attribute("d")
        places = [float(x) for x in re.findall(r"M(\S+) ", d)]
        left = self.page.locator(".ecg-calipers").bounding_box()["x"]
        return left + places[1 if leg == "first" else 2]

    def reading(self, kind: str) -> str:
        return self.page.locator(f".reading[data-kind={kind}] b").text_content()

    def number(self, kind: str) -> float:
        unit = {"time": "ms", "voltage": "mV"}[kind]
        found = re.search(rf"([−+]?[\d.]+) {unit}", self.reading(kind))
        assert found, self.reading(kind)
        return float(found[1].replace("−", "-"))

    def n_drawn(self) -> int:
        return self.page.locator(".caliper:not([hidden])").count()

    def wheel(self, place: Place, n: int = 1, *, ctrl: bool = False) -> None:
        self.page.mouse.move(*self.pixels(place))
        if ctrl:
            self.page.keyboard.down("Control")
        for _ in range(n):
            self.page.mouse.wheel(0, -200)
        self.settle()
        if ctrl:
            self.page.keyboard.up("Control")

    def ranges(self) -> list[list[float]]:
        """Millimetres in view."""
        return self.page.evaluate(f"['xaxis', 'yaxis'].map(a => {GRAPH}._fullLayout[a].range)")

    def settle(self) -> None:
        self.page.wait_for_timeout(250)
        self.page.wait_for_function(SETTLED)
        self.page.wait_for_timeout(250)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(SCRIPT), "--server.headless", "true"]
    process = subprocess.Popen(
        [*command, "--server.port", str(port)],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://localhost:{port}/_stcore/health")
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(20)


def wait_for(url: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer within 60 s")


@pytest.fixture(scope="module")
def context(browser: "Browser") -> Iterator["BrowserContext"]:
    """One cache for all tests here: loading the page anew takes most of their time."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, has_touch=True)
    context.set_default_timeout(60_000)
    yield context
    context.close()


@pytest.fixture
def sheet(context: "BrowserContext", address: str) -> Iterator[Sheet]:
    """An open page; whatever it complains about in the console fails the test."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(address)
    page.locator(".ecg-calipers").wait_for(state="attached")
    sheet = Sheet(page)
    sheet.settle()
    yield sheet
    page.close()
    assert complaints == []


def test_an_interval_of_400_ms_reads_400_ms(sheet: Sheet) -> None:
    sheet.page.get_by_role("button", name="Time", exact=True).click()
    for start_s in (0.1, 2.31, 7.777):
        sheet.drag((start_s, ROW_MM["II"]), (start_s + 0.4, ROW_MM["II"] + 3))
        assert abs(sheet.number("time") - 400) <= 2
        assert abs(sheet.leg_s("first") - start_s) <= 0.002
        assert "150 bpm" in sheet.reading("time")
    sheet.page.get_by_role("status").filter(has_text=sheet.reading("time")).wait_for()


def test_voltages_are_read_in_the_lead_under_the_caliper(sheet: Sheet) -> None:
    sheet.press("v")
    sheet.drag((1.0, ROW_MM["II"]), (1.1, ROW_MM["II"] + GAIN_MM_MV))
    assert abs(sheet.number("voltage") - 1) <= 0.01
    assert sheet.reading("voltage") == "II +1.00 mV · 10.0 mm"
    sheet.drag((8.0, ROW_MM["III"]), (8.1, ROW_MM["III"] - 2.5))
    assert sheet.reading("voltage") == "V6 −0.25 mV · 2.5 mm"

    sheet.page.get_by_role("combobox", name="Paper").click()
    sheet.page.get_by_role("option", name="cabrera").click()
    sheet.settle()
    assert sheet.n_drawn() == 0, "other leads lie here now"
    sheet.drag((1.0, ROW_MM["III"]), (1.1, ROW_MM["III"] + 5))
    assert sheet.reading("voltage") == "aVR −0.50 mV · 5.0 mm"
    assert sheet.page.get_by_text("drawn inverted").is_visible()


def test_a_box_measures_both_and_escape_removes_it(sheet: Sheet) -> None:
    sheet.press("b")
    sheet.drag((3.0, ROW_MM["I"]), (3.2, ROW_MM["I"] + 5))
    assert abs(sheet.number("time") - 200) <= 2
    assert abs(sheet.number("voltage") - 0.5) <= 0.01
    sheet.press("Escape")
    assert sheet.n_drawn() == 0
    assert sheet.page.get_by_role("button", name="Box").get_attribute("aria-pressed") == "false"
    before = sheet.ranges()
    sheet.wheel((3.0, ROW_MM["I"]), ctrl=True)
    assert sheet.ranges() != before
    assert sheet.n_drawn() == 0


def test_escape_leaves_every_mode(sheet: Sheet) -> None:
    sheet.press("t", "s", "m")
    sheet.drag((1.34, ROW_MM["II"]), (2.06, ROW_MM["II"]))
    assert sheet.page.locator(".march.line").get_attribute("d") != ""
    sheet.press("Escape")
    assert sheet.page.locator("[aria-pressed=true]").count() == 0
    sheet.drag((1.34, ROW_MM["II"]), (2.06, ROW_MM["II"]))
    assert sheet.n_drawn() == 0
    sheet.press("m", "t", "Escape")
    assert sheet.page.locator("[aria-pressed=true]").count() == 0, "March alone is left, too"


def test_wheel_and_stray_drag_leave_the_paper_where_it_is(sheet: Sheet) -> None:
    whole = sheet.ranges()
    scrolled = "document.querySelector('.stMain').scrollTop"
    for tool in ("", "t"):
        if tool:
            sheet.press(tool)
        sheet.page.mouse.move(*sheet.pixels((3.0, ROW_MM["I"])))
        sheet.page.mouse.wheel(0, 150)
        sheet.page.wait_for_function(f"{scrolled} === 150")
        sheet.page.mouse.wheel(0, -150)
        sheet.page.wait_for_function(f"{scrolled} === 0")
    sheet.press("Escape")
    sheet.drag((3.0, ROW_MM["I"]), (6.0, ROW_MM["III"]))
    sheet.settle()
    assert sheet.ranges() == whole
    sheet.wheel((3.0, ROW_MM["I"]), 3, ctrl=True)
    assert sheet.ranges() != whole
    sheet.page.mouse.dblclick(*sheet.pixels((3.0, ROW_MM["I"])))
    sheet.settle()
    assert sheet.ranges() == whole


def test_f_shows_the_ecg_without_its_filter_and_moves_nothing(sheet: Sheet) -> None:
    button = sheet.page.get_by_role("button", name="Filter", exact=True)
    assert button.is_disabled()
    sheet.page.locator("label", has_text="Filter on the paper").click()
    sheet.settle()
    sheet.wheel((3.0, ROW_MM["I"]), 3, ctrl=True)
    before = sheet.ranges()
    peaks_mv = []
    for _ in range(3):
        peaks_mv.append(sheet.page.evaluate(HIGHEST_SEEN) / GAIN_MM_MV - 11)
        pressed = button.get_attribute("aria-pressed") == "true"
        assert sheet.page.evaluate(FOOTERS_SEEN) == (["40 Hz low-pass"] if pressed else [""])
        sheet.press("f")
    assert peaks_mv[1] == pytest.approx(1, abs=0.01), "the triangle of 1 mV as it is"
    assert peaks_mv[0] == peaks_mv[2] < 0.95
    assert sheet.ranges() == before


def test_full_screen_shows_the_sheet_alone_and_leaves_the_paper_as_it_was(sheet: Sheet) -> None:
    before = sheet.page.evaluate(f"{GRAPH}.getBoundingClientRect().toJSON()")
    sheet.page.get_by_role("button", name="Full screen").click()
    sheet.settle()
    assert sheet.page.evaluate("document.fullscreenElement.matches('.st-key-ecg_sheet')")
    sheet.page.get_by_role("button", name="Full screen").click()
    sheet.settle()
    assert sheet.page.evaluate("document.fullscreenElement") is None
    assert sheet.page.evaluate(f"{GRAPH}.getBoundingClientRect().toJSON()") == before


def test_legs_and_the_whole_caliper_can_be_dragged(sheet: Sheet) -> None:
    sheet.press("t")
    sheet.drag((2.0, ROW_MM["II"]), (2.4, ROW_MM["II"]))
    sheet.drag((2.4, ROW_MM["II"] + 5), (2.6, ROW_MM["II"] + 5))
    assert abs(sheet.number("time") - 600) <= 2
    sheet.drag((2.0, ROW_MM["II"] - 5), (1.6, ROW_MM["II"] - 5))
    assert abs(sheet.number("time") - 1000) <= 2
    sheet.drag((2.1, ROW_MM["II"]), (5.1, ROW_MM["III"]))
    assert abs(sheet.number("time") - 1000) <= 2
    assert abs(sheet.leg_s("first") - 4.6) <= 0.002
    sheet.drag((4.6, ROW_MM["III"] + 5), (-9.0, ROW_MM["III"] + 5))
    assert sheet.leg_s("first") == pytest.approx(-ZERO_MM / SPEED_MM_S), "not beyond the paper"


def test_a_finger_draws_a_caliper_and_does_not_scroll_the_page(sheet: Sheet) -> None:
    sheet.press("t")
    (x, y), (end, _) = sheet.pixels((2.0, ROW_MM["II"])), sheet.pixels((2.4, ROW_MM["II"]))
    session = sheet.page.context.new_cdp_session(sheet.page)
    for kind, share in (("Start", 0), ("Move", 0.3), ("Move", 0.6), ("Move", 1), ("End", None)):
        points = [] if share is None else [{"x": x + share * (end - x), "y": y}]
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    assert abs(sheet.number("time") - 400) <= 2


def test_calipers_stay_on_their_millimetres(sheet: Sheet) -> None:
    sheet.press("t")
    sheet.drag((2.1, ROW_MM["II"]), (2.5, ROW_MM["II"]))
    said, at_s = sheet.reading("time"), sheet.leg_s("first")

    def on_its_place() -> bool:
        return abs(sheet.leg_pixel("first") - sheet.pixels((at_s, 0))[0]) < 0.5

    assert on_its_place()
    sheet.wheel((3.0, ROW_MM["III"]), 3, ctrl=True)
    low, high = sheet.ranges()[0]
    assert high - low < 220, "the wheel zooms, though a tool is armed"
    assert (sheet.reading("time"), sheet.leg_s("first")) == (said, at_s)
    assert on_its_place()

    sheet.press("t")
    trace, leg = sheet.page.evaluate(TRACE_PLACE), sheet.leg_pixel("first")
    sheet.drag((4.0, ROW_MM["III"]), (8.0, ROW_MM["III"]), release=False)
    moved = sheet.page.evaluate(TRACE_PLACE)[0] - trace[0]
    assert moved > 50
    assert sheet.leg_pixel("first") - leg == pytest.approx(moved, abs=0.5), "while it is panned"
    sheet.page.mouse.up()
    sheet.settle()
    assert (sheet.reading("time"), sheet.leg_s("first")) == (said, at_s)
    assert on_its_place()

    sheet.page.set_viewport_size({"width": 1000, "height": 800})
    sheet.settle()
    for toggle in ("Heat", "Dark"):
        sheet.page.locator("label", has_text=toggle).click()
        sheet.settle()
        assert (sheet.reading("time"), sheet.leg_s("first")) == (said, at_s)
        assert on_its_place()
    assert sheet.page.locator(".ecg-calipers").count() == 1


def test_legs_snap_to_r_peaks_and_the_interval_marches(sheet: Sheet) -> None:
    sheet.press("t", "s", "m")
    sheet.drag((1.34, ROW_MM["II"]), (2.06, ROW_MM["II"]))
    assert (sheet.leg_s("first"), sheet.leg_s("second")) == (1.3, 2.1)
    assert sheet.reading("time") == "800 ms · 75 bpm"
    more = sheet.page.locator(".reading[data-kind=time] small")
    assert more.text_content() == "12 lines · 12 R peaks, mean 75 bpm"
    d = sheet.page.locator(".march.line").get_attribute("d")
    places = [float(x) for x in re.findall(r"M(\S+) ", d)]
    steps = [after - before for before, after in pairwise(places)]
    assert steps == pytest.approx([steps[0]] * 11, abs=0.01)
    sheet.drag((2.1, ROW_MM["II"] + 5), (2.3, ROW_MM["II"] + 5))
    assert abs(sheet.leg_s("second") - 2.3) <= 0.002, "no R peak within reach"
    sheet.press("m")
    assert sheet.page.locator(".march.line").get_attribute("d") == ""


def test_no_mouse_is_needed(sheet: Sheet) -> None:
    field = sheet.page.get_by_role("textbox", name="Words")
    field.press_sequentially("tvbms")
    assert field.input_value() == "tvbms"
    assert sheet.page.locator(".toolbar [aria-pressed=true]").count() == 0, "typed, not pressed"
    field.blur()
    sheet.settle()

    sheet.press("s", "t", "Enter")
    first, second = sheet.leg_s("first"), sheet.leg_s("second")
    assert second - first == pytest.approx(0.8), "laid on two R peaks"
    sheet.press("ArrowRight", "ArrowRight")
    assert sheet.number("time") == 804, "one sample of 2 ms at a time"
    sheet.press("Shift+ArrowRight")
    assert sheet.leg_s("second") == pytest.approx(first + 1.6, abs=1e-3), "the next R peak"
    assert sheet.leg_s("second") == pytest.approx(second + 0.8, abs=1e-3)
    sheet.press("s", "Shift+ArrowLeft")
    assert sheet.number("time") == 1560, "1 mm"
    sheet.press("Enter", "Enter", "ArrowLeft")
    assert sheet.leg_s("first") == pytest.approx(first - 0.002, abs=1e-3)
    sheet.press("Escape", "Escape")
    assert sheet.n_drawn() == 0

    voltage = sheet.page.get_by_role("button", name="Voltage")
    voltage.focus()
    voltage.press("Enter")
    before = sheet.number("voltage")
    sheet.press("ArrowUp")
    assert sheet.number("voltage") == pytest.approx(before + 0.01)
