"""What is measured of the ECG page, and on what; its timings are never tested."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ecgcore.bench import ecg_page
from ecgcore.figures.paper_layout import LAYOUTS
from ecgcore.models.predictor import Predictor
from ecgcore.ptbxl.store import Recordings
from tests.support.paths import SAMPLES as _SAMPLES

SAMPLES = _SAMPLES / "ptbxl-500hz"

needs_500_hz = pytest.mark.skipif(not SAMPLES.exists(), reason=f"no 500 Hz records in {SAMPLES}")


@pytest.fixture
def predictors(untrained_entries) -> list[Predictor]:
    return [Predictor.open(entry) for entry in untrained_entries.values()]


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure little: what is measured is tested, not how long it takes."""
    for name, count in {"_RECORDS": 3, "_DRAWINGS": 1, "_PRINTS": 1}.items():
        monkeypatch.setattr(ecg_page, name, count)


def test_every_promise_of_the_page_is_measured(predictors, synthetic_recordings) -> None:
    figures = list(ecg_page.ecg_page_figures(predictors, synthetic_recordings))
    promised = {figure.name: figure for figure in figures if figure.target is not None}
    assert {name: (f.target, f.unit) for name, f in promised.items()} == {
        "ECG at 100 Hz, no heat: figure, slowest layout": (40.0, "ms"),
        "ECG at 100 Hz, no heat: payload, largest layout": (250.0, "kB"),
        "ECG at 100 Hz, heat: figure, slowest layout": (40.0, "ms"),
        "ECG at 100 Hz, heat: payload, largest layout": (250.0, "kB"),
        "measurements at 100 Hz, 3 records": (60.0, "ms"),
        "PDF with measurements, 4 opinions and heat": (2000.0, "ms"),
    }
    others = " ".join(figure.name for figure in figures if figure.target is None)
    for name in ("signal quality", "report translated", "PNG", "import"):
        assert name in others
    assert "500 Hz" not in others, "the synthetic set has no such files"
    assert all(figure.value is not None and figure.value > 0 for figure in figures)


def test_the_layout_that_counts_is_named(predictors, synthetic_recordings) -> None:
    content = ecg_page.printout_content(predictors, synthetic_recordings, 1)
    drawings = ecg_page._drawings(content.record, content.overlay, figure_ms=1.0, payload_kb=2.0)
    plain, plain_size, heat, heat_size = drawings
    assert {plain.note.split(",")[0], heat.note.split(",")[0]} <= set(LAYOUTS)
    assert (plain_size.note, heat_size.note) == ("12x1", "12x1")
    assert 100 < plain_size.value < heat_size.value
    assert (plain.target, heat_size.target) == (1.0, 2.0)


def test_the_printed_report_holds_everything(predictors, synthetic_recordings) -> None:
    content = ecg_page.printout_content(predictors, synthetic_recordings, 1)
    assert len(content.predictions) == len(predictors)
    assert content.measurements.value("heart_rate_bpm").value is not None
    assert content.overlay.signed
    assert content.overlay.label.startswith("Integrated Gradients")
    assert None not in (content.quality, content.translation, content.entry)


@needs_500_hz
def test_500_hz_files_are_measured_where_they_are(
    predictors, synthetic_recordings, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(ecg_page, "_prints", lambda _: ())
    recordings = with_fine_file(synthetic_recordings, tmp_path)
    figures = list(ecg_page.ecg_page_figures(predictors, recordings))
    fine = [figure for figure in figures if "500 Hz" in figure.name]
    assert len(fine) == 5
    assert fine[-1].name == "measurements at 500 Hz, 1 records"
    assert all(figure.target is None and figure.value for figure in fine)


@needs_500_hz
def test_a_damaged_500_hz_file_is_passed_over(synthetic_recordings, tmp_path) -> None:
    recordings = with_fine_file(synthetic_recordings, tmp_path)
    assert len(list(ecg_page._fine_records(recordings, [1, 2]))) == 1
    path = recordings.catalog.fine_path(2)
    path.with_suffix(".dat").write_bytes(b"short")
    assert list(ecg_page._fine_records(recordings, [1, 2])) == []


def with_fine_file(recordings: Recordings, folder: Path) -> Recordings:
    """Copy the synthetic set, with a true 500 Hz file for record 2."""
    catalog = recordings.catalog
    shutil.copytree(catalog.folder, folder, dirs_exist_ok=True)
    frame = catalog.frame.assign(filename_hr="")
    frame.loc[2, "filename_hr"] = "records500/00002_hr"
    for suffix in (".hea", ".dat"):
        target = folder / f"records500/00002_hr{suffix}"
        target.parent.mkdir(exist_ok=True)
        shutil.copy(SAMPLES / f"00002_hr{suffix}", target)
    return Recordings(replace(catalog, folder=folder, frame=frame))
