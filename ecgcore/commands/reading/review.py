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
    parser.add_argument("--study", metavar="NAME", help="report: an ended reader study, by name")
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
        return _report(args, log) if args.action == "report" else _move(args, log)
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


def _report(args: argparse.Namespace, log: ReviewLog) -> Result:
    from ecgcore.report.studies.audit import Audit
    from ecgcore.report.studies.reader_study import reader_study_page
    from ecgcore.review.readings.transfer import new_file
    from ecgcore.review.studies import run
    from ecgcore.review.studies.outcome import StudyData

    path, name = Path(args.file), _ended_study(log, args.study)
    if path.suffix != ".html":
        raise ReviewError(f"{path.name} is no name of a report; it ends with .html.")
    protocol = run.load(log, name)
    data = StudyData.of(protocol, run.readings_of(log, protocol))
    audit = Audit.of(log)
    called = {who: who for who in protocol.readers}
    with new_file(path) as part:
        part.write_bytes(reader_study_page(data, called, audit))
    said = {"file": str(path), "study": name, "readings": len(data.readings), "head": audit.id}
    return OK, said, f"{path}: study {name}, {counted(len(data.readings), 'reading')}, {audit.id}"


def _ended_study(log: ReviewLog, asked: str | None) -> str:
    """Return the study that is meant, which has ended: results are shown to nobody before."""
    from ecgcore.review.studies import run

    names = run.names(log)
    ended = [name for name in names if run.ended(log, name)]
    if asked in ended:
        return str(asked)
    if asked in names:
        raise ReviewError(f"The study {asked} has not ended; its results are seen after the end.")
    if asked is None and len(ended) == 1:
        return ended[0]
    known = ", ".join(ended) or "none has ended"
    raise ReviewError(f"Name an ended reader study with --study; here: {known}.")
