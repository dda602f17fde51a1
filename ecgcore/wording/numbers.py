"""Numbers as readers see them: probabilities, ranges, differences, counts and durations.

What a script gets, JSON and CSV, is never written by these functions.
"""

import math

MINUS = "\N{MINUS SIGN}"


def percent(prob: float, digits: int = 1) -> str:
    """Write a probability in per cent; one that rounds to 0 or 100 is not written as certain.

    Examples
    --------
    >>> percent(0.1234), percent(0.1234, 0), percent(0.0004), percent(0.997, 0)
    ('12.3 %', '12 %', '< 0.1 %', '> 99 %')
    """
    return f"{_share(prob, digits)} %"


def percent_range(low: float, high: float, digits: int = 1) -> str:
    """Write two probabilities as a range, or as one where they are written alike.

    Examples
    --------
    >>> percent_range(0.004, 0.97, 0), percent_range(0.121, 0.124, 0)
    ('< 1 to 97 %', '12 %')
    """
    first, last = _share(low, digits), _share(high, digits)
    return f"{first} %" if first == last else f"{first} to {last} %"


def _share(prob: float, digits: int) -> str:
    rounded = f"{100 * prob:.{digits}f}"
    step = 10.0**-digits
    if float(rounded) <= 0:
        return f"< {step:.{digits}f}"
    return f"> {100 - step:.{digits}f}" if float(rounded) >= 100 else rounded


def points(difference: float) -> str:
    """Write a difference of two probabilities in percentage points.

    Examples
    --------
    >>> points(0.014), points(0.91)
    ('1 point', '91 points')
    """
    return counted(round(100 * difference), "point")


def counted(n: int, noun: str, plural: str = "") -> str:
    """Write a number of things with its noun.

    Examples
    --------
    >>> counted(1, "record"), counted(21799, "record"), counted(2, "loss", "losses")
    ('1 record', '21,799 records', '2 losses')
    """
    return f"{n:,} {noun if n == 1 else plural or f'{noun}s'}"


def number(value: float, digits: int = 0) -> str:
    """Write a number with a true minus sign, and none before a zero.

    Examples
    --------
    >>> number(-0.27, 1), number(-0.04, 1), number(12.0)
    ('−0.3', '0.0', '12')
    """
    rounded = f"{abs(value):.{digits}f}"
    return f"{MINUS}{rounded}" if value < 0 and float(rounded) else rounded


def signed(value: float, digits: int = 2) -> str:
    """Write a difference with its sign, a true minus or a plus.

    Examples
    --------
    >>> signed(0.5), signed(-0.5)
    ('+0.50', '−0.50')
    """
    return f"{value:+.{digits}f}".replace("-", MINUS)


def duration(seconds: float) -> str:
    """Write a duration in two figures at most.

    Examples
    --------
    >>> duration(0.2), duration(45), duration(480), duration(4800)
    ('1 s', '45 s', '8 min', '1 h 20 min')
    """
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


def rough_duration(low_s: float, high_s: float) -> str:
    """Write a rough range of durations in halves of a minute or of an hour.

    Examples
    --------
    >>> rough_duration(24, 80), rough_duration(5, 10), rough_duration(4000, 12_000)
    ('½ to 1½ minutes', '½ minute', '1 to 3½ hours')
    """
    unit_s, noun = (60, "minute") if high_s < 5400 else (3600, "hour")
    low, high = _halves(low_s / unit_s), _halves(high_s / unit_s)
    words = _mixed(high) if low == high else f"{_mixed(low)} to {_mixed(high)}"
    return f"{words} {noun}{'s' if high > 1 else ''}"


def _halves(value: float) -> float:
    return max(0.5, round(2 * value) / 2) if value < 5 else round(value)


def _mixed(value: float) -> str:
    return f"{math.floor(value) or ''}½" if value % 1 else f"{value:.0f}"
