"""The tables of the audit: a Parquet file for each part, with the weights that they are about."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ecgcore.manifest import renew
from ecgcore.ptbxl.catalog import Catalog

FOLDER = "audit"
"""Folder of the tables below ``pretrained/``."""

_STATED = ["group", "territory"]


def table_path(pretrained_dir: Path, part: str) -> Path:
    """Return the file of one part."""
    return pretrained_dir / FOLDER / f"{part}.parquet"


def shipped_rows(pretrained_dir: Path, part: str, weights: dict[str, str]) -> pd.DataFrame:
    """Return the rows of a table that are about just these weights; none without a table.

    Parameters
    ----------
    weights
        Checksum of each ensemble, by its name.
    """
    path = table_path(pretrained_dir, part)
    if not path.exists():
        return pd.DataFrame({"model": [], "ecg_id": []})
    table = pd.read_parquet(path)
    known = table.attrs.get("weights", {})
    same = [name for name, checksum in weights.items() if known.get(name) == checksum]
    return table[table["model"].isin(same)]


def write_table(
    part: str,
    events: Sequence[dict[str, Any]],
    weights: dict[str, str],
    catalog: Catalog,
    pretrained_dir: Path,
) -> None:
    """Write the table of one part: what shipped for these weights, and what is new.

    Each row also has the record's label group and the stated territories of its MI.

    Parameters
    ----------
    events
        Lines of the log, of any part.
    """
    mine = [
        event
        for event in events
        if event["part"] == part and weights.get(event["model"]) == event["weights"]
    ]
    frame = pd.concat(
        [_unchanged(shipped_rows(pretrained_dir, part, weights), mine), _new(mine, catalog)],
        ignore_index=True,
    )
    for name in frame.select_dtypes("float64").columns:
        frame[name] = frame[name].astype("float32")
    frame.attrs["weights"] = {name: weights[name] for name in sorted(set(frame["model"]))}
    path = table_path(pretrained_dir, part)
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(path, index=False, compression="zstd")
    renew(path)


def _unchanged(table: pd.DataFrame, events: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Leave out the cases that were computed again."""
    again = {(event["model"], event["ecg_id"]) for event in events}
    kept = [key not in again for key in zip(table["model"], table["ecg_id"], strict=True)]
    return table[kept]


def _new(events: Sequence[dict[str, Any]], catalog: Catalog) -> pd.DataFrame:
    rows = [
        {"model": event["model"], "ecg_id": event["ecg_id"], **row}
        for event in events
        for row in event["rows"]
        if "error" not in row
    ]
    frame = pd.DataFrame(rows, columns=None if rows else ["model", "ecg_id"])
    checked = frame.rename(columns={"territory": "territory_mass"})
    return checked.join(catalog.frame[_STATED], on="ecg_id")
