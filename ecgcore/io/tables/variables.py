"""An ECG among named variables, as MATLAB and HDF5 files hold them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.raw import MAX_FS_HZ, MIN_FS_HZ
from ecgcore.io.tables.clocks import likely_unit_s, numeric_resolution, rate_of
from ecgcore.io.tables.column_names import SECONDS, column_of, is_voltage
from ecgcore.io.tables.found import Found, leads_first
from ecgcore.io.tables.metadata import is_rate_key, is_unit_key
from ecgcore.leads import LEADS, standard_lead

MAX_VARIABLES = 500
MAX_DEPTH = 5

_NAME_KEYS = {
    "leads", "leadnames", "leadname", "lead", "channels", "channelnames", "channel", "chnames",
    "labels", "label", "signame", "signames", "signalnames", "names", "columns", "chlabels",
}  # fmt: skip
_USUAL = ("val", "ecg", "signal", "signals", "sig", "data", "ecgdata", "ecgsignal", "x", "y")
_LEAST_SAMPLES = 100


@dataclass(slots=True)
class _Parts:
    arrays: list[tuple[str, NDArray[Any]]] = field(default_factory=list)
    texts: list[tuple[str, list[str]]] = field(default_factory=list)
    n_seen: int = 0


def found_in(variables: Mapping[str, object], name: str) -> Found:
    """Find samples, leads, unit and rate by the names and shapes of variables.

    Parameters
    ----------
    variables
        Numbers, texts, lists and further mappings by their names.

    Raises
    ------
    RecordError
        If none is an array of leads.
    """
    parts = _Parts()
    _gather(parts, "", variables, 0, name)
    unit = next((text[0] for key, text in parts.texts if _is_unit(key, text)), None)
    separate = _separate_leads(parts)
    if separate is not None:
        signal, names, named_unit = separate
        return Found(signal, names, named_unit or unit, _rate(parts, signal.shape[1], name))
    names_there = next((text for key, text in parts.texts if _are_leads(key, text)), None)
    signal, words = _signal(parts, names_there, name)
    lead_names = None if names_there is None else tuple(names_there)
    if lead_names is not None and len(lead_names) != len(signal):
        lead_names = None
    return Found(signal, lead_names, unit, _rate(parts, signal.shape[1], name), words)


def _gather(parts: _Parts, key: str, value: object, depth: int, name: str) -> None:
    """Part nested variables into numbers and texts under the last of their names."""
    parts.n_seen += 1
    if parts.n_seen > MAX_VARIABLES or depth > MAX_DEPTH:
        raise RecordError(
            f"{name} holds more than {MAX_VARIABLES} variables, or nested deeper than {MAX_DEPTH}. "
            "Save the ECG alone."
        )
    if isinstance(value, Mapping):
        for inner, one in value.items():
            _gather(parts, str(inner), one, depth + 1, name)
    elif isinstance(value, str):
        parts.texts.append((key, [value]))
    elif texts := _texts(value):
        parts.texts.append((key, texts))
    elif isinstance(value, list | tuple) or _is_object(value):
        _gather_list(parts, key, list(np.ravel(np.asarray(value, dtype=object))), depth, name)
    elif isinstance(value, int | float) or _is_numeric(value):
        parts.arrays.append((key, np.asarray(value)))


def _gather_list(parts: _Parts, key: str, values: list[object], depth: int, name: str) -> None:
    """Take a list of structures, such as channels with a label each, column by column."""
    maps = [one for one in values[:MAX_VARIABLES] if isinstance(one, Mapping)]
    if maps and len(maps) == len(values[:MAX_VARIABLES]):
        for inner in list(maps[0])[:MAX_VARIABLES]:
            column = [one.get(inner) for one in maps]
            if texts := _texts(column):
                parts.texts.append((str(inner), texts))
        return
    for one in values[:MAX_VARIABLES]:
        _gather(parts, key, one, depth + 1, name)


def _texts(value: object) -> list[str]:
    """Return a list of texts; empty if a value is none."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "UO":
        value = value.ravel().tolist()
    if not isinstance(value, list | tuple) or not value or len(value) > MAX_VARIABLES:
        return []
    return [one.strip() for one in value] if all(isinstance(one, str) for one in value) else []


def _is_object(value: object) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == object


def _is_numeric(value: object) -> bool:
    return isinstance(value, np.ndarray | np.generic) and np.asarray(value).dtype.kind in "iuf"


def _plain(key: str) -> str:
    return "".join(letter for letter in key.lower() if letter.isalpha())


def _is_unit(key: str, texts: Sequence[str]) -> bool:
    return is_unit_key(_plain(key)) and is_voltage(texts[0]) and len(set(texts)) == 1


def _are_leads(key: str, texts: Sequence[str]) -> bool:
    known = sum(standard_lead(one.lstrip("-")) is not None for one in texts)
    return _plain(key) in _NAME_KEYS and known >= max(2, len(texts) // 2)


def _separate_leads(
    parts: _Parts,
) -> tuple[NDArray[np.float64], tuple[str, ...], str | None] | None:
    """Return leads that are variables of their own."""
    leads = [
        (column, array.ravel())
        for key, array in parts.arrays
        if array.size >= _LEAST_SAMPLES and max(array.shape) == array.size
        for column in [column_of(key)]
        if column.kind == "lead"
    ]
    if len(leads) < 2 or len({len(row) for _, row in leads}) > 1:
        return None
    units = {column.unit for column, _ in leads}
    signal = np.array([row for _, row in leads], dtype=np.float64)
    return (
        signal,
        tuple(column.name for column, _ in leads),
        units.pop() if len(units) == 1 else None,
    )


def _signal(
    parts: _Parts, names: Sequence[str] | None, name: str
) -> tuple[NDArray[Any], tuple[str, ...]]:
    counts = [*([len(names)] if names else []), len(LEADS), 8]
    for n in counts:
        fits = [
            (key, array)
            for key, array in parts.arrays
            if n in array.shape and array.size >= n * _LEAST_SAMPLES
        ]
        if fits:
            fits.sort(key=lambda one: (_plain(one[0]) in _USUAL, one[1].size), reverse=True)
            several = f"The file holds {len(fits)} arrays of {n} leads; one was read."
            return leads_first(fits[0][1], name, n), (several,) if len(fits) > 1 else ()
    single = [
        array
        for key, array in parts.arrays
        if array.size >= _LEAST_SAMPLES
        and max(array.shape) == array.size
        and column_of(key).kind != "time"
    ]
    if len(single) == 1:
        return single[0].reshape(1, -1), ()
    raise RecordError(
        f"{name} holds no array of 12 leads, such as (12, n_samples), nor one for each lead. Save "
        "the ECG as one array."
    )


def _rate(parts: _Parts, n_samples: int, name: str) -> float | None:
    for key, array in parts.arrays:
        if array.size == 1 and is_rate_key(_plain(key)):
            fs_hz = float(array.ravel()[0])
            if MIN_FS_HZ <= fs_hz <= MAX_FS_HZ:
                return fs_hz
    for key, array in parts.arrays:
        column = column_of(key)
        if column.kind == "time" and array.size == n_samples >= _LEAST_SAMPLES:
            times = array.ravel().astype(np.float64)
            unit_s = SECONDS.get((column.unit or "").lower()) or likely_unit_s(times)
            if unit_s is not None:
                return rate_of(times * unit_s, numeric_resolution(times, unit_s), name)
    return None
