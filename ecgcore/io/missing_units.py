"""Units and rate that either the file says or the reader is asked for."""

import math

from ecgcore.errors import RecordError
from ecgcore.io.raw import ReadOptions, unit_scale

_TOLERANCE = 0.005
"""Relative difference up to which a stated rate and that of a time column are one."""


class NotSaidError(RecordError):
    """A table does not say its units or its rate; the reader must say them."""


def asked_unit(name: str, in_file: str | None, options: ReadOptions) -> tuple[str, tuple[str, ...]]:
    """Return the unit, and a warning if it is the reader's word.

    Raises
    ------
    RecordError
        If they differ; NotSaidError if neither says it.
    """
    if in_file is None and options.units is None:
        raise NotSaidError(
            f"{name} does not say its units. Say whether its numbers are mV, uV or V."
        )
    if in_file is None:
        return str(options.units), (f"Units taken as {options.units}, as you said.",)
    if options.units is not None and unit_scale(name, options.units) != unit_scale(name, in_file):
        raise RecordError(f"{name} says {in_file}, you said {options.units}. Leave one out.")
    return in_file, ()


def asked_rate(
    name: str, in_file: float | None, options: ReadOptions
) -> tuple[float, tuple[str, ...]]:
    """Return the rate in Hz, and a warning if it is the reader's word.

    Raises
    ------
    RecordError
        If they differ; NotSaidError if neither says it.
    """
    if in_file is None and options.fs_hz is None:
        raise NotSaidError(f"{name} does not say its rate. Say how many samples per second it has.")
    if in_file is None:
        return float(options.fs_hz or 0), (f"Rate taken as {options.fs_hz:g} Hz, as you said.",)
    if options.fs_hz is None:
        return in_file, ()
    if not math.isclose(in_file, options.fs_hz, rel_tol=_TOLERANCE):
        raise RecordError(
            f"{name} says {in_file:g} Hz, you said {options.fs_hz:g} Hz. Leave one out."
        )
    return float(options.fs_hz), ()
