"""One 12-lead recording in memory."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.leads import LEADS

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class EcgRecord:
    """A 12-lead ECG in millivolts.

    Attributes
    ----------
    record_id
        The ``ecg_id`` in a PTB-XL layout, else the file's name.
    signal
        ``(12, n_samples)`` float32 in mV, leads in the order of `ecgcore.leads.LEADS`.
    fs_hz
        Samples per second.
    source
        Where it comes from, as shown to the reader.
    synthetic
        True when no patient stands behind it.
    warnings
        What a reader must know about how it was read.
    """

    record_id: str
    signal: FloatArray
    fs_hz: int
    source: str
    synthetic: bool = False
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a signal that no page and no model could use."""
        if self.signal.ndim != 2 or len(self.signal) != len(LEADS) or not self.signal.size:
            raise RecordError(
                f"Record {self.record_id} has shape {self.signal.shape}; "
                f"(12, n_samples) is needed, leads first."
            )
        if self.signal.dtype != np.float32:
            raise RecordError(f"Record {self.record_id} is {self.signal.dtype}; float32 is needed.")
        bad = [
            f"{lead} ({int(count)})"
            for lead, count in zip(LEADS, (~np.isfinite(self.signal)).sum(axis=1), strict=True)
            if count
        ]
        if bad:
            raise RecordError(
                f"Record {self.record_id} has samples that are not numbers in {', '.join(bad)}. "
                "Repair or crop the recording and load it again."
            )

    @property
    def n_samples(self) -> int:
        """Samples per lead."""
        return int(self.signal.shape[1])

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.n_samples / self.fs_hz
