"""The twelve leads: order, spellings, the limb leads that follow from two of them, territories."""

import re
from collections.abc import Collection, Sequence
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

REPEAT_MV = 0.01
"""Two channels of one lead that differ by no more are one: devices keep steps of up to 5 µV."""

_OTHERS = {
    name.upper(): name
    for name in (
        *"XYZ", "VX", "VY", "VZ", *(f"V{n}" for n in range(7, 10)),
        *(f"V{n}R" for n in range(1, 10)),
        "ABP", "ART", "CVP", "PAP", "ICP", "PLETH", "RESP", "SpO2", "HR", "Pressure", "MLII",
    )
}  # fmt: skip
"""Other channels whose names are no secret of a file."""

_NUMBERED = re.compile(r"signal \d{1,4}")
_PREFIX = re.compile(
    r"(?:MDC_ECG_LEAD_|(?:E[CK]G[\s_.:/-]*)?(?:LEAD|ABLEITUNG|CHANNEL)[\s_.:/-]*|E[CK]G[\s_.:/-]*)"
)
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
        Leads that were derived, left out, repeated, turned over or spelled in another system.
    derived, derived_from
        Limb leads that were not in the file, and the two that they follow from.
    """

    signal: Samples
    warnings: tuple[str, ...]
    derived: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()


def standard_lead(name: str) -> str | None:
    """Return our spelling of a lead (``avr``, ``MDC_ECG_LEAD_AVR``: ``aVR``), or None."""
    return _SPELLINGS.get(_bare(name))


def twelve_leads(
    signal: Samples, names: Sequence[str], left_out: Sequence[str] = ()
) -> TwelveLeads:
    """Bring the leads of a file to our twelve.

    Names are taken in any case and order; limb leads that are missing follow from two others
    (Einthoven's and Goldberger's relations); leads beyond the twelve are left out, and so is a
    second channel of a lead that holds the same samples.

    Parameters
    ----------
    signal
        ``(n_leads, n_samples)`` in mV; nan where a lead was not recorded.
    names
        ``n_leads`` names as the file spells them. ``-aVR`` is aVR turned over.
    left_out
        Names of further channels of the file.

    Raises
    ------
    RecordError
        If a chest lead is missing, fewer than two limb leads are there, or two channels of one
        lead differ.
    """
    known = _identify(names)
    extra = [*known.extra, *left_out]
    _refuse_incomplete(len(names) + len(left_out), known.found, extra)
    result = np.empty((len(LEADS), signal.shape[1]), dtype=signal.dtype)
    for lead, positions in known.found.items():
        result[LEADS.index(lead)] = _one_of(lead, [_upright(signal, names, k) for k in positions])
    warnings = []
    if known.respelled:
        warnings.append(f"Lead names were read so: {', '.join(known.respelled)}.")
    if known.turned:
        warnings.append(f"The file has -{', -'.join(known.turned)}; the sign was turned.")
    if twice := [lead for lead, positions in known.found.items() if len(positions) > 1]:
        what = "the same samples" if len(twice) == 1 else "the same samples each"
        warnings.append(f"Repeated in the file with {what}: {', '.join(twice)}; read once.")
    if extra:
        warnings.append(f"Left out, not one of the twelve leads: {_listed(extra)}.")
    limb = [lead for lead in LIMB_LEADS if lead in known.found]
    missing = [lead for lead in LIMB_LEADS if lead not in known.found]
    if not missing:
        return TwelveLeads(result, tuple(warnings))
    warnings.append(_derive(result, limb, missing))
    return TwelveLeads(result, tuple(warnings), tuple(missing), tuple(limb[:2]))


@dataclass(frozen=True, slots=True)
class _Known:
    """Positions of the known leads, those turned over, respelled names, and unknown names."""

    found: dict[str, list[int]]
    turned: list[str]
    respelled: list[str]
    extra: list[str]


def _is_turned(name: str) -> bool:
    return name.strip().startswith(("-", "−"))


def _upright(signal: Samples, names: Sequence[str], position: int) -> Samples:
    row: Samples = signal[position]
    return -row if _is_turned(names[position]) else row


def _one_of(lead: str, rows: Sequence[Samples]) -> Samples:
    """Return the one channel of a lead, or what its equal channels hold together.

    Raises
    ------
    RecordError
        If they differ by more than `REPEAT_MV` or share no time in which they could be compared.
    """
    first, *others = rows
    for row in others:
        apart = np.abs(first - row)
        apart_mv = float(np.nanmax(apart, initial=-1.0))
        if not 0 <= apart_mv <= REPEAT_MV:
            differ = f" (up to {apart_mv:.2f} mV apart)" if apart_mv > 0 else ""
            raise RecordError(
                f"This recording has two channels of {lead} with different samples{differ}, so "
                f"that {lead} is not known. Export each lead once."
            )
        first = np.where(np.isnan(first), row, first)
    return first


def _bare(name: str) -> str:
    upper = name.strip().upper()
    prefix = _PREFIX.match(upper)
    return upper[prefix.end() if prefix else 0 :].removesuffix(_SUFFIX).rstrip()


def _identify(names: Sequence[str]) -> _Known:
    known = _Known({}, [], [], [])
    for position, name in enumerate(names):
        upside_down = _is_turned(name)
        lead = standard_lead(name.strip().lstrip("-−") if upside_down else name)
        if lead is None:
            known.extra.append(_OTHERS.get(_bare(name), f"signal {position + 1}"))
            continue
        known.found.setdefault(lead, []).append(position)
        if upside_down:
            known.turned.append(lead)
        elif _bare(name) not in _CASES:
            known.respelled.append(f"{name.strip()} as {lead}")
    return known


def _refuse_incomplete(n_names: int, found: Collection[str], extra: list[str]) -> None:
    limb = [lead for lead in LIMB_LEADS if lead in found]
    missing = [lead for lead in LEADS if lead not in found]
    if len(limb) >= 2:
        missing = [lead for lead in missing if lead not in LIMB_LEADS]
    if missing:
        unknown = f"; there is also {_listed(extra)}" if extra else ""
        raise RecordError(
            f"This recording has {n_names} leads, a 12-lead ECG is needed: missing "
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
    """List channels by known names or numbers; of other names only how many there are."""
    shown = [_OTHERS.get(_bare(name), name) for name in names if _is_no_secret(name)]
    more = len(names) - min(len(shown), most)
    words = ", ".join(shown[:most])
    if not more:
        return words
    return f"{words} and {more} more" if words else f"{more} channel{'s' if more > 1 else ''}"


def _is_no_secret(name: str) -> bool:
    return _bare(name) in _OTHERS or bool(_NUMBERED.fullmatch(name))
