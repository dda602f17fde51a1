"""The 71 SCP statements of PTB-XL; nearly every record has several of them."""

import numpy as np
import pandas as pd

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.label_groups import split_ids
from ecgcore.stats.per_class import macro_auroc
from ecgcore.tasks.task import Labels, Score, Targets, Task, TestSet, TrainSet

CLASSES = (
    "1AVB",
    "2AVB",
    "3AVB",
    "ABQRS",
    "AFIB",
    "AFLT",
    "ALMI",
    "AMI",
    "ANEUR",
    "ASMI",
    "BIGU",
    "CLBBB",
    "CRBBB",
    "DIG",
    "EL",
    "HVOLT",
    "ILBBB",
    "ILMI",
    "IMI",
    "INJAL",
    "INJAS",
    "INJIL",
    "INJIN",
    "INJLA",
    "INVT",
    "IPLMI",
    "IPMI",
    "IRBBB",
    "ISCAL",
    "ISCAN",
    "ISCAS",
    "ISCIL",
    "ISCIN",
    "ISCLA",
    "ISC_",
    "IVCD",
    "LAFB",
    "LAO/LAE",
    "LMI",
    "LNGQT",
    "LOWT",
    "LPFB",
    "LPR",
    "LVH",
    "LVOLT",
    "NDT",
    "NORM",
    "NST_",
    "NT_",
    "PAC",
    "PACE",
    "PMI",
    "PRC(S)",
    "PSVT",
    "PVC",
    "QWAVE",
    "RAO/RAE",
    "RVH",
    "SARRH",
    "SBRAD",
    "SEHYP",
    "SR",
    "STACH",
    "STD_",
    "STE_",
    "SVARR",
    "SVTAC",
    "TAB_",
    "TRIGU",
    "VCLVH",
    "WPW",
)
"""PTB-XL's codes in the order of the alphabet, as the published predictions have them."""


def labels(catalog: Catalog, ids: list[int]) -> Labels:
    """Return 1 where a record has a statement, at any likelihood, ``(n, 71)``."""
    return np.asarray(_likelihoods(catalog, ids).notna(), dtype=np.int64)


def soft_targets(catalog: Catalog, ids: list[int]) -> Targets:
    """Return the stated likelihood of each statement, ``(n, 71)`` from 0 to 1.

    PTB-XL writes 0 for a statement without a likelihood, such as every rhythm; it counts in full.
    """
    return np.asarray(_likelihoods(catalog, ids).fillna(0) / 100, dtype=np.float32)


def _likelihoods(catalog: Catalog, ids: list[int]) -> pd.DataFrame:
    """Tabulate the likelihood of each statement in per cent; NaN where not stated."""
    codes = catalog.codes
    mine = codes[codes["ecg_id"].isin(ids)]
    counted = mine.assign(likelihood=mine["likelihood"].replace(0, 100))
    table = counted.pivot_table(index="ecg_id", columns="code", values="likelihood", aggfunc="max")
    return table.reindex(index=ids, columns=list(CLASSES))


def _all(catalog: Catalog, split: str, _seed: int = 0) -> list[int]:
    return split_ids(catalog.frame, split)


STATEMENTS71 = Task(
    name="statements71",
    title="71 SCP statements",
    classes=CLASSES,
    negative="none of them",
    label_rule=labels,
    train_sets=(
        TrainSet("all", "every record, each statement at any likelihood", _all),
        TrainSet(
            "soft",
            "every record, each statement weighted by its likelihood",
            _all,
            targets=soft_targets,
        ),
    ),
    test_sets=(TestSet("all", "all records of the fold", _all),),
    scaler_set="all",
    score=Score("macro_auroc", "macro AUROC", macro_auroc),
    has_certainty=True,
    sources=("tasks/statements71.py", "ptbxl/label_groups.py"),
    recipe={"class_weight": False, "epochs": 24, "patience": 24},
)
"""Every statement as a class of its own; what an ECG may show beside MI is read from it."""
