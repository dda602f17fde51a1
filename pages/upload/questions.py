"""What a file does not say, asked of its reader: guesses stand in a form, the reader confirms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from ecgcore.io.lead_orders import ORDERS
from ecgcore.io.missing_units import Question
from ecgcore.io.raw import MAX_FS_HZ, MIN_FS_HZ, ReadOptions
from pages.shared.errors import plain

UNITS = ("mV", "uV", "V", "200/mV", "204.8/mV", "400/mV", "1000/mV")
"""Units to choose from; any other number of steps to the millivolt can be typed."""

_UNIT_WORDS = {"uV": "µV"}
_BASELINES = ("add", "subtract")
_WIDTH = 260


def choose(entries: Sequence[str], token: str, before: int | None = None) -> int | None:
    """Draw the choice among several recordings; return its number from 1."""
    chosen: int | None = st.selectbox(
        "Recording",
        range(1, len(entries) + 1),
        index=None if before is None else before - 1,
        format_func=lambda number: f"{number}: {plain(entries[number - 1])}",
        placeholder="Choose one",
        key=f"upload_entry_{token}",
        width=420,
    )
    return chosen


def ask(questions: Sequence[Question], options: ReadOptions, token: str) -> ReadOptions | None:
    """Draw the questions in one form, each guess filled in; None until the reader confirms."""
    with st.form(f"upload_form_{token}", width="content"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            answered = options
            for question in questions:
                answered = _widget(question.field, question.guess, answered, token)
        confirmed = st.form_submit_button("Open with these")
    return answered if confirmed else None


def change(options: ReadOptions, token: str) -> ReadOptions:
    """Draw what the reader has said, so that it can be changed; return what is said now."""
    fields = ("units", "fs_hz", "leads", "baseline")
    said = [field for field in fields if getattr(options, field) is not None]
    with st.container(horizontal=True):
        for field in said:
            options = _widget(field, getattr(options, field), options, token)
    return options


def _widget(field: str, value: str | float | None, options: ReadOptions, token: str) -> ReadOptions:
    if field == "units":
        return replace(options, units=_units(value, token))
    if field == "fs_hz":
        return replace(options, fs_hz=_rate(value, token))
    if field == "leads":
        return replace(options, leads=_order(str(value), token))
    chosen = st.selectbox(
        "Baseline of the first sample",
        _BASELINES,
        index=None if value is None else _BASELINES.index(str(value)),
        placeholder="add or subtract",
        key=f"upload_baseline_{token}",
        width=_WIDTH,
    )
    return replace(options, baseline=chosen)


def _units(value: str | float | None, token: str) -> str | None:
    known = UNITS if value in UNITS or value is None else (*UNITS, str(value))
    chosen: str | None = st.selectbox(
        "Units of the samples",
        known,
        index=None if value is None else known.index(str(value)),
        format_func=_unit_words,
        placeholder="Choose, or type steps as 250/mV",
        accept_new_options=True,
        key=f"upload_units_{token}",
        width=_WIDTH,
    )
    return chosen


def _unit_words(unit: str) -> str:
    if not unit.endswith("/mV"):
        return _UNIT_WORDS.get(unit, unit)
    return f"steps, {unit.removesuffix('/mV')} to the mV"


def _rate(value: str | float | None, token: str) -> float | None:
    chosen: float | None = st.number_input(
        "Samples per second",
        min_value=float(MIN_FS_HZ),
        max_value=float(MAX_FS_HZ),
        value=None if value is None else float(value),
        step=1.0,
        format="%g",
        placeholder=f"{MIN_FS_HZ} to {MAX_FS_HZ}",
        key=f"upload_rate_{token}",
        width=_WIDTH,
    )
    return chosen


def _order(value: str, token: str) -> str | None:
    now = ORDERS.get(value) or tuple(value.split(","))
    fitting = [name for name, order in ORDERS.items() if len(order) == len(now)]
    chosen: str | None = st.selectbox(
        "Order of the leads",
        fitting,
        index=next((k for k, name in enumerate(fitting) if ORDERS[name] == now), None),
        format_func=lambda name: f"{name}: {', '.join(ORDERS[name])}",
        key=f"upload_leads_{token}",
        width=520,
    )
    return chosen
