"""What the measured values say in plain words: as measurements, never as a diagnosis."""

from collections.abc import Iterator

from ecgcore.signals.evidence.limits import Limit, axis_type, limit_of, st_limit_mv
from ecgcore.signals.measure.measurements import Measured, Measurements
from ecgcore.wording.numbers import number, signed

_WORDS = {
    "heart_rate_bpm": ("Slow rate (bradycardia)", "Fast rate (tachycardia)", "heart rate"),
    "p_ms": ("", "Long P wave", "P"),
    "pr_ms": ("Short PR interval", "First-degree AV block", "PR"),
    "qrs_ms": ("", "Prolonged QRS", "QRS"),
    "qtc_fridericia_ms": ("Short QT interval", "Prolonged QT interval", "QTc Fridericia"),
}
_WIDE_MS = 120.0
_CONTIGUOUS = (
    ("aVL", "I", "II", "aVF", "III"),
    ("V1", "V2", "V3", "V4", "V5", "V6"),
)
"""Leads that lie side by side: limb leads in Cabrera's order, and the chest."""


def measured_statements(
    measured: Measurements, years: float | None = None, sex: str = ""
) -> list[str]:
    """Say in a sentence each what is beyond its normal limits; a doubtful value says so."""
    lines = [
        line
        for name in _WORDS
        if (line := _beyond(measured.value(name), limit_of(name, years, sex)))
    ]
    return [*lines, *_axis(measured, years), *_st(measured, years, sex)]


def _beyond(one: Measured, limit: Limit | None) -> str:
    if one.value is None or limit is None:
        return ""
    side = limit.side(round(one.value))
    below, above, short = _WORDS[one.name]
    words = {-1: below, 0: "", 1: above}[side]
    if not words:
        return ""
    if one.name == "qrs_ms" and one.value >= _WIDE_MS:
        words = "Wide QRS"
    return (
        f"{words} by {short} {one.text} {one.unit}, {_trust(one)}; normal {limit.words(one.unit)}."
    )


def _trust(one: Measured) -> str:
    doubt = ", doubtful: measure it on the paper" if one.doubtful else ""
    return f"confidence {share(one.confidence)}{doubt}"


def share(confidence: float) -> str:
    """Write a confidence in per cent, as the table of measurements does."""
    return f"{100 * confidence:.0f} %"


def _axis(measured: Measurements, years: float | None) -> Iterator[str]:
    one, limit = measured.value("axis_qrs_deg"), limit_of("axis_qrs_deg", years)
    if one.value is None or limit is None or not limit.side(round(one.value)):
        return
    kind = axis_type(one.value)
    words = "Axis outside the range of this age" if kind == "normal" else kind.capitalize()
    yield f"{words} by QRS axis {one.text}°, {_trust(one)}; normal {limit.words('°')}."


def _st(measured: Measurements, years: float | None, sex: str) -> Iterator[str]:
    """Find ST beyond its limits at J in two neighbouring leads."""
    values = {one.lead: one.value("st_j_mv") for one in measured.leads}
    for place, word in ((1, "elevation"), (0, "depression")):
        beyond = {
            lead
            for lead, one in values.items()
            if one.value is not None
            and _passes(round(one.value, 2), st_limit_mv(lead, years, sex)[place])
        }
        leads = [
            lead
            for row in _CONTIGUOUS
            for k, lead in enumerate(row)
            if lead in beyond and beyond.intersection(row[max(k - 1, 0) : k] + row[k + 1 : k + 2])
        ]
        if leads:
            said = ", ".join(f"{lead} {signed(values[lead].value or 0.0, 2)} mV" for lead in leads)
            least = min((values[lead] for lead in leads), key=lambda one: one.confidence)
            limits = "limits of AHA/ACCF/HRS 2009, part VI"
            yield f"ST {word} at J by {said}, {_trust(least)}; {limits}."


def _passes(value: float, limit: float) -> bool:
    return value >= limit if limit > 0 else value <= limit


def limit_words(
    measured: Measurements, years: float | None, sex: str
) -> list[tuple[str, str, str]]:
    """List value, normal limits and source for each value that has limits."""
    found = []
    for one in measured.values:
        limit = limit_of(one.name, years, sex)
        if limit is not None:
            unit = "" if one.value is None else one.unit if one.unit == "°" else f" {one.unit}"
            found.append((f"{one.label} {one.text}{unit}", limit.words(one.unit), limit.source))
    return found


def st_words(measured: Measurements) -> str:
    """Say ST at J in every lead as text."""
    values = ((one.lead, one.value("st_j_mv").value) for one in measured.leads)
    said = ", ".join(
        f"{lead} {'not measured' if mv is None else signed(mv, 2)}" for lead, mv in values
    )
    return f"ST at J in mV: {said}"


def correction_words(name: str, qt_ms: float, rr_ms: float, value: float) -> str:
    """Write a QTc formula with its numbers."""
    qt, rr, result = number(qt_ms, 0), number(rr_ms / 1000, 2), number(value, 0)
    formula = {
        "qtc_bazett_ms": f"QT / √RR = {qt} / √{rr}",
        "qtc_fridericia_ms": f"QT / ∛RR = {qt} / ∛{rr}",
        "qtc_framingham_ms": f"QT + 154 (1 − RR) = {qt} + 154 (1 − {rr})",
        "qtc_hodges_ms": f"QT + 1.75 (rate − 60) = {qt} + 1.75 ({number(60_000 / rr_ms, 0)} − 60)",
    }[name]
    return f"{formula} = {result} ms, RR in s: the median of all."
