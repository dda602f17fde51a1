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
    parser.add_argument("action", choices=["verify", "export", "import", "backup"])
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="export, import: .jsonl (all, with the chain), .csv or .json (FHIR); backup: .sqlite",
    )
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
        return _verify(log, args.head) if args.action == "verify" else _move(args, log)
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
