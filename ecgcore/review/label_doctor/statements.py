"""Statements that can be measured, each with its value, its records and its published limit."""

from collections.abc import Mapping
from dataclasses import dataclass

from ecgcore.errors import ReviewError
from ecgcore.signals.evidence.limits import AHA_III, AHA_IV, BLOCK, HEART_RATE
from ecgcore.wording.numbers import number

HEART_AXIS = "heart_axis"
"""Column of PTB-XL that states the axis in words, for some of its records."""
SINUS = ("SR", "SBRAD", "STACH", "SARRH")
"""SCP codes of sinus rhythm."""
GOLDBERGER = "Goldberger, Clinical Electrocardiography (2018): under 0.5 mV in every limb lead"
_LONG_QT = f"{AHA_IV}; women from 460, men from 450 ms"
_OURS = "no guideline; 10 % is where this dashboard's measurements call a rhythm irregular"
_GERMAN = (
    "German hospitals call an axis from −30° to 30° a left type (Linkstyp), and only one left of "
    "−30° an overturned left type. That PTB-XL's words follow this custom is an inference from "
    "the axes measured here."
)
_SLOW = "The guideline of 2018 on bradycardia (ACC/AHA/HRS) counts only rates below 50 bpm."
_WIDTH = "The width of QRS does not tell right from left, nor a block from a paced beat."


@dataclass(frozen=True, slots=True)
class Measurable:
    """A statement and the value that can be held against it.

    Attributes
    ----------
    key, title
        Its short name, as in addresses, and its name in words.
    labels
        Values that make the statement: SCP codes, or words of the heart axis.
    value, noun, unit
        Column of the table of measurements, its name in words, and its unit.
    above
        True where values from the limit on are meant, False where those below it are.
    published
        The limit that a guideline gives; `source` names it.
    limits
        Lowest and highest limit that can be chosen, and the step between limits.
    from_axis
        True where the labels are words of the heart axis; only records with such a word count.
    among
        SCP codes of which a record must have one to count; all records without any.
    about_among
        These records in words.
    scale
        Unit of the value in parts of the unit of the table: 100 where a share is shown in per cent.
    note
        What a reader should know; "" where nothing is to be said.
    """

    key: str
    title: str
    labels: tuple[str, ...]
    value: str
    noun: str
    unit: str
    above: bool
    published: float
    source: str
    limits: tuple[float, float, float]
    from_axis: bool = False
    among: tuple[str, ...] = ()
    about_among: str = "all records"
    scale: float = 1.0
    note: str = ""

    def words(self, limit: float) -> str:
        """Say what is measured beyond a limit, as "QRS axis below −30°"."""
        side = "from" if self.above else "below"
        return f"{self.noun} {side} {self.text(limit)}{' on' if self.above else ''}"

    def text(self, value: float) -> str:
        """Write a value with its unit; an axis past 180 degrees as one from -180 on."""
        value = value - 360 if self.unit == "°" and value > 180 else value
        digits = 0 if self.limits[2] >= 1 else 2 if self.limits[2] < 0.1 else 1
        return f"{number(value, digits)}{self.unit if self.unit == '°' else f' {self.unit}'}"

    @property
    def said(self) -> str:
        """The labels that make the statement, as "LAD or ALAD"."""
        return " or ".join(self.labels)


_AXIS = {
    "value": "axis_qrs_deg",
    "noun": "QRS axis",
    "unit": "°",
    "source": AHA_III,
    "from_axis": True,
    "about_among": "records whose heart axis is stated",
}
_PR = {
    "value": "pr_ms",
    "noun": "PR",
    "unit": "ms",
    "above": True,
    "published": 200.0,
    "source": BLOCK,
    "limits": (140.0, 300.0, 2.0),
}
_RATE = {
    "value": "heart_rate_bpm",
    "noun": "heart rate",
    "unit": "bpm",
    "source": HEART_RATE,
    "among": SINUS,
    "about_among": "records in sinus rhythm as stated",
}
_QRS = {
    "value": "qrs_ms",
    "noun": "QRS duration",
    "unit": "ms",
    "above": True,
    "published": 120.0,
    "source": AHA_III,
    "limits": (80.0, 170.0, 1.0),
}
MEASURABLES: tuple[Measurable, ...] = (
    Measurable(
        "LAD",
        "Left axis deviation",
        ("LAD", "ALAD"),
        above=False,
        published=-30.0,
        limits=(-90.0, 90.0, 1.0),
        note=_GERMAN,
        **_AXIS,  # type: ignore[arg-type]
    ),
    Measurable(
        "RAD",
        "Right axis deviation",
        ("RAD", "ARAD"),
        above=True,
        published=90.0,
        limits=(30.0, 180.0, 1.0),
        **_AXIS,  # type: ignore[arg-type]
    ),
    Measurable("1AVB", "First-degree AV block", ("1AVB",), **_PR),  # type: ignore[arg-type]
    Measurable("LPR", "Prolonged PR interval", ("LPR",), **_PR),  # type: ignore[arg-type]
    Measurable(
        "SBRAD",
        "Sinus bradycardia",
        ("SBRAD",),
        above=False,
        published=60.0,
        limits=(40.0, 80.0, 1.0),
        note=_SLOW,
        **_RATE,  # type: ignore[arg-type]
    ),
    Measurable(
        "STACH",
        "Sinus tachycardia",
        ("STACH",),
        above=True,
        published=100.0,
        limits=(80.0, 140.0, 1.0),
        **_RATE,  # type: ignore[arg-type]
    ),
    Measurable(
        "LNGQT",
        "Long QT interval",
        ("LNGQT",),
        "qtc_fridericia_ms",
        "QTc (Fridericia)",
        "ms",
        above=True,
        published=460.0,
        source=_LONG_QT,
        limits=(400.0, 560.0, 1.0),
    ),
    Measurable(
        "LVOLT",
        "Low QRS voltage",
        ("LVOLT",),
        "limb_qrs_mv",
        "largest QRS of the limb leads",
        "mV",
        above=False,
        published=0.5,
        source=GOLDBERGER,
        limits=(0.2, 1.2, 0.02),
    ),
    Measurable(
        "BBB",
        "Complete bundle branch block",
        ("CRBBB", "CLBBB"),
        note=_WIDTH,
        **_QRS,  # type: ignore[arg-type]
    ),
    Measurable(
        "CRBBB",
        "RBBB: complete, not incomplete",
        ("CRBBB",),
        among=("CRBBB", "IRBBB"),
        about_among="records with CRBBB or IRBBB",
        **_QRS,  # type: ignore[arg-type]
    ),
    Measurable(
        "CLBBB",
        "LBBB: complete, not incomplete",
        ("CLBBB",),
        among=("CLBBB", "ILBBB"),
        about_among="records with CLBBB or ILBBB",
        **_QRS,  # type: ignore[arg-type]
    ),
    Measurable(
        "AFIB",
        "Atrial fibrillation by irregular RR",
        ("AFIB",),
        "rr_irregularity",
        "median change from RR to RR",
        "%",
        above=True,
        published=10.0,
        source=_OURS,
        limits=(1.0, 40.0, 0.5),
        scale=100.0,
        note="Extra beats are left out of the change from RR to RR.",
    ),
)
BY_KEY: Mapping[str, Measurable] = {one.key: one for one in MEASURABLES}


def measurable(key: str) -> Measurable:
    """Find a statement by its key; ReviewError if there is none."""
    if key not in BY_KEY:
        raise ReviewError(f"“{key[:20]}” cannot be measured. These can: {', '.join(BY_KEY)}.")
    return BY_KEY[key]
