"""What folds by record instead of by patient are worth, on the same ECGs by the same network.

Fold 10 is cut in two so that the ECGs of each patient fall on both sides. A network that learns
from folds 1 to 8 and one half judges the other: it never saw these ECGs, but others of the same
patients. The shipped network saw none of their patients. Both learn from equally many records.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from ecgcore.models.architectures import SE_RESNET_SMALL
from ecgcore.models.cards import list_models
from ecgcore.models.registry import build
from ecgcore.predictions.classes.evaluated import EvaluatedClasses, evaluate_classes
from ecgcore.predictions.ensemble import Ensemble, ensemble_by_name, ensembles_of
from ecgcore.ptbxl.store import Recordings, open_all_of_ptbxl
from ecgcore.settings import Settings
from ecgcore.stats.metrics import Estimate, percentile_estimate
from ecgcore.stats.per_class import macro_copies
from ecgcore.study.neighbours.runs import recipe_of
from ecgcore.study.plan import StudyRun
from ecgcore.tasks.challenge24 import CHALLENGE24
from ecgcore.training.data import Split, TrainingData, load_split, load_training_data
from ecgcore.training.loop import Watcher, fit, logits_of
from ecgcore.training.mixed_precision import resolved, training_device

FOLDS = 5
"""Of the challenge's published cross-validation."""
_SEED = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Some ECGs of fold 10: macro AUROC by either network, and the difference."""

    name: str
    n: int
    by_patient: Estimate
    by_record: Estimate
    difference: Estimate


@dataclass(frozen=True, slots=True)
class RecordFoldsReport:
    """The leak, on all ECGs and on those whose patient has another one.

    Attributes
    ----------
    share_leaking
        Of all ECGs of PTB-XL with a known patient: the chance that another ECG of the patient is
        learnt from, in `FOLDS` folds by record.
    """

    network: str
    groups: tuple[Group, ...]
    share_leaking: float

    @property
    def passed(self) -> bool:
        """Nothing is promised."""
        return True

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return asdict(self)

    def as_text(self) -> str:
        """Lay out a table."""
        lines = [
            f"Macro AUROC of {self.network} on fold 10, 95 % intervals over patients",
            f"{'':34}{'n':>6}  {'folds by patient':24}{'other ECGs seen':24}{'difference':24}",
        ]
        for one in self.groups:
            figures = (one.by_patient, one.by_record, one.difference)
            cells = "".join(f"{figure.text():24}" for figure in figures)
            lines.append(f"{one.name:34}{one.n:>6}  {cells}".rstrip())
        lines.append(
            f"In {FOLDS} folds by record, another ECG of the patient is learnt from in "
            f"{self.share_leaking:.0%} of PTB-XL's ECGs with a known patient."
        )
        return "\n".join(lines)


def run_record_folds(settings: Settings) -> RecordFoldsReport:
    """Train both networks, or go on with them, and compare; about 15 minutes each on two cores.

    Raises
    ------
    CatalogError
        If the open data set is not all of PTB-XL.
    ModelError
        If the network by patients does not ship.
    """
    recordings = open_all_of_ptbxl(settings, "network is")
    catalog, folder = recordings.catalog, settings.pretrained_dir
    shipped = ensembles_of(list_models(folder, folder / "none", CHALLENGE24.name))
    known = ensemble_by_name(shipped, f"{CHALLENGE24.name}-{SE_RESNET_SMALL.name}-all")
    alone = Ensemble(tuple(one for one in known.members if one.key.seed == _SEED))
    judged = evaluate_classes(alone, "all", catalog, folder)
    halves = second_half(judged.patients)
    leaked = _leaked_logits(recordings, settings, judged, halves)
    patients = catalog.frame["patient_id"].dropna().to_numpy(dtype=np.int64)
    return RecordFoldsReport(SE_RESNET_SMALL.title, groups(judged, leaked), share_leaking(patients))


def second_half(patients: ArrayLike) -> NDArray[np.bool_]:
    """Cut ECGs in two equal halves; those of a patient fall on both sides in turn.

    Examples
    --------
    >>> second_half([7, 8, 7, 9, 8, 7]).tolist()
    [False, True, True, True, False, False]
    """
    ids = np.asarray(patients)
    later = np.empty(len(ids), dtype=np.bool_)
    later[np.argsort(ids, kind="stable")] = np.arange(len(ids)) % 2 == 1
    return later


def share_leaking(patients: ArrayLike, folds: int = FOLDS) -> float:
    """Return the chance that another ECG of a patient lies in another one of random folds.

    Examples
    --------
    >>> share_leaking([1, 1, 2, 3], folds=2)
    0.25
    """
    ids = np.asarray(patients)
    _, which, counts = np.unique(ids, return_inverse=True, return_counts=True)
    others = counts[which] - 1
    return float(np.mean(1 - (1 / folds) ** others))


def groups(judged: EvaluatedClasses, leaked: NDArray[np.float64]) -> tuple[Group, ...]:
    """Compare logits ``(n, k)`` that saw other ECGs of the patients with the ensemble's own."""
    _, which, counts = np.unique(judged.patients, return_inverse=True, return_counts=True)
    several = counts[which] > 1
    parts = {
        "all": np.ones_like(several),
        "patients with several ECGs": several,
        "patients with one ECG": ~several,
    }
    return tuple(_group(name, judged, leaked, rows) for name, rows in parts.items())


def swapped_in(train: Split, others: Split, seed: int = _SEED) -> Split:
    """Put `others` in the place of as many records of `train`, drawn by chance."""
    left = np.random.default_rng(seed).permutation(len(train.ids))[len(others.ids) :]
    kept = train.only(torch.from_numpy(np.sort(left)))
    inputs, labels = (
        torch.cat([getattr(one, name) for one in (kept, others)]) for name in ("inputs", "labels")
    )
    patients = None
    if kept.patients is not None and others.patients is not None:
        patients = torch.cat([kept.patients, others.patients])
    return Split([*kept.ids, *others.ids], inputs, labels, patients=patients)


def _group(
    name: str, judged: EvaluatedClasses, leaked: NDArray[np.float64], rows: NDArray[np.bool_]
) -> Group:
    clean, seen = (
        macro_copies(
            judged.labels[rows],
            logits[rows],
            known=judged.known[rows],
            clusters=judged.patients[rows],
        )["auroc"]
        for logits in (judged.logits, leaked)
    )
    made = [percentile_estimate(float(one[0]), one[1:]) for one in (clean, seen, seen - clean)]
    return Group(name, int(rows.sum()), *made)


def _leaked_logits(
    recordings: Recordings, settings: Settings, judged: EvaluatedClasses, halves: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Judge each half by a network that learnt from the other, ``(n, k)``."""
    recipe = recipe_of(SE_RESNET_SMALL, CHALLENGE24)
    run = StudyRun(SE_RESNET_SMALL.name, "all", _SEED, recipe, CHALLENGE24.name)
    spec = run.spec(recordings.catalog.folder)
    data = load_training_data(recordings, spec)
    test = load_split(recordings, spec, judged.ids.tolist(), data.preprocessing, "test")
    logits: NDArray[np.float64] = np.empty(judged.labels.shape)
    n_steps = spec.epochs * len(data.train.ids) // spec.batch_size
    spec = replace(spec, speedups=resolved(spec.speedups, n_steps))
    for number, mine in enumerate((halves, ~halves)):
        torch.manual_seed(spec.seed)
        model = build(spec.arch, len(CHALLENGE24.classes)).to(training_device())
        seen = swapped_in(data.train, test.only(torch.from_numpy(~mine)))
        learnt = TrainingData(seen, data.val, data.preprocessing)
        run_dir = settings.runs_dir / "record-folds" / f"half-{number + 1}"
        run_dir.mkdir(parents=True, exist_ok=True)
        fit(model, learnt, spec, run_dir, Watcher())
        part = test.only(torch.from_numpy(mine))
        logits[mine] = logits_of(model, part.inputs, part.patients).numpy()
    return logits
