"""Groups beside the labels of the data set that is open, for the reports of the command line."""

from dataclasses import dataclass

import pandas as pd

from ecgcore.errors import ModelError
from ecgcore.models.cards import ModelEntry, list_models
from ecgcore.predictions import labelled
from ecgcore.predictions.ensemble import Ensemble, EnsembleCalibrator, LabelledEnsemble
from ecgcore.predictions.store import load_predictions, wide_predictions
from ecgcore.ptbxl.catalog import PTBXL_VERSION, open_catalog
from ecgcore.ptbxl.store import Recordings, open_recordings
from ecgcore.settings import Settings
from ecgcore.stats.calibration.calibrators import CalibratorName


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """Puts groups beside labels; the shipped predictions are read once."""

    settings: Settings
    version: str
    recordings: Recordings
    cohort: pd.DataFrame
    shipped: pd.DataFrame | None

    def __call__(self, group: Ensemble, test_set: str, split: str = "test") -> LabelledEnsemble:
        """Judge on a test set, or on the records of its rule in fold 9 ("val")."""
        if group.shipped and self.shipped is not None:
            return LabelledEnsemble.from_table(group, self.shipped, self.cohort, test_set, split)
        members = [
            labelled.judge(
                entry,
                test_set,
                self.version,
                pretrained_dir=self.settings.pretrained_dir,
                recordings=self.recordings,
                split=split,
            )
            for entry in group.members
        ]
        return LabelledEnsemble.of(members)

    def calibration(self, group: Ensemble, method: CalibratorName, rule: str) -> EnsembleCalibrator:
        """Fit a calibrator on the fold-9 records of a test set's rule."""
        if method == "raw":
            return EnsembleCalibrator.raw(len(group.members), rule)
        return EnsembleCalibrator.fit(method, rule, self(group, rule, "val"))


def open_board(settings: Settings) -> tuple[Board, tuple[ModelEntry, ...]]:
    """Open the data, and list the models that can be judged on it.

    Shipped predictions are judged on PTB-XL, without needing its records; local runs are judged on
    the data set that they were trained on.

    Raises
    ------
    ModelError
        If there is no model.
    """
    recordings = open_recordings(open_catalog(settings))
    version = recordings.catalog.version if settings.data_dir else PTBXL_VERSION
    entries = tuple(
        entry
        for entry in list_models(settings.pretrained_dir, settings.runs_dir)
        if recordings.catalog.version == version or entry.card.data_version == version
    )
    if not entries:
        raise ModelError(f"There is no model in {settings.pretrained_dir}. Restore that folder.")
    stored = labelled.shipped_predictions(version, settings.pretrained_dir)
    cohort = labelled.cohort_of(version, settings.pretrained_dir, recordings)
    table = None if stored is None else wide_predictions(load_predictions(stored))
    return Board(settings, version, recordings, cohort, table), entries
