"""Made-up ensembles, their predictions and attributions."""

from pathlib import Path
from typing import Any

import numpy as np

from ecgcore.explain.attribution import Attribution
from ecgcore.models.cards import ModelEntry, ModelKey
from ecgcore.predictions.decision import DecisionRule, EnsemblePrediction
from ecgcore.predictions.ensemble import Ensemble, EnsembleCalibrator
from ecgcore.stats.calibration.calibrators import CalibratorName
from ecgcore.stats.conformal import MondrianConformal
from tests.support.models import card

LABELS = np.arange(1234) < 540
LOGITS = np.linspace(4, -4, 1234)


def ensemble(
    arch: str = "cnn_bilstm", train_set: str = "A", seeds: int = 1, *, shipped: bool = True
) -> Ensemble:
    keys = [ModelKey(arch, train_set, seed) for seed in range(seeds)]
    return Ensemble(tuple(ModelEntry(Path("none"), card(key), shipped) for key in keys))


def rule(
    who: Ensemble, calibrator: CalibratorName = "raw", alpha: float | None = None
) -> DecisionRule:
    """Return a rule of fold 9 with 1,234 records, 540 of them MI; without `alpha`, no verdicts."""
    from ecgcore.stats.calibration import calibrators

    fitted = calibrators.fit(calibrator, LABELS, LOGITS)
    n_seeds = len(who.members)
    made = EnsembleCalibrator(calibrator, "all", 1234, 540, (fitted,) * n_seeds, fitted)
    if alpha is None:
        return DecisionRule(who, made)
    return DecisionRule(who, made, MondrianConformal(alpha, 0.4, 0.6, 540, 694))


def prediction(
    prob: float,
    who: Ensemble | None = None,
    calibrator: CalibratorName = "raw",
    alpha: float | None = None,
    **numbers: Any,
) -> EnsemblePrediction:
    """Return a prediction with these numbers, whatever a rule would make of them."""
    usual = {
        "seeds": (prob,),
        "uncalibrated": prob,
        "uncalibrated_seeds": (prob,),
        "leakage": "",
    }
    made = rule(who or ensemble(), calibrator, alpha)
    return EnsemblePrediction(made, prob, **(usual | numbers))


def attribution(scores: np.ndarray, method: str = "ig", **numbers: Any) -> Attribution:
    """Return an attribution of CNN-BiLSTM A, seed 0."""
    usual = {"fs_hz": 100, "logit": 0.0, "delta": 0.0, "n_layer_steps": 125}
    model = ensemble().members[0]
    return Attribution(model, method, np.asarray(scores, np.float32), **(usual | numbers))
