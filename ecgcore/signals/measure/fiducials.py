"""Fiducial points of a median beat, each with a confidence, and a plausibility check."""

from dataclasses import dataclass, fields, replace
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Fiducial:
    """A point in the median beat.

    Attributes
    ----------
    time_ms
        Relative to the R fiducial; None when it could not be found.
    confidence
        0 to 1.
    reason
        Why it was not found, or why it is doubtful; empty when plain.
    """

    time_ms: float | None
    confidence: float
    reason: str = ""

    def doubted(self, factor: float, reason: str) -> "Fiducial":
        """Return it with a lower confidence and one reason more; a lost point stays as it is."""
        if self.time_ms is None:
            return self
        reasons = "; ".join(part for part in (self.reason, reason) if part)
        return Fiducial(self.time_ms, self.confidence * factor, reasons)


@dataclass(frozen=True, slots=True)
class Fiducials:
    """Global fiducials: an onset is where a wave has begun in three leads, an offset likewise.

    `qrs_half_on` and `qrs_half_off` are where QRS has begun and where it still lasts in half of the
    leads: the ends of QRS duration, as recording devices state it.
    """

    p_on: Fiducial
    p_peak: Fiducial
    p_off: Fiducial
    qrs_on: Fiducial
    qrs_off: Fiducial
    t_peak: Fiducial
    t_off: Fiducial
    qrs_half_on: Fiducial = Fiducial(None, 0.0)
    qrs_half_off: Fiducial = Fiducial(None, 0.0)


class _Usual(NamedTuple):
    """An interval, the limits beyond which it is doubtful, and the points to doubt.

    `corrected` is for an interval that is divided by the cube root of RR first.
    """

    label: str
    first: str
    last: str
    shortest_ms: float
    longest_ms: float
    doubted: tuple[str, ...]
    corrected: bool = False


_P = ("p_on", "p_peak", "p_off")
_USUAL = (
    _Usual("P duration", "p_on", "p_off", 50.0, 170.0, _P),
    _Usual("PR interval", "p_on", "qrs_on", 80.0, 350.0, _P),
    _Usual("QRS duration", "qrs_half_on", "qrs_half_off", 60.0, 200.0, ("qrs_off", "qrs_half_off")),
    _Usual("QTc Fridericia", "qrs_on", "t_off", 300.0, 600.0, ("t_peak", "t_off"), True),
)
DOUBT = 0.4
"""Factor on a confidence for each reason to doubt; from 0.5 on a value is not doubtful."""

_ENOUGH_BEATS = 4


def with_doubts(found: Fiducials, rr_ms: float, n_beats: int) -> Fiducials:
    """Lower the confidence of what hardly any heart has, or rests on few beats, and say so.

    Points that make an unusual interval have `DOUBT` of their confidence left, those from fewer
    than four beats as many quarters.
    """
    for usual in _USUAL:
        found = _compared(found, usual, rr_ms)
    if n_beats >= _ENOUGH_BEATS:
        return found
    few = n_beats / _ENOUGH_BEATS, f"from {n_beats} beats only"
    return Fiducials(*(getattr(found, field.name).doubted(*few) for field in fields(found)))


def _compared(found: Fiducials, usual: _Usual, rr_ms: float) -> Fiducials:
    first, last = getattr(found, usual.first).time_ms, getattr(found, usual.last).time_ms
    if first is None or last is None:
        return found
    interval_ms = (last - first) / ((rr_ms / 1000.0) ** (1 / 3) if usual.corrected else 1.0)
    if usual.shortest_ms <= interval_ms <= usual.longest_ms:
        return found
    limits = f"{usual.shortest_ms:.0f} to {usual.longest_ms:.0f} ms"
    reason = f"doubtful: {usual.label} of {interval_ms:.0f} ms is outside {limits}"
    points = {name: getattr(found, name).doubted(DOUBT, reason) for name in usual.doubted}
    return replace(found, **points)
