"""Shortcut audit: how well MI is told from normal without looking at the ECG.

A model can learn age, sex, device or noise in place of infarction. The audit fits a logistic model
on such columns alone and judges it on the test fold; then it shows the model inside strata, where
the shortcut is worth less, and where normal records are called MI.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ecgcore.ptbxl.label_groups import GROUPS
from ecgcore.stats.bootstrap import resampled, unit_index
from ecgcore.stats.comparison.matching import known_age
from ecgcore.stats.metrics import Estimate, ScoreName, Scorer, percentile_estimate
from ecgcore.stats.reliability_curve import (
    BoolArray,
    FloatArray,
    IntArray,
    check_predictions,
    clopper_pearson,
)
from ecgcore.study.strata import SIGNAL_NOISE, Stratum

HEART_RATE = "heart_rate_bpm"
"""Column that is audited where the frame has it; PTB-XL's own tables do not."""

SHORTCUTS = {
    "age": ("age",),
    "sex": ("sex",),
    "age and sex": ("age", "sex"),
    "device": ("device",),
    "noise notes": SIGNAL_NOISE,
    "extra beats and pacemaker": ("extra_beats", "pacemaker"),
    "heart rate": (HEART_RATE,),
    "all of these": (
        *("age", "sex", "device"),
        *SIGNAL_NOISE,
        *("extra_beats", "pacemaker", HEART_RATE),
    ),
}
"""What each audited shortcut looks at: columns of the catalogue."""

_NUMBERS = ("age", HEART_RATE)
_STAND_IN = 60.0  # years or beats per minute; the flag beside it takes up the rest
_SCORES: tuple[ScoreName, ...] = ("auroc", "brier", "ece_width")


@dataclass(frozen=True, slots=True)
class Shortcut:
    """How well some columns alone tell MI from normal on the test fold.

    Attributes
    ----------
    name, columns
        A key of `SHORTCUTS`, and those of its columns that the catalogue has.
    auroc
        On the test fold, with the interval over patients.
    n_train, n_test
        Records that the logistic model was fitted on and judged on.
    """

    name: str
    columns: tuple[str, ...]
    auroc: Estimate
    n_train: int
    n_test: int


@dataclass(frozen=True, slots=True)
class StratumScore:
    """One model inside one stratum.

    Attributes
    ----------
    stratum
        Its kind, name, label and records.
    n, n_mi
        Records with a prediction, and those labelled MI.
    auroc, brier, ece
        With intervals over patients.
    mean_prob, observed
        Mean prediction and share of MI among all of them: calibration in the large.
    mean_prob_normal
        Mean prediction among normal records.
    false_alarms
        Share of normal records called MI, with the Clopper-Pearson interval.
    """

    stratum: Stratum
    n: int
    n_mi: int
    auroc: Estimate
    brier: Estimate
    ece: Estimate
    mean_prob: float
    observed: float
    mean_prob_normal: float
    false_alarms: Estimate


def shortcut_audit(
    frame: pd.DataFrame, *, groups: Iterable[str] = GROUPS, n_boot: int = 1000, seed: int = 0
) -> tuple[Shortcut, ...]:
    """Fit each of `SHORTCUTS` on folds 1-8 and judge it on fold 10.

    Age enters as a straight line on the logit, with a flag where it is unknown. Shortcuts without a
    column that varies on folds 1-8 are left out.

    Parameters
    ----------
    frame
        As in `ecgcore.ptbxl.catalog.Catalog`.
    groups
        Those that are fitted and judged, such as ``mi_task.TEST_SETS["certain"]``.
    n_boot, seed
        Copies of the test patients, and their seed.

    Raises
    ------
    ValueError
        If folds 1-8 or fold 10 lack MI or normal records.
    """
    known = frame[frame["group"].isin(list(groups))]
    train, test = (known[known["split"] == split] for split in ("train", "test"))
    for name, side in (("train", train), ("test", test)):
        if (is_mi := _is_mi(side)).all() or not is_mi.any():
            raise ValueError(f"The split {name!r} has {len(side)} records of one class; need both.")
    found = (
        _audit(name, [c for c in columns if c in frame], train, test, n_boot, seed)
        for name, columns in SHORTCUTS.items()
    )
    return tuple(shortcut for shortcut in found if shortcut)


def shortcut_frame(shortcuts: Sequence[Shortcut]) -> pd.DataFrame:
    """Return one row per shortcut: ``name, auroc, low, high, n_train, n_test``."""
    return pd.DataFrame(
        [
            (s.name, s.auroc.value, s.auroc.low, s.auroc.high, s.n_train, s.n_test)
            for s in shortcuts
        ],
        columns=["name", "auroc", "low", "high", "n_train", "n_test"],
    )


def judge_strata(
    strata: Iterable[Stratum],
    ids: ArrayLike,
    labels: ArrayLike,
    probs: ArrayLike,
    *,
    called: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    n_boot: int = 1000,
    seed: int = 0,
) -> tuple[StratumScore, ...]:
    """Judge one model inside each stratum that has a record among `ids`.

    Parameters
    ----------
    ids, labels, probs
        ``(n,)`` ``ecg_id``, label (1 = MI) and predicted probability of the test set's records.
    called
        ``(n,)`` True where a record is called MI; without it, from a probability of 0.5 on.
    clusters
        ``(n,)`` patient of each record; without it, records are resampled.

    Raises
    ------
    ValueError
        As `check_predictions` and `unit_index`; if `ids` or `called` have another shape.
    """
    y, p = check_predictions(labels, probs)
    units, numbers = unit_index(clusters, y.size), np.asarray(ids)
    calls = p >= 0.5 if called is None else np.asarray(called, dtype=np.bool_)
    if not numbers.shape == calls.shape == y.shape:
        raise ValueError(f"ids {numbers.shape} and called {calls.shape} must be {y.shape}.")
    scored = []
    for stratum in strata:
        rows = np.flatnonzero(np.isin(numbers, stratum.ids))
        if rows.size:
            one = _stratum_score(
                stratum, Scorer(y[rows], p[rows]), calls[rows], units[rows], n_boot, seed
            )
            scored.append(one)
    return tuple(scored)


def strata_frame(scores: Sequence[StratumScore]) -> pd.DataFrame:
    """Return one row per stratum.

    Columns: ``kind, name, label, n, n_mi``; ``auroc, brier, ece, false_alarms`` each with ``_low``
    and ``_high``; ``mean_prob, observed, mean_prob_normal``.
    """
    return pd.DataFrame([_row(score) for score in scores])


def _row(score: StratumScore) -> dict[str, str | float]:
    s = score.stratum
    row: dict[str, str | float] = {
        **{"kind": s.kind, "name": s.name, "label": s.label},
        **{"n": score.n, "n_mi": score.n_mi},
    }
    for name in ("auroc", "brier", "ece", "false_alarms"):
        estimate: Estimate = getattr(score, name)
        row |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
    return row | {
        "mean_prob": score.mean_prob,
        "observed": score.observed,
        "mean_prob_normal": score.mean_prob_normal,
    }


def _stratum_score(
    stratum: Stratum, scorer: Scorer, calls: BoolArray, units: IntArray, n_boot: int, seed: int
) -> StratumScore:
    y, p = scorer.labels, scorer.probs
    auroc, brier, ece = _estimates(scorer, _SCORES, units, n_boot, seed)
    normal = p[~y]
    alarms, n = np.array([(~y & calls).sum()]), np.array([normal.size])
    low, high = clopper_pearson(alarms, n)
    share = float(alarms[0] / n[0]) if n[0] else float("nan")
    return StratumScore(
        stratum,
        n=y.size,
        n_mi=int(y.sum()),
        auroc=auroc,
        brier=brier,
        ece=ece,
        mean_prob=float(p.mean()),
        observed=float(y.mean()),
        mean_prob_normal=float(normal.mean()) if normal.size else float("nan"),
        false_alarms=Estimate(share, float(low[0]), float(high[0])),
    )


def _estimates(
    scorer: Scorer, names: Sequence[ScoreName], clusters: ArrayLike, n_boot: int, seed: int
) -> list[Estimate]:
    size = scorer.labels.size
    copies = chain([np.ones((1, size))], resampled(unit_index(clusters, size), n_boot, seed))
    tables = [[scorer.score(name, weights) for name in names] for weights in copies]
    columns = np.concatenate(tables, axis=1)
    return [percentile_estimate(float(column[0]), column[1:]) for column in columns]


def _audit(
    name: str,
    columns: list[str],
    train: pd.DataFrame,
    test: pd.DataFrame,
    n_boot: int,
    seed: int,
) -> Shortcut | None:
    table = pd.concat([_features(side, columns) for side in (train, test)]).fillna(0.0)
    seen = table.iloc[: len(train)]
    varying = table.columns[(seen.nunique() > 1).to_numpy()]
    if varying.empty:
        return None
    values = table[varying].to_numpy(dtype=np.float64)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(values[: len(train)], _is_mi(train))
    scorer = Scorer(_is_mi(test), model.predict_proba(values[len(train) :])[:, 1])
    (auroc,) = _estimates(scorer, ["auroc"], _patients(test), n_boot, seed)
    return Shortcut(name, tuple(columns), auroc, len(train), len(test))


def _features(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Numbers with a flag where unknown, notes as present or not, words as one column each."""
    parts: dict[str, pd.Series[float]] = {}
    for column in columns:
        if column in _NUMBERS:
            number = known_age(frame[column]) if column == "age" else frame[column].astype(float)
            parts[column] = number.fillna(_STAND_IN)
            parts[f"{column} unknown"] = number.isna().astype(float)
        elif column in ("sex", "device"):
            words = frame[column].str.split().str.join(" ")
            parts |= {f"{column} {w}": (words == w).astype(float) for w in sorted(words.unique())}
        else:
            parts[column] = (frame[column] != "").astype(float)
    return pd.DataFrame(parts, index=frame.index)


def _is_mi(frame: pd.DataFrame) -> BoolArray:
    is_mi: BoolArray = (frame["group"] != "pure_normal").to_numpy(dtype=np.bool_)
    return is_mi


def _patients(frame: pd.DataFrame) -> FloatArray:
    """Patient of each record; one that is unknown is a patient of its own."""
    own = pd.Series(-frame.index.to_numpy(dtype=np.float64) - 1, index=frame.index)
    return np.asarray(frame["patient_id"].astype("Float64").fillna(own), dtype=np.float64)
