"""Many recordings in one table: whatever is wrong with one stands in its row."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecgcore.commands.files.batch import files_of
from ecgcore.commands.result import BAD_INPUT, OK
from tests.support import uploads

Run = Callable[..., tuple[int, Any]]
WFDB, TABLE = uploads.every_format(uploads.dipole_microvolts())[:2]


pytestmark = pytest.mark.usefixtures("two_models")


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    """A folder with a good recording, one in a folder below, a hidden file and a broken one."""
    folder = tmp_path / "clinic"
    (folder / "ward").mkdir(parents=True)
    for place in (folder, folder / "ward"):
        for name, content in WFDB.files:
            (place / name).write_bytes(content)
    (folder / ".hidden").write_bytes(b"x")
    (folder / "letter.txt").write_text("Dear colleague,\n")
    return folder


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_of_a_folder_headers_and_other_files_are_listed(clinic: Path) -> None:
    header = next(name for name, _ in WFDB.files if name.endswith(".hea"))
    listed = [str(one.relative_to(clinic)) for one in files_of(clinic)]
    assert sorted(listed) == sorted([header, "letter.txt", f"ward/{header}"])


def test_a_bad_file_costs_only_its_row(run: Run, clinic: Path) -> None:
    out = clinic / "out.csv"
    status, said = run("predict", clinic, 9, "--csv", out)
    assert (status, said) == (OK, {"csv": str(out), "n_files": 4, "n_failed": 1})
    rows = {Path(row["file"]).name: row for row in rows_of(out)}
    assert len(rows_of(out)) == 4
    letter = rows.pop("letter.txt")
    assert "table" in letter["error"]
    assert letter["record"] == letter["verdict"] == ""
    assert all(row["error"] == "" for row in rows.values())
    assert {row["duration_s"] for row in rows.values()} == {"10"}
    again = run("predict", clinic, 9, "--csv", out)
    assert again[1]["n_files"] == 4, "the table itself is no recording"


def test_a_row_says_what_predict_says_of_the_record(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert run("predict", 9, 10, "--csv", out)[0] == OK
    _, alone = run("predict", 9)
    row = rows_of(out)[0]
    assert (row["file"], row["record"]) == ("9", alone["record"])
    for one in alone["groups"]:
        name = f"p_mi_{one['group'].replace('-', '_')}"
        assert float(row[name]) == pytest.approx(one["prob"], abs=5e-5)
    assert row["in_scope"] == ("yes" if alone["scope"]["applies"] else "no")
    assert row["verdict"].strip("()") == (alone["verdict"] or "")


def test_without_any_recording_the_status_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear colleague,\n")
    out = tmp_path / "out.csv"
    status, said = run("predict", tmp_path / "letter.txt", 999999, "--csv", out)
    assert (status, said["n_failed"]) == (BAD_INPUT, 2)
    assert "999999" in rows_of(out)[1]["error"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["9", "10"], "add --csv FILE.csv"),
        (["9", "10", "--csv", "OUT", "--age", "60"], "one patient's"),
        (["9", "--csv", "none/there/out.csv"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_refused(
    run: Run, tmp_path: Path, arguments: list[str], words: str
) -> None:
    told = [str(tmp_path / "out.csv") if one == "OUT" else one for one in arguments]
    status, said = run("predict", *told)
    assert status == BAD_INPUT
    assert words in said["error"]


def test_an_empty_folder_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    status, said = run("predict", tmp_path / "empty", "--csv", tmp_path / "out.csv")
    assert status == BAD_INPUT
    assert "There is no file in" in said["error"]
