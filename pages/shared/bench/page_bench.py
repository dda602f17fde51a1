"""Times the pages on the server and in a browser; run by ``python3.11 -m ecgcore bench``.

Prints each figure as a line of JSON as soon as it is measured. The browser's part needs Playwright
and Chromium and says so where they are missing; whatever else goes wrong ends the process.
"""

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from streamlit.testing.v1 import AppTest

from ecgcore.bench.figure import Figure, elapsed_ms, typical
from ecgcore.bench.speed import memory

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROJECT = Path(__file__).resolve().parents[3]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTLED = """
    document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid=stSkeleton]')
"""
PAGES = ("Review", "Uploaded ECG", "Reliability", "Retrain", "About", "Browse")
SWITCH_S, FIRST_PAINT_MS = 1.0, 700.0

_RUNS = 10
_ROUNDS = 4
WATCH_PAINT = """() => {
    const graph = () => document.querySelector(".st-key-ecg .js-plotly-plot");
    const shows = () => graph()?.layout?.uirevision;
    const traces = () => [...(graph()?.querySelectorAll(".scatterlayer .js-line") ?? [])]
        .map((line) => line.getAttribute("d")).join();
    const before = [shows(), traces()];
    window.ecgPainted = new Promise((resolve) => {
        const start = ({ timeStamp }) => {
            const look = () => {
                const [now, lines] = [shows(), traces()];
                const isNew = now && now !== before[0] && lines && lines !== before[1];
                requestAnimationFrame(isNew ? (frame) => resolve(frame - timeStamp) : look);
            };
            look();
        };
        for (const name of ["keydown", "pointerdown"]) {
            document.addEventListener(name, start, { capture: true, once: true });
        }
    });
}"""
"""Promises the ms from the next key or click to the first frame after which the chart of the ECG
holds other traces of another record or layout: that frame has been painted when the next begins."""


def server_figures() -> Iterator[Figure]:
    """Reruns of the Review page in this process, without a browser."""
    app = AppTest.from_file(str(PROJECT / "pages" / "_router.py"), default_timeout=120)
    app.switch_page("review/page.py")
    _sound(app)
    warm = [elapsed_ms(partial(_sound, app)) for _ in range(_RUNS)]
    yield typical("Review rerun on the server, warm", warm, 150.0)
    following = [elapsed_ms(partial(_click, app, "Next")) for _ in range(_RUNS)]
    yield typical("Review, next record, nothing cached", following)


def browser_figures() -> Iterator[Figure]:
    """Start of the app, page switches and the first paint of an ECG, in headless Chromium."""
    chromium = shutil.which("chromium")
    with running_app() as (url, ready_s, pid):
        yield Figure("app ready", ready_s, "s", 5.0)
        if chromium is None or find_spec("playwright") is None:
            yield _not_here("page switches in the browser", "s", SWITCH_S)
            yield _not_here("first paint of an ECG in the browser", "ms", FIRST_PAINT_MS)
            return
        with open_page(chromium) as page:
            page.goto(url)
            yield from _page_switches(page)
            yield from _first_paints(page)
        yield memory("memory of the server after that", pid)


def _not_here(name: str, unit: str, target: float) -> Figure:
    return Figure(name, None, unit, target, "needs playwright and chromium", skipped=True)


@contextmanager
def open_page(chromium: str) -> Iterator["Page"]:
    """Open an empty page of a headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser.new_page(viewport={"width": 1440, "height": 900})
        browser.close()


def _page_switches(page: "Page") -> Iterator[Figure]:
    rounds = [
        {name: elapsed_ms(partial(_switch, page, name)) / 1000 for name in PAGES}
        for _ in range(_ROUNDS)
    ]
    for name in PAGES:
        first, *warm = [seconds[name] for seconds in rounds]
        yield Figure(
            f"page switch to {name} in the browser, warm",
            statistics.median(warm),
            "s",
            SWITCH_S,
            f"first {first:.1f} s",
        )


def _switch(page: "Page", name: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()
    page.get_by_role("heading", level=1, name=name).wait_for()
    page.wait_for_function(SETTLED)


def _first_paints(page: "Page") -> Iterator[Figure]:
    """Step through records that nobody has opened yet, then through layouts of one record."""
    _switch(page, "Review")
    page.locator(".st-key-ecg .js-plotly-plot").wait_for()
    following = [paint_ms(page, partial(page.keyboard.press, "n")) for _ in range(_RUNS)]
    name = "first paint of an ECG in the browser, next record by key"
    yield typical(name, following[1:], FIRST_PAINT_MS, f"first {following[0]:.0f} ms")
    page.get_by_role("button", name="Paper", exact=True).click()
    choices = [
        page.get_by_test_id("stPopoverBody").get_by_text(layout, exact=True)
        for layout in ("12x1", "3x4+1")
    ]
    changed = [paint_ms(page, choice.click) for _ in range(_RUNS // 2) for choice in choices]
    name = "first paint of an ECG in the browser, other layout"
    yield typical(name, changed[1:], FIRST_PAINT_MS, f"first {changed[0]:.0f} ms")


def paint_ms(page: "Page", press: Callable[[], None]) -> float:
    """Time from a press until another ECG is painted; then wait until no script runs."""
    page.evaluate(WATCH_PAINT)
    press()
    painted = float(page.evaluate("window.ecgPainted"))
    page.wait_for_function(SETTLED)
    return painted


@contextmanager
def running_app(
    environment: dict[str, str] | None = None, port: int | None = None
) -> Iterator[tuple[str, float, int]]:
    """Start the app, by default on a free port; gives address, seconds until ready, process id."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    started = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--server.port", str(port)],
        cwd=PROJECT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://localhost:{port}"
    try:
        _wait_until_ready(f"{url}/api/ready", process)
        yield url, time.perf_counter() - started, process.pid
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(1200):
        if process.poll() is not None:
            raise RuntimeError(f"the app ended with status {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the app was not ready after 60 s")


def _click(app: AppTest, label: str) -> None:
    next(button for button in app.button if label in button.label).click()
    _sound(app)


def _sound(app: AppTest) -> None:
    """Run the page; what it takes to show an error is no figure."""
    app.run()
    if app.exception or app.error:
        raise RuntimeError(f"The page shows: {[*app.exception, *app.error][0].value}")


if __name__ == "__main__":
    for measure in (server_figures, browser_figures):
        for figure in measure():
            print(json.dumps(asdict(figure)), flush=True)
