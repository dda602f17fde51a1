"""A pytest plugin that notes which test runs which line: ``-p tests.mutation.recording``.

Each worker writes a JSON file into the folder that ``MUTATION_MAP`` names: for every source file
the tests that run each line, and how long each test took.
"""

import json
import os
from collections import defaultdict
from pathlib import Path

import coverage
import pytest

from tests.support.paths import PROJECT

_FOLDER = Path(os.environ.get("MUTATION_MAP", "."))


class Recorder:
    """Coverage with one context a test."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._seconds: dict[str, float] = defaultdict(float)
        self._coverage = coverage.Coverage(
            data_file=None, source=["ecgcore", "pages"], config_file=False, messages=False
        )
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> object:
        self._coverage.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self._coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] += report.duration

    def pytest_sessionfinish(self) -> None:
        self._coverage.stop()
        data = self._coverage.get_data()
        lines = {
            Path(file).relative_to(PROJECT).as_posix(): {
                line: [test for test in tests if test]
                for line, tests in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        }
        text = json.dumps({"lines": lines, "seconds": self._seconds})
        (_FOLDER / f"{self._worker}.json").write_text(text)


def pytest_configure(config: pytest.Config) -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker or not config.getoption("numprocesses", None):
        config.pluginmanager.register(Recorder(worker or "main"))
