"""Text of a table: its encoding, its lines and their cells."""

import csv
from collections.abc import Iterator

from ecgcore.errors import RecordError

SEPARATORS = (";", "\t", ",", "|", " ")
"""A blank stands for any run of blanks; of separators that fit equally the first counts."""

_SEEN = 4096
_NOT_A_NUMBER = {"", "nan", "na", "n/a", "null", "none", "-", "--", "---", "?"}


def decoded(content: bytes, name: str) -> str:
    """Return a table's text: UTF-8, UTF-16 with or without its mark, else Latin-1.

    Raises
    ------
    RecordError
        If it is no text.
    """
    text = _decoded(content, name)
    return text if "\n" in text else text.replace("\r", "\n")


def _decoded(content: bytes, name: str) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace")
    head = content[:_SEEN]
    if b"\0" in head:
        for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            if head[first::2].count(0) > 0.9 * (len(head) // 2) and not head[1 - first :: 2].count(
                0
            ):
                return content.decode(encoding, errors="replace")
        raise RecordError(f"{name} is not a text file. Export the recording as CSV.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def lines_of(text: str, most: int) -> Iterator[tuple[int, int]]:
    """Yield where each line that is not blank begins and ends, up to a number of lines."""
    start = 0
    for _ in range(most):
        if start >= len(text):
            return
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if text[start:end].strip():
            yield start, end
        start = end + 1


def cells_of(line: str, separator: str) -> list[str]:
    """Part a line; quotes hold together what is between them.

    >>> cells_of('"0,5",  1,', ","), cells_of("0.5   1 ", " ")
    (['0,5', '1', ''], ['0.5', '1'])
    """
    if separator == " ":
        return [cell.strip("\"'") for cell in line.split()]
    if '"' in line:
        try:
            parts = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
        except csv.Error:
            parts = line.split(separator)
    else:
        parts = line.split(separator)
    return [cell.strip().strip("\"'").strip() for cell in parts]


def is_number(cell: str) -> bool:
    """Say whether a cell is a number, with a point or a comma.

    >>> [is_number(cell) for cell in ("-0,5", "1e-3", "1.", "", "12:30", "I")]
    [True, True, True, False, False, False]
    """
    if not cell or not (cell[-1].isdecimal() or cell[-1] in ".,"):  # neither inf nor nan
        return False
    try:
        float(cell.replace(",", ".", 1))
    except ValueError:
        return False
    return True


def is_blank(cell: str) -> bool:
    """Say whether a cell holds nothing, or a word for nothing."""
    return cell.lower() in _NOT_A_NUMBER
