"""Grad-CAM and Integrated Gradients on models whose answer is known, and on the real ones."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from ecgcore import cli
from ecgcore.errors import ModelError, RecordError
from ecgcore.explain.attribution import LARGEST_GAP, METHODS
from ecgcore.explain.maps import gradients as methods
from ecgcore.explain.methods import explain
from ecgcore.models.predictor import Predictor, predict
from ecgcore.records import EcgRecord, Patient

N_STEPS = {"cnn_bilstm": 250, "bimamba2": 125, "cnn_lstm": 250}

every_model = pytest.mark.parametrize("arch", N_STEPS)


@pytest.fixture(scope="module")
def predictors(untrained_entries):
    return {arch: Predictor.open(entry) for arch, entry in untrained_entries.items()}


@pytest.fixture(scope="module")
def record(synthetic_recordings):
    return synthetic_recordings.read(int(synthetic_recordings.catalog.frame.index[0]))


@pytest.fixture
def toy(untrained_entries):
    """Return a function that puts a module in the place of a trained model."""
    of_mi = untrained_entries["cnn_bilstm"].card

    def toy(module, task="mi"):
        card = replace(of_mi, key=replace(of_mi.key, task=task))
        entry = replace(untrained_entries["cnn_bilstm"], card=card)
        return Predictor(entry, module.eval().requires_grad_(False))

    return toy


class Linear(nn.Module):
    """A weighted sum of all samples, raised to a power."""

    def __init__(self, power=1):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.weight = nn.Parameter(torch.randn(12, 1000, generator=generator) / 100)
        self.power = power

    def forward(self, x):
        return (x * self.weight).sum(dim=(1, 2))[:, None] ** self.power


class TwoClasses(Linear):
    """The weighted sum, and minus three times as much."""

    def forward(self, x):
        return super().forward(x) * torch.tensor([1.0, -3.0])


class Older(Linear):
    """The weighted sum, times one and the hundredth of an age."""

    takes_patient = True

    def forward(self, x, patient=None):
        age = 0 if patient is None else patient[:, :1]
        return super().forward(x) * (1 + age)


class FixedFeatures(nn.Module):
    """Two channels of four steps that do not depend on the input, and a weight for each."""

    def __init__(self, features, weights):
        super().__init__()
        self.features, self.weights = torch.tensor(features), torch.tensor(weights)
        self.explained = nn.Identity()

    def forward(self, x):
        return (self.explained(self.features + 0 * x[:, :2, :4]) * self.weights).sum(dim=(1, 2))[
            :, None
        ]


class LoudestMoment(nn.Module):
    """Energy in strides of eight samples, as a convolution would see it."""

    def __init__(self):
        super().__init__()
        self.explained = nn.Identity()

    def forward(self, x):
        energy = x.square().mean(dim=1, keepdim=True)
        return self.explained(nn.functional.avg_pool1d(energy, 8)).sum(dim=(1, 2))[:, None]


class TestIntegratedGradients:
    def test_linear_model_gives_weight_times_input(self, toy, record):
        module = Linear()
        predictor = toy(module)
        result = explain(predictor, record, "ig", baseline="zero")
        inputs = predictor.preprocessing.apply(record.signal)
        expected = module.weight.numpy() * inputs
        np.testing.assert_allclose(result.scores, expected, rtol=1e-4, atol=1e-7)
        assert result.logit == pytest.approx(expected.sum(dtype=np.float64), rel=1e-4)
        assert abs(result.delta) < 1e-4

    def test_the_asked_class_is_explained(self, toy, record):
        module = TwoClasses()
        predictor = toy(module, "superclasses")
        inputs = predictor.preprocessing.apply(record.signal)
        for index, share in enumerate((1.0, -3.0)):
            expected = share * module.weight.numpy() * inputs
            result = explain(predictor, record, "ig", baseline="zero", class_index=index)
            np.testing.assert_allclose(result.scores, expected, rtol=1e-4, atol=1e-7)
            assert result.logit == pytest.approx(expected.sum(dtype=np.float64), rel=1e-4)
            assert result.target == ("NORM", "MI")[index]

    def test_age_is_told_to_a_network_that_takes_it_and_forgotten_after(self, toy, record):
        predictor = toy(Older())
        scores = {
            age: explain(predictor, replace(record, patient=Patient(age)), "ig").scores
            for age in (None, 50.0)
        }
        np.testing.assert_allclose(scores[50.0], 1.5 * scores[None], rtol=1e-4, atol=1e-7)
        x = torch.ones(2, 12, 1000)
        assert torch.equal(predictor.module(x), Linear()(x))
        plain = explain(toy(Linear()), replace(record, patient=Patient(50.0)), "ig").scores
        np.testing.assert_allclose(plain, scores[None], rtol=1e-4, atol=1e-7)

    def test_delta_is_sum_of_scores_minus_change_of_logit(self, toy, record):
        """One midpoint step of a cube: 3 / 4 of the change is found, delta is minus 1 / 4 of it."""
        predictor = toy(Linear(power=3))
        result = explain(predictor, record, "ig", baseline="zero", n_steps=1)
        assert result.scores.sum(dtype=np.float64) == pytest.approx(0.75 * result.logit, rel=1e-3)
        assert result.delta == pytest.approx(-0.25 * result.logit, rel=1e-3)

    def test_two_gauss_legendre_steps_are_exact_for_a_cube(self, toy, record):
        result = explain(toy(Linear(power=3)), record, "ig", baseline="zero", n_steps=2)
        assert abs(result.delta) < 1e-3 * abs(result.logit)

    def test_a_large_gap_is_integrated_again_with_more_steps(self, toy, record, monkeypatch):
        monkeypatch.setattr(methods, "IG_STEPS", 1)
        monkeypatch.setattr(methods, "IG_STEPS_REFINED", 2)
        predictor = toy(Linear(power=3))
        assert explain(predictor, record, "ig", baseline="zero", n_steps=1).gap_share > LARGEST_GAP
        assert explain(predictor, record, "ig", baseline="zero").gap_share < 1e-3

    @pytest.mark.parametrize(("allowed", "steps"), [(1.0, [50]), (-1.0, [50, 100])])
    def test_fifty_steps_are_taken_and_three_hundred_where_they_are_too_few(
        self, toy, record, monkeypatch, allowed, steps
    ):
        taken = []

        class Counted(methods.IntegratedGradients):
            def attribute(self, *args, n_steps, **options):
                taken.append(n_steps)
                return super().attribute(*args, n_steps=n_steps, **options)

        monkeypatch.setattr(methods, "IntegratedGradients", Counted)
        monkeypatch.setattr(methods, "LARGEST_GAP", allowed)
        explain(toy(Linear()), record, "ig", baseline="zero")
        assert taken == steps

    @every_model
    def test_scores_sum_to_the_change_of_the_logit(self, arch, predictors, record):
        predictor = predictors[arch]
        result = explain(predictor, record, "ig", baseline="zero")
        with torch.inference_mode():
            baseline = float(predictor.module(torch.zeros(1, 12, 1000)))
        change = result.logit - baseline
        scale = float(np.abs(result.scores).sum())
        assert result.scores.shape == (12, 1000)
        assert result.scores.sum(dtype=np.float64) == pytest.approx(
            change + result.delta, abs=1e-4 * scale
        )
        assert abs(result.delta) < 0.02 * scale
        assert result.n_layer_steps == 1000


class TestGradCam:
    def test_by_hand(self, toy, record):
        """Weights average to 1 and -1; 1 A - 1 B = -2 2 -1 2, of which 0 2 0 2 is left."""
        module = FixedFeatures(
            [[1.0, 2.0, 0.0, 4.0], [3.0, 0.0, 1.0, 2.0]],
            [[1.0, 1.0, 1.0, 1.0], [-1.0, -1.0, 1.0, -3.0]],
        )
        result = explain(toy(module), record, "gradcam")
        assert result.n_layer_steps == 4
        assert result.logit == pytest.approx(7.0 - 3.0 + 1.0 - 6.0)
        scores = result.scores[0]
        assert scores[[0, 124, 624, 625]].tolist() == pytest.approx([0, 0, 0.004, 0.004])
        assert scores[[374, 375]].tolist() == pytest.approx([1.996, 1.996])
        assert scores[[249, 250]].tolist() == pytest.approx([0.996, 1.004])
        assert scores[875:].tolist() == [2.0] * 125

    def test_the_asked_class_by_hand(self, toy, record):
        """The second class is minus the first: of its 2 -2 1 -2, 2 0 1 0 is left."""
        module = FixedFeatures(
            [[1.0, 2.0, 0.0, 4.0], [3.0, 0.0, 1.0, 2.0]],
            [[1.0, 1.0, 1.0, 1.0], [-1.0, -1.0, 1.0, -3.0]],
        )
        module.register_forward_hook(lambda _, inputs, logit: torch.cat([logit, -logit], dim=1))
        result = explain(toy(module, "superclasses"), record, "gradcam", class_index=1)
        assert result.target == "MI"
        assert result.scores[0, :125].tolist() == [2.0] * 125
        assert result.scores[0, 875:].tolist() == [0.0] * 125
        assert result.logit == pytest.approx(1.0)

    def test_heat_lies_where_the_signal_is(self, toy):
        signal = np.zeros((12, 1000), dtype=np.float32)
        signal[:, 640:648] = np.array([1, -1] * 4)
        result = explain(toy(LoudestMoment()), EcgRecord("x", signal, 100, "test"), "gradcam")
        assert result.n_layer_steps == 125
        assert set(np.argsort(result.scores[0])[-2:]) == {643, 644}

    @every_model
    def test_as_many_steps_as_the_layer(self, arch, predictors, record):
        result = explain(predictors[arch], record, "gradcam")
        assert result.n_layer_steps == N_STEPS[arch]
        assert result.scores.shape == (1, 1000)
        assert result.scores.min() >= 0
        assert np.isnan(result.delta)

    @every_model
    def test_by_its_formula(self, arch, predictors, record):
        """Selvaraju's equations 1 and 2, by autograd on the features."""
        predictor = predictors[arch]
        inputs = torch.from_numpy(predictor.preprocessing.apply(record.signal)[None])
        kept = []

        def keep(layer, arguments, output):
            kept.append(output.detach().requires_grad_())
            return kept[0]

        handle = predictor.module.explained.register_forward_hook(keep)
        logit = predictor.module(inputs)
        handle.remove()
        gradient = torch.autograd.grad(logit.sum(), kept[0])[0]
        steps = (gradient.mean(dim=2, keepdim=True) * kept[0]).sum(dim=1).relu()[0]
        stride = 1000 // N_STEPS[arch]
        scores = explain(predictor, record, "gradcam").scores[0]
        at_centres = (scores[stride // 2 - 1 :: stride] + scores[stride // 2 :: stride]) / 2
        expected = steps.detach().numpy()
        tolerance = 1e-4 * expected.max()
        middle = slice(1, -1)
        inner = (expected[:-2] + expected[2:] - 2 * expected[1:-1]) / (4 * stride)
        np.testing.assert_allclose(at_centres[middle], expected[middle] + inner, atol=tolerance)


class TestBoth:
    @every_model
    @pytest.mark.parametrize("method", METHODS)
    def test_explains_what_is_predicted_and_leaves_no_trace(self, arch, method, predictors, record):
        predictor = predictors[arch]
        before = predict([predictor], record)[0][0].logit
        first = explain(predictor, record, method, n_steps=8)
        second = explain(predictor, record, method, n_steps=8)
        assert first.logit == pytest.approx(before, abs=1e-6)
        np.testing.assert_array_equal(first.scores, second.scores)
        assert predict([predictor], record)[0][0].logit == before
        assert first.scores.dtype == np.float32
        assert first.fs_hz == 100
        assert all(not module._forward_hooks for module in predictor.module.modules())
        assert not any(p.requires_grad for p in predictor.module.parameters())

    def test_unknown_method(self, predictors, record):
        with pytest.raises(ModelError, match=r"'lime'; choose gradcam, ig"):
            explain(predictors["cnn_bilstm"], record, "lime")

    def test_short_record(self, predictors, record):
        short = replace(record, signal=record.signal[:, :500])
        with pytest.raises(RecordError, match=r"lasts 5.0 s"):
            explain(predictors["cnn_bilstm"], short, "gradcam")

    def test_record_at_500_hz_is_explained_at_100_hz(self, predictors, record):
        fast = replace(record, signal=np.repeat(record.signal, 5, axis=1), fs_hz=500)
        result = explain(predictors["cnn_bilstm"], fast, "gradcam")
        assert result.scores.shape == (1, 1000)
        assert result.fs_hz == 100


class TestCommand:
    """``python3.11 -m ecgcore explain``."""

    @pytest.fixture
    def run(self, untrained_dir, synthetic_dir, tmp_path, monkeypatch, capsys):
        monkeypatch.setenv("ECG_PRETRAINED_DIR", str(untrained_dir))
        monkeypatch.setenv("ECG_RUNS_DIR", str(tmp_path / "runs"))

        def run_it(record_id, arch, method, seed=0):
            out = tmp_path / "why.npz"
            options = {"--arch": arch, "--set": "A", "--seed": seed, "--method": method}
            options |= {"--out": out, "--data": synthetic_dir}
            pairs = [str(part) for pair in options.items() for part in pair]
            status = cli.main(["explain", str(record_id), *pairs, "--json"])
            return status, json.loads(capsys.readouterr().out), out

        return run_it

    @every_model
    @pytest.mark.parametrize(("method", "rows"), [("gradcam", 1), ("ig", 12)])
    def test_file_holds_scores_signal_rate_and_delta(
        self, arch, method, rows, run, record, predictors
    ):
        status, report, out = run(record.record_id, arch, method)
        expected = explain(predictors[arch], record, method)
        assert status == 0
        assert report == {
            "out": str(out),
            "model": predictors[arch].entry.label,
            "class": "MI",
            "method": method,
            "baseline": "normal_beat" if method == "ig" else None,
            "shape": [rows, 1000],
            "logit": pytest.approx(expected.logit, abs=1e-6),
            "delta": None if method == "gradcam" else pytest.approx(expected.delta, abs=1e-6),
        }
        with np.load(out, allow_pickle=False) as found:
            assert sorted(found) == ["delta", "fs_hz", "scores", "signal"]
            assert found["scores"].shape == (rows, 1000)
            np.testing.assert_allclose(found["scores"], expected.scores, rtol=1e-4, atol=1e-7)
            np.testing.assert_array_equal(found["signal"], record.signal)
            assert found["fs_hz"] == 100
            assert np.isnan(found["delta"]) == (method == "gradcam")

    def test_checks_are_printed_with_the_badge(self, run, record, capsys):
        options = [
            "--arch",
            "cnn_bilstm",
            "--set",
            "A",
            "--method",
            "gradcam",
            "--checks",
            "--json",
        ]
        status = cli.main(["explain", record.record_id, *options])
        report = json.loads(capsys.readouterr().out)
        assert status == 0
        assert report["badge"] == "do not trust"
        assert report["reason"]
        assert report["checks"]["randomisation"]["value"] >= 0
        assert report["out"] is None

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--task", "subclasses", "--class", "XYZ", "--out", "a.npz"], "no class 'XYZ'"),
            (["--task", "rhythm6", "--checks"], "--checks are made for the task mi"),
            (["--age", "140", "--out", "a.npz"], "--age is 140; 0 to 120 is possible"),
        ],
    )
    def test_what_cannot_be_explained_is_said(self, run, record, capsys, options, said):
        asked = ["--arch", "cnn_bilstm", "--set", "A", *options, "--json"]
        assert cli.main(["explain", record.record_id, *asked]) == 2
        assert said in json.loads(capsys.readouterr().out)["error"]

    def test_nothing_is_asked_for(self, run, record, capsys):
        options = ["--arch", "cnn_bilstm", "--set", "A", "--json"]
        assert cli.main(["explain", record.record_id, *options]) == 2
        assert "--checks, or --out FILE" in json.loads(capsys.readouterr().out)["error"]

    def test_unknown_model_is_bad_input(self, run, record):
        status, report, out = run(record.record_id, "cnn_bilstm", "ig", seed=7)
        assert status == 2
        assert "There is no model CNN-BiLSTM A (seed 7)" in report["error"]
        assert not out.exists()

    def test_unknown_record_is_bad_input(self, run):
        status, report, _ = run(999_999, "cnn_bilstm", "ig")
        assert status == 2
        assert "999999" in report["error"]
