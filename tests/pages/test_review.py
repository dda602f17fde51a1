"""One record on the Review page: who it is, what the models say of it, and why."""

import dataclasses
import json
import re
import shutil

import numpy as np
import pytest

from ecgcore.figures.paper_layout import PaperSettings, paper_layout
from ecgcore.leads import LEADS
from ecgcore.models.cards import ModelCard, ModelEntry, ModelKey
from ecgcore.models.predictor import Predictor, predict
from ecgcore.predictions.store import predictions_frame, predictions_path, save_predictions
from ecgcore.ptbxl.catalog import load_catalog
from pages.case import labels as parts
from pages.case.attribution import words as attribution_words
from tests.support.predictions import attribution as made_up
from tests.support.review_page import (
    SIX,
    change_table,
    charts,
    drawn_leads,
    ecg,
    errors,
    press,
    save_untrained,
    table,
    texts,
    traces,
)

TABLE = "Predictions as a table"


@pytest.fixture
def own_models(six_models, tmp_path):
    return shutil.copytree(six_models, tmp_path / "pretrained")


def find(catalog, group, split):
    frame = catalog.frame
    return int(frame.index[(frame["group"] == group) & (frame["split"] == split)][0])


def test_a_record_opens_with_ecg_labels_and_patient(open_review, synthetic_catalog):
    ecg_id = find(synthetic_catalog, "uncertain_mi", "test")
    row = synthetic_catalog.frame.loc[ecg_id]
    app = open_review(ecg_id)
    assert f"record {ecg_id}, 10 s, without overlay" in charts(app)["12-lead"].alt
    assert len(drawn_leads(ecg(app))) == 12
    assert {"I", "aVR", "V6", "II rhythm"} <= set(traces(ecg(app)))
    shown = texts(app)
    assert f"**Record {ecg_id}** · {row['age']:.0f} years · {row['sex']}" in shown
    assert "uncertain MI" in shown
    assert "test split" in shown
    assert row["report"] in shown
    assert f"Recorded {row['recording_date']}" in shown
    labels = table(app, "Likelihood")
    assert labels["Class"][0] == "Myocardial infarction"
    assert labels["Likelihood"][0].startswith(f"{row['mi_likelihood']:.0f} %, ")
    assert labels["Likelihood"].iloc[-1] == "likelihood not stated"


def test_a_synthetic_record_says_so_beside_and_on_the_paper(open_review):
    app = open_review(1)
    assert "SYNTHETIC" in charts(app)["12-lead"].spec
    assert "Synthetic records" in texts(app)


def test_six_predictions_are_those_of_the_models(open_review, six_models, synthetic_recordings):
    entries = [
        ModelEntry(six_models / k.folder, ModelCard.load(six_models / k.folder), True) for k in SIX
    ]
    predictors = [Predictor.open(entry) for entry in entries]
    predictions, _ = predict(predictors, synthetic_recordings.read(3))
    probs = [100 / (1 + np.exp(-p.logit)) for p in predictions]
    app = open_review(3, details=TABLE)
    shown = table(app, "Probability of MI")
    assert list(shown["Ensemble"]) == [
        f"{arch} {name}" for arch in ("CNN-BiLSTM", "BiMamba-2") for name in "ACD"
    ]
    assert list(shown["Probability of MI"]) == [f"{prob:.1f} %" for prob in probs]
    assert all(f"{prob:.1f} %" in charts(app)["Probability"].alt for prob in probs)
    words = texts(app)
    assert f"**{min(probs):.0f} to {max(probs):.0f} %**" in words
    assert [words.partition(", with")[0] for words in shown["Trained on"]][:3] == [
        "certain MI only",
        "all MI, certain and uncertain",
        "uncertain MI only",
    ]


def test_models_that_saw_the_record_are_marked(open_review, synthetic_catalog):
    app = open_review(find(synthetic_catalog, "certain_mi", "train"), details=TABLE)
    seen = "this recording was in its training data"
    never = "no recording of this patient was in its training data"
    assert list(table(app, "This recording")["This recording"]) == [seen, seen, never] * 2
    assert "seen] this recording was in its training data" in texts(app)
    drawn = json.loads(charts(app)["Probability"].spec)["layout"]["annotations"]
    assert [one["text"] for one in drawn if one["x"] == 0][:3] == [
        "CNN-BiLSTM · A certain (seen)",
        "CNN-BiLSTM · C all (seen)",
        "CNN-BiLSTM · D uncertain",
    ]


def test_no_mark_on_a_test_record(open_review, synthetic_catalog):
    app = open_review(find(synthetic_catalog, "certain_mi", "test"), details=TABLE)
    assert set(table(app, "This recording")["This recording"]) == {
        "no recording of this patient was in its training data"
    }
    assert "(seen)" not in charts(app)["Probability"].spec


def test_previous_and_next_step_through_the_list_in_the_address(open_review):
    app = open_review(7, list="9.7.4")
    assert "2 of 3 in your list" in texts(app)
    press(app, "Next")
    assert app.text_input(key="record").value == "4"
    assert app.query_params["record"] == "4"
    assert "**Record 4**" in texts(app)
    assert [b.disabled for b in app.button if b.label in ("Previous", "Next")] == [False, True]
    press(app, "Previous")
    press(app, "Previous")
    assert "**Record 9**" in texts(app)
    assert "1 of 3" in texts(app)


def test_steps_have_keys(open_review):
    app = open_review(7)
    keys = {button.label: button.proto.shortcut for button in app.button}
    assert (keys["Previous"], keys["Next"]) == ("p", "n")


def test_without_a_record_an_uncertain_one_of_the_test_fold_opens(open_review, synthetic_catalog):
    app = open_review()
    first = find(synthetic_catalog, "uncertain_mi", "test")
    assert re.search(r"^1 of \d+ in your list$", texts(app), re.MULTILINE)
    assert f"**Record {first}**" in texts(app)
    assert app.query_params["record"] == str(first)


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("Grad-CAM", "Grad-CAM says when, not where"),
        ("Integrated Gradients", "Integrated Gradients say when and in which lead"),
    ],
)
def test_deep_link_opens_the_overlay_of_a_model(open_review, method, words):
    app = open_review(5, method=method, model="BiMamba-2 D (seed 0)")
    assert f"with overlay by {method}, BiMamba-2 D (seed 0)" in charts(app)["12-lead"].alt
    assert "overlay" in traces(ecg(app))
    assert words in texts(app)
    assert ("Numerical check" in texts(app)) == (method != "Grad-CAM")
    (ringed,) = re.findall(r"Ringed: .*seed 0, \*\*(.*?)\*\*", texts(app))
    assert f"Overlay: BiMamba-2 D (seed 0), **{ringed} MI**." in texts(app)


def test_the_overlay_is_off_at_first_and_begins_with_the_cnn_of_all_labels(open_review):
    app = open_review(5)
    assert "overlay" not in traces(ecg(app))
    app.segmented_control(key="method").set_value("gradcam").run()
    assert "Grad-CAM, CNN-BiLSTM C (seed 0)" in charts(app)["12-lead"].alt


def test_the_overlay_leaves_the_paper_where_it_was(open_review):
    app = open_review(5)
    plain = ecg(app)["layout"]
    app.segmented_control(key="method").set_value("ig").run()
    heated = ecg(app)["layout"]
    assert plain["meta"] == heated["meta"]
    assert plain["margin"]["t"] == heated["margin"]["t"]
    assert heated["margin"]["b"] == plain["margin"]["b"] + 80
    assert "--w:270;--h:130;--below:80px" in style(app)
    assert "--w:270;--h:130;--below:0px" in style(open_review(5))


def style(app):
    return "".join(element.proto.body for element in app.get("html"))


@pytest.mark.parametrize("record", ["abc", "99999", "-3", "", "1.5", "9" * 40, "![x](y)"])
def test_a_wrong_record_in_the_url_is_explained_with_a_way_on(open_review, record):
    app = open_review(record)
    assert len(errors(app)) == 1
    assert "record" in errors(app)[0]
    assert "![" not in errors(app)[0]
    assert [link.proto.label for link in app.get("page_link")] == ["Choose a recording on Browse"]
    app.text_input(key="record").set_value("2").run()
    assert "**Record 2**" in texts(app)
    assert not errors(app)


def test_stale_choices_in_the_url_are_named(open_review):
    app = open_review(
        2, method="saliency", model="CNN-BiLSTM Z (seed 9)", seed="seed 9", layout="1x1",
        order="Cabrera", gain="3 mm/mV", notch="55 Hz", details="Secrets",
    )  # fmt: skip
    told = [one.value.split(" in the address")[0] for one in app.warning]
    assert told == [
        "The attribution method `saliency`",
        "The model `CNN-BiLSTM Z (seed 9)`",
        "The seed `seed 9`",
        "The layout `1x1`",
        "The gain `3 mm/mV`",
        "The notch `55 Hz`",
        "The tab `Secrets`",
    ]
    assert app.segmented_control(key="method").value == "none"
    assert app.selectbox(key="model").value == "cnn_bilstm-C"


@pytest.mark.parametrize("damage", ["missing", "truncated", "not a number"])
def test_an_unreadable_recording_still_shows_its_labels(open_review, own_data, damage):
    signal = load_catalog(own_data).record_path(2).with_suffix(".dat")
    if damage == "missing":
        signal.unlink()
    elif damage == "truncated":
        signal.write_bytes(signal.read_bytes()[:5000])
    else:
        signal.write_bytes(np.int16(-32768).tobytes() + signal.read_bytes()[2:])
    app = open_review(2, data_dir=own_data)
    assert len(errors(app)) == 1
    assert "2" in errors(app)[0]
    assert "12-lead" not in charts(app)
    assert len(table(app, "Likelihood")) > 0
    assert "No model predicts this recording." in texts(app)


def test_an_unreadable_recording_shows_the_stored_predictions(open_review, own_data, own_models):
    load_catalog(own_data).record_path(2).with_suffix(".dat").unlink()
    logits = np.array([np.log(3)], dtype=np.float32)
    save_predictions(
        predictions_frame(SIX[1], [2], logits), predictions_path(own_models, synthetic=True)
    )
    app = open_review(2, data_dir=own_data, pretrained=own_models, details=TABLE)
    shown = table(app, "Probability of MI").set_index("Ensemble")["Probability of MI"]
    assert shown["CNN-BiLSTM C"] == "75.0 %"
    assert shown["BiMamba-2 A"].startswith("no prediction")
    assert "stored" in texts(app)


def test_a_damaged_model_is_named_and_the_others_answer(open_review, own_models):
    weights = own_models / SIX[4].folder / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    app = open_review(2, pretrained=own_models, method="Grad-CAM", model="BiMamba-2 C (seed 0)")
    assert [w.value.split(":")[0] for w in app.warning] == ["**BiMamba-2 C**"]
    assert "damaged" in app.warning[0].value
    assert charts(app)["Probability"].alt.count(" %") == 5
    assert "without overlay" in charts(app)["12-lead"].alt
    assert "damaged" in errors(app)[0]


def test_without_models_the_ecg_is_still_there(open_review, tmp_path):
    app = open_review(2, pretrained=tmp_path / "nothing", method="Grad-CAM")
    assert "12-lead" in charts(app)
    assert "No model predicts this recording." in texts(app)


def test_an_own_run_stands_after_the_shipped_models(open_review, tmp_path):
    save_untrained(ModelKey("cnn_bilstm", "C", 7), tmp_path / "runs" / "mine")
    shown = table(open_review(2, details=TABLE), "Probability of MI")
    assert list(shown["Ensemble"])[-1] == "CNN-BiLSTM C (local run mine)"
    assert len(shown) == 7


def test_a_blank_report_is_said_to_be_blank(open_bare, own_data):
    change_table(own_data, 2, report="")
    assert "This data set has no report of the record." in texts(open_bare(2, data_dir=own_data))


def test_a_german_report_stands_in_both_languages(open_bare, own_data):
    report = "sinusrhythmus. linkstyp. quokka. pathologische q-zacken"
    change_table(own_data, 2, report=report)
    shown = texts(open_bare(2, data_dir=own_data))
    assert report in shown
    assert "sinus rhythm. left axis. quokka. pathological q waves" in shown
    assert "Left as they are: quokka." in shown


def test_an_english_report_is_not_translated(open_bare):
    app = open_bare(2)
    assert [s.value for s in app.header if "eport" in s.value] == ["Report, original text"]


def pushing(leads, method="ig", **more):
    """Scores of which each lead has a share towards MI in the first 2.5 s; less against it."""
    scores = np.zeros((12, 1000), dtype=np.float32)
    for lead, share in leads.items():
        scores[LEADS.index(lead), :250] = share / 250
    scores[:, 900:] = -0.0005
    return made_up(scores if method == "ig" else scores.max(axis=0)[None], method, **more)


def test_one_line_says_who_pushes_where_and_how_much_is_not_drawn():
    overlay = pushing({"V1": 0.5, "II": 0.25, "I": 0.15, "aVR": 0.1}, delta=0.0)
    words = attribution_words.overlay_words(overlay, 0.834, paper_layout())
    assert words == (
        "Overlay: CNN-BiLSTM A (seed 0), **83.4 % MI**. 50 % of the push towards MI lies in V1. "
        "**60 %** of the push lies in seconds that this layout does not show."
    )
    all_drawn = paper_layout(PaperSettings("12x1"))
    assert "layout" not in attribution_words.overlay_words(overlay, 0.834, all_drawn)


def test_an_overlay_that_does_not_add_up_says_so():
    inexact = pushing({"V1": 1.0}, delta=900.0)
    words = attribution_words.overlay_words(inexact, 0.5, paper_layout())
    assert words.endswith(":red[**Above 2 %: do not rely on this overlay.**]")


def test_grad_cam_has_no_leads_to_push_in():
    cam = pushing({"V1": 1.0}, "gradcam")
    words = attribution_words.overlay_words(cam, 0.5, paper_layout())
    assert words == "Overlay: CNN-BiLSTM A (seed 0), **50.0 % MI**."


def test_noise_and_facts_in_words(synthetic_catalog):
    entry = synthetic_catalog.entry(1)
    noisy = dataclasses.replace(entry, noise=(("baseline drift", "V6"), ("static noise", "I-AVF")))
    assert parts.noise_words(noisy) == "baseline drift (V6); static noise (I-AVF)"
    assert parts.noise_words(dataclasses.replace(entry, noise=())) == "none noted"
    bare = dataclasses.replace(entry, recording_date="", device="", patient_id=None, validated=None)
    assert parts.recording_facts(bare) == ["Date unknown", "device unknown"]


def test_leads_beyond_the_paper_are_named(synthetic_recordings):
    record = synthetic_recordings.read(9)
    assert parts.off_paper(record, paper_layout()) == ""
    signal = record.signal.copy()
    signal[11] -= 20
    words = parts.off_paper(dataclasses.replace(record, signal=signal), paper_layout())
    assert "V6 is cut off (S −20." in words
    assert "V5" not in words


def test_a_lead_is_not_said_to_leave_the_page_where_it_is_not_drawn(synthetic_recordings):
    record = synthetic_recordings.read(9)
    signal = record.signal.copy()
    signal[11, : record.fs_hz] -= 20
    early = dataclasses.replace(record, signal=signal)
    assert parts.off_paper(early, paper_layout()) == ""
    assert "V6 is cut off" in parts.off_paper(early, paper_layout(PaperSettings("12x1")))
