"""Times the pages on the server and in a browser; run by ``python -m ecgcore bench``.

Prints one JSON list of figures. The browser's part needs Playwright and Chromium and says so where
they are missing.
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
from pathlib import Path

from streamlit.testing.v1 import AppTest

from ecgcore.bench.speed import Figure, resident_mb

PROJECT = Path(__file__).resolve().parents[2]
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
_RUNS = 10


def server_figures() -> Iterator[Figure]:
    """Reruns of the Review page in this process, without a browser."""
    app = AppTest.from_file(str(PROJECT / "pages" / "_router.py"), default_timeout=120)
    app.switch_page("review.py").run()
    warm = [_ms(app.run) for _ in range(_RUNS)]
    yield Figure("Review rerun on the server, warm", statistics.median(warm), "ms", 150.0)
    following = [_ms(lambda: _click(app, "Next")) for _ in range(_RUNS)]
    yield Figure("Review, next record, nothing cached", statistics.median(following), "ms")


def browser_figures() -> Iterator[Figure]:
    """Start of the app, and page switches, in headless Chromium."""
    with running_app() as (url, ready_s, pid):
        yield Figure("app ready", ready_s, "s", 5.0)
        chromium = shutil.which("chromium")
        try:
            from playwright.sync_api import sync_playwright
        except ImportError:
            chromium = None
        if chromium is None:
            note = "needs playwright and chromium"
            yield Figure("page switch in the browser", None, "s", 1.0, note)
            return
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(url)
            names = ["Review", "Reliability", "About", "Browse"]
            rounds: dict[str, list[float]] = {name: [] for name in names}
            for _ in range(4):
                for name in names:
                    started = time.perf_counter()
                    page.get_by_role("link", name=name, exact=True).first.click()
                    page.get_by_role("heading", level=1, name=name).wait_for()
                    page.wait_for_function(SETTLED)
                    rounds[name].append(time.perf_counter() - started)
            browser.close()
        for name, seconds in rounds.items():
            median = statistics.median(seconds[1:])
            yield Figure(
                f"page switch to {name} in the browser, warm",
                median,
                "s",
                1.0,
                f"first {seconds[0]:.1f} s",
            )
        yield Figure("memory of the server after that", resident_mb(pid), "MB", 1500.0)


@contextmanager
def running_app(environment: dict[str, str] | None = None) -> Iterator[tuple[str, float, int]]:
    """Start the app on a free port; gives its address, seconds until ready, and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
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
    next(button for button in app.button if label in button.label).click().run()


def _ms(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    figures = [*server_figures(), *browser_figures()]
    rows = [
        {n: getattr(f, n) for n in ("name", "value", "unit", "target", "note")} for f in figures
    ]
    print(json.dumps(rows))
