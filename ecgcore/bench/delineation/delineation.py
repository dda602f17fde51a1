"""Fiducials and intervals of ours and of neurokit2 against the cardiologists' marks of LUDB."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecgcore.bench.delineation.confidence_curve import ConfidenceBin, confidence_curve
from ecgcore.bench.delineation.fusion import HALF_QRS, INTERVALS, Array, FusedBeats, fuse
from ecgcore.bench.delineation.ludb import Annotated, Refused, read_ludb
from ecgcore.bench.delineation.neurokit import VERSION, neurokit_marks
from ecgcore.errors import RecordError
from ecgcore.records import EcgRecord
from ecgcore.signals.beats.beats import find_beats, median_beat
from ecgcore.signals.measure.confidence import stated
from ecgcore.signals.measure.delineate import Fiducials, delineate

POINTS = {"p_on": "P on", "p_off": "P off", "qrs_on": "QRS on", "qrs_off": "QRS off"} | {
    "t_off": "T off"
}
"""Global fiducials and how a reader calls them."""

NAMES = POINTS | {"pr": "PR", "qrs": "QRS", "qt": "QT", HALF_QRS: "QRS half"}
"""Every row of the table; the last is QRS duration, as it is stated, between half of the leads."""

_CSE_MS = {"p_on": 10.2, "p_off": 12.7, "qrs_on": 6.5, "qrs_off": 11.6, "t_off": 30.6}

TOLERANCE_MS = _CSE_MS | {
    name: float(np.hypot(_CSE_MS[first], _CSE_MS[last]))
    for name, (first, last) in (INTERVALS | {HALF_QRS: ("qrs_on", "qrs_off")}).items()
}
"""Two standard deviations of the CSE working party's referees (Eur Heart J 1985;6:815-825).

CSE gives none for intervals: theirs is the root of the sum of squares of their two ends.
"""

MATCH_S = 0.150
"""A beat is found when an R lies within 150 ms of its own (ANSI/AAMI EC57)."""

HALF_ENDS = ("qrs_half_on", "qrs_half_off")

R_GOAL = 0.995
QRS_GOAL_MS = 10.0
_COMPARED = ("p_on", "qrs_on", "qrs_off", "t_off")


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What one method says about one recording.

    Attributes
    ----------
    r_s
        ``(n_beats,)`` all beats in seconds.
    dominant_r_s
        R of the beats that `typical_ms` describes.
    typical_ms
        In the order of `NAMES`: points relative to R, and intervals; nan where not measured.
    confidence
        ``(n_names,)`` as stated with each; None for a method that states none.
    """

    r_s: Array
    dominant_r_s: Array
    typical_ms: Array
    confidence: Array | None = None

    @classmethod
    def of(cls, beats: FusedBeats) -> "Answer":
        """Describe beats that were marked lead by lead."""
        typical = np.array([beats.typical_ms(name) for name in NAMES])
        return cls(beats.r_s, beats.r_s[beats.dominant], typical)


@dataclass(frozen=True, slots=True)
class Row:
    """Errors of one fiducial or interval; nothing is None unless nothing was measured.

    Attributes
    ----------
    n
        Recordings where both the reference and the method have it.
    within
        Share within `TOLERANCE_MS` of the recordings where the reference has it.
    failures
        The reference has it, the method has not.
    invented
        The method has it, the reference has not.
    """

    name: str
    tolerance_ms: float
    n: int
    mean_ms: float | None
    sd_ms: float | None
    median_abs_ms: float | None
    within: float | None
    failures: int
    invented: int


@dataclass(frozen=True, slots=True)
class RPeaks:
    """Beats found, over all recordings, and the recordings below `R_GOAL`."""

    n_reference: int
    sensitivity: float | None
    precision: float | None
    below: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MethodReport:
    """All figures of one method."""

    method: str
    rows: tuple[Row, ...]
    r_peaks: RPeaks
    confidence: tuple[ConfidenceBin, ...] = ()

    def row(self, name: str) -> Row:
        """Return one of `NAMES`."""
        return next(row for row in self.rows if row.name == name)


@dataclass(frozen=True, slots=True)
class Goal:
    """One promise; None where it could not be checked."""

    text: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class DelineationReport:
    """Both methods side by side.

    Attributes
    ----------
    rival
        None when neurokit2 was not asked or could not be run; `rival_note` says why.
    refused
        Recordings left out, with the reason.
    """

    n_records: int
    ours: MethodReport
    rival: MethodReport | None
    rival_note: str
    refused: tuple[Refused, ...]

    @property
    def goals(self) -> tuple[Goal, ...]:
        """The promises of this part."""
        return (*_own_goals(self.ours), *(_better(self.ours, self.rival, n) for n in _COMPARED))

    @property
    def passed(self) -> bool:
        """True where no promise is broken."""
        return all(goal.met is not False for goal in self.goals)

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {
            "n_records": self.n_records,
            "passed": self.passed,
            "ours": asdict(self.ours),
            "neurokit2": asdict(self.rival) if self.rival else None,
            "neurokit2_note": self.rival_note,
            "refused": [asdict(one) for one in self.refused],
            "goals": [asdict(goal) for goal in self.goals],
        }

    def as_text(self) -> str:
        """Return a table with both methods, and what was left out."""
        methods = [self.ours, *([self.rival] if self.rival else [])]
        lines = [f"{self.n_records} recordings; errors in ms, method minus reference", _HEAD]
        lines += [
            _row_text(method.row(name), method.method) for name in NAMES for method in methods
        ]
        lines += [_r_text(method) for method in methods]
        lines += [f"{NAMES[one.name]:9}{one.text}" for one in self.ours.confidence]
        if self.rival_note:
            lines.append(f"neurokit2: not measured: {self.rival_note}")
        lines += [f"left out: {one.record_id}: {one.reason}" for one in self.refused]
        marks = {True: "ok", False: "MISSED", None: "not checked"}
        lines += [f"{marks[goal.met]:12}{goal.text}" for goal in self.goals]
        return "\n".join(lines)


def run_delineation(ludb: Path, *, neurokit: bool = True) -> DelineationReport:
    """Compare on every recording of a folder; damaged ones are left out and named.

    Both methods are judged alike: one value for a recording, that of its dominant shape; points
    are compared in time, so that it does not matter where a method puts R within the QRS.

    Raises
    ------
    RecordError
        If no recording can be used.
    """
    found = list(read_ludb(ludb))
    known = [one for one in found if isinstance(one, Annotated)]
    refused = tuple(one for one in found if isinstance(one, Refused))
    if not known:
        raise RecordError(f"No recording of {ludb} can be used; the first: {refused[0].reason}")
    ours = compare("ours", known, [our_answer(one.record) for one in known])
    rival, note = _rival(known) if neurokit else (None, "not asked")
    return DelineationReport(len(known), ours, rival, note, refused)


def _rival(known: Sequence[Annotated]) -> tuple[MethodReport | None, str]:
    try:
        marks = neurokit_marks([one.record for one in known])
    except (RecordError, OSError) as error:
        return None, str(error)
    answers = [Answer.of(fuse(leads, one.record)) for one, leads in zip(known, marks, strict=True)]
    return compare(f"neurokit2 {VERSION}", known, answers), ""


def our_answer(record: EcgRecord) -> Answer:
    """Measure one recording with `ecgcore.signals`."""
    beats = find_beats(record)
    median = median_beat(record, beats)
    dominant = beats.r_s[beats.kinds == 0]
    if median is None:
        return Answer(beats.r_s, dominant, np.full(len(NAMES), np.nan))
    found = delineate(median, float(np.median(beats.rr_ms)))
    at = {name: _time(getattr(found, name).time_ms) for name in POINTS}
    spans = [at[last] - at[first] for first, last in INTERVALS.values()]
    half = _time(found.qrs_half_off.time_ms) - _time(found.qrs_half_on.time_ms)
    typical = np.array([*at.values(), *spans, half])
    return Answer(beats.r_s, dominant, typical, _confidence(found))


def _confidence(found: Fiducials) -> Array:
    """Return the confidence that is stated with each of `NAMES`."""
    ends = {name: (name,) for name in POINTS} | INTERVALS | {HALF_QRS: HALF_ENDS}
    return np.array(
        [stated(name, min(getattr(found, end).confidence for end in ends[name])) for name in NAMES]
    )


def _time(time_ms: float | None) -> float:
    return float("nan") if time_ms is None else time_ms


def compare(method: str, known: Sequence[Annotated], answers: Sequence[Answer]) -> MethodReport:
    """Return the errors of one method; `answers` has one for each recording."""
    references = [Answer.of(one.beats) for one in known]
    typical = np.array([reference.typical_ms for reference in references])
    pairs = list(zip(references, answers, strict=True))
    measured = np.array([_in_time_of(reference, answer) for reference, answer in pairs])
    rows = [_row(name, typical[:, at], measured[:, at]) for at, name in enumerate(NAMES)]
    ids = [one.record.record_id for one in known]
    said = [answer.confidence for answer in answers]
    curve = confidence_curve(measured - typical, said, TOLERANCE_MS)
    return MethodReport(method, tuple(rows), _r_peaks(ids, pairs), curve)


def _in_time_of(reference: Answer, answer: Answer) -> Array:
    """Return the answer with its points relative to the reference's R; nan without a common beat.

    A method whose dominant beats are all others than the reference's has failed.
    """
    at, its = matches(reference.dominant_r_s, answer.dominant_r_s)
    if not len(at):
        return np.full(len(NAMES), np.nan)
    shift = float(np.median(answer.dominant_r_s[its] - reference.dominant_r_s[at])) * 1000.0
    moved = np.array([shift if name in POINTS else 0.0 for name in NAMES])
    return np.asarray(answer.typical_ms + moved)


def matches(reference_s: Array, found_s: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair ascending times one to one, the closest first, none further apart than `MATCH_S`."""
    apart = np.abs(reference_s[:, None] - found_s[None, :])
    pairs: list[tuple[int, int]] = []
    while apart.size and apart.min() <= MATCH_S:
        row, column = np.unravel_index(int(apart.argmin()), apart.shape)
        pairs.append((int(row), int(column)))
        apart[row, :] = apart[:, column] = np.inf
    paired = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    return paired[:, 0], paired[:, 1]


def _row(name: str, reference: Array, measured: Array) -> Row:
    known, has = np.isfinite(reference), np.isfinite(measured)
    errors = (measured - reference)[known & has]
    tolerance = TOLERANCE_MS[name]
    return Row(
        name,
        tolerance,
        len(errors),
        float(errors.mean()) if len(errors) else None,
        float(errors.std(ddof=1)) if len(errors) > 1 else None,
        float(np.median(np.abs(errors))) if len(errors) else None,
        float((np.abs(errors) <= tolerance).sum() / known.sum()) if known.any() else None,
        int((known & ~has).sum()),
        int((has & ~known).sum()),
    )


def _r_peaks(ids: Sequence[str], pairs: Sequence[tuple[Answer, Answer]]) -> RPeaks:
    """Count beats between the first and the last that is annotated."""
    counts = np.array([_r_counts(reference.r_s, answer.r_s) for reference, answer in pairs])
    hits, n_reference, n_found = counts.sum(axis=0)
    low = [hit < R_GOAL * max(ref, got) for hit, ref, got in counts]
    return RPeaks(
        int(n_reference),
        float(hits / n_reference),
        float(hits / n_found) if n_found else None,
        tuple(name for name, is_low in zip(ids, low, strict=True) if is_low),
    )


def _r_counts(reference_s: Array, found_s: Array) -> tuple[int, int, int]:
    inside = (found_s >= reference_s[0] - MATCH_S) & (found_s <= reference_s[-1] + MATCH_S)
    hits = len(matches(reference_s, found_s[inside])[0])
    return hits, len(reference_s), int(inside.sum())


def _own_goals(ours: MethodReport) -> tuple[Goal, Goal]:
    qrs, below = ours.row("qrs").median_abs_ms, ours.r_peaks.below
    which = f"; below: {', '.join(below)}" if below else ""
    return (
        Goal(
            f"QRS duration within {QRS_GOAL_MS:g} ms (median)",
            None if qrs is None else qrs <= QRS_GOAL_MS,
        ),
        Goal(f"R sensitivity and precision >= {R_GOAL:.1%} on every recording{which}", not below),
    )


def _better(ours: MethodReport, rival: MethodReport | None, name: str) -> Goal:
    text = f"{NAMES[name]}: median absolute error and SD smaller than neurokit2's"
    if rival is None:
        return Goal(text, None)
    mine, its = ours.row(name), rival.row(name)
    figures = (mine.median_abs_ms, its.median_abs_ms), (mine.sd_ms, its.sd_ms)
    return Goal(text, all(a is not None and (b is None or a < b) for a, b in figures))


_HEAD = f"{'':9}{'method':18}{'n':>5}{'mean':>8}{'SD':>8}{'median abs':>12}" + (
    f"{'tolerance':>11}{'within':>8}{'failures':>10}{'invented':>10}"
)


def _row_text(row: Row, method: str) -> str:
    mean, sd, median = (
        "-" if value is None else f"{value:.1f}"
        for value in (row.mean_ms, row.sd_ms, row.median_abs_ms)
    )
    within = "-" if row.within is None else f"{row.within:.0%}"
    return (
        f"{NAMES[row.name]:9}{method:18}{row.n:>5}{mean:>8}{sd:>8}{median:>12}"
        f"{row.tolerance_ms:>11.1f}{within:>8}{row.failures:>10}{row.invented:>10}"
    )


def _r_text(method: MethodReport) -> str:
    r = method.r_peaks
    sensitivity, precision = (
        "-" if value is None else f"{value:.2%}" for value in (r.sensitivity, r.precision)
    )
    below = f"; below {R_GOAL:.1%}: {', '.join(r.below)}" if r.below else ""
    return (
        f"{'R peaks':9}{method.method:18} of {r.n_reference} beats sensitivity {sensitivity}, "
        f"precision {precision}{below}"
    )
