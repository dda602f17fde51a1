"""An uploaded ECG: upload, questions, windows, errors, and what a session keeps."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ecgcore.io.recordings import FORMATS, MAX_UPLOAD_BYTES, read_upload
from ecgcore.models.cards import ModelEntry
from ecgcore.models.inputs import model_input
from ecgcore.models.predictor import Prediction
from ecgcore.ptbxl.synthetic import example_csv
from ecgcore.records import EcgRecord, Patient, covering_windows
from pages.shared import caches
from pages.shared.case import Case
from pages.upload import recording as parts
from tests.support import uploads
from tests.support.models import KEYS, save_card
from tests.support.paths import SAMPLES

Open = Callable[..., AppTest]
Files = Sequence[tuple[str, bytes]]

MICROVOLTS = uploads.dipole_microvolts()
PAIR = uploads.wfdb_files(MICROVOLTS, 100)
BARE = uploads.csv_file(MICROVOLTS)
LONG = uploads.wfdb_files(
    np.concatenate([(k + 1) * (MICROVOLTS // 4) for k in range(3)] + [MICROVOLTS[:, :450]], 1), 100
)


def made_up_predictions(case: Case, entries: Sequence[ModelEntry]) -> list[Prediction]:
    """Give logits that follow the size of the ECG, with the real warnings and refusals."""
    made = []
    for entry in entries:
        fitted = model_input(case.record, entry.card.preprocessing)
        logit = float(np.ptp(fitted.signal)) - 2 if entry.key.train_set == "A" else -9.0
        made.append(Prediction(entry, (logit,), fitted.warnings))
    return made


@pytest.fixture
def own(open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], AppTest]:
    """Return a function that opens the page as a new reader, with two models."""
    for key in KEYS[:2]:
        save_card(tmp_path / "pretrained" / key.folder, key)
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(tmp_path / "pretrained"))
    monkeypatch.setattr(caches, "predictions", made_up_predictions)
    return lambda: open_page("own")


def upload(app: AppTest, files: Files) -> AppTest:
    kind = "application/octet-stream"
    app.file_uploader[0].set_value([(name, content, kind) for name, content in files])
    app.run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.info, app.warning)
    return "\n".join(element.value for kind in kinds for element in kind)


def errors(app: AppTest) -> str:
    return "\n".join(element.value for element in app.error)


def ecg(app: AppTest) -> str:
    charts = (chart.proto.alt for chart in app.get("plotly_chart"))
    return next((alt for alt in charts if alt.startswith("12-lead ECG")), "")


def opened(app: AppTest) -> EcgRecord | None:
    if "upload_opened" not in app.session_state:
        return None
    found = app.session_state["upload_opened"]
    return None if found is None else found.record


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    return app.run()


def questions(app: AppTest) -> list[str]:
    asked = [box.label for box in app.selectbox] + [box.label for box in app.number_input]
    return [label for label in asked if label in {"Units of the samples", "Samples per second"}]


def test_the_empty_page_names_formats_limit_and_example(own: Callable[[], AppTest]) -> None:
    app = own()
    assert not app.exception
    uploader = app.file_uploader[0]
    assert FORMATS in uploader.label
    assert uploader.proto.max_upload_size_mb * 2**20 == MAX_UPLOAD_BYTES
    assert list(uploader.allowed_type) == []  # IM000001 and 1.2.840.1 have no suffix to go by
    assert "nothing is stored" in texts(app)
    assert "2 s to an hour long, 50 to 4000 samples per second" in texts(app)
    assert [button.label for button in app.download_button] == ["Example file (synthetic)"]
    assert questions(app) == []
    assert ecg(app) == ""


def test_the_example_opens_without_a_question(own: Callable[[], AppTest]) -> None:
    app = upload(own(), [(parts.EXAMPLE, example_csv())])
    assert "**synthetic-example** · 10 s · 100 Hz" in texts(app)
    assert "record synthetic-example, 10 s" in ecg(app)
    assert questions(app) == []
    assert not app.info
    record = read_upload([(parts.EXAMPLE, example_csv())])
    assert record.warnings == ()
    assert 0.5 < np.ptp(record.signal[1]) < 4


def test_a_pair_opens_and_the_upload_is_free_for_the_next(own: Callable[[], AppTest]) -> None:
    app = upload(own(), PAIR)
    assert "**ecg** · 10 s · 100 Hz" in texts(app)
    assert app.file_uploader[0].value == []
    app = upload(app, uploads.dicom_file(MICROVOLTS[:, :800], 100))
    assert "**ecg** · 8 s · 100 Hz" in texts(app)


@pytest.mark.parametrize("given", uploads.every_format(MICROVOLTS), ids=lambda given: given.kind)
def test_every_format_opens(own: Callable[[], AppTest], given: uploads.Upload) -> None:
    app = upload(own(), given.files)
    if given.options.units is not None:
        app = answer(app, "uV", 100)
    assert ecg(app).endswith("10 s, without overlay")
    assert not app.error
    assert not app.exception


def key_of(widgets: Sequence[object], start: str) -> str:
    return next(str(box.key) for box in widgets if str(box.key).startswith(start))  # type: ignore[attr-defined]


def answer(app: AppTest, units: str, fs_hz: float) -> AppTest:
    """Fill in the form for a table that says neither, and confirm it."""
    app.selectbox(key=key_of(app.selectbox, "upload_units")).select(units)
    app.number_input(key=key_of(app.number_input, "upload_rate")).set_value(fs_hz)
    return press(app, "Open with these")


def test_a_guess_stands_in_the_form_and_is_taken_only_when_it_is_confirmed(
    own: Callable[[], AppTest],
) -> None:
    app = upload(own(), BARE)
    assert app.selectbox(key=key_of(app.selectbox, "upload_units")).value == "uV"
    assert app.number_input(key=key_of(app.number_input, "upload_rate")).value == 100
    assert "µV is likely" in texts(app)
    assert "1,000 samples are 10 s at 100 Hz" in texts(app)
    assert opened(app.run()) is None
    app = press(app, "Open with these")
    assert opened(app).fs_hz == 100
    assert "Units taken as uV, as you said. Rate taken as 100 Hz, as you said." in texts(app)


def test_a_table_without_names_asks_for_the_order(own: Callable[[], AppTest]) -> None:
    rows = MICROVOLTS[[0, 1, *range(6, 12)]].T
    text = "\n".join(",".join(map(str, row)) for row in rows)
    app = upload(own(), [("eight.csv", text.encode())])
    box = app.selectbox(key=key_of(app.selectbox, "upload_leads"))
    assert box.value == "eight leads"
    assert len(box.options) == 2
    app = press(app, "Open with these")
    np.testing.assert_allclose(opened(app).signal[6], MICROVOLTS[6] / 1000, atol=1e-6)


def test_a_baseline_that_programs_read_in_two_ways_is_asked_for(own: Callable[[], AppTest]) -> None:
    eight = [uploads.LEADS.index(lead) for lead in uploads.EIGHT]
    ((name, content),) = uploads.muse_file(MICROVOLTS[eight], 100)
    tag = b"<FirstSampleBaseline>500</FirstSampleBaseline><LeadSampleSize>"
    app = upload(own(), [(name, content.replace(b"<LeadSampleSize>", tag))])
    assert questions(app) == []
    assert "some programs add and others subtract" in texts(app)
    app.selectbox(key=key_of(app.selectbox, "upload_baseline")).select("add")
    app = press(app, "Open with these")
    np.testing.assert_allclose(opened(app).signal[6], MICROVOLTS[6] / 1000 + 0.5, atol=1e-6)


def test_one_lead_is_drawn_and_not_judged(own: Callable[[], AppTest]) -> None:
    values = np.tile(MICROVOLTS[0], 3)
    head = "Name,Jane Doe\nSample Rate,100.5 hertz\nLead,Lead I\nUnit,µV\n\n"
    app = upload(own(), [("watch.csv", (head + "\n".join(map(str, values))).encode())])
    assert "**watch** · one lead (I, 100.5 Hz) · 29.85 s" in texts(app)
    charts = app.get("plotly_chart")
    assert [chart.proto.alt for chart in charts] == ["ECG of one lead (I), 10 s"]
    drawn = next(one for one in json.loads(charts[0].proto.spec)["data"] if one.get("name") == "I")
    assert len(drawn["customdata"]["bdata"]) > 0
    assert "models need 12 leads, so that neither is shown" in texts(app)
    assert "Jane" not in texts(app)
    assert "bpm" not in texts(app)
    app.slider(key="upload_one_start").set_value(12.0).run()
    assert not app.exception


def test_a_bare_table_asks_and_its_answers_can_be_changed(own: Callable[[], AppTest]) -> None:
    app = upload(own(), BARE)
    assert questions(app) == ["Units of the samples", "Samples per second"]
    assert "table.csv does not say its units" in texts(app)
    assert ecg(app) == ""
    assert "It does not say its rate" in texts(app)
    app = answer(app, "uV", 100)
    assert "Units taken as uV, as you said. Rate taken as 100 Hz, as you said." in texts(app)
    assert opened(app).duration_s == 10

    app.number_input(key=key_of(app.number_input, "upload_rate")).set_value(200).run()
    assert (opened(app).fs_hz, opened(app).duration_s) == (200, 5)
    app.number_input(key=key_of(app.number_input, "upload_rate")).set_value(4000).run()
    assert "lasts 0.25 s; at least 2 s" in errors(app)
    assert opened(app).fs_hz == 200
    assert "record table, 5 s" in ecg(app)


def test_another_rate_is_measured_anew(own: Callable[[], AppTest]) -> None:
    app = upload(own(), uploads.csv_file(np.tile(MICROVOLTS, 2)))
    app = answer(app, "uV", 100)
    assert "Rate **70 bpm**" in texts(app)
    app = upload(app, uploads.csv_file(MICROVOLTS))
    app = answer(app, "uV", 200)
    assert "Rate **140 bpm**" in texts(app)


def test_answers_for_one_table_are_not_taken_for_the_next(own: Callable[[], AppTest]) -> None:
    app = upload(own(), BARE)
    app = answer(app, "uV", 100)
    app = upload(app, [("next.csv", BARE[0][1])])
    assert "next.csv does not say its units" in texts(app)
    assert "table stays open" in texts(app)
    assert opened(app).record_id == "table"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([("a.dcm", b"\0" * 300)], "a.dcm"),
        (uploads.csv_file(MICROVOLTS[:3], ("I", "II", "V1")), "missing V2, V3, V4, V5, V6"),
        (PAIR[:1], "names ecg.dat. Load it together with the header"),
        (PAIR[1:], "ecg.dat has no header. Load the .hea file together with it"),
        (uploads.wfdb_files(MICROVOLTS[:, :150], 100), "lasts 1.50 s; at least 2 s are needed"),
    ],
)
def test_a_bad_upload_is_explained_and_the_former_ecg_stays(
    own: Callable[[], AppTest], files: Files, message: str
) -> None:
    app = upload(own(), files)
    assert message in errors(app)
    assert ecg(app) == ""
    app = upload(app, [(parts.EXAMPLE, example_csv())])
    assert errors(app) == ""
    app = upload(app, files)
    assert message in errors(app)
    assert "synthetic-example stays open." in texts(app)
    assert "record synthetic-example" in ecg(app)
    app = upload(app, [])
    assert errors(app) == ""
    assert "record synthetic-example" in ecg(app)


def test_of_several_recordings_the_reader_chooses_one(own: Callable[[], AppTest]) -> None:
    other = uploads.dicom_file(MICROVOLTS[:, :800], 100)
    app = upload(own(), uploads.zip_file([*PAIR, *other]))
    assert errors(app) == ""
    assert "There are 2 recordings" in texts(app)
    box = app.selectbox(key=key_of(app.selectbox, "upload_entry"))
    assert box.options == ["1: ecg.hea (WFDB)", "2: ecg.dcm (DICOM, 27 kB)"]
    assert ecg(app) == ""
    box.select("2: ecg.dcm (DICOM, 27 kB)").run()
    assert "**ecg (2)** · 8 s · 100 Hz" in texts(app)
    again = app.selectbox(key=key_of(app.selectbox, "upload_entry_open"))
    again.select("1: ecg.hea (WFDB)").run()
    assert "**ecg (1)** · 10 s · 100 Hz" in texts(app)


def test_the_second_file_of_a_pair_may_come_later(own: Callable[[], AppTest]) -> None:
    app = upload(own(), PAIR[:1])
    assert "Load it together with the header" in errors(app)
    assert "record ecg, 10 s" in ecg(upload(app, PAIR))


def test_a_recording_stays_while_other_pages_are_visited(own: Callable[[], AppTest]) -> None:
    app = upload(own(), LONG)
    app.select_slider(key="upload_start_1").set_value(20.0).run()
    app.switch_page("browse/page.py").run()
    app.switch_page("upload/page.py").run()
    assert not app.exception
    assert "**ecg** · 34.5 s · 100 Hz" in texts(app)
    assert app.select_slider(key="upload_start_1").value == 20.0
    app = press(app, "Remove")
    assert opened(app) is None
    assert ecg(app) == ""
    assert len(app.file_uploader) == 1


def test_another_reader_does_not_see_it(own: Callable[[], AppTest]) -> None:
    upload(own(), PAIR)
    other = own()
    assert opened(other) is None
    assert ecg(other) == ""


def test_nothing_is_written(own: Callable[[], AppTest], tmp_path: Path) -> None:
    app = own()
    before = sorted(tmp_path.rglob("*"))
    upload(app, PAIR)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_long_recording_is_shown_by_windows(own: Callable[[], AppTest]) -> None:
    app = upload(own(), LONG)
    slider = app.select_slider(key="upload_start_1")
    assert slider.options == ["0 to 10 s", "10 to 20 s", "20 to 30 s", "24.5 to 34.5 s"]
    first = traces(app)
    app.session_state["gain"] = 5.0
    slider.set_value(24.5).run()
    assert traces(app) != first
    assert app.session_state["gain"] == 5.0
    assert not app.exception


def traces(app: AppTest) -> object:
    chart = next(c for c in app.get("plotly_chart") if c.proto.alt.startswith("12-lead"))
    return json.loads(chart.proto.spec)["data"]


def test_predictions_on_every_window_and_the_way_to_one(
    own: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = upload(own(), LONG)
    assert not app.dataframe
    app.session_state["upload_windows_1"] = True
    app.run()
    assert not app.exception
    table = app.dataframe[0].value
    assert table["Window"].tolist() == ["0 to 10 s", "10 to 20 s", "20 to 30 s", "24.5 to 34.5 s"]
    assert (table["Lowest"] < 0.001).all()
    assert table["Highest"].is_monotonic_increasing
    assert list(table) == ["Window", "Lowest", "Highest"]
    assert "by the first seed of each alone, uncalibrated." in texts(app)
    assert "These models know only MI and strictly normal ECGs." in texts(app)
    picked = SimpleNamespace(selection=SimpleNamespace(rows=[], cells=[(2, "Window")]))
    state = {"picked": picked, "upload_round": 1}
    monkeypatch.setattr(parts.st, "session_state", state)
    parts._go_to_picked("picked", (0.0, 10.0, 20.0))
    assert state["upload_start_1"] == 20.0


def test_a_very_long_recording_asks_for_ten_minutes_and_says_so(
    own: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "MAX_WINDOWS", 2)
    app = upload(own(), LONG)
    app.session_state["upload_windows_1"] = True
    app.run()
    assert len(app.dataframe[0].value) == 2
    assert "The first 2 of 4." in texts(app)


def test_without_a_model_the_windows_say_so(
    own: Callable[[], AppTest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(tmp_path / "none"))
    app = upload(own(), LONG)
    app.session_state["upload_windows_1"] = True
    app.run()
    assert "No model predicts this recording." in [info.value for info in app.info]


def test_five_seconds_are_shown_and_measured_but_models_refuse(own: Callable[[], AppTest]) -> None:
    app = upload(own(), uploads.wfdb_files(MICROVOLTS[:, :500], 100))
    assert "record ecg, 5 s" in ecg(app)
    assert "Rate **70 bpm**" in texts(app)
    assert "the models need 10 s" in texts(app)
    assert not app.select_slider


def test_a_missing_data_set_does_not_matter(
    own: Callable[[], AppTest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECG_DATA_DIR", str(tmp_path / "nowhere"))
    app = upload(own(), PAIR)
    assert not app.error
    assert "record ecg, 10 s" in ecg(app)


def test_what_was_changed_is_said_once(own: Callable[[], AppTest]) -> None:
    eight = [uploads.LEADS.index(lead) for lead in uploads.EIGHT]
    files = uploads.wfdb_files(MICROVOLTS[eight], 100, [*uploads.EIGHT])
    words = read_upload(files).warnings
    assert words
    app = upload(own(), files)
    for text in words:
        assert texts(app).count(text) == 1


def test_a_name_of_a_file_draws_no_link(own: Callable[[], AppTest]) -> None:
    app = upload(own(), [("[x](http:e).csv", example_csv())])
    assert "**\\[x](http\N{WORD JOINER}\\:e)**" in texts(app)


@pytest.mark.parametrize(
    ("n_samples", "starts"),
    [
        (500, (0,)),
        (1000, (0,)),
        (1050, (0,)),
        (1100, (0, 1)),
        (2000, (0, 10)),
        (2999, (0, 10, 19.99)),
    ],
)
def test_windows_reach_the_end(n_samples: int, starts: tuple[float, ...]) -> None:
    record = EcgRecord("a", np.zeros((12, n_samples), np.float32), 100, "a")
    assert covering_windows(record) == pytest.approx(starts)
    last = parts.case_at(record, covering_windows(record)[-1])
    assert last.display.n_samples == min(n_samples, 1000)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no ../shared/samples here")
@pytest.mark.parametrize(
    ("stem", "suffix", "said"),
    [
        ("cinc/E00015", "mat", "Header line 1 was mended"),
        ("ludb/1", "dat", "**1** · 10 s · 500 Hz"),
        ("ptbxl-500hz", "dat", "500 Hz"),
    ],
)
def test_real_recordings(own: Callable[[], AppTest], stem: str, suffix: str, said: str) -> None:
    header = SAMPLES / f"{stem}.hea"
    if not header.exists():
        header = sorted((SAMPLES / stem).rglob("*.hea"))[0]
    files = [(p.name, p.read_bytes()) for p in (header, header.with_suffix(f".{suffix}"))]
    app = upload(own(), files)
    assert said in texts(app)
    assert ecg(app).endswith("10 s, without overlay")


def test_age_and_sex_are_told_to_models_and_limits(
    own: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []

    def predict(case: Case, entries: Sequence[ModelEntry]) -> list[Prediction]:
        told.append((case.key, case.record.patient))
        return made_up_predictions(case, entries)

    monkeypatch.setattr(caches, "predictions", predict)
    app = upload(own(), PAIR)
    assert "Age and sex are unknown: limits of adults, the wider." in texts(app)
    assert {patient for _, patient in told} == {Patient()}
    told_first = {key for key, _ in told}
    told.clear()
    next(one for one in app.number_input if one.label == "Age in years").set_value(9.0).run()
    assert "Sex is unknown: limits of adults, the wider." in texts(app)
    next(one for one in app.selectbox if one.label == "Sex").set_value("female").run()
    assert not app.exception
    assert "unknown: limits of adults" not in texts(app)
    assert "4 to 16 years" in texts(app)
    assert told[-1][1] == Patient(9.0, "female")
    assert told[-1][0] not in told_first, "what was computed for others is not shown"
