"""The study's label groups: certain MI, uncertain MI or normal, and the split of each record."""

import hashlib
from collections.abc import Iterable

import numpy as np
import pandas as pd

GROUPS = ("pure_normal", "certain_mi", "uncertain_mi")
SPLITS = ("train", "val", "test")
CONSENSUS = "consensus_group"
"""Column of a catalogue that holds the groups of a consensus, "" where there is none."""

STUDY_COHORT: dict[tuple[str, str], tuple[int, str]] = {
    ("train", "pure_normal"): (4451, "0bb28424096d45b1"),
    ("train", "certain_mi"): (1194, "fa93252ecf4b80bb"),
    ("train", "uncertain_mi"): (1193, "a80d014b4cd4fac3"),
    ("val", "pure_normal"): (694, "f05a652c22913c74"),
    ("val", "certain_mi"): (283, "09bc8b65ddfc11f3"),
    ("val", "uncertain_mi"): (257, "d71690031f0b6ec7"),
    ("test", "pure_normal"): (703, "376508ae4eb9f6ca"),
    ("test", "certain_mi"): (268, "ad37ecb1291c3c80"),
    ("test", "uncertain_mi"): (282, "9f9d3c677155e622"),
}
"""Size and fingerprint of each split and group in PTB-XL 1.0.3, from the study's own files."""


def assign_groups(records: pd.DataFrame, codes: pd.DataFrame) -> pd.DataFrame:
    """Apply the cohort rule of the study.

    Parameters
    ----------
    records
        Indexed by ``ecg_id`` with ``validated`` (boolean, NA = unknown) and ``strat_fold``.
    codes
        One row for each statement of a record: ``ecg_id, code, likelihood, superclass``.

    Returns
    -------
    pandas.DataFrame
        Indexed like `records`: ``mi_likelihood`` (%; NaN without an MI code), ``group`` (one of
        `GROUPS` or "other") and ``split`` (one of `SPLITS` or "unknown").

    Notes
    -----
    Uncertain MI needs a stated likelihood below 100; pure normal needs NORM at 100 and no MI, STTC,
    HYP or CD code at any likelihood; both need ``validated_by_human``.
    """
    mi = codes[codes["superclass"] == "MI"].groupby("ecg_id")["likelihood"].max()
    mi_likelihood = mi.reindex(records.index)
    norm = codes[(codes["code"] == "NORM") & (codes["likelihood"] == 100)]["ecg_id"]
    abnormal = codes[codes["superclass"].isin(["MI", "STTC", "HYP", "CD"])]["ecg_id"]
    validated = records["validated"].fillna(False).astype(bool)
    normal = records.index.isin(norm) & ~records.index.isin(abnormal)
    group = np.select(
        [
            ~validated,
            mi_likelihood == 100,
            (mi_likelihood > 0) & (mi_likelihood < 100),
            normal,
        ],
        ["other", "certain_mi", "uncertain_mi", "pure_normal"],
        default="other",
    )
    fold = records["strat_fold"].astype(float)
    split = np.select(
        [fold.isna(), fold == 10, fold == 9], ["unknown", "test", "val"], default="train"
    )
    return pd.DataFrame(
        {"mi_likelihood": mi_likelihood, "group": group, "split": split}, index=records.index
    )


JUDGED_FOLDS = {"val": 2183, "test": 2198}
"""Records in folds 9 and 10 of PTB-XL 1.0.3."""


def split_ids(frame: pd.DataFrame, split: str) -> list[int]:
    """List all records of a split, ascending; `frame` has ``split``.

    Some copies of PTB-XL leave folds blank. Where folds 9 and 10 are complete, a record of unknown
    fold can only lie in one of the folds 1 to 8, and counts as a training record.
    """
    names = [split]
    n = frame["split"].value_counts()
    if split == "train" and all(n.get(name) == size for name, size in JUDGED_FOLDS.items()):
        names.append("unknown")
    return sorted(int(ecg_id) for ecg_id in frame.index[frame["split"].isin(names)])


def fingerprint(ids: Iterable[int]) -> str:
    """First 16 hex digits of the SHA-256 of the ascending ``ecg_id``s joined by ','."""
    text = ",".join(str(int(ecg_id)) for ecg_id in sorted(ids))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def member_ids(cohort: pd.DataFrame, split: str, groups: Iterable[str]) -> list[int]:
    """Ascending ``ecg_id``s of `groups` in `split`; `cohort` has ``group`` and ``split``."""
    chosen = cohort[(cohort["split"] == split) & cohort["group"].isin(list(groups))]
    return sorted(int(ecg_id) for ecg_id in chosen.index)


def relabelled(records: pd.DataFrame) -> pd.DataFrame:
    """Return a table with ``group`` replaced by `CONSENSUS` where that says something.

    A table without that column is returned as it is.
    """
    if CONSENSUS not in records:
        return records
    agreed = records[CONSENSUS]
    return records.assign(group=records["group"].where(agreed == "", agreed))
