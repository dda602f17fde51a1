"""A pytest plugin that runs the tests of a list, in its order: files whole, others by their id."""

import pytest

LISTING = "tests-to-run.txt"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    lines = (config.rootpath / LISTING).read_text().splitlines()
    places = {line: place for place, line in enumerate(lines)}

    def place(item: pytest.Item) -> int | None:
        return places.get(item.nodeid, places.get(_file(item)))

    items[:] = sorted((item for item in items if place(item) is not None), key=place)


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
