"""What the MI models say about ECGs that the study does not hold: neither MI nor strictly normal.

A model that knows only MI and strictly normal ECGs must call every other ECG one of the two. The
records are those of fold 10, so that no model was trained on their patients.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.stats.comparison.delong import delong
from ecgcore.stats.metrics import Estimate, wilson
from ecgcore.wording.statements import STATEMENTS

FloatArray = NDArray[np.float64]

LEAST = 10
"""Records that a statement must have."""

BUNDLE_BRANCH_BLOCK = ("CLBBB", "CRBBB")
_NOT_LISTED = ("NORM", "SR")


@dataclass(frozen=True, slots=True, eq=False)
class OutsidePart:
    """Records outside the study, all or with a statement.

    Attributes
    ----------
    codes
        Any of these SCP codes is stated; none for all records.
    words
        Words for readers.
    ids
        ``(n,)`` ascending ``ecg_id``s.
    n_patients
        Patients of these; a record without a patient number counts as one.
    """

    codes: tuple[str, ...]
    words: str
    ids: NDArray[np.int64]
    n_patients: int

    @property
    def n(self) -> int:
        """Records in it."""
        return int(self.ids.size)


def outside_parts(catalog: Catalog, *, least: int = LEAST) -> tuple[OutsidePart, ...]:
    """Divide fold 10's records outside the study by their statements; none where there are none.

    The first part holds all of them, the second those without the NORM statement, the third the
    complete bundle branch blocks; then each statement with `least` records, the commonest first.
    """
    frame = catalog.frame
    with_mi = catalog.codes.loc[catalog.codes["superclass"] == "MI", "ecg_id"]
    others = frame.index[(frame["split"] == "test") & (frame["group"] == "other")]
    ids = others[~others.isin(with_mi)]
    codes = catalog.codes[catalog.codes["ecg_id"].isin(ids)]
    with_norm = codes.loc[codes["code"] == "NORM", "ecg_id"]
    abnormal = ids[~ids.isin(with_norm)]
    counts = codes.loc[~codes["code"].isin(_NOT_LISTED), "code"].value_counts()
    parts = [
        _part(frame, (), "all outside the study", ids),
        _part(frame, (), "without the NORM statement", abnormal),
        _stated(frame, codes, BUNDLE_BRANCH_BLOCK, "complete bundle branch block"),
        *(
            _stated(frame, codes, (str(code),), STATEMENTS.get(str(code), str(code)))
            for code in counts.index
        ),
    ]
    return tuple(one for one in parts if one.n >= least)


def _stated(
    frame: pd.DataFrame, codes: pd.DataFrame, wanted: tuple[str, ...], words: str
) -> OutsidePart:
    stated = codes.loc[codes["code"].isin(wanted), "ecg_id"]
    return _part(frame, wanted, words, stated.drop_duplicates())


def _part(
    frame: pd.DataFrame, codes: tuple[str, ...], words: str, ids: Iterable[int]
) -> OutsidePart:
    mine = np.sort(np.asarray(list(ids), dtype=np.int64))
    return OutsidePart(codes, words, mine, int(np.unique(patients_of(frame, mine)).size))


def patients_of(frame: pd.DataFrame, ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Give each patient a number, ``(n,)``; a record whose patient is unknown is its own."""
    known = frame.loc[ids, "patient_id"].astype("Float64").to_numpy(np.float64, na_value=np.nan)
    alone = -1.0 - np.arange(len(ids))
    return np.asarray(pd.factorize(np.where(np.isnan(known), alone, known))[0], dtype=np.int64)


def called_frame(
    parts: Sequence[OutsidePart], calls: Mapping[str, "pd.Series[bool]"]
) -> pd.DataFrame:
    """Count who is called MI: one row for each part and ensemble.

    Parameters
    ----------
    calls
        By the ensemble's label: whether it calls MI, by ``ecg_id``.

    Returns
    -------
    pandas.DataFrame
        Columns ``part`` (its place), ``codes, words, n, patients, ensemble, called, share, low,
        high``. The interval is Wilson's, with as many observations as there are patients.
    """
    return pd.DataFrame(
        [
            _row(place, part, label, int(said.loc[part.ids].sum()))
            for place, part in enumerate(parts)
            for label, said in calls.items()
        ]
    )


def _row(place: int, part: OutsidePart, label: str, called: int) -> dict[str, object]:
    share = wilson(called / part.n, part.n_patients)
    return {
        "part": place,
        "codes": " or ".join(part.codes),
        "words": part.words,
        "n": part.n,
        "patients": part.n_patients,
        "ensemble": label,
        "called": called,
        "share": share.value,
        "low": share.low,
        "high": share.high,
    }


def certain_mi_ids(catalog: Catalog) -> NDArray[np.int64]:
    """List the certain MI of fold 10."""
    frame = catalog.frame
    mine = (frame["split"] == "test") & (frame["group"] == "certain_mi")
    return np.asarray(frame.index[mine], dtype=np.int64)


def auroc_against(
    catalog: Catalog,
    outside: NDArray[np.int64],
    logits: Sequence["pd.Series[float]"],
) -> tuple[Estimate, ...]:
    """Say how well each ensemble tells certain MI from records outside the study (DeLong).

    Parameters
    ----------
    outside
        ``(n,)`` records that are no MI.
    logits
        For each ensemble, by ``ecg_id``.
    """
    certain = certain_mi_ids(catalog)
    ids = np.concatenate([certain, outside])
    labels = np.arange(ids.size) < certain.size
    scores = np.array([one.loc[ids].to_numpy() for one in logits])
    test = delong(labels, scores, patients_of(catalog.frame, ids))
    return tuple(test.estimate(k) for k in range(len(logits)))
