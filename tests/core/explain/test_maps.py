"""Occlusion, guided Grad-CAM, gradient SHAP, means over beats and over seeds."""

import numpy as np
import pytest
import torch
from captum.attr import GradientShap, GuidedGradCam, IntegratedGradients, LayerGradCam
from torch import nn

from ecgcore.errors import ModelError
from ecgcore.explain.maps.asked import Asked, relus_apart, seen
from ecgcore.explain.maps.over_beats import mean_over_beats, phases
from ecgcore.explain.methods import ensemble_of, explain, explain_ensemble
from ecgcore.models.predictor import Predictor
from ecgcore.signals.beat_timing import beat_of, timing_of, wave_of
from ecgcore.signals.beats.beats import Beats, find_beats
from ecgcore.signals.measure.measure import measure
from tests.support.predictions import attribution


class Sum(nn.Module):
    """A weighted sum of all samples."""

    def __init__(self, seed=0):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(torch.randn(12, 1000, generator=generator) / 100)

    def forward(self, x):
        return (x * self.weight).sum(dim=(1, 2))[:, None]


@pytest.fixture(scope="module")
def record(synthetic_recordings):
    return synthetic_recordings.read(int(synthetic_recordings.catalog.frame.index[0]))


@pytest.fixture
def toy(untrained_entries):
    entry = untrained_entries["cnn_bilstm"]
    return lambda module: Predictor(entry, module.eval().requires_grad_(False))


def parts_by_hand(record, method):
    times = (np.arange(1000) + 0.5) / 100
    timing = timing_of(measure(record))
    if method == "occlusion_lead":
        return np.repeat(np.arange(12)[:, None], 1000, axis=1)
    over_time = (beat_of if method == "occlusion_beat" else wave_of)(timing, times)
    return np.repeat(over_time[None], 12, axis=0)


@pytest.mark.parametrize("method", ["occlusion_beat", "occlusion_wave", "occlusion_lead"])
@pytest.mark.parametrize("baseline", ["zero", "normal_beat"])
def test_hiding_a_part_takes_its_share_of_a_sum(toy, record, method, baseline):
    module = Sum()
    predictor = toy(module)
    result = explain(predictor, record, method, baseline=baseline)
    what = seen(record, predictor.preprocessing, baseline)
    change = ((what.inputs - what.baseline)[0] * module.weight).numpy().astype(np.float64)
    parts = parts_by_hand(record, method)
    for part in np.unique(parts):
        here = parts == part
        assert result.scores[here].sum(dtype=np.float64) == pytest.approx(
            change[here].sum(), abs=2e-4
        )
        assert np.ptp(result.scores[here]) == 0
    assert result.signed
    assert result.baseline == baseline


def test_captum_called_directly_gives_the_same(untrained_entries, record):
    """Guided Grad-CAM and gradient SHAP of a real network, on the same input and seed."""
    predictor = Predictor.open(untrained_entries["cnn_bilstm"])
    what = seen(record, predictor.preprocessing)
    guided, shap = (explain(predictor, record, method).scores for method in ("guided", "shap"))
    with relus_apart(predictor.module), pytest.warns(UserWarning, match="backward hooks on ReLU"):
        expected = GuidedGradCam(predictor.module, predictor.module.explained).attribute(
            what.inputs.clone().requires_grad_(), target=0, interpolate_mode="linear"
        )
    assert np.abs(expected.detach().numpy()).max() > 0
    np.testing.assert_allclose(guided, np.abs(expected[0].detach().numpy()), rtol=1e-5, atol=1e-9)
    torch.manual_seed(0)
    np.random.seed(0)
    expected = GradientShap(predictor.module).attribute(
        what.inputs, baselines=what.baseline, n_samples=50, stdevs=0.1, target=0
    )
    np.testing.assert_allclose(shap, expected[0].numpy(), rtol=1e-4, atol=1e-7)


def test_captum_called_directly_gives_the_same_path_and_layer(untrained_entries, record):
    """Integrated Gradients and Grad-CAM of a real network."""
    predictor = Predictor.open(untrained_entries["cnn_bilstm"])
    what = seen(record, predictor.preprocessing)
    path = explain(predictor, record, "ig", n_steps=20).scores
    expected = IntegratedGradients(predictor.module).attribute(
        what.inputs, baselines=what.baseline, n_steps=20, target=0
    )
    np.testing.assert_allclose(path, expected[0].numpy(), rtol=1e-4, atol=1e-7)
    layer = LayerGradCam(predictor.module, predictor.module.explained).attribute(
        what.inputs.clone().requires_grad_(), target=0, relu_attributions=True
    )
    steps = layer[0, 0].detach().numpy()
    assert steps.max() > 0
    stride = 1000 // len(steps)
    centres = stride * np.arange(len(steps)) + (stride - 1) / 2
    shown = explain(predictor, record, "gradcam").scores[0]
    expected = np.interp(np.arange(1000), centres, steps)
    np.testing.assert_allclose(shown, expected, rtol=1e-4, atol=1e-7)


def test_random_numbers_of_others_are_left_alone(untrained_entries, record):
    predictor = Predictor.open(untrained_entries["cnn_bilstm"])
    torch.manual_seed(3)
    np.random.seed(3)
    expected = torch.rand(1), np.random.rand()
    torch.manual_seed(3)
    np.random.seed(3)
    explain(predictor, record, "shap", n_steps=2)
    assert (torch.rand(1), np.random.rand()) == expected


def test_relus_keep_their_memory_again(untrained_entries, record):
    predictor = Predictor.open(untrained_entries["cnn_bilstm"])
    explain(predictor, record, "guided")
    relus = [part for part in predictor.module.modules() if isinstance(part, nn.ReLU)]
    assert relus
    assert all(part.inplace for part in relus)


class TestMeanOverBeats:
    def test_by_hand(self):
        """Three beats of one shape at 2, 6, 10; 40 % of 4 samples before a beat belong to it."""
        beats = Beats(np.array([2.0, 6.0, 10.0]), np.zeros(3, np.int64))
        scores = np.zeros((1, 13), np.float32)
        scores[0, [2, 6, 10]] = 3, 6, 9
        scores[0, 7] = 6
        scores[0, 0] = 5
        result = mean_over_beats(scores, beats, 1)
        assert result[0, [2, 6, 10]].tolist() == [6, 6, 6]
        assert result[0, [3, 7, 11]].tolist() == [2, 2, 2]
        assert result[0, 0] == 5
        assert result.sum() == pytest.approx(scores.sum())

    def test_a_beat_of_another_shape_keeps_its_own(self):
        beats = Beats(np.array([2.0, 6.0, 10.0]), np.array([0, 1, 0]))
        scores = np.zeros((12, 13), np.float32)
        scores[4, [2, 6, 10]] = 3, 6, 9
        result = mean_over_beats(scores, beats, 1)
        assert result[4, [2, 6, 10]].tolist() == [6, 6, 6]
        scores[4, 6] = 60
        assert mean_over_beats(scores, beats, 1)[4, [2, 6, 10]].tolist() == [6, 60, 6]

    def test_the_sum_of_each_lead_stays(self, record):
        scores = np.random.default_rng(0).normal(size=(12, 1000)).astype(np.float32)
        beats = find_beats(record)
        result = mean_over_beats(scores, beats, 100)
        np.testing.assert_allclose(result.sum(axis=1), scores.sum(axis=1), atol=1e-3)
        group = phases(beats, 1000, 100)
        r = np.rint(beats.r_s[beats.kinds == 0] * 100).astype(int)
        assert len(set(group[r])) == 1
        assert result.std() < 0.5 * scores.std()

    def test_one_beat_is_no_mean(self):
        scores = np.ones((12, 10), np.float32)
        assert mean_over_beats(scores, Beats(np.array([2.0]), np.zeros(1, int)), 1) is scores

    def test_the_default_map_has_it_and_adds_up(self, untrained_entries, record):
        predictor = Predictor.open(untrained_entries["cnn_bilstm"])
        exact, mean = (explain(predictor, record, name) for name in ("ig", "ig_beats"))
        expected = mean_over_beats(exact.scores, find_beats(record), 100)
        np.testing.assert_allclose(mean.scores, expected, atol=1e-7)
        assert mean.delta == exact.delta
        assert mean.gap_share <= 0.02


class TestEnsemble:
    def test_is_the_map_of_the_mean_logit(self, toy, record):
        predictors = [toy(Sum(seed)) for seed in range(3)]
        both = explain_ensemble(predictors, record, "ig", baseline="zero")
        inputs = predictors[0].preprocessing.apply(record.signal)
        maps = np.array([one.module.weight.numpy() * inputs for one in predictors])
        np.testing.assert_allclose(both.scores, maps.mean(axis=0), rtol=1e-3, atol=1e-6)
        np.testing.assert_allclose(both.spread, maps.std(axis=0), rtol=1e-3, atol=1e-6)
        assert both.logit == pytest.approx(maps.sum() / 3, rel=1e-3)
        assert len(both.members) == 3
        assert both.label == "Integrated Gradients, CNN-BiLSTM A (3 seeds)"

    def test_one_seed_has_no_spread(self):
        one = attribution(np.ones((12, 5)))
        assert ensemble_of([one]) is one

    def test_no_model(self, record):
        with pytest.raises(ModelError, match="There is no model to explain"):
            explain_ensemble([], record)

    def test_unknown_baseline(self, toy, record):
        with pytest.raises(ModelError, match="no baseline 'black'; choose normal_beat, zero"):
            explain(toy(Sum()), record, "ig", baseline="black")


class Steep(nn.Module):
    """A step half-way, where no even number of gradients is taken, beside a slope that all see."""

    half = 0.0

    def forward(self, x):
        level = x[:, 1].abs().mean(dim=1)
        return (torch.sigmoid(4000 * (level - self.half)) + level)[:, None]


def test_what_is_missing_from_the_sum_is_spread_over_the_scores(toy, record):
    predictor = toy(Steep())
    what = seen(record, predictor.preprocessing, "zero")
    predictor.module.half = float(what.inputs[0, 1].abs().mean()) / 2
    result = explain(predictor, record, "ig", baseline="zero")
    asked = Asked(predictor.entry, predictor.module, what)
    change = asked.logit() - float(asked.logits(what.baseline)[0])
    assert abs(result.spread_gap) > 0.02 * change
    assert result.scores.sum(dtype=np.float64) == pytest.approx(change, rel=1e-3)
    assert result.gap_share <= 0.02
