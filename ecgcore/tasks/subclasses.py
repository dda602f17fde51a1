"""The 23 diagnostic subclasses of PTB-XL; a record may have several of them, or none."""

from collections.abc import Mapping

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.label_groups import split_ids
from ecgcore.stats.per_class import macro_auroc
from ecgcore.tasks.likelihoods import degrees, largest_of_groups, stated
from ecgcore.tasks.task import Labels, Score, Targets, Task, TestSet, TrainSet

STATEMENTS_OF: Mapping[str, tuple[str, ...]] = {
    "NORM": ("NORM",),
    "IMI": ("ILMI", "IMI", "INJIL", "INJIN", "IPLMI", "IPMI"),
    "AMI": ("ALMI", "AMI", "ASMI", "INJAL", "INJAS", "INJLA"),
    "STTC": ("ANEUR", "DIG", "EL", "LNGQT", "NDT"),
    "LVH": ("LVH",),
    "LAFB/LPFB": ("LAFB", "LPFB"),
    "ISC_": ("ISC_",),
    "IRBBB": ("IRBBB",),
    "ISCA": ("ISCAL", "ISCAN", "ISCAS", "ISCLA"),
    "_AVB": ("1AVB", "2AVB", "3AVB"),
    "IVCD": ("IVCD",),
    "NST_": ("NST_",),
    "CRBBB": ("CRBBB",),
    "CLBBB": ("CLBBB",),
    "LAO/LAE": ("LAO/LAE",),
    "ISCI": ("ISCIL", "ISCIN"),
    "LMI": ("LMI",),
    "RVH": ("RVH",),
    "RAO/RAE": ("RAO/RAE",),
    "WPW": ("WPW",),
    "ILBBB": ("ILBBB",),
    "SEHYP": ("SEHYP",),
    "PMI": ("PMI",),
}
"""SCP codes by ``diagnostic_subclass`` of ``scp_statements.csv``, the most frequent class first."""

CLASSES = tuple(STATEMENTS_OF)


def labels(catalog: Catalog, ids: list[int]) -> Labels:
    """Return 1 where a record has a statement of a subclass, at any likelihood, ``(n, 23)``."""
    return stated(largest_of_groups(catalog, ids, STATEMENTS_OF))


def soft_targets(catalog: Catalog, ids: list[int]) -> Targets:
    """Return the largest stated likelihood of each subclass, ``(n, 23)`` from 0 to 1."""
    return degrees(largest_of_groups(catalog, ids, STATEMENTS_OF))


def _all(catalog: Catalog, split: str, _seed: int = 0) -> list[int]:
    return split_ids(catalog.frame, split)


def _stated(catalog: Catalog, split: str) -> list[int]:
    """List the records of a split that have a subclass."""
    codes = {code for group in STATEMENTS_OF.values() for code in group}
    having = set(catalog.codes.loc[catalog.codes["code"].isin(codes), "ecg_id"])
    return [ecg_id for ecg_id in _all(catalog, split) if ecg_id in having]


SUBCLASSES = Task(
    name="subclasses",
    title="23 diagnostic subclasses",
    classes=CLASSES,
    negative="none of them",
    label_rule=labels,
    train_sets=(
        TrainSet("all", "every record, each subclass at any likelihood", _all),
        TrainSet(
            "soft",
            "every record, each subclass weighted by its likelihood",
            _all,
            targets=soft_targets,
        ),
    ),
    test_sets=(
        TestSet("all", "all records of the fold", _all),
        TestSet("stated", "records with a subclass", _stated),
    ),
    scaler_set="all",
    score=Score("macro_auroc", "macro AUROC", macro_auroc),
    has_certainty=True,
    sources=("tasks/subclasses.py", "tasks/likelihoods.py", "ptbxl/label_groups.py"),
    recipe={"class_weight": False, "epochs": 16, "patience": 16},
)
"""Diagnostic subclasses as the field counts them: a statement at any likelihood."""
