"""One 12-lead recording in memory."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.leads import LEADS

FloatArray = NDArray[np.float32]


UNKNOWN = "unknown"
SEXES = ("female", "male")
OLDEST_YEARS = 120


@dataclass(frozen=True, slots=True)
class Patient:
    """What a network may be told about a person; None and "unknown" where nobody said it.

    Attributes
    ----------
    sex
        "male", "female" or "unknown".
    """

    age_years: float | None = None
    sex: str = UNKNOWN

    @property
    def words(self) -> str:
        """What is known, such as "63 years, female"; "" where nothing is."""
        age = "" if self.age_years is None else f"{self.age_years:g} years"
        return ", ".join(filter(None, [age, self.sex if self.sex in SEXES else ""]))


UNKNOWN_PATIENT = Patient()


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of one lead that was not recorded.

    Attributes
    ----------
    lead
        One of `ecgcore.leads.LEADS`.
    start_s, end_s
        Its first sample and the one after its last, in seconds from the record's start.
    """

    lead: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Unresampled:
    """Samples at the rate of their file, where that is no whole number.

    Attributes
    ----------
    signal
        ``(12, n_samples)`` in mV; nan where a lead was not recorded.
    fs_hz
        Samples per second.
    """

    signal: FloatArray
    fs_hz: float


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
    patient
        Age and sex, as far as they are known.
    gaps
        Where leads were not recorded; `signal` is a straight line there, `recorded` is nan.
    leads_off
        Leads whose electrodes were off, as the file says.
    simultaneous
        False where the leads were recorded one group after the other: each is right by itself,
        and nothing may be said across them.
    unresampled
        What the file holds, where `signal` was brought to a whole rate.
    """

    record_id: str
    signal: FloatArray
    fs_hz: int
    source: str
    synthetic: bool = False
    warnings: tuple[str, ...] = ()
    patient: Patient = UNKNOWN_PATIENT
    gaps: tuple[Gap, ...] = ()
    leads_off: tuple[str, ...] = ()
    simultaneous: bool = True
    unresampled: Unresampled | None = None

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
    def recorded(self) -> FloatArray:
        """The signal with nan where a lead was not recorded; the signal itself without gaps."""
        if not self.gaps:
            return self.signal
        signal = self.signal.copy()
        for gap in self.gaps:
            first, last = (round(time_s * self.fs_hz) for time_s in (gap.start_s, gap.end_s))
            signal[LEADS.index(gap.lead), first:last] = np.nan
        return signal

    @property
    def n_samples(self) -> int:
        """Samples per lead."""
        return int(self.signal.shape[1])

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.n_samples / self.fs_hz


def windows(record: EcgRecord, window_s: float = 10.0) -> tuple[float, ...]:
    """Return the start times in seconds of the full windows that lie end to end in a record.

    Parameters
    ----------
    window_s
        Length of a window; what is left at the end of the record is shorter than that.

    Raises
    ------
    RecordError
        If a window holds no sample.
    """
    n_window = _samples(window_s, record.fs_hz)
    return tuple(k * n_window / record.fs_hz for k in range(record.n_samples // n_window))


def covering_windows(
    record: EcgRecord, window_s: float = 10.0, shortest_rest_s: float = 1.0
) -> tuple[float, ...]:
    """Return the start times in seconds of windows that leave nothing of a record unseen.

    The last window overlaps the one before where the rest is at least `shortest_rest_s` long. A
    record that is shorter than a window has one start, 0.
    """
    starts = windows(record, window_s) or (0.0,)
    last = record.duration_s - window_s
    return (*starts, last) if last - starts[-1] >= shortest_rest_s else starts


def window(record: EcgRecord, start_s: float, duration_s: float) -> EcgRecord:
    """Cut one stretch out of a record.

    Returns
    -------
    EcgRecord
        ``(12, duration_s * fs_hz)``, with a warning that says which seconds it holds.

    Raises
    ------
    RecordError
        If the stretch does not lie within the record or holds no sample.
    """
    first, n = round(start_s * record.fs_hz), _samples(duration_s, record.fs_hz)
    if first < 0 or first + n > record.n_samples:
        raise RecordError(
            f"Seconds {start_s:g} to {start_s + duration_s:g} do not lie within record "
            f"{record.record_id}, which lasts {record.duration_s:g} s. Choose a stretch within it."
        )
    if n == record.n_samples:
        return record
    words = f"Seconds {start_s:g} to {start_s + duration_s:g} of {record.duration_s:g} s."
    cut = np.ascontiguousarray(record.signal[:, first : first + n])
    gaps = _gaps_within(record.gaps, first / record.fs_hz, (first + n) / record.fs_hz)
    return replace(
        record, signal=cut, gaps=gaps, warnings=(*record.warnings, words), unresampled=None
    )


def gaps_in(signal: NDArray[np.floating], fs_hz: float) -> tuple[Gap, ...]:
    """Find the runs of nan in ``(12, n_samples)``, lead by lead.

    >>> gaps_in(np.where(np.eye(12, 4) > 0, np.nan, 0.0), 2)[:2]
    (Gap(lead='I', start_s=0.0, end_s=0.5), Gap(lead='II', start_s=0.5, end_s=1.0))
    """
    edges = np.diff(np.pad(np.isnan(signal), ((0, 0), (1, 1))).astype(np.int8), axis=1)
    starts, ends = np.argwhere(edges == 1), np.argwhere(edges == -1)
    return tuple(
        Gap(LEADS[lead], float(first / fs_hz), float(last / fs_hz))
        for (lead, first), (_, last) in zip(starts, ends, strict=True)
    )


def _gaps_within(gaps: tuple[Gap, ...], start_s: float, end_s: float) -> tuple[Gap, ...]:
    return tuple(
        replace(
            gap,
            start_s=max(gap.start_s, start_s) - start_s,
            end_s=min(gap.end_s, end_s) - start_s,
        )
        for gap in gaps
        if gap.start_s < end_s and gap.end_s > start_s
    )


def _samples(duration_s: float, fs_hz: int) -> int:
    n = round(duration_s * fs_hz)
    if n < 1:
        raise RecordError(f"A window of {duration_s:g} s holds no sample at {fs_hz} Hz.")
    return n
