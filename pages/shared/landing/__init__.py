"""A deep link lands on its part of the page, and a click on a chart shows its list."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

TABS: Mapping[str, str] = {"details": "details", "section": "section", "view": "view"}
"""Parameters of the URL that name a part of the page, and the key of the widget that shows it."""
LISTS: Mapping[str, str] = {"bin": "section", "cell": "view"}
"""Parameters that a click on a chart writes, and the key of the widget below which the list is."""

_scroll = st.components.v2.component(
    "landing", js=(Path(__file__).parent / "landing.js").read_text("utf-8")
)


def land() -> None:
    """Scroll to the part that the URL names; the router calls it after every page.

    Tabs are scrolled to only when the page is opened, lists also when another one is chosen.
    """
    asked = {name: st.query_params.get_all(name) for name in (*TABS, *LISTS)}
    named = [key for name, key in (*TABS.items(), *LISTS.items()) if asked[name]]
    chosen = {name: asked[name] for name in LISTS if asked[name]}
    _scroll(key="landing", data={"targets": named, "lists": chosen})
