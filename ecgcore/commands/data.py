"""Fetch PTB-XL, build the signal store, check both."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from ecgcore.commands.result import FAILED, OK, Result
from ecgcore.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask what to do, and with which part."""
    parser.add_argument("action", choices=["build", "fetch", "check"])
    parser.add_argument("--set", choices=["test", "study", "full"], default="study", dest="which")
    parser.add_argument("--base-url", help="a mirror that has PhysioNet's layout")
    parser.add_argument("--rate", type=int, choices=[100, 500], default=100, help="fetch: in Hz")
    parser.add_argument("--workers", type=int, default=16, help="files at once")
    parser.add_argument("--verify", action="store_true", help="check: hash every file")


def run_data(args: argparse.Namespace, settings: Settings) -> Result:
    """Build, fetch or check the data."""
    folder = settings.data_dir or settings.local_data_dir
    actions = {"build": _data_build, "fetch": _data_fetch, "check": _data_check}
    return actions[args.action](args, folder)


def _data_build(args: argparse.Namespace, folder: Path) -> Result:
    from ecgcore.ptbxl.catalog import load_catalog
    from ecgcore.ptbxl.store import build_store

    with tqdm(desc="store", unit=" records", disable=args.json) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        report = build_store(load_catalog(folder), show)
    data = {
        "folder": str(report.folder),
        "stored": report.n_stored,
        "missing": report.n_missing,
        "refused": [{"ecg_id": ecg_id, "reason": why} for ecg_id, why in report.refused],
    }
    lines = [
        f"{report.n_stored:,} records in {report.folder}, {report.n_missing:,} not downloaded",
        *(why for _, why in report.refused),
    ]
    return (FAILED if report.refused else OK), data, "\n".join(lines)


def _data_fetch(args: argparse.Namespace, folder: Path) -> Result:
    from ecgcore.ptbxl.fetch.download import PHYSIONET_URL, FetchProgress, fetch

    with tqdm(desc=f"PTB-XL, {args.which}", unit=" files", disable=args.json) as bar:

        def show(progress: FetchProgress) -> None:
            bar.total = progress.n_files
            bar.update(progress.n_done - bar.n)

        report = fetch(
            folder,
            args.which,
            base_url=args.base_url or PHYSIONET_URL,
            workers=args.workers,
            rate_hz=args.rate,
            on_progress=show,
        )
    data = {"folder": str(folder), **asdict(report)}
    lines = [
        f"{report.n_downloaded:,} files downloaded, {report.n_skipped:,} were there, in {folder}",
        *(f"{failure.path}: {failure.reason}" for failure in report.failed),
    ]
    return (FAILED if report.failed else OK), data, "\n".join(lines)


def _data_check(args: argparse.Namespace, folder: Path) -> Result:
    from ecgcore.ptbxl.fetch.download import check

    report = check(folder, verify=args.verify)
    frame = report.frame()
    status = OK if report.complete(args.which) else FAILED
    return status, json.loads(frame.to_json(orient="records")), frame.to_string(index=False)
