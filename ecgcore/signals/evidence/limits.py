"""Normal limits of measured values, by age and sex where their source says so."""

from dataclasses import dataclass

from ecgcore.wording.numbers import number

MALE, FEMALE = "male", "female"
AHA_III = "AHA/ACCF/HRS 2009, part III (Surawicz et al., J Am Coll Cardiol 53:976-981)"
AHA_IV = "AHA/ACCF/HRS 2009, part IV (Rautaharju et al., J Am Coll Cardiol 53:982-991)"
AHA_VI = "AHA/ACCF/HRS 2009, part VI (Wagner et al., J Am Coll Cardiol 53:1003-1011)"
WHO = "WHO/ISFC Task Force (Willems et al., J Am Coll Cardiol 1985;5:1261-1275)"
BLOCK = "ACC/AHA/HRS 2018, bradycardia and conduction delay (J Am Coll Cardiol 74:e51-e156)"
INTERATRIAL = "Consensus on interatrial block (Bayés de Luna et al., J Electrocardiol 2012;45:445)"
HEART_RATE = "ACC/AHA/HRS definitions (J Am Coll Cardiol 2006;48:2360-2396)"
ADULT_YEARS = 16


@dataclass(frozen=True, slots=True)
class Limit:
    """Normal from `low` to `high`, both included; None where a side has no limit.

    Attributes
    ----------
    who
        Whom the limit is for, in words; empty for everybody.
    """

    low: float | None
    high: float | None
    source: str
    who: str = ""

    def side(self, value: float) -> int:
        """Return -1 below the limit, 1 above it, else 0."""
        if self.low is not None and value < self.low:
            return -1
        return int(self.high is not None and value > self.high)

    def words(self, unit: str) -> str:
        """Say the limits, such as "120 to 200 ms" or "up to 450 ms (men)"."""
        low, high = (None if v is None else number(v, 0) for v in (self.low, self.high))
        span = f"up to {high}" if low is None else f"from {low}"
        span = f"{low} to {high}" if low is not None and high is not None else span
        unit = unit if unit == "°" else f" {unit}"
        return f"{span}{unit}{f' ({self.who})' if self.who else ''}"


def years_of(age: str) -> float | None:
    """Read an age as the tables write it, such as "54 years" or "over 89 years"; None if unknown.

    Examples
    --------
    >>> years_of("54 years"), years_of("age unknown")
    (54.0, None)
    """
    digits = "".join(letter if letter.isdigit() else " " for letter in age).split()
    return float(digits[0]) if digits else None


def limit_of(name: str, years: float | None = None, sex: str = "") -> Limit | None:
    """Return the normal limits of a value by its key; None where none is known for such a patient.

    Without an age they are those of adults; without a sex, the wider ones.
    """
    if name == "qrs_ms":
        return _qrs(years)
    if name == "axis_qrs_deg":
        return _axis(years)
    if name.startswith("qtc_"):
        return _qtc(sex)
    return None if years is not None and years < ADULT_YEARS else _ADULT.get(name)


_ADULT = {
    "heart_rate_bpm": Limit(60, 100, HEART_RATE, "adults at rest"),
    "p_ms": Limit(None, 119, INTERATRIAL, "adults"),
    "pr_ms": Limit(120, 200, BLOCK, "adults"),
}


def _qrs(years: float | None) -> Limit:
    """From 4 to 16 years QRS is prolonged from 100 ms on, below 4 from 90, else above 110."""
    if years is None or years >= ADULT_YEARS:
        return Limit(None, 110, AHA_III, "16 years and older")
    if years >= 4:
        return Limit(None, 99, AHA_III, "4 to 16 years")
    return Limit(None, 89, AHA_III, "under 4 years")


def _axis(years: float | None) -> Limit:
    for youngest, low, high, who in (
        (16, -30, 90, "adults"),
        (8, 0, 120, "8 to 16 years"),
        (5, 0, 140, "5 to 8 years"),
        (1, 5, 110, "1 to 5 years"),
        (0, 10, 120, "1 month to 1 year"),
    ):
        if years is None or years >= youngest:
            return Limit(low, high, AHA_III, who)
    raise ValueError(f"{years} years is no age")


def _qtc(sex: str) -> Limit:
    high = {MALE: (449, "men"), FEMALE: (459, "women")}.get(sex, (459, "sex unknown: as women"))
    return Limit(391, high[0], AHA_IV, high[1])


def st_limit_mv(lead: str, years: float | None = None, sex: str = "") -> tuple[float, float]:
    """Return from which depression (negative) and elevation at J an ST is beyond normal, in mV.

    Source: `AHA_VI`. Without age or sex the higher limits of elevation hold.
    """
    if lead not in ("V2", "V3"):
        return -0.1, 0.1
    if sex == FEMALE:
        return -0.05, 0.15
    return -0.05, 0.2 if years is not None and years >= 40 else 0.25


AXIS_TYPES = (
    ("extreme axis", -180, -90),
    ("left axis deviation, marked", -90, -45),
    ("left axis deviation, moderate", -45, -30),
    ("normal", -30, 90),
    ("right axis deviation, moderate", 90, 120),
    ("right axis deviation, marked", 120, 180),
)
"""Types of the frontal QRS axis in adults (`AHA_III`): name, from and to, in degrees."""
LAGETYPEN = (
    ("überdrehter Rechtstyp", -180, -90),
    ("überdrehter Linkstyp", -90, -30),
    ("Linkstyp", -30, 30),
    ("Indifferenztyp", 30, 60),
    ("Steiltyp", 60, 90),
    ("Rechtstyp", 90, 120),
    ("überdrehter Rechtstyp", 120, 180),
)
"""The same as German hospitals call it (Lagetyp)."""


def axis_type(degrees: float, types: tuple[tuple[str, int, int], ...] = AXIS_TYPES) -> str:
    """Name the type of an axis above -180 and up to 180 degrees.

    Examples
    --------
    >>> axis_type(-42), axis_type(-42, LAGETYPEN)
    ('left axis deviation, moderate', 'überdrehter Linkstyp')
    """
    inside = (name for name, low, high in types if low < degrees <= high)
    if types is AXIS_TYPES and degrees == -30:  # the normal range has both of its ends
        return "normal"
    return next(inside)
