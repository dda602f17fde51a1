"""Run the audit over fold 10; a stopped one goes on where it was.

Each finished case of a part is a line of a log, under the checksum of its ensemble's weights, so
that a new model is computed and an unchanged one is kept. The tables are written at the end.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from ecgcore.errors import EcgError
from ecgcore.explain.audit.rows import PARTS, Case, Row
from ecgcore.jobs import progress
from ecgcore.manifest import renew
from ecgcore.models.architectures import main_archs
from ecgcore.models.cards import list_models
from ecgcore.models.predictor import Predictor
from ecgcore.predictions.ensemble import MAIN_SETS, Ensemble, ensembles_of
from ecgcore.ptbxl.catalog import Catalog, open_catalog
from ecgcore.ptbxl.label_groups import member_ids
from ecgcore.ptbxl.store import Recordings, open_recordings
from ecgcore.settings import Settings
from ecgcore.tasks import mi

FOLDER = "audit"
"""Folder of the tables below ``pretrained/``."""

CASES = {"maps": 268, "checks": 60, "planted": 24, "methods": 24}
"""Cases of each part: maps by every ensemble, the others by those that were trained on C."""

_GROUPS = {"maps": ("certain_mi",), "methods": ("certain_mi",), "planted": ("pure_normal",)}
_BOTH = ("certain_mi", "pure_normal")


@dataclass(frozen=True, slots=True)
class AuditRun:
    """What an audit has done: cases of each part now in its tables, and where these are."""

    n_new: int
    n_kept: int
    folder: str


def table_path(pretrained_dir: Path, part: str) -> Path:
    """Return the file of one part."""
    return pretrained_dir / FOLDER / f"{part}.parquet"


def audited(settings: Settings) -> tuple[Ensemble, ...]:
    """List the shipped ensembles on A, C and D that the audit asks, and single-direction ones."""
    models = [one for one in list_models(settings.pretrained_dir, settings.runs_dir) if one.shipped]
    study = [one for one in models if one.key.task == mi.NAME and one.key.train_set in MAIN_SETS]
    return ensembles_of(study)


def main_audited(settings: Settings) -> tuple[Ensemble, ...]:
    """List those of the architectures that the study is about: six."""
    return tuple(one for one in audited(settings) if one.arch in main_archs())


def audit_ids(catalog: Catalog, part: str, n: int, split: str = "test") -> list[int]:
    """List the cases of a part, spread over the records; MI and normals in turn for checks."""
    picked = [
        _spread(member_ids(catalog.frame, split, [group]), n) for group in _GROUPS.get(part, _BOTH)
    ]
    together = [ecg_id for pair in zip(*picked, strict=False) for ecg_id in pair]
    return together[:n]


def run_audit(
    settings: Settings,
    *,
    cases: dict[str, int] | None = None,
    quiet: bool = False,
    run_dir: Path | None = None,
) -> AuditRun:
    """Compute what is missing, and write the tables.

    Parameters
    ----------
    cases
        How many of each part, instead of `CASES`; a larger number later adds to what is there.
    run_dir
        Folder of a job, whose progress file is told how far it is.
    """
    recordings = open_recordings(open_catalog(settings))
    wanted = {**CASES, **(cases or {})}
    work = list(_work(settings, recordings.catalog, wanted))
    log = settings.runs_dir / FOLDER / "rows.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    done = {_key(event) for event in progress.read(log)}
    missing = [one for one in work if one.key not in done]
    opened: dict[str, list[Predictor]] = {}
    for n, one in enumerate(tqdm(missing, unit=" cases", disable=quiet)):
        if one.ensemble.name not in opened:
            opened[one.ensemble.name] = [Predictor.open(entry) for entry in one.ensemble.members]
        progress.append(log, _event(one, recordings, opened[one.ensemble.name]))
        if run_dir is not None:
            event = {"event": "audit", "done": n + 1, "of": len(missing)}
            progress.append(run_dir / "progress.jsonl", event)
    write_tables(progress.read(log), work, recordings.catalog, settings.pretrained_dir)
    return AuditRun(len(missing), len(work) - len(missing), str(settings.pretrained_dir / FOLDER))


@dataclass(frozen=True, slots=True)
class Work:
    """One case of one part for one ensemble."""

    part: str
    ensemble: Ensemble
    ecg_id: int

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What a line of the log says of it."""
        return self.part, self.ensemble.name, self.ensemble.checksum, self.ecg_id


def _work(settings: Settings, catalog: Catalog, cases: dict[str, int]) -> Iterator[Work]:
    """Yield all work, so ordered that what is done first is a fair sample of it."""
    ids = {part: audit_ids(catalog, part, n) for part, n in cases.items()}
    whole = [one for one in main_audited(settings) if one.train_set == mi.ALL]
    for k in range(max(map(len, ids.values()), default=0)):
        for part, mine in ids.items():
            if k < len(mine):
                ensembles = audited(settings) if part == "maps" else whole
                yield from (Work(part, one, mine[k]) for one in ensembles)


def _event(one: Work, recordings: Recordings, predictors: Sequence[Predictor]) -> Row:
    try:
        rows = list(PARTS[one.part](Case(recordings.read(one.ecg_id), predictors)))
    except EcgError as error:
        rows = [{"error": str(error)}]
    part, name, checksum, ecg_id = one.key
    row = {"part": part, "model": name, "weights": checksum, "ecg_id": ecg_id, "rows": rows}
    return json.loads(json.dumps(row, default=_plain))  # type: ignore[no-any-return]


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else str(value)


def _key(event: Row) -> tuple[str, str, str, int]:
    return event["part"], event["model"], event["weights"], event["ecg_id"]


def write_tables(
    events: Sequence[Row], work: Sequence[Work], catalog: Catalog, pretrained_dir: Path
) -> None:
    """Write a Parquet file for each part, of the models that are there now.

    Each row also has the record's label group and the stated territories of its MI.
    """
    stated = catalog.frame[["group", "territory"]]
    known = {one.ensemble.name: one.ensemble.checksum for one in work}
    (pretrained_dir / FOLDER).mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        rows = [
            {"model": event["model"], "ecg_id": event["ecg_id"], **row}
            for event in events
            if event["part"] == part and known.get(event["model"]) == event["weights"]
            for row in event["rows"]
            if "error" not in row
        ]
        frame = pd.DataFrame(rows)
        if not frame.empty:
            checked = frame.rename(columns={"territory": "territory_mass"})
            frame = checked.join(stated, on="ecg_id")
        for name in frame.select_dtypes("float64").columns:
            frame[name] = frame[name].astype("float32")
        asked = sorted(set(frame.get("model", [])))
        frame.attrs["weights"] = {name: known[name] for name in asked}
        frame.to_parquet(table_path(pretrained_dir, part), index=False, compression="zstd")
        renew(table_path(pretrained_dir, part))


def _spread(ids: Sequence[int], n: int) -> list[int]:
    """Order ids so that any first part of the list is spread over all of them."""
    order = np.random.default_rng(0).permutation(len(ids))
    return [ids[k] for k in order[:n]]
