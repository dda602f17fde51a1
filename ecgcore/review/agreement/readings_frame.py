"""Readings, labels, calls of a model and consensus in one shape, so that any two can be compared.

A frame of raters has a row for each rater and case: ``reader, case, verdict``, then
``territories`` and ``statements``, each a tuple, or None where the rater does not speak of such.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.review.store.chain import Entry

Which = Literal["first", "last"]
WHICH: tuple[Which, ...] = get_args(Which)
"""The first reading of a case, blind where the study is, or the last one."""
LABEL, CONSENSUS = "PTB-XL label", "Consensus"
"""Names of two raters that are no readers."""
CERTAIN = 100
COLUMNS = ["reader", "case", "verdict", "territories", "statements"]
_MORE = ["confidence", "blind"]


def readings_frame(entries: Iterable[Entry]) -> pd.DataFrame:
    """Return every reading of one study, in their order.

    Returns
    -------
    pandas.DataFrame
        A frame of raters with ``confidence``, NaN where none is given, ``blind``, whether the
        answers were hidden until then, and ``revealed``, whether they were shown later.
    """
    everything = list(entries)
    rows = [
        _row(entry.reader, entry.case, json.loads(entry.body))
        for entry in everything
        if entry.kind == "reading"
    ]
    shown = {(entry.reader, entry.case) for entry in everything if entry.kind == "reveal"}
    frame = pd.DataFrame(rows, columns=[*COLUMNS, *_MORE])
    frame["confidence"] = frame["confidence"].astype(np.float64)
    places = zip(frame["reader"], frame["case"], strict=True)
    return frame.assign(revealed=np.array([place in shown for place in places], dtype=bool))


def consensus_frame(entries: Iterable[Entry]) -> pd.DataFrame:
    """Return every consensus of one study as the readings of the rater `CONSENSUS`."""
    rows = [
        _row(CONSENSUS, entry.case, json.loads(entry.body))
        for entry in entries
        if entry.kind == "consensus"
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS, *_MORE])[COLUMNS]


def one_each(frame: pd.DataFrame, which: Which) -> pd.DataFrame:
    """Return one reading for each reader and case."""
    return frame.drop_duplicates(["reader", "case"], keep=which)


def label_frame(catalog: Catalog, cases: Iterable[str]) -> pd.DataFrame:
    """Return what PTB-XL's label says of some cases; those that are no records are left out.

    MI stated at 100 % is MI, at less uncertain; without a statement of MI it is no MI.
    """
    ids = known_records(catalog, cases)
    known = catalog.frame.loc[list(ids)]
    likelihood = known["mi_likelihood"].fillna(0).to_numpy()
    verdicts = np.select([likelihood >= CERTAIN, likelihood > 0], ["MI", "uncertain"], "no MI")
    stated = catalog.codes[catalog.codes["ecg_id"].isin(ids)].groupby("ecg_id")["code"].agg(tuple)
    return pd.DataFrame(
        {
            "reader": LABEL,
            "case": list(ids.values()),
            "verdict": verdicts,
            "territories": [tuple(filter(None, one.split(", "))) for one in known["territory"]],
            "statements": [stated.get(ecg_id, ()) for ecg_id in ids],
        },
        columns=COLUMNS,
    )


def model_frame(name: str, calls_mi: pd.Series[bool]) -> pd.DataFrame:
    """Return a model's calls, by ``ecg_id``, as readings that speak of MI alone."""
    return pd.DataFrame(
        {
            "reader": name,
            "case": [str(ecg_id) for ecg_id in calls_mi.index],
            "verdict": np.where(calls_mi.to_numpy(dtype=bool), "MI", "no MI"),
            "territories": None,
            "statements": None,
        },
        columns=COLUMNS,
    )


def known_records(catalog: Catalog, cases: Iterable[str]) -> Mapping[int, str]:
    """Return those cases that are records of a data set, by their number."""
    numbers = {int(case): case for case in cases if case.isdecimal() and len(case) < 10}
    index = catalog.frame.index
    return {number: numbers[number] for number in index[index.isin(list(numbers))]}


def _row(reader: str, case: str, said: Mapping[str, Any]) -> tuple[object, ...]:
    lists = [tuple(said.get(name) or ()) for name in ("territories", "statements")]
    more = said.get("confidence"), bool(said.get("blind", True))
    return (reader, case, said["verdict"], *lists, *more)
