"""Every calibrator of one ensemble beside its uncalibrated probabilities, and the gap it leaves."""

from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd

from ecgcore.errors import ModelError
from ecgcore.predictions.ensemble import FloatArray, LabelledEnsemble
from ecgcore.stats.bootstrap import resampled, unit_index
from ecgcore.stats.calibration import calibrators
from ecgcore.stats.calibration.calibration_line import CalibrationLine, calibration_line
from ecgcore.stats.calibration.calibrators import CALIBRATORS, Calibrator, CalibratorName
from ecgcore.stats.metrics import Estimate, ScoreName, Scorer, percentile_estimate
from ecgcore.stats.reliability_curve import check_predictions

SCORES: tuple[ScoreName, ...] = ("brier", "ece_width", "log_loss")


@dataclass(frozen=True, slots=True, eq=False)
class CalibratorLine:
    """An ensemble on a test set after one calibrator.

    Attributes
    ----------
    fitted
        The map and the records of fold 9 that it rests on.
    line
        Slope, intercept and calibration in the large on the test set.
    brier, ece, log_loss
        On the test set; the calibration error over 10 equally wide bins.
    """

    fitted: Calibrator
    line: CalibrationLine
    brier: Estimate
    ece: Estimate
    log_loss: Estimate

    @property
    def method(self) -> CalibratorName:
        """Which calibrator it is."""
        return self.fitted.method

    @property
    def label(self) -> str:
        """Name of the calibrator as shown."""
        return CALIBRATORS[self.method]


def compare_calibrators(
    validation: LabelledEnsemble, test: LabelledEnsemble, n_boot: int = 500
) -> tuple[CalibratorLine, ...]:
    """Fit every method on fold 9 and judge it on the test set, the raw probabilities first.

    Intervals are 95 % percentile-bootstrap intervals over patients; the fit stays as it is in
    every copy.

    Raises
    ------
    ModelError
        If fold 9 holds only one class.
    """
    names: tuple[CalibratorName, ...] = get_args(CalibratorName)
    try:
        fits = [calibrators.fit(name, validation.labels, validation.logits) for name in names]
    except ValueError as error:
        raise ModelError(
            f"The {len(validation.labels):,} records of the validation fold cannot calibrate this "
            f"model ({error}). Choose another test set."
        ) from error
    return tuple(_line(one, test, n_boot) for one in fits)


def _line(fitted: Calibrator, test: LabelledEnsemble, n_boot: int) -> CalibratorLine:
    probs = fitted.apply(test.logits)
    line = calibration_line(test.labels, probs, clusters=test.patients, n_boot=n_boot)
    return CalibratorLine(fitted, line, *_scores(test, probs, n_boot))


def _scores(test: LabelledEnsemble, probs: FloatArray, n_boot: int) -> list[Estimate]:
    labels, p = check_predictions(test.labels, probs)
    scorer = Scorer(labels, p)
    once = np.ones((1, labels.size))
    copies = list(resampled(unit_index(test.patients, labels.size), n_boot, 0))
    return [
        percentile_estimate(
            float(scorer.score(name, once)[0]),
            np.concatenate([scorer.score(name, weights) for weights in copies] or [np.empty(0)]),
        )
        for name in SCORES
    ]


def lines_frame(lines: tuple[CalibratorLine, ...]) -> pd.DataFrame:
    """Return one row per method: every figure with ``_low`` and ``_high``, and the fit's ``n``."""
    return pd.DataFrame([_row(line) for line in lines])


def _row(line: CalibratorLine) -> dict[str, object]:
    estimates = {
        "slope": line.line.slope,
        "intercept": line.line.intercept,
        "in_the_large": line.line.in_the_large,
        "brier": line.brier,
        "ece": line.ece,
        "log_loss": line.log_loss,
    }
    numbers: dict[str, object] = {"method": line.method}
    for name, estimate in estimates.items():
        numbers |= {
            name: estimate.value,
            f"{name}_low": estimate.low,
            f"{name}_high": estimate.high,
        }
    fitted = "; ".join(f"{name} = {value:.6g}" for name, value in line.fitted.parameters())
    return numbers | {"fitted": fitted, "n_fold_9": line.fitted.n, "n_mi_fold_9": line.fitted.n_mi}
