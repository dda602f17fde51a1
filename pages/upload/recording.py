"""Parts of the page for an uploaded ECG: upload, choice of 10 s, every window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ecgcore.errors import RecordError
from ecgcore.io.guarded.pool import read_upload
from ecgcore.io.raw import (
    FILE_SAYS_ALL,
    MAX_FS_HZ,
    MIN_DURATION_S,
    MIN_FS_HZ,
    OneLead,
    OneLeadError,
)
from ecgcore.io.recordings import (
    FORMATS,
    MAX_UPLOAD_BYTES,
    NotSaidError,
    ReadOptions,
    SeveralError,
)
from ecgcore.predictions.decision import DecisionRule
from ecgcore.predictions.scope import void_reasons
from ecgcore.ptbxl.synthetic import example_csv
from ecgcore.records import (
    OLDEST_YEARS,
    SEXES,
    UNKNOWN,
    UNKNOWN_PATIENT,
    EcgRecord,
    Patient,
    covering_windows,
    window,
)
from ecgcore.report.content import calibrator_words
from ecgcore.wording.numbers import counted, percent
from pages.case import predictions as said
from pages.shared import caches
from pages.shared import case as cases
from pages.shared.decision_choice import chosen_calibrator
from pages.shared.errors import plain, show_ecg_error
from pages.upload import one_lead, questions
from pages.upload.convert import convert_menu

if TYPE_CHECKING:
    from streamlit.elements.lib.mutable_popover_container import PopoverContainer

    from pages.shared.case import ReadableCase

WINDOW_S = 10.0
MAX_WINDOWS = 60
"""Windows that the models are asked about at once: ten minutes."""

EXAMPLE = "synthetic-example.csv"
_OPENED, _ROUND = "upload_opened", "upload_round"
_KEPT = "Read in memory for this session only: nothing is stored, no patient's name is read."
_WHAT_IS_READ = (
    f"{MIN_DURATION_S:g} s to an hour long, {MIN_FS_HZ} to {MAX_FS_HZ} samples per second. Leads "
    "are known by their names, in any order; missing limb leads are derived."
)
Files = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """The recording that is open in this session.

    Attributes
    ----------
    files
        Its files where the reader's word was needed, so that it can be changed; else empty.
    options
        What the reader said.
    entries
        The recordings that there were to choose from.
    """

    record: EcgRecord | OneLead
    files: Files = ()
    options: ReadOptions = FILE_SAYS_ALL
    entries: tuple[str, ...] = ()


def open_recording() -> EcgRecord | OneLead | None:
    """Draw title and upload; return the open recording, None before the first.

    It stays open while the reader visits other pages or tries a file that cannot be read.
    """
    opened, patient = _opened(), UNKNOWN_PATIENT
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Uploaded ECG", anchor=False, width="content")
        if opened is None:
            st.caption(_KEPT)
        else:
            st.markdown(_facts(opened.record))
            st.button("Remove", icon=":material/delete:", on_click=_replace, args=(None,))
            if isinstance(opened.record, EcgRecord):
                patient = _choose_patient()
                convert_menu(opened.record, str(_round()))
            key = f"upload_menu_{_round()}"
            menu = st.popover("Open another", icon=":material/upload:", key=key)
    with st.container() if opened is None else menu:
        _read_uploaded(opened)
    if opened is None:
        return None
    if opened.files:
        _read_again(opened)
    record = opened.record
    return replace(record, patient=patient) if isinstance(record, EcgRecord) else record


def _opened() -> Opened | None:
    opened: Opened | None = st.session_state.get(_OPENED)
    return opened


def _round() -> int:
    """Count what was opened and removed: widgets begin anew with each."""
    return int(st.session_state.get(_ROUND, 0))


def _facts(record: EcgRecord | OneLead) -> str:
    if isinstance(record, OneLead):
        return f"**{plain(record.record_id)}** · {one_lead.facts(record)}"
    length = (
        f"{record.duration_s:.0f} s" if record.duration_s >= 60 else f"{record.duration_s:.4g} s"
    )
    return f"**{plain(record.record_id)}** · {length} · {record.fs_hz} Hz · no label, no report"


def _choose_patient() -> Patient:
    """Draw the fields of age and sex, a click away; without them, both are unknown."""
    age_key, sex_key = (f"upload_{name}_{_round()}" for name in ("age", "sex"))
    known = Patient(st.session_state.get(age_key), st.session_state.get(sex_key) or UNKNOWN)
    with st.popover(
        known.words or "Age and sex", icon=":material/person:", key=f"upload_patient_{_round()}"
    ):
        years = st.number_input(
            "Age in years",
            0.0,
            float(OLDEST_YEARS),
            value=None,
            step=1.0,
            placeholder="unknown",
            key=age_key,
            persist_state="session",
        )
        sex = st.selectbox(
            "Sex",
            SEXES,
            index=None,
            placeholder=UNKNOWN,
            key=sex_key,
            persist_state="session",
        )
        st.caption("For the normal limits of the measurements, and for networks that take them.")
    return Patient(years, sex or UNKNOWN)


def _read_uploaded(opened: Opened | None) -> None:
    """Draw the upload; open what is chosen, or say why that cannot be read."""
    uploads = st.file_uploader(
        f"The files of one 12-lead recording: {FORMATS}",
        accept_multiple_files=True,
        max_upload_size=MAX_UPLOAD_BYTES // 2**20,
        key=f"upload_files_{_round()}",
    )
    if uploads:
        token = "/".join(upload.file_id for upload in uploads)
        files = tuple((upload.name, upload.getvalue()) for upload in uploads)
        _open(lambda: _read_new(files, token))
        if opened is not None:
            st.caption(f"{plain(opened.record.record_id)} stays open.")
    st.caption(_WHAT_IS_READ)
    st.download_button(
        "Example file (synthetic)",
        example_csv,
        EXAMPLE,
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        help="A table of a made-up ECG. Save it, then choose it above.",
    )


def _read_again(opened: Opened) -> None:
    """Read a file anew when the reader changes what was said of it, or takes another recording."""
    token, options = f"open {_round()}", opened.options
    if opened.entries:
        options = replace(options, entry=questions.choose(opened.entries, token, options.entry))
    options = questions.change(options, token)
    if options != opened.options:
        _open(lambda: Opened(_read(opened.files, options), opened.files, options, opened.entries))
        st.caption("Still shown as before.")


def _open(read: Callable[[], Opened | None]) -> None:
    """Open a recording, or show what keeps it from being read, a question apart from an error."""
    try:
        opened = read()
    except (NotSaidError, SeveralError) as question:
        st.info(plain(str(question)), icon=":material/help:")
    except RecordError as error:
        show_ecg_error(error)
    else:
        if opened is not None:
            _replace(opened)
            st.rerun()


def _read(files: Files, options: ReadOptions) -> EcgRecord | OneLead:
    try:
        return read_upload(files, options)
    except OneLeadError as found:
        return found.one


def _read_new(files: Files, token: str) -> Opened | None:
    """Read uploaded files, asking the reader only for what they do not say."""
    options, entries = FILE_SAYS_ALL, tuple[str, ...]()
    try:
        record = _read(files, options)
    except SeveralError as several:
        st.info(f"There are {len(several.entries)} recordings.", icon=":material/help:")
        entries = several.entries
        options = ReadOptions(entry=questions.choose(entries, token))
        return _read_asking(files, options, entries, token) if options.entry else None
    except NotSaidError:
        return _read_asking(files, options, entries, token)
    return Opened(record)


def _read_asking(
    files: Files, options: ReadOptions, entries: tuple[str, ...], token: str
) -> Opened | None:
    """Read one recording; None while questions are open, which are drawn with their guesses."""
    try:
        return Opened(_read(files, options), files, options, entries)
    except NotSaidError as missing:
        st.info(plain(str(missing)), icon=":material/help:")
        token = f"{token} {options.entry}"
        answered = questions.ask(missing.questions, options, token)
    return None if answered is None else Opened(_read(files, answered), files, answered, entries)


def _replace(opened: Opened | None) -> None:
    """Open another recording, or none; its widgets begin anew."""
    st.session_state[_OPENED] = opened
    st.session_state[_ROUND] = _round() + 1


def draw_warnings(record: EcgRecord | OneLead) -> None:
    """Say what was changed or assumed while reading, each line once."""
    if record.warnings:
        st.info(plain(" ".join(record.warnings)), icon=":material/info:")


def choose_window(record: EcgRecord) -> tuple[float, PopoverContainer | None]:
    """Draw the choice of 10 s where the recording is longer.

    Returns
    -------
    tuple
        Where they begin, and the closed menu for `draw_windows`; None where there is no choice.
    """
    starts = covering_windows(record, WINDOW_S)
    if len(starts) == 1:
        return starts[0], None
    left, right = st.columns([0.73, 0.27], gap="small", vertical_alignment="center")
    with left:
        start_s: float = st.select_slider(
            f"{WINDOW_S:.0f} s shown, measured and printed, of {record.duration_s:.4g} s",
            starts,
            format_func=_span,
            key=_start_key(),
            persist_state="session",
        )
    with right:
        key = f"upload_windows_{_round()}"
        return start_s, st.popover("Models on every window", key=key, on_change="rerun")


def _start_key() -> str:
    return f"upload_start_{_round()}"


def _span(start_s: float) -> str:
    return f"{start_s:.5g} to {start_s + WINDOW_S:.5g} s"


def case_at(record: EcgRecord, start_s: float) -> ReadableCase:
    """Open 10 s of a recording, or all of a shorter one.

    The models' copy carries no warnings: the page has shown them, and they would be said twice.
    """
    shown = window(record, start_s, min(WINDOW_S, record.duration_s))
    case = cases.from_record(shown, start_s)
    return replace(case, record=replace(shown, warnings=()))


def draw_windows(record: EcgRecord, menu: PopoverContainer) -> None:
    """Fill the open menu with the models' predictions on every window; a click on one shows it."""
    if not menu.open:
        return
    starts = covering_windows(record, WINDOW_S)
    asked = starts[:MAX_WINDOWS]
    with menu:
        with st.spinner(f"Predicting {counted(len(asked), 'window')} …"):
            rules = said.main_rules(chosen_calibrator())
            table = window_predictions(record, asked, rules)
        if table.empty:
            st.info("No model predicts this recording.", icon=":material/info:")
            return
        limit = f" The first {len(asked)} of {len(starts)}." if len(asked) < len(starts) else ""
        st.caption(
            "Probability of MI among the main ensembles, here by the first seed of each alone, "
            f"{calibrator_words(rules[0].calibrator)}. A click shows the window.{limit}"
        )
        key = f"upload_picked_{_round()}"
        st.dataframe(
            table.style.format(percent, subset=["Lowest", "Highest"]),
            key=key,
            on_select=partial(_go_to_picked, key, asked),
            selection_mode=["single-row", "single-cell"],
            hide_index=True,
            width="content",
            height="auto" if len(table) < 10 else 360,
            alt=f"Lowest and highest probability of MI in {len(table)} windows",
        )


def _go_to_picked(key: str, starts: tuple[float, ...]) -> None:
    picked = st.session_state[key].selection
    for row in [*picked.rows, *(row for row, _ in picked.cells)]:
        st.session_state[_start_key()] = starts[row]


def window_predictions(
    record: EcgRecord, starts: tuple[float, ...], rules: Sequence[DecisionRule]
) -> pd.DataFrame:
    """Lowest and highest probability over the main ensembles' first seeds, a row per window.

    With why nothing can be concluded from a window, where that is so.
    """
    rows = []
    for start_s in starts:
        case = case_at(record, start_s)
        probs = said.first_seed_probs(case, rules)
        if probs:
            why = " ".join(void_reasons(caches.quality(case)))
            rows.append((_span(start_s), min(probs), max(probs), why))
    table = pd.DataFrame(rows, columns=["Window", "Lowest", "Highest", "Caution"])
    return table if table["Caution"].any() else table.drop(columns="Caution")
