"""Run the audit over fold 10; a stopped one goes on where it was.

Each finished case of a part is a line of a log, under the checksum of its ensemble's weights, so
that a new model is computed and an unchanged one is kept; so is a case of the tables that ship. The
tables are written at the end.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ecgcore.errors import EcgError
from ecgcore.explain.audit.findings import FITTED_PART
from ecgcore.explain.audit.rows import PARTS, Case, Row
from ecgcore.explain.audit.tables import FOLDER, shipped_rows, write_table
from ecgcore.jobs import progress
from ecgcore.models.architectures import main_archs
from ecgcore.models.cards import list_models
from ecgcore.models.predictor import Predictor
from ecgcore.predictions.ensemble import MAIN_SETS, Ensemble, ensembles_of
from ecgcore.ptbxl.catalog import Catalog, open_catalog
from ecgcore.ptbxl.label_groups import member_ids
from ecgcore.ptbxl.store import Recordings, open_recordings
from ecgcore.settings import Settings
from ecgcore.tasks import mi

CASES = {"maps": 268, "checks": 60, "planted": 60, "methods": 60, FITTED_PART: 80}
"""Cases of each part: maps by every ensemble, the others by those that were trained on C."""

_GROUPS = {"maps": ("certain_mi",), "methods": ("certain_mi",), "planted": ("pure_normal",)}
_BOTH = ("certain_mi", "pure_normal")


@dataclass(frozen=True, slots=True)
class AuditRun:
    """What an audit has done: cases of each part now in its tables, and where these are."""

    n_new: int
    n_kept: int
    folder: str


def audited(settings: Settings) -> tuple[Ensemble, ...]:
    """List the shipped ensembles on A, C and D that the audit asks, and single-direction ones."""
    models = [one for one in list_models(settings.pretrained_dir, settings.runs_dir) if one.shipped]
    study = [one for one in models if one.key.task == mi.NAME and one.key.train_set in MAIN_SETS]
    return ensembles_of(study)


def main_audited(settings: Settings) -> tuple[Ensemble, ...]:
    """List those of the architectures that the study is about: six."""
    return tuple(one for one in audited(settings) if one.arch in main_archs())


def audit_ids(catalog: Catalog, part: str, n: int) -> list[int]:
    """List the cases of a part, spread over the records; MI and normals in turn for checks."""
    split = "val" if part == FITTED_PART else "test"
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
    done |= _shipped(settings.pretrained_dir, work)
    missing = [one for one in work if one.key not in done]
    opened: dict[str, list[Predictor]] = {}
    for n, one in enumerate(tqdm(missing, unit=" cases", disable=quiet)):
        if one.ensemble.name not in opened:
            opened[one.ensemble.name] = [Predictor.open(entry) for entry in one.ensemble.members]
        progress.append(log, _event(one, recordings, opened[one.ensemble.name]))
        if run_dir is not None:
            event = {"event": "audit", "done": n + 1, "of": len(missing)}
            progress.append(run_dir / "progress.jsonl", event)
    events = progress.read(log)
    for part, weights in _weights(work).items():
        write_table(part, events, weights, recordings.catalog, settings.pretrained_dir)
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


def _weights(work: Sequence[Work]) -> dict[str, dict[str, str]]:
    """Return the checksum of each ensemble that is asked, for each part."""
    found: dict[str, dict[str, str]] = {}
    for one in work:
        found.setdefault(one.part, {})[one.ensemble.name] = one.ensemble.checksum
    return found


def _shipped(pretrained_dir: Path, work: Sequence[Work]) -> set[tuple[str, str, str, int]]:
    """Return what need not be computed: the cases of the tables, by their keys."""
    return {
        (part, name, weights[name], int(ecg_id))
        for part, weights in _weights(work).items()
        for name, ecg_id in shipped_rows(pretrained_dir, part, weights)[
            ["model", "ecg_id"]
        ].itertuples(index=False)
    }


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


def _spread(ids: Sequence[int], n: int) -> list[int]:
    """Order ids so that any first part of the list is spread over all of them."""
    order = np.random.default_rng(0).permutation(len(ids))
    return [ids[k] for k in order[:n]]
