"""Groups of seeds: how models are grouped, what an ensemble is, and its recalibration."""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from ecgcore.errors import ModelError
from ecgcore.models.cards import ModelEntry, ModelKey
from ecgcore.predictions.ensemble import (
    EnsembleCalibrator,
    LabelledEnsemble,
    ensemble_by_name,
    ensembles_of,
    is_main,
    main_ensembles,
    shipped_twin,
    study_names,
    telling_record,
    trained_on,
)
from tests.support.models import card
from tests.support.predictions import ensemble


def entry(arch: str, train_set: str, seed: int, *, shipped: bool = True, run: str = "run"):
    return ModelEntry(Path(run), card(ModelKey(arch, train_set, seed)), shipped)


def judged(seed_logits, labels) -> LabelledEnsemble:
    n = len(labels)
    return LabelledEnsemble(
        np.arange(n) + 10, np.asarray(labels), np.arange(n), np.asarray(seed_logits)
    )


def test_seeds_are_grouped_in_the_order_of_the_study():
    entries = [
        entry("bimamba2", "A", 0),
        entry("cnn_bilstm", "D", 1),
        entry("cnn_bilstm", "A", 0, shipped=False, run="cnn_bilstm-A-seed0-late"),
        entry("cnn_bilstm", "D", 0),
        entry("cnn_bilstm", "C", 0),
    ]
    groups = ensembles_of(entries)
    assert [group.name for group in groups] == [
        "cnn_bilstm-C",
        "cnn_bilstm-D",
        "bimamba2-A",
        "cnn_bilstm-A-0@cnn_bilstm-A-seed0-late",
    ]
    assert groups[1].seeds == (0, 1)
    assert [group.label for group in groups[1:]] == [
        "CNN-BiLSTM D",
        "BiMamba-2 A",
        "CNN-BiLSTM A (local run late)",
    ]
    assert ensemble_by_name(groups, "bimamba2-A") is groups[2]


def test_an_unknown_group_names_the_known_ones():
    with pytest.raises(ModelError, match="no model 'resnet-A'; there are cnn_bilstm-C"):
        ensemble_by_name(ensembles_of([entry("cnn_bilstm", "C", 0)]), "resnet-A")


def test_the_ensemble_is_the_mean_logit_and_records_can_be_chosen():
    group = judged([[0.0, 2.0, 4.0], [2.0, 0.0, -4.0]], [0, 1, 1])
    assert group.logits.tolist() == [1.0, 1.0, 0.0]
    some = group.only([12, 10])
    assert (some.ids.tolist(), some.labels.tolist()) == ([10, 12], [0, 1])
    assert some.seed_logits.tolist() == [[0.0, 4.0], [2.0, -4.0]]


def test_every_seed_and_the_ensemble_are_calibrated_alone():
    draw = np.random.default_rng(0)
    labels = np.arange(400) % 2
    logits = 3 * (2 * labels - 1) + draw.normal(0, 3, (2, 400)) + [[2.0], [-2.0]]
    fitted = EnsembleCalibrator.fit("platt", "all", judged(logits, labels))
    assert (fitted.n, fitted.n_mi) == (400, 200)
    assert fitted.seed_probs(logits).mean(axis=1) == pytest.approx([0.5, 0.5], abs=0.01)
    assert fitted.probs(logits).mean() == pytest.approx(0.5, abs=0.01)
    raw = EnsembleCalibrator.fit("raw", "all", judged(logits, labels))
    np.testing.assert_allclose(raw.probs(logits), expit(logits.mean(axis=0)))
    assert abs(expit(logits[0]).mean() - 0.5) > 0.05


def test_records_of_one_class_cannot_calibrate():
    with pytest.raises(ModelError, match="3 records of the validation fold cannot calibrate"):
        EnsembleCalibrator.fit("platt", "certain", judged([[0.0, 1.0, 2.0]], [1, 1, 1]))


def test_the_study_has_six_main_ensembles_and_without_them_all_are_main():
    assert is_main(ensemble("bimamba2", "D"))
    assert not is_main(ensemble("bimamba2", "D", shipped=False))
    main = [ensemble(arch, name) for arch in ("cnn_bilstm", "bimamba2") for name in "ACD"]
    others = [ensemble("cnn_bilstm", "D-mix"), ensemble("cnn_lstm", "A")]
    assert main_ensembles([*others, *main]) == main
    assert main_ensembles(others) == others


def test_the_study_is_shown_at_first_and_local_runs_only_without_it():
    a, multi = ensemble("cnn_bilstm", "A"), ensemble("cnn_bilstm", "C-multi")
    run = ensemble("cnn_bilstm", "C", shipped=False)
    assert study_names([a, multi, run]) == ["cnn_bilstm-A"]
    assert study_names([run, multi]) == [run.name, multi.name]


def test_the_twin_of_a_run_has_its_training_set_and_if_there_is_one_its_architecture():
    run = ensemble("bimamba2", "C", shipped=False)
    cnn, mamba, other = (
        ensemble(*key) for key in (("cnn_bilstm", "C"), ("bimamba2", "C"), ("bimamba2", "A"))
    )
    assert shipped_twin(run, [other, cnn, mamba, run]) == mamba
    assert shipped_twin(run, [other, cnn, run]) == cnn
    assert shipped_twin(run, [other, run]) is None


def test_the_telling_record_is_the_mi_on_which_two_ensembles_differ_most():
    labels = [0, 1, 1, 1]
    own = judged([[4.0, 3.0, 1.0, -0.2]], labels)
    twin = judged([[-4.0, 3.2, -1.0, -0.1]], labels)
    assert telling_record(own, twin) == 12
    assert telling_record(own) == 13  # the least sure of the MI


def test_what_an_ensemble_was_trained_on_in_words():
    assert trained_on(ensemble(seeds=3)) == (
        "certain MI only, with normals: 5,645 records, 1,194 MI (PTB-XL 1.0.3, 3 seeds)"
    )
    assert trained_on(ensemble()).endswith("(PTB-XL 1.0.3, seed 0)")
