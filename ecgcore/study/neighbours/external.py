"""Networks on recordings from elsewhere, whose headers name findings in SNOMED codes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import EcgError, ModelError
from ecgcore.io.recordings import read_file
from ecgcore.predictions.labelled import LabelledClasses
from ecgcore.ptbxl.catalog import open_catalog
from ecgcore.ptbxl.store import open_recordings
from ecgcore.records import EcgRecord, Patient
from ecgcore.settings import Settings
from ecgcore.stats.metrics import Estimate
from ecgcore.stats.multilabel.label_sets import NAMES, WORDS, Rewards
from ecgcore.stats.per_class import PerClassFigures
from ecgcore.study.neighbours.answers import Answers, answers_to
from ecgcore.study.neighbours.decisions import DECISIONS, Decisions, decide, ensemble_of
from ecgcore.tasks import challenge24, rhythm6
from ecgcore.tasks.registry import task_named

SNOMED: Mapping[str, Mapping[str, Sequence[str]]] = {
    rhythm6.RHYTHM6.name: rhythm6.SNOMED,
    challenge24.CHALLENGE24.name: challenge24.SNOMED,
}
"""By task: codes of each class in the headers of the challenge's recordings."""

_COMMENT = re.compile(
    r"^#[ \t]{0,9}(Age|Sex|Dx)[ \t]{0,9}:([\w\t ,.-]{1,400})$", re.IGNORECASE | re.MULTILINE
)
_OLDEST = 120.0


@dataclass(frozen=True, slots=True, eq=False)
class ForeignRecord:
    """A recording from elsewhere with the SNOMED codes of its header."""

    record: EcgRecord
    codes: frozenset[str]


def read_foreign(path: Path) -> ForeignRecord:
    """Read a WFDB recording of the challenge with age, sex and findings of its header.

    Raises
    ------
    EcgError
        If it cannot be read.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    said = {name.lower(): value.strip() for name, value in _COMMENT.findall(text)}
    codes = frozenset(re.findall(r"\d{6,18}", said.get("dx", "")))
    record = read_file(path)
    return ForeignRecord(replace(record, patient=_patient(said)), codes)


def _patient(said: Mapping[str, str]) -> Patient:
    sexes = {"m": "male", "male": "male", "f": "female", "female": "female"}
    try:
        age = float(said.get("age", ""))
    except ValueError:
        age = float("nan")
    known = 0 <= age <= _OLDEST
    return Patient(age if known else None, sexes.get(said.get("sex", "").lower(), "unknown"))


@dataclass(frozen=True, slots=True, eq=False)
class ExternalRow:
    """Who answers, on recordings from elsewhere."""

    answers: Answers
    figures: PerClassFigures
    decisions: Decisions

    def as_json(self) -> dict[str, Any]:
        """Identity, classes and label sets; NaN are null."""
        ensemble = self.answers.ensemble
        return {
            "arch": ensemble.arch,
            "train_set": ensemble.train_set,
            "seeds": list(ensemble.seeds),
            "task": ensemble.members[0].key.task,
            "rule": self.answers.rule,
            "label_sets": {
                name: {one: _plain(getattr(made, one)) for one in NAMES}
                for name, made in self.decisions.figures.items()
            },
            "classes": {
                one.name: {"n_positive": one.n_positive, "auroc": _plain(one.auroc)}
                for one in self.figures.classes
            },
        }

    def as_text(self) -> str:
        """List the label sets, and the classes that some recording has."""
        lines = [self.answers.label]
        for name, made in self.decisions.figures.items():
            each = (f"{WORDS[one]} {getattr(made, one).text()}" for one in NAMES)
            defined = [text for text in each if "not defined" not in text]
            lines.append(f"  {DECISIONS[name]}: {'; '.join(defined)}")
        lines += [
            f"  {one.name} (n = {one.n_positive}): AUROC {one.auroc.text()}"
            for one in self.figures.classes
            if one.n_positive
        ]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, eq=False)
class ExternalReport:
    """All who answer to a task on the recordings of a folder.

    Attributes
    ----------
    counts
        Recordings with each class.
    refused
        File and reason of recordings that no network can take.
    """

    task: str
    n: int
    counts: Mapping[str, int]
    rows: tuple[ExternalRow, ...]
    refused: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {
            "task": self.task,
            "n": self.n,
            "counts": dict(self.counts),
            "models": [row.as_json() for row in self.rows],
            "refused": dict(self.refused),
        }

    def as_text(self) -> str:
        """Give the number of recordings, then one part for each who answers."""
        counts = ", ".join(f"{n} {name}" for name, n in self.counts.items() if n)
        lines = [f"{self.n} recordings: {counts}", *(row.as_text() for row in self.rows)]
        return "\n".join([*lines, *(f"left out: {name}: {why}" for name, why in self.refused)])


def external_report(
    settings: Settings,
    task_name: str,
    folder: Path,
    *,
    rewards: Rewards | None = None,
    n_boot: int = 1000,
) -> ExternalReport:
    """Judge all who answer to a task on the recordings of a folder, below it too.

    Thresholds are those of fold 9 of PTB-XL. A recording of several windows is judged by its first.

    Raises
    ------
    ModelError
        If the task has no SNOMED codes, or the folder no recording.
    """
    if task_name not in SNOMED:
        raise ModelError(f"Recordings from elsewhere are judged for {', '.join(SNOMED)} only.")
    found, refused = _read_all(folder)
    task, recordings = task_named(task_name), open_recordings(open_catalog(settings))
    labels = np.array(
        [[not one.codes.isdisjoint(codes) for codes in SNOMED[task_name].values()] for one in found]
    )
    rows = []
    for answers in answers_to(task, settings, recordings.catalog.version):
        val = answers.judge(
            task.test_sets[0].name,
            pretrained_dir=settings.pretrained_dir,
            recordings=recordings,
            split="val",
        )
        test = _judged(answers, found, labels)
        made = decide(val, test, rewards=rewards, n_boot=n_boot)
        rows.append(ExternalRow(answers, ensemble_of(test).figures(n_boot), made))
    counts = dict(zip(task.classes, labels.sum(axis=0).tolist(), strict=True))
    return ExternalReport(task_name, len(found), counts, tuple(rows), refused)


def _read_all(folder: Path) -> tuple[list[ForeignRecord], tuple[tuple[str, str], ...]]:
    found, refused = [], []
    for path in sorted(folder.rglob("*.hea")):
        try:
            one = read_foreign(path)
            if one.record.duration_s < 10:
                raise ModelError(f"it lasts {one.record.duration_s:.1f} s; 10 s are needed.")
            found.append(one)
        except EcgError as error:
            refused.append((path.name, str(error)))
    if not found:
        raise ModelError(f"{folder} holds no WFDB recording of 10 s. Name another folder.")
    return found, tuple(refused)


def _judged(
    answers: Answers, found: Sequence[ForeignRecord], labels: NDArray[np.bool_]
) -> tuple[LabelledClasses, ...]:
    from ecgcore.models.predictor import Predictor, predict  # torch, only where needed

    predictors = [Predictor.open(entry) for entry in answers.ensemble.members]
    said = [predict(predictors, one.record)[0] for one in found]
    numbers = np.arange(len(found))
    return tuple(
        LabelledClasses(
            numbers,
            labels.astype(np.int64),
            answers.joined(np.array([models[place].logits for models in said])),
            numbers,
            answers.task.classes,
            np.ones(labels.shape, dtype=bool),
        )
        for place in range(len(predictors))
    )


def _plain(one: Estimate) -> dict[str, float | None]:
    return {name: None if np.isnan(value) else value for name, value in asdict(one).items()}
