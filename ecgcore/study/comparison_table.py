"""Groups beside each other on one test set: standings, differences, DeLong's test, claims."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.errors import ModelError
from ecgcore.predictions.board import Board, open_board
from ecgcore.predictions.decision import DecisionSettings
from ecgcore.predictions.ensemble import Ensemble, EnsembleCalibrator, ensembles_of
from ecgcore.predictions.shipped import decision_rules
from ecgcore.ptbxl.catalog import PTBXL_VERSION
from ecgcore.settings import Settings
from ecgcore.stats.calibration.calibrators import CALIBRATORS, CalibratorName
from ecgcore.stats.comparison.delong import delong
from ecgcore.stats.comparison.paired_bootstrap import (
    Comparison,
    Contender,
    Standing,
    Trial,
    compare_all,
    comparison_frame,
    holm,
    paired_bootstrap,
    rank_frame,
    rank_table,
)
from ecgcore.stats.comparison.verdicts import rule_words
from ecgcore.stats.metrics import ScoreName
from ecgcore.study.claims import (
    CLAIMS,
    REBUILT_CLAIMS,
    Claim,
    Compare,
    GroupKey,
    Judgement,
    judge_all,
)


@dataclass(frozen=True, slots=True, eq=False)
class ComparisonReport:
    """Shipped groups on one test set.

    Attributes
    ----------
    method
        Calibrator of every ensemble, that of `ecgcore.predictions.decision`: fitted on fold 9 with
        all labels, whatever the test set.
    standings
        Score of each group: mean and SD over seeds, and the ensemble.
    comparisons
        Every pair, the first minus the second, over patients and seeds.
    delong
        Every pair of ensembles by AUROC: ``first, second, value, low, high, p, p_holm``.
    claims
        Published claims beside ours, always by uncalibrated probabilities; empty on other data.
    rebuilt
        Those that the study's own network answers, trained again; empty where it is not shipped.
    """

    data_version: str
    test_set: str
    method: CalibratorName
    n: int
    n_mi: int
    standings: tuple[Standing, ...]
    comparisons: tuple[Comparison, ...]
    delong: pd.DataFrame
    claims: tuple[Judgement, ...]
    rebuilt: tuple[Judgement, ...]

    def as_json(self) -> dict[str, Any]:
        """Tables as lists of rows; undefined values are null."""
        tables = {
            "standings": rank_frame(self.standings),
            "comparisons": comparison_frame(self.comparisons),
            "delong": self.delong,
        }
        return {
            "data_version": self.data_version,
            "test_set": self.test_set,
            "calibration": self.method,
            "n": self.n,
            "n_mi": self.n_mi,
            **{name: _rows(table) for name, table in tables.items()},
            "claims": [_claim_row(one) for one in self.claims],
            "claims_rebuilt": [_claim_row(one) for one in self.rebuilt],
        }

    def as_text(self) -> str:
        """Tables one below the other."""
        head = f"{self.data_version}, test set {self.test_set}: n = {self.n}, MI = {self.n_mi}"
        return "\n\n".join(
            [
                f"{head}; {CALIBRATORS[self.method]}",
                _text(rank_frame(self.standings)),
                "First minus second, 95 % intervals over patients and seeds, then over seeds alone"
                f" (Welch). {rule_words(len(self.comparisons)).replace('**', '')}\n"
                f"{_text(comparison_frame(self.comparisons))}",
                "DeLong's test of the ensembles' AUROCs, patients clustered:\n"
                f"{_text(self.delong)}",
                _claims_text("Published claims, ours by uncalibrated probabilities", self.claims),
                *(
                    [
                        _claims_text(
                            "The same by the study's own network, trained again", self.rebuilt
                        )
                    ]
                    if self.rebuilt
                    else []
                ),
            ]
        )


def comparison_report(
    settings: Settings,
    test_set: str = "certain",
    method: CalibratorName = "raw",
    metric: ScoreName = "auroc",
    *,
    n_boot: int = 4000,
) -> ComparisonReport:
    """Compare the shipped groups.

    Parameters
    ----------
    test_set
        A key of `TEST_SETS`.
    n_boot
        Bootstrap copies of patients and seeds; 4,000 allow 55 pairs a corrected p below 0.05.

    Raises
    ------
    ModelError
        If there are not two ensembles, or they cannot be judged or calibrated.
    """
    judge_of, entries = open_board(settings)
    groups = ensembles_of(entry for entry in entries if entry.shipped)
    if len(groups) < 2:
        raise ModelError(f"{len(groups)} groups of models are shipped; two can be compared.")
    board = _Board(judge_of, groups, n_boot)
    labels, patients = board.records(test_set)
    rules, _ = decision_rules(groups, DecisionSettings(method), settings)
    trial, contenders = board.enter(test_set, [rule.calibrator for rule in rules])
    test = delong(labels, [one.ensemble_probs for one in contenders], patients)
    table = test.matrix([group.name for group in groups])
    return ComparisonReport(
        judge_of.version,
        test_set,
        method,
        len(labels),
        int(labels.sum()),
        rank_table(trial, contenders, metric),
        compare_all(trial, contenders, metric),
        table.assign(p_holm=holm(table["p"])),
        board.claims(CLAIMS) if judge_of.version == PTBXL_VERSION else (),
        tuple(one for one in board.claims(REBUILT_CLAIMS) if one.gaps)
        if judge_of.version == PTBXL_VERSION
        else (),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Board:
    judge: Board
    groups: Sequence[Ensemble]
    n_boot: int

    def records(self, test_set: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Labels and patients, ``(n,)`` each, the same for every group."""
        judged = self.judge(self.groups[0], test_set)
        return judged.labels, judged.patients

    def enter(
        self, test_set: str, calibrators: Sequence[EnsembleCalibrator]
    ) -> tuple[Trial, list[Contender]]:
        """Put every ensemble on the records of a test set, each with its calibrator."""
        labels, patients = self.records(test_set)
        contenders = []
        for group, calibrator in zip(self.groups, calibrators, strict=True):
            logits = self.judge(group, test_set).seed_logits
            probs = calibrator.seed_probs(logits), calibrator.probs(logits)
            contenders.append(Contender(group.name, *probs))
        return Trial(labels, patients, n_boot=self.n_boot), contenders

    def claims(self, claims: Sequence[Claim]) -> tuple[Judgement, ...]:
        """Judge published claims."""
        return judge_all(claims, self._comparer)

    def _comparer(self, claim: Claim) -> Compare:
        if not claim.test_set:
            return lambda *_: None
        uncalibrated = [
            EnsembleCalibrator.raw(len(group.members), claim.test_set) for group in self.groups
        ]
        trial, contenders = self.enter(claim.test_set, uncalibrated)
        keys = [(group.arch, group.train_set) for group in self.groups]
        known = dict(zip(keys, contenders, strict=True))

        def compare(first: GroupKey, second: GroupKey) -> Comparison | None:
            if first not in known or second not in known:
                return None
            return paired_bootstrap(trial, known[first], known[second], claim.score)

        return compare


def _claim_row(one: Judgement) -> dict[str, Any]:
    return {
        "claim": one.claim.text,
        "test_set": one.claim.test_set,
        "verdict": one.verdict,
        "gaps": [asdict(gap) for gap in one.gaps],
    }


def _claims_text(title: str, judged: Sequence[Judgement]) -> str:
    return "\n".join([f"{title}:", *(f"  {one.verdict:28} {one.claim.text}" for one in judged)])


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {name: None if isinstance(v, float) and math.isnan(v) else v for name, v in row.items()}
        for row in table.to_dict(orient="records")
    ]


def _text(table: pd.DataFrame) -> str:
    text: str = table.to_string(index=False, float_format="{:.4f}".format)
    return text
