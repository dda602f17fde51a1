"""convert: one recording, written in another format; stable for checks from outside."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ecgcore.bench.seeds import Upload
from ecgcore.cli import main
from ecgcore.commands.result import BAD_INPUT, OK
from ecgcore.leads import LEADS
from tests.support import uploads

MICROVOLTS = uploads.dipole_microvolts()


@pytest.fixture(autouse=True)
def no_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ECG_RUNS_DIR", str(tmp_path / "runs"))


def convert(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, Any]:
    """Run the command with --json; return its status and the one object that it printed."""
    status = main(["convert", *map(str, arguments), "--json"])
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1, "one JSON object on one line"
    return status, json.loads(printed)


def saved(upload: Upload, folder: Path) -> Path:
    for name, content in upload.files:
        (folder / name).write_bytes(content)
    return folder / upload.files[0][0]


def test_a_recording_becomes_an_archive_in_millivolts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ((name, content),) = uploads.csv_file(MICROVOLTS)
    (tmp_path / name).write_bytes(content)
    out = tmp_path / "out.npz"
    status, answer = convert(
        capsys, tmp_path / name, "--to", "npz", "--out", out, "--units", "uV", "--fs-hz", 100
    )
    assert status == OK
    assert answer["warnings"] == [
        "Units taken as uV, as you said.",
        "Rate taken as 100 Hz, as you said.",
    ]
    with np.load(out) as found:
        assert found["signal"].shape == (12, 1000)
        assert np.abs(found["signal"] - MICROVOLTS / 1000).max() < 1e-6
        assert float(found["fs_hz"]) == 100
        assert tuple(found["leads"]) == LEADS


def test_what_was_derived_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    eight = MICROVOLTS[[LEADS.index(lead) for lead in uploads.EIGHT]]
    path = saved(Upload("MUSE", tuple(uploads.muse_file(eight, 100))), tmp_path)
    _, answer = convert(capsys, path, "--to", "npz", "--out", tmp_path / "out.npz")
    assert answer["warnings"] == ["III, aVR, aVL, aVF were derived from I and II."]


def test_a_file_that_is_refused_gives_one_error_and_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "broken.csv", tmp_path / "out.npz"
    path.write_bytes(b"I,II\nx,y\n")
    status, answer = convert(capsys, path, "--to", "npz", "--out", out)
    assert (status, list(answer)) == (BAD_INPUT, ["error"])
    assert not out.exists()


def test_a_file_that_cannot_be_written_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(uploads.every_format(MICROVOLTS)[0], tmp_path)
    status, answer = convert(capsys, path, "--to", "npz", "--out", tmp_path / "no" / "out.npz")
    assert (status, list(answer)) == (BAD_INPUT, ["error"])
