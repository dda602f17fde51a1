"""One recording, written in another format."""

from __future__ import annotations

import argparse
from pathlib import Path

from ecgcore.commands.records import add_record_arguments, asked_record
from ecgcore.commands.result import OK, Result
from ecgcore.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the recording, the format and the file to write."""
    add_record_arguments(parser)
    parser.add_argument("--to", required=True, choices=["npz"], help="format of the new file")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="the new file")


def run_convert(args: argparse.Namespace, settings: Settings) -> Result:
    """Read one recording and write it again.

    Raises
    ------
    RecordError
        If the recording cannot be read, or the file cannot be written.
    """
    from ecgcore.io.written.npz_file import npz_bytes

    record = asked_record(args, settings)
    args.out.write_bytes(npz_bytes(record))
    lines = [f"{args.out}: {record.n_samples:,} samples of 12 leads, {record.fs_hz} Hz"]
    data = {"out": str(args.out), "warnings": list(record.warnings)}
    return OK, data, "\n".join([*lines, *record.warnings])
