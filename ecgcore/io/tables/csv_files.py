"""Read tables of samples: ``.csv``, ``.tsv`` and ``.txt``.

The first line names the columns: leads, each perhaps with its unit in brackets (``II [mV]``), and
perhaps a time with its unit (``time_s``, ``t [ms]``). One row per sample; separator ``,`` ``;`` or
tab; decimal point, or decimal comma where the separator is another. Lines before it that begin with
``#`` are left out. Units and rate are asked for where the columns do not say them.
"""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.missing_units import asked_rate, asked_unit
from ecgcore.io.raw import RawEcg, ReadOptions, check_size, unit_scale
from ecgcore.leads import standard_lead, twelve_leads

_SEPARATORS = (";", "\t", ",")
_MAX_HEADER = 10_000
_MAX_COLUMNS = 40
_MAX_LINES_ABOVE = 10_000
_ROWS_AT_ONCE = 50_000
_TIME = re.compile(r"(?:time|t|zeit|timestamp)(?:[ _](\w+))?", re.IGNORECASE)
_SECONDS = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6}
_COUNTERS = {"", "index", "sample", "samples", "n", "nr", "no", "unnamed: 0"}


@dataclass(frozen=True, slots=True)
class _Columns:
    """Columns named by the first line; positions count from 0."""

    leads: dict[int, tuple[str, str | None]]
    time: int | None
    time_unit_s: float | None
    left_out: tuple[str, ...]


def read_csv(content: bytes, name: str, options: ReadOptions) -> RawEcg:
    """Read one table of samples.

    Raises
    ------
    RecordError
        If the first line names no leads, a cell is not a number, or units or rate are said nowhere.
    """
    text = _text(content, name)
    header, body = _split(text, name)
    separator = max(_SEPARATORS, key=lambda mark: (_n_leads(header, mark), header.count(mark)))
    columns = _columns(header, separator, name)
    names = tuple(lead for lead, _ in columns.leads.values())
    twelve_leads(np.empty((len(names), 0)), names)  # before the reader is asked for anything
    units = {unit for lead, unit in columns.leads.values() if _is_lead(lead)}
    if len(units) > 1:
        raise RecordError(f"{name} gives some leads another unit than others. Use one for all.")
    unit, unit_words = asked_unit(name, units.pop(), options)
    table = _table(body, separator, len(_cells(header, separator)), name)
    fs_hz, rate_words = asked_rate(name, _rate(table, columns, name), options)
    positions = list(columns.leads)
    signal = table[:, positions].T * unit_scale(name, unit)
    left_out = (
        (f"Columns left out: {', '.join(columns.left_out)[:200]}.",) if columns.left_out else ()
    )
    return RawEcg(names, signal, fs_hz, (*unit_words, *rate_words, *left_out))


def _text(content: bytes, name: str) -> str:
    if b"\0" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise RecordError(f"{name} is not a text file. Export the recording as CSV.")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = content.decode("utf-16", errors="replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("latin-1")
    return text if "\n" in text else text.replace("\r", "\n")


def _split(text: str, name: str) -> tuple[str, str]:
    """First line that is neither empty nor a comment, and the text after it."""
    start = 0
    for _ in range(_MAX_LINES_ABOVE):
        if start >= len(text):
            break
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end].strip("\r\n ")
        start = end + 1
        if line and not line.startswith("#"):
            if len(line) > _MAX_HEADER:
                raise RecordError(f"{name}: the first line has {len(line):,} letters; no header.")
            return line, text[start:]
    raise RecordError(
        f"{name} is empty, or more than {_MAX_LINES_ABOVE:,} lines stand above its first row. "
        "Export the recording again."
    )


def _cells(header: str, separator: str) -> list[str]:
    return [cell.strip().strip("\"'") for cell in header.split(separator)]


def _column(cell: str) -> tuple[str, str | None]:
    """Name and unit of a column: what the last pair of brackets holds."""
    bare = cell.strip()
    if not bare.endswith(("]", ")")):
        return bare, None
    start = max(bare.rfind("["), bare.rfind("("))
    inside = bare[start + 1 : -1]
    if start < 0 or "]" in inside or ")" in inside:
        return bare, None
    return bare[:start].strip(), inside.strip()


def _n_leads(header: str, separator: str) -> int:
    return sum(_is_lead(_column(cell)[0]) for cell in _cells(header, separator))


def _is_lead(name: str) -> bool:
    return standard_lead(name.lstrip("-−")) is not None


def _columns(header: str, separator: str, name: str) -> _Columns:
    leads, left_out = {}, []
    time, time_unit_s = None, None
    for position, cell in enumerate(_cells(header, separator)):
        bare, unit = _column(cell)
        timed = _TIME.fullmatch(bare)
        if timed and time is None:
            time = position
            time_unit_s = _SECONDS.get((timed[1] or unit or "").lower())
        elif bare.lower() in _COUNTERS or _is_number(bare):
            left_out += [bare] if bare else []
        else:
            leads[position] = (bare, unit)
    if not any(_is_lead(bare) for bare, _ in leads.values()):
        raise RecordError(
            f"{name}: the first line names no lead. Put the names of the "
            "leads (I, II, V1 ...) there, one per column."
        )
    return _Columns(leads, time, time_unit_s, tuple(left_out))


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[-+]?[\d.,]+(?:[eE][-+]?\d+)?", text))


def _table(body: str, separator: str, n_columns: int, name: str) -> NDArray[np.float64]:
    """``(n_samples, n_columns)``; an empty cell is NaN."""
    decimal = "," if separator != "," and "," in body else "."
    _check_shape(body, separator, n_columns, name)
    data, kept = BytesIO(body.encode()), list[NDArray[np.float64]]()

    def rows(kind: type) -> Iterator[pd.DataFrame]:
        data.seek(0)
        parts: Iterator[pd.DataFrame] = pd.read_csv(
            data,
            sep=separator,
            decimal=decimal,
            header=None,
            names=range(n_columns),
            index_col=False,
            comment="#",
            dtype=kind,
            chunksize=_ROWS_AT_ONCE,
        )
        return parts

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            kept.extend(np.asarray(part) for part in rows(np.float64))
    except pd.errors.ParserWarning as error:
        raise RecordError(
            f"{name} has rows that are longer than its first line, which names {n_columns} "
            "columns. Export the recording again."
        ) from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, OverflowError) as error:
        raise RecordError(
            f"{name} cannot be read as a table ({type(error).__name__}). Export it again."
        ) from error
    except ValueError as error:
        part = next(islice(rows(str), len(kept), None))
        raise _bad_cell(part, decimal, name) from error
    return np.concatenate(kept)


def _check_shape(body: str, separator: str, n_columns: int, name: str) -> None:
    """Refuse rows that are too many or mostly empty before memory is taken for them."""
    n_rows = body.count("\n") + 1
    if n_columns > _MAX_COLUMNS:
        raise RecordError(f"{name} has {n_columns} columns; at most {_MAX_COLUMNS} can be read.")
    check_size(name, 1, n_rows * n_columns)
    if 1.5 * body.count(separator) > len(body):
        raise RecordError(f"{name} has mostly empty cells. Export the recording again.")
    if body.count(separator) < 0.9 * (n_rows - 2) * (n_columns - 1):
        raise RecordError(
            f"{name} has rows that are shorter than its first line, which names {n_columns} "
            "columns. Export the recording again."
        )


def _bad_cell(part: pd.DataFrame, decimal: str, name: str) -> RecordError:
    for number in part.columns:
        texts = part[number].str.replace(decimal, ".", regex=False)
        bad = texts[pd.to_numeric(texts, errors="coerce").isna() & texts.notna()]
        if len(bad):
            return RecordError(
                f"{name}, row {bad.index[0] + 1}, column {number + 1} below the header: the cell "
                "is not a number."
            )
    return RecordError(f"{name} holds a cell that is not a number. Export the recording again.")


def _rate(table: NDArray[np.float64], columns: _Columns, name: str) -> float | None:
    """Rate of the time column; None where there is none or its unit is not said."""
    if columns.time is None or columns.time_unit_s is None or len(table) < 3:
        return None
    times_s = table[:, columns.time] * columns.time_unit_s
    span_s = times_s[-1] - times_s[0]
    if not np.isfinite(times_s).all() or span_s <= 0:
        raise RecordError(f"{name}: the time column does not rise. Sort the rows, or leave it out.")
    step_s = span_s / (len(times_s) - 1)
    off = np.abs(times_s - times_s[0] - step_s * np.arange(len(times_s)))
    if off.max() > 0.75 * step_s:
        raise RecordError(
            f"{name}: the time column jumps near row {int(off.argmax()) + 1}; samples are missing "
            "or repeated there. Crop the recording."
        )
    rate = 1 / step_s
    whole = round(rate)
    return float(whole) if abs(rate - whole) < 2e-4 * rate else rate
