"""A recording as its file has it, and the one way from there to an `EcgRecord`."""

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from ecgcore.errors import RecordError
from ecgcore.io.gaps import bridged, check_gaps, gap_words, simultaneous, turn_words
from ecgcore.leads import LEADS, TwelveLeads, standard_lead, twelve_leads
from ecgcore.records import EcgRecord, FloatArray, Unresampled, gaps_in

MAX_FILE_BYTES = 200 * 2**20
MAX_LEADS = 128
"""Channels of a file, whatever they hold."""

MAX_VALUES = 24_000_000
"""Samples of all leads together: 12 leads at 500 Hz for 66 minutes."""

MIN_DURATION_S = 2.0
MIN_FS_HZ, MAX_FS_HZ = 50, 4000

_PLAUSIBLE_MV = (0.05, 30.0)
"""Spread of the middle lead's samples in an ECG, between the 1st and 99th percentile."""

_TYPICAL_MV = 2.0
_MISTAKEN_UNITS = {1: "µV", 2: "nV", -1: "V"}
"""By how many thousands a span is off, and the unit that the values may be in."""

_TO_MV = {"mv": 1.0, "uv": 1e-3, "v": 1e3, "nv": 1e-6}
_OTHER_UNITS = {
    "mmhg": "mmHg", "mm[hg]": "mmHg", "mm": "mm", "%": "%", "bpm": "bpm", "adu": "adu",
}  # fmt: skip
"""Units that a message may name; any other may be a word about somebody."""

_MAX_STEPS = 1e8
_UNIT_WORDS = {"millivolt": "mv", "microvolt": "uv", "volt": "v", "nanovolt": "nv"}


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a reader says of a file that does not say it itself.

    Attributes
    ----------
    units
        "mV", "uV", "V" or the steps of a converter, as "200/mV"; None: as the file says.
    fs_hz
        Samples per second; None: as the file says.
    baseline
        "add" or "subtract" what MUSE calls the first sample's baseline; None: there is none.
    entry
        Which of several recordings, from 1; None: there is one.
    leads
        Names in their order, by commas, or one of `ecgcore.io.lead_orders.ORDERS`; None: as the
        file says.
    """

    units: str | None = None
    fs_hz: float | None = None
    baseline: str | None = None
    entry: int | None = None
    leads: str | None = None


FILE_SAYS_ALL = ReadOptions()


@dataclass(frozen=True, slots=True, eq=False)
class RawEcg:
    """The leads of one file in mV, in the file's own order.

    Attributes
    ----------
    names
        ``n_leads`` names as the file spells them.
    signal
        ``(n_leads, n_samples)`` in mV; nan where a lead was not recorded.
    fs_hz
        Samples per second, any number.
    warnings
        What was changed or assumed on the way.
    left_out
        Names of channels that no ECG needs and that were not read.
    off
        Those of `names` whose electrodes were off, as the file says.
    """

    names: tuple[str, ...]
    signal: NDArray[np.floating]
    fs_hz: float
    warnings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    off: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class OneLead:
    """A recording of one lead, as a watch makes it.

    Attributes
    ----------
    lead
        One of `ecgcore.leads.LEADS`; empty if the file does not name it.
    signal
        ``(n_samples,)`` float32 in mV.
    fs_hz
        Samples per second, any number.
    warnings
        What was changed or assumed on the way.
    """

    record_id: str
    lead: str
    signal: FloatArray
    fs_hz: float
    warnings: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.signal) / self.fs_hz


class OneLeadError(RecordError):
    """A recording has one lead: it can be drawn, and neither measured nor judged.

    Attributes
    ----------
    one
        The lead.
    """

    def __init__(self, words: str, one: OneLead) -> None:
        super().__init__(words)
        self.one = one


@np.errstate(over="ignore", invalid="ignore")  # beyond float32 is not a number, refused as such
def to_record(raw: RawEcg, record_id: str, source: str) -> EcgRecord:
    """Check a raw recording and bring it to twelve leads and a whole rate.

    Raises
    ------
    RecordError
        If leads are missing, the rate or length is out of range, or a sample is not a number.
        OneLeadError if there is one lead only.
    """
    if not raw.names:
        twelve_leads(raw.signal, raw.names, raw.left_out)  # says what is missing
    check_size(record_id, *raw.signal.shape)
    check_rate(record_id, raw.fs_hz)
    duration_s = raw.signal.shape[1] / raw.fs_hz
    if duration_s < MIN_DURATION_S:
        raise RecordError(
            f"{record_id} lasts {duration_s:.2f} s; at least {MIN_DURATION_S:g} s are needed to "
            "show and measure it, and 10 s for the models. Load a longer recording."
        )
    raw = _without_empty(raw, record_id)
    if len(raw.names) == 1:
        raise _one_lead(raw, record_id)
    leads = twelve_leads(raw.signal, raw.names, raw.left_out)
    held = np.ascontiguousarray(leads.signal, dtype=np.float32)
    check_gaps(record_id, held)
    signal, gaps = bridged(held), gaps_in(held, raw.fs_hz)
    together = simultaneous(held, raw.fs_hz)
    off = _leads_off(raw.off, leads)
    said = [*_off_words(off), *(gap_words(gaps) if together else turn_words(gaps))]
    fs_hz, unresampled = round(raw.fs_hz), None
    if not np.isclose(raw.fs_hz, fs_hz, rtol=1e-6, atol=0):
        EcgRecord(record_id, signal, fs_hz, source)  # refuses what is no number before it spreads
        signal, unresampled = _resample(signal, raw.fs_hz, fs_hz), Unresampled(held, raw.fs_hz)
        said.append(f"Resampled from {raw.fs_hz:.6g} to {fs_hz} Hz, a whole rate.")
    record = EcgRecord(
        record_id, signal, fs_hz, source, warnings=(*raw.warnings, *leads.warnings, *said),
        gaps=gaps, leads_off=off, simultaneous=together, unresampled=unresampled,
    )  # fmt: skip
    return _with_doubts(record)


def _one_lead(raw: RawEcg, name: str) -> OneLeadError:
    fs_hz, turned = raw.fs_hz, raw.names[0].strip().startswith(("-", "−"))
    lead = standard_lead(raw.names[0].strip().lstrip("-−")) or ""
    signal = np.asarray(-raw.signal[0] if turned else raw.signal[0], dtype=np.float32)
    words = (
        f"{name} holds one lead ({lead or 'not named'}, {fs_hz:.10g} Hz) of "
        f"{len(signal) / fs_hz:.4g} s, as a watch records it. The page Uploaded ECG draws it; "
        f"measurements and models need 12 leads, of which {len(LEADS) - 1} are missing."
    )
    if np.isnan(signal).any():
        held = ~np.isnan(signal)
        at = np.arange(len(signal))
        signal = np.interp(at, at[held], signal[held]).astype(np.float32)
    return OneLeadError(words, OneLead(name, lead, signal, fs_hz, raw.warnings))


def _without_empty(raw: RawEcg, name: str) -> RawEcg:
    """Drop leads without a single sample, as if the file did not have them."""
    held = ~np.isnan(raw.signal).all(axis=1)
    if held.all():
        return raw
    empty = [one for one, there in zip(raw.names, held, strict=True) if not there]
    if not held.any():
        raise RecordError(f"{name} holds no sample of any lead. Export it again.")
    known = [lead for lead in map(standard_lead, empty) if lead]
    words = (f"No sample of {', '.join(known)} is in the file.",) if known else ()
    names = tuple(one for one, there in zip(raw.names, held, strict=True) if there)
    return replace(raw, names=names, signal=raw.signal[held], warnings=(*raw.warnings, *words))


def _leads_off(names: tuple[str, ...], leads: TwelveLeads) -> tuple[str, ...]:
    """Name the leads that are off, and those derived from them."""
    off = {standard_lead(name.strip().lstrip("-−")) for name in names}
    if off & set(leads.derived_from):
        off |= set(leads.derived)
    return tuple(lead for lead in LEADS if lead in off)


def _off_words(off: tuple[str, ...]) -> list[str]:
    if not off:
        return []
    which = "all leads" if len(off) == len(LEADS) else ", ".join(off)
    return [f"The file says that electrodes were off or samples are not valid in {which}."]


def check_size(name: str, n_leads: int, n_samples: int) -> None:
    """Refuse more leads or samples than a page can hold, before memory is taken for them."""
    if not 1 <= n_leads <= MAX_LEADS:
        raise RecordError(f"{name} has {n_leads} leads; 1 to {MAX_LEADS} can be read.")
    if n_samples < 1:
        raise RecordError(f"{name} has no samples. Export it again.")
    if n_leads * n_samples > MAX_VALUES:
        raise RecordError(
            f"{name} has {n_leads} leads of {n_samples:,} samples; at most {MAX_VALUES:,} samples "
            "in all (12 leads at 500 Hz for 66 minutes) can be read. Cut out the part of interest."
        )


def check_rate(name: str, fs_hz: float) -> None:
    """Refuse a rate that no ECG has."""
    if not MIN_FS_HZ <= fs_hz <= MAX_FS_HZ:  # also refuses NaN
        raise RecordError(
            f"{name} has {fs_hz:g} samples per second; {MIN_FS_HZ} to {MAX_FS_HZ} can be read."
        )


def unit_scale(name: str, unit: str) -> float:
    """Return millivolts per unit.

    Raises
    ------
    RecordError
        If the unit is not a voltage.
    """
    plain = unit.strip().lower().replace("µ", "u").replace("μ", "u")
    plain = _UNIT_WORDS.get(plain.removesuffix("s"), plain)
    if plain not in _TO_MV:
        shown = (
            f"is in {_OTHER_UNITS[plain]}"
            if plain in _OTHER_UNITS
            else "names a unit that is no voltage"
        )
        raise RecordError(f"{name} {shown}; mV, uV or V is needed.")
    return _TO_MV[plain]


def _resample(signal: NDArray[np.float32], fs_hz: float, target_hz: int) -> NDArray[np.float32]:
    """Change the rate by the nearest ratio of whole numbers up to 5000 (within 0.01 %)."""
    ratio = (Fraction(target_hz) / Fraction(fs_hz)).limit_denominator(5000)
    resampled = resample_poly(
        signal, ratio.numerator, ratio.denominator, axis=-1, padtype="antireflect"
    )
    return np.asarray(resampled, dtype=np.float32)


def _with_doubts(record: EcgRecord) -> EcgRecord:
    """Say so when the amplitudes are no ECG's; nothing is changed."""
    spans = [np.subtract(*np.percentile(lead, (99, 1))) for lead in record.signal]
    spread_mv = float(np.median(spans))
    if _PLAUSIBLE_MV[0] <= spread_mv <= _PLAUSIBLE_MV[1]:
        return record
    return replace(record, warnings=(*record.warnings, doubtful_span_words(spread_mv)))


def doubtful_span_words(spread_mv: float) -> str:
    """Say that amplitudes are no ECG's, and which unit may have been meant.

    Examples
    --------
    >>> doubtful_span_words(1123.4)
    'The leads span 1,120 mV, about 1,000 times too much: are the values in µV?'
    """
    span = f"{float(f'{spread_mv:.3g}'):,}".removesuffix(".0")
    thousands = round(math.log(spread_mv / _TYPICAL_MV, 1000)) if spread_mv > 0 else 0
    if thousands not in _MISTAKEN_UNITS:
        return f"The leads span {span} mV where an ECG spans about 1 to 5 mV; check the units."
    much = f"{1000 ** abs(thousands):,} times too {'much' if thousands > 0 else 'little'}"
    return (
        f"The leads span {span} mV, about {much}: are the values in {_MISTAKEN_UNITS[thousands]}?"
    )
