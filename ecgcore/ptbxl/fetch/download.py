"""PTB-XL from PhysioNet: fetch a set of records, and check what a data folder holds."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pandas as pd

from ecgcore.errors import CatalogError
from ecgcore.ptbxl import synthetic
from ecgcore.ptbxl.catalog import load_catalog
from ecgcore.ptbxl.fetch.http import Outcome, Transfer, sha256
from ecgcore.ptbxl.label_groups import GROUPS, SPLITS, member_ids

DataSet = Literal["test", "study", "full"]
DATA_SETS: tuple[DataSet, ...] = ("test", "study", "full")
"""Fold 10 of the cohort, the whole cohort, all records of the table."""

Rate = Literal[100, 500]
_NAME_COLUMNS: dict[Rate, tuple[str, ...]] = {
    100: ("filename_lr",),
    500: ("filename_lr", "filename_hr"),
}

PHYSIONET_URL = "https://physionet.org/files/ptb-xl/1.0.3/"
TABLES = ("ptbxl_database.csv", "scp_statements.csv")
LICENCE = "LICENSE.txt"
SUMS = "SHA256SUMS.txt"
SUMS_SHA256 = "cf999062d749f0d98c86342168b1efe8194f91f43367549b682887dd70453a97"
"""Of the list of PTB-XL 1.0.3: a mirror cannot bring a list of its own."""

_FAILED_IN_A_ROW = 50
_SUM_LINE = re.compile(r"([0-9a-fA-F]{64})[ \t]+\*?(?:\./)?([^ \t].*)")
_NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)*", re.ASCII)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FetchFailure:
    """A file that could not be had, and why; nothing of it lies under its name."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """Progress of a fetch: files settled of files wanted, failed ones, bytes transferred."""

    n_files: int
    n_done: int
    n_failed: int
    n_bytes: int


@dataclass(frozen=True, slots=True)
class FetchReport:
    """Outcome of a fetch.

    Attributes
    ----------
    n_files
        Tables, licence and record files that the set needs; after a cancelled fetch more than
        were settled.
    n_downloaded, n_skipped
        Files transferred, and files that were there and fit their checksums.
    n_bytes
        Bytes received for the downloaded files, repeated tries included.
    failed
        Files that could not be had.
    unlisted
        Files accepted although ``SHA256SUMS.txt`` does not list them.
    """

    n_files: int
    n_downloaded: int
    n_skipped: int
    n_bytes: int
    failed: tuple[FetchFailure, ...]
    unlisted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """One line of a check; `n_wrong` and `n_unlisted` count files and need ``verify``."""

    part: str
    n_expected: int
    n_present: int
    n_wrong: int | None
    n_unlisted: int | None


@dataclass(frozen=True, slots=True)
class DataReport:
    """Content of a data folder.

    Attributes
    ----------
    folder
        The folder looked at.
    rows
        The tables, each data set, each fold; a record is present when both its files are.
    wrong
        Files whose checksum differs; empty without ``verify``.
    """

    folder: Path
    rows: tuple[Coverage, ...]
    wrong: tuple[str, ...]

    def complete(self, which: DataSet) -> bool:
        """Tell whether every record of a set is there and no file known to be wrong."""
        needed = [row for row in self.rows if row.part in ("tables", which)]
        return all(row.n_present == row.n_expected and not row.n_wrong for row in needed)

    def missing(self) -> dict[str, int]:
        """Count the records of each set that are not there."""
        return {
            row.part: row.n_expected - row.n_present for row in self.rows if row.part in DATA_SETS
        }

    def sentence(self) -> str:
        """Say how complete each set is, and after verify how many files are wrong."""
        words = in_one_sentence(self.missing())
        return f"{words}; {len(self.wrong):,} files are wrong" if self.wrong else words

    def frame(self) -> pd.DataFrame:
        """One row for each part: expected, present, missing; after verify wrong and unlisted."""
        frame = pd.DataFrame(
            {
                "part": [row.part for row in self.rows],
                "expected": [row.n_expected for row in self.rows],
                "present": [row.n_present for row in self.rows],
                "missing": [row.n_expected - row.n_present for row in self.rows],
            }
        )
        if any(row.n_wrong is not None for row in self.rows):
            frame["wrong"] = [row.n_wrong for row in self.rows]
            frame["unlisted"] = [row.n_unlisted for row in self.rows]
        return frame


@dataclass(slots=True)
class _Tally:
    n_files: int = 0
    n_failed_in_a_row: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    n_bytes: int = 0
    n_failed: int = 0

    def add(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self.n_bytes += outcome.n_bytes
        self.n_failed += bool(outcome.failure)
        self.n_failed_in_a_row = self.n_failed_in_a_row + 1 if outcome.failure else 0

    def progress(self) -> FetchProgress:
        return FetchProgress(self.n_files, len(self.outcomes), self.n_failed, self.n_bytes)

    def report(self) -> FetchReport:
        had = [outcome for outcome in self.outcomes if not outcome.failure]
        n_skipped = sum(outcome.skipped for outcome in had)
        failed = [FetchFailure(o.path, o.failure) for o in self.outcomes if o.failure]
        return FetchReport(
            n_files=self.n_files,
            n_downloaded=len(had) - n_skipped,
            n_skipped=n_skipped,
            n_bytes=self.n_bytes,
            failed=tuple(sorted(failed, key=lambda failure: failure.path)),
            unlisted=tuple(sorted(outcome.path for outcome in had if not outcome.listed)),
        )


def fetch(  # noqa: PLR0913 - each is one option of the command
    folder: Path,
    which: DataSet,
    *,
    rate_hz: Rate = 100,
    base_url: str = PHYSIONET_URL,
    workers: int = 16,
    on_progress: Callable[[FetchProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    backoff_s: float = 1.0,
    sums_sha256: str | None = SUMS_SHA256,
) -> FetchReport:
    """Download the tables and the records of a set; the report names every file not had.

    What is there and fits is kept. Every file is written as ``NAME.part``, compared with
    ``SHA256SUMS.txt`` and only then given its name, so that a stopped fetch goes on where it was.

    Parameters
    ----------
    folder
        Data folder, made if it is missing.
    which
        "test", "study" or "full".
    rate_hz
        500 adds the files to look at to those that the models read, six times the volume.
    base_url
        A server with PhysioNet's layout.
    workers
        Files at once.
    on_progress
        Called in this thread after every file.
    cancelled
        Asked in this thread about ten times a second; True ends the fetch with what there is.
    backoff_s
        Wait before the second try of a file; doubled before the third.
    sums_sha256
        What the server's list of checksums must be; None: any list, which proves nothing.

    Raises
    ------
    CatalogError
        If the server cannot be used or has another list of checksums, a table cannot be had, a
        record's name leads out of the folder, or the folder cannot be written.
    """
    if workers < 1:
        raise CatalogError(f"{workers} files at once is too few; choose 1 or more, 16 is usual.")
    if synthetic.is_synthetic(folder):
        raise CatalogError(f"{folder} holds the synthetic set. Choose another folder for PTB-XL.")
    transfer = Transfer(base_url.rstrip("/") + "/", folder, workers, backoff_s)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        said, stopped = on_progress or (lambda *_: None), cancelled or (lambda: False)
        return _Fetch(transfer, said, stopped, sums_sha256).run(which, _NAME_COLUMNS[rate_hz])
    except OSError as error:
        raise CatalogError(
            f"{folder} cannot be written ({error.strerror or error}). Free space, make the folder "
            "writable or choose another one; the same command goes on where it stopped."
        ) from error


def check(
    folder: Path, *, verify: bool = False, sums_sha256: str | None = SUMS_SHA256
) -> DataReport:
    """Look which records of each set are in a data folder.

    Parameters
    ----------
    verify
        Compare every file that is there with ``SHA256SUMS.txt``; reads all of it.
    sums_sha256
        What that list itself must be; None: any.

    Raises
    ------
    CatalogError
        If the folder or a table is missing, a record's name leads out of the folder, or there is no
        list of checksums to verify with.
    """
    frame = load_catalog(folder).frame
    files = {int(ecg_id): _record_files(name) for ecg_id, name in frame["filename_lr"].items()}
    parts: dict[str, list[tuple[str, ...]]] = {"tables": [(table,) for table in TABLES]}
    parts |= {which: [files[i] for i in members(frame, which)] for which in DATA_SETS}
    parts |= {
        "fold unknown" if pd.isna(fold) else f"fold {fold}": [files[int(i)] for i in members.index]
        for fold, members in frame.groupby("strat_fold", dropna=False)
    }
    there = {
        path
        for paths in (*parts["tables"], *files.values())
        for path in paths
        if (folder / path).is_file()
    }
    if not verify:
        return DataReport(
            folder, tuple(_coverage(part, units, there) for part, units in parts.items()), ()
        )
    sums = _read_sums(folder)
    if sums_sha256 is not None and (found := sha256(folder / SUMS)) != sums_sha256:
        raise CatalogError(
            f"{folder / SUMS} is not the list of PTB-XL 1.0.3: its SHA-256 is {found[:16]}…, "
            f"{sums_sha256[:16]}… is expected. Delete it and fetch again."
        )
    listed = {path for path in there if path in sums}
    wrong = {path for path in listed if sha256(folder / path) != sums[path]}
    rows = [_coverage(part, units, there, wrong, there - listed) for part, units in parts.items()]
    return DataReport(folder, tuple(rows), tuple(sorted(wrong)))


def in_one_sentence(missing: Mapping[str, int]) -> str:
    """Say how complete each set is.

    >>> in_one_sentence({"test": 0, "study": 8072})
    'test: complete; study: 8,072 missing'
    """
    words = {which: f"{n:,} missing" if n else "complete" for which, n in missing.items()}
    return "; ".join(f"{which}: {word}" for which, word in words.items())


def _coverage(
    part: str,
    units: Sequence[tuple[str, ...]],
    there: set[str],
    wrong: set[str] | None = None,
    unlisted: set[str] | None = None,
) -> Coverage:
    paths = {path for unit in units for path in unit}
    return Coverage(
        part,
        n_expected=len(units),
        n_present=sum(there.issuperset(unit) for unit in units),
        n_wrong=None if wrong is None else len(paths & wrong),
        n_unlisted=None if unlisted is None else len(paths & unlisted),
    )


def members(frame: pd.DataFrame, which: DataSet) -> list[int]:
    """Return the records of a set, in ascending order."""
    if which == "full":
        return [int(ecg_id) for ecg_id in frame.index]
    splits = SPLITS if which == "study" else ("test",)
    return sorted(ecg_id for split in splits for ecg_id in member_ids(frame, split, GROUPS))


def _record_files(name: object) -> tuple[str, str]:
    """Header and signals of one record; its name comes from a table and must stay inside."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise CatalogError(
            f"ptbxl_database.csv names a record {name!r}, which is no path inside the data folder. "
            "Do not use this table; download it again from PhysioNet."
        )
    return f"{name}.hea", f"{name}.dat"


@dataclass(frozen=True, slots=True)
class _Fetch:
    transfer: Transfer
    on_progress: Callable[[FetchProgress], None]
    cancelled: Callable[[], bool]
    sums_sha256: str | None
    tally: _Tally = field(default_factory=_Tally)

    def run(self, which: DataSet, columns: Sequence[str]) -> FetchReport:
        sums = self._sums()
        if sums and self._settle(TABLES, sums, needed=True):
            frame = load_catalog(self.transfer.folder).frame
            ids = members(frame, which)
            names = [name for column in columns for name in frame.loc[ids, column]]
            self._settle([LICENCE, *(path for name in names for path in _record_files(name))], sums)
        report = self.tally.report()
        if report.unlisted:
            log.warning("%d files have no checksum in %s", len(report.unlisted), SUMS)
        return report

    def _sums(self) -> dict[str, str]:
        """Get the checksums, anew where nothing verifies a list that is there; {} if cancelled."""
        proof = {} if self.sums_sha256 is None else {SUMS: self.sums_sha256}
        outcomes = self.transfer.outcomes([SUMS], proof, self.cancelled, renew=not proof)
        for outcome in outcomes:
            if outcome.failure:
                raise self._lost(outcome)
        if self.cancelled():
            return {}
        try:
            return _read_sums(self.transfer.folder)
        except CatalogError:
            (self.transfer.folder / SUMS).unlink(missing_ok=True)
            raise

    def _settle(
        self, paths: Sequence[str], sums: Mapping[str, str], *, needed: bool = False
    ) -> bool:
        """Get files and count them; returns False if cancelled before the last."""
        tally = self.tally
        tally.n_files += len(paths)
        with closing(self.transfer.outcomes(paths, sums, self.cancelled)) as outcomes:
            for outcome in outcomes:
                tally.add(outcome)
                self.on_progress(tally.progress())
                if outcome.failure and (needed or tally.n_failed_in_a_row == _FAILED_IN_A_ROW):
                    raise self._lost(outcome)
        return len(tally.outcomes) == tally.n_files

    def _lost(self, outcome: Outcome) -> CatalogError:
        return CatalogError(
            f"{self.transfer.base_url}{outcome.path} could not be downloaded: {outcome.failure}. "
            "Check the network or choose a mirror with --base-url; the same command goes on "
            "where it stopped."
        )


def _read_sums(folder: Path) -> dict[str, str]:
    path = folder / SUMS
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    lines = [match for line in text.splitlines() if (match := _SUM_LINE.fullmatch(line.strip()))]
    if not lines:
        raise CatalogError(
            f"{path} is missing or holds no checksums. Get it with "
            "'python3.11 -m ecgcore data fetch'; if that fails too, the server is no copy of "
            "PhysioNet's."
        )
    return {line[2]: line[1].lower() for line in lines}
