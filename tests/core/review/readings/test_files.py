"""Readings leave the store and come back as they were, in every format."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecgcore.errors import ReviewError
from ecgcore.review.readings.files import from_jsonl, to_jsonl
from ecgcore.review.readings.reading import Caliper, Reading, reading_of
from ecgcore.review.readings.transfer import backup_to, export_to, import_from
from ecgcore.review.store.log import Draft, ReviewLog
from tests.support.reviews.stores import draft

TEXT = "=cmd|'/C calc'!A0\r\nQ in III; “old”, 日本 \x00, 'quoted'"


def new_log(folder: Path, name: str) -> ReviewLog:
    return ReviewLog.at(sa.URL.create("sqlite", database=str(folder / f"{name}.sqlite")))


@pytest.fixture
def log(tmp_path: Path) -> ReviewLog:
    full = Reading(
        "MI",
        80,
        ("inferior",),
        "old",
        ("LAFB",),
        TEXT,
        (Caliper("V2", 0.1, 0.5, -0.2),),
        41.5,
        False,
    )
    made = new_log(tmp_path, "made")
    made.append(replace(draft("'7"), body=full.as_body()))
    made.append(replace(draft(8, "cd"), body=Reading("not readable").as_body()))
    made.append(Draft("seen/8", "seen", "s", "8", "cd", {}))
    said = Reading("no MI", 100, text="-both agree", blind=False).as_body()
    made.append(Draft("consensus/s/7", "consensus", "s", "'7", "ef", said))
    return made


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".json"])
def test_a_file_brings_everything_back_once(tmp_path: Path, log: ReviewLog, suffix: str) -> None:
    file = tmp_path / f"out{suffix}"
    assert export_to(log, file) == 4
    other = new_log(tmp_path, "other")
    other.append(draft(99))
    n = 4 if suffix == ".jsonl" else 3
    assert import_from(other, file) == (n, 0)
    assert import_from(other, file) == (0, n)
    assert other.verify() == []
    kept = [one for one in log.entries() if suffix == ".jsonl" or one.kind != "seen"]
    found = other.entries()[1:]
    assert [(a.key, a.kind, a.case, a.reader, a.at) for a in found] == [
        (a.key, a.kind, a.case, a.reader, a.at) for a in kept
    ]
    for mine, theirs in zip(kept, found, strict=True):
        if mine.kind != "seen":
            assert reading_of(theirs) == reading_of(mine)


def test_an_empty_store_takes_the_chain_as_it_is(tmp_path: Path, log: ReviewLog) -> None:
    export_to(log, tmp_path / "out.jsonl")
    other = new_log(tmp_path, "other")
    assert import_from(other, tmp_path / "out.jsonl") == (4, 0)
    assert other.snapshot() == log.snapshot()


def test_a_backup_is_a_whole_store(tmp_path: Path, log: ReviewLog) -> None:
    head = backup_to(log, tmp_path / "copy.sqlite")
    log.append(draft(100))
    copy = new_log(tmp_path, "copy")
    assert copy.head() == head
    assert copy.snapshot()[0] == log.snapshot()[0][:-1]
    assert copy.verify() == []
    assert not list(tmp_path.glob("*.part*"))
    with pytest.raises(ReviewError, match="is there already"):
        backup_to(log, tmp_path / "copy.sqlite")


def test_a_spreadsheet_finds_no_formula(tmp_path: Path, log: ReviewLog) -> None:
    export_to(log, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@") and len(cell) > 0]


def test_a_report_of_fhir_names_what_was_examined_and_found(tmp_path: Path, log: ReviewLog) -> None:
    export_to(log, tmp_path / "out.json")
    bundle = json.loads((tmp_path / "out.json").read_text())
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
    first, second, third = [one["resource"] for one in bundle["entry"]]
    assert {one["resourceType"] for one in (first, second, third)} == {"DiagnosticReport"}
    assert [one["status"] for one in (first, second, third)] == [
        "preliminary",
        "preliminary",
        "final",
    ]
    assert first["code"]["coding"][0] == {"system": "http://loinc.org", "code": "11524-6"}
    snomed = [c["code"] for c in first["conclusionCode"][0]["coding"] if "snomed" in c["system"]]
    assert snomed == ["22298006"]
    assert len(second["conclusionCode"][0]["coding"]) == 1
    assert first["conclusion"].startswith("MI, confidence 80, inferior, old, LAFB")
    assert 1 <= len(first["id"]) <= 64


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.txt", "", "no file of readings"),
        ("a.jsonl", "", "no exported readings"),
        ("a.jsonl", "[]\n", "no exported readings"),
        ("a.jsonl", '{"format": "other"}\n', "names the format other"),
        ("a.csv", "case,reader\n", "no column key, kind"),
        ("a.json", "{}", "no DiagnosticReports"),
        ("a.json", '{"entry": [{"resource": {"resourceType": "DiagnosticReport"}}]}', "no Diag"),
    ],
)
def test_what_holds_no_readings_is_refused(
    tmp_path: Path, log: ReviewLog, name: str, text: str, words: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ReviewError, match=words):
        import_from(log, tmp_path / name)


def test_a_row_that_is_no_reading_is_named_and_nothing_added(
    tmp_path: Path, log: ReviewLog
) -> None:
    export_to(log, tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_bytes().replace(b"not readable", b"who knows")
    (tmp_path / "bad.csv").write_bytes(text)
    other = new_log(tmp_path, "other")
    with pytest.raises(ReviewError, match="Row 2 of the table"):
        import_from(other, tmp_path / "bad.csv")
    assert other.entries() == []


def test_a_changed_export_is_refused_and_so_is_one_that_says_else(
    tmp_path: Path, log: ReviewLog
) -> None:
    entries, head = log.snapshot()
    assert head is not None
    changed = to_jsonl([replace(entries[0], reader="zz"), *entries[1:]], head)
    with pytest.raises(ReviewError, match="not as they were: entry 1"):
        from_jsonl(changed)
    export_to(log, tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_bytes().replace(b",100,", b",90,")
    (tmp_path / "other.csv").write_bytes(text)
    with pytest.raises(ReviewError, match=r"entry 4 .* says else"):
        import_from(log, tmp_path / "other.csv")
    assert log.head() == head
