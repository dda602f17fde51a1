"""What the Review page measures, compares and doubts, in the line above and the tabs below."""

import dataclasses
import json
import re

import numpy as np
import pytest

from ecgcore.leads import LEADS
from ecgcore.ptbxl.catalog import load_catalog
from ecgcore.ptbxl.store import open_recordings
from ecgcore.signals.measure.measure import measure
from ecgcore.signals.measure.serial_changes import changes
from ecgcore.signals.quality import assess
from pages.case import panels as panels
from tests.support.measurements import measurements
from tests.support.review_page import (
    SIX,
    TABS,
    change_table,
    charts,
    ecg,
    errors,
    press,
    table,
    texts,
    traces,
    write_signal,
)


def signal_of(folder, ecg_id):
    return open_recordings(load_catalog(folder)).read(ecg_id).signal.copy()


def infos(app):
    return [element.value for element in app.info]


def warnings(app):
    return [element.value for element in app.warning]


def lead_names(app):
    return traces(ecg(app))["lead names"]["text"]


@pytest.fixture
def flat_data(own_data):
    """Record 2 reads well and has no signal."""
    write_signal(own_data, 2, np.zeros((12, 1000)))
    return own_data


@pytest.fixture
def no_file(own_data):
    """Record 2 cannot be read."""
    load_catalog(own_data).record_path(2).with_suffix(".dat").unlink()
    return own_data


@pytest.fixture
def pair(synthetic_catalog):
    """Two records of one patient, and no third."""
    ids = synthetic_catalog.frame.groupby("patient_id").groups
    return next(tuple(map(int, mine)) for mine in ids.values() if len(mine) == 2)


@pytest.fixture
def alone(synthetic_catalog):
    """The only record of a patient."""
    ids = synthetic_catalog.frame.groupby("patient_id").groups
    return next(int(mine[0]) for mine in ids.values() if len(mine) == 1)


def test_the_line_above_the_ecg_is_what_was_measured(open_bare, synthetic_recordings):
    line = panels.key_values(measure(synthetic_recordings.read(3)))
    assert line in [element.value for element in open_bare(3).markdown]
    for word in ("Rate **64 bpm**", "PR **", "QRS **", "QT **", "QTcF **", "Axis **"):
        assert word in line


def test_the_line_says_what_was_not_measured_and_what_is_doubtful():
    made = measurements({"pr_ms": None})
    values = tuple(
        dataclasses.replace(v, confidence=0.49 if v.name == "qt_ms" else v.confidence)
        for v in made.values
    )
    line = panels.key_values(dataclasses.replace(made, values=values))
    assert "PR :orange[not measured]" in line
    assert "QT **392 ms** :orange[doubtful]" in line
    assert line.count(":orange[") == 2
    assert "Axis **−12°**" in line


def test_the_line_says_which_rhythm_has_no_pr() -> None:
    why = "no PR: atrial fibrillation likely: RR irregular"
    made = measurements({"pr_ms": None, "p_ms": None}, {"pr_ms": why, "p_ms": why})
    line = panels.key_values(made)
    assert " · PR :orange[not measured: atrial fibrillation likely] · " in line
    assert " · P :orange[not measured] · " in line


def test_a_recording_without_beats_gets_no_invented_number(open_bare, flat_data):
    app = open_bare(2, data_dir=flat_data, details="Measurements")
    line = next(m.value for m in app.markdown if m.value.startswith("Rate"))
    assert line.count("not measured") == len(line.split(" · ")) == 7
    assert not any(sign.isdigit() for sign in line)
    shown = table(app, "Value")
    assert set(shown["Value"]) == {"could not measure"}
    assert set(shown["Note"]) == {"no beats were found"}
    assert "No median beat: 0 beats found" in texts(app)
    assert set(table(app, "Lead")["T (mV)"]) == {"–"}


def test_the_tables_hold_every_measurement_with_its_reason(open_bare, own_data):
    signal = signal_of(own_data, 2)
    signal[LEADS.index("I")] = 0
    write_signal(own_data, 2, signal)
    app = open_bare(2, data_dir=own_data, details="Measurements")
    measured = measure(open_recordings(load_catalog(own_data)).read(2))
    shown, by_lead = table(app, "Value"), table(app, "Lead")
    assert list(shown["Value"]) == list(measured.frame()["Value"])
    assert list(shown["Confidence"]) == list(measured.frame()["Confidence"])
    axis = shown.set_index("Measurement").loc["QRS axis"]
    assert (axis["Value"], axis["Note"]) == ("could not measure", "lead I is flat")
    assert list(by_lead["Lead"]) == list(LEADS)
    assert by_lead["Note"][0] != ""
    assert list(by_lead["T (mV)"]) == list(measured.lead_frame()["T (mV)"])
    assert "Median of" in texts(app)


def test_the_median_beat_is_drawn_with_its_marks(open_bare):
    app = open_bare(3, details="Median beat")
    drawn = charts(app)["Median"]
    assert drawn.alt.startswith("Median beat of Record 3 in 12 leads")
    names = {trace["name"] for trace in json.loads(drawn.spec)["data"]}
    assert {"P on", "QRS on", "QRS off (J)", "T off"} <= names
    assert "A small square is 40 ms and 0.1 mV." in texts(app)
    assert "All leads together" in texts(app)


def test_without_a_median_beat_the_reason_stands_there(open_bare, flat_data):
    app = open_bare(2, data_dir=flat_data, details="Median beat")
    assert "Median" not in charts(app)
    assert "No median beat: 0 beats found" in infos(app)[0]


def test_a_link_on_review_shows_its_record(open_bare, pair):
    first, second = pair
    app = open_bare(second)
    app.query_params["open"] = str(first)
    app.run()
    assert not app.exception
    assert app.text_input(key="record").value == str(first)
    assert "open" not in app.query_params


def test_an_earlier_ecg_is_laid_over_and_compared(open_bare, pair, synthetic_recordings):
    first, second = pair
    app = open_bare(second, details="Other ECGs")
    (option,) = app.radio[0].options
    assert option.startswith(f"{first} · ")
    assert "earlier" in option
    link = next(p.proto for p in app.get("page_link") if p.proto.label == f"Open record {first}")
    assert link.query_string == f"open={first}"
    drawn = charts(app)["Median"]
    assert drawn.alt.startswith(f"Median beats of Record {second} and Record {first},")
    names = {trace["name"] for trace in json.loads(drawn.spec)["data"]}
    assert {part.partition(" · ")[2] for part in names} >= {f"record {first}", "this ECG"}
    found = changes(*(measure(synthetic_recordings.read(ecg_id)) for ecg_id in (second, first)))
    marked = [change for change in found if change.marked]
    assert f"**{len(marked)} of {len(found)}** differences are beyond" in texts(app)
    assert "the later ECG minus the earlier one" in texts(app)
    shown = table(app, "Difference")
    assert len(shown) == len(marked or found)
    assert shown["Measurement"][0].strip() == f"{(marked or found)[0].lead} Heart rate".strip()


def test_columns_run_in_time_order_from_either_ecg(open_bare, pair):
    seen = []
    for mine, other in (pair, pair[::-1]):
        shown = table(open_bare(mine, details="Other ECGs"), "Difference")
        names = [str(name) for name in shown.columns[1:3]]
        days, whose = zip(*(name.split(" · ") for name in names), strict=True)
        assert days[0] < days[1]
        assert set(whose) == {"this ECG", f"record {other}"}
        seen.append((days, shown.to_numpy().tolist()))
    assert seen[0] == seen[1]


def test_a_link_to_the_old_name_of_the_tab_opens_it(open_bare, pair):
    assert open_bare(pair[1], details="Earlier ECGs").radio


def test_each_of_three_ecgs_can_be_chosen(open_bare, own_data, pair, alone):
    first, second = pair
    patient = load_catalog(own_data).entry(first).patient_id
    change_table(own_data, alone, patient_id=patient, recording_date="")
    app = open_bare(second, data_dir=own_data, details="Other ECGs")
    dated, undated = app.radio[0].options
    assert dated.startswith(str(first))
    assert undated.startswith(f"{alone} · ")
    app.radio[0].set_value(app.radio[0].options[1]).run()
    assert f"Record {second} and Record {alone}," in charts(app)["Median"].alt


def test_the_last_ecg_before_this_one_is_compared_first(open_bare, own_data, pair, alone):
    first, second = pair
    catalog = load_catalog(own_data)
    patient, oldest = catalog.entry(first).patient_id, "1980-01-01 00:00:00"
    change_table(own_data, alone, patient_id=patient, recording_date=oldest)
    radio = open_bare(second, data_dir=own_data, details="Other ECGs").radio[0]
    assert radio.options[0].startswith(f"{alone} · ")
    assert radio.value.ecg_id == first


def test_without_another_ecg_of_the_patient_it_is_said(open_bare, alone):
    app = open_bare(alone, details="Other ECGs")
    assert "no other ECG of this patient" in infos(app)[0]
    assert not app.radio


def test_an_earlier_ecg_that_cannot_be_read_is_named(open_bare, own_data, pair):
    load_catalog(own_data).record_path(pair[0]).with_suffix(".dat").unlink()
    app = open_bare(pair[1], data_dir=own_data, details="Other ECGs")
    assert str(pair[0]) in errors(app)[0]
    assert "12-lead" in charts(app)


def test_an_earlier_ecg_without_beats_is_no_comparison(open_bare, own_data, pair):
    write_signal(own_data, pair[0], np.zeros((12, 1000)))
    app = open_bare(pair[1], data_dir=own_data, details="Other ECGs")
    said = json.loads(charts(app)["Median"].spec)["layout"]["annotations"][0]["text"]
    assert re.fullmatch(rf"No median beat of [\d-]+ · record {pair[0]} could be formed\.", said)
    assert set(table(app, "Difference")["Difference"]) == {"–"}


def test_a_damaged_lead_is_named_on_the_paper_and_below(open_bare, own_data):
    signal = signal_of(own_data, 2)
    v1, v5, v6 = (LEADS.index(lead) for lead in ("V1", "V5", "V6"))
    signal[v1, 300:700] = signal[v1, 300]
    signal[v5] = 0
    signal[v6] = np.minimum(signal[v6], 0.4 * signal[v6].max())
    write_signal(own_data, 2, signal)
    found = assess(open_recordings(load_catalog(own_data)).read(2))
    app = open_bare(2, data_dir=own_data, details="Signal quality")
    for lead, name in ((v1, "flat lead"), (v5, "missing"), (v6, "clipped")):
        said = next(text for text in lead_names(app) if f"<b>{LEADS[lead]}</b>" in text)
        assert name in said
        words = "; ".join(problem.words for problem in found.leads[lead])
        assert f"- **{LEADS[lead]}**: {words}" in texts(app)
    assert "<b>V2</b>" in lead_names(app)
    assert "flat for 4.0 s" in texts(app)


def test_a_clean_recording_is_said_to_be_clean(open_bare):
    app = open_bare(3, details="Signal quality")
    assert "Nothing found" in texts(app)
    assert not any("⚠" in text for text in lead_names(app))


def test_swapped_arms_are_suspected(open_bare, own_data):
    catalog = load_catalog(own_data)
    normal = catalog.frame.index[catalog.frame["group"] == "pure_normal"]
    for ecg_id in map(int, normal):
        signal = signal_of(own_data, ecg_id)
        i, ii, iii, avr, avl, avf = signal[:6]
        signal[:6] = np.stack([-i, iii, ii, avl, avr, avf])
        write_signal(own_data, ecg_id, signal)
        if assess(open_recordings(catalog).read(ecg_id)).swap:
            break
    app = open_bare(ecg_id, data_dir=own_data, details="Signal quality")
    assert "**Suspected swap of electrodes.** left and right arm" in warnings(app)[0]
    assert "Nothing found" not in texts(app)


@pytest.mark.parametrize("details", TABS)
def test_every_tab_opens_without_the_signal_and_without_models(open_bare, no_file, details):
    app = open_bare(2, data_dir=no_file, details=details)
    assert [tab.label for tab in app.tabs] == list(TABS)
    assert len(errors(app)) == 1
    assert not app.download_button
    if details == "Labels and report":
        assert len(table(app, "Likelihood")) > 0
    elif details == "Predictions as a table":
        assert infos(app) == ["No model predicts this recording."]
    elif details == "What else":
        assert "there is nothing to show for this one." in infos(app)[0]
    else:
        assert infos(app) == ["The recording cannot be read, so nothing is measured."]


@pytest.mark.parametrize("details", TABS)
def test_every_tab_opens_without_models(open_bare, pair, details):
    app = open_bare(pair[0], details=details)
    assert not errors(app)
    assert "No model predicts this recording." in texts(app)
    n_tables = {"Labels and report": 1, "Measurements": 2, "Other ECGs": 1}
    assert n_tables.get(details, 0) <= len(app.table)


def test_only_the_open_tab_is_computed_and_stays_on_the_next_record(open_review):
    app = open_review(3, details="Predictions as a table")
    assert [next(iter(t.value.columns)) for t in app.table] == ["Ensemble"]
    press(app, "Next")
    assert next(iter(app.table[0].value.columns)) == "Ensemble"
    assert len(app.table[0].value) == len(SIX)
