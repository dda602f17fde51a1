"""Evidence that a reader plants into an ECG to see whether a model and its map find it.

What is planted stands at known places, so that a map can be judged against them. Only the chosen
leads change: limb leads do not follow each other as they would in a patient.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import RecordError
from ecgcore.leads import LEADS
from ecgcore.records import FloatArray
from ecgcore.signals.beat_timing import Times, Timing, levels, rise
from ecgcore.wording.numbers import counted, number, signed

BoolArray = NDArray[np.bool_]

SEEN_SHARE = 0.2
"""A sample counts as planted from this share of the largest change on."""

_RISE_S = 0.02
_Q_S = 0.04
_SPIKE_BEFORE_QRS_S, _SPIKE_S = 0.02, 0.004
_MAINS_HZ = 50.0
_ST_ENDS, _T_BEGINS = 0.5, 0.3


@dataclass(frozen=True, slots=True)
class PlantKind:
    """A kind of evidence.

    Attributes
    ----------
    title
        As shown to the reader.
    sizes_mv
        Smallest and largest size; a shift of ST may be negative.
    usual_mv
        Size at first.
    """

    title: str
    sizes_mv: tuple[float, float]
    usual_mv: float


KINDS = {
    "st": PlantKind("ST shift", (-1.0, 1.0), 0.2),
    "q": PlantKind("Q wave", (0.05, 1.5), 0.4),
    "t": PlantKind("T inversion", (0.05, 1.5), 0.3),
    "spike": PlantKind("pacing spike", (0.2, 5.0), 2.0),
    "mains": PlantKind("mains noise", (0.02, 1.0), 0.1),
}
"""What can be planted, by its short name."""


@dataclass(frozen=True, slots=True)
class Plant:
    """Evidence of one kind.

    Attributes
    ----------
    kind
        One of `KINDS`.
    size_mv
        Height of the shift, depth of the Q wave or of the T wave, height of the spike, amplitude of
        the noise.
    leads
        In which leads.
    beats
        In which beats, numbered from 1; all of them where there is none.
    """

    kind: str
    size_mv: float
    leads: tuple[str, ...]
    beats: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be planted.

        Raises
        ------
        RecordError
            If the kind, a lead or the size is none.
        """
        if self.kind not in KINDS:
            raise RecordError(f"{self.kind!r} cannot be planted. Choose {', '.join(KINDS)}.")
        if not self.leads or set(self.leads) - set(LEADS):
            named = ", ".join(self.leads) or "none"
            raise RecordError(f"The leads to plant in are {named}. Choose from {', '.join(LEADS)}.")
        low, high = KINDS[self.kind].sizes_mv
        if not low <= self.size_mv <= high:
            raise RecordError(
                f"A size of {number(self.size_mv, 2)} mV is not possible for a "
                f"{KINDS[self.kind].title}. Choose {number(low, 2)} to {number(high, 2)} mV."
            )

    @property
    def words(self) -> str:
        """What is planted and where, such as "ST shift +0.20 mV in V1-V4"."""
        size = signed(self.size_mv) if self.kind == "st" else number(self.size_mv, 2)
        beats = ", ".join(map(str, self.beats))
        where = f", beat{'s' if len(self.beats) > 1 else ''} {beats}" if beats else ""
        return f"{KINDS[self.kind].title} {size} mV in {lead_words(self.leads)}{where}"

    def apply(self, signal: FloatArray, fs_hz: float, timing: Timing) -> FloatArray:
        """Return ``(12, n)`` mV with the evidence; other leads and beats stay as they are.

        Raises
        ------
        RecordError
            If there is no beat of a chosen number.
        """
        times = np.arange(signal.shape[1]) / fs_hz
        rows = [LEADS.index(lead) for lead in self.leads]
        added = np.zeros((len(rows), times.size))
        above = (signal - levels(signal, fs_hz, timing))[rows]
        for beat in self._beats(timing):
            added += _SHAPES[self.kind](_Beat(times, beat, timing, above, fs_hz), self.size_mv)
        planted = signal.astype(np.float64)
        planted[rows] += added
        return planted.astype(np.float32)

    def _beats(self, timing: Timing) -> list[int]:
        n = len(timing.r_s)
        if missing := [beat for beat in self.beats if not 1 <= beat <= n]:
            raise RecordError(
                f"There is no beat {missing[0]}: {counted(n, 'beat')} were found. Choose 1 to {n}."
            )
        return [beat - 1 for beat in self.beats] or list(range(n))


def planted_where(without: FloatArray, planted: FloatArray) -> BoolArray:
    """Return ``(12, n)``: where a planted ECG differs from the same one without its evidence."""
    change = np.abs(planted.astype(np.float64) - without)
    where: BoolArray = change > max(SEEN_SHARE * change.max(), 1e-6)
    return where


def lead_words(leads: tuple[str, ...] | list[str]) -> str:
    """Name leads in their order, neighbours among the chest leads as a range.

    Examples
    --------
    >>> lead_words(["V4", "V2", "V3", "I"]), lead_words(["V1", "V2", "V6"])
    ('I, V2-V4', 'V1, V2, V6')
    """
    limb = [lead for lead in LEADS[:6] if lead in leads]
    runs: list[list[int]] = []
    for n in sorted(int(lead[1:]) for lead in leads if lead not in LEADS[:6]):
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    chest = [
        f"V{run[0]}-V{run[-1]}" if len(run) > 2 else ", ".join(f"V{n}" for n in run) for run in runs
    ]
    return ", ".join(limb + chest)


@dataclass(frozen=True, slots=True, eq=False)
class _Beat:
    """One beat of an ECG: its moments, and how far the chosen leads lie above their level."""

    times: Times
    index: int
    timing: Timing
    above: NDArray[np.float64]
    fs_hz: float

    @property
    def r_s(self) -> float:
        return float(self.timing.r_s[self.index])

    @property
    def st_t_s(self) -> tuple[float, float]:
        """J and the end of T."""
        return self.r_s + self.timing.qrs_off_s, self.r_s + self.timing.t_off_s

    @property
    def span_s(self) -> tuple[float, float]:
        """From half way to the beat before to half way to the next one."""
        edges = np.concatenate([[-np.inf], self.timing.r_s, [np.inf]])
        middle = (edges[1:] + edges[:-1]) / 2
        return float(middle[self.index]), float(middle[self.index + 1])


def _st(beat: _Beat, size_mv: float) -> Times:
    """Shift ST from J on; it fades out over the T wave."""
    first, last = beat.st_t_s
    fade_s = (1 - _ST_ENDS) * (last - first)
    shape: Times = rise((beat.times - first) / _RISE_S) * rise((last - beat.times) / fade_s)
    return size_mv * shape


def _q(beat: _Beat, size_mv: float) -> Times:
    """Draw a half sine of 40 ms downwards from the start of QRS."""
    at = (beat.times - beat.r_s - beat.timing.qrs_on_s) / _Q_S
    return np.where((at > 0) & (at < 1), -size_mv * np.sin(np.pi * at), 0.0)


def _t(beat: _Beat, size_mv: float) -> Times:
    """Replace the T wave by one that points the other way."""
    j, last = beat.st_t_s
    first = j + _T_BEGINS * (last - j)
    inside = rise((beat.times - first) / _RISE_S) * rise((last - beat.times) / _RISE_S)
    at = np.clip((beat.times - first) / (last - first), 0, 1)
    up = np.sign(np.sum(beat.above * inside, axis=1, keepdims=True))
    wave = -np.where(up == 0, 1.0, up) * size_mv * np.sin(np.pi * at) ** 2
    changed: Times = inside * (wave - beat.above)
    return changed


def _spike(beat: _Beat, size_mv: float) -> Times:
    """Draw a spike of a few ms, one sample at least, just before QRS."""
    first = round((beat.r_s + beat.timing.qrs_on_s - _SPIKE_BEFORE_QRS_S) * beat.fs_hz)
    shape = np.zeros_like(beat.times)
    shape[max(0, first) : max(0, first + max(1, round(_SPIKE_S * beat.fs_hz)))] = size_mv
    return shape


def _mains(beat: _Beat, size_mv: float) -> Times:
    """Add a cosine of 50 Hz; at 100 Hz, a sine would be zero at each sample."""
    first, last = beat.span_s
    inside = (beat.times >= first) & (beat.times < last)
    return np.where(inside, size_mv * np.cos(2 * np.pi * _MAINS_HZ * beat.times), 0.0)


_SHAPES: dict[str, Callable[[_Beat, float], Times]] = {
    "st": _st,
    "q": _q,
    "t": _t,
    "spike": _spike,
    "mains": _mains,
}
