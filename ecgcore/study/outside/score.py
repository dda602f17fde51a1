"""Fit the out-of-study score and its limits on folds 1 to 9, and judge them on fold 10.

The 71-statement models learn from folds 1 to 8. On fold 9 a logistic regression learns to tell
records with neither an MI nor the NORM statement from the records of the study; limits keep
warnings on the study's records of fold 9 below `WARNED_STUDY`. Fold 10 is only looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import CatalogError, ModelError
from ecgcore.models.cards import ModelEntry
from ecgcore.models.predictor import Predictor, predict_many
from ecgcore.predictions.scope import (
    WIDE_STATEMENTS,
    Scope,
    ScopeRule,
    features,
    judge_scope,
)
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.label_groups import split_ids
from ecgcore.ptbxl.store import Recordings
from ecgcore.signals.measure.measure import measure
from ecgcore.signals.quality import assess
from ecgcore.stats.metrics import Estimate, evaluate, wilson

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

WARNED_STUDY = 0.09
"""Share of the study's records of fold 9 that score and limits may warn of; leaves room to 10 %."""
WARNED_WIDE = 0.95
"""Share of bundle branch blocks and paced rhythms of fold 9 that the limit for wide QRS finds."""
FAR_SHARE = 0.002
"""Share of the training records that lie beyond the limit of distance."""
STRENGTH = 0.1
"""Inverse strength of the ridge penalty (scikit-learn's ``C``); chosen by cross-validation."""
N_TRAINING = 4000
_QRS_BANDS = ((0, 100), (100, 110), (110, 120), (120, 140), (140, 400))


@dataclass(frozen=True, slots=True)
class Members:
    """Which of some records are what, each ``(n,)``."""

    ids: tuple[int, ...]
    patients: NDArray[np.int64]
    study: BoolArray
    normal: BoolArray
    mi: BoolArray
    neither: BoolArray
    bundle: BoolArray
    paced: BoolArray

    @property
    def wide(self) -> BoolArray:
        """Bundle branch block or pacing."""
        return self.bundle | self.paced


def members(catalog: Catalog, split: str) -> Members:
    """Tell the records of a split apart by their statements."""
    ids = split_ids(catalog.frame, split)
    if not ids:
        raise CatalogError(
            f"{catalog.version} has no {split} records. Choose the folder of PTB-XL with --data."
        )
    group = catalog.frame.loc[ids, "group"].to_numpy()
    codes = catalog.codes
    stated = {
        name: np.isin(ids, codes.loc[chosen, "ecg_id"])
        for name, chosen in (
            ("mi", codes["superclass"] == "MI"),
            ("norm", codes["code"] == "NORM"),
            ("bundle", codes["code"].isin(WIDE_STATEMENTS[:2])),
            ("paced", codes["code"] == "PACE"),
        )
    }
    return Members(
        tuple(ids),
        _patients(catalog, ids),
        study=group != "other",
        normal=group == "pure_normal",
        mi=np.isin(group, ["certain_mi", "uncertain_mi"]),
        neither=(group == "other") & ~stated["mi"] & ~stated["norm"],
        bundle=stated["bundle"],
        paced=stated["paced"],
    )


def _patients(catalog: Catalog, ids: list[int]) -> NDArray[np.int64]:
    """Return a number for each patient; a record of an unknown patient is one of its own."""
    known = catalog.frame.loc[ids, "patient_id"].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(known), -np.asarray(ids), known).astype(np.int64)


def ensemble_logits(
    entries: Sequence[ModelEntry], recordings: Recordings, ids: Sequence[int]
) -> FloatArray:
    """Return the mean logits ``(n, 71)`` of the 71-statement models."""
    predictors = [Predictor.open(entry) for entry in entries]
    logits = predict_many(predictors, recordings.signals(list(ids)))
    mean: FloatArray = logits.astype(np.float64).mean(axis=0)
    return mean


def fit_scope(entries: Sequence[ModelEntry], recordings: Recordings) -> ScopeRule:
    """Fit score and limits.

    Parameters
    ----------
    entries
        The 71-statement models, by seed.
    recordings
        All of PTB-XL.

    Raises
    ------
    ModelError
        If there is no model.
    """
    if not entries:
        raise ModelError(
            "The out-of-study score needs a model of the task statements71. Train one with "
            "'python3.11 -m ecgcore train --task statements71 --set all --publish'."
        )
    fold9 = members(recordings.catalog, "val")
    logits = ensemble_logits(entries, recordings, fold9.ids)
    training = _some(split_ids(recordings.catalog.frame, "train"), N_TRAINING)
    seen = ensemble_logits(entries, recordings, training)
    seen_features, at_fold9 = features(seen), features(logits)
    centre, spread = seen_features.mean(axis=0), seen_features.std(axis=0)
    standard = (at_fold9 - centre) / spread
    used = fold9.study | fold9.neither
    model = _regression().fit(standard[used], fold9.neither[used])
    rule = ScopeRule(
        models=tuple((one.name, one.card.weights_sha256[:16]) for one in entries),
        centre=centre,
        spread=spread,
        weights=np.asarray(model.coef_[0], dtype=np.float64),
        intercept=float(model.intercept_[0]),
        limit=1.0,
        wide_limit=1.0,
        precision=np.linalg.inv(
            np.cov((seen - seen.mean(axis=0)) / seen.std(axis=0), rowvar=False)
        ),
        far_limit=np.inf,
        fitted={
            "records": "fold 9 of PTB-XL 1.0.3",
            "n_outside": int(fold9.neither.sum()),
            "n_study": int(fold9.study.sum()),
        },
    )
    rule = replace(rule, far_limit=float(np.quantile(rule.distance(seen), 1 - FAR_SHARE)))
    return _with_limits(rule, logits, _unseen_scores(standard, fold9), fold9)


def _with_limits(
    rule: ScopeRule, logits: FloatArray, scores: FloatArray, fold9: Members
) -> ScopeRule:
    """Set the limits: first for wide QRS, then the score's within what warnings may cost."""
    wide_limit = float(np.quantile(rule.wide(logits)[fold9.wide], 1 - WARNED_WIDE))
    warned = (rule.wide(logits) >= wide_limit) | (rule.distance(logits) >= rule.far_limit)
    left = WARNED_STUDY - float(warned[fold9.study].mean())
    if left <= 0:
        raise ModelError(
            "The limits of wide QRS and distance alone warn of too many study records."
        )
    among = scores[fold9.study & ~warned]
    n_more = int(left * fold9.study.sum())
    limit = float(np.sort(among)[-n_more - 1]) + 1e-9
    return replace(rule, wide_limit=wide_limit, limit=limit)


def _unseen_scores(standard: FloatArray, fold9: Members) -> FloatArray:
    """Return scores by regressions that have not seen the record, ``(n,)``, by patient."""
    from sklearn.model_selection import GroupKFold

    scores = np.zeros(len(standard))
    used = fold9.study | fold9.neither
    for train, test in GroupKFold(10).split(standard, groups=fold9.patients):
        known = train[used[train]]
        model = _regression().fit(standard[known], fold9.neither[known])
        scores[test] = model.predict_proba(standard[test])[:, 1]
    return scores


def _some(ids: list[int], n: int) -> list[int]:
    chosen = np.random.default_rng(0).choice(ids, min(n, len(ids)), replace=False)
    return sorted(int(ecg_id) for ecg_id in chosen)


def _regression() -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression  # half a second, only where needed

    return LogisticRegression(C=STRENGTH, max_iter=5000)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of some records are warned of, with Wilson's 95 % interval over records."""

    name: str
    n: int
    n_warned: int
    interval: Estimate

    @classmethod
    def of(cls, name: str, warned: BoolArray) -> Share:
        """Count; NaN without a record."""
        n, k = len(warned), int(warned.sum())
        return cls(name, n, k, wilson(k / n if n else 0.0, n))

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        value, low, high = asdict(self.interval).values()
        counts = {"records": self.name, "n": self.n, "warned": self.n_warned}
        return {**counts, "share": value, "low": low, "high": high}


@dataclass(frozen=True, slots=True, eq=False)
class ScopeFigures:
    """How well the check of the ECG itself tells what lies outside the study; labels are not asked.

    Attributes
    ----------
    auroc, auroc_mi, auroc_normal
        Of the score: records with neither an MI nor the NORM statement against all records of the
        study, its MI and its normals; intervals over patients.
    """

    split: str
    auroc: Estimate
    auroc_mi: Estimate
    auroc_normal: Estimate
    shares: tuple[Share, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        areas = {
            name: asdict(getattr(self, name)) for name in ("auroc", "auroc_mi", "auroc_normal")
        }
        return {"split": self.split, **areas, "warned": [one.as_json() for one in self.shares]}

    def as_text(self) -> str:
        """Return a table for the terminal."""
        lines = [
            f"AUROC of the out-of-study score ({self.split}): {self.auroc.text()}; "
            f"against MI {self.auroc_mi.text()}, against normal {self.auroc_normal.text()}"
        ]
        lines += [
            f"{one.name:44}{one.n_warned:6} of {one.n:5}  {one.interval.text()}"
            for one in self.shares
        ]
        return "\n".join(lines)


def scope_figures(
    rule: ScopeRule, entries: Sequence[ModelEntry], recordings: Recordings, split: str = "test"
) -> ScopeFigures:
    """Judge every ECG of a split as if nothing were known of its label."""
    known = members(recordings.catalog, split)
    logits = ensemble_logits(entries, recordings, known.ids)
    judged, qrs_ms = _judged(rule, logits, recordings, known.ids)
    warned = np.asarray([not one.applies for one in judged])
    score = np.asarray([np.nan if one.score is None else one.score for one in judged])

    def auroc(others: BoolArray) -> Estimate:
        used = known.neither | others
        return evaluate(known.neither[used], score[used], clusters=known.patients[used]).auroc

    shares = [Share.of(name, warned[chosen]) for name, chosen in _parts(known, qrs_ms)]
    areas = (auroc(known.study), auroc(known.mi), auroc(known.normal))
    return ScopeFigures(split, *areas, tuple(shares))


def _judged(
    rule: ScopeRule, logits: FloatArray, recordings: Recordings, ids: Sequence[int]
) -> tuple[list[Scope], FloatArray]:
    """Judge each ECG; also its QRS duration in ms, NaN where it could not be measured."""
    found, widths = [], []
    for ecg_id, row in zip(ids, logits, strict=True):
        record = recordings.read(ecg_id)
        measured = measure(record)
        width = measured.value("qrs_ms").value
        widths.append(np.nan if width is None else width)
        found.append(judge_scope(rule, row, measured, assess(record)))
    return found, np.asarray(widths)


def _parts(known: Members, qrs_ms: FloatArray) -> Iterator[tuple[str, BoolArray]]:
    """Name the records that warnings are counted among."""
    yield "records of the study", known.study
    yield "normal", known.normal
    yield "MI", known.mi
    yield "neither MI nor NORM stated", known.neither
    yield "bundle branch block", known.bundle
    yield "bundle branch block, neither MI nor NORM", known.bundle & known.neither
    yield "paced rhythm", known.paced
    yield "bundle branch block or paced", known.wide
    for low, high in _QRS_BANDS:
        inside = (qrs_ms >= low) & (qrs_ms < high)
        yield f"QRS {low} to {high - 1} ms, study", inside & known.study
        yield f"QRS {low} to {high - 1} ms, neither MI nor NORM", inside & known.neither
