"""Write a NumPy archive, as `ecgcore.io.tables.npz_files` reads it; exact to the last bit."""

from io import BytesIO

import numpy as np

from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord


def npz_bytes(record: EcgRecord) -> bytes:
    """Return ``signal`` ``(12, n)`` in mV, ``fs_hz``, ``leads`` and ``units`` as one file.

    At the rate of the recording's own file, and nan where a lead was not recorded.
    """
    held = record.unresampled
    stream = BytesIO()
    np.savez_compressed(
        stream,
        signal=record.recorded if held is None else held.signal,
        fs_hz=np.array(record.fs_hz if held is None else held.fs_hz),
        leads=np.array(LEADS),
        units=np.array("mV"),
    )
    return stream.getvalue()
