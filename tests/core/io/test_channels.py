"""Channels on one clock, codes for missing samples, and what is said of gaps."""

import numpy as np
import pytest

from ecgcore.errors import RecordError
from ecgcore.io.channels import Channel, believed_missing, is_lead, on_one_clock
from ecgcore.io.gaps import bridged, gap_words, turn_words
from ecgcore.io.raw import RawEcg, to_record
from ecgcore.leads import LEADS
from ecgcore.records import Gap

FS_HZ = 500
RNG = np.random.default_rng(4)
ORDINARY = np.rint(300 * np.sin(np.arange(5000) / 40)).astype(np.int16)


@pytest.mark.parametrize("name", ["II", "lead v1", "-aVR", " −aVR ", "MDC_ECG_LEAD_V6"])
def test_leads_are_needed(name: str) -> None:
    assert is_lead(name)


@pytest.mark.parametrize("name", ["ABP", "SpO2", "", "V7", "Doe^Jane", "time"])
def test_nothing_else_is(name: str) -> None:
    assert not is_lead(name)


@pytest.mark.parametrize("code", [-32768, 32767, 9999, -1000])
def test_a_code_far_outside_the_signal_is_believed_anywhere(code: int) -> None:
    units = ORDINARY.copy()
    units[[0, 700, 701, 4999]] = code
    assert np.flatnonzero(believed_missing(units, code, FS_HZ)).tolist() == [0, 700, 701, 4999]


@pytest.mark.parametrize("code", [0, 128, 300, -300])
def test_a_code_that_is_an_ordinary_value_is_not_believed(code: int) -> None:
    assert (code == ORDINARY).any()
    assert not believed_missing(ORDINARY, code, FS_HZ).any()


@pytest.mark.parametrize("code", [0, -200, 128])
@pytest.mark.parametrize(("head", "tail"), [(200, 0), (0, 100), (50, 900)])
def test_runs_of_an_ordinary_value_at_the_ends_are_believed(
    code: int, head: int, tail: int
) -> None:
    units = ORDINARY.copy()
    units[:head] = code
    units[len(units) - tail :] = code
    missing = believed_missing(units, code, FS_HZ)
    beside = (units[head] == code) + (tail > 0 and units[-tail - 1] == code)
    assert missing[:head].all()
    assert missing[len(units) - tail :].all()
    assert missing.sum() <= head + tail + beside


def test_a_lead_that_rests_as_long_elsewhere_only_rests_at_its_ends() -> None:
    units = ORDINARY.copy()
    units[:60] = units[1000:1050] = 0
    assert not believed_missing(units, 0, FS_HZ).any()
    units[:150] = 0
    assert believed_missing(units, 0, FS_HZ).sum() == 150


def test_a_channel_of_nothing_but_the_code_is_missing() -> None:
    assert believed_missing(np.zeros(100, np.int16), 0, FS_HZ).all()


def channels(starts_s: list[float], n: int = 1000) -> list[Channel]:
    rows = RNG.normal(0, 1, (12, n))
    return [Channel(*one) for one in zip(LEADS, rows, starts_s, strict=True)]


def test_each_channel_is_set_to_its_own_time() -> None:
    given = channels([0.002 * k for k in range(12)])
    raw = on_one_clock("e", given, FS_HZ)
    for k, channel in enumerate(given):
        assert np.isnan(raw.signal[k, :k]).all()
        np.testing.assert_array_equal(raw.signal[k, k:], channel.samples[: 1000 - k])
    assert raw.warnings == (
        "The leads were sampled up to 22 ms apart; each was set to its own time, to the nearest "
        "sample.",
    )


def test_only_differences_between_starts_count() -> None:
    raw = on_one_clock("e", channels([7.0] * 12), FS_HZ)
    assert (raw.signal.shape, raw.warnings) == ((12, 1000), ())


def test_less_than_half_a_sample_is_said_and_left() -> None:
    raw = on_one_clock("e", channels([0.0, 0.0009] * 6), FS_HZ)
    assert not np.isnan(raw.signal).any()
    assert raw.warnings == (
        "The leads were sampled up to 0.9 ms apart, less than half a sample; this was left as it "
        "is.",
    )


@pytest.mark.parametrize("late_s", [1e9, -1e9])
def test_a_start_far_away_takes_no_memory(late_s: float) -> None:
    with pytest.raises(RecordError, match="at most 24,000,000 samples"):
        on_one_clock("e", channels([0.0] * 11 + [late_s]), FS_HZ)


def test_leads_recorded_in_turn_are_known_as_such() -> None:
    given = channels([2.5 * (k // 3) for k in range(12)], 1250)
    record = to_record(on_one_clock("e", given, FS_HZ), "e", "")
    assert (record.simultaneous, record.n_samples) == (False, 5000)
    assert record.warnings == (
        "The leads were not recorded at the same time: I, II, III from 0 s; aVR, aVL, aVF from "
        "2.5 s; V1, V2, V3 from 5 s; V4, V5, V6 from 7.5 s. Each is shown at its own time; "
        "nothing is measured across leads and no model is asked.",
    )
    for k, channel in enumerate(given):
        start = 1250 * (k // 3)
        np.testing.assert_array_equal(
            record.recorded[k, start : start + 1250], channel.samples.astype(np.float32)
        )
        assert np.isnan(record.recorded[k]).sum() == 3750


@pytest.mark.parametrize(("shared_s", "together"), [(2.0, True), (1.9, False)])
def test_leads_that_share_two_seconds_are_one_ecg(shared_s: float, together: bool) -> None:
    given = channels([0.0] * 6 + [10 - shared_s] * 6, 5000)
    assert to_record(on_one_clock("e", given, FS_HZ), "e", "").simultaneous == together


def test_leads_that_are_off_and_those_derived_from_them_are_marked() -> None:
    rows = RNG.normal(0, 1, (8, 1000))
    names = ("I", "II", *LEADS[6:])
    record = to_record(RawEcg(names, rows, FS_HZ, off=("II", "V3")), "e", "")
    assert record.leads_off == ("II", "III", "aVR", "aVL", "aVF", "V3")
    assert (
        "The file says that electrodes were off or samples are not valid in II, III, aVR, aVL, "
        "aVF, V3." in record.warnings
    )
    assert to_record(RawEcg(names, rows, FS_HZ, off=("V3",)), "e", "").leads_off == ("V3",)


def test_a_limb_lead_without_a_sample_is_derived_and_a_chest_lead_is_missing() -> None:
    rows = RNG.normal(0, 1, (12, 1000))
    rows[2] = np.nan
    record = to_record(RawEcg(LEADS, rows, FS_HZ), "e", "")
    np.testing.assert_allclose(record.signal[2], rows[1] - rows[0], rtol=1e-5, atol=1e-5)
    assert record.warnings[0] == "No sample of III is in the file."
    rows[8] = np.nan
    with pytest.raises(RecordError, match="missing V3"):
        to_record(RawEcg(LEADS, rows, FS_HZ), "e", "")


def test_gaps_are_bridged_by_straight_lines() -> None:
    signal = np.zeros((12, 6), np.float32)
    signal[3] = [np.nan, 1, np.nan, np.nan, 4, np.nan]
    assert bridged(signal)[3].tolist() == [1, 1, 2, 3, 4, 4]
    assert np.isnan(signal[3]).sum() == 4


def test_a_recording_full_of_holes_is_refused() -> None:
    rows = RNG.normal(0, 1, (12, 2000))
    rows[:, ::4] = np.nan
    with pytest.raises(RecordError, match="lacks samples in 6,000 places; up to 500"):
        to_record(RawEcg(LEADS, rows, FS_HZ), "e", "")


def test_gaps_survive_the_way_to_a_whole_rate() -> None:
    rows = RNG.normal(0, 1, (12, 1000))
    rows[4, 500:600] = np.nan
    record = to_record(RawEcg(LEADS, rows, 250.4), "e", "")
    assert record.unresampled is not None
    np.testing.assert_array_equal(record.unresampled.signal, rows.astype(np.float32))
    assert record.unresampled.fs_hz == 250.4
    (gap,) = record.gaps
    assert (gap.lead, gap.start_s, gap.end_s) == ("aVL", 500 / 250.4, 600 / 250.4)
    missing = np.flatnonzero(np.isnan(record.recorded[4]))
    assert (missing[0], missing[-1]) == (round(500 / 250.4 * 250), round(600 / 250.4 * 250) - 1)


def test_words_for_many_gaps() -> None:
    gaps = tuple(Gap(lead, 1.0, 1.5) for lead in LEADS[:6])
    assert gap_words(gaps) == [
        "Not recorded in part: I (0.5 s at 1 s), II (0.5 s at 1 s), III (0.5 s at 1 s), "
        "aVR (0.5 s at 1 s) and 2 more leads."
    ]
    assert turn_words((Gap("V6", 0.0, 2.5), Gap("V6", 4.0, 5.0)))[0].startswith(
        "The leads were not recorded at the same time: I, II, III, aVR, aVL, aVF, V1, V2, V3, V4, "
        "V5 from 0 s; V6 from 2.5 s."
    )
