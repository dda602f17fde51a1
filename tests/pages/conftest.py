"""Pages run from the router, on the synthetic set, with a runs folder of their own."""

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

ROUTER = Path(__file__).resolve().parents[2] / "pages" / "_router.py"


@pytest.fixture
def open_page(
    synthetic_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., AppTest]:
    """Return a function that opens a page by its file name, with query parameters."""
    monkeypatch.setenv("ECG_DATA_DIR", str(synthetic_dir))
    monkeypatch.setenv("ECG_RUNS_DIR", str(tmp_path / "runs"))
    st.cache_data.clear()
    st.cache_resource.clear()

    def open_it(page: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROUTER), default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        if page != "browse.py":
            app.switch_page(page)
        return app.run()

    return open_it
