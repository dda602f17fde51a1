"""``review`` as a script sees it."""

import json
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecgcore.cli import main
from ecgcore.review.readings.reading import Reading
from ecgcore.review.store.log import Draft, ReviewLog


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with three readings, which the environment names."""
    file = tmp_path / "r.sqlite"
    monkeypatch.setenv("ECG_REVIEW_DB", str(file))
    log = ReviewLog.at(sa.URL.create("sqlite", database=str(file)))
    for case in "123":
        said = Reading("MI", 70).as_body()
        log.append(Draft(f"reading/s/{case}/ab/1", "reading", "s", case, "ab", said))
    log.engine.dispose()
    return file


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict]:
    status = main(["review", *arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_a_whole_store_and_a_noted_head(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said = asked(capsys, "verify")
    assert (status, said["ok"], said["entries"], said["faults"]) == (0, True, 3, [])
    noted = f"{said['head']['number']}:{said['head']['hash']}"
    assert asked(capsys, "verify", "--head", noted)[0] == 0
    status, said = asked(capsys, "verify", "--head", noted.replace("3:", "2:"))
    assert (status, said["ok"]) == (1, False)
    assert main(["review", "verify"]) == 0
    assert "whole: nothing was changed" in capsys.readouterr().out


def test_a_changed_row_is_named(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    connection = sqlite3.connect(store)
    connection.execute("DROP TRIGGER entries_no_update")
    connection.execute("UPDATE entries SET reader = 'zz' WHERE number = 2")
    connection.commit()
    connection.close()
    status, said = asked(capsys, "verify")
    assert (status, said["ok"]) == (1, False)
    assert [(one["kind"], one["number"]) for one in said["faults"]] == [("changed", 2)]
    assert main(["review", "verify"]) == 1
    assert "changed: entry 2 (reading 2 zz) was changed." in capsys.readouterr().out
    status, said = asked(capsys, "backup", str(store.with_name("copy.sqlite")))
    assert status == 2
    assert "entry 2" in said["error"]


def test_out_and_in_and_a_backup(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(capsys, "export", str(tmp_path / "o.jsonl"))[1]["entries"] == 3
    assert asked(capsys, "import", str(tmp_path / "o.jsonl"))[1] == {"new": 0, "known": 3}
    status, said = asked(capsys, "backup", str(tmp_path / "b" / "copy.sqlite"))
    assert (status, said["entries"]) == (0, 3)
    monkeypatch.setenv("ECG_REVIEW_DB", said["file"])
    assert asked(capsys, "verify")[1]["head"] == said["head"]
    status, said = asked(capsys, "export", str(tmp_path / "o.jsonl"))
    assert (status, "is there already" in said["error"]) == (2, True)


@pytest.mark.parametrize("arguments", [["export"], ["verify", "x.csv"], ["import"], ["backup"]])
def test_a_file_is_needed_or_not(
    store: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    status, said = asked(capsys, *arguments)
    assert status == 2
    assert said["error"].startswith(f"review {arguments[0]} takes")


def test_without_a_choice_the_store_lies_among_the_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ECG_REVIEW_DB", raising=False)
    monkeypatch.setenv("ECG_RUNS_DIR", str(tmp_path / "runs"))
    assert asked(capsys, "verify")[1]["entries"] == 0
    assert (tmp_path / "runs" / "review.sqlite").exists()
