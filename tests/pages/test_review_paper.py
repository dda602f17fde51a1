"""The ECG on the Review page: layout, scale, display filter, 500 Hz and print."""

import base64

import numpy as np
import pytest
import streamlit as st

from ecgcore.figures.paper_layout import LAYOUTS, PaperSettings
from ecgcore.leads import LEADS
from ecgcore.predictions.decision import predicted
from ecgcore.ptbxl.catalog import load_catalog
from ecgcore.ptbxl.store import open_recordings
from ecgcore.report.front import scale_line
from ecgcore.report.printout import scale_check
from ecgcore.signals.filters import DisplayFilter, resample
from ecgcore.signals.measure.measure import measure
from tests.support.review_page import (
    charts,
    drawn_leads,
    ecg,
    errors,
    footer,
    scale,
    table,
    texts,
    traces,
    write_signal,
)

CHOICES = ("layout", "order", "speed", "gain", "lead", "highpass", "lowpass", "notch", "details")


def widget(app, key):
    kind = app.selectbox if key in ("highpass", "lowpass", "notch", "lead") else None
    return (kind or app.segmented_control)(key=key)


@pytest.mark.parametrize("order", ["standard", "Cabrera"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_and_order_in_the_url_draws_every_lead(open_bare, layout, order):
    app = open_bare(3, layout=layout, order=order)
    figure = ecg(app)
    assert drawn_leads(figure) == (set(LEADS) if layout != "single" else {"II"})
    inverted = order == "Cabrera" and layout != "single"
    assert ("\N{MINUS SIGN}aVR" in traces(figure)) == inverted
    settings = PaperSettings(layout, order.lower())
    assert figure["layout"]["uirevision"] == f"3 {settings}"


def test_a_single_lead_of_the_url_is_drawn_alone(open_bare):
    app = open_bare(3, layout="single", lead="V3")
    assert drawn_leads(ecg(app)) == {"V3"}
    widget(app, "layout").set_value("6x2").run()
    assert drawn_leads(ecg(app)) == set(LEADS)
    assert "lead" not in app.query_params


@pytest.mark.parametrize(
    "junk", ["", "0", "50.0", "nan", "standard ", "9" * 400, "<script>", "\N{ANATOMICAL HEART}"]
)
def test_stale_choices_in_the_url_fall_back(open_bare, junk):
    app = open_bare(3, **dict.fromkeys((*CHOICES, "method", "model"), junk))
    assert not errors(app)
    figure = ecg(app)
    assert figure["layout"]["uirevision"] == f"3 {PaperSettings()}"
    assert "unfiltered" in footer(figure)
    assert len(table(app, "Likelihood")) > 0


def test_a_stale_lead_of_a_single_lead_falls_back(open_bare):
    assert drawn_leads(ecg(open_bare(3, layout="single", lead="V9"))) == {"II"}


@pytest.mark.parametrize(("speed", "gain"), [(12.5, 5.0), (50.0, 20.0)])
def test_speed_and_gain_scale_the_paper(open_bare, speed, gain):
    linked = open_bare(3, speed=f"{speed:g} mm/s", gain=f"{gain:g} mm/mV")
    assert scale(ecg(linked)) == (speed, gain)
    app = open_bare(3)
    assert scale(ecg(app)) == (25, 10)
    widget(app, "speed").set_value(speed).run()
    widget(app, "gain").set_value(gain).run()
    assert scale(ecg(app)) == (speed, gain)
    assert footer(ecg(app)).startswith(f"{speed:g} mm/s · {gain:g} mm/mV · unfiltered")


def drawn_mv(figure, lead="V2", name=None):
    segment = next(s for s in figure["layout"]["meta"]["segments"] if s["lead"] == lead)
    values = traces(figure)[name or lead]["y"]
    if isinstance(values, dict):
        values = np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
    return (np.asarray(values, dtype=float) - segment["y_mm"]) / 10


def test_the_chosen_filter_is_drawn_and_named(open_bare, synthetic_recordings):
    record = synthetic_recordings.read(3)
    app = open_bare(3, layout="12x1", highpass="0.5 Hz", lowpass="40 Hz")
    figure = ecg(app)
    assert "· 0.5–40 Hz, zero-phase · 100 Hz" in footer(figure)
    expected = DisplayFilter(0.5, 40.0).apply(record).signal[LEADS.index("V2")]
    assert drawn_mv(figure) == pytest.approx(expected, abs=1e-4)
    assert np.abs(drawn_mv(figure) - record.signal[LEADS.index("V2")]).max() > 0.01


def test_a_filter_beyond_the_rate_is_said_to_be_impossible(open_bare):
    app = open_bare(3, lowpass="150 Hz", notch="50 Hz")
    said = footer(ecg(app))
    assert "unfiltered; 150 Hz low-pass and 50 Hz notch not possible at 100 Hz" in said


def test_the_unfiltered_ecg_lies_unseen_in_the_same_figure(open_bare, synthetic_recordings):
    figure = ecg(open_bare(3, layout="12x1", highpass="0.5 Hz"))
    raw = synthetic_recordings.read(3).signal[LEADS.index("V2")]
    hidden = traces(figure)["V2, unfiltered"]
    assert (hidden["opacity"], hidden["hoverinfo"]) == (0, "skip")
    assert drawn_mv(figure, name="V2, unfiltered") == pytest.approx(raw, abs=1e-4)
    assert np.abs(drawn_mv(figure) - raw).max() > 0.01
    filtered, unfiltered, *_ = figure["layout"]["annotations"]
    assert "0.5 Hz high-pass, zero-phase" in filtered["text"]
    assert unfiltered["text"].endswith("· unfiltered · 100 Hz")
    assert (filtered.get("opacity", 1), unfiltered["opacity"]) == (1, 0)


def test_without_a_filter_every_lead_is_drawn_once(open_bare):
    app = open_bare(3)
    assert "Ctrl + wheel zooms" in texts(app)
    names = [trace["name"] for trace in ecg(app)["data"]]
    assert [name for name in names if name.partition(",")[0] in LEADS] == list(LEADS)


def test_the_paper_makes_room_for_what_the_recording_needs(open_bare, own_data):
    signal = open_recordings(load_catalog(own_data)).read(3).signal.copy()
    signal[LEADS.index("V4")] = 0
    signal[LEADS.index("V4"), 800:810] = 3.05
    write_signal(own_data, 3, signal)
    app = open_bare(3, data_dir=own_data, highpass="0.5 Hz")
    assert ecg(app)["layout"]["meta"]["height_mm"] == 130 - 20 + 35, "3.05 mV and 1 mm of air"
    assert "cut off" not in texts(app)
    signal[LEADS.index("V4"), 800:810] = 5.2
    write_signal(own_data, 3, signal)
    st.cache_data.clear()
    assert "V4 is cut off (R 5.2 mV): lower the gain." in texts(open_bare(3, data_dir=own_data))


def test_models_and_measurements_know_no_filter(open_review):
    plain = open_review(3)
    filtered = open_review(3, highpass="0.5 Hz", lowpass="40 Hz")
    assert charts(plain)["Probability"].alt == charts(filtered)["Probability"].alt
    rate = next(m.value for m in plain.markdown if m.value.startswith("Rate"))
    assert rate in texts(filtered)


def test_eyes_and_measurements_get_500_hz_and_models_100_hz(open_review, own_data):
    recordings = open_recordings(load_catalog(own_data))
    slow = charts(open_review(3, data_dir=own_data))["Probability"].alt
    other = resample(recordings.read(5).signal, 100, 500)
    write_signal(own_data, 3, other, fs_hz=500)
    st.cache_resource.clear()
    st.cache_data.clear()
    app = open_review(3, data_dir=own_data, details="Measurements")
    assert footer(ecg(app)).endswith("· 500 Hz")
    measured = measure(open_recordings(load_catalog(own_data)).read_display(3))
    rates = [measured.value("heart_rate_bpm").text, measure(recordings.read(3)).values[0].text]
    assert rates[0] != rates[1]
    assert f"Rate **{rates[0]} bpm**" in texts(app)
    assert list(table(app, "Value")["Value"]) == list(measured.frame()["Value"])
    assert charts(app)["Probability"].alt == slow


def test_a_500_hz_file_that_cannot_be_used_is_named(open_bare, own_data):
    signal = resample(open_recordings(load_catalog(own_data)).read(3).signal, 100, 500)
    write_signal(own_data, 3, signal, fs_hz=500)
    path = own_data / "records500" / "00003_hr.dat"
    path.write_bytes(path.read_bytes()[:5000])
    app = open_bare(3, data_dir=own_data)
    assert footer(ecg(app)).endswith("· 100 Hz")
    assert "Drawn at 100 Hz, since the 500 Hz file cannot be used" in texts(app)


@pytest.fixture
def downloads(monkeypatch):
    """What is offered for download, by file name."""
    offered = {}
    original = st.download_button

    def offer(label, *, data, file_name, **more):
        offered[file_name] = data
        return original(label, data=data, file_name=file_name, **more)

    monkeypatch.setattr(st, "download_button", offer)
    return offered


def test_the_print_is_true_to_scale_and_says_what_is_on_the_screen(
    open_review, downloads, synthetic_recordings
):
    app = open_review(
        3,
        layout="6x2",
        speed="50 mm/s",
        lowpass="40 Hz",
        method="Grad-CAM",
        model="BiMamba-2 D (seed 0)",
    )
    assert [b.label for b in app.download_button] == ["PDF with measurements", "PNG of the ECG"]
    make = downloads["record-3.pdf"]
    pdf = make()
    check = scale_check(pdf)
    assert check.error_percent < 0.5
    assert (check.nominal_mm_per_s, check.nominal_mm_per_mv) == (50, 10)
    content, paper, *readings = make.args
    assert (paper, readings) == ("A4", [None, None])
    assert "50 mm/s · 10 mm/mV · 40 Hz low-pass, zero-phase · 100 Hz" in scale_line(content)
    filtered = DisplayFilter(lowpass_hz=40.0).apply(synthetic_recordings.read(3))
    np.testing.assert_array_equal(content.record.signal, filtered.signal)
    assert content.overlay.label == "Grad-CAM, BiMamba-2 D (seed 0)"
    assert len(predicted(content.predictions)) == 6
    assert len(content.entry.statements) > 0


def test_the_png_is_made_for_the_chosen_paper(open_bare, downloads):
    app = open_bare(3)
    app.segmented_control(key="print_paper").set_value("Letter").run()
    make = downloads["record-3.png"]
    assert make.args[1] == "Letter"
    assert make().startswith(b"\x89PNG")
