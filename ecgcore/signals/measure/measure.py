"""Rate, intervals, axes and amplitudes of a recording, from its median beat over all leads."""

from collections.abc import Callable

import numpy as np

from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord
from ecgcore.signals.beats.beats import Beats, find_beats, median_beat
from ecgcore.signals.measure import intervals
from ecgcore.signals.measure.confidence import MEASURED_BY, stated
from ecgcore.signals.measure.delineate import Fiducial, Fiducials, delineate
from ecgcore.signals.measure.fiducials import DOUBT
from ecgcore.signals.measure.lead_waves import (
    Array,
    BeatInTime,
    is_flat,
    measure_lead,
    unmeasured_lead,
)
from ecgcore.signals.measure.measurements import DOUBTFUL, LeadMeasured, Measured, Measurements

__all__ = ["LeadMeasured", "Measured", "Measurements", "measure"]

_INTERVALS = {
    "p_ms": ("P duration", "p_on", "p_off"),
    "pr_ms": ("PR interval", "p_on", "qrs_on"),
    "qrs_ms": ("QRS duration", "qrs_half_on", "qrs_half_off"),
    "qt_ms": ("QT interval", "qrs_on", "t_off"),
}

_QTC: dict[str, tuple[str, Callable[[float, float], float]]] = {
    "qtc_bazett_ms": ("QTc Bazett", intervals.qtc_bazett),
    "qtc_fridericia_ms": ("QTc Fridericia", intervals.qtc_fridericia),
    "qtc_framingham_ms": ("QTc Framingham", intervals.qtc_framingham),
    "qtc_hodges_ms": ("QTc Hodges", intervals.qtc_hodges),
}

_AXES = {"axis_p_deg": "P axis", "axis_qrs_deg": "QRS axis", "axis_t_deg": "T axis"}

_IRREGULAR = 0.1
"""RR spread in parts of the mean RR from which a rhythm is irregular."""

_FEW_RR = 3
_LEAST_MEAN_MV = 0.01
_LEAST_NET = 0.1
"""An axis needs a mean deflection of 0.01 mV, and areas that do not cancel to less than 10 %."""
_CANCEL = "the net areas in I and aVF are small"


def measure(record: EcgRecord) -> Measurements:
    """Measure a recording.

    PR and QT run between the global fiducials, where a wave begins and ends in three leads of the
    median beat; QRS duration between the ends in half of the leads, as recording devices state it.
    Heart rate and RR spread use all beats; QTc uses the median RR. Axes
    come from the net areas of I and aVF.

    The confidence in an interval is the share of values like it that lie within the tolerance of
    CSE (`ecgcore.signals.measure.confidence`), by the less clear one of its two fiducials; that of
    QTc falls to 40 % of it outside 40-120 bpm and again in an irregular rhythm; of an axis
    it falls when the areas of its wave nearly cancel; that of an amplitude falls with the median
    beat's standard error, to 0 at 0.05 mV; that of the rate with fewer than three RR intervals.

    Returns
    -------
    Measurements
        Every value is there; one that could not be measured is None and says why.

    Examples
    --------
    >>> from ecgcore.io.recordings import read_upload
    >>> from ecgcore.ptbxl.synthetic import example_csv
    >>> record = read_upload([("example.csv", example_csv())])
    >>> found = measure(record)
    >>> [(one.name, one.text, one.unit) for one in found.values[:1]]
    [('heart_rate_bpm', '70', 'bpm')]
    """
    beats = find_beats(record)
    median = median_beat(record, beats)
    rhythm = _rhythm(beats)
    if median is None:
        return _without_median(record, beats, rhythm)
    rr_ms = float(np.median(beats.rr_ms))
    found = delineate(median, rr_ms)
    spans = tuple(_interval(name, found) for name in _INTERVALS)
    scene = BeatInTime.of(median, found)
    values = (*rhythm, *spans, *_qtc(spans[-1], beats, rr_ms), *_axes(scene, found))
    leads = tuple(
        measure_lead(scene, lead) if scene else unmeasured_lead(lead, found.qrs_on.reason)
        for lead in LEADS
    )
    return Measurements(record.record_id, beats, median, found, values, leads)


def _without_median(record: EcgRecord, beats: Beats, rhythm: tuple[Measured, ...]) -> Measurements:
    why = _too_few(beats)
    names = {name: (label, "ms") for name, (label, *_) in (_INTERVALS | _QTC).items()}
    names |= {name: (label, "°") for name, label in _AXES.items()}
    lost = tuple(Measured(name, *words, None, 0.0, why) for name, words in names.items())
    leads = tuple(unmeasured_lead(lead, why) for lead in LEADS)
    return Measurements(record.record_id, beats, None, None, (*rhythm, *lost), leads)


def _too_few(beats: Beats) -> str:
    n = len(beats.r_s)
    if not n:
        return "no beats were found"
    return f"too few beats: {n} found, 2 of one shape are needed"


def _rhythm(beats: Beats) -> tuple[Measured, Measured]:
    rr = beats.rr_ms
    confidence = min(1.0, len(rr) / _FEW_RR)
    few = f"from {len(rr)} RR interval{'s' if len(rr) > 1 else ''}" if len(rr) < _FEW_RR else ""
    rate = ("heart_rate_bpm", "Heart rate", "bpm")
    spread = ("rr_sd_ms", "Standard deviation of RR", "ms")
    if not len(rr):
        why = _too_few(beats)
        return Measured(*rate, None, 0.0, why), Measured(*spread, None, 0.0, why)
    mean = intervals.rate_bpm(float(rr.mean()))
    measured = Measured(*rate, mean, confidence, few or _irregular(beats))
    if len(rr) < 2:
        return measured, Measured(*spread, None, 0.0, "2 RR intervals are needed")
    return measured, Measured(*spread, float(rr.std(ddof=1)), confidence, few)


def _irregular(beats: Beats) -> str:
    """Say so if RR intervals differ much; empty for a regular rhythm."""
    rr = beats.rr_ms
    if len(rr) < 2 or rr.std(ddof=1) <= _IRREGULAR * rr.mean():
        return ""
    return f"irregular: RR {rr.min():.0f} to {rr.max():.0f} ms"


def _interval(name: str, found: Fiducials) -> Measured:
    label, *ends = _INTERVALS[name]
    first, last = (_point(found, end) for end in ends)
    reason = "; ".join(dict.fromkeys(point.reason for point in (first, last) if point.reason))
    if first.time_ms is None or last.time_ms is None:
        lost = first if first.time_ms is None else last
        why = f"no PR: {lost.reason}" if name == "pr_ms" else lost.reason
        return Measured(name, label, "ms", None, 0.0, why)
    confidence = stated(MEASURED_BY[name], min(first.confidence, last.confidence))
    return Measured(name, label, "ms", last.time_ms - first.time_ms, confidence, reason)


def _point(found: Fiducials, name: str) -> Fiducial:
    point: Fiducial = getattr(found, name)
    return point


def _qtc(qt: Measured, beats: Beats, rr_ms: float) -> list[Measured]:
    if qt.value is None:
        return [Measured(n, label, "ms", None, 0.0, qt.reason) for n, (label, _) in _QTC.items()]
    rate = intervals.rate_bpm(rr_ms)
    slowest, fastest = intervals.QTC_RATES_BPM
    far = "" if slowest <= rate <= fastest else f"not reliable at {rate:.0f} bpm"
    doubts = [doubt for doubt in (far, _irregular(beats)) if doubt]
    reason = "; ".join([*doubts, *([qt.reason] if qt.reason else [])])
    confidence = qt.confidence * DOUBT ** len(doubts)
    return [
        Measured(name, label, "ms", formula(qt.value, rr_ms), confidence, reason)
        for name, (label, formula) in _QTC.items()
    ]


def _axes(scene: BeatInTime | None, found: Fiducials) -> list[Measured]:
    if scene is None:
        return [_lost_axis(name, found.qrs_on.reason) for name in _AXES]
    return [
        _axis(scene, "axis_p_deg", found.p_on.time_ms, found.p_on, found.p_off),
        _axis(scene, "axis_qrs_deg", scene.qrs_on_ms, found.qrs_on, found.qrs_off),
        _axis(scene, "axis_t_deg", scene.t_on_ms, found.t_peak, found.t_off),
    ]


def _axis(
    scene: BeatInTime, name: str, start_ms: float | None, first: Fiducial, last: Fiducial
) -> Measured:
    """Measure the axis of the wave that goes on from `start_ms` to `last`."""
    flat = [lead for lead in ("I", "aVF") if is_flat(scene.beat, lead)]
    if flat:
        return _lost_axis(name, f"lead {' and '.join(flat)} is flat")
    if start_ms is None or last.time_ms is None:
        return _lost_axis(name, first.reason or last.reason)
    trace = scene.between(start_ms, last.time_ms)
    if name == "axis_p_deg":
        trace = _above_line(trace)
    i, avf = trace[LEADS.index("I")], trace[LEADS.index("aVF")]
    size = intervals.frontal_size(float(i.mean()), float(avf.mean()))
    whole = intervals.frontal_size(float(np.abs(i).mean()), float(np.abs(avf).mean()))
    if size < max(_LEAST_MEAN_MV, _LEAST_NET * whole):
        return _lost_axis(name, "indeterminate: the net areas in I and aVF are both too small")
    clear = min(1.0, 2.0 * size / whole) * min(1.0, size / (2.0 * _LEAST_MEAN_MV))
    confidence = min(first.confidence, last.confidence, clear)
    axis = intervals.axis_deg(float(i.mean()), float(avf.mean()))
    reasons = [first.reason, last.reason, _CANCEL if clear < DOUBTFUL else ""]
    reason = "; ".join(dict.fromkeys(filter(None, reasons)))
    return Measured(name, _AXES[name], "°", axis, confidence, reason)


def _lost_axis(name: str, reason: str) -> Measured:
    return Measured(name, _AXES[name], "°", None, 0.0, reason)


def _above_line(trace: Array) -> Array:
    """Take off the straight line between the first and the last sample of each lead."""
    share = np.linspace(0.0, 1.0, trace.shape[1])
    return trace - (np.outer(trace[:, 0], 1.0 - share) + np.outer(trace[:, -1], share))
