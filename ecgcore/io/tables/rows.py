"""Tables whose rows are the leads: a name, perhaps a unit, then the samples."""

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.raw import MAX_LEADS, check_size
from ecgcore.io.tables.clocks import clock_seconds, likely_unit_s, numeric_resolution, rate_of
from ecgcore.io.tables.column_names import SECONDS, UNNAMED, Column, column_of, is_voltage
from ecgcore.io.tables.found import Found, agreed_rate, in_one_unit
from ecgcore.io.tables.layout import Layout
from ecgcore.io.tables.texts import cells_of, is_blank, is_number, lines_of

_LONGEST_NAMES = 2000


def read_rows(text: str, layout: Layout, name: str) -> Found:
    """Read a table of one lead a row.

    Raises
    ------
    RecordError
        If rows differ in length, or a cell is not a number.
    """
    body = text[layout.start :]
    check_size(name, 1, len(body) // 2)
    leads: list[tuple[Column, NDArray[np.float64]]] = []
    fs_hz, n_other = None, 0
    for row, (start, end) in enumerate(lines_of(body, MAX_LEADS)):
        line = body[start:end].strip()
        fast = _read_fast(line, layout)
        if fast is not None:
            leads.append(fast)
            continue
        column, cells = _named(cells_of(line, layout.separator))
        if column.kind == "lead" or column.name == UNNAMED:
            leads.append((column, _samples(cells, row, name)))
        elif column.kind == "time" and len(cells) > 2:
            fs_hz = _rate(cells, column, name)
        elif row and cells:
            n_other += 1
    if len(leads) > 1 and leads[0][0].name == UNNAMED and np.all(np.diff(leads[0][1]) > 0):
        cells = [f"{value:.9g}" for value in leads.pop(0)[1]]
        fs_hz = _rate(cells, Column("time", "time"), name)
    lengths = {len(samples) for _, samples in leads}
    if len(lengths) > 1:
        raise RecordError(
            f"{name} has leads of {min(lengths):,} to {max(lengths):,} samples, one in each row. "
            "Export all leads with the same length."
        )
    samples = np.array([samples for _, samples in leads])
    signal, unit = in_one_unit(samples, [column.unit for column, _ in leads], name)
    words = (f"Rows left out: {n_other}.",) if n_other else ()
    return Found(
        signal,
        _names([column for column, _ in leads]),
        unit or layout.stated.unit,
        agreed_rate(fs_hz, layout.stated.fs_hz, name),
        ("Each row of the table is a lead.", *words),
    )


def _read_fast(line: str, layout: Layout) -> tuple[Column, NDArray[np.float64]] | None:
    """Read a row of a lead that holds numbers alone; None where cells must be looked at."""
    separator = None if layout.separator == " " else layout.separator
    cells = cells_of(line[:_LONGEST_NAMES], layout.separator)[:3]
    column, numbers = _named(cells)
    n_names = len(cells) - len(numbers)
    if not numbers or (column.kind != "lead" and column.name != UNNAMED) or '"' in line:
        return None
    rest = line.split(separator, n_names)[n_names]
    if layout.decimal == ",":
        rest = rest.replace(",", ".")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of what is no number
            return column, np.fromstring(rest, dtype=np.float64, sep=separator or " ")
    except (DeprecationWarning, ValueError):
        return None


def _names(columns: Sequence[Column]) -> tuple[str, ...] | None:
    """Return the names of all leads; None where none has one."""
    known = [one.name for one in columns if one.name != UNNAMED]
    return tuple(one.name for one in columns) if known else None


def _named(cells: list[str]) -> tuple[Column, list[str]]:
    """Part a row's name and unit from its samples; empty cells at its end are no samples."""
    while cells and is_blank(cells[-1]):
        cells.pop()
    if not cells:
        return Column("other", ""), []
    if is_number(cells[0]):
        return Column("other", UNNAMED), cells
    column, rest = column_of(cells[0]), cells[1:]
    if rest and not is_number(rest[0]) and not is_blank(rest[0]):
        unit = rest[0].strip("[](){} ")
        known = is_voltage(unit) or unit.lower() in SECONDS
        column = Column(column.kind, column.name, unit if known else column.unit)
        rest = rest[1:]
    return column, rest


def _samples(cells: Sequence[str], row: int, name: str) -> NDArray[np.float64]:
    for k, cell in enumerate(cells):
        if not is_number(cell) and not is_blank(cell):
            raise RecordError(
                f"{name}: sample {k + 1} of row {row + 1} is not a number. Export it again."
            )
    return np.array(
        [np.nan if is_blank(cell) else float(cell.replace(",", ".", 1)) for cell in cells]
    )


def _rate(cells: Sequence[str], column: Column, name: str) -> float | None:
    if not all(map(is_number, cells)):
        clock = clock_seconds(cells)
        return None if clock is None else rate_of(*clock, name)
    numbers = np.array([float(cell.replace(",", ".", 1)) for cell in cells])
    unit_s = SECONDS.get((column.unit or "").lower()) or likely_unit_s(numbers)
    if unit_s is None:
        return None
    return rate_of(numbers * unit_s, numeric_resolution(numbers, unit_s), name)
