"""One recording, written in another format."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ecgcore.commands.records import add_record_arguments, asked_record
from ecgcore.commands.result import OK, Result
from ecgcore.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the recording, the format and the file to write."""
    from ecgcore.io.written.formats import FORMATS

    add_record_arguments(parser)
    parser.add_argument("--to", required=True, choices=FORMATS, help="format of the new file")
    parser.add_argument(
        "--out", required=True, type=Path, metavar="FILE", help="the new file; WFDB: its header"
    )
    parser.add_argument(
        "--deidentify",
        action="store_true",
        help="read the new file back, compare every bit and list every element, or refuse",
    )


def run_convert(args: argparse.Namespace, settings: Settings) -> Result:
    """Read one recording and write it anew: samples, rate and lead names, nothing else.

    Raises
    ------
    RecordError
        If the recording cannot be read, the format cannot hold it, or nothing can be proven.
    """
    from ecgcore.io.written.formats import write

    record = asked_record(args, settings)
    written = write(record, args.to, args.out.stem)
    data: dict[str, Any] = {"out": str(args.out), "warnings": [*record.warnings, *written.words]}
    lines = [
        f"{args.out}: {record.n_samples:,} samples of 12 leads, {record.fs_hz} Hz",
        *data["warnings"],
    ]
    if args.deidentify:
        from ecgcore.io.written.deidentified import prove

        proof = prove(record, written.files, args.to)
        data["deidentified"] = {
            "samples_identical": proof.n_samples,
            "elements": [{"element": where, "value": value} for where, value in proof.elements],
        }
        lines.append(f"{proof.n_samples:,} samples are the same bit for bit. What else is there:")
        lines += [f"{where}: {value}" for where, value in proof.elements]
    for name, content in written.files:
        path = args.out if len(written.files) == 1 else args.out.with_name(name)
        path.write_bytes(content)
    return OK, data, "\n".join(lines)
