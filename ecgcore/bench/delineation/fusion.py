"""One rule that turns waves marked lead by lead into global times, alike for all methods."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgcore.records import EcgRecord, FloatArray

Array = NDArray[np.float64]

COLUMNS = ("p_on", "p_off", "qrs_on", "r", "qrs_off", "t_off")
"""What each row of a lead's marks holds, in seconds; nan where it is not marked."""

INTERVALS = {
    "pr": ("p_on", "qrs_on"),
    "qrs": ("qrs_on", "qrs_off"),
    "qt": ("qrs_on", "t_off"),
}
"""Each interval runs from the first of these to the second."""

HALF_QRS = "qrs_half"
"""QRS duration by `HALF_OF_LEADS`."""

FEWEST_LEADS = 3
"""A wave has begun, globally, when it has begun in this many leads, and lasts as long as in them.

The earliest of twelve marks is rather the widest error of a hand than the heart's: in LUDB's
records without conduction disorder, ectopy or ischaemia it gives a median QRS duration of 118 ms,
the third mark 104 ms, the median mark 91 ms. A rule of this kind, a mark that some neighbours
support, is the usual one for fused leads (Laguna et al., Comput Biomed Res 1994).
"""

HALF_OF_LEADS = 6
"""QRS duration is judged by a second rule: from where half of the leads have begun to where half of
them still last.

A recording device states one duration for all leads and takes little of what only a few of them
show: by the rule of three leads ours is 10 to 15 ms longer than what two electrocardiographs of
Philips and one that writes SCP-ECG have stored (102, 102 and 104 ms), by that of half of the leads
0 to 7 ms. The marks of half of the leads make 94 ms in LUDB's records without conduction disorder,
ectopy, pacing or ischaemia, as devices do in normal adults (90 to 96 ms).
"""

FAR_S = 0.040
"""Marks further than this from the median over the leads are left out."""

_ONE_BEAT_S = 0.12
_BEAT_LEADS = 6
_HALF_QRS_S = 0.08
_MOST_SHIFT_S = 0.03
_SAME_SHAPE = 0.85


@dataclass(frozen=True, slots=True, eq=False)
class FusedBeats:
    """The beats of a recording, all leads together.

    Attributes
    ----------
    times_s
        ``(n_beats, 6)`` in the order of `COLUMNS`: the median R, the third earliest onset and the
        third latest end over the leads; nan where too few leads mark it.
    dominant
        ``(n_beats,)`` True for the shape that most beats have.
    half_s
        ``(n_beats, 2)`` where QRS has begun and where it still lasts in `HALF_OF_LEADS`; None when
        not known.
    """

    times_s: Array
    dominant: NDArray[np.bool_]
    half_s: Array | None = None

    @property
    def r_s(self) -> Array:
        """Times of R, ``(n_beats,)`` in seconds."""
        return self.column("r")

    def column(self, name: str) -> Array:
        """Return one of `COLUMNS` for all beats, ``(n_beats,)`` in seconds."""
        return self.times_s[:, COLUMNS.index(name)]

    def typical_ms(self, name: str) -> float:
        """Return the median over the dominant beats; nan when under half of them have it.

        `name` is a column (its time is relative to R), one of `INTERVALS`, or ``qrs_half``.
        """
        if name == HALF_QRS:
            lasting = np.full(len(self.r_s), np.nan)
            if self.half_s is not None:
                lasting = self.half_s[:, 1] - self.half_s[:, 0]
        else:
            first, last = INTERVALS.get(name, ("r", name))
            lasting = self.column(last) - self.column(first)
        values = lasting[self.dominant] * 1000.0
        known = values[np.isfinite(values)]
        return float(np.median(known)) if 0 < len(values) <= 2 * len(known) else float("nan")


def fuse(leads: Sequence[Array], record: EcgRecord) -> FusedBeats:
    """Return the global times of each beat.

    A beat is a QRS complex that at least half of the leads mark, with marks closer to each other
    than 120 ms. Its R is the median over the leads. An onset is the third earliest and an end the
    third latest mark after those further than `FAR_S` from the median over the leads are left out.

    Parameters
    ----------
    leads
        Twelve arrays ``(n_beats_of_the_lead, 6)`` in seconds, columns as `COLUMNS`.
    record
        The samples, which tell the shapes of the beats apart.
    """
    clusters = _clusters(leads)
    times = np.array([_fused(rows) for rows in clusters]).reshape(-1, len(COLUMNS))
    half = np.array([_half(rows) for rows in clusters]).reshape(-1, 2)
    return FusedBeats(times, dominant_beats(record, times[:, COLUMNS.index("r")]), half)


def _clusters(leads: Sequence[Array]) -> list[Array]:
    """Gather the rows of one beat; a lead that has two of them gives the one nearer the middle."""
    rows = np.concatenate([np.zeros((0, len(COLUMNS))), *leads])
    lead = np.repeat(np.arange(len(leads)), [len(one) for one in leads])
    order = np.argsort(rows[:, COLUMNS.index("r")], kind="stable")
    rows, lead = rows[order], lead[order]
    r = rows[:, COLUMNS.index("r")]
    found = []
    for at in np.split(np.arange(len(r)), np.flatnonzero(np.diff(r) > _ONE_BEAT_S) + 1):
        nearest = at[np.argsort(np.abs(r[at] - np.median(r[at])), kind="stable")] if len(at) else at
        _, first = np.unique(lead[nearest], return_index=True)
        if len(first) >= _BEAT_LEADS:
            found.append(rows[nearest[first]])
    return found


def _fused(rows: Array) -> list[float]:
    return [
        float(np.median(column)) if name == "r" else _agreed(column, onset=name.endswith("_on"))
        for name, column in zip(COLUMNS, rows.T, strict=True)
    ]


def _half(rows: Array) -> list[float]:
    """Return the sixth earliest onset and the sixth latest end of QRS."""
    on, off = (rows[:, COLUMNS.index(name)] for name in ("qrs_on", "qrs_off"))
    return [_agreed(on, HALF_OF_LEADS, onset=True), _agreed(off, HALF_OF_LEADS, onset=False)]


def _agreed(marks: Array, fewest: int = FEWEST_LEADS, *, onset: bool) -> float:
    marks = np.sort(marks[np.isfinite(marks)])
    if len(marks) >= fewest:
        marks = marks[np.abs(marks - np.median(marks)) <= FAR_S]
    if len(marks) < fewest:
        return float("nan")
    return float(marks[fewest - 1] if onset else marks[-fewest])


def dominant_beats(record: EcgRecord, r_s: Array) -> NDArray[np.bool_]:
    """Return ``(n_beats,)`` True for the largest group of QRS complexes that look alike.

    Two look alike when the samples of all leads within 80 ms of R, their mean in each lead taken
    off, correlate at 0.85 or more with the best shift up to 30 ms.
    """
    if not len(r_s):
        return np.zeros(0, dtype=bool)
    alike = _correlations(record.signal, r_s, record.fs_hz) >= _SAME_SHAPE
    np.fill_diagonal(alike, val=True)
    return np.asarray(alike[int(alike.sum(axis=1).argmax())])


def _correlations(signal: FloatArray, r_s: Array, fs_hz: int) -> Array:
    half, reach = round(_HALF_QRS_S * fs_hz), round(_MOST_SHIFT_S * fs_hz)
    centres = np.rint(r_s * fs_hz).astype(np.int64)
    fixed = _unit_windows(signal, centres, half)
    best = np.full((len(r_s), len(r_s)), -1.0)
    for shift in range(-reach, reach + 1, max(1, fs_hz // 250)):
        best = np.maximum(best, fixed @ _unit_windows(signal, centres + shift, half).T)
    return best


def _unit_windows(signal: FloatArray, centres: NDArray[np.int64], half: int) -> Array:
    at = np.clip(centres[:, None] + np.arange(-half, half + 1), 0, signal.shape[1] - 1)
    windows = signal[:, at].transpose(1, 0, 2).astype(np.float64)
    windows -= windows.mean(axis=2, keepdims=True)
    flat = windows.reshape(len(centres), -1)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9))
