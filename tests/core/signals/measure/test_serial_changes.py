import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgcore.signals.measure.serial_changes import LIMITS, changes, changes_frame
from tests.support.measurements import VALUES, measurements


def change(now, then, name, lead=""):
    return next(c for c in changes(now, then) if (c.name, c.lead) == (name, lead))


def test_every_measurement_is_compared_in_its_order_and_unchanged_leads_are_not_listed():
    found = changes(measurements(), measurements())
    assert [c.name for c in found] == list(VALUES)
    assert {c.difference for c in found} == {0.0}
    assert not any(c.marked for c in found)


@pytest.mark.parametrize("name", LIMITS)
def test_a_difference_is_marked_beyond_its_limit_only(name):
    limit, source = LIMITS[name]
    base = VALUES[name][2]
    then = measurements()
    for extra, marked in ((limit - 0.5, False), (limit + 0.5, True), (-limit - 0.5, True)):
        found = change(measurements({name: base + extra}), then, name)
        assert found.marked is marked
        assert found.source == source
        assert found.difference == pytest.approx(extra, abs=1e-3)


def test_the_rr_spread_has_no_limit():
    found = change(measurements({"rr_sd_ms": 400.0}), measurements(), "rr_sd_ms")
    assert (found.limit, found.marked, found.difference) == (None, False, 376.0)


@given(now=st.floats(-180, 180), then=st.floats(-180, 180))
def test_axes_turn_the_short_way(now, then):
    found = change(
        measurements({"axis_qrs_deg": now}), measurements({"axis_qrs_deg": then}), "axis_qrs_deg"
    )
    assert -180 <= found.difference <= 180
    turned = (then + found.difference - now) % 360
    assert min(turned, 360 - turned) < 0.01


def test_over_the_pole_is_a_small_turn():
    now, then = measurements({"axis_qrs_deg": -175.0}), measurements({"axis_qrs_deg": 175.0})
    assert change(now, then, "axis_qrs_deg").difference == 10.0


def test_what_was_not_measured_is_not_comparable_and_says_why():
    then = measurements({"qt_ms": None}, {"qt_ms": "T wave too flat"})
    found = change(measurements(), then, "qt_ms")
    assert (found.difference, found.marked) == (None, False)
    assert found.remark == "not comparable: then: T wave too flat"


def test_a_doubtful_value_is_compared_with_a_remark():
    found = change(measurements({}, {"pr_ms": "P wave unclear"}), measurements(), "pr_ms")
    assert (found.difference, found.remark) == (0.0, "now: P wave unclear")


@pytest.mark.parametrize(("now_mv", "listed"), [(0.11, False), (0.12, True), (-0.08, True)])
def test_st_changes_from_a_tenth_of_a_millivolt_are_listed(now_mv, listed):
    found = changes(measurements({"V2 st_j_mv": now_mv}), measurements())
    assert [(c.lead, c.name) for c in found if c.lead] == [("V2", "st_j_mv")] * listed
    assert all(c.marked for c in found if c.lead)


def test_t_is_listed_and_r_is_not():
    found = changes(measurements({"I t_mv": -0.2, "I r_mv": 2.0}), measurements())
    assert [(c.lead, c.name, c.difference) for c in found if c.lead] == [("I", "t_mv", -0.45)]


def test_a_lead_that_cannot_be_compared_is_listed():
    found = changes(measurements({"V6 t_mv": None}), measurements())
    assert [c.remark for c in found if c.lead] == ["not comparable: now: the lead is flat"]


def test_frame_has_one_line_for_each_change():
    now = measurements({"qrs_ms": 140.0, "V2 st_j_mv": 0.3, "qt_ms": None})
    frame = changes_frame(changes(now, measurements())).set_index("Measurement")
    assert len(frame) == len(VALUES) + 1
    assert frame.loc["QRS duration", "Difference"] == "+48 ms"
    assert frame.loc["QRS duration", "Judgement"] == "beyond the limit"
    assert frame.loc["V2 ST at J", "Now"] == "0.30 mV"
    assert frame.loc["QT interval", "Difference"] == "–"
    assert changes_frame([]).empty


def test_columns_and_remarks_carry_the_names_of_the_ecgs_the_earlier_first():
    names = ("1990-05-03 · record 7", "1994-01-02 · this ECG")
    now = measurements({"qrs_ms": 140.0, "qt_ms": None})
    then = measurements(reasons={"pr_ms": "P wave unclear"})
    found = changes(now, then, names)
    frame = changes_frame(found, names).set_index("Measurement")
    assert list(frame.columns[:3]) == [*names, "Difference"]
    assert list(frame.loc["QRS duration"][:3]) == ["92 ms", "140 ms", "+48 ms"]
    assert frame.loc["PR interval", "Note"] == f"{names[0]}: P wave unclear"
    assert frame.loc["QT interval", "Note"].startswith(f"not comparable: {names[1]}: ")


def test_a_difference_from_a_doubtful_value_is_doubtful_too():
    then = measurements(reasons={"qrs_ms": "few beats"})
    change = next(c for c in changes(measurements({"qrs_ms": 150.0}), then) if c.name == "qrs_ms")
    assert (change.beyond, change.marked, change.judgement) == (True, False, "doubtful")


@pytest.mark.parametrize(("lead", "beyond"), [("", False), ("V2", True)])
def test_exactly_at_its_limit_an_interval_is_within_it_and_a_voltage_beyond(lead, beyond):
    """Intervals have limits of difference, voltages a least difference that counts."""
    found = dataclasses.replace(
        change(measurements(), measurements(), "qt_ms"), lead=lead, limit=30.0
    )
    for difference in (30.0, -30.0):
        assert dataclasses.replace(found, difference=difference).beyond is beyond
    assert dataclasses.replace(found, difference=30.001).beyond
    assert not dataclasses.replace(found, difference=-29.999).beyond


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("heart_rate_bpm", 20.0),
        ("p_ms", 41.58),  # 1.96 * sqrt 2 = 2.7719 times the error of 15, 10, 10 and 30 ms
        ("pr_ms", 27.72),
        ("qrs_ms", 27.72),
        ("qt_ms", 83.16),
        ("qtc_bazett_ms", 60.0),
        ("qtc_fridericia_ms", 60.0),
        ("qtc_framingham_ms", 60.0),
        ("qtc_hodges_ms", 60.0),
        ("axis_p_deg", 45.0),
        ("axis_qrs_deg", 30.0),
        ("axis_t_deg", 45.0),
    ],
)
def test_the_limits_are_those_of_their_standards(name, limit):
    assert LIMITS[name][0] == pytest.approx(limit, abs=0.005)


@pytest.mark.parametrize(
    ("now", "then", "text"),
    [(100.0, 60.0, "+40 ms"), (60.0, 100.0, "−40 ms"), (92.0, 92.0, "0 ms")],
)
def test_a_difference_has_its_sign_and_values_have_none(now, then, text):
    frame = changes_frame(changes(measurements({"qrs_ms": now}), measurements({"qrs_ms": then})))
    line = frame.set_index("Measurement").loc["QRS duration"]
    assert line["Difference"] == text
    assert (line["Then"], line["Now"], line["Limit"]) == (
        f"{then:.0f} ms",
        f"{now:.0f} ms",
        "28 ms",
    )


def test_degrees_stand_at_their_number():
    frame = changes_frame(changes(measurements({"axis_qrs_deg": 10.0}), measurements()))
    line = frame.set_index("Measurement").loc["QRS axis"]
    assert (line["Then"], line["Now"], line["Difference"]) == ("−12°", "10°", "+22°")


def test_differences_are_rounded_to_a_thousandth():
    now = measurements({"V2 st_j_mv": 0.1199996})
    assert [c.difference for c in changes(now, measurements()) if c.lead] == [0.1]


@pytest.mark.parametrize(("now", "then", "turn"), [(90.0, -90.0, -180.0), (179.0, -179.0, -2.0)])
def test_half_a_turn_is_minus_180(now, then, turn):
    found = change(
        measurements({"axis_t_deg": now}), measurements({"axis_t_deg": then}), "axis_t_deg"
    )
    assert found.difference == turn
