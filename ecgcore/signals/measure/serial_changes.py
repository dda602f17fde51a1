"""Changes from an earlier ECG of the same patient to the present one.

A difference is marked where it exceeds what two measurements of an unchanged heart may differ by:

- P, PR, QRS and QT: 1.96 √2 standard deviations, Bland and Altman's repeatability coefficient
  (Lancet 1986), of the error that IEC 60601-2-25 allows to a program on real ECGs (CSE): 15, 10, 10
  and 30 ms.
- QTc: 60 ms, the larger of the two increases that ICH E14 (2005) asks to be reported.
- ST and T of a lead: 0.1 mV, the least ST elevation at J (in most leads) and the least depth of T
  inversion of the Fourth Universal Definition of Myocardial Infarction (Circulation 2018); its
  0.05 mV of ST depression are less than what is marked here.
- heart rate 20 bpm, axes 30° (QRS) and 45° (P, T): conventions of this project, no standard gives
  them. Electrode positions alone turn axes and change precordial amplitudes (Schijvenaars et al.,
  J Electrocardiol 2008), so Q, R and S are not compared.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pandas as pd

from ecgcore.signals.measure.measurements import LeadMeasured, Measured, Measurements, value_text

_CSE, _E14, _UDMI = "IEC 60601-2-25", "ICH E14", "universal definition of MI"
_OWN = "convention"
_REPEAT = 1.96 * math.sqrt(2)
_QTC_MS = 60.0

LEAD_LIMIT_MV = 0.1
"""Least change of ST or T that is listed for a lead."""

LIMITS: dict[str, tuple[float, str]] = {
    "heart_rate_bpm": (20.0, _OWN),
    "p_ms": (_REPEAT * 15, _CSE),
    "pr_ms": (_REPEAT * 10, _CSE),
    "qrs_ms": (_REPEAT * 10, _CSE),
    "qt_ms": (_REPEAT * 30, _CSE),
    "qtc_bazett_ms": (_QTC_MS, _E14),
    "qtc_fridericia_ms": (_QTC_MS, _E14),
    "qtc_framingham_ms": (_QTC_MS, _E14),
    "qtc_hodges_ms": (_QTC_MS, _E14),
    "axis_p_deg": (45.0, _OWN),
    "axis_qrs_deg": (30.0, _OWN),
    "axis_t_deg": (45.0, _OWN),
}
"""Largest difference that is not marked, and where it comes from; none for the RR spread."""

_LEAD_NAMES = ("st_j_mv", "st_j60_mv", "t_mv")


@dataclass(frozen=True, slots=True)
class Change:
    """One measurement then and now.

    Attributes
    ----------
    lead
        "" for measurements over all leads.
    then, now, difference
        In `unit`; None where not measured. Differences of axes lie within -180° and 180°.
    limit
        Largest difference that is not marked; None where there is no limit.
    source
        Where the limit comes from.
    remark
        Why the two are not comparable, or why one of them is doubtful.
    doubtful
        True where one of the two is doubtful.
    """

    name: str
    label: str
    lead: str
    unit: str
    then: float | None
    now: float | None
    difference: float | None
    limit: float | None
    source: str
    remark: str
    doubtful: bool

    @property
    def beyond(self) -> bool:
        """True where the difference is beyond its limit."""
        if self.difference is None or self.limit is None:
            return False
        beyond = abs(self.difference) - self.limit
        return beyond >= 0 if self.lead else beyond > 0

    @property
    def marked(self) -> bool:
        """True where the difference is beyond its limit and rests on two plain values."""
        return self.beyond and not self.doubtful

    @property
    def judgement(self) -> str:
        """Remark on the difference, "" where it is within its limit."""
        if self.marked:
            return "beyond the limit"
        return "doubtful" if self.beyond else ""


def changes(
    now: Measurements, then: Measurements, names: tuple[str, str] = ("then", "now")
) -> tuple[Change, ...]:
    """Compare all measurements, then ST and T of the leads where they changed.

    A lead's ST (at J and J+60) or T is listed where it changed by `LEAD_LIMIT_MV` or more, or could
    not be compared. Remarks call the two ECGs by `names`, the earlier one first.
    """
    over_leads = [_change(value, then.value(value.name), "", names) for value in now.values]
    return (*over_leads, *_lead_changes(now.leads, then.leads, names))


def changes_frame(
    found: Iterable[Change], names: tuple[str, str] = ("Then", "Now")
) -> pd.DataFrame:
    """One line for each change, as text for a reader; what is beyond its limit is said so.

    The columns of values are called by `names`, the earlier ECG first.
    """
    then, now = names
    rows = [
        {
            "Measurement": f"{change.lead} {change.label}".strip(),
            then: _text(change.then, change.unit),
            now: _text(change.now, change.unit),
            "Difference": _text(change.difference, change.unit, signed=True),
            "Limit": _text(change.limit, change.unit),
            "Judgement": change.judgement,
            "Note": change.remark,
        }
        for change in found
    ]
    columns = ["Measurement", then, now, "Difference", "Limit", "Judgement", "Note"]
    return pd.DataFrame(rows, columns=columns)


def _text(value: float | None, unit: str, *, signed: bool = False) -> str:
    if value is None:
        return "\N{EN DASH}"
    plus = "+" if signed and value > 0 else ""
    return f"{plus}{value_text(value, unit)}{'' if unit == '°' else ' '}{unit}"


def _lead_changes(
    now: Iterable[LeadMeasured], then: Iterable[LeadMeasured], names: tuple[str, str]
) -> Iterator[Change]:
    for mine, other in zip(now, then, strict=True):
        earlier = {value.name: value for value in other.values}
        for value in mine.values:
            if value.name in _LEAD_NAMES:
                change = _change(value, earlier[value.name], mine.lead, names)
                if change.beyond or change.difference is None:
                    yield change


def _change(now: Measured, then: Measured, lead: str, names: tuple[str, str]) -> Change:
    limit, source = (LEAD_LIMIT_MV, _UDMI) if lead else LIMITS.get(now.name, (None, ""))
    difference = _difference(now, then)
    both = zip(names, (then, now), strict=True)
    reasons = [f"{name}: {measured.reason}" for name, measured in both if measured.reason]
    said = "; ".join(reasons)
    return Change(
        name=now.name,
        label=now.label,
        lead=lead,
        unit=now.unit,
        then=then.value,
        now=now.value,
        difference=difference,
        limit=limit,
        source=source,
        remark=f"not comparable: {said}" if difference is None else said,
        doubtful=now.doubtful or then.doubtful,
    )


def _difference(now: Measured, then: Measured) -> float | None:
    if now.value is None or then.value is None:
        return None
    difference = now.value - then.value
    if now.unit == "°":
        difference = (difference + 180.0) % 360.0 - 180.0
    return round(difference, 3)
