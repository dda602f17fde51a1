"""Ends of made-up waves are where they were put, and LUDB's beats where readers put them."""

import numpy as np
import pytest
import wfdb

from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord
from ecgcore.signals.beats.beats import find_beats, median_beat
from ecgcore.signals.measure import delineate as module
from ecgcore.signals.measure.delineate import Fiducials, delineate
from tests.support.paths import LUDB

GAIN = np.array([0.7, 1.0, 0.3, -0.85, 0.2, 0.65, -0.6, -0.3, 0.6, 1.2, 1.3, 1.0])
TRUTH = {"p_on": -200, "p_off": -100, "qrs_on": -50, "qrs_off": 50, "t_off": 400}
WITHIN_MS = {"p_on": 15, "p_off": 22, "qrs_on": 13, "qrs_off": 22, "t_off": 25}
"""Made-up waves fade to nothing, so that they are seen to end before they do."""


def bump(t_ms: np.ndarray, on_ms: float, off_ms: float) -> np.ndarray:
    """Return a raised cosine of height 1 that is 0 outside its ends."""
    phase = (t_ms - on_ms) / (off_ms - on_ms)
    return np.where((phase > 0) & (phase < 1), 0.5 - 0.5 * np.cos(2 * np.pi * phase), 0.0)


def waves(t_ms: np.ndarray, *, p_mv: float = 0.12, t_mv: float = 0.3) -> np.ndarray:
    """Return one beat with the ends in `TRUTH`, ``(n,)``."""
    qrs = bump(t_ms, -30, 30) - 0.3 * bump(t_ms, 10, 50) - 0.25 * bump(t_ms, -50, -15)
    return p_mv * bump(t_ms, -200, -100) + qrs + t_mv * bump(t_ms, 150, 400)


def record(
    r_s: np.ndarray,
    *,
    fs_hz: int = 500,
    gain: np.ndarray = GAIN,
    noise_mv: float = 0.003,
    duration_s: float = 10.0,
    p_mv: float = 0.12,
    t_mv: float = 0.3,
) -> EcgRecord:
    t_ms = np.arange(round(duration_s * fs_hz)) * 1000.0 / fs_hz
    heart = sum(waves(t_ms - 1000 * r, p_mv=p_mv, t_mv=t_mv) for r in r_s)
    signal = np.outer(gain, heart)
    signal += np.random.default_rng(0).normal(0, noise_mv, signal.shape)
    return EcgRecord("made up", signal.astype(np.float32), fs_hz, "test")


def fiducials(record: EcgRecord) -> Fiducials:
    beats = find_beats(record)
    median = median_beat(record, beats)
    assert median is not None
    return delineate(median, float(np.median(beats.rr_ms)))


def times(found: Fiducials) -> dict[str, float | None]:
    return {name: getattr(found, name).time_ms for name in TRUTH}


SINUS = np.arange(0.7, 9.4, 0.85)


@pytest.mark.parametrize("fs_hz", [100, 250, 500, 1000])
def test_the_ends_of_all_waves_are_where_they_were_put(fs_hz: int) -> None:
    found = fiducials(record(SINUS, fs_hz=fs_hz))
    for name, time_ms in times(found).items():
        assert time_ms == pytest.approx(TRUTH[name], abs=WITHIN_MS[name]), name
    assert found.p_peak.time_ms == pytest.approx(-150, abs=10)
    assert found.t_peak.time_ms == pytest.approx(275, abs=15)
    assert all(getattr(found, name).confidence > 0.5 for name in TRUTH)


@pytest.mark.parametrize(
    "gain", [-GAIN, GAIN[::-1], 0.3 * GAIN, np.where(np.arange(12) < 6, 0.0, GAIN)]
)
def test_polarity_lead_order_voltage_and_flat_leads_do_not_move_them(gain: np.ndarray) -> None:
    plain = times(fiducials(record(SINUS)))
    other = times(fiducials(record(SINUS, gain=gain, noise_mv=0.001)))
    widths = [
        np.diff([found[name] for name in ("p_on", "qrs_on", "qrs_off", "t_off")])
        for found in (plain, other)
    ]
    assert widths[1] == pytest.approx(widths[0], abs=8)


@pytest.mark.parametrize("rate_bpm", [35, 75, 95])
def test_the_rate_does_not_move_them(rate_bpm: int) -> None:
    found = times(fiducials(record(np.arange(0.7, 9.4, 60 / rate_bpm))))
    for name, time_ms in found.items():
        assert time_ms == pytest.approx(TRUTH[name], abs=WITHIN_MS[name]), name


def test_inverted_t_ends_where_it_was_put() -> None:
    found = fiducials(record(SINUS, t_mv=-0.3))
    assert found.t_off.time_ms == pytest.approx(400, abs=25)


def test_no_p_wave_and_irregular_beats_are_named_as_fibrillation() -> None:
    r_s = 0.5 + np.cumsum(np.random.default_rng(3).uniform(0.6, 1.2, 9))
    found = fiducials(record(r_s, p_mv=0.0))
    assert found.p_on.time_ms is found.p_peak.time_ms is found.p_off.time_ms is None
    assert "fibrillation" in found.p_on.reason
    assert found.p_on.confidence == 0
    assert found.qrs_on.time_ms is not None


def test_p_waves_that_do_not_return_with_each_beat_are_not_measured() -> None:
    plain = record(SINUS, p_mv=0.0)
    t_ms = np.arange(plain.n_samples) * 2.0
    for k, r in enumerate(SINUS):
        wave = (-1) ** k * 0.12 * bump(t_ms - 1000 * r, -200, -100)
        plain.signal[:] += np.outer(GAIN, wave).astype(np.float32)
    found = fiducials(plain)
    assert found.p_on.time_ms is None
    assert "returns" in found.p_on.reason


def flutter(period_ms: float, *, fs_hz: int = 500) -> EcgRecord:
    """Return beats at every fourth wave of an atrium that beats on and on."""
    t_ms = np.arange(10 * fs_hz) * 1000.0 / fs_hz
    plain = record(np.arange(0.7, 9.4, 4 * period_ms / 1000.0), fs_hz=fs_hz, p_mv=0.0, t_mv=0.05)
    atrial = 0.2 * np.cos(np.pi * (t_ms - 700 + 150) / period_ms) ** 8
    return EcgRecord("made up", (plain.signal + np.outer(GAIN, atrial)).astype("f4"), fs_hz, "test")


@pytest.mark.parametrize("period_ms", [200.0, 230.0])
def test_flutter_waves_are_no_p_waves(period_ms: float) -> None:
    found = fiducials(flutter(period_ms))
    assert found.p_on.time_ms is None
    assert found.p_on.reason == "atrial flutter likely: the atrial wave repeats"


def test_t_that_falls_slowly_ends_on_its_fall() -> None:
    t_ms = np.arange(5000) * 2.0
    plain = record(np.arange(0.7, 9.4, 0.85), t_mv=0.0)
    slow = sum(
        np.where(t_ms - r < 230, bump(t_ms - r, 160, 300), bump(t_ms - r, -40, 500))
        for r in 1000 * np.arange(0.7, 9.4, 0.85)
    )
    found = fiducials(
        EcgRecord("x", (plain.signal + 0.2 * np.outer(GAIN, slow)).astype("f4"), 500, "test")
    )
    assert found.t_peak.time_ms == pytest.approx(230, abs=25)
    assert found.t_off.time_ms is not None
    assert found.t_off.time_ms > 350


def test_a_late_r_wave_in_few_leads_belongs_to_qrs() -> None:
    plain = record(SINUS)
    t_ms = np.arange(plain.n_samples) * 2.0
    late = sum(bump(t_ms - 1000 * r, 50, 100) for r in SINUS)
    few = np.zeros(12)
    few[[0, 6, 7]] = -0.35, 0.5, 0.4
    plain.signal[:] += np.outer(few, late).astype(np.float32)
    assert fiducials(plain).qrs_off.time_ms == pytest.approx(100, abs=20)


def test_waves_lost_in_noise_are_not_measured() -> None:
    found = fiducials(record(SINUS, p_mv=0.0, t_mv=0.0, noise_mv=0.02))
    assert found.p_on.time_ms is None
    assert found.t_off.time_ms is None
    assert "noise" in found.p_on.reason
    assert "noise" in found.t_off.reason


def test_few_beats_lower_the_confidence_and_say_so() -> None:
    few = fiducials(record(np.array([0.7, 1.6]), duration_s=2.4))
    many = fiducials(record(SINUS))
    assert "2 beats" in few.qrs_on.reason
    assert few.qrs_on.confidence < many.qrs_on.confidence


def test_a_flat_median_beat_has_no_fiducials() -> None:
    plain = record(SINUS)
    median = median_beat(plain, find_beats(plain))
    assert median is not None
    median.signal[:] = 0.0
    found = delineate(median, 850.0)
    assert all(getattr(found, name).time_ms is None for name in TRUTH)
    assert found.qrs_on.reason


def ludb_record(number: int) -> EcgRecord:
    read = wfdb.rdrecord(str(LUDB / str(number)))
    order = [read.sig_name.index(lead.lower()) for lead in LEADS]
    signal = read.p_signal.T[order].astype(np.float32)
    return EcgRecord(str(number), signal, int(read.fs), "LUDB")


def ludb_qrs_s(number: int) -> tuple[np.ndarray, float]:
    """Return the annotated R times, and the median QRS width over leads and beats in ms."""
    peaks, widths = [], []
    for lead in LEADS:
        read = wfdb.rdann(str(LUDB / str(number)), lead.lower())
        at = [k for k, symbol in enumerate(read.symbol) if symbol == "N"]
        peaks += [read.sample[k] for k in at]
        widths += [
            (read.sample[k + 1] - read.sample[k - 1]) * 2
            for k in at
            if read.symbol[k - 1 : k + 2] == ["(", "N", ")"]
        ]
    ordered = np.sort(peaks)
    groups = np.split(ordered, np.flatnonzero(np.diff(ordered) > 60) + 1)
    r_s = np.array([np.median(group) for group in groups if len(group) >= 3]) / 500
    return r_s, float(np.median(widths))


@pytest.mark.skipif(not LUDB.exists(), reason="needs ../shared/samples/ludb")
@pytest.mark.parametrize("number", [1, 8, 10, 15, 22, 35, 38, 45, 52, 83, 90, 99])
def test_every_annotated_beat_of_ludb_is_found_and_no_other(number: int) -> None:
    r_s, qrs_ms = ludb_qrs_s(number)
    plain = ludb_record(number)
    found = find_beats(plain).r_s
    within = found[(found > r_s[0] - 0.15) & (found < r_s[-1] + 0.15)]
    assert len(within) == len(r_s)
    assert np.abs(within - r_s).max() < 0.1
    ends = fiducials(plain)
    assert ends.qrs_on.time_ms is not None
    assert ends.qrs_off.time_ms is not None
    assert -20 < ends.qrs_off.time_ms - ends.qrs_on.time_ms - qrs_ms < 80


def with_p(on_ms: float, off_ms: float) -> EcgRecord:
    """Return beats whose P wave lies elsewhere."""
    plain = record(SINUS, p_mv=0.0)
    t_ms = np.arange(plain.n_samples) * 2.0
    wave = sum(0.15 * bump(t_ms - 1000 * r, on_ms, off_ms) for r in SINUS)
    signal = plain.signal + np.outer(GAIN, wave).astype(np.float32)
    return EcgRecord("made up", signal, 500, "test")


@pytest.mark.parametrize(
    ("on_ms", "off_ms"), [(-160, -60), (-200, -110), (-250, -150), (-270, -200)]
)
def test_a_p_wave_of_usual_length_is_measured_near_to_qrs_and_far_from_it(
    on_ms: float, off_ms: float
) -> None:
    found = fiducials(with_p(on_ms, off_ms))
    assert found.p_on.time_ms == pytest.approx(on_ms, abs=20)
    assert found.p_off.time_ms == pytest.approx(off_ms, abs=22)


def test_a_short_bump_just_before_qrs_is_no_p_wave() -> None:
    found = fiducials(with_p(-118, -58))
    assert found.p_on.time_ms is None
    assert "too short and too near" in found.p_on.reason


@pytest.mark.parametrize(
    ("size", "confidence", "reason"),
    [
        (1.0, 0.27, "small against the noise"),
        (4.0, 0.45, "small against the noise"),
        (5.5, 0.61875, "small against the noise"),
        (5.7, 0.64125, ""),
        (8.0, 0.9, ""),
        (80.0, 0.9, ""),
    ],
)
def test_a_wave_that_hardly_stands_out_is_less_sure_and_says_so(
    size: float, confidence: float, reason: str
) -> None:
    """Full confidence from eight times the noise on, never less than 0.3 of it."""
    (point,) = module.doubted_if_small(size, module.Fiducial(-100.0, 0.9, ""))
    assert point.confidence == pytest.approx(confidence)
    assert (point.time_ms, point.reason) == (-100.0, reason)
