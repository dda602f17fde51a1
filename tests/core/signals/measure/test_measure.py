"""Measurements of beats that are known by construction, and of what cannot be measured."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ecgcore.io.wfdb.wfdb_files import read_wfdb
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord
from ecgcore.signals.beats.beats import Beats, MedianBeat
from ecgcore.signals.measure import measure as module
from ecgcore.signals.measure.delineate import Fiducial, Fiducials
from ecgcore.signals.measure.lead_waves import BeatInTime, measure_lead
from ecgcore.signals.measure.measure import Measurements, measure
from tests.support.paths import SAMPLES

needs_samples = pytest.mark.skipif(
    not SAMPLES.exists(), reason=f"no real sample recordings in {SAMPLES}"
)

FS = 500
R_INDEX = 200
NAMES = [
    "heart_rate_bpm",
    "rr_sd_ms",
    "p_ms",
    "pr_ms",
    "qrs_ms",
    "qt_ms",
    "qtc_bazett_ms",
    "qtc_fridericia_ms",
    "qtc_framingham_ms",
    "qtc_hodges_ms",
    "axis_p_deg",
    "axis_qrs_deg",
    "axis_t_deg",
]
FOUND = Fiducials(
    p_on=Fiducial(-200.0, 0.9),
    p_peak=Fiducial(-150.0, 0.9),
    p_off=Fiducial(-100.0, 0.8),
    qrs_on=Fiducial(-40.0, 1.0),
    qrs_off=Fiducial(60.0, 0.95),
    qrs_half_on=Fiducial(-34.0, 1.0),
    qrs_half_off=Fiducial(54.0, 0.95),
    t_peak=Fiducial(280.0, 0.7),
    t_off=Fiducial(360.0, 0.6, "T runs into U"),
)


def hump(first_ms: float, last_ms: float, height_mv: float) -> np.ndarray:
    """Half a sine between two times of the beat."""
    times = (np.arange(500) - R_INDEX) * 1000.0 / FS
    inside = (times >= first_ms) & (times <= last_ms)
    return np.where(
        inside, height_mv * np.sin(np.pi * (times - first_ms) / (last_ms - first_ms)), 0.0
    )


def frontal(i: np.ndarray, avf: np.ndarray) -> np.ndarray:
    """Twelve leads from I and aVF; the chest leads repeat I."""
    ii = avf + i / 2
    iii = ii - i
    return np.array([i, ii, iii, -(i + ii) / 2, (i - iii) / 2, avf, *[i] * 6], dtype=np.float32)


def beat_of(i: np.ndarray, avf: np.ndarray, **changes: object) -> MedianBeat:
    return replace(MedianBeat(frontal(i, avf), FS, R_INDEX, 10), **changes)


QRS = hump(-40, -20, -0.1) + hump(-18, 20, 1.0) + hump(22, 60, -0.3)
T = hump(200, 360, 0.4)
P = hump(-200, -100, 0.15)
BEAT = P + QRS + T


def measured(
    monkeypatch: pytest.MonkeyPatch,
    median: MedianBeat | None,
    found: Fiducials = FOUND,
    rr_ms: tuple[float, ...] = (800.0,) * 9,
    kinds: list[int] | None = None,
) -> Measurements:
    """Measure a recording whose beats are given."""
    r_s = np.cumsum([0.3, *rr_ms]) / 1000.0
    beats = Beats(r_s, np.array(kinds or [0] * len(r_s)))
    monkeypatch.setattr(module, "find_beats", lambda record: beats)
    monkeypatch.setattr(module, "median_beat", lambda record, beats: median)
    monkeypatch.setattr(module, "delineate", lambda beat, rr_ms: found)
    return measure(EcgRecord("made", np.zeros((12, 5000), dtype=np.float32), FS, "test"))


def test_intervals_run_between_their_fiducials(monkeypatch) -> None:
    found = measured(monkeypatch, beat_of(BEAT, BEAT))
    assert [m.name for m in found.values] == NAMES
    assert found.value("heart_rate_bpm").value == pytest.approx(75)
    assert found.value("rr_sd_ms").value == pytest.approx(0, abs=1e-6)
    assert found.value("p_ms").value == 100
    assert found.value("pr_ms").value == 160
    assert found.value("qrs_ms").value == 88, "between half of the leads"
    assert found.value("qt_ms").value == 400
    assert found.value("qtc_bazett_ms").value == pytest.approx(447.21, abs=0.01)
    assert found.value("p_ms").confidence == pytest.approx(0.72), "0.9 of the less clear end"
    assert found.value("qt_ms").reason == "T runs into U"
    assert found.value("qtc_hodges_ms").reason == "T runs into U"


def test_a_value_of_another_name_is_refused(monkeypatch) -> None:
    with pytest.raises(KeyError, match="qtc_bazett_ms"):
        measured(monkeypatch, beat_of(BEAT, BEAT)).value("qtc")


@pytest.mark.parametrize("angle", [-120.0, -30.0, 5.0, 59.0, 100.0, 175.0])
def test_axes_follow_the_vector(monkeypatch, angle: float) -> None:
    i = BEAT * np.cos(np.radians(angle))
    avf = BEAT * np.sin(np.radians(angle)) * np.sqrt(3) / 2
    found = measured(monkeypatch, beat_of(i, avf))
    for name in ("axis_p_deg", "axis_qrs_deg", "axis_t_deg"):
        assert found.value(name).value == pytest.approx(angle, abs=1.0), name


def test_an_axis_is_indeterminate_where_areas_cancel(monkeypatch) -> None:
    balanced = P + hump(-40, 10, 1.0) + hump(10, 60, -1.0) + T
    found = measured(monkeypatch, beat_of(balanced, balanced))
    assert found.value("axis_qrs_deg").value is None
    assert "indeterminate" in found.value("axis_qrs_deg").reason
    assert found.value("axis_t_deg").value is not None


def test_an_axis_of_areas_that_nearly_cancel_is_doubtful_and_says_so(monkeypatch) -> None:
    nearly = P + hump(-40, 10, 1.0) + hump(10, 60, -0.75) + T
    axis = measured(monkeypatch, beat_of(nearly, nearly)).value("axis_qrs_deg")
    assert axis.value is not None
    assert axis.doubtful
    assert axis.reason == "the net areas in I and aVF are small"


def test_an_axis_needs_lead_i(monkeypatch) -> None:
    flat = beat_of(BEAT, BEAT)
    flat.signal[0] = 0.0
    found = measured(monkeypatch, flat)
    assert found.value("axis_qrs_deg").reason == "lead I is flat"
    assert {m.value for m in found.leads[0].values} == {None}
    assert {m.reason for m in found.leads[0].values} == {"the lead is flat"}


def test_without_a_p_wave_the_reason_takes_its_place(monkeypatch) -> None:
    lost = Fiducial(None, 0.0, "no P wave stands out")
    found = measured(
        monkeypatch, beat_of(BEAT, BEAT), replace(FOUND, p_on=lost, p_peak=lost, p_off=lost)
    )
    for name in ("p_ms", "pr_ms", "axis_p_deg"):
        assert found.value(name).value is None
        prefix = "no PR: " if name == "pr_ms" else ""
        assert found.value(name).reason == prefix + "no P wave stands out"
        assert found.value(name).confidence == 0
    assert found.value("qt_ms").value == 400


def test_without_a_t_wave_neither_qt_nor_its_corrections_are_given(monkeypatch) -> None:
    lost = Fiducial(None, 0.0, "no T wave found")
    found = measured(monkeypatch, beat_of(BEAT, BEAT), replace(FOUND, t_peak=lost, t_off=lost))
    for name in ("qt_ms", "qtc_bazett_ms", "qtc_hodges_ms", "axis_t_deg"):
        assert (found.value(name).value, found.value(name).reason) == (None, "no T wave found")
    assert found.leads[0].value("t_mv").reason == "no T wave found"
    assert found.leads[0].value("st_j60_mv").value is not None


def test_without_a_qrs_nothing_but_the_rhythm_is_given(monkeypatch) -> None:
    lost = Fiducial(None, 0.0, "no QRS complex stands out")
    found = measured(monkeypatch, beat_of(BEAT, BEAT), Fiducials(*[lost] * 7))
    assert [m.name for m in found.values if m.value is not None] == ["heart_rate_bpm", "rr_sd_ms"]
    assert all(m.reason == lost.reason for lead in found.leads for m in lead.values)


@pytest.mark.parametrize(
    ("rr_ms", "reason", "share"),
    [
        ((800.0,) * 9, "", 1.0),
        ((400.0,) * 9, "not reliable at 150 bpm", 0.4),
        ((1600.0,) * 5, "not reliable at 38 bpm", 0.4),
        ((600.0, 900.0, 700.0, 1100.0), "irregular: RR 600 to 1100 ms", 0.4),
        ((300.0, 500.0, 400.0), "not reliable at 150 bpm; irregular: RR 300 to 500 ms", 0.16),
    ],
)
def test_a_doubtful_qtc_says_why(monkeypatch, rr_ms, reason: str, share: float) -> None:
    plain = replace(FOUND, t_off=Fiducial(360.0, 1.0))
    qtc = measured(monkeypatch, beat_of(BEAT, BEAT), plain, rr_ms).value("qtc_fridericia_ms")
    assert qtc.value is not None
    assert qtc.reason == reason
    assert qtc.confidence == pytest.approx(0.95 * share), "95 of 100 clear ones are within CSE"
    assert qtc.doubtful == bool(reason)


def test_rr_spread_is_the_sample_standard_deviation(monkeypatch) -> None:
    found = measured(monkeypatch, beat_of(BEAT, BEAT), rr_ms=(700.0, 800.0, 900.0))
    assert found.value("rr_sd_ms").value == pytest.approx(100)
    assert found.value("heart_rate_bpm").value == pytest.approx(75)


@pytest.mark.parametrize(("rr_ms", "rate"), [((), None), ((500.0,), 120.0)])
def test_too_few_beats_are_named(monkeypatch, rr_ms, rate: float | None) -> None:
    found = measured(monkeypatch, None, rr_ms=rr_ms)
    assert found.value("heart_rate_bpm").value == (rate and pytest.approx(rate))
    assert found.value("rr_sd_ms").value is None
    assert [m.name for m in found.values] == NAMES
    assert f"{len(rr_ms) + 1} found" in found.value("qrs_ms").reason
    assert f"{len(rr_ms) + 1} found" in found.leads[11].value("r_mv").reason
    assert json.loads(json.dumps(found.as_json(), allow_nan=False))["n_median_beats"] == 0


def test_beats_of_another_shape_are_told(monkeypatch) -> None:
    found = measured(
        monkeypatch, beat_of(BEAT, BEAT, n_beats=3), rr_ms=(800.0,) * 3, kinds=[0, 1, 0, 0]
    )
    assert found.notes == ("Median of 3 of 4 beats.", "1 beat of another shape is left out of it.")


def amplitudes(trace: np.ndarray, **changes: object) -> dict[str, float]:
    scene = BeatInTime.of(beat_of(trace, np.zeros(500), **changes), FOUND)
    assert scene is not None
    return {m.name: m.value for m in measure_lead(scene, "I").values}


def test_amplitudes_are_those_of_the_waves() -> None:
    found = amplitudes(BEAT + 0.25)
    assert found["q_mv"] == pytest.approx(-0.1, abs=0.01)
    assert found["r_mv"] == pytest.approx(1.0, abs=0.01)
    assert found["s_mv"] == pytest.approx(-0.3, abs=0.01)
    assert found["t_mv"] == pytest.approx(0.4, abs=0.01)
    assert found["st_j60_mv"] == pytest.approx(0.0, abs=0.001)


def test_the_st_segment_is_measured_where_it_says() -> None:
    times = (np.arange(500) - R_INDEX) * 1000.0 / FS
    rising = np.where(times >= 60, (times - 60) / 100.0, 0.0)
    found = amplitudes(QRS + np.minimum(rising, 1.5))
    assert found["st_j40_mv"] == pytest.approx(0.4, abs=0.01)
    assert found["st_j60_mv"] == pytest.approx(0.6, abs=0.01)
    assert found["st_j80_mv"] == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize(
    ("trace", "q", "r", "s"),
    [
        (hump(-40, 60, 0.8), 0.0, 0.8, 0.0),
        (hump(-40, 60, -0.8), -0.8, 0.0, 0.0),
        (hump(-40, -20, 0.1) + hump(-18, 60, -1.5), 0.0, 0.1, -1.5),
        (hump(-40, -12, 0.3) + hump(-10, 18, -0.4) + hump(20, 60, 0.7), 0.0, 0.3, -0.4),
        (hump(-40, -12, 0.05) + hump(-10, 0, -0.1) + hump(2, 60, 2.0), -0.1, 2.0, 0.0),
        (hump(-40, 60, 0.015), 0.0, 0.0, 0.0),
    ],
    ids=["R", "QS", "rS", "rSR'", "notch before R", "below 20 µV"],
)
def test_shapes_of_qrs_are_told_apart(trace: np.ndarray, q: float, r: float, s: float) -> None:
    found = amplitudes(trace)
    assert [found[n] for n in ("q_mv", "r_mv", "s_mv")] == pytest.approx([q, r, s], abs=0.02)


def test_deflections_within_the_noise_are_no_waves() -> None:
    trace = hump(-40, -20, -0.1) + hump(-18, 60, 1.0)
    assert amplitudes(trace)["q_mv"] == pytest.approx(-0.1, abs=0.01)
    assert amplitudes(trace, noise_mv=np.full(12, 0.04))["q_mv"] == 0.0


def test_a_pacing_spike_is_no_wave() -> None:
    spiked = BEAT.copy()
    spiked[R_INDEX - 18] = -3.0
    assert amplitudes(spiked)["q_mv"] < -2.5
    assert amplitudes(spiked, pacing_ms=-36.0)["q_mv"] > -0.2


def test_a_beat_that_ends_early_has_no_late_st() -> None:
    short = beat_of(BEAT, BEAT)
    short = replace(short, signal=short.signal[:, : R_INDEX + 55])
    scene = BeatInTime.of(short, FOUND)
    assert scene is not None
    late = measure_lead(scene, "I").value("st_j60_mv")
    assert (late.value, late.confidence) == (None, 0.0)
    assert late.reason
    assert measure_lead(scene, "I").value("st_j40_mv").value is not None


def test_tables_speak_to_a_reader(monkeypatch) -> None:
    lost = Fiducial(None, 0.0, "no P wave stands out")
    found = measured(
        monkeypatch, beat_of(-BEAT, BEAT), replace(FOUND, p_on=lost, p_peak=lost, p_off=lost)
    )
    frame = found.frame().set_index("Measurement")
    assert list(frame.columns) == ["Value", "Unit", "Confidence", "Note"]
    assert tuple(frame.loc["QRS duration"]) == ("88", "ms", "82 %", "")
    assert tuple(frame.loc["PR interval"])[::3] == (
        "could not measure",
        "no PR: no P wave stands out",
    )
    leads = found.lead_frame().set_index("Lead")
    assert list(leads.index) == list(LEADS)
    assert leads.loc["I", "T (mV)"] == "−0.40"
    assert leads.loc["I", "ST at J+60 (mV)"] == "0.00", "no minus before zero"


def test_json_has_none_for_what_was_not_measured(monkeypatch) -> None:
    lost = Fiducial(None, 0.0, "no T wave found")
    found = measured(monkeypatch, beat_of(BEAT, BEAT), replace(FOUND, t_peak=lost, t_off=lost))
    data = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert data["values"]["qt_ms"]["value"] is None
    assert data["values"]["pr_ms"]["value"] == 160
    assert data["leads"]["V6"]["r_mv"]["value"] == pytest.approx(1.0, abs=0.01)
    assert data["fiducials"]["t_off"]["reason"] == "no T wave found"


@pytest.mark.parametrize("n_samples", [2, 30, 200, 1000])
@pytest.mark.parametrize("kind", ["zero", "noise", "huge", "step"])
def test_any_signal_gives_values_or_reasons(n_samples: int, kind: str) -> None:
    signal = np.zeros((12, n_samples))
    if kind == "step":
        signal[:, n_samples // 2 :] = 5.0
    elif kind != "zero":
        signal = np.random.default_rng(0).normal(size=signal.shape)
        signal *= {"noise": 0.1, "huge": 1e4}[kind]
    found = measure(EcgRecord("odd", signal.astype(np.float32), 100, "test"))
    everything = [*found.values, *(m for lead in found.leads for m in lead.values)]
    assert all(m.reason for m in everything if m.value is None)
    assert all(0 <= m.confidence <= 1 for m in everything)
    json.dumps(found.as_json(), allow_nan=False)


@needs_samples
def test_a_record_measures_alike_at_100_and_500_hz() -> None:
    folder = SAMPLES / "ptbxl-500hz"
    fast = read_wfdb(folder / "00001_hr")
    slow = replace(fast, signal=np.ascontiguousarray(_decimated(fast.signal)), fs_hz=100)
    first, second = measure(fast), measure(slow)
    for name, limit in (("heart_rate_bpm", 1), ("qrs_ms", 8), ("qt_ms", 8), ("axis_qrs_deg", 5)):
        assert first.value(name).value == pytest.approx(second.value(name).value, abs=limit), name


def _decimated(signal: np.ndarray) -> np.ndarray:
    from ecgcore.signals.filters import resample

    return resample(signal, 500, 100)


def test_the_line_under_p_goes_from_its_first_to_its_last_sample() -> None:
    """A tilted line is taken off whole, also where the wave still differs from it near its end."""
    share = np.arange(41) / 40
    wave = np.sin(np.pi * share) ** 2 + share * (1 - share)
    tilts_mv = np.array([[0.0, 0.0], [0.2, -0.3], [-0.1, 0.4]])
    trace = wave + tilts_mv[:, :1] + (tilts_mv[:, 1:] - tilts_mv[:, :1]) * share
    assert module._above_line(trace) == pytest.approx(np.tile(wave, (3, 1)), abs=1e-12)
