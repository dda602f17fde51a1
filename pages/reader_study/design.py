"""The design of a study, until it is locked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.errors import EcgError, ReviewError
from ecgcore.predictions.decision import HALF, DecisionSettings
from ecgcore.predictions.ensemble import Ensemble, ensemble_by_name
from ecgcore.review.people.permissions import Person
from ecgcore.review.studies import access, run
from ecgcore.review.studies.cases import POOLS, draw_cases, most_cases
from ecgcore.review.studies.protocol import ABOUT_ARMS, ARMS, MOST_WRONG, Protocol
from pages.case.labels import default_ensemble
from pages.reader_study import caches as kept
from pages.shared import caches
from pages.shared.errors import show_ecg_error

if TYPE_CHECKING:
    import pandas as pd

_FEWEST, _USUAL = 4, 20


def draw_design(_name: str | None, person: Person | None) -> None:
    """Draw the form, the protocol that it makes, and the button that locks it."""
    left, right = st.columns([0.55, 0.45], gap="large")
    with left:
        name = st.text_input("Name of the study", "Pilot", max_chars=40)
        readers = st.text_input("Readers (initials, separated by commas)", "AB, CD")
        arms = st.multiselect("Arms", ARMS, default=["alone", "advice after own read"])
        st.caption(" ".join(f"**{arm}**: {ABOUT_ARMS[arm]}" for arm in arms))
        with st.container(horizontal=True):
            pool = st.selectbox("Cases", list(POOLS))
            n = _n_cases(pool)
        with st.container(horizontal=True):
            wrong = st.slider(
                "Planted wrong advice", 0, round(100 * MOST_WRONG), 10, format="%d %%"
            )
            days = st.number_input("Days between rounds", 0, 365, 28, width=150)
            seed = st.number_input("Seed of the cases", 0, 10**9, 1, width=150)
    with right:
        try:
            who = tuple(one.strip() for one in readers.split(",") if one.strip())
            protocol = _protocol(
                name.strip(), who, tuple(arms), pool, n, wrong / 100, int(days), int(seed)
            )
        except EcgError as error:
            show_ecg_error(error)
            return
        _draw_protocol(protocol, person)


def _protocol(
    name: str,
    who: tuple[str, ...],
    arms: tuple[str, ...],
    pool: str,
    n: int,
    wrong: float,
    days: int,
    seed: int,
) -> Protocol:
    adviser = _adviser()
    cases = draw_cases(*_groups_and_probs(), pool, n, seed)
    about = f"label group of {caches.catalog().version}: {pool}"
    return Protocol(name, cases, who, arms, wrong, seed, days, HALF, adviser.name, about)  # type: ignore[arg-type]


def _n_cases(pool: str) -> int:
    """Ask for the number of cases, at first 20 or as many as there are."""
    try:
        most = max(_FEWEST, most_cases(*_groups_and_probs(), pool))
    except ReviewError:  # which the protocol tells
        most = _USUAL
    n = st.number_input("Number of cases", _FEWEST, most, min(_USUAL, most), step=2, width=140)
    return int(n)


def _groups_and_probs() -> tuple[pd.Series[str], pd.Series[float]]:
    """Give label group and the adviser's probability of MI of the test fold's records."""
    adviser = _adviser()
    said = caches.said(caches.catalog().version, DecisionSettings())
    if said is None or adviser.name not in said:
        raise ReviewError("No shipped model predicts these records, so nobody could advise.")
    frame = caches.catalog().frame
    return frame.loc[frame["split"] == "test", "group"], said[adviser.name]


def _adviser() -> Ensemble:
    found = [one for one in caches.ensembles() if one.shipped]
    if not found:
        raise ReviewError("No shipped model is here, so nobody could advise.")
    return found[default_ensemble(tuple(found))]


def _draw_protocol(protocol: Protocol, person: Person | None) -> None:
    st.header("Protocol", anchor=False)
    rounds = len(protocol.arms)
    adviser = ensemble_by_name(caches.ensembles(), protocol.model).label
    st.markdown(
        f"- {len(protocol.cases)} cases, {sum(one.truth for one in protocol.cases)} of them MI "
        f"by the label ({protocol.truth_from})\n"
        f"- {len(protocol.readers)} readers, {rounds} rounds, {protocol.days_between} days between "
        f"rounds; {protocol.n_readings} readings in all\n"
        "- every reader reads every case once in every arm; order, arms and planted advice are "
        "drawn by a secret that is made at the start, balanced over readers, arms and rounds\n"
        f"- advice by {adviser}, MI from 50 %; {100 * protocol.wrong_share:.0f} % of the "
        "cases get wrong advice, marked to nobody until the end"
    )
    st.caption(
        "The locked protocol holds the SHA-256 of the secret, so that nobody can change it; the "
        "secret itself is named at the end of the study."
    )
    leads = access.may_lead(person, protocol.name)
    if person is None:
        st.caption("Say who you are to start it: the store keeps by whom a study was started.")
    elif not leads:
        st.caption(f"Only a lead of the study {protocol.name} may start it.")
    pressed = st.button("Lock the protocol and start", icon=":material/lock:", disabled=not leads)
    if pressed and person is not None:
        try:
            receipt = run.start(kept.log(), protocol, person.name)
        except ReviewError as error:
            show_ecg_error(error)
            return
        words = "The study has started." if receipt.new else "This study runs already."
        number, sealed = receipt.entry.number, run.load(kept.log(), protocol.name)
        st.success(
            f"{words} Entry {number} of the store holds its protocol, SHA-256 {sealed.hash}."
        )
