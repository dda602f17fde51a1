"""Formulas: QT corrected for rate, and axes in the frontal plane."""

import math

QTC_RATES_BPM = (40.0, 120.0)
"""Outside these rates no correction of QT is trusted here; a convention of this project."""

_GOLDBERGER = 2.0 / math.sqrt(3.0)


def rate_bpm(rr_ms: float) -> float:
    """Return the heart rate in bpm that belongs to an RR interval."""
    return 60_000.0 / rr_ms


def qtc_bazett(qt_ms: float, rr_ms: float) -> float:
    """Return QT / sqrt(RR in s) in ms (Bazett, Heart 1920;7:353-370)."""
    return qt_ms / math.sqrt(rr_ms / 1000.0)


def qtc_fridericia(qt_ms: float, rr_ms: float) -> float:
    """Return QT / cbrt(RR in s) in ms (Fridericia, Acta Med Scand 1920;53:469-486)."""
    return qt_ms / math.cbrt(rr_ms / 1000.0)


def qtc_framingham(qt_ms: float, rr_ms: float) -> float:
    """Return QT + 154 ms (1 - RR in s) (Sagie et al., Am J Cardiol 1992;70:797-801)."""
    return qt_ms + 154.0 * (1.0 - rr_ms / 1000.0)


def qtc_hodges(qt_ms: float, rr_ms: float) -> float:
    """Return QT + 1.75 ms (rate in bpm - 60) (Hodges et al., J Am Coll Cardiol 1983;1:694)."""
    return qt_ms + 1.75 * (rate_bpm(rr_ms) - 60.0)


def axis_deg(lead_i: float, lead_avf: float) -> float:
    """Return the direction of a vector in the frontal plane, above -180 and up to 180 degrees.

    0 points to the left arm and 90 to the feet. In Einthoven's triangle lead I sees the whole of a
    vector along it and aVF, an augmented lead (Goldberger 1942), sees sqrt(3)/2 of one along it:
    that is undone before the angle is taken.

    Parameters
    ----------
    lead_i, lead_avf
        Net areas (or amplitudes) in one unit.
    """
    angle = math.degrees(math.atan2(_GOLDBERGER * lead_avf, lead_i))
    return 180.0 if angle == -180.0 else angle


def frontal_size(lead_i: float, lead_avf: float) -> float:
    """Return the length of the vector whose direction is `axis_deg`, in the unit of the leads."""
    return math.hypot(lead_i, _GOLDBERGER * lead_avf)
