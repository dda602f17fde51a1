"""The table of all models on all test sets, with the study's published figures beside it."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from ecgcore.errors import ModelError
from ecgcore.evaluate.metrics import Metrics
from ecgcore.evaluate.published import published_frame
from ecgcore.models.cards import ModelEntry, list_models
from ecgcore.models.scoreboard import judge
from ecgcore.ptbxl.catalog import PTBXL_VERSION, open_catalog
from ecgcore.ptbxl.cohorts import TEST_SETS
from ecgcore.ptbxl.store import open_recordings
from ecgcore.settings import Settings


@dataclass(frozen=True, slots=True)
class Row:
    """One model on one test set."""

    model: ModelEntry
    test_set: str
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """Rows of all models and test sets on one data set."""

    data_version: str
    rows: tuple[Row, ...]

    def frame(self) -> pd.DataFrame:
        """One line for each model, test set and metric, with its 95 % interval."""
        return pd.concat(
            [
                row.metrics.frame().assign(
                    **asdict(row.model.key), test_set=row.test_set, n=row.metrics.n
                )
                for row in self.rows
            ],
            ignore_index=True,
        )

    def as_json(self) -> dict[str, Any]:
        """Test sets with their models and the published figures; undefined values are null."""
        return {
            "data_version": self.data_version,
            "test_sets": {name: self._test_set(name) for name in TEST_SETS},
        }

    def as_text(self) -> str:
        """One table for each test set."""
        parts = []
        for name in TEST_SETS:
            rows = [row for row in self.rows if row.test_set == name]
            first = rows[0].metrics
            table = pd.DataFrame(
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
            parts.append(
                f"{self.data_version}, test set {name}: n = {first.n}, MI = {first.n_mi}\n"
                f"{table.to_string()}\n\npublished (n = {first.n}):\n{beside}"
            )
        return "\n\n".join(parts)

    def _test_set(self, name: str) -> dict[str, Any]:
        rows = [row for row in self.rows if row.test_set == name]
        models = [{**asdict(row.model.key), **_plain(asdict(row.metrics))} for row in rows]
        published = published_frame(rows[0].metrics.n)
        return {
            "n": rows[0].metrics.n,
            "n_mi": rows[0].metrics.n_mi,
            "models": models,
            "published": [_plain(dict(row)) for row in published.to_dict(orient="records")],
        }


def evaluation_report(settings: Settings) -> EvaluationReport:
    """Judge the models on the three test sets of the data that is open.

    Shipped predictions are judged on PTB-XL, without needing its records; own runs are judged on
    the data set that they were trained on.

    Raises
    ------
    ModelError
        If there is no model, or predictions are missing.
    """
    recordings = open_recordings(open_catalog(settings))
    version = recordings.catalog.version if settings.data_dir else PTBXL_VERSION
    entries = [
        entry
        for entry in list_models(settings.pretrained_dir, settings.runs_dir)
        if recordings.catalog.version == version or entry.card.data_version == version
    ]
    if not entries:
        raise ModelError(f"There is no model in {settings.pretrained_dir}. Restore that folder.")
    rows = []
    for entry in entries:
        for name in TEST_SETS:
            judged = judge(
                entry,
                name,
                version,
                pretrained_dir=settings.pretrained_dir,
                recordings=recordings,
            )
            rows.append(Row(entry, name, judged.metrics()))
    return EvaluationReport(version, tuple(rows))


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
