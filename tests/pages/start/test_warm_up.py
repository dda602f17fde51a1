"""The first page imports heavy modules in a thread of its own, while a reader opens a case."""

import importlib

import pytest

from pages.shared import caches


def test_matplotlib_is_entered_from_the_same_side_as_by_a_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # From captum's side it could meet the printout's import half way, and Review stayed broken.
    imported: list[str] = []
    monkeypatch.setattr("ecgcore.threads.limit_library_threads", lambda number: None)
    monkeypatch.setattr(importlib, "import_module", imported.append)
    caches._import_torch()
    assert imported == ["ecgcore.report.printout", "ecgcore.explain.methods"]
