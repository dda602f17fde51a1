"""Read NumPy archives and arrays.

Keys of the ``.npz``: ``signal`` ``(n_leads, n_samples)``, numbers; ``fs_hz``, one number;
``leads``, ``n_leads`` names (without it their order is proven by the limb leads, or asked for);
``units``, "mV", "uV" or "V". Rate and units may come from `ReadOptions` instead. ``.npy`` is the
signal alone. No other key is read and nothing is ever unpickled.
"""

import math
import warnings
from io import BytesIO
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.io.archives import unpack
from ecgcore.io.raw import MAX_FILE_BYTES, RawEcg, ReadOptions
from ecgcore.io.tables.found import Found, asked_raw, leads_first
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
    signal = parse_npy(files["signal.npy"], name, "signal", "iuf")
    if signal.ndim != 2:
        raise RecordError(f"{name}: signal has shape {signal.shape}; (n_leads, n_samples) needed.")
    signal, names, lead_words = _lead_names(signal, files, name)
    unit, fs_hz = _text(files, name, "units"), _rate(files, name)
    return asked_raw(Found(signal, names, unit, fs_hz, lead_words), name, options)


def read_npy(content: bytes, name: str, options: ReadOptions) -> RawEcg:
    """Read one array of samples; units, rate and leads are asked for.

    Raises
    ------
    RecordError
        If it holds no numbers or no axis of 12 or 8 leads; NotSaidError for what it does not say.
    """
    signal = leads_first(parse_npy(content, name, "the array", "iuf"), name, None)
    return asked_raw(Found(signal), name, options)


def parse_npy(content: bytes, name: str, key: str, kinds: str) -> NDArray[Any]:
    """Parse ``.npy`` of numbers ("iuf") or texts ("U").

    Its header cannot ask for more than the bytes that follow it.

    Raises
    ------
    RecordError
        If it is damaged, or of another kind.
    """
    stream = BytesIO(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a file that Python 2 has written
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
    array = parse_npy(files[f"{key}.npy"], name, key, "U")
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
    array = parse_npy(files["fs_hz.npy"], name, "fs_hz", "iuf")
    if array.size != 1:
        raise RecordError(f"{name}: fs_hz holds {array.size} numbers; one is needed.")
    return float(array.reshape(-1)[0])


def _lead_names(
    signal: NDArray[Any], files: dict[str, bytes], name: str
) -> tuple[NDArray[Any], tuple[str, ...] | None, tuple[str, ...]]:
    """Match rows and names, and turn the signal if its columns are the leads."""
    if "leads.npy" not in files:
        return leads_first(signal, name, None), None, ()
    names = tuple(_decoded(parse_npy(files["leads.npy"], name, "leads", "U"), name, "leads"))
    if len(signal) == len(names):
        return signal, names, ()
    if signal.shape[1] == len(names):
        return signal.T, names, ("The signal had its leads in columns and was turned.",)
    raise RecordError(f"{name} names {len(names)} leads, its signal has shape {signal.shape}.")
