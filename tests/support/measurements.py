"""Measurements with chosen values, for tests of what is drawn and compared."""

import numpy as np

from ecgcore.leads import LEADS
from ecgcore.signals.beats.beats import Beats, MedianBeat
from ecgcore.signals.measure.delineate import Fiducial, Fiducials
from ecgcore.signals.measure.measure import LeadMeasured, Measured, Measurements

VALUES = {
    "heart_rate_bpm": ("Heart rate", "bpm", 63.0),
    "rr_sd_ms": ("RR spread (SD)", "ms", 24.0),
    "p_ms": ("P duration", "ms", 108.0),
    "pr_ms": ("PR interval", "ms", 162.0),
    "qrs_ms": ("QRS duration", "ms", 92.0),
    "qt_ms": ("QT interval", "ms", 392.0),
    "qtc_bazett_ms": ("QTc (Bazett)", "ms", 402.0),
    "qtc_fridericia_ms": ("QTc (Fridericia)", "ms", 398.0),
    "qtc_framingham_ms": ("QTc (Framingham)", "ms", 399.0),
    "qtc_hodges_ms": ("QTc (Hodges)", "ms", 397.0),
    "axis_p_deg": ("P axis", "°", 48.0),
    "axis_qrs_deg": ("QRS axis", "°", -12.0),
    "axis_t_deg": ("T axis", "°", 40.0),
}
LEAD_VALUES = {
    "q_mv": ("Q", -0.1),
    "r_mv": ("R", 0.8),
    "s_mv": ("S", -0.3),
    "st_j_mv": ("ST at J", 0.02),
    "st_j40_mv": ("ST at J+40", 0.03),
    "st_j60_mv": ("ST at J+60", 0.04),
    "st_j80_mv": ("ST at J+80", 0.05),
    "t_mv": ("T", 0.25),
}
TIMES_MS = {"p_on": -170, "p_peak": -120, "p_off": -70, "qrs_on": -45, "qrs_off": 47}
TIMES_MS |= {"t_peak": 230, "t_off": 347}


def measurements(changed=None, reasons=None, *, remarks=None, beat=True, marks=None, scale=1.0):
    """Make measurements.

    `changed`, `reasons` and `remarks` are keyed by a value's name, or "V2 t_mv" for a lead; a value
    of None is not measured, one with a reason is doubtful, one with a remark is not. `marks`
    replaces fiducials.
    """
    changed, reasons, remarks = changed or {}, reasons or {}, remarks or {}

    def made(key, name, label, unit, value):
        value = changed.get(key, value)
        if value is None:
            return Measured(name, label, unit, None, 0.0, reasons.get(key, "the lead is flat"))
        confidence = 0.3 if key in reasons else 0.9
        said = reasons.get(key, remarks.get(key, ""))
        return Measured(name, label, unit, value, confidence, said)

    fiducials = {name: Fiducial(float(ms), 0.9) for name, ms in TIMES_MS.items()} | (marks or {})
    return Measurements(
        record_id="7",
        beats=Beats(np.arange(0.5, 10, 0.95), np.zeros(10, dtype=np.int64)),
        median=median(scale) if beat else None,
        fiducials=Fiducials(**fiducials) if beat else None,
        values=tuple(made(name, name, *about) for name, about in VALUES.items()),
        leads=tuple(
            LeadMeasured(
                lead,
                tuple(
                    made(f"{lead} {name}", name, label, "mV", value)
                    for name, (label, value) in LEAD_VALUES.items()
                ),
            )
            for lead in LEADS
        ),
    )


def median(scale=1.0):
    """A beat with bells for P, R and T; lead k is k + 1 tenths of the first in height."""
    times_ms = np.arange(-400, 600, 2.0)
    shape = sum(
        height * np.exp(-(((times_ms - centre) / width) ** 2))
        for height, centre, width in ((0.1, -120, 25), (1.0, 0, 15), (0.25, 230, 50))
    )
    signal = (scale * np.outer(np.arange(1, 13) / 10, shape)).astype(np.float32)
    return MedianBeat(signal, 500, 200, 10, np.full(12, 0.01, dtype=np.float32))
