"""What a table or an array holds, and the questions for what it does not say."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.lead_orders import asked_order
from ecgcore.io.missing_units import Asked, asked_rate, asked_unit
from ecgcore.io.raw import RawEcg, ReadOptions, check_size, unit_scale
from ecgcore.leads import LEADS, standard_lead, twelve_leads

_SAME_RATE = 0.005


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a file holds, as far as it says it.

    Attributes
    ----------
    signal
        ``(n_leads, n_samples)``, numbers in `unit`.
    names
        ``n_leads`` names; None where the file names none.
    unit, fs_hz
        None where the file does not say it.
    left_out
        What may be shown of the names of other columns.
    """

    signal: NDArray[Any]
    names: tuple[str, ...] | None = None
    unit: str | None = None
    fs_hz: float | None = None
    words: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def asked_raw(found: Found, name: str, options: ReadOptions) -> RawEcg:
    """Return the leads in mV; the reader is asked at once for all that the file does not say.

    Raises
    ------
    RecordError
        If leads are missing, or file and reader differ; NotSaidError if neither says it.
    """
    if found.signal.ndim != 2:
        raise RecordError(f"{name} holds no column of samples. Export the recording again.")
    check_size(name, *found.signal.shape)
    if found.names is not None and len(found.names) > 1:
        twelve_leads(np.empty((len(found.names), 0)), found.names, found.left_out)
    if len(found.signal) == 1:  # what the file says of its only lead needs no second word
        options = replace(
            options,
            units=options.units if found.unit is None else None,
            fs_hz=options.fs_hz if found.fs_hz is None else None,
        )
    asked, numbers, none = Asked(name), found.signal, tuple[str, ...]()
    names, order_words = found.names or ("not named",), none
    if found.names is None and len(numbers) > 1:
        names, order_words = asked.of(lambda: asked_order(name, numbers, options), (none, none))
    shown = numbers if found.names is None else numbers[_leads_first(found.names)]
    unit, unit_words = asked.of(lambda: asked_unit(name, found.unit, options, shown), ("mV", none))
    fs_hz, rate_words = asked.of(
        lambda: asked_rate(name, found.fs_hz, options, numbers.shape[1]), (0.0, none)
    )
    asked.check()
    words = (*unit_words, *rate_words, *order_words, *found.words)
    millivolts = _scaled(numbers, unit_scale(name, unit))
    return RawEcg(names, millivolts, fs_hz, words, left_out=found.left_out)


def in_one_unit(
    signal: NDArray[Any], units: Sequence[str | None], name: str
) -> tuple[NDArray[Any], str | None]:
    """Return samples in one unit where each lead states its own; None where none does.

    Raises
    ------
    RecordError
        If only some leads state a unit.
    """
    stated = {unit for unit in units if unit is not None}
    if len(stated) <= 1 and None not in units:
        return signal, stated.pop() if stated else None
    if not stated:
        return signal, None
    if None in units:
        raise RecordError(f"{name} gives units to some leads only. Give each lead its unit.")
    scales = [unit_scale(name, str(unit)) for unit in units]
    return signal * np.array(scales)[:, None], "mV"


def agreed_rate(timed_hz: float | None, stated_hz: float | None, name: str) -> float | None:
    """Return the rate of the times, or that of a line above them.

    Raises
    ------
    RecordError
        If both are there and differ.
    """
    if timed_hz is None or stated_hz is None:
        return timed_hz or stated_hz
    if not math.isclose(timed_hz, stated_hz, rel_tol=_SAME_RATE):
        raise RecordError(
            f"{name} states {stated_hz:g} Hz above its table, whose times make {timed_hz:g} Hz. "
            "Leave one out."
        )
    return timed_hz


def _leads_first(names: tuple[str, ...]) -> list[int]:
    """Positions of the leads among names; of all where none is known."""
    known = [k for k, one in enumerate(names) if standard_lead(one.lstrip("-−"))]
    return known or [*range(len(names))]


def _scaled(signal: NDArray[Any], mv_per_unit: float) -> NDArray[np.float32]:
    """Return millivolts, row by row: small numbers take four times their memory, not sixteen."""
    scaled = np.empty(signal.shape, np.float32)
    for row, values in zip(scaled, signal, strict=True):
        row[:] = values.astype(np.float64) * mv_per_unit
    return scaled


def leads_first(array: NDArray[Any], name: str, n_names: int | None) -> NDArray[Any]:
    """Turn an array so that its leads are its rows.

    Parameters
    ----------
    n_names
        How many leads are named; None: 12 or 8 are looked for.

    Raises
    ------
    RecordError
        If no axis has as many.
    """
    rows = array.reshape(1, -1) if array.ndim == 1 else array
    while rows.ndim > 2 and 1 in rows.shape:
        rows = rows.squeeze(axis=rows.shape.index(1))
    if rows.ndim != 2:
        raise RecordError(
            f"{name} holds an array of shape {array.shape}; (12, n_samples) of one recording is "
            "needed."
        )
    wanted = (len(LEADS), 8, 1) if n_names is None else (n_names,)
    for n in wanted:
        if n in rows.shape:
            return rows if len(rows) == n else rows.T
    raise RecordError(
        f"{name} holds an array of shape {array.shape}; leads and samples, such as "
        f"({wanted[0]}, n_samples), are needed."
    )
