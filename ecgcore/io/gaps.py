"""Where leads were not recorded: what is drawn there, what is said, and what is too much."""

import numpy as np

from ecgcore.errors import RecordError
from ecgcore.leads import LEADS
from ecgcore.records import FloatArray, Gap

MAX_GAPS = 500
_SHARED_S = 2.0
"""Seconds that the spans of all leads must share for one simultaneous ECG."""


def check_gaps(name: str, signal: FloatArray) -> None:
    """Refuse a recording with holes all over, or with a lead that nothing is known of.

    Raises
    ------
    RecordError
        If there are more than `MAX_GAPS`, or a derived lead is nowhere known.
    """
    missing = np.isnan(signal)
    n_gaps = int(np.count_nonzero(missing[:, 1:] & ~missing[:, :-1]) + missing[:, 0].sum())
    if n_gaps > MAX_GAPS:
        raise RecordError(
            f"{name} lacks samples in {n_gaps:,} places; up to {MAX_GAPS} can be shown as gaps. "
            "Export it again."
        )
    if empty := [lead for lead, row in zip(LEADS, missing, strict=True) if row.all()]:
        raise RecordError(
            f"{name}: {', '.join(empty)} cannot be derived, because the two limb leads that it "
            "follows from were not recorded at the same time. Export all leads."
        )


def simultaneous(signal: FloatArray, fs_hz: float) -> bool:
    """Say whether the spans of time of all leads share enough for an ECG."""
    held = ~np.isnan(signal)
    first, last = held.argmax(axis=1).max(), (held.shape[1] - held[:, ::-1].argmax(axis=1)).min()
    return bool(last - first >= min(_SHARED_S * fs_hz, held.shape[1]))


def bridged(signal: FloatArray) -> FloatArray:
    """Draw straight lines over gaps, level ones at the ends."""
    if not np.isnan(signal).any():
        return signal
    result, at = signal.copy(), np.arange(signal.shape[1])
    for row in result:
        missing = np.isnan(row)
        if missing.any():
            row[missing] = np.interp(at[missing], at[~missing], row[~missing])
    return result


def gap_words(gaps: tuple[Gap, ...], most: int = 4) -> list[str]:
    """Say which leads lack how much; nothing without gaps.

    >>> gap_words((Gap("V1", 2.0, 2.5), Gap("V1", 9.9, 10.0), Gap("V2", 1.0, 1.002)))
    ['Not recorded in part: V1 (0.6 s in 2 gaps), V2 (2 ms at 1 s).']
    """
    if not gaps:
        return []
    of = {lead: [gap for gap in gaps if gap.lead == lead] for lead in LEADS}
    said = [f"{lead} ({_lacking(found)})" for lead, found in of.items() if found]
    more = f" and {len(said) - most} more leads" if len(said) > most else ""
    return [f"Not recorded in part: {', '.join(said[:most])}{more}."]


def _lacking(gaps: list[Gap]) -> str:
    total_s = sum(gap.end_s - gap.start_s for gap in gaps)
    much = f"{total_s:.3g} s" if total_s >= 0.1 else f"{1000 * total_s:.3g} ms"
    return f"{much} in {len(gaps)} gaps" if len(gaps) > 1 else f"{much} at {gaps[0].start_s:.4g} s"


def turn_words(gaps: tuple[Gap, ...]) -> list[str]:
    """Say that the leads were recorded one group after the other, and from when on."""
    starts = dict.fromkeys(LEADS, 0.0)
    starts |= {gap.lead: gap.end_s for gap in reversed(gaps) if gap.start_s == 0}
    together: dict[str, list[str]] = {}
    for lead, start_s in starts.items():
        together.setdefault(f"{start_s:.3g}", []).append(lead)
    groups = "; ".join(f"{', '.join(leads)} from {at} s" for at, leads in together.items())
    return [
        f"The leads were not recorded at the same time: {groups}. Each is shown at its own time; "
        "nothing is measured across leads and no model is asked."
    ]
