"""Pages run from the router, on the synthetic set, with a runs folder of their own."""

import functools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from tests.support.paths import PROJECT
from tests.support.review_page import SIX, save_untrained

ROUTER = PROJECT / "pages" / "_router.py"


@pytest.fixture(scope="session", autouse=True)
def _components_are_looked_for_once() -> Iterator[None]:
    """Each first run of an AppTest reads the metadata of all packages, 40 % of the time of many."""
    with pytest.MonkeyPatch.context() as patch:
        found = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", found)
        yield


@pytest.fixture
def open_page(
    synthetic_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., AppTest]:
    """Return a function that opens a page by its address, with query parameters."""
    monkeypatch.setenv("ECG_DATA_DIR", str(synthetic_dir))
    monkeypatch.setenv("ECG_RUNS_DIR", str(tmp_path / "runs"))
    # a few seconds for each map, which only tests of the checks themselves wait for
    monkeypatch.setattr("pages.case.attribution.checked.make_checks", lambda *_: False)
    st.cache_data.clear()
    st.cache_resource.clear()

    def open_it(page: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROUTER), default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        # switch_page knows a page's url_path only after a first run, which would open the first one
        app._page_hash = "" if page == "home" else calc_hash(page)
        return app.run()

    return open_it


@pytest.fixture(scope="session")
def six_models(make_once: Callable[..., Path]) -> Path:
    """Six models with weights that nobody trained."""
    return make_once(
        "six-models", lambda folder: [save_untrained(key, folder / key.folder) for key in SIX]
    )


@pytest.fixture
def open_review(
    open_page: Callable[..., AppTest], six_models: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., AppTest]:
    """Return a function that opens a record on the Review page, which must not raise."""

    def open_it(
        record: object = None,
        *,
        pretrained: Path = six_models,
        data_dir: Path | None = None,
        **query: str,
    ) -> AppTest:
        monkeypatch.setenv("ECG_PRETRAINED_DIR", str(pretrained))
        if data_dir is not None:
            monkeypatch.setenv("ECG_DATA_DIR", str(data_dir))
        query |= {} if record is None else {"record": str(record)}
        app = open_page("review", **query)
        assert not app.exception
        return app

    return open_it


@pytest.fixture
def open_bare(open_review: Callable[..., AppTest], tmp_path: Path) -> Callable[..., AppTest]:
    """Return the same without any model, which is quicker."""

    def open_it(record: object, **more: object) -> AppTest:
        return open_review(record, pretrained=tmp_path / "no models", **more)

    return open_it


@pytest.fixture
def own_data(synthetic_dir: Path, tmp_path: Path) -> Path:
    """A copy of the synthetic set that a test may damage."""
    return shutil.copytree(synthetic_dir, tmp_path / "data")
