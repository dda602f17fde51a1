"""PTB-XL's tables as one typed catalogue; the synthetic set has the same shape."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.errors import CatalogError, RecordError
from ecgcore.ptbxl import synthetic
from ecgcore.ptbxl.label_groups import assign_groups
from ecgcore.ptbxl.scp import MI_TERRITORIES, load_statements, parse_codes
from ecgcore.records import Patient
from ecgcore.settings import Settings
from ecgcore.wording.records import OLDEST, age_in_years

NOISE_COLUMNS = {
    "baseline_drift": "baseline drift",
    "static_noise": "static noise",
    "burst_noise": "burst noise",
    "electrodes_problems": "electrode problems",
    "extra_beats": "extra beats",
    "pacemaker": "pacemaker",
}
_PTBXL_RECORDS = 21_799
_NEEDED = (
    "ecg_id",
    "patient_id",
    "age",
    "sex",
    "report",
    "scp_codes",
    "validated_by_human",
    "strat_fold",
    "filename_lr",
)

PTBXL_VERSION = "PTB-XL 1.0.3"
"""Name of the data set that the shipped models, predictions and quality table come from."""

_LONGEST_ID = 9


@dataclass(frozen=True, slots=True)
class Statement:
    """One SCP statement of a record with its likelihood in per cent (0 = not stated)."""

    code: str
    likelihood: float
    description: str
    superclass: str
    kind: str


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """All that the tables say about one record; None where they are blank."""

    ecg_id: int
    patient_id: int | None
    age: str
    sex: str
    report: str
    group: str
    split: str
    statements: tuple[Statement, ...]
    noise: tuple[tuple[str, str], ...]
    recording_date: str
    device: str
    validated: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """All records of one data folder.

    Attributes
    ----------
    folder
        Root of the PTB-XL layout.
    version
        Name and version of the data, as written into model cards.
    synthetic
        True when no patient stands behind the records.
    frame
        One row for each record, indexed by ``ecg_id``: the table's columns, typed, and
        ``group, split, mi_likelihood, territory``.
    codes
        One row for each statement: ``ecg_id, code, likelihood, superclass, kind, description``.
    """

    folder: Path
    version: str
    synthetic: bool
    frame: pd.DataFrame
    codes: pd.DataFrame

    def entry(self, ecg_id: int) -> CatalogEntry:
        """Return everything the tables say about one record.

        Raises
        ------
        RecordError
            If the catalogue has no such record.
        """
        row = self._row(ecg_id)
        mine = self.codes[self.codes["ecg_id"] == ecg_id]
        statements = sorted(
            (
                Statement(s.code, s.likelihood, s.description, s.superclass, s.kind)
                for s in mine.itertuples()
            ),
            key=lambda s: (s.kind != "diagnostic", -s.likelihood, s.code),
        )
        return CatalogEntry(
            ecg_id=ecg_id,
            patient_id=None if pd.isna(row["patient_id"]) else int(row["patient_id"]),
            age=age_in_years(row["age"]),
            sex=row["sex"],
            report=row["report"],
            group=row["group"],
            split=row["split"],
            statements=tuple(statements),
            noise=tuple(
                (words, row[column].strip(" ,"))
                for column, words in NOISE_COLUMNS.items()
                if row[column]
            ),
            recording_date=row["recording_date"],
            device=row["device"],
            validated=None if pd.isna(row["validated"]) else bool(row["validated"]),
        )

    def patient(self, ecg_id: int) -> Patient:
        """Return age and sex of a record's patient, as far as the tables say them.

        PTB-XL writes 300 for everyone above 89; they count as 90.
        """
        row = self._row(ecg_id)
        age = None if pd.isna(row["age"]) else min(float(str(row["age"])), OLDEST + 1.0)
        return Patient(age, str(row["sex"]))

    def patient_numbers(self, ids: "Sequence[int] | pd.Index") -> NDArray[np.int64]:
        """Return the number of each record's patient; one of nobody is a patient of its own."""
        known = self.frame["patient_id"].loc[list(ids)]
        return np.asarray(known.fillna(pd.Series(-known.index, known.index)), dtype=np.int64)

    def parse_id(self, text: str) -> int:
        """Read a record number as a person or a URL writes it.

        Raises
        ------
        RecordError
            If it is none; the number itself need not be in the catalogue.
        """
        cleaned = text.strip()
        if not (cleaned.isascii() and cleaned.isdigit() and len(cleaned) <= _LONGEST_ID):
            shown = re.sub(r"[^\w .-]+", "…", cleaned)[:20]
            raise RecordError(
                f"“{shown}” is not a record number. Enter a number, e.g. {self.frame.index[0]}."
            )
        return int(cleaned)

    def record_path(self, ecg_id: int) -> Path:
        """Path of the 100 Hz WFDB files without suffix, never outside the data folder."""
        return self._inside(ecg_id, str(self._row(ecg_id)["filename_lr"]))

    def fine_path(self, ecg_id: int) -> Path | None:
        """Path of the 500 Hz WFDB files without suffix, or None where the table names none."""
        name = str(self._row(ecg_id)["filename_hr"])
        return self._inside(ecg_id, name) if name else None

    def _inside(self, ecg_id: int, name: str) -> Path:
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise RecordError(f"Record {ecg_id} points outside the data folder: {name!r}.")
        return path

    def _row(self, ecg_id: int) -> "pd.Series[object]":
        if ecg_id not in self.frame.index:
            raise RecordError(
                f"There is no record {ecg_id} in {self.version}, which holds {len(self.frame):,} "
                f"records ({self.frame.index.min()} to {self.frame.index.max()}). "
                "Choose one on the Browse page."
            )
        return self.frame.loc[ecg_id]


def load_catalog(folder: Path) -> Catalog:
    """Read ``ptbxl_database.csv`` and ``scp_statements.csv`` of a data folder.

    Raises
    ------
    CatalogError
        If the folder or a table is missing or damaged, or a table lacks a column.

    Examples
    --------
    >>> from ecgcore.ptbxl import synthetic
    >>> from ecgcore.settings import Settings
    >>> catalog = load_catalog(synthetic.ensure(Settings.from_env().synthetic_dir))
    >>> catalog.version, len(catalog.frame)
    ('synthetic set 1', 240)
    """
    table = folder / "ptbxl_database.csv"
    for path in (folder, table, folder / "scp_statements.csv"):
        if not path.exists():
            raise CatalogError(
                f"{path} does not exist. Choose another folder with --data or ECG_DATA_DIR, or get "
                "PTB-XL with 'python3.11 -m ecgcore data fetch --set test'."
            )
    frame = _database(table)
    codes = _codes_table(frame["scp_codes"], load_statements(folder / "scp_statements.csv"))
    frame = frame.drop(columns="scp_codes").join(assign_groups(frame, codes))
    frame["territory"] = _territories(codes).reindex(frame.index).fillna("")
    is_synthetic = synthetic.is_synthetic(folder)
    return Catalog(folder, _version(folder, frame, is_synthetic), is_synthetic, frame, codes)


def data_folder(settings: Settings) -> Path:
    """Return the chosen data folder, else that of the local PTB-XL, else of the synthetic set."""
    if settings.data_dir is not None:
        return settings.data_dir
    if (settings.local_data_dir / "ptbxl_database.csv").exists():
        return settings.local_data_dir
    return synthetic.ensure(settings.synthetic_dir)


def open_catalog(settings: Settings) -> Catalog:
    """Open the data set in `data_folder`."""
    return load_catalog(data_folder(settings))


def synthetic_version() -> str:
    """Name and version of the embedded synthetic set."""
    return f"synthetic set {synthetic.VERSION}"


def _version(folder: Path, frame: pd.DataFrame, is_synthetic: bool) -> str:
    if is_synthetic:
        return synthetic_version()
    if len(frame) == _PTBXL_RECORDS:
        return PTBXL_VERSION
    return f"{folder.name} ({len(frame):,} records)"


def _database(table: Path) -> pd.DataFrame:
    try:
        raw = pd.read_csv(table, low_memory=False)
        if missing := sorted(set(_NEEDED) - set(raw.columns)):
            raise CatalogError(
                f"{table} lacks the columns {', '.join(missing)}. Download it again."
            )
        return _typed(raw)
    except (ValueError, TypeError) as error:  # pandas' own kinds are ValueErrors
        raise CatalogError(f"{table} is damaged ({error}). Download it again.") from error


def _typed(raw: pd.DataFrame) -> pd.DataFrame:
    if raw["ecg_id"].duplicated().any():
        twice = raw.loc[raw["ecg_id"].duplicated(), "ecg_id"].iloc[0]
        raise CatalogError(f"ptbxl_database.csv lists record {twice} twice. Download it again.")
    frame = raw.astype({"ecg_id": "int64"}).set_index("ecg_id")
    text_columns = [
        "report",
        "heart_axis",
        "recording_date",
        "device",
        "filename_hr",
        *NOISE_COLUMNS,
    ]
    text = {
        column: frame[column].astype("string").fillna("").astype(str) if column in frame else ""
        for column in text_columns
    }
    truth = frame["validated_by_human"].map(
        {True: True, False: False, "True": True, "False": False}
    )
    return pd.DataFrame(
        {
            "patient_id": frame["patient_id"].astype("Int64"),
            "age": frame["age"].astype(float),
            "sex": frame["sex"].map({0: "male", 1: "female"}).fillna("unknown"),
            "validated": truth.astype("boolean"),
            "strat_fold": frame["strat_fold"].astype("Int64"),
            "filename_lr": frame["filename_lr"].astype(str),
            "scp_codes": frame["scp_codes"].astype(str),
            **text,
        },
        index=frame.index,
    )


def _codes_table(cells: "pd.Series[str]", statements: pd.DataFrame) -> pd.DataFrame:
    rows = [
        (ecg_id, code, likelihood)
        for ecg_id, cell in cells.items()
        for code, likelihood in parse_codes(cell).items()
    ]
    codes = pd.DataFrame(rows, columns=["ecg_id", "code", "likelihood"])
    codes = codes.join(statements, on="code")
    text = ["description", "superclass", "kind"]
    codes[text] = codes[text].fillna("")
    return codes


def _territories(codes: pd.DataFrame) -> "pd.Series[str]":
    mi = codes[codes["superclass"] == "MI"]
    named = mi.assign(territory=mi["code"].map(MI_TERRITORIES)).explode("territory")
    named = named[["ecg_id", "territory"]].dropna().drop_duplicates().sort_values("territory")
    return named.groupby("ecg_id")["territory"].agg(", ".join)
