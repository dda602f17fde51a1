"""The table of all models on all test sets, with the study's published figures beside it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, get_args

import numpy as np
import pandas as pd

from ecgcore.errors import ModelError
from ecgcore.models.cards import ModelEntry
from ecgcore.predictions.board import open_board
from ecgcore.predictions.ensemble import (
    Ensemble,
    EnsembleCalibrator,
    LabelledEnsemble,
    ensembles_of,
)
from ecgcore.predictions.labelled import LabelledLogits
from ecgcore.settings import Settings
from ecgcore.stats.calibration.calibrators import CALIBRATORS, CalibratorName
from ecgcore.stats.metrics import METRIC_NAMES, Metrics, evaluate
from ecgcore.study.published import published_frame
from ecgcore.tasks.mi import TEST_SETS

DEFAULT_METHODS: tuple[CalibratorName, ...] = ("raw", "platt")


@dataclass(frozen=True, slots=True)
class Row:
    """One model on one test set, its probabilities raw."""

    model: ModelEntry
    test_set: str
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One ensemble on one test set after one calibrator.

    Attributes
    ----------
    calibration
        What was fitted, and on how many records of fold 9.
    seeds
        Figures of each seed, without intervals.
    ensemble
        Figures of the mean of the seeds' logits, with intervals.
    """

    group: Ensemble
    test_set: str
    calibration: EnsembleCalibrator
    seeds: tuple[Metrics, ...]
    ensemble: Metrics

    def mean(self, name: str) -> float:
        """Mean of a metric over seeds."""
        return float(np.mean(self._values(name)))

    def sd(self, name: str) -> float:
        """Return the sample standard deviation over seeds; NaN for a single one."""
        return float(np.std(self._values(name), ddof=1)) if len(self.seeds) > 1 else math.nan

    def frame(self) -> pd.DataFrame:
        """One line for each metric: ``mean, sd`` over seeds, the ensemble's value and interval."""
        names = list(METRIC_NAMES)
        return self.ensemble.frame().assign(
            mean=[self.mean(name) for name in names], sd=[self.sd(name) for name in names]
        )

    def as_json(self) -> dict[str, Any]:
        """Identity, fold 9 and every metric; NaN are null."""
        return {
            "arch": self.group.arch,
            "train_set": self.group.train_set,
            "seeds": list(self.group.seeds),
            "own_run": None if self.group.shipped else self.group.members[0].run_name,
            "calibration": self.calibration.method,
            "fold_9": {"n": self.calibration.n, "n_mi": self.calibration.n_mi},
            "metrics": {
                name: _plain(
                    {
                        "mean": self.mean(name),
                        "sd": self.sd(name),
                        "ensemble": asdict(getattr(self.ensemble, name)),
                    }
                )
                for name in METRIC_NAMES
            },
        }

    def _values(self, name: str) -> list[float]:
        return [getattr(seed, name).value for seed in self.seeds]


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """Rows of all models and test sets on one data set.

    Attributes
    ----------
    rows
        Every single model.
    groups
        Every ensemble, test set and calibrator.
    notes
        What could not be calibrated, and why.
    """

    data_version: str
    rows: tuple[Row, ...]
    groups: tuple[GroupRow, ...] = ()
    notes: tuple[str, ...] = ()

    def frame(self) -> pd.DataFrame:
        """One line for each model, test set and metric, with its 95 % interval."""
        return pd.concat(
            [
                row.metrics.frame().assign(
                    **row.model.key.identity, test_set=row.test_set, n=row.metrics.n
                )
                for row in self.rows
            ],
            ignore_index=True,
        )

    def group_frame(self) -> pd.DataFrame:
        """One line for each group, test set, recalibration and metric."""
        return pd.concat(
            [
                row.frame().assign(
                    group=row.group.name,
                    n_seeds=len(row.seeds),
                    test_set=row.test_set,
                    calibration=row.calibration.method,
                    n=row.ensemble.n,
                )
                for row in self.groups
            ],
            ignore_index=True,
        )

    def as_json(self) -> dict[str, Any]:
        """Test sets with their models and the published figures; undefined values are null."""
        return {
            "data_version": self.data_version,
            "notes": list(self.notes),
            "test_sets": {name: self._test_set(name) for name in TEST_SETS},
        }

    def as_text(self) -> str:
        """Each test set: its groups by recalibration, the published figures, the single seeds."""
        return "\n\n".join([*(self._text(name) for name in TEST_SETS), *self.notes])

    def _text(self, test_set: str) -> str:
        rows = [row for row in self.rows if row.test_set == test_set]
        first = rows[0].metrics
        single = pd.DataFrame(
            {
                row.model.label: {
                    line.metric: f"{line.value:.4f} [{line.low:.4f}, {line.high:.4f}]"
                    for line in row.metrics.frame().itertuples()
                }
                for row in rows
            }
        ).T
        published = published_frame(first.n)
        beside = "nothing" if published.empty else published.to_string(index=False)
        return "\n\n".join(
            [
                f"{self.data_version}, test set {test_set}: n = {first.n}, MI = {first.n_mi}",
                *self._group_tables(test_set),
                f"published (n = {first.n}):\n{beside}",
                f"single models, raw:\n{single.to_string()}",
            ]
        )

    def _group_tables(self, test_set: str) -> list[str]:
        """One table for each recalibration: mean and SD over seeds above the ensemble."""
        texts = []
        mine = [row for row in self.groups if row.test_set == test_set]
        for method in dict.fromkeys(row.calibration.method for row in mine):
            chosen = [row for row in mine if row.calibration.method == method]
            fold = chosen[0].calibration
            fitted = f", fitted on {fold.n} records of fold 9" if fold.n else ""
            table = pd.concat([_lines(row) for row in chosen])
            texts.append(f"{CALIBRATORS[method]}{fitted}:\n{table.to_string()}")
        return texts

    def _test_set(self, name: str) -> dict[str, Any]:
        rows = [row for row in self.rows if row.test_set == name]
        models = [{**row.model.key.identity, **_plain(asdict(row.metrics))} for row in rows]
        published = published_frame(rows[0].metrics.n)
        return {
            "n": rows[0].metrics.n,
            "n_mi": rows[0].metrics.n_mi,
            "models": models,
            "groups": [row.as_json() for row in self.groups if row.test_set == name],
            "published": [_plain(dict(row)) for row in published.to_dict(orient="records")],
        }


def evaluation_report(
    settings: Settings, methods: Sequence[str] = DEFAULT_METHODS, *, n_boot: int = 1000
) -> EvaluationReport:
    """Judge the models and groups on the three test sets of the data that is open.

    Shipped predictions are judged on PTB-XL, without needing its records; local runs are judged on
    the data set that they were trained on.

    Parameters
    ----------
    methods
        Recalibrations of the groups, each fitted on the fold-9 records of the test set's rule.
    n_boot
        Bootstrap copies behind the intervals of the ensembles.

    Raises
    ------
    ModelError
        If there is no model, predictions are missing, or a method is unknown.
    """
    chosen = _known(methods)
    judge, entries = open_board(settings)
    rows: list[Row] = []
    groups: list[GroupRow] = []
    notes: dict[str, None] = {}
    for group in ensembles_of(entries):
        for name in TEST_SETS:
            judged = judge(group, name, "test")
            rows += _rows(group, name, judged)
            for method in chosen:
                try:
                    calibration = judge.calibration(group, method, name)
                except ModelError as error:
                    notes[f"{CALIBRATORS[method]} is left out of test set {name}: {error}"] = None
                    continue
                groups.append(_group_row(group, name, judged, calibration, n_boot))
    return EvaluationReport(judge.version, tuple(rows), tuple(groups), tuple(notes))


def _known(methods: Iterable[str]) -> tuple[CalibratorName, ...]:
    known: tuple[CalibratorName, ...] = get_args(CalibratorName)
    if unknown := sorted(set(methods) - set(known)):
        raise ModelError(
            f"There is no recalibration {', '.join(unknown)}; use some of {', '.join(known)}."
        )
    return tuple(method for method in known if method in methods)


def _rows(group: Ensemble, test_set: str, judged: LabelledEnsemble) -> list[Row]:
    return [
        Row(
            entry,
            test_set,
            LabelledLogits(
                judged.ids, judged.labels, logits.astype(np.float32), judged.patients
            ).metrics(),
        )
        for entry, logits in zip(group.members, judged.seed_logits, strict=True)
    ]


def _group_row(
    group: Ensemble,
    test_set: str,
    judged: LabelledEnsemble,
    calibration: EnsembleCalibrator,
    n_boot: int,
) -> GroupRow:
    seeds = tuple(
        evaluate(judged.labels, probs, n_boot=0)
        for probs in calibration.seed_probs(judged.seed_logits)
    )
    probs = calibration.probs(judged.seed_logits)
    ensemble = evaluate(judged.labels, probs, clusters=judged.patients, n_boot=n_boot)
    return GroupRow(group, test_set, calibration, seeds, ensemble)


def _lines(row: GroupRow) -> pd.DataFrame:
    """Mean and SD over seeds, and the ensemble, as two lines of text."""
    numbers = row.frame().set_index("metric")
    n = len(row.seeds)
    spread = {
        name: f"{line['mean']:.4f}" + (f" ± {line['sd']:.4f}" if n > 1 else "")
        for name, line in numbers.iterrows()
    }
    ensemble = {
        name: f"{line['value']:.4f} [{line['low']:.4f}, {line['high']:.4f}]"
        for name, line in numbers.iterrows()
    }
    label = row.group.label
    seeds = f"{label}, {n} seeds" if n > 1 else f"{label}, 1 seed"
    return pd.DataFrame([spread, ensemble], index=[seeds, f"{label}, ensemble"])


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Replace NaN, which JSON does not know, by None at any depth."""
    return {
        key: _plain(value)
        if isinstance(value, dict)
        else None
        if isinstance(value, float) and math.isnan(value)
        else value
        for key, value in values.items()
    }
