"""The shipped ensembles and their decision rules, without a page around them."""

from collections.abc import Sequence

from ecgcore.errors import ModelError
from ecgcore.models.cards import list_models
from ecgcore.predictions.decision import RECORDS, DecisionRule, DecisionSettings
from ecgcore.predictions.ensemble import (
    Ensemble,
    EnsembleCalibrator,
    LabelledEnsemble,
    ensembles_of,
)
from ecgcore.predictions.store import (
    load_cohort,
    load_predictions,
    shipped_file,
    wide_predictions,
)
from ecgcore.settings import Settings


def shipped_ensembles(settings: Settings) -> tuple[Ensemble, ...]:
    """Group the shipped models over their seeds."""
    found = list_models(settings.pretrained_dir, settings.runs_dir)
    return ensembles_of(entry for entry in found if entry.shipped)


def decision_rules(
    ensembles: Sequence[Ensemble], chosen: DecisionSettings, settings: Settings
) -> tuple[list[DecisionRule], tuple[str, ...]]:
    """Fit the rule of each ensemble on the shipped predictions for fold 9 of PTB-XL.

    Returns
    -------
    tuple
        A rule for each ensemble, and notes: uncalibrated probabilities need no fold 9, so that
        where it is missing there is no verdict, and the note says why.

    Raises
    ------
    ModelError
        If fold 9 is missing and a calibrator or a target sensitivity is asked for.
    """
    try:
        folds = _fold9(ensembles, settings)
    except ModelError as error:
        if chosen.calibrator != "raw" or chosen.sensitivity is not None:
            raise
        return [_unfitted(one) for one in ensembles], (f"No conformal verdict: {error}",)
    fits = [EnsembleCalibrator.fit(chosen.calibrator, RECORDS, fold) for fold in folds]
    return [
        DecisionRule.fit(ensemble, chosen, calibrator, fold)
        for ensemble, calibrator, fold in zip(ensembles, fits, folds, strict=True)
    ], ()


def _fold9(ensembles: Sequence[Ensemble], settings: Settings) -> list[LabelledEnsemble]:
    table = wide_predictions(load_predictions(shipped_file(settings.pretrained_dir)))
    cohort = load_cohort(settings.pretrained_dir)
    return [LabelledEnsemble.from_table(one, table, cohort, RECORDS, "val") for one in ensembles]


def _unfitted(ensemble: Ensemble) -> DecisionRule:
    return DecisionRule(ensemble, EnsembleCalibrator.raw(len(ensemble.members), RECORDS))
