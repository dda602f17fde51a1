"""Times Worklist and Reading in a browser, on a throw-away store that many have read into."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import numpy as np
import sqlalchemy as sa

from ecgcore.bench.figure import Figure, elapsed_ms, typical
from ecgcore.ptbxl.catalog import open_catalog
from ecgcore.review.case_list import OUTSIDE
from ecgcore.review.readings.reading import VERDICTS, Reading
from ecgcore.review.readings.rounds import Place
from ecgcore.review.store.log import Draft, ReviewLog
from ecgcore.review.worklists.assignment import assigned, save
from ecgcore.review.worklists.saved import SavedList, save_list
from ecgcore.settings import Settings
from pages.shared.bench.page_bench import SETTLED, WATCH_PAINT, open_page, paint_ms, running_app

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

READERS, READINGS = 50, 10_000
PAGE_MS, COMMIT_MS = 1000.0, 400.0
LIST, READER = "Bench", "reader 0"
_N_COMMITS, _N_VISITS, _CASES, _THINKS_MS = 12, 5, 1000, 1500
_BROWSERS, _ROUNDS = 10, 4
PAPER = ".st-key-ecg .js-plotly-plot"
_STEP = urlencode({"list": LIST, "reader": READER, "then": "go to the next case"})


def seed(log: ReviewLog, cases: list[str]) -> int:
    """Let many readers read a list, each some cases of the share; return how many readings."""
    names, chance = [f"reader {n}" for n in range(READERS)], random.Random(0)
    save_list(log, SavedList(LIST, tuple(cases), about="bench"))
    per_case = min(READERS, -(-READINGS * 11 // (10 * len(cases))))
    dealt = assigned(cases, names, per_case)
    drafts = []
    for who, mine in dealt.items():
        save(log, LIST, who, mine, by="bench")
        for case in mine[: min(READINGS // READERS, len(mine) - _N_COMMITS - 2)]:
            said = Reading(chance.choice(VERDICTS[:3]), 80, seconds=chance.uniform(5, 60))
            place = Place(LIST, case, who)
            drafts.append(_draft(place, "seen", {}))
            drafts.append(_draft(place, "reading", said.as_body() | {"number": 1}, 1))
    log.append_all(one.entry() for one in drafts)
    return len(drafts) // 2


def _draft(place: Place, kind: str, body: dict[str, object], number: int | None = None) -> Draft:
    return Draft(place.key(kind, number), kind, place.study, place.case, place.reader, body)


def seeded(folder: Path) -> int:
    """Fill the store of a folder with readings of the open data; return how many."""
    frame = open_catalog(Settings.from_env()).frame
    inside = frame.index[(frame["group"] != OUTSIDE) & (frame["split"] != "train")]
    log = ReviewLog.at(sa.URL.create("sqlite", database=str(folder / "review.sqlite")))
    try:
        return seed(log, [str(ecg_id) for ecg_id in inside[:_CASES]])
    finally:
        log.engine.dispose()


def desk_figures() -> Iterator[Figure]:
    """Time visits to a list with many readings, and commits that lead to the next case."""
    chromium = shutil.which("chromium")
    if chromium is None or find_spec("playwright") is None:
        why = "needs playwright and chromium"
        yield Figure("worklist and reading", None, "ms", PAGE_MS, why, skipped=True)
        return
    with tempfile.TemporaryDirectory(prefix="ecg-desk-") as name:
        n = seeded(Path(name))
        with running_app({"ECG_RUNS_DIR": name}) as (url, _, _), open_page(chromium) as page:
            note = f"{n:,} readings by {READERS} readers"
            _open(page, f"{url}/reading?{_STEP}", PAPER)
            for words, reach in _WAYS.items():
                _to_list(page, reach)
                taken = [_to_list(page, reach) for _ in range(_N_VISITS)]
                yield typical(f"{words} in the browser", taken, PAGE_MS, note)
            _open(page, f"{url}/reading?{_STEP}", PAPER)
            commits = [_commit_ms(page) for _ in range(_N_COMMITS)]
            yield typical(
                "from a commit to the next case on screen",
                commits[1:],
                COMMIT_MS,
                f"first {commits[0]:.0f} ms, {note}",
            )
            yield _crowd(page, url, Path(name))


def _to_list(page: Page, reach: Callable[[Page], Locator]) -> float:
    """Go to Worklist by a link, timed in ms, and back to Reading."""
    link = reach(page)
    taken = elapsed_ms(partial(_follow, page, link))
    _menu(page, "reading").click()
    page.locator(PAPER).wait_for()
    page.wait_for_function(SETTLED)
    return taken


def _follow(page: Page, link: Locator) -> None:
    link.click()
    page.locator("[data-testid=stDataFrame] canvas").first.wait_for()
    page.wait_for_function(SETTLED)


def _by_menu(page: Page) -> Locator:
    return _menu(page, "worklist")


def _menu(page: Page, path: str) -> Locator:
    """Open the menu of the pages of reading; return the link to one of them."""
    page.get_by_test_id("stTopNavSection").click()
    return page.locator(f"[data-testid=stTopNavDropdownLink][href$='/{path}']")


def _by_list(page: Page) -> Locator:
    page.get_by_role("button", name="Options").click()
    return page.get_by_role("link", name="All cases of this list")


_WAYS: Mapping[str, Callable[[Page], Locator]] = {
    "worklist, not saved": _by_menu,
    "worklist, saved": _by_list,
}


def _open(page: Page, address: str, shown: str) -> None:
    page.goto(address)
    page.locator(shown).first.wait_for()
    page.wait_for_function(SETTLED)


def _commit_ms(page: Page) -> float:
    """Fill in the form by keyboard, wait as a reader does, and time the commit."""
    for key in "29":
        page.keyboard.press(key)
    page.wait_for_timeout(_THINKS_MS)
    return paint_ms(page, partial(page.keyboard.press, "Enter"))


def _crowd(page: Page, url: str, folder: Path) -> Figure:
    """Let browsers commit at once, each by a double press; count what is not there once."""
    names = [f"reader {n}" for n in range(1, _BROWSERS + 1)]
    before, taken = _readings_of(folder, names), []
    contexts = [page.context.browser.new_context() for _ in names if page.context.browser]
    pages = [one.new_page() for one in contexts]
    for one, who in zip(pages, names, strict=True):
        query = urlencode({"list": LIST, "reader": who, "then": "go to the next case"})
        _open(one, f"{url}/reading?{query}", PAPER)
    for _ in range(_ROUNDS):
        for one in pages:
            for key in "29":
                one.keyboard.press(key)
            one.evaluate(WATCH_PAINT)
        for one in pages:
            one.keyboard.press("Enter")
            one.keyboard.press("Enter")
        taken += [float(one.evaluate("window.ecgPainted")) for one in pages]
        for one in pages:
            one.wait_for_function(SETTLED)
    made = _readings_of(folder, names) - before
    for context in contexts:
        context.close()
    wrong = abs(made.total() - _BROWSERS * _ROUNDS) + sum(n > 1 for n in made.values())
    note = f"of {_BROWSERS * _ROUNDS}, p95 {np.quantile(taken, 0.95):.0f} ms to the next case"
    return Figure(
        f"readings of {_BROWSERS} browsers, lost or double", float(wrong), "readings", 0, note
    )


def _readings_of(folder: Path, names: list[str]) -> Counter[tuple[str, str]]:
    """Count the readings of some readers, by reader and case."""
    log = ReviewLog.at(sa.URL.create("sqlite", database=str(folder / "review.sqlite")))
    entries = log.entries(study=LIST, kinds=["reading"])
    log.engine.dispose()
    return Counter((one.reader, one.case) for one in entries if one.reader in names)


if __name__ == "__main__":
    for figure in desk_figures():
        print(json.dumps(asdict(figure)), flush=True)
