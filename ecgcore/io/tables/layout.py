"""Where the numbers of a table begin, how they are parted, and what the columns are called."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from ecgcore.errors import RecordError
from ecgcore.io.tables.column_names import SECONDS, Column, column_of, is_voltage
from ecgcore.io.tables.metadata import Stated, with_line
from ecgcore.io.tables.texts import SEPARATORS, cells_of, is_blank, is_number, lines_of
from ecgcore.leads import LEADS, standard_lead

MAX_COLUMNS = 40
_MAX_LINES_ABOVE = 1000
_MAX_HEADER = 10_000
_MAX_NAMES = 3 * MAX_COLUMNS
_SAMPLED = 20
_COMMENTS = "#%!"
_LEAST_LEADS = 2
_SURE = 3
"""Rows of numbers, one after the other, where no line names leads."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is written.

    Attributes
    ----------
    start
        Where its first row of numbers begins.
    n_columns
        Cells of a row.
    columns
        ``n_columns`` names, None where there are none.
    by_rows
        True where each line is a lead.
    """

    start: int
    separator: str
    decimal: str
    n_columns: int
    columns: tuple[Column, ...] | None
    stated: Stated
    by_rows: bool = False


@dataclass(frozen=True, slots=True)
class _Header:
    cells: tuple[str, ...]
    separator: str
    n_leads: int


@dataclass(slots=True)
class _Above:
    """What the lines so far have said."""

    stated: Stated = field(default_factory=Stated)
    header: _Header | None = None
    units: list[str] | None = None
    forced: str = ""
    last: str = ""

    def add(self, line: str) -> None:
        """Take a line that holds no row of numbers."""
        bare = line.lstrip(_COMMENTS).strip() if line[:1] in _COMMENTS else line
        if bare.lower().startswith("sep=") and len(bare) <= 6:
            self.forced = bare[4:5] if bare[4:5] in SEPARATORS else ""
            return
        self.last = bare
        found = _header(bare, self.forced)
        if found is not None and (self.header is None or found.n_leads >= self.header.n_leads):
            self.header, self.units = found, None
        elif self.header is not None and self.units is None and _are_units(bare, self.header):
            self.units = cells_of(bare, self.header.separator)
        self.stated = with_line(self.stated, bare)


def layout_of(text: str, name: str) -> Layout:
    """Find header, units, separator and first row.

    Raises
    ------
    RecordError
        If there is no row of numbers, or the lines above it are too long or too many.
    """
    above, first, n_numbers, too_long = _Above(), 0, 0, 0
    for start, end in lines_of(text, _MAX_LINES_ABOVE):
        line = text[start : min(end, start + _MAX_HEADER + 1)].strip("\r\n")
        if is_lead_row(line):
            return _by_rows(text, start, line, above.stated)
        if too_long:  # and no names of samples above rows of leads
            break
        if line[:1] not in _COMMENTS and _is_row(line, above):
            first, n_numbers = first if n_numbers else start, n_numbers + 1
            if above.header is not None or n_numbers == _SURE:
                break
            continue
        if end - start > _MAX_HEADER:
            too_long = end - start
            continue
        n_numbers = 0
        above.add(line)
    if too_long:
        raise RecordError(f"{name}: the first line has {too_long:,} letters; no header.")
    if n_numbers:
        return _complete(text, first, above, name)
    if above.header is not None:
        raise RecordError(f"{name} names leads and holds no row of numbers. Export it again.")
    raise RecordError(
        f"{name} is empty, or no table of numbers begins in its first {_MAX_LINES_ABOVE:,} lines. "
        "Export the recording again."
    )


def _header(line: str, forced: str) -> _Header | None:
    """Return the names in a line under the separator that finds most leads; None below two."""
    found = [
        _Header(tuple(cells), separator, _n_leads(cells))
        for separator in (forced or SEPARATORS)
        if 1 < len(cells := cells_of(line, separator)[: _MAX_NAMES + 1]) <= _MAX_NAMES
    ]
    best = max(found, key=lambda one: one.n_leads, default=None)
    if best is None or best.n_leads >= _LEAST_LEADS:
        return best
    return best if best.n_leads and len(best.cells) <= 3 and _is_timed(best.cells) else None


def _loose(line: str, separator: str, n_columns: int) -> _Header | None:
    """Return as many names as columns right above the numbers, such as ch1, ch2, without a lead."""
    for one in (separator, *SEPARATORS):
        cells = cells_of(line[:_MAX_HEADER], one)
        if len(cells) == n_columns and n_columns > 1:
            return _Header(tuple(cells), one, 0)
    return None


def _is_timed(cells: Sequence[str]) -> bool:
    return any(column_of(cell).kind in {"time", "counter"} for cell in cells)


def _n_leads(cells: Sequence[str]) -> int:
    names = [column_of(cell) for cell in cells]
    return len({standard_lead(one.name.lstrip("-")) for one in names if one.kind == "lead"})


def _are_units(line: str, header: _Header) -> bool:
    cells = [_unit(cell) for cell in cells_of(line, header.separator)]
    return any(is_voltage(cell) for cell in cells) and not any(map(is_number, cells))


def _unit(cell: str) -> str:
    return cell.strip("[](){} '\"").strip()


def _is_row(line: str, above: _Above) -> bool:
    """Say whether a line holds mostly numbers; below a header, at the places of its leads."""
    header = above.header
    if header is not None:
        cells = cells_of(line, header.separator)
        at = [k for k, cell in enumerate(header.cells) if column_of(cell).kind == "lead"]
        held = [cells[k] for k in at if k < len(cells)]
        n_numbers, n_blank = sum(map(is_number, held)), sum(map(is_blank, held))
        if n_numbers and n_numbers + n_blank >= 0.6 * len(at):
            return True
    shares = [_share(cells_of(line, one)) for one in (above.forced or SEPARATORS)]
    return max(shares) > 0.5 and _header(line, above.forced) is None


def _share(cells: Sequence[str]) -> float:
    held = [cell for cell in cells if not is_blank(cell)]
    return sum(map(is_number, held)) / len(held) if held else 0.0


def _complete(text: str, start: int, above: _Above, name: str) -> Layout:
    header = above.header
    shown = text[start : start + _SAMPLED * (_MAX_HEADER + 1)]
    rows = [shown[a:b].strip("\r\n") for a, b in lines_of(shown, _SAMPLED)]
    rows = [row[:_MAX_HEADER] for row in rows if row[:1] not in _COMMENTS]
    separator = _separator(rows, header, above.forced)
    parted = [cells_of(row, separator) for row in rows]
    counts = [len(row) for row in parted]
    n_columns = max(set(counts), key=lambda n: (counts.count(n), n))
    commas = any("," in cell and is_number(cell) for row in parted for cell in row)
    columns, header = None, header or _loose(above.last, separator, n_columns)
    if header is not None:
        columns, n_columns = _columns(header, above.units, parted, n_columns, name)
    if n_columns > MAX_COLUMNS and above.header is None and _has_few_lines(text, start):
        decimal = "," if commas else "."
        return Layout(start, separator, decimal, 0, None, above.stated, by_rows=True)
    if n_columns > MAX_COLUMNS:
        raise RecordError(f"{name} has {n_columns} columns; at most {MAX_COLUMNS} can be read.")
    return Layout(start, separator, "," if commas else ".", n_columns, columns, above.stated)


def _has_few_lines(text: str, start: int) -> bool:
    """Say whether the rows may be the leads: no more than a line for each, and one of times."""
    return sum(1 for _ in lines_of(text[start:], len(LEADS) + 2)) <= len(LEADS) + 1


def _separator(rows: Sequence[str], header: _Header | None, forced: str) -> str:
    """Return what parts rows into most numbers; the header's where it does as well."""

    def merit(separator: str) -> tuple[float, int]:
        parted = [cells_of(row, separator) for row in rows]
        shares = [_share(row) for row in parted]
        return round(sum(shares) / len(shares), 2), min(map(len, parted))

    if forced:
        return forced
    if header is not None and merit(header.separator)[0] > 0.5:
        n_header = len(header.cells)
        if merit(header.separator)[1] >= max(2, n_header // 2):
            return header.separator
    best = max(SEPARATORS, key=merit)
    return " " if best == "," and _are_decimals(rows) else best


def _are_decimals(rows: Sequence[str]) -> bool:
    """Say whether commas part whole numbers from their decimals, not two columns."""
    parted = [row.strip().split(",") for row in rows]
    if any(len(row) != 2 or not row[1].isdecimal() for row in parted):
        return False
    lengths = {len(row[1]) for row in parted}
    firsts = [float(row[0]) for row in parted if is_number(row[0])]
    return len(lengths) == 1 and len(firsts) == len(parted) and firsts != sorted(firsts)


def _columns(
    header: _Header,
    units: Sequence[str] | None,
    rows: Sequence[Sequence[str]],
    n_columns: int,
    name: str,
) -> tuple[tuple[Column, ...], int]:
    """Match names and cells: an index without a name may stand first, empty cells last."""
    cells = list(header.cells)
    if header.separator == " " and len(cells) > n_columns:
        cells = _merged(cells, n_columns)
    unit_of = [_unit(cell) for cell in units or ()]
    if n_columns == len(cells) + 1 and _counts_up(rows):
        cells = ["", *cells]
        unit_of = ["", *unit_of] if len(unit_of) < n_columns else unit_of
    while len(cells) > n_columns and not cells[-1]:
        cells.pop()
    last = max((k for row in rows for k, cell in enumerate(row) if cell), default=0) + 1
    if last > len(cells):
        raise RecordError(
            f"{name} has rows that are longer than its first line, which names {len(cells)} "
            "columns. Export the recording again."
        )
    columns = [column_of(cell) for cell in cells]
    for k, unit in enumerate(unit_of[: len(columns)]):
        fits = is_voltage(unit) if columns[k].kind == "lead" else unit.lower() in SECONDS
        if fits and columns[k].unit is None:
            columns[k] = replace(columns[k], unit=unit)
    return tuple(columns), max(n_columns, len(cells))


def _merged(cells: list[str], n_columns: int) -> list[str]:
    """Put units and words back to the names that blanks have parted from them."""
    merged: list[str] = []
    for cell in cells:
        joined = f"{merged[-1]} {cell}" if merged else cell
        before = column_of(merged[-1]).kind if merged else ""
        belongs = is_voltage(_unit(cell)) or _unit(cell).lower() in SECONDS
        if merged and (belongs or (before == "other" and column_of(joined).kind == "lead")):
            merged[-1] = joined
        else:
            merged.append(cell)
    return merged if len(merged) <= n_columns else cells


def _counts_up(rows: Sequence[Sequence[str]]) -> bool:
    """Say whether the first cells are whole numbers, each one more than the one before."""
    first = [row[0] for row in rows]
    if not all(cell.isdecimal() and len(cell) < 10 for cell in first) or len(first) < 3:
        return False
    numbers = [int(cell) for cell in first]
    return all(b - a == 1 for a, b in pairwise(numbers))


def is_lead_row(line: str) -> bool:
    """Say whether a line is the name of a lead and its samples."""
    for separator in SEPARATORS:
        cells = cells_of(line[:_MAX_HEADER], separator)[:MAX_COLUMNS]
        if len(cells) < 12 or column_of(cells[0]).kind != "lead":
            continue
        if sum(map(is_number, cells[1:-1])) >= len(cells) - 3:  # the second may be a unit
            return True
    return False


def _by_rows(text: str, start: int, line: str, stated: Stated) -> Layout:
    def n_numbers(separator: str) -> int:
        return sum(map(is_number, cells_of(line, separator)[1:-1]))

    fits = [one for one in SEPARATORS if column_of(cells_of(line, one)[0]).kind == "lead"]
    separator = max(fits, key=n_numbers)
    commas = any("," in cell for cell in cells_of(line, separator)[1:-1])
    before = text.rfind("\n", 0, max(start - 1, 0)) + 1  # a line of times may stand above
    return Layout(before, separator, "," if commas else ".", 0, None, stated, by_rows=True)
