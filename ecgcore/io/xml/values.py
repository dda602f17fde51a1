"""Numbers as XML holds them: one, many between spaces or commas, or 16 bits each in base64."""

import base64
import binascii
import math
import re

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError

_LETTERS_AT_ONCE = 2**18
_SPACE, _COMMA = re.compile(r"\s"), re.compile(",")


def finite(text: str | None, name: str, where: str, default: float = math.nan) -> float:
    """Return the number that stands in an element or attribute; `default` if it is not there.

    Raises
    ------
    RecordError
        If it is no number.
    """
    try:
        number = default if text is None else float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise RecordError(f"{name} has no number in {where}; one is needed. Export it again.")
    return number


def numbers(text: str, *, commas: bool = False) -> NDArray[np.float64]:
    r"""Read numbers between white space or commas, part by part; all words take much memory.

    Raises
    ------
    ValueError
        If one is none, or nothing stands between two commas.

    Examples
    --------
    >>> numbers("1, 2,\n3,", commas=True).tolist()
    [1.0, 2.0, 3.0]
    """
    if commas:
        text = text.strip().removesuffix(",")
    parts, start = [np.empty(0)], 0
    while start < len(text):
        gap = (_COMMA if commas else _SPACE).search(text, start + _LETTERS_AT_ONCE)
        end = gap.start() if gap else len(text)
        words = text[start:end].split("," if commas else None)
        parts.append(np.array(words, dtype=np.float64))
        start = end + 1
    return np.concatenate(parts)


def base64_bytes(text: str, name: str, where: str) -> bytes:
    """Decode base64, whatever white space is in it.

    Raises
    ------
    RecordError
        If it is none.
    """
    try:
        plain = text.encode("ascii").translate(None, b" \t\r\n")
        return base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RecordError(
            f"{name}, {where}: the waveform is no base64. Export it again."
        ) from error


def whole_numbers(data: bytes, name: str, where: str) -> NDArray[np.int64]:
    """Read little-endian whole numbers of 16 bits.

    Raises
    ------
    RecordError
        If the last one is cut.
    """
    if len(data) % 2:
        raise RecordError(f"{name}, {where}: the waveform ends within a sample. Export it again.")
    return np.frombuffer(data, "<i2").astype(np.int64)
