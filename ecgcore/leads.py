"""The twelve leads: their order, their spellings and the territories they look at."""

from collections.abc import Sequence

from ecgcore.errors import RecordError

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
"""Order of the leads in every ``(12, n_samples)`` signal of the project."""

TERRITORY_LEADS = {
    "anterior": ("V1", "V2", "V3", "V4"),
    "inferior": ("II", "III", "aVF"),
    "lateral": ("I", "aVL", "V5", "V6"),
}
"""Leads that face each wall of the left ventricle."""

_CANONICAL = {name.upper(): name for name in LEADS}


def lead_order(names: Sequence[str]) -> list[int]:
    """Return the positions of the twelve standard leads in `names`.

    Parameters
    ----------
    names
        Lead names as a file spells them, in any case (``AVR``, ``aVR``, ``avr``).

    Returns
    -------
    list of int
        ``names[order[k]]`` is lead ``LEADS[k]``.

    Raises
    ------
    RecordError
        If a lead is missing, unknown or named twice.
    """
    canonical = [_CANONICAL.get(name.strip().upper(), name) for name in names]
    missing = [lead for lead in LEADS if lead not in canonical]
    extra = [name for name in canonical if name not in LEADS]
    twice = sorted({lead for lead in LEADS if canonical.count(lead) > 1})
    problems = [
        f"{label} {', '.join(found)}"
        for label, found in (("missing", missing), ("unknown", extra), ("named twice", twice))
        if found
    ]
    if problems:
        raise RecordError(
            f"This recording has {len(names)} leads, a 12-lead ECG is needed: "
            f"{'; '.join(problems)}. Export all of {', '.join(LEADS)}."
        )
    return [canonical.index(lead) for lead in LEADS]
