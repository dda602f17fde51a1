"""Shipped groups and how their opinions are read, without a page around them."""

from collections.abc import Sequence

from ecgcore.errors import ModelError
from ecgcore.models.cards import list_models
from ecgcore.predictions.decision import DecisionRule, DecisionSettings
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

_RULE = "all"


def shipped_ensembles(settings: Settings) -> tuple[Ensemble, ...]:
    """Group the shipped models over their seeds."""
    found = list_models(settings.pretrained_dir, settings.runs_dir)
    return ensembles_of(entry for entry in found if entry.shipped)


def decision_rules(
    groups: Sequence[Ensemble], rule: DecisionSettings, settings: Settings
) -> tuple[list[DecisionRule], tuple[str, ...]]:
    """Fit on the shipped predictions for fold 9 how each group is read.

    Returns
    -------
    tuple
        A reader for each group, and notes: raw opinions need no fold 9, so that where it is
        missing they have no verdict, and the note says why.

    Raises
    ------
    ModelError
        If fold 9 is missing and a recalibration or a sensitivity is asked for.
    """
    try:
        table = wide_predictions(load_predictions(shipped_file(settings.pretrained_dir)))
        cohort = load_cohort(settings.pretrained_dir)
        folds = [
            LabelledEnsemble.from_table(group, table, cohort, _RULE, "val") for group in groups
        ]
    except ModelError as error:
        if rule.method != "raw" or rule.sensitivity is not None:
            raise
        raw = [DecisionRule(EnsembleCalibrator.raw(len(group.members), _RULE)) for group in groups]
        return raw, (f"No conformal verdict: {error}",)
    return [
        DecisionRule.fit(rule, EnsembleCalibrator.fit(rule.method, _RULE, fold), fold)
        for fold in folds
    ], ()
