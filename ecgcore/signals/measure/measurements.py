"""Measured values of a recording, each with a confidence or the reason why there is none."""

from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

from ecgcore.signals.beats.beats import Beats, MedianBeat
from ecgcore.signals.measure.fiducials import Fiducials
from ecgcore.wording.numbers import number

NOT_MEASURED = "could not measure"
DOUBTFUL = 0.5
"""Confidence below which a value is doubtful, on the screen as on paper."""
_DECIMALS = {"mV": 2}


@dataclass(frozen=True, slots=True)
class Measured:
    """One value.

    Attributes
    ----------
    name
        Stable key, such as ``pr_ms``.
    label, unit
        As shown to the reader.
    value
        None when it could not be measured.
    confidence
        0 (do not use) to 1 (clear); see `ecgcore.signals.measure.measure.measure`.
    reason
        Why it was not measured, or what to know about it; empty when plain.
    """

    name: str
    label: str
    unit: str
    value: float | None
    confidence: float
    reason: str = ""

    @property
    def doubtful(self) -> bool:
        """True where there is a value that is not to be relied on."""
        return self.value is not None and self.confidence < DOUBTFUL

    @property
    def text(self) -> str:
        """The value as a reader writes it, without the unit."""
        return NOT_MEASURED if self.value is None else value_text(self.value, self.unit)

    def as_json(self) -> dict[str, Any]:
        """Plain values; the number is rounded to four decimals."""
        return {
            "label": self.label,
            "unit": self.unit,
            "value": None if self.value is None else round(self.value, 4),
            "confidence": round(self.confidence, 2),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class LeadMeasured:
    """The amplitudes of one lead."""

    lead: str
    values: tuple[Measured, ...]

    def value(self, name: str) -> Measured:
        """Return one value, such as ``st_j60_mv``; raises KeyError for another name."""
        return _named(self.values, name)


@dataclass(frozen=True, slots=True, eq=False)
class Measurements:
    """All that was measured in one recording.

    Attributes
    ----------
    values
        Rate, intervals and axes, each there even when it could not be measured.
    leads
        Twelve, in the order of `ecgcore.leads.LEADS`.
    """

    record_id: str
    beats: Beats
    median: MedianBeat | None
    fiducials: Fiducials | None
    values: tuple[Measured, ...]
    leads: tuple[LeadMeasured, ...]

    def value(self, name: str) -> Measured:
        """Return one of the global values; raises KeyError for another name."""
        return _named(self.values, name)

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on the beats behind the values, for the reader."""
        n_beats, others = len(self.beats.r_s), int((self.beats.kinds != 0).sum())
        if self.median is None:
            return (f"No median beat: {n_beats} beats found, 2 of one shape are needed.",)
        used = f"Median of {self.median.n_beats} of {n_beats} beats."
        if not others:
            return (used,)
        plural = "beats of another shape are" if others > 1 else "beat of another shape is"
        return (used, f"{others} {plural} left out of it.")

    def frame(self) -> pd.DataFrame:
        """Return the global values as text for a reader, one row each."""
        rows = [
            (m.label, m.text, m.unit, f"{100 * m.confidence:.0f} %", m.reason) for m in self.values
        ]
        return pd.DataFrame(rows, columns=["Measurement", "Value", "Unit", "Confidence", "Note"])

    def lead_frame(self) -> pd.DataFrame:
        """Return the amplitudes in mV as text for a reader, one row for each lead."""
        labels = [f"{m.label} (mV)" for m in self.leads[0].values]
        rows = [
            [
                one.lead,
                *("\N{EN DASH}" if m.value is None else m.text for m in one.values),
                f"{100 * min(m.confidence for m in one.values):.0f} %",
                "; ".join(dict.fromkeys(m.reason for m in one.values if m.reason)),
            ]
            for one in self.leads
        ]
        return pd.DataFrame(rows, columns=["Lead", *labels, "Confidence", "Note"])

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``; None where nothing was measured."""
        return {
            "record": self.record_id,
            "n_beats": len(self.beats.r_s),
            "n_median_beats": self.median.n_beats if self.median else 0,
            "notes": list(self.notes),
            "values": {m.name: m.as_json() for m in self.values},
            "fiducials": _fiducials_json(self.fiducials),
            "leads": {one.lead: {m.name: m.as_json() for m in one.values} for one in self.leads},
        }


def value_text(value: float, unit: str) -> str:
    """Write a value as a reader does, without the unit and with a true minus."""
    return number(value, _DECIMALS.get(unit, 0))


def _named(values: tuple[Measured, ...], name: str) -> Measured:
    for measured in values:
        if measured.name == name:
            return measured
    raise KeyError(f"{name} is not measured; there are {', '.join(m.name for m in values)}.")


def _fiducials_json(fiducials: Fiducials | None) -> dict[str, Any]:
    """Return the times relative to R; empty without a median beat."""
    if fiducials is None:
        return {}
    named = ((field.name, getattr(fiducials, field.name)) for field in fields(fiducials))
    return {
        name: {
            "time_ms": None if point.time_ms is None else round(point.time_ms, 1),
            "confidence": round(point.confidence, 2),
            "reason": point.reason,
        }
        for name, point in named
    }
