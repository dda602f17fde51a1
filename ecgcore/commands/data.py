"""Fetch PTB-XL, build the signal store, check both; seal what is shipped."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from ecgcore.commands.result import FAILED, OK, Result
from ecgcore.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask what to do, and with which part."""
    parser.add_argument("action", choices=["build", "fetch", "check", "seal"])
    parser.add_argument(
        "--set",
        choices=["test", "study", "full"],
        dest="which",
        help="what has to be complete; without it fetch gets study and check looks at test",
    )
    parser.add_argument("--base-url", help="a mirror that has PhysioNet's layout")
    parser.add_argument(
        "--sums-sha256", metavar="HEX", help="of another data set's SHA256SUMS.txt (PTB-XL 1.0.3's)"
    )
    parser.add_argument("--rate", type=int, choices=[100, 500], default=100, help="fetch: in Hz")
    parser.add_argument("--workers", type=int, default=16, help="files at once")
    parser.add_argument("--verify", action="store_true", help="check: hash every file")


def run_data(args: argparse.Namespace, settings: Settings) -> Result:
    """Build, fetch or check the data."""
    folder = settings.data_dir or settings.local_data_dir
    args.sums_sha256 = args.sums_sha256 or settings.sums_sha256
    if args.action == "seal":
        return _data_seal(settings)
    actions = {"build": _data_build, "fetch": _data_fetch, "check": _data_check}
    return actions[args.action](args, folder)


def _data_build(args: argparse.Namespace, folder: Path) -> Result:
    from ecgcore.ptbxl.catalog import load_catalog
    from ecgcore.ptbxl.fetch.download import DATA_SETS, in_one_sentence, members
    from ecgcore.ptbxl.store import build_store, open_store

    with tqdm(desc="store", unit=" records", disable=args.json) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        catalog = load_catalog(folder)
        report = build_store(catalog, show)
    store = open_store(catalog)
    stored = frozenset(store.row_of) if store else frozenset()
    missing: dict[str, int] = {
        which: len({*members(catalog.frame, which)} - stored) for which in DATA_SETS
    }
    data = {
        "folder": str(report.folder),
        "stored": report.n_stored,
        "missing": report.n_missing,
        "refused": [{"ecg_id": ecg_id, "reason": why} for ecg_id, why in report.refused],
        "missing_by_set": missing,
    }
    lines = [
        f"{report.n_stored:,} records in {report.folder}, {report.n_missing:,} not downloaded",
        *(why for _, why in report.refused),
        in_one_sentence(missing),
    ]
    failed = missing[args.which] if args.which else report.refused
    return (FAILED if failed else OK), data, "\n".join(lines)


def _data_fetch(args: argparse.Namespace, folder: Path) -> Result:
    from ecgcore.ptbxl.fetch.download import (
        PHYSIONET_URL,
        SUMS_SHA256,
        DataSet,
        FetchProgress,
        check,
        fetch,
    )

    which: DataSet = args.which or "study"
    with tqdm(desc=f"PTB-XL, {which}", unit=" files", disable=args.json) as bar:

        def show(progress: FetchProgress) -> None:
            bar.total = progress.n_files
            bar.update(progress.n_done - bar.n)

        report = fetch(
            folder,
            which,
            base_url=args.base_url or PHYSIONET_URL,
            workers=args.workers,
            rate_hz=args.rate,
            on_progress=show,
            sums_sha256=args.sums_sha256 or SUMS_SHA256,
        )
    there = check(folder)
    data = {"folder": str(folder), **asdict(report), "missing_by_set": there.missing()}
    lines = [
        f"{report.n_downloaded:,} files downloaded, {report.n_skipped:,} were there, in {folder}",
        *(f"{failure.path}: {failure.reason}" for failure in report.failed),
        there.sentence(),
    ]
    return (FAILED if report.failed else OK), data, "\n".join(lines)


def _data_seal(settings: Settings) -> Result:
    """Write the checksums of all that is shipped; what does not fit them is not read."""
    from ecgcore.manifest import MANIFEST, write_manifest

    n_files = write_manifest(settings.pretrained_dir)
    path = settings.pretrained_dir / MANIFEST
    return OK, {"path": str(path), "n_files": n_files}, f"{path}: {n_files:,} files"


def _data_check(args: argparse.Namespace, folder: Path) -> Result:
    from ecgcore.ptbxl.fetch.download import SUMS_SHA256, check

    report = check(folder, verify=args.verify, sums_sha256=args.sums_sha256 or SUMS_SHA256)
    frame = report.frame()
    status = OK if report.complete(args.which or "test") else FAILED
    text = f"{frame.to_string(index=False)}\n{report.sentence()}"
    return status, json.loads(frame.to_json(orient="records")), text
