"""The twelve leads: order, spellings, the limb leads that follow from two of them, territories."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
"""Order of the leads in every ``(12, n_samples)`` signal of the project."""

TERRITORY_LEADS = {
    "anterior": ("V1", "V2", "V3", "V4"),
    "inferior": ("II", "III", "aVF"),
    "lateral": ("I", "aVL", "V5", "V6"),
}
"""Leads that face each wall of the left ventricle."""

LIMB_LEADS = LEADS[:6]

LEAD_CODES = {
    **dict(enumerate(("I", "II", "V1", "V2", "V3", "V4", "V5", "V6"), start=1)),
    **dict(enumerate(("III", "aVR", "aVL", "aVF"), start=61)),
}
"""Leads by their number in SCP-ECG (EN 1064), which MDC (ISO/IEEE 11073-10102) shares."""

_FROM_I_II = np.array([[1, 0], [0, 1], [-1, 1], [-0.5, -0.5], [1, -0.5], [-0.5, 1]])
"""The limb leads from I and II (Einthoven 1912; Goldberger 1942)."""

_CASES = {name.upper(): name for name in LEADS}
_SPELLINGS = {
    **_CASES,
    **{f"{letter}{name}": name for letter in "DL" for name in ("I", "II", "III")},
    **{f"{letter}{n}": LEADS[n - 1] for letter in "DL" for n in (1, 2, 3)},
    **{f"C{n}": f"V{n}" for n in range(1, 7)},
}
"""Also D (derivation), L (lead) and C (IEC 60601-2-25) instead of the usual letters."""

_PREFIX = re.compile(r"(?:MDC_ECG_LEAD_|(?:ECG\s+)?(?:LEAD|ABLEITUNG|CHANNEL)[\s_:]+|ECG[\s_]+)")
_SUFFIX = "(EINTHOVEN)"

Samples = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class TwelveLeads:
    """Twelve leads in our order, and what was done to get there.

    Attributes
    ----------
    signal
        ``(12, n_samples)``, leads in the order of `LEADS`.
    warnings
        Leads that were derived, left out, turned over or spelled in another system.
    """

    signal: Samples
    warnings: tuple[str, ...]


def standard_lead(name: str) -> str | None:
    """Return our spelling of a lead (``avr``, ``MDC_ECG_LEAD_AVR``: ``aVR``), or None."""
    return _SPELLINGS.get(_bare(name))


def twelve_leads(signal: Samples, names: Sequence[str]) -> TwelveLeads:
    """Bring the leads of a file to our twelve.

    Names are taken in any case and order; limb leads that are missing follow from two others
    (Einthoven's and Goldberger's relations); leads beyond the twelve are left out.

    Parameters
    ----------
    signal
        ``(n_leads, n_samples)`` in mV.
    names
        ``n_leads`` names as the file spells them. ``-aVR`` is aVR turned over.

    Raises
    ------
    RecordError
        If a chest lead is missing, fewer than two limb leads are there, or one is named twice.
    """
    found, turned, respelled, extra = _identify(names)
    _refuse_incomplete(names, found, extra)
    result = np.empty((len(LEADS), signal.shape[1]), dtype=signal.dtype)
    for lead, position in found.items():
        result[LEADS.index(lead)] = -signal[position] if lead in turned else signal[position]
    warnings = []
    if respelled:
        warnings.append(f"Lead names were read so: {', '.join(respelled)}.")
    if turned:
        warnings.append(f"The file has -{', -'.join(turned)}; the sign was turned.")
    if extra:
        warnings.append(f"Left out, not one of the twelve leads: {_listed(extra)}.")
    missing = [lead for lead in LIMB_LEADS if lead not in found]
    if missing:
        warnings.append(_derive(result, [lead for lead in LIMB_LEADS if lead in found], missing))
    return TwelveLeads(result, tuple(warnings))


def _bare(name: str) -> str:
    upper = name.strip().upper()
    prefix = _PREFIX.match(upper)
    return upper[prefix.end() if prefix else 0 :].removesuffix(_SUFFIX).rstrip()


def _identify(
    names: Sequence[str],
) -> tuple[dict[str, int], list[str], list[str], list[str]]:
    """Positions of the known leads, those turned over, respelled names, and unknown names."""
    found: dict[str, int] = {}
    turned, respelled, extra, twice = [], [], [], []
    for position, name in enumerate(names):
        upside_down = name.strip().startswith(("-", "−"))
        lead = standard_lead(name.strip().lstrip("-−") if upside_down else name)
        if lead is None:
            extra.append(name.strip() or f"signal {position + 1}")
            continue
        if lead in found:
            twice.append(lead)
        found[lead] = position
        if upside_down:
            turned.append(lead)
        elif _bare(name) not in _CASES:
            respelled.append(f"{name.strip()} as {lead}")
    if twice:
        raise RecordError(
            f"This recording has {len(names)} leads, named twice: {', '.join(sorted(set(twice)))}. "
            "Export each lead once."
        )
    return found, turned, respelled, extra


def _refuse_incomplete(names: Sequence[str], found: dict[str, int], extra: list[str]) -> None:
    limb = [lead for lead in LIMB_LEADS if lead in found]
    missing = [lead for lead in LEADS if lead not in found]
    if len(limb) >= 2:
        missing = [lead for lead in missing if lead not in LIMB_LEADS]
    if missing:
        unknown = f"; unknown {_listed(extra)}" if extra else ""
        raise RecordError(
            f"This recording has {len(names)} leads, a 12-lead ECG is needed: missing "
            f"{', '.join(missing)}{unknown}. Two limb leads and V1-V6 are enough; export all of "
            f"{', '.join(LEADS)}."
        )


def _derive(signal: Samples, limb: list[str], missing: list[str]) -> str:
    pair = limb[:2]
    rows = [LEADS.index(lead) for lead in pair]
    targets = [LEADS.index(lead) for lead in missing]
    signal[targets] = (_FROM_I_II[targets] @ np.linalg.inv(_FROM_I_II[rows])) @ signal[rows]
    were = "was" if len(missing) == 1 else "were"
    return f"{', '.join(missing)} {were} derived from {pair[0]} and {pair[1]}."


def _listed(names: Sequence[str], most: int = 8) -> str:
    shown = [name if len(name) <= 40 else f"{name[:39]}…" for name in names[:most]]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(shown) + more
