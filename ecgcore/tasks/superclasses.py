"""The five diagnostic superclasses of PTB-XL; a record may have several of them."""

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.stats.per_class import macro_auroc
from ecgcore.tasks.likelihoods import degrees, largest_likelihoods, stated
from ecgcore.tasks.task import Labels, Score, Targets, Task, TestSet, TrainSet
from ecgcore.wording.records import SUPERCLASSES as WORDS

CLASSES = tuple(WORDS)


def labels(catalog: Catalog, ids: list[int]) -> Labels:
    """Return 1 where a record has a statement of a superclass, at any likelihood, ``(n, 5)``."""
    return stated(largest_likelihoods(catalog, ids, "superclass", CLASSES))


def soft_targets(catalog: Catalog, ids: list[int]) -> Targets:
    """Return the largest stated likelihood of each superclass, ``(n, 5)`` from 0 to 1."""
    return degrees(largest_likelihoods(catalog, ids, "superclass", CLASSES))


def _stated(catalog: Catalog, split: str, _seed: int = 0) -> list[int]:
    """List the records of a split that have a diagnostic statement."""
    codes = catalog.codes
    stated = set(codes.loc[codes["superclass"].isin(CLASSES), "ecg_id"])
    return [ecg_id for ecg_id in _all(catalog, split) if ecg_id in stated]


def _all(catalog: Catalog, split: str) -> list[int]:
    frame = catalog.frame
    return sorted(int(ecg_id) for ecg_id in frame.index[frame["split"] == split])


SUPERCLASSES = Task(
    name="superclasses",
    title="Five superclasses",
    classes=CLASSES,
    negative="none of them",
    label_rule=labels,
    train_sets=(
        TrainSet("all", "every record with a diagnostic statement, at any likelihood", _stated),
        TrainSet(
            "soft",
            "the same records, each class weighted by its likelihood",
            _stated,
            targets=soft_targets,
        ),
    ),
    test_sets=(
        TestSet("stated", "records with a diagnostic statement", _stated),
        TestSet("all", "all records of the fold", _all),
    ),
    scaler_set="all",
    score=Score("macro_auroc", "macro AUROC", macro_auroc),
    has_certainty=True,
    sources=("tasks/superclasses.py", "tasks/likelihoods.py"),
    recipe={"class_weight": False},
)
"""NORM, MI, STTC, CD and HYP, as the field counts them: a statement at any likelihood."""
