"""A real headless Chromium, and fresh servers to point it at."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pages.shared.bench.page_bench import CHROMIUM_FLAGS, running_app

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser test that fails runs once more: a busy machine draws late."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def browser() -> Iterator["sync_api.Browser"]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium here: install Debian's package to run the browser tests")
    with sync_api.sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield instance
        instance.close()


@pytest.fixture
def page(browser: "sync_api.Browser") -> Iterator["sync_api.Page"]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def server(synthetic_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that tests share which neither train nor need a fresh one."""
    runs_dir = tmp_path_factory.mktemp("server") / "runs"
    with running_app({"ECG_DATA_DIR": str(synthetic_dir), "ECG_RUNS_DIR": str(runs_dir)}) as app:
        yield app[0]


@pytest.fixture
def serve(synthetic_dir: Path, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Return a function that starts a fresh server on the synthetic set and gives its address."""
    environment = {"ECG_DATA_DIR": str(synthetic_dir), "ECG_RUNS_DIR": str(tmp_path / "runs")}
    with ExitStack() as servers:
        yield lambda: servers.enter_context(running_app(environment))[0]
