"""Where a measured value comes from: leads, beats, samples, filter and fiducials."""

from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np

from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord
from ecgcore.signals.evidence.statements import correction_words, share
from ecgcore.signals.measure.fiducials import Fiducial
from ecgcore.signals.measure.measurements import DOUBTFUL, Measured, Measurements
from ecgcore.wording.numbers import counted, number, signed

POINT_NAMES = {
    "p_on": "start of P",
    "p_peak": "peak of P",
    "p_off": "end of P",
    "qrs_on": "start of QRS",
    "qrs_off": "end of QRS (J)",
    "t_peak": "peak of T",
    "t_off": "end of T",
}
_QT = ("qrs_on", "t_off")
_ENDS = {
    "p_ms": ("p_on", "p_off"),
    "pr_ms": ("p_on", "qrs_on"),
    "qrs_ms": ("qrs_on", "qrs_off"),
    "qt_ms": _QT,
    "axis_p_deg": ("p_on", "p_off"),
    "axis_qrs_deg": ("qrs_on", "qrs_off"),
    "axis_t_deg": ("t_peak", "t_off"),
}
_RATE = ("heart_rate_bpm", "rr_sd_ms")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a value rests on.

    Attributes
    ----------
    leads
        Leads that it was measured in.
    spans_s
        Start and end of it in each beat that was used, in seconds of the recording.
    doubtful
        Whether the value is.
    lines
        The same in words, a sentence each.
    """

    name: str
    label: str
    leads: tuple[str, ...]
    spans_s: tuple[tuple[float, float], ...]
    doubtful: bool
    lines: tuple[str, ...]


def evidence_of(measured: Measurements, name: str, record: EcgRecord) -> Evidence:
    """Say where one of the global values comes from.

    Parameters
    ----------
    record
        The recording that was measured.

    Raises
    ------
    KeyError
        If there is no value of this name.
    """
    one = measured.value(name)
    leads = ("I", "aVF") if name.startswith("axis") else LEADS
    spans = _beats_apart(measured) if name in _RATE else _spans(measured, name)
    unit = "" if one.value is None else one.unit if one.unit == "°" else f" {one.unit}"
    doubt = " doubtful" if one.doubtful else ""
    lines = [f"**{one.label} {one.text}{unit}**, confidence {share(one.confidence)}{doubt}."]
    if one.reason:
        lines.append(f"Note: {one.reason}.")
    lines += [_leads_words(name), *_beat_words(measured, name, record)]
    lines += _point_words(measured, name, one)
    return Evidence(name, one.label, leads, spans, one.doubtful, tuple(lines))


def ends_of(name: str) -> tuple[str, str] | None:
    """Return the fiducials between which a value lies; None for one between beats."""
    return _QT if name.startswith("qtc_") else _ENDS.get(name)


def _spans(measured: Measurements, name: str) -> tuple[tuple[float, float], ...]:
    ends, found = ends_of(name), measured.fiducials
    if ends is None or found is None:
        return ()
    first, last = (_point(measured, end).time_ms for end in ends)
    if first is None or last is None:
        return ()
    used = measured.beats.r_s[measured.beats.kinds == 0]
    return tuple((float(r_s + first / 1000), float(r_s + last / 1000)) for r_s in used)


def _beats_apart(measured: Measurements) -> tuple[tuple[float, float], ...]:
    return tuple((float(a), float(b)) for a, b in pairwise(measured.beats.r_s))


def _point(measured: Measurements, name: str) -> Fiducial:
    known = {} if measured.fiducials is None else {f.name for f in fields(measured.fiducials)}
    if name not in known:
        return Fiducial(None, 0.0, "there is no median beat")
    point: Fiducial = getattr(measured.fiducials, name)
    return point


def _leads_words(name: str) -> str:
    if name in _RATE:
        return "Leads: R is found in all 12 leads together."
    if name.startswith("axis"):
        return "Leads: the net areas in I and aVF, between the two points below."
    return "Leads: all 12 together; a wave begins and ends where it does so in several of them."


def _beat_words(measured: Measurements, name: str, record: EcgRecord) -> list[str]:
    beats = measured.beats
    rate = f"{record.fs_hz} samples per second"
    if name in _RATE:
        n = len(beats.r_s)
        at = ", ".join(number(r_s, 2) for r_s in beats.r_s[:12])
        more = " …" if n > 12 else ""
        return [f"Beats: {counted(n, 'beat')}, R at {at}{more} s.", f"Samples: {rate}, unfiltered."]
    if measured.median is None:
        return ["Beats: no median beat could be formed."]
    used = np.flatnonzero(beats.kinds == 0) + 1
    listed = ", ".join(map(str, used[:20])) + (" …" if len(used) > 20 else "")
    return [
        f"Beats: the median of {measured.median.n_beats} of {len(beats.r_s)} (numbers {listed}); "
        "beats of another shape are left out.",
        f"Samples: {rate} in the recording, {measured.median.fs_hz} in the median beat. "
        "Filter: none but the baseline, each beat's level just before QRS.",
    ]


def _point_words(measured: Measurements, name: str, one: Measured) -> list[str]:
    ends = ends_of(name)
    if ends is None:
        return []
    lines = [f"Between {_said(measured, ends[0])} and {_said(measured, ends[1])}."]
    qt, rr = measured.value("qt_ms").value, measured.beats.rr_ms
    if name.startswith("qtc_") and one.value is not None and qt is not None and len(rr):
        lines.append(correction_words(name, qt, float(np.median(rr)), one.value))
    return lines


def _said(measured: Measurements, name: str) -> str:
    point = _point(measured, name)
    if point.time_ms is None:
        return f"the {POINT_NAMES[name]} (not found: {point.reason})"
    doubt = ", doubtful" if point.confidence < DOUBTFUL else ""
    sample = ""
    if measured.median is not None:
        at = measured.median.r_index + point.time_ms * measured.median.fs_hz / 1000
        sample = f", sample {at:.0f} of the median beat"
    return (
        f"the {POINT_NAMES[name]} at {signed(point.time_ms, 0)} ms from R{sample} (confidence "
        f"{share(point.confidence)}{doubt})"
    )
