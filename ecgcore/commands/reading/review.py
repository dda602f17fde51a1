"""``python3.11 -m ecgcore review verify``: the store of readings, checked, copied, moved."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ecgcore.commands.result import FAILED, OK, Result
from ecgcore.errors import ReviewError
from ecgcore.settings import Settings
from ecgcore.wording.numbers import counted

if TYPE_CHECKING:
    from ecgcore.report.studies.audit import Audit
    from ecgcore.review.store.log import ReviewLog


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask what to do."""
    parser.add_argument("action", choices=["verify", "export", "import", "backup", "report"])
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="export, import: .jsonl (all, with the chain), .csv or .json (FHIR); backup: .sqlite; "
        "report: .html",
    )
    parser.add_argument("--study", metavar="NAME", help="report: an ended reader study, or a list")
    parser.add_argument(
        "--head", metavar="N:HASH", help="verify: a head noted earlier that must be in the chain"
    )


def run_review(args: argparse.Namespace, settings: Settings) -> Result:
    """Do it, on the store that ``ECG_REVIEW_DB`` names."""
    from ecgcore.review.store.log import ReviewLog

    if (args.action == "verify") == bool(args.file):
        needs = "no file" if args.action == "verify" else "a file"
        raise ReviewError(f"review {args.action} takes {needs}.")
    log = ReviewLog.open(settings)
    try:
        if args.action == "verify":
            return _verify(log, args.head)
        return _report(args, log, settings) if args.action == "report" else _move(args, log)
    finally:
        log.engine.dispose()


def _verify(log: ReviewLog, noted: str | None) -> Result:
    from ecgcore.review.store.chain import Fault, Head, faults

    entries, head = log.snapshot()
    found = faults(entries, head)
    if noted is not None:
        number, _, digest = noted.partition(":")
        if not any((str(one.number), one.hash) == (number, digest) for one in entries):
            found.append(Fault("missing", 0, f"no entry has the noted head {noted}."))
    data = {
        "ok": not found,
        "entries": len(entries),
        "head": asdict(head or Head()),
        "faults": [asdict(one) for one in found],
    }
    whole = f"{counted(len(entries), 'entry', 'entries')}, head {(head or Head()).number}:"
    lines = [f"{one.kind}: {one.words}" for one in found]
    lines += [whole + (head or Head()).hash] + ([] if found else ["whole: nothing was changed"])
    return (FAILED if found else OK), data, "\n".join(lines)


def _move(args: argparse.Namespace, log: ReviewLog) -> Result:
    from ecgcore.review.readings.transfer import backup_to, export_to, import_from

    path = Path(args.file)
    if args.action == "export":
        n = export_to(log, path)
        return (
            OK,
            {"file": str(path), "entries": n},
            f"{path}: from {counted(n, 'entry', 'entries')}",
        )
    if args.action == "import":
        new, known = import_from(log, path)
        return OK, {"new": new, "known": known}, f"{new} new, {known} known already"
    head = backup_to(log, path)
    data = {"file": str(path), "entries": head.number, "head": asdict(head)}
    return (
        OK,
        data,
        f"{path}: {counted(head.number, 'entry', 'entries')}, head {head.number}:{head.hash}",
    )


def _report(args: argparse.Namespace, log: ReviewLog, settings: Settings) -> Result:
    from ecgcore.report.studies.audit import Audit
    from ecgcore.review.readings.transfer import new_file
    from ecgcore.review.studies import run

    path = Path(args.file)
    if path.suffix != ".html":
        raise ReviewError(f"{path.name} is no name of a report; it ends with .html.")
    name, audit = _asked_study(log, args.study), Audit.of(log)
    is_study = name in run.names(log)
    page = _study_page(log, name, audit) if is_study else _list_page(log, name, audit, settings)
    with new_file(path) as part:
        part.write_bytes(page)
    said = {"file": str(path), "study": name, "head": audit.id}
    return OK, said, f"{path}: study {name}, head {audit.id}"


def _asked_study(log: ReviewLog, asked: str | None) -> str:
    """Return the study that is meant; a reader study must have ended."""
    from ecgcore.review.readings.files import READINGS
    from ecgcore.review.studies import run

    studies = run.names(log)
    entries = log.entries(kinds=[*run.KINDS, *READINGS])
    arms = frozenset().union(*run.all_arms(entries).values())
    lists = {one.study for one in entries if one.kind in READINGS} - arms
    known = [one for one in studies if run.ended(log, one)] + sorted(lists)
    if asked in known:
        return str(asked)
    if asked in studies:
        raise ReviewError(f"The study {asked} has not ended; its results are seen after the end.")
    if asked is None and len(known) == 1:
        return known[0]
    here = ", ".join(known) or "none has ended, and no list was read"
    raise ReviewError(f"Name a study with --study; here: {here}.")


def _study_page(log: ReviewLog, name: str, audit: Audit) -> bytes:
    from ecgcore.report.studies.reader_study import reader_study_page
    from ecgcore.review.studies import run
    from ecgcore.review.studies.outcome import StudyData

    protocol = run.load(log, name)
    data = StudyData.of(protocol, run.readings_of(log, protocol))
    return reader_study_page(data, {who: who for who in protocol.readers}, audit)


def _list_page(log: ReviewLog, name: str, audit: Audit, settings: Settings) -> bytes:
    from ecgcore.ptbxl.catalog import open_catalog
    from ecgcore.report.studies.readings import readings_page
    from ecgcore.review.agreement.readings_frame import label_frame
    from ecgcore.review.case_entries import study_entries
    from ecgcore.review.worklists.naming import namings

    found = study_entries(log.snapshot()[0], name, None)
    labels = label_frame(open_catalog(settings), {one.case for one in found.shown})
    naming = namings(log).get(name)
    return readings_page(name, found, labels, audit, "" if naming is None else naming.title)
