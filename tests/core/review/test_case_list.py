"""What the models say about every record, in a list and in a file."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ecgcore.review.case_list import (
    VERDICT,
    disagreement_in,
    exported,
    predictions_of,
    shown_columns,
    withhold,
)

ENSEMBLES = [
    SimpleNamespace(name=f"{arch}-{name}", label=f"{arch} {name}", arch=arch, train_set=name)
    for arch in ("cnn", "mamba")
    for name in "AD"
]


class Rule:
    """A rule that adds to the mean of two seeds, with a verdict by its probability."""

    def __init__(self, name: str, shift: float, *, fitted: bool = True) -> None:
        members = [SimpleNamespace(name=f"{name}-{seed}") for seed in (0, 1)]
        self.ensemble = SimpleNamespace(name=name, members=members)
        self.calibrator = SimpleNamespace(probs=lambda logits: logits.mean(axis=0) + shift)
        self.conformal = "limits" if fitted else None

    def verdicts(self, logits: np.ndarray) -> np.ndarray:
        return np.where(logits.mean(axis=0) > 0.5, "MI", "normal")


TABLE = pd.DataFrame(
    {"a-0": [0.1, 0.9], "a-1": [0.3, 0.7], "b-0": [0.8, 0.9], "b-1": [0.6, 0.9]}, index=[7, 9]
)


def test_probabilities_are_the_rules_and_the_verdict_is_that_of_all():
    said = predictions_of(TABLE, [Rule("a", 0.0), Rule("b", 0.05)])
    assert said.index.tolist() == [7, 9]
    assert said["a"].tolist() == pytest.approx([0.2, 0.8])
    assert said["b"].tolist() == pytest.approx([0.75, 0.95])
    assert said["verdict"].tolist() == ["refer", "MI"]
    assert disagreement_in(said).to_dict() == pytest.approx({7: 0.55, 9: 0.15})


def test_a_rule_without_fold_9_gives_probabilities_only():
    said = predictions_of(TABLE, [Rule("a", 0.0, fitted=False)])
    assert said["verdict"].tolist() == ["", ""]


@pytest.fixture
def said():
    return pd.DataFrame(
        {
            "cnn-A": [0.004, 0.5],
            "cnn-D": [0.91, 0.6],
            "mamba-A": [0.12, 0.996],
            "mamba-D": [0.9, 0.4],
            "verdict": ["refer", "MI"],
        },
        index=[3, 4],
    )


def test_each_training_set_has_a_column_and_the_ends_are_named(said):
    shown = shown_columns(said, pd.Series({3: "uncertain MI", 4: "other"}), ENSEMBLES)
    assert shown["A"].tolist() == ["  0 ·  12", " 50 · 100"]
    assert shown["D"].tolist() == [" 91 ·  90", " 60 ·  40"]
    assert shown["between"].tolist() == ["cnn D, cnn A", "mamba A, mamba D"]


def test_a_verdict_outside_the_study_stands_in_brackets(said):
    shown = shown_columns(said, pd.Series({3: "uncertain MI", 4: "other"}), ENSEMBLES)
    assert shown["verdict"].tolist() == ["refer", "(MI)"]
    without = said.assign(verdict="")
    shown = shown_columns(without, pd.Series({3: "other", 4: "other"}), ENSEMBLES)
    assert shown["verdict"].tolist() == ["", ""]


def test_a_file_holds_every_ensemble_and_the_whole_report(said):
    found = pd.DataFrame({"sex": ["male", "female"], "group": ["other", "normal"]}, index=[4, 3])
    reports = pd.Series({3: "a long report", 4: "another", 5: "not asked for"})
    table = exported(found, said, reports, {"group": "label_group"})
    assert table.to_dict("index") == {
        4: {"label_group": "other", "p_mi_cnn_A": 0.5, "p_mi_cnn_D": 0.6, "p_mi_mamba_A": 0.996,
            "p_mi_mamba_D": 0.4, "verdict": "MI", "report": "another"},
        3: {"label_group": "normal", "p_mi_cnn_A": 0.004, "p_mi_cnn_D": 0.91, "p_mi_mamba_A": 0.12,
            "p_mi_mamba_D": 0.9, "verdict": "refer", "report": "a long report"},
    }  # fmt: skip
    assert list(exported(found, None, reports, {"sex": "sex"})) == ["sex", "report"]


def test_records_whose_quality_allows_no_verdict_have_none(said):
    kept = withhold(said, [4, 99])
    assert kept[VERDICT].tolist() == [said[VERDICT].iloc[0], ""]
    assert said[VERDICT].iloc[1] != "", "the shared table stays as it is"
    pd.testing.assert_frame_equal(kept.drop(columns=VERDICT), said.drop(columns=VERDICT))
