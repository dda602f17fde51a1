"""What the models of the study do not know: ECGs that are neither MI nor strictly normal.

A model that was trained on MI and on strictly normal ECGs must call every other ECG one of the two;
bundle branch block is "MI" to it. So each ECG is checked before its verdict is believed:

* the label, where there is one: outside the study is what is neither MI nor strictly normal;
* the out-of-study score, a logistic regression on what the 71-statement models say: the logit of
  each statement, and those of a normal ECG, MI, conduction disturbance, hypertrophy and ST/T change
  with their squares and products;
* bundle branch block or pacing by the same models, rate and flat leads by measurement;
* the quality of the signal: half of the leads unreadable, or electrodes that seem to be swapped;
* the distance of those logits from the ones of the training records (Mahalanobis).

Score and limits are fitted on folds 1 to 9 and lie in ``scope.json`` beside the models.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from ecgcore.errors import ModelError
from ecgcore.leads import LEADS
from ecgcore.manifest import renew, verified
from ecgcore.models.cards import ModelEntry, list_models
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.records import EcgRecord
from ecgcore.settings import Settings
from ecgcore.signals.measure.measure import measure
from ecgcore.signals.measure.measurements import Measurements
from ecgcore.signals.quality import Quality, assess
from ecgcore.tasks.statements71 import STATEMENTS71
from ecgcore.wording.statements import STATEMENTS, SUPERCLASS_STATEMENTS

if TYPE_CHECKING:
    from ecgcore.models.predictor import Predictor

    ScopeModels = tuple["ScopeRule", list[Predictor]]
    """The rule and the 71-statement models that it was fitted on."""

FloatArray = NDArray[np.float64]

LIMITS_LINE = (
    "These models know only MI and strictly normal ECGs. Bundle branch block, hypertrophy and "
    "ST-T change are often called MI."
)
"""Stands above every verdict on a record outside the study and on every uploaded ECG."""

SCOPE_FILE = "scope.json"
WIDE_STATEMENTS = ("CLBBB", "CRBBB", "PACE")
"""Complete bundle branch blocks and pacing, which every model of the study calls MI."""
RATE_LIMITS = (40.0, 140.0)
"""Heart rates per minute between which all but 1 in 500 records of the study lie."""
WIDE_QRS_MS = 120.0
_NAMED = 2
_UNNAMED = ("NORM", "SR")
_LIKELY = 0.5
"""Less is only possible; the limit of what is named at all is in the rule."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whether the models of the study know this kind of ECG.

    Attributes
    ----------
    applies
        False where the label or the ECG itself lies outside the study.
    reasons
        Sentences for the reader; empty where `applies`.
    score
        Out-of-study score from 0 to 1; None where the 71-statement models are missing.
    void
        True where no verdict is possible at all: half of the leads cannot be read, or electrodes
        seem to be swapped.
    """

    applies: bool
    reasons: tuple[str, ...]
    score: float | None
    void: bool = False

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        score = None if self.score is None else round(self.score, 4)
        return {"applies": self.applies, "reasons": list(self.reasons), "score": score}


@dataclass(frozen=True, slots=True, eq=False)
class ScopeRule:
    """The fitted out-of-study score and its limits.

    Attributes
    ----------
    models
        Names of the 71-statement models whose mean logits it reads, and the first 16 letters of the
        checksums of their weights.
    centre, spread, weights
        ``(91,)``, one for each of the `features`; the score is
        ``expit(intercept + weights · (features - centre) / spread)``.
    limit
        A score from here on is outside.
    wide_limit
        A probability of bundle branch block or pacing from here on is outside.
    precision
        ``(71, 71)`` inverse covariance of standardised logits of the training records.
    far_limit
        A root mean square Mahalanobis distance from here on is outside.
    fitted
        How it was fitted, in words and numbers.
    """

    models: tuple[tuple[str, str], ...]
    centre: FloatArray
    spread: FloatArray
    weights: FloatArray
    intercept: float
    limit: float
    wide_limit: float
    precision: FloatArray
    far_limit: float
    fitted: dict[str, Any]

    def score(self, logits: ArrayLike) -> FloatArray:
        """Return the out-of-study score of mean logits ``(..., 71)``, from 0 to 1."""
        score: FloatArray = expit(self.intercept + self._standard(logits) @ self.weights)
        return score

    def wide(self, logits: ArrayLike) -> FloatArray:
        """Return the largest probability of bundle branch block or pacing, ``(...)``."""
        columns = [STATEMENTS71.classes.index(code) for code in WIDE_STATEMENTS]
        highest: FloatArray = expit(np.asarray(logits, dtype=np.float64)[..., columns]).max(axis=-1)
        return highest

    def distance(self, logits: ArrayLike) -> FloatArray:
        """Return the distance from the training records, 1 on average for one of them, ``(...)``.

        Mahalanobis' distance divided by the root of the number of statements.
        """
        at = self._standard(logits)[..., : len(STATEMENTS71.classes)]
        square = np.einsum("...i,ij,...j->...", at, self.precision, at) / at.shape[-1]
        return np.asarray(np.sqrt(np.maximum(square, 0.0)), dtype=np.float64)

    def save(self, path: Path) -> None:
        """Write the rule as JSON."""
        raw = {field.name: getattr(self, field.name) for field in fields(self)}
        raw |= {name: np.round(raw[name], 5).tolist() for name in _ARRAYS}
        path.write_text(json.dumps(raw, indent=1) + "\n")
        renew(path)

    @classmethod
    def load(cls, path: Path) -> ScopeRule:
        """Read the rule.

        Raises
        ------
        ModelError
            If the file cannot be read or is no such rule.
        """
        try:
            raw: dict[str, Any] = json.loads(verified(path).read_text())
            raw |= {name: np.asarray(raw[name], dtype=np.float64) for name in _ARRAYS}
            raw["models"] = tuple((str(name), str(sha)) for name, sha in raw["models"])
            return cls(**raw)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{path} is not an out-of-study score ({error}). Restore it from the project."
            ) from error

    def entries(self, settings: Settings) -> tuple[ModelEntry, ...]:
        """List the 71-statement models that the score was fitted on.

        Raises
        ------
        ModelError
            If one is missing or has other weights.
        """
        known = {
            (entry.name, entry.card.weights_sha256[:16]): entry
            for entry in list_models(settings.pretrained_dir, settings.runs_dir, STATEMENTS71.name)
        }
        missing = [name for name, checksum in self.models if (name, checksum) not in known]
        if missing:
            raise ModelError(
                f"The out-of-study score needs {', '.join(missing)} with the weights that it was "
                "fitted on. Restore pretrained/ from the project."
            )
        return tuple(known[one] for one in self.models)

    def _standard(self, logits: ArrayLike) -> FloatArray:
        at: FloatArray = (features(logits) - self.centre) / self.spread
        return at


_ARRAYS = ("centre", "spread", "weights", "precision")
_CLASS_SCALE, _LEAST = 3.0, 1e-4
_COLUMNS = tuple(
    [STATEMENTS71.classes.index(code) for code in codes] for codes in SUPERCLASS_STATEMENTS.values()
)


def features(logits: ArrayLike) -> FloatArray:
    """Return what the score is linear in, ``(..., 91)``, from mean logits ``(..., 71)``.

    The logits themselves; then, divided by `_CLASS_SCALE`, the logit of each of NORM, MI, CD, HYP
    and STTC, that is of at least one of its statements if they were independent (noisy or), and the
    products of each two of those.
    """
    z = np.asarray(logits, dtype=np.float64)
    none = np.stack([expit(-z[..., columns]).prod(axis=-1) for columns in _COLUMNS], axis=-1)
    classes = -logit(np.clip(none, _LEAST, 1 - _LEAST)) / _CLASS_SCALE
    rows, columns = np.triu_indices(len(_COLUMNS))
    products = classes[..., rows] * classes[..., columns]
    return np.concatenate([z, classes, products], axis=-1)


def shipped_rule(settings: Settings) -> ScopeRule:
    """Read the rule that ships beside the models; ModelError without one."""
    return ScopeRule.load(settings.pretrained_dir / SCOPE_FILE)


def judge_scope(
    rule: ScopeRule | None,
    logits: ArrayLike | None,
    measured: Measurements,
    quality: Quality,
    entry: CatalogEntry | None = None,
) -> Scope:
    """Say whether the models of the study know an ECG.

    Parameters
    ----------
    rule, logits
        The fitted score and the mean logits ``(71,)`` of its models; None where they are missing.
    entry
        What PTB-XL says about the record; None for an ECG from elsewhere.
    """
    reasons = [*_by_label(entry), *_by_measurement(measured, quality)]
    score = None
    if rule is not None and logits is not None:
        score = float(rule.score(logits))
        reasons += _by_models(rule, np.asarray(logits, dtype=np.float64), measured)
    return Scope(not reasons, tuple(reasons), score, is_void(quality))


def _by_label(entry: CatalogEntry | None) -> Iterator[str]:
    if entry is None or entry.group != "other":
        return
    stated = [one for one in entry.statements if one.kind == "diagnostic"] or entry.statements
    names = ", ".join(_with_likelihood(one.code, one.likelihood) for one in stated[:3]) or "nothing"
    if entry.validated is not True:
        yield f"Outside the study: no cardiologist is known to have checked its label ({names})."
    else:
        yield f"Outside the study: its label is neither MI nor strictly normal ({names})."


def _with_likelihood(code: str, likelihood: float) -> str:
    words = STATEMENTS.get(code, code)
    return f"{words} {likelihood:.0f} %" if 0 < likelihood < 100 else words


def _by_measurement(measured: Measurements, quality: Quality) -> Iterator[str]:
    rate = measured.value("heart_rate_bpm").value
    low, high = RATE_LIMITS
    if rate is not None and not low <= rate <= high:
        yield f"Heart rate {rate:.0f}/min: the study's ECGs have {low:.0f} to {high:.0f}/min."
    flat = [
        lead
        for lead, problems in zip(LEADS, quality.leads, strict=True)
        if any(one.kind in ("flat", "missing") for one in problems)
    ]
    if flat and quality.readable:
        many = "Leads" if len(flat) > 1 else "Lead"
        yield f"{many} {', '.join(flat)} without a signal: these models need all 12 leads."
    yield from void_reasons(quality)
    if measured.median is not None and measured.median.pacing_ms is not None:
        yield "Pacing spikes before the QRS: paced rhythm is often called MI."


def is_void(quality: Quality) -> bool:
    """Say whether no verdict of any model on a recording means anything."""
    return bool(quality.swap) or not quality.readable


def void_reasons(quality: Quality) -> Iterator[str]:
    """Say why no verdict of any model means anything; nothing where one may."""
    if not quality.readable:
        n = len(quality.unreadable)
        yield f"{n} of 12 leads cannot be read: a verdict on this recording means nothing."
    if quality.swap:
        what = quality.swap.partition(":")[0]
        yield f"{what[:1].upper()}{what[1:]}: a verdict on this recording means nothing."


def _by_models(rule: ScopeRule, logits: FloatArray, measured: Measurements) -> Iterator[str]:
    probs = dict(zip(STATEMENTS71.classes, expit(logits).tolist(), strict=True))
    wide = rule.wide(logits) >= rule.wide_limit
    if wide:
        code = max(WIDE_STATEMENTS, key=probs.__getitem__)
        degree = "likely" if probs[code] >= _LIKELY else "possible"
        yield f"{STATEMENTS[code].capitalize()} is {degree}{_qrs(measured)}."
    if rule.score(logits) >= rule.limit and not wide:
        yield f"Resembles ECGs outside the study: {_leading(probs)}{_qrs(measured)}."
    if rule.distance(logits) >= rule.far_limit:
        yield "Unlike the ECGs that the models were trained on."


def _leading(probs: dict[str, float]) -> str:
    """Name the likeliest statements beside a normal ECG and sinus rhythm.

    Without numbers: the list of what else it may be has them, calibrated.
    """
    codes = [code for code in probs if code not in _UNNAMED]
    leading = sorted(codes, key=probs.__getitem__, reverse=True)[:_NAMED]
    return ", ".join(STATEMENTS[code] for code in leading)


def _qrs(measured: Measurements) -> str:
    width = measured.value("qrs_ms").value
    return f" (QRS {width:.0f} ms)" if width is not None and width >= WIDE_QRS_MS else ""


def open_scope(settings: Settings) -> ScopeModels | None:
    """Open what judges the scope; None where it does not ship, ModelError if it is damaged."""
    from ecgcore.models.predictor import Predictor  # loads torch

    if not (settings.pretrained_dir / SCOPE_FILE).exists():
        return None
    rule = shipped_rule(settings)
    return rule, [Predictor.open(one) for one in rule.entries(settings)]


def scope_by(
    models: ScopeModels | None,
    record: EcgRecord,
    entry: CatalogEntry | None,
    asked: Mapping[ModelEntry, Sequence[float]] | None = None,
) -> Scope:
    """Measure an ECG, ask the 71-statement models, and judge its scope.

    Without those models, and on a synthetic record, which they do not know, the score is None.

    Parameters
    ----------
    asked
        Logits of models that were asked about the record before; they are not asked again.
    """
    from ecgcore.models.predictor import logits_of  # loads torch

    rule, logits, known = None, None, asked or {}
    if models is not None and not record.synthetic:
        rule, predictors = models
        new = logits_of([one for one in predictors if one.entry not in known], record)
        logits = np.mean([{**known, **new}[one.entry] for one in predictors], axis=0)
    return judge_scope(rule, logits, measure(record), assess(record), entry)


def scope_of(record: EcgRecord, entry: CatalogEntry | None, settings: Settings) -> Scope:
    """Open the models and judge the scope of one ECG, as `scope_by` does."""
    return scope_by(None if record.synthetic else open_scope(settings), record, entry)
