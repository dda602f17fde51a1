"""A form for one reading of one case, by keyboard alone; it knows no store.

Nothing that is entered leaves the browser before it is committed, so that no key waits for the
server, and one message is one reading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from ecgcore.errors import EcgError, ReviewError
from ecgcore.review.readings.reading import Reading
from pages.case.reading.statements import codes_of
from pages.shared.errors import show_ecg_error

_HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "ecg_reading",
    html=(_HERE / "form.html").read_text("utf-8"),
    css=(_HERE / "form.css").read_text("utf-8"),
    js=(_HERE / "form.js").read_text("utf-8"),
)


@dataclass(frozen=True, slots=True)
class FormWords:
    """What the button and the free text are called."""

    action: str
    about_text: str


READING_WORDS = FormWords("Commit", "Free text")


def reading_form(
    case: str,
    on_commit: Callable[[Reading], object],
    *,
    number: int = 1,
    blind: bool = True,
    start: Reading | None = None,
    key: str = "reading",
    target: str = "ecg",
    words: FormWords = READING_WORDS,
) -> None:
    """Draw the form; a reading that the reader commits goes to `on_commit` once.

    `on_commit` runs before the page does, so that it may put the next case in place. What it
    raises as `EcgError` is shown above the form, which keeps what was entered.

    Parameters
    ----------
    case, number
        What is read, and the how-manieth reading it is: a commit for another one than the form
        shows, such as the second of a double click, is dropped.
    blind
        What the reading says about itself.
    start
        What stands in the form at first; nothing by default.
    target
        Key of the ECG figure whose calipers are kept with the reading.
    words
        On the button and above the free text.
    """
    heard, token = f"{key} heard", f"{case}/{number}"
    count, problem = st.session_state.get(heard, (0, None))

    def committed() -> None:
        said = st.session_state[key].commit
        if not isinstance(said, Mapping) or said.get("token") != token:
            return
        failed = None
        try:
            on_commit(reading_of_form(said, blind=blind))
        except EcgError as error:
            failed = error
        st.session_state[heard] = (count + 1, failed)

    if problem is not None:
        show_ecg_error(problem)
        st.session_state[heard] = (count, None)
    data = {
        "token": token,
        "start": None if start is None else asdict(start),
        "target": target,
        "action": words.action,
        "about_text": words.about_text,
        "heard": count,
    }
    _mount(key=key, data=data, on_commit_change=committed)


def reading_of_form(said: Mapping[str, Any], *, blind: bool) -> Reading:
    """Turn what the form sends into a reading.

    Raises
    ------
    ReviewError
        If it is none, or names a statement that the open data does not know.
    """
    body = {name: value for name, value in said.items() if name != "token"}
    return Reading.from_body(body | {"statements": _statements(said), "blind": blind})


def _statements(said: Mapping[str, Any]) -> list[str]:
    typed = str(said.get("statements", "")).upper().replace(",", " ").replace(";", " ").split()
    known = codes_of()
    if strange := [code for code in typed if code not in known]:
        raise ReviewError(
            f"“{strange[0][:20]}” is no SCP code. Type two letters of a code or of its meaning and "
            "choose one."
        )
    return list(dict.fromkeys(typed))
