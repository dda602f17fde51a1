"""Read tables of samples: CSV, TSV and other texts, as devices and programs export them.

=================  ================================================================================
read               separators ``, ; |``, tab and blanks; Excel's ``sep=``; decimal point or comma;
                   UTF-8, UTF-16, Latin-1; lines of metadata and comments above and between
names              ``II``, ``II [mV]``, ``II_mV``, ``II/uV``, ``EKG II``, ``ECG.II``, ``LeadII``
                   (`ecgcore.io.tables.column_names`); a row of units below them; one lead a row
times              seconds, ms, µs; ``hh:mm:ss.mmm``, dates with times; the rate follows from them
metadata           rate, unit and lead where a line says no more than that
asked for          units, rate and, without names, the order of the leads
left out           columns of text, counters, further channels; they cost no recording
=================  ================================================================================

No text of a file is ever repeated in a message.
"""

import warnings
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.raw import RawEcg, ReadOptions, check_size
from ecgcore.io.tables.clocks import (
    clock_seconds,
    likely_unit_s,
    numeric_resolution,
    rate_of,
    unit_words,
)
from ecgcore.io.tables.column_names import SECONDS, UNNAMED, Column, is_voltage
from ecgcore.io.tables.found import Found, agreed_rate, asked_raw, in_one_unit
from ecgcore.io.tables.layout import Layout, layout_of
from ecgcore.io.tables.rows import read_rows
from ecgcore.io.tables.texts import cells_of, decoded, is_blank, is_number, lines_of

_ROWS_AT_ONCE = 50_000
_MAX_FOOTER = 20
_LOOKED_AT = 20
_SURE = 5
"""Rows from which one may be told from the others."""

_LEAD_COUNTS = (12, 8, 1)
_NOTHING = ["-", "--", "---", "?", "."]

Text = NDArray[Any]


def read_csv(content: bytes, name: str, options: ReadOptions) -> RawEcg:
    """Read one table of samples.

    Raises
    ------
    RecordError
        If it names too few leads, a cell is not a number, or it says another unit or rate than the
        reader; NotSaidError if units, rate or leads are said nowhere.
    """
    text = decoded(content, name)
    layout = layout_of(text, name)
    found = read_rows(text, layout, name) if layout.by_rows else _columns(text, layout, name)
    return asked_raw(found, name, options)


def _columns(text: str, layout: Layout, name: str) -> Found:
    body = _without_footer(text[layout.start :], layout)
    _check_shape(body, layout, name)
    rows = [
        cells_of(body[start:end], layout.separator) for start, end in lines_of(body, _LOOKED_AT)
    ]
    columns = layout.columns or (Column("other", ""),) * layout.n_columns
    leads = [k for k, one in enumerate(columns) if one.kind == "lead"]
    times = [k for k, one in enumerate(columns) if one.kind == "time" or one.name == UNNAMED]
    if leads:
        names: tuple[str, ...] | None = tuple(columns[k].name for k in leads)
    else:
        leads, before = _unnamed(columns, rows, name)
        names, times = _stated_names(layout, leads), [*times, *before]
    if len(rows) >= _SURE and _are_numbers_of_columns(rows, leads):
        body = body[body.find("\n") + 1 :]
    signal, texts = _table(body, layout, leads, times, name)
    fs_hz, words = _rate(texts, [columns[k] for k in times], name)
    others = [k for k, one in enumerate(columns) if one.kind == "other" and k not in leads]
    left_out = [columns[k].name or f"column {k + 1}" for k in others if k not in times]
    signal, unit = in_one_unit(signal, [columns[k].unit for k in leads], name)
    stated = layout.stated
    return Found(
        signal,
        names,
        unit or stated.unit,
        agreed_rate(fs_hz, stated.fs_hz, name),
        words,
        tuple(left_out),
    )


def _stated_names(layout: Layout, leads: Sequence[int]) -> tuple[str, ...] | None:
    """Name the only lead as a line above states it."""
    return (layout.stated.lead,) if len(leads) == 1 and layout.stated.lead else None


def _unnamed(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], name: str
) -> tuple[list[int], list[int]]:
    """Return the columns of samples where no name tells them, and those before that may be times.

    Raises
    ------
    RecordError
        If they are not 12, 8 or 1 beside counters, times and texts.
    """
    numeric = [k for k in range(len(columns)) if _is_numeric(rows, k)]
    signals = [k for k in numeric if columns[k].kind == "other"]
    single = [k for k in signals if columns[k].single or is_voltage(columns[k].unit or "")]
    if len(single) == 1 and len(signals) not in _LEAD_COUNTS[:2]:
        return single, []
    before: list[int] = []
    while len(signals) not in _LEAD_COUNTS and signals and _rises(rows, signals[0]):
        before.append(signals.pop(0))
    if len(signals) not in _LEAD_COUNTS:
        raise RecordError(
            f"{name}: no line names the leads, and {len(signals)} columns hold samples. Put the "
            "names of the leads (I, II, V1 ...) above them, one per column."
        )
    texts = [k for k in range(len(columns)) if k not in numeric and columns[k].kind == "other"]
    return signals, [*before, *texts[:1]]


def _is_numeric(rows: Sequence[Sequence[str]], k: int) -> bool:
    cells = [row[k] for row in rows if k < len(row)]
    return any(map(is_number, cells)) and all(is_number(one) or is_blank(one) for one in cells)


def _rises(rows: Sequence[Sequence[str]], k: int) -> bool:
    cells = [row[k] for row in rows if k < len(row) and is_number(row[k])]
    numbers = [float(cell.replace(",", ".", 1)) for cell in cells]
    return len(numbers) > 1 and numbers[-1] > numbers[0] and numbers == sorted(numbers)


def _are_numbers_of_columns(rows: Sequence[Sequence[str]], leads: Sequence[int]) -> bool:
    """Say whether the first row, and it alone, only counts the columns."""
    first, second = ([row[k] for k in leads if k < len(row)] for row in rows[:2])
    starts = (0, 1, leads[0])
    return (
        len(first) > 1
        and first != second
        and any(first == [str(start + k) for k in range(len(first))] for start in starts)
    )


def _without_footer(body: str, layout: Layout) -> str:
    """Leave out lines at the end without a number, such as "end of file"."""
    for _ in range(_MAX_FOOTER):
        kept = body.rstrip()
        last = kept.rfind("\n") + 1
        cells = cells_of(kept[last:], layout.separator)
        if not last or any(map(is_number, cells)):
            return body
        body = kept[:last]
    return body


def _check_shape(body: str, layout: Layout, name: str) -> None:
    """Refuse rows that are too many or mostly empty before memory is taken for them."""
    n_rows, n_columns, separator = body.count("\n") + 1, layout.n_columns, layout.separator
    check_size(name, 1, n_rows * n_columns)
    if separator == " ":
        return
    if 1.5 * body.count(separator) > len(body):
        raise RecordError(f"{name} has mostly empty cells. Export the recording again.")
    if body.count(separator) < 0.9 * (n_rows - 2) * (n_columns - 1):
        raise RecordError(
            f"{name} has rows that are shorter than its first line, which names {n_columns} "
            "columns. Export the recording again."
        )


def _table(
    body: str, layout: Layout, leads: Sequence[int], times: Sequence[int], name: str
) -> tuple[NDArray[np.float64], list[list[str]]]:
    """Return samples ``(n_leads, n_samples)``, nan for an empty cell, and the columns of times."""
    data, kept = BytesIO(body.encode()), list[NDArray[np.float64]]()
    texts: list[list[str]] = [[] for _ in times]

    def parts(kind: type) -> Iterator[pd.DataFrame]:
        data.seek(0)
        found: Iterator[pd.DataFrame] = pd.read_csv(
            data,
            sep=r"\s+" if layout.separator == " " else layout.separator,
            decimal=layout.decimal,
            header=None,
            names=range(layout.n_columns),
            index_col=False,
            comment="#",
            skipinitialspace=True,
            na_values=_NOTHING,
            dtype=dict.fromkeys(leads, kind) | dict.fromkeys(times, str),
            chunksize=_ROWS_AT_ONCE,
        )
        return found

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            for part in parts(np.float64):
                kept.append(part[list(leads)].to_numpy(np.float64))
                for column, k in zip(texts, times, strict=True):
                    column.extend(part[k].fillna("").tolist())
    except pd.errors.ParserWarning as error:
        raise RecordError(
            f"{name} has rows that are longer than its first line, which names "
            f"{layout.n_columns} columns. Export the recording again."
        ) from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, OverflowError) as error:
        raise RecordError(
            f"{name} cannot be read as a table ({type(error).__name__}). Export it again."
        ) from error
    except ValueError as error:
        part = next(islice(parts(str), len(kept), None))
        raise _bad_cell(part[list(leads)], layout.decimal, name) from error
    return np.concatenate(kept).T, texts


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


def _rate(
    texts: Sequence[list[str]], columns: Sequence[Column], name: str
) -> tuple[float | None, tuple[str, ...]]:
    """Return the rate of the first column that tells one, and what was assumed of its unit."""
    for cells, column in zip(texts, columns, strict=True):
        if len(cells) < 3:
            continue
        numbers = _numbers(cells)
        if numbers is None:
            clock = clock_seconds(cells)
            if clock is not None:
                return rate_of(*clock, name), ()
            continue
        said_s = SECONDS.get((column.unit or "").lower())
        unit_s = said_s or likely_unit_s(numbers)
        if unit_s is None:
            continue
        fs_hz = rate_of(numbers * unit_s, numeric_resolution(numbers, unit_s), name)
        if said_s is not None:
            return fs_hz, ()
        words = f"The times were taken as {unit_words(unit_s)}: {fs_hz:.6g} Hz; no unit is stated."
        return fs_hz, (words,)
    return None, ()


def _numbers(cells: Sequence[str]) -> NDArray[np.float64] | None:
    """Return cells as numbers; None if one is none."""
    try:
        bare = (cell.strip("\"' ").replace(",", ".", 1) for cell in cells)
        numbers = np.array([float(cell) if cell else np.nan for cell in bare])
    except ValueError:
        return None
    return None if np.isnan(numbers).all() else numbers
