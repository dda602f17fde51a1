"""The recording that a command names."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecgcore.records import OLDEST_YEARS, SEXES, EcgRecord, Patient
from ecgcore.settings import Settings

if TYPE_CHECKING:
    from ecgcore.io.missing_units import NotSaidError


def add_record_arguments(parser: argparse.ArgumentParser, *, many: bool = False) -> None:
    """Ask for the recording, and for what a table of numbers cannot say itself.

    Parameters
    ----------
    many
        True where several can be named, and folders.
    """
    parser.add_argument("record", metavar="ID_OR_FILE", nargs="+" if many else None)
    parser.add_argument(
        "--units", type=_unit, metavar="UNIT", help="of a table: mV, uV, V or steps, as 200/mV"
    )
    parser.add_argument(
        "--fs-hz", type=float, metavar="N", help="samples per second of such a file"
    )
    parser.add_argument(
        "--entry", type=int, metavar="N", help="which recording of a zip that holds several"
    )
    parser.add_argument(
        "--leads", metavar="ORDER", help="of a table without names: standard, or I,II,III,..."
    )
    parser.add_argument(
        "--muse-baseline", choices=["add", "subtract"], help="FirstSampleBaseline of a MUSE file"
    )


def add_patient_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for age and sex, which a file does not say; unknown without them."""
    parser.add_argument("--age", type=float, metavar="YEARS", help="for networks that take it")
    parser.add_argument("--sex", choices=SEXES, help="for networks that take it")


def told_record(record: EcgRecord, args: argparse.Namespace) -> EcgRecord:
    """Add the age and the sex that were given to what is known of a recording.

    Raises
    ------
    RecordError
        If the age is none.
    """
    from ecgcore.errors import RecordError

    if args.age is not None and not 0 <= args.age <= OLDEST_YEARS:
        raise RecordError(f"--age is {args.age:g}; 0 to {OLDEST_YEARS} is possible.")
    known = record.patient
    age = known.age_years if args.age is None else args.age
    return replace(record, patient=Patient(age, args.sex or known.sex))


def begin_reading(args: argparse.Namespace) -> None:
    """Start the process that will read a file, while what is to be done with it is loaded."""
    if not is_number(args.record):
        from ecgcore.io.guarded.pool import shared_pool

        shared_pool().warm_up()


def asked_record(
    args: argparse.Namespace, settings: Settings, *, for_models: bool = False
) -> EcgRecord:
    """Read a record by its number in the open data set, else by its path.

    Parameters
    ----------
    for_models
        True for the 100 Hz recording of the data set, which the models were trained on, where a
        finer one may be at hand.

    Raises
    ------
    RecordError
        If there is no such record, or it cannot be read.
    """
    from ecgcore.io.guarded.pool import read_file
    from ecgcore.io.missing_units import NotSaidError
    from ecgcore.io.raw import ReadOptions
    from ecgcore.io.recordings import SeveralError
    from ecgcore.ptbxl.catalog import open_catalog
    from ecgcore.ptbxl.store import open_recordings

    if not is_number(args.record):
        try:
            return read_file(
                Path(args.record),
                ReadOptions(args.units, args.fs_hz, args.muse_baseline, args.entry, args.leads),
            )
        except SeveralError as error:
            raise SeveralError(f"{error} Use --entry N.", error.entries) from error
        except NotSaidError as error:
            raise NotSaidError(f"{error} {_options(error)}", error.questions) from error
    recordings = open_recordings(open_catalog(settings))
    ecg_id = int(args.record)
    return recordings.read(ecg_id) if for_models else recordings.read_display(ecg_id)


def is_number(name: str) -> bool:
    """Say whether a name is a record number."""
    return name.isdecimal() and len(name) <= 100


def is_folder(name: str) -> bool:
    """Say whether a name is a folder's; a name that is too long is none."""
    try:
        return Path(name).is_dir()
    except OSError:
        return False


_OPTIONS = {"units": "--units", "fs_hz": "--fs-hz", "leads": "--leads"}


def _options(error: NotSaidError) -> str:
    """Say which options answer, with what was guessed."""
    if any(one.field == "baseline" for one in error.questions):
        return "Use --muse-baseline add or subtract."
    answers = [
        f"{_OPTIONS[one.field]} {'...' if one.guess is None else one.guess}"
        for one in error.questions
    ]
    sure = all(one.guess is not None for one in error.questions)
    return f"{'If that is right, use' if sure else 'Use'} {' '.join(answers)}."


def _unit(text: str) -> str:
    from ecgcore.errors import RecordError
    from ecgcore.io.raw import unit_scale

    try:
        unit_scale("It", text)
    except RecordError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text
