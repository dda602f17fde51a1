"""Write a table, as `ecgcore.io.tables.csv_files` reads it; exact to the last bit."""

import numpy as np

from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord


def csv_bytes(record: EcgRecord) -> bytes:
    """Return a time column in seconds and the leads in mV; a missing sample is an empty cell."""
    head = ",".join(["time_s", *(f"{lead} [mV]" for lead in LEADS)])
    times = np.arange(record.n_samples) / record.fs_hz
    rows = [
        f"{time_s:.6f},{','.join(map(_cell, values))}"
        for time_s, values in zip(times, record.recorded.T, strict=True)
    ]
    return "\n".join([head, *rows, ""]).encode()


def _cell(value: np.float32) -> str:
    """Return the shortest decimal that is this number again."""
    return np.format_float_positional(value, trim="0") if np.isfinite(value) else ""
