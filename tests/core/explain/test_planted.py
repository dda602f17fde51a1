"""Planted evidence judged on maps that are made by hand."""

import numpy as np
import pandas as pd
import pytest

from ecgcore.explain.planted import (
    USUAL_PLANTS,
    change_finding,
    finding,
    planted_results,
    planted_summary,
)
from ecgcore.signals.planted import KINDS, Plant
from tests.support.measurements import measurements
from tests.support.predictions import attribution
from tests.support.toys import record_of

RECORD = record_of(np.zeros((12, 1000)), 100)


def where(lead=7, first=100, last=108):
    inside = np.zeros((12, 1000), np.bool_)
    inside[lead, first:last] = True
    return inside


def scores(**cells):
    made = np.zeros((12, 1000), np.float32)
    for (lead, sample), value in cells.get("at", {}).items():
        made[lead, sample] = value
    return made


def test_a_map_that_is_strongest_where_it_was_planted_finds_it_whatever_its_sign():
    for value in (2.0, -2.0):
        found = finding(attribution(scores(at={(7, 101): value, (7, 105): value})), where())
        assert (found.auroc, found.hit) == (1.0, True)
        assert found.area == pytest.approx(2 / 3000), "2 of 12 x 250 steps of 40 ms"


def test_half_of_the_pairs_are_right_by_chance_and_the_strongest_step_may_lie_outside():
    found = finding(attribution(scores(at={(7, 101): 1.0, (3, 50): 2.0})), where())
    assert not found.hit
    # of 2 steps inside, one beats 2997 of 2998 outside, the other ties with 2997
    assert found.auroc == pytest.approx((2997 + 2997 / 2) / (2 * 2998))
    assert finding(attribution(scores()), where()).auroc == 0.5


def test_scores_that_cancel_within_a_step_are_no_strength():
    cancelled = scores(at={(7, 100): 5.0, (7, 101): -5.0, (7, 105): 1.0})
    assert finding(attribution(cancelled), where(first=104)).auroc == 1.0


def test_a_map_of_time_alone_is_judged_by_the_moment():
    curve = np.zeros((1, 1000), np.float32)
    curve[0, 101:108] = 1.0
    found = finding(attribution(curve, "gradcam"), where())
    assert (found.auroc, found.hit) == (1.0, True)
    assert found.area == pytest.approx(2 / 250)
    everywhere = np.ones((12, 1000), np.bool_)
    assert np.isnan(finding(attribution(curve, "gradcam"), everywhere).auroc)


def test_changes_of_both_signs_within_a_step_do_not_cancel():
    flat, places = np.zeros((12, 1000)), np.zeros((12, 1000), dtype=bool)
    places[3] = True
    flicker = flat.copy()
    flicker[3] = np.where(np.arange(1000) % 2, 1.0, -1.0)
    before, after = attribution(flat), attribution(flicker)
    assert change_finding(before, after, places).auroc == 1.0


def test_what_changed_is_judged_by_itself():
    before = attribution(scores(at={(3, 50): 9.0}))
    after = attribution(scores(at={(3, 50): 9.0, (7, 101): 1.0}))
    assert not finding(after, where()).hit
    assert change_finding(before, after, where()).hit


def explained(record):
    """A map that is the signal itself, of a model that adds it up."""
    return attribution(record.signal, logit=float(record.signal.sum()), fs_hz=record.fs_hz)


def test_each_evidence_is_planted_into_each_record_and_found_by_the_signal_itself():
    plants = [Plant("st", 0.2, ("V2",), (3,)), Plant("spike", 1.0, ("II",), (1,))]
    results = planted_results(explained, [(RECORD, measurements())], plants)
    assert results["kind"].tolist() == ["st", "spike"]
    assert results["leads"].tolist() == ["V2", "II"]
    assert results["hit"].all()
    assert (results["auroc"] > 0.999).all()
    assert results["logit_before"].tolist() == [0, 0]
    assert results["logit_after"].tolist()[1] == pytest.approx(1.0)
    assert (results["record"] == "x").all()


def test_places_follow_the_rate_of_the_map():
    plant = Plant("spike", 1.0, ("II",), (4,))
    fine = record_of(np.zeros((12, 5000)), 500)

    def coarse(record):
        every_fifth = record.signal[:, :1000] * 0
        every_fifth += record.signal.reshape(12, 1000, 5).max(axis=2)
        return attribution(every_fifth, fs_hz=100)

    results = planted_results(coarse, [(fine, measurements())], [plant])
    assert results["hit"].tolist() == [True]


def test_a_record_without_waves_is_left_out():
    results = planted_results(explained, [(RECORD, measurements(beat=False))])
    assert results.empty
    assert "change_auroc" in results


def test_the_usual_evidence_is_every_kind_in_every_territory():
    assert len(USUAL_PLANTS) == 3 * len(KINDS)
    assert {plant.size_mv for plant in USUAL_PLANTS if plant.kind == "st"} == {0.2}


def result(record, kind, auroc, hit):
    return {
        "record": record,
        "kind": kind,
        "auroc": auroc,
        "hit": hit,
        "change_auroc": 1.0,
        "change_hit": True,
        "area": 0.25,
        "logit_before": 1.0,
        "logit_after": 3.0,
    }


def test_averages_stand_beside_intervals_over_records_and_skip_what_is_not_defined():
    rows = [result(f"r{k}", "st", 0.5 + 0.5 * (k % 2), k % 2 == 0) for k in range(40)]
    rows += [result("r0", "mains", float("nan"), True)]
    table = planted_summary(pd.DataFrame(rows), n_boot=400).set_index("kind")
    assert table.index.tolist() == ["all", "st", "mains"]
    st = table.loc["st"]
    assert (st["n"], st["auroc"], st["hit"]) == (40, 0.75, 0.5)
    # the mean of 40 of standard deviation 0.25 has a standard error of 0.04
    assert st["auroc_low"] == pytest.approx(0.75 - 1.96 * 0.25 / 40**0.5, abs=0.015)
    assert st["auroc_high"] == pytest.approx(0.75 + 1.96 * 0.25 / 40**0.5, abs=0.015)
    assert table.loc["all", "auroc"] == 0.75
    assert np.isnan(table.loc["mains", "auroc_low"])
    assert (table.loc["mains", "hit"], table.loc["mains", "area"]) == (1.0, 0.25)
    assert st["logit_change"] == 2.0
