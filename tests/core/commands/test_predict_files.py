"""Recordings from elsewhere on the command line, in every format, short, long and damaged."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ecgcore.cli import main
from ecgcore.commands.result import BAD_INPUT, OK
from ecgcore.leads import LEADS
from ecgcore.signals.lead_swaps import swapped
from tests.support import uploads
from tests.support.paths import SAMPLES

Run = Callable[..., tuple[int, Any]]

MICROVOLTS = uploads.dipole_microvolts()
FORMATS = uploads.every_format(MICROVOLTS)
CINC = SAMPLES / "cinc"


pytestmark = pytest.mark.usefixtures("two_models")


def saved(files: Sequence[tuple[str, bytes]], folder: Path) -> Path:
    """Write files; return the first, by which the recording is asked for."""
    for name, content in files:
        (folder / name).write_bytes(content)
    return folder / files[0][0]


def said(upload: uploads.Upload) -> list[object]:
    options = upload.options
    units = [] if options.units is None else ["--units", options.units]
    return units if options.fs_hz is None else [*units, "--fs-hz", options.fs_hz]


@pytest.mark.parametrize("upload", FORMATS, ids=lambda upload: upload.kind)
def test_every_format_is_predicted_and_measured(
    run: Run, tmp_path: Path, upload: uploads.Upload
) -> None:
    path = saved(upload.files, tmp_path)
    status, answer = run("predict", path, *said(upload))
    assert status == OK
    assert (answer["record"], answer["source"]) == (path.stem, str(path))
    assert answer["windows"] == []
    assert all(0 < model["prob"] < 1 for model in answer["models"])
    status, measured = run("measure", path, *said(upload))
    assert (status, measured["fs_hz"]) == (OK, 100)
    assert measured["values"]["heart_rate_bpm"]["value"] == pytest.approx(70, abs=3)


def test_every_format_gives_the_same_opinion(run: Run, tmp_path: Path) -> None:
    logits = []
    for upload in FORMATS:
        folder = tmp_path / upload.kind.replace(" ", "_").replace(";", "s")
        folder.mkdir()
        _, answer = run("predict", saved(upload.files, folder), *said(upload))
        logits.append([model["logit"] for model in answer["models"]])
    # DICOM and aECG hold steps of 2.5 µV, WFDB 212 steps of 4 µV
    np.testing.assert_allclose(logits, [logits[0]] * len(logits), atol=0.02)


def test_quality_and_report_take_a_file_too(run: Run, tmp_path: Path) -> None:
    path = saved(uploads.csv_file(MICROVOLTS), tmp_path)
    asked = ["--units", "uV", "--fs-hz", 100]
    status, quality = run("quality", path, *asked)
    assert (status, list(quality["leads"])) == (OK, list(LEADS))
    out = tmp_path / "ecg.pdf"
    status, report = run("report", path, *asked, "--out", out)
    assert (status, report["bytes"]) == (OK, out.stat().st_size)
    assert report["error_percent"] < 0.5


@pytest.mark.parametrize("command", ["predict", "measure", "quality"])
@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ([], "table.csv does not say its units. Say whether its numbers are mV, uV or V"),
        (["--units", "uV"], "table.csv does not say its rate. Say how many samples per second"),
        (["--units", "uV", "--fs-hz", 40], "40 samples per second; 50 to 4000"),
    ],
)
def test_a_bare_table_asks_for_what_it_does_not_say(
    run: Run, tmp_path: Path, command: str, asked: list[object], message: str
) -> None:
    path = saved(uploads.csv_file(MICROVOLTS), tmp_path)
    status, answer = run(command, path, *asked)
    assert (status, list(answer)) == (BAD_INPUT, ["error"])
    assert message in answer["error"]


def test_a_table_without_leads_is_refused_before_anything_is_asked(
    run: Run, tmp_path: Path
) -> None:
    path = saved(uploads.csv_file(MICROVOLTS[:3], LEADS[:3]), tmp_path)
    status, answer = run("predict", path)
    assert status == BAD_INPUT
    assert "missing V1, V2, V3, V4, V5, V6" in answer["error"]


def test_words_against_the_file_are_refused(run: Run, tmp_path: Path) -> None:
    path = saved(uploads.csv_file(MICROVOLTS / 1000, fs_hz=100, unit="mV"), tmp_path)
    assert run("predict", path)[0] == OK
    status, answer = run("predict", path, "--units", "V")
    assert status == BAD_INPUT
    assert "says mV, you said V" in answer["error"]
    status, answer = run("predict", path, "--fs-hz", 500)
    assert status == BAD_INPUT
    assert "says 100 Hz, you said 500 Hz" in answer["error"]


def test_a_long_recording_has_an_opinion_per_window(run: Run, tmp_path: Path) -> None:
    parts = [uploads.dipole_microvolts(seed) for seed in range(3)]
    long = np.concatenate([*parts, parts[0][:, :400]], axis=1)
    status, answer = run("predict", saved(uploads.wfdb_files(long, 100), tmp_path))
    assert status == OK
    assert [part["start_s"] for part in answer["windows"]] == [10, 20]
    assert any("first 10 s of 34.0 s" in warning for warning in answer["warnings"])
    for seed, part in enumerate([answer, *answer["windows"]]):
        folder = tmp_path / str(seed)
        folder.mkdir()
        _, alone = run("predict", saved(uploads.wfdb_files(parts[seed], 100), folder))
        assert part["models"] == alone["models"]


def test_windows_for_a_reader(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = np.tile(MICROVOLTS, 2)
    path = saved(uploads.wfdb_files(long, 100), tmp_path)
    assert main(["predict", str(path)]) == OK
    assert "from 10 s: " in capsys.readouterr().out.splitlines()[-1]


def test_a_short_recording_is_measured_but_not_predicted(run: Run, tmp_path: Path) -> None:
    path = saved(uploads.wfdb_files(MICROVOLTS[:, :500], 100), tmp_path)
    assert run("measure", path)[0] == OK
    status, answer = run("predict", path)
    assert status == BAD_INPUT
    assert "lasts 5.0 s; the models need 10 s" in answer["error"]
    path = saved(uploads.wfdb_files(MICROVOLTS[:, :150], 100), tmp_path)
    status, answer = run("measure", path)
    assert status == BAD_INPUT
    assert "lasts 1.50 s; at least 2 s are needed" in answer["error"]


def test_two_recordings_in_a_zip_are_refused(run: Run, tmp_path: Path) -> None:
    pair = uploads.wfdb_files(MICROVOLTS, 100)
    path = saved(uploads.zip_file([*pair, *uploads.cinc_files(MICROVOLTS, 100)]), tmp_path)
    status, answer = run("predict", path)
    assert status == BAD_INPUT
    listed = "There are 2 recordings: 1: ecg.zip (file 1) (WFDB); 2: ecg.zip (file 3) (WFDB)."
    assert f"{listed} Choose one. Use --entry N." in answer["error"]


@pytest.mark.parametrize("name", ["a.zip", "a.npz", "a.dcm", "a.xml", "a.scp", "a.csv", "a.hea"])
def test_a_damaged_file_is_bad_input(run: Run, tmp_path: Path, name: str) -> None:
    status, answer = run("predict", saved([(name, b"\x01\x02" * 300)], tmp_path))
    assert (status, list(answer)) == (BAD_INPUT, ["error"])


@pytest.mark.skipif(not CINC.is_dir(), reason="no ../shared/samples/cinc here")
@pytest.mark.parametrize("name", ["A0001", "E00015", "E00018", "E00271", "E00666", "S0001"])
def test_challenge_recordings(run: Run, name: str) -> None:
    status, by_header = run("predict", CINC / f"{name}.hea")
    assert (status, by_header["record"]) == (OK, name)
    assert run("predict", CINC / f"{name}.mat")[1]["models"] == by_header["models"]
    mended = [text for text in by_header["warnings"] if "Header line 1 was mended" in text]
    assert len(mended) == name.startswith("E")
    assert len(by_header["windows"]) == (2 if name == "S0001" else 0)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no ../shared/samples here")
def test_lower_case_leads_of_ludb(run: Run) -> None:
    status, measured = run("measure", SAMPLES / "ludb" / "1")
    assert (status, measured["fs_hz"], list(measured["leads"])) == (OK, 500, list(LEADS))


def test_nothing_is_concluded_from_zeros(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good_then_silent = np.concatenate([MICROVOLTS, 0 * MICROVOLTS], axis=1)
    silent_then_good = good_then_silent[:, ::-1]
    path = saved(uploads.csv_file(np.zeros((12, 1000)), fs_hz=100, unit="mV"), tmp_path)
    status, answer = run("predict", path)
    assert status == OK
    assert answer["quality"]["readable"] is False
    assert answer["quality"]["problems"][0] == "I: no signal, 0.00 mV throughout"
    assert answer["scope"]["applies"] is False
    assert answer["scope"]["reasons"][0].startswith("12 of 12 leads cannot be read")
    assert answer["verdict"] is None
    assert {(one["verdict"], one["calls_mi"]) for one in answer["groups"]} == {(None, None)}
    assert main(["predict", str(path)]) == OK
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("12 of 12 leads cannot be read") for line in lines)
    assert sum(line.endswith(", no verdict") for line in lines) == len(answer["groups"])
    _, answer = run("predict", saved(uploads.wfdb_files(good_then_silent, 100), tmp_path))
    assert answer["windows"][0]["quality"]["readable"] is False
    assert answer["windows"][0]["scope"]["applies"] is False
    _, answer = run("predict", saved(uploads.wfdb_files(silent_then_good, 100), tmp_path))
    assert (answer["verdict"], answer["scope"]["applies"]) == (None, False)
    assert answer["windows"][0]["quality"]["readable"] is True
    assert answer["windows"][0]["scope"] == {"applies": True, "reasons": []}


def test_nothing_is_concluded_from_swapped_electrodes(run: Run, tmp_path: Path) -> None:
    swapped_mv = swapped(MICROVOLTS / 1000, "LA/RA")
    path = saved(uploads.csv_file(swapped_mv, fs_hz=100, unit="mV"), tmp_path)
    _, answer = run("predict", path)
    assert answer["quality"]["readable"] is True
    assert answer["quality"]["problems"][0].startswith("left and right arm electrodes may be swap")
    assert answer["scope"]["applies"] is False
    assert {(one["verdict"], one["calls_mi"]) for one in answer["groups"]} == {(None, None)}
