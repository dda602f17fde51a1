"""Checks on models and maps whose answer is known, and on destroyed networks."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from ecgcore.explain.checks.agreement import (
    correlation,
    halves_agreement,
    map_agreement,
    parts,
    rank_correlation,
    shuffled,
)
from ecgcore.explain.checks.faithfulness import cells_of, faithfulness, map_order
from ecgcore.explain.checks.run import explain_with_checks
from ecgcore.explain.maps.asked import seen
from ecgcore.explain.methods import explain
from ecgcore.models.predictor import Predictor
from tests.support.predictions import attribution


class Sum(nn.Module):
    """A weighted sum of all samples, with a little of another one for each seed."""

    def __init__(self, seed=0, own=0.2, size=0.01):
        super().__init__()
        draw = [
            torch.randn(12, 1000, generator=torch.Generator().manual_seed(s)) for s in (99, seed)
        ]
        self.layer = nn.Linear(1, 1)
        self.weight = nn.Parameter(size * (draw[0] + own * draw[1]))

    def forward(self, x):
        return (x * self.weight).sum(dim=(1, 2))[:, None]


@pytest.fixture(scope="module")
def record(synthetic_recordings):
    return synthetic_recordings.read(int(synthetic_recordings.catalog.frame.index[0]))


@pytest.fixture
def toy(untrained_entries):
    entry = untrained_entries["cnn_bilstm"]
    return lambda module: Predictor(entry, module.eval().requires_grad_(False))


class TestAgreement:
    def test_correlation_is_pearsons(self):
        one, other = np.random.default_rng(0).normal(size=(2, 40))
        assert correlation(one, other) == pytest.approx(np.corrcoef(one, other)[0, 1])
        assert correlation(one, np.ones(40)) == 0

    def test_maps_are_compared_over_40_ms(self):
        """What differs within a bin only is the same map."""
        scores = np.zeros((12, 8))
        scores[3, 0], scores[5, 5] = 2.0, 1.0
        moved = np.zeros((12, 8))
        moved[3, 3], moved[5, 4] = 2.0, 1.0
        assert map_agreement(attribution(scores), attribution(moved)) == pytest.approx(1)
        moved[3, 3], moved[3, 4] = 0.0, 2.0
        assert map_agreement(attribution(scores), attribution(moved)) < 0.5

    def test_halves_are_the_first_two_and_the_other_three(self):
        maps = np.random.default_rng(1).normal(size=(5, 12, 40)).astype(np.float32)
        sums = maps.reshape(5, 12, 10, 4).sum(axis=3)
        expected = np.corrcoef(sums[:2].mean(axis=0).ravel(), sums[2:].mean(axis=0).ravel())[0, 1]
        assert halves_agreement(list(maps), 100) == pytest.approx(expected, abs=1e-6)

    def test_rank_correlation_knows_order_only(self):
        one = np.arange(12.0 * 4).reshape(12, 4)
        assert rank_correlation(attribution(one), attribution(one**3)) == pytest.approx(1)
        assert rank_correlation(attribution(one), attribution(-one)) == pytest.approx(-1)
        assert rank_correlation(attribution(one), attribution(np.ones((12, 4)))) == 0

    def test_weights_are_shuffled_from_the_output_backwards(self, untrained_entries):
        predictor = Predictor.open(untrained_entries["cnn_bilstm"])
        names = {module: name for name, module in predictor.module.named_children()}
        assert [names[part] for part in parts(predictor.module)] == ["head", "lstm", "conv"]
        before = {name: w.clone() for name, w in predictor.module.named_parameters()}
        once = dict(shuffled(predictor, n_parts=1).module.named_parameters())
        whole = dict(shuffled(predictor).module.named_parameters())
        for name, weights in before.items():
            assert torch.equal(once[name], weights) == (not name.startswith("head")) or (
                weights.numel() == 1
            )
            assert torch.equal(whole[name].flatten().sort().values, weights.flatten().sort().values)
        assert not torch.equal(whole["lstm.weight_ih_l0"], before["lstm.weight_ih_l0"])
        for name, weights in predictor.module.named_parameters():
            assert torch.equal(weights, before[name])


class TestFaithfulness:
    def test_the_order_of_a_sum_beats_every_random_one(self, toy, record):
        predictor = toy(Sum())
        what = seen(record, predictor.preprocessing, "zero")
        made = explain(predictor, record, "ig", baseline="zero")
        found = faithfulness([predictor], what, made)
        assert found.beaten == 1
        assert found.lead > 0
        falls = what.inputs.new_tensor(made.scores).sum() < 0
        turned = replace(made, scores=-made.scores if falls else made.scores)
        worst = replace(turned, method="guided", scores=turned.scores.max() - turned.scores)
        assert faithfulness([predictor], what, worst).beaten == 0

    def test_curves_by_hand(self, toy, record):
        """Hiding the first 2 % of the cells of a sum takes just their scores away."""
        predictor = toy(Sum())
        what = seen(record, predictor.preprocessing, "zero")
        made = explain(predictor, record, "ig", baseline="zero")
        cells = cells_of(what)
        order = map_order(made, cells)
        sums = np.bincount(cells.ravel(), weights=made.scores.astype(np.float64).ravel())[order]
        whole = sums.sum()
        n = len(order)
        held = [
            sums[: int(np.ceil(share * n))].sum() / whole
            for share in (0.02, 0.05, 0.1, 0.2, 0.4, 0.7)
        ]
        found = faithfulness([predictor], what, made, n_random=2)
        assert found.insertion == pytest.approx(np.mean(held), rel=1e-2)
        assert found.deletion == pytest.approx(1 - np.mean(held), rel=1e-2)

    def test_a_cell_is_one_lead_and_40_ms(self, toy, record):
        cells = cells_of(seen(record, toy(Sum()).preprocessing))
        assert cells.shape == (12, 1000)
        assert len(np.unique(cells)) == 12 * 250
        assert len(np.unique(cells[2, 8:12])) == 1


def by_name(made):
    return {one.name: one for one in made.checks.checks}


class TestBadge:
    def test_seeds_that_agree_are_trusted(self, toy, record):
        told = []
        predictors = [toy(Sum(seed, size=0.1)) for seed in range(3)]
        made = explain_with_checks(
            predictors, record, "ig", baseline="zero", on_progress=lambda *at: told.append(at)
        )
        found = by_name(made)
        assert found["seed_agreement"].value > 0.9
        assert found["completeness"].value < 0.02
        assert found["stability"].value > 0.9
        assert found["deletion_insertion"].value == 1
        assert told[0] == (0, 8)
        assert told[-1] == (8, 8)

    def test_seeds_that_disagree_are_refused(self, toy, record):
        predictors = [toy(Sum(seed, own=50, size=0.1)) for seed in range(4)]
        made = explain_with_checks(predictors, record, "ig", baseline="zero")
        assert made.checks.badge == "do not trust"
        assert made.checks.reason.startswith("Other trainings of this network explain the ECG diff")

    def test_a_model_with_an_output_that_hardly_moves_is_refused(self, toy, record):
        predictors = [toy(Sum(0, own=0, size=1e-7)) for _ in range(2)]
        made = explain_with_checks(predictors, record, "ig", baseline="zero")
        assert by_name(made)["seed_agreement"].level == "trust"
        assert made.checks.badge == "do not trust"
        assert "hardly moves the model" in made.checks.reason

    def test_random_weights_are_refused(self, untrained_entries, record):
        predictor = Predictor.open(untrained_entries["cnn_bilstm"])
        other = shuffled(predictor, 1)
        for made in (
            explain_with_checks([predictor, other], record),
            explain_with_checks([predictor], record, siblings=[other]),
        ):
            assert made.checks.badge == "do not trust"

    def test_a_model_without_siblings_says_so(self, toy, record):
        made = explain_with_checks([toy(Sum(size=0.1))], record, "ig", baseline="zero")
        found = by_name(made)["seed_agreement"]
        assert found.value is None
        assert found.reason == "This model has no sibling to compare it with."

    def test_time_alone_has_no_territory_and_need_not_add_up(self, untrained_entries, record):
        predictor = Predictor.open(untrained_entries["cnn_bilstm"])
        found = by_name(explain_with_checks([predictor], record, "gradcam"))
        assert found["territory"].value is None
        assert found["completeness"].value is None
        assert found["method_agreement"].detail == "with occlusion by beat"
