"""Variables of an HDF5 file (hdfgroup.org), such as MATLAB's version 7.3, where h5py is installed.

Only what lies in the file itself is read: no link to another file, no virtual or external array.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.raw import MAX_VALUES

if TYPE_CHECKING:
    import h5py

_MAX_VARIABLES = 500
_MAX_DEPTH = 5
_MAX_LETTERS = 20_000
_CLASS = "MATLAB_class"


def hdf5_variables(content: bytes, name: str) -> dict[str, object]:
    """Return numbers, texts and groups by their names.

    Raises
    ------
    RecordError
        If h5py is not installed, or the file holds too much.
    """
    try:
        import h5py
    except ImportError as error:
        raise RecordError(
            f"{name} is saved as MATLAB 7.3 or HDF5, which the package h5py reads; it is not "
            "installed. Save it with -v7, or install h5py."
        ) from error
    with h5py.File(BytesIO(content), "r") as file:
        return _group(file, 0, [0], name)


def check_n_values(name: str, n_values: int) -> None:
    """Refuse a variable that is larger than any ECG that is read."""
    if n_values > MAX_VALUES:
        raise RecordError(
            f"{name} has a variable of {n_values:,} values; at most {MAX_VALUES:,} can be read. "
            "Cut out the part of interest."
        )


def _group(group: h5py.Group, depth: int, n_seen: list[int], name: str) -> dict[str, object]:
    """Read what a group itself holds, not what its links lead to."""
    import h5py

    found: dict[str, object] = {}
    for key in group:
        n_seen[0] += 1
        if n_seen[0] > _MAX_VARIABLES or depth > _MAX_DEPTH:
            raise RecordError(
                f"{name} holds more than {_MAX_VARIABLES} variables, or nested deeper than "
                f"{_MAX_DEPTH}. Save the ECG alone."
            )
        if key.startswith("#") or not isinstance(group.get(key, getlink=True), h5py.HardLink):
            continue
        one = group[key]
        if isinstance(one, h5py.Group):
            found[key] = _group(one, depth + 1, n_seen, name)
        elif isinstance(one, h5py.Dataset) and (value := _dataset(one, name)) is not None:
            found[key] = value
    return found


def _dataset(one: h5py.Dataset, name: str) -> object:
    import h5py

    if one.is_virtual or one.external or one.shape is None:
        return None
    check_n_values(name, one.size)
    if one.attrs.get(_CLASS, b"") == b"char":
        return _letters(one)
    if h5py.check_string_dtype(one.dtype) is not None:
        texts = one.asstr(errors="replace")[()]
        return texts if isinstance(texts, str) else [str(text) for text in np.ravel(texts)]
    if h5py.check_ref_dtype(one.dtype) is not None:
        return _cells(one)
    if one.dtype.kind not in "iuf":
        return None
    values: object = one[()]
    return values


def _cells(one: h5py.Dataset) -> list[str]:
    """Texts of a cell array, whose cells lie elsewhere in the same file."""
    import h5py

    texts = []
    for reference in np.ravel(one[()])[:_MAX_VARIABLES]:
        cell = one.file[reference] if reference else None
        text = _letters(cell) if isinstance(cell, h5py.Dataset) else ""
        texts.append(text if isinstance(text, str) else "")
    return texts


def _letters(one: h5py.Dataset) -> str | list[str]:
    """Decode letters, which MATLAB stores column by column; several rows are several texts."""
    if one.dtype.kind not in "iu" or one.size > _MAX_LETTERS or one.is_virtual or one.external:
        return ""
    codes: NDArray[np.integer] = np.atleast_2d(one[()])
    rows = ["".join(map(chr, row)) for row in codes.T.tolist()]
    return rows[0] if len(rows) == 1 else [row.strip() for row in rows]
