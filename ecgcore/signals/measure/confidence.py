"""What a confidence means: how many of 100 values at it lie within the tolerance of CSE.

The delineation says how clear the end of a wave is, from 0 to 1. Even a clear end is a matter of
opinion: `CLEAR` is the share of values at the highest clarity within two standard deviations of the
CSE referees (Eur Heart J 1985;6:815-825), on LUDB's odd records as they are and with U waves or the
noise of others added. Below that the share falls in proportion, which `bench delineation` shows on
the records at hand.
"""

CLEAR = {
    "p_on": 0.94,
    "p_off": 0.96,
    "qrs_on": 0.87,
    "qrs_off": 0.92,
    "t_off": 0.98,
    "p": 0.90,
    "pr": 0.89,
    "qrs": 0.85,
    "qrs_half": 0.86,
    "qt": 0.95,
}
"""By fiducial or interval."""

MEASURED_BY = {"p_ms": "p", "pr_ms": "pr", "qrs_ms": "qrs_half", "qt_ms": "qt"}
"""Which of them a measured value is."""


def stated(name: str, clarity: float) -> float:
    """Return the confidence in a fiducial or interval.

    Examples
    --------
    >>> round(stated("qrs_half", 0.5), 2)
    0.43
    """
    return CLEAR[name] * clarity
