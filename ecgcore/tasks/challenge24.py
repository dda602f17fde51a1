"""24 classes of the challenge of Computing in Cardiology 2020, from PTB-XL's own tables.

The challenge translated PTB-XL's statements into SNOMED codes and its heart axis into two of them.
A copy of the tables may leave the axis blank: where it says nothing else about a recording either,
left and right axis deviation are unknown, neither learnt from nor judged by.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.label_groups import split_ids
from ecgcore.stats.per_class import macro_auroc
from ecgcore.tasks.likelihoods import largest_of_groups, stated
from ecgcore.tasks.task import Labels, Score, Task, TestSet, TrainSet

STATEMENTS_OF: Mapping[str, tuple[str, ...]] = {
    "PR": ("PACE",),
    "LQT": ("LNGQT",),
    "AF": ("AFIB",),
    "AFL": ("AFLT",),
    "LBBB": ("CLBBB",),
    "QAb": ("QWAVE",),
    "TAb": ("LOWT", "NDT", "NT_", "TAB_"),
    "LPR": ("LPR",),
    "LQRSV": ("LVOLT",),
    "IAVB": ("1AVB",),
    "PAC": ("PAC", "SVARR"),
    "LAD": (),
    "SB": ("SBRAD",),
    "Brady": (),
    "SNR": ("NORM", "SR"),
    "STach": ("STACH",),
    "PVC": (),
    "SA": ("SARRH",),
    "LAnFB": ("LAFB",),
    "RAD": (),
    "TInv": ("INVT",),
    "NSIVCB": ("IVCD",),
    "IRBBB": ("IRBBB",),
    "CRBBB": ("CRBBB",),
}
"""SCP codes of each class, in the order of the published labels.

The challenge gave no recording of PTB-XL the classes Brady and PVC: its table has other codes for
bradycardia, and ventricular premature complexes were not translated.
"""

AXES: Mapping[str, tuple[str, ...]] = {"LAD": ("LAD", "ALAD"), "RAD": ("RAD", "ARAD")}
"""Values of ``heart_axis`` of the two classes that no statement names."""

CLASSES = tuple(STATEMENTS_OF)

WORDS: Mapping[str, str] = {
    "PR": "pacing rhythm",
    "LQT": "prolonged QT interval",
    "AF": "atrial fibrillation",
    "AFL": "atrial flutter",
    "LBBB": "left bundle branch block",
    "QAb": "abnormal Q wave",
    "TAb": "abnormal T wave",
    "LPR": "prolonged PR interval",
    "LQRSV": "low QRS voltages",
    "IAVB": "first-degree AV block",
    "PAC": "premature atrial contraction",
    "LAD": "left axis deviation",
    "SB": "sinus bradycardia",
    "Brady": "bradycardia",
    "SNR": "sinus rhythm",
    "STach": "sinus tachycardia",
    "PVC": "premature ventricular contractions",
    "SA": "sinus arrhythmia",
    "LAnFB": "left anterior fascicular block",
    "RAD": "right axis deviation",
    "TInv": "T wave inversion",
    "NSIVCB": "nonspecific intraventricular conduction disorder",
    "IRBBB": "incomplete right bundle branch block",
    "CRBBB": "right bundle branch block",
}

SNOMED: Mapping[str, tuple[str, ...]] = {
    "PR": ("10370003",),
    "LQT": ("111975006",),
    "AF": ("164889003",),
    "AFL": ("164890007",),
    "LBBB": ("164909002",),
    "QAb": ("164917005",),
    "TAb": ("164934002",),
    "LPR": ("164947007",),
    "LQRSV": ("251146004",),
    "IAVB": ("270492004",),
    "PAC": ("284470004", "63593006"),
    "LAD": ("39732003",),
    "SB": ("426177001",),
    "Brady": ("426627000",),
    "SNR": ("426783006",),
    "STach": ("427084000",),
    "PVC": ("427172004", "17338001"),
    "SA": ("427393009",),
    "LAnFB": ("445118002",),
    "RAD": ("47665007",),
    "TInv": ("59931005",),
    "NSIVCB": ("698252002",),
    "IRBBB": ("713426002",),
    "CRBBB": ("713427006", "59118001"),
}
"""SNOMED CT codes in the headers of the challenge's recordings; several count as one class."""

NORMAL = "SNR"
"""The class that the challenge's metric calls normal."""


def labels(catalog: Catalog, ids: list[int]) -> Labels:
    """Return 1 where a record has a class, ``(n, 24)``; 0 also where nobody knows its axis."""
    found = stated(largest_of_groups(catalog, ids, STATEMENTS_OF))
    axis = catalog.frame["heart_axis"].reindex(ids)
    for name, values in AXES.items():
        found[:, CLASSES.index(name)] = axis.isin(values)
    return found


def known(catalog: Catalog, ids: list[int]) -> NDArray[np.bool_]:
    """Return False for both axis deviations where the tables leave axis and report blank."""
    frame: pd.DataFrame = catalog.frame.loc[ids, ["heart_axis", "report"]]
    said = np.ones((len(ids), len(CLASSES)), dtype=bool)
    said[:, [CLASSES.index(name) for name in AXES]] = (frame != "").any(axis=1).to_numpy()[:, None]
    return said


def _all(catalog: Catalog, split: str, _seed: int = 0) -> list[int]:
    return split_ids(catalog.frame, split)


def _axis_known(catalog: Catalog, split: str) -> list[int]:
    ids = np.asarray(_all(catalog, split), dtype=np.int64)
    chosen: list[int] = ids[known(catalog, ids.tolist()).all(axis=-1)].tolist()
    return chosen


CHALLENGE24 = Task(
    name="challenge24",
    title="24 challenge classes",
    classes=CLASSES,
    negative="none of them",
    label_rule=labels,
    train_sets=(TrainSet("all", "every record", _all),),
    test_sets=(
        TestSet("all", "all records of the fold", _all),
        TestSet("axis", "records whose axis the tables say", _axis_known),
    ),
    scaler_set="all",
    score=Score("macro_auroc", "macro AUROC", macro_auroc),
    has_certainty=False,
    sources=("tasks/challenge24.py", "tasks/likelihoods.py", "ptbxl/label_groups.py"),
    recipe={"class_weight": False, "epochs": 16, "patience": 16},
    known_rule=known,
)
"""Rhythms, blocks, axis, intervals and waves, as the challenge scored them."""
