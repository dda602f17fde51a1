"""From recordings to what a network takes: its rate, length, filter and scaler; no torch."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ecgcore.errors import RecordError
from ecgcore.leads import LEADS
from ecgcore.models.cards import Preprocessing
from ecgcore.records import EcgRecord, FloatArray, Patient
from ecgcore.signals.filters import resample

_SEXES = ("male", "female")


@dataclass(frozen=True, slots=True, eq=False)
class ModelInput:
    """A record as a network sees it before its filter, and what was done to get there.

    Attributes
    ----------
    signal
        ``(12, n_samples)`` in mV, at the rate and of the length in the network's card.
    """

    signal: FloatArray
    warnings: tuple[str, ...]


def model_input(record: EcgRecord, steps: Preprocessing) -> ModelInput:
    """Bring a record to the rate and the length of a network.

    Raises
    ------
    RecordError
        If the record is shorter than the network needs, or its leads are not simultaneous.
    """
    if not record.simultaneous:
        raise RecordError(
            f"The leads of record {record.record_id} were not recorded at the same time; the "
            "models need all 12 leads at once. Load a simultaneous recording."
        )
    warnings = list(record.warnings)
    if record.fs_hz != steps.fs_hz:
        warnings.append(f"Resampled from {record.fs_hz} to {steps.fs_hz} Hz for the models.")
    signal = resample(record.signal, record.fs_hz, steps.fs_hz)
    if signal.shape[1] < steps.n_samples:
        raise RecordError(
            f"Record {record.record_id} lasts {record.duration_s:.1f} s; the models need "
            f"{steps.duration_s:g} s. Load a longer recording."
        )
    if signal.shape[1] > steps.n_samples:
        warnings.append(
            f"The models see the first {steps.duration_s:g} s of {record.duration_s:.1f} s."
        )
    if lacking := lacking_words(record, steps.duration_s):
        warnings.append(lacking)
    return ModelInput(signal[:, : steps.n_samples], tuple(warnings))


def lacking_words(record: EcgRecord, seen_s: float) -> str:
    """Say of which leads the models see lines instead of samples; "" for none."""
    lost = {gap.lead for gap in record.gaps if gap.start_s < seen_s}
    if not lost:
        return ""
    leads = ", ".join(lead for lead in LEADS if lead in lost)
    return f"The models see a straight line where {leads} was not recorded."


def prepared(signals: FloatArray, fs_hz: int, steps: Preprocessing) -> FloatArray:
    """Turn ``(..., 12, n)`` in mV at `fs_hz` into a network's ``(..., 12, n_samples)``.

    Raises
    ------
    RecordError
        If the signals are shorter than the network needs.
    """
    fitted = resample(signals, fs_hz, steps.fs_hz)
    if fitted.shape[-1] < steps.n_samples:
        raise RecordError(
            f"The signals last {signals.shape[-1] / fs_hz:g} s; the models need "
            f"{steps.duration_s:g} s."
        )
    return steps.apply(fitted[..., : steps.n_samples])


def patient_inputs(patients: Iterable[Patient]) -> FloatArray:
    """Turn age and sex into what a network takes, ``(n, 5)``; what is not known is 0.

    The values are those of arXiv 2112.01496: hundredths of an age in years, an unused 0, female,
    male, and whether the sex is known.

    >>> patient_inputs([Patient(40, "male"), Patient()]).tolist()[1]
    [0.0, 0.0, 0.0, 0.0, 0.0]
    """
    rows = [
        [(one.age_years or 0) / 100, 0, one.sex == "female", one.sex == "male", one.sex in _SEXES]
        for one in patients
    ]
    return np.asarray(rows, dtype=np.float32).reshape(-1, 5)
