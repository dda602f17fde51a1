"""Read NumPy archives.

Keys of the ``.npz``: ``signal`` ``(n_leads, n_samples)``, numbers; ``fs_hz``, one number;
``leads``, ``n_leads`` names (without it, twelve rows are taken to be in our order); ``units``,
"mV", "uV" or "V". Rate and units may come from `ReadOptions` instead. No other key is read and
nothing is ever unpickled.
"""

import math
from io import BytesIO
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.archives import unpack
from ecgcore.io.missing_units import asked_rate, asked_unit
from ecgcore.io.raw import MAX_FILE_BYTES, RawEcg, ReadOptions, check_size, unit_scale
from ecgcore.leads import LEADS
from ecgcore.wording.numbers import counted

_WORDS = {"iuf": "numbers", "U": "texts"}
_MAX_TEXTS = 1000
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_npz(
    content: bytes, name: str, options: ReadOptions, max_bytes: int = MAX_FILE_BYTES
) -> RawEcg:
    """Read one ``.npz`` that holds at most `max_bytes` when unpacked.

    Raises
    ------
    RecordError
        If a key is missing or is not what the module's docstring says.
    """
    files = unpack(content, name, max_bytes)
    if "signal.npy" not in files:
        raise RecordError(
            f"{name} holds {counted(len(files), 'array')}; one named signal is needed."
        )
    signal = _array(files["signal.npy"], name, "signal", "iuf")
    if signal.ndim != 2:
        raise RecordError(f"{name}: signal has shape {signal.shape}; (n_leads, n_samples) needed.")
    unit, unit_words = asked_unit(name, _text(files, name, "units"), options)
    fs_hz, rate_words = asked_rate(name, _rate(files, name), options)
    signal, names, lead_words = _lead_names(signal, files, name)
    check_size(name, *signal.shape)
    return RawEcg(
        names,
        _scaled(signal, unit_scale(name, unit)),
        fs_hz,
        (*unit_words, *rate_words, *lead_words),
    )


def _scaled(signal: NDArray[Any], mv_per_unit: float) -> NDArray[np.float32]:
    """Return millivolts, row by row: small numbers take four times their memory, not sixteen."""
    scaled = np.empty(signal.shape, np.float32)
    for row, values in zip(scaled, signal, strict=True):
        row[:] = values.astype(np.float64) * mv_per_unit
    return scaled


def _array(content: bytes, name: str, key: str, kinds: str) -> NDArray[Any]:
    """Parse ``.npy``, whose header cannot ask for more than the bytes that follow it."""
    stream = BytesIO(content)
    try:
        shape, fortran_order, dtype = _HEADERS[npy.read_magic(stream)](stream)
    except Exception as error:  # NumPy parses the header as Python and raises many kinds
        raise RecordError(f"{name}: {key} is damaged. Save it again with numpy.savez.") from error
    if dtype.kind not in kinds or not dtype.itemsize:
        raise RecordError(f"{name}: {key} holds no {_WORDS[kinds]}, which are needed.")
    body = content[stream.tell() :]
    if min(shape, default=1) < 0 or math.prod(shape) * dtype.itemsize != len(body):
        raise RecordError(f"{name}: {key} has shape {shape} but {len(body):,} bytes; truncated?")
    flat = np.frombuffer(body, dtype)
    return flat.reshape(shape, order="F" if fortran_order else "C")


def _text(files: dict[str, bytes], name: str, key: str) -> str | None:
    if f"{key}.npy" not in files:
        return None
    array = _array(files[f"{key}.npy"], name, key, "U")
    if array.size != 1:
        raise RecordError(f"{name}: {key} holds {array.size} texts; one is needed.")
    return _decoded(array, name, key)[0]


def _decoded(array: NDArray[Any], name: str, key: str) -> list[str]:
    """Decode strictly; NumPy itself fails hard on numbers that are no letters."""
    if array.size > _MAX_TEXTS:
        raise RecordError(f"{name}: {key} holds {array.size:,} texts; at most {_MAX_TEXTS}.")
    encoding = "utf-32-be" if array.dtype.str.startswith(">") else "utf-32-le"
    data, width = array.tobytes(), array.dtype.itemsize
    try:
        return [
            data[start : start + width].decode(encoding).rstrip("\0")
            for start in range(0, len(data), width)
        ]
    except UnicodeDecodeError as error:
        raise RecordError(f"{name}: {key} is damaged. Save it again with numpy.savez.") from error


def _rate(files: dict[str, bytes], name: str) -> float | None:
    if "fs_hz.npy" not in files:
        return None
    array = _array(files["fs_hz.npy"], name, "fs_hz", "iuf")
    if array.size != 1:
        raise RecordError(f"{name}: fs_hz holds {array.size} numbers; one is needed.")
    return float(array.reshape(-1)[0])


def _lead_names(
    signal: NDArray[Any], files: dict[str, bytes], name: str
) -> tuple[NDArray[Any], tuple[str, ...], tuple[str, ...]]:
    """Match rows and names, and turn the signal if its columns are the leads."""
    if "leads.npy" not in files:
        if len(signal) != len(LEADS):
            raise RecordError(
                f"{name}: signal has shape {signal.shape} and no leads are named; add an array "
                "leads with their names."
            )
        words = f"No leads are named; rows were taken as {', '.join(LEADS)}."
        return signal, LEADS, (words,)
    names = tuple(_decoded(_array(files["leads.npy"], name, "leads", "U"), name, "leads"))
    if len(signal) == len(names):
        return signal, names, ()
    if signal.shape[1] == len(names):
        return signal.T, names, ("The signal had its leads in columns and was turned.",)
    raise RecordError(f"{name} names {len(names)} leads, its signal has shape {signal.shape}.")
