"""Readings as files: JSONL with the whole chain, CSV, and DiagnosticReports of FHIR R4."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ecgcore.errors import ReviewError
from ecgcore.review.readings.reading import Reading, reading_of
from ecgcore.review.store.chain import Entry, Head, faults
from ecgcore.review.store.log import Draft

READINGS = ("reading", "consensus")
"""Kinds of entries that CSV and FHIR hold; JSONL holds all."""
_FORMAT = "ecg-trust readings"
_URN = "urn:ecg-trust"
_COLUMNS = (
    *("key", "kind", "study", "case", "reader", "at", "verdict", "confidence", "territories"),
    *("infarct_age", "statements", "text", "calipers", "seconds", "blind"),
)
_LISTS = ("territories", "statements")
_MI = {"system": "http://snomed.info/sct", "code": "22298006", "display": "Myocardial infarction"}


def to_jsonl(entries: Sequence[Entry], head: Head) -> str:
    """Write the head of the chain, then one entry a line."""
    first = {"format": _FORMAT, "head": asdict(head)}
    return "".join(json.dumps(line) + "\n" for line in (first, *map(asdict, entries)))


def from_jsonl(text: str) -> tuple[list[Entry], Head]:
    """Read what `to_jsonl` wrote.

    Raises
    ------
    ReviewError
        If it is something else, or the chain is not whole.
    """
    try:
        first, *lines = [json.loads(line) for line in text.splitlines() if line.strip()]
        if first["format"] != _FORMAT:
            raise ReviewError(f"The first line names the format {first['format']}.")
        entries, head = [Entry(**line) for line in lines], Head(**first["head"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ReviewError(f"The file holds no exported readings ({error}).") from error
    found = faults(entries, head)
    if found:
        raise ReviewError(f"The exported readings are not as they were: {found[0].words}")
    return entries, head


def to_csv(entries: Iterable[Entry]) -> str:
    """Write one reading or consensus a row; lists are parted by spaces, calipers are JSON."""
    table = io.StringIO()
    writer = csv.DictWriter(table, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for entry in entries:
        said = reading_of(entry).as_body()
        joined = {name: " ".join(said[name]) for name in _LISTS}
        calipers = json.dumps(said["calipers"]) if said["calipers"] else ""
        place = {name: getattr(entry, name) for name in _COLUMNS[:6]}
        row = place | said | joined | {"calipers": calipers, "blind": int(said["blind"])}
        writer.writerow({name: _unarmed(value) for name, value in row.items()})
    return table.getvalue()


def _unarmed(value: object) -> object:
    """Keep a text from being run as a formula by a spreadsheet."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r'" and value else value


def from_csv(text: str) -> list[Draft]:
    """Read what `to_csv` wrote.

    Raises
    ------
    ReviewError
        If a column is missing or a row holds no reading; the line is named.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    lacking = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
    if lacking:
        raise ReviewError(f"The table of readings has no column {', '.join(lacking)}.")
    return [_of_row(row, number) for number, row in enumerate(rows, 1)]


def _of_row(row: Mapping[str, Any], number: int) -> Draft:
    try:
        said = {name: str(row[name] or "").removeprefix("'") for name in _COLUMNS}
        body: dict[str, Any] = {name: said[name] for name in ("verdict", "infarct_age", "text")}
        body |= {name: said[name].split() for name in _LISTS}
        body["confidence"] = int(said["confidence"]) if said["confidence"] else None
        body["calipers"] = json.loads(said["calipers"] or "[]")
        body |= {"seconds": float(said["seconds"]), "blind": said["blind"] != "0"}
        return _draft(said, Reading.from_body(body))
    except (ValueError, ReviewError) as error:
        raise ReviewError(f"Row {number} of the table holds no reading ({error}).") from error


def to_fhir(entries: Iterable[Entry]) -> str:
    """Write a Bundle with one DiagnosticReport a reading or consensus."""
    reports = [{"resource": _report(entry, reading_of(entry))} for entry in entries]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": reports}
    return json.dumps(bundle, indent=1)


def _report(entry: Entry, said: Reading) -> dict[str, Any]:
    verdict = [{"system": f"{_URN}:verdict", "code": said.verdict.replace(" ", "-")}]
    return {
        "resourceType": "DiagnosticReport",
        "id": hashlib.sha256(entry.key.encode()).hexdigest(),
        "extension": [
            {"url": f"{_URN}:study", "valueString": entry.study},
            {"url": f"{_URN}:reading", "valueString": entry.body},
        ],
        "identifier": [{"system": f"{_URN}:entry", "value": entry.key}],
        "status": "final" if entry.kind == "consensus" else "preliminary",
        "category": [
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "EC"}]}
        ],
        "code": {"coding": [{"system": "http://loinc.org", "code": "11524-6"}]},
        "subject": {"identifier": {"system": f"{_URN}:case", "value": entry.case}},
        "effectiveDateTime": entry.at,
        "issued": entry.at,
        "performer": [
            {
                "identifier": {"system": f"{_URN}:reader", "value": entry.reader},
                "display": entry.reader,
            }
        ],
        "conclusion": ". ".join(part for part in (said.words, said.text) if part),
        "conclusionCode": [
            {"coding": verdict + ([_MI] if said.verdict == "MI" else []), "text": said.verdict}
        ],
    }


def from_fhir(text: str) -> list[Draft]:
    """Read the DiagnosticReports that `to_fhir` wrote.

    Raises
    ------
    ReviewError
        If there are none, or a report does not say which reading it is.
    """
    try:
        bundle = json.loads(text)
        reports = [one["resource"] for one in bundle["entry"]]
        return [_of_report(one) for one in reports if one["resourceType"] == "DiagnosticReport"]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise ReviewError(f"The file holds no DiagnosticReports of readings ({error}).") from error


def _of_report(report: Mapping[str, Any]) -> Draft:
    more = {one["url"]: one["valueString"] for one in report["extension"]}
    said = {
        "key": report["identifier"][0]["value"],
        "kind": "consensus" if report["status"] == "final" else "reading",
        "study": more[f"{_URN}:study"],
        "case": report["subject"]["identifier"]["value"],
        "reader": report["performer"][0]["identifier"]["value"],
        "at": report["effectiveDateTime"],
    }
    return _draft(said, Reading.from_body(more[f"{_URN}:reading"]))


def _draft(said: Mapping[str, str], reading: Reading) -> Draft:
    if said["kind"] not in READINGS:
        raise ReviewError(f"“{said['kind'][:20]}” is no {' and no '.join(READINGS)}.")
    place = {name: said[name] for name in ("key", "kind", "study", "case", "reader", "at")}
    return Draft(body=reading.as_body(), **place)


WRITERS: Mapping[str, Callable[[Sequence[Entry], Head], str]] = {
    ".jsonl": to_jsonl,
    ".csv": lambda entries, _head: to_csv(_readings(entries)),
    ".json": lambda entries, _head: to_fhir(_readings(entries)),
}
"""How a file of each suffix is written; ``.json`` is FHIR."""


def _readings(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.kind in READINGS]


def check_suffix(path: Path) -> str:
    """Return the suffix of a file, or raise ReviewError where no format has it."""
    if path.suffix not in WRITERS:
        raise ReviewError(
            f"{path.name} is no file of readings; its name ends with .jsonl, .csv or, for FHIR, "
            ".json."
        )
    return path.suffix
