"""Predictions of one record, of many, and by many threads."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from ecgcore.errors import ModelError
from ecgcore.explain.methods import explain
from ecgcore.models.cards import Preprocessing
from ecgcore.models.predictor import (
    Prediction,
    Predictor,
    copies,
    predict,
    predict_batches,
    predict_many,
)
from ecgcore.models.registry import build
from tests.support.toys import record_of, waves

every_model = pytest.mark.parametrize("arch", ["cnn_bilstm", "bimamba2", "cnn_lstm"])


@pytest.fixture(scope="module")
def predictors(untrained_entries):
    return {arch: Predictor.open(entry) for arch, entry in untrained_entries.items()}


@pytest.fixture(scope="module")
def records(synthetic_recordings):
    ids = synthetic_recordings.catalog.frame.index[:6]
    return [synthetic_recordings.read(int(ecg_id)) for ecg_id in ids]


class Stub(nn.Module):
    """Answers with the mean of its inputs."""

    def forward(self, x):
        return x.mean(dim=(1, 2))[:, None]


class TestPredict:
    def test_models_answer_in_their_order(self, predictors, records):
        both = list(predictors.values())
        opinions, warnings = predict(both, records[0])
        assert [opinion.model for opinion in opinions] == [p.entry for p in both]
        assert warnings == ()
        for predictor, opinion in zip(both, opinions, strict=True):
            inputs = predictor.preprocessing.apply(records[0].signal)[None]
            expected = predictor.module(torch.from_numpy(inputs))
            assert opinion.logit == pytest.approx(float(expected), abs=1e-6)

    def test_architectures_take_turns(self, predictors, records, monkeypatch):
        cnn, mamba = predictors["cnn_bilstm"], predictors["bimamba2"]
        asked = [cnn.copy(), cnn.copy(), cnn.copy(), mamba.copy(), mamba.copy()]
        order = []
        logits = Predictor.logits
        monkeypatch.setattr(
            Predictor, "logits", lambda self, x: order.append(asked.index(self)) or logits(self, x)
        )
        with ThreadPoolExecutor(1) as one_worker:
            monkeypatch.setattr("ecgcore.models.predictor._workers", lambda: one_worker)
            opinions, _ = predict(asked, records[0])
        assert order == [0, 3, 1, 4, 2]
        assert [opinion.model for opinion in opinions] == [p.entry for p in asked]

    @every_model
    @torch.no_grad()
    def test_a_predictor_computes_what_was_trained(self, arch, untrained_entries, monkeypatch):
        model = build(arch).eval()
        norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm1d)]
        with torch.random.fork_rng():
            torch.manual_seed(0)
            x = torch.randn(3, 12, 1000)
            for norm in norms:
                norm.running_mean.uniform_(-0.1, 0.1)
                norm.running_var.uniform_(0.5, 2.0)
        expected = model(x)
        monkeypatch.setattr("ecgcore.models.predictor.load_model", lambda entry: model)
        quick = Predictor.open(untrained_entries[arch]).module
        assert sum(isinstance(layer, nn.BatchNorm1d) for layer in quick.modules()) < len(norms)
        assert torch.allclose(quick(x), expected, atol=1e-5)

    @torch.no_grad()
    def test_state_space_kernels_of_a_predictor_are_worked_out_once(
        self, untrained_entries, monkeypatch
    ):
        model, x = build("s4d", 2).eval(), torch.randn(1, 12, 1000)
        expected = model(x)
        monkeypatch.setattr("ecgcore.models.predictor.load_model", lambda entry: model)
        quick = Predictor.open(untrained_entries["cnn_bilstm"]).module
        assert all(block.time.frozen for block in quick.blocks)
        assert torch.allclose(quick(x), expected, atol=1e-5)

    def test_equal_preprocessing_is_computed_once(self, predictors, records, monkeypatch):
        calls = []
        apply = Preprocessing.apply
        monkeypatch.setattr(
            Preprocessing, "apply", lambda steps, x: calls.append(steps) or apply(steps, x)
        )
        predict([*predictors.values(), *predictors.values()], records[0])
        assert len(calls) == 1

    def test_each_model_gets_its_own_preprocessing(self, untrained_entries, records):
        entry = untrained_entries["cnn_bilstm"]
        steps = replace(entry.card.preprocessing, mean_mv=(0.0,) * 12, std_mv=(1.0,) * 12)
        shifted = replace(steps, mean_mv=(-3.0,) * 12)
        models = [
            Predictor(replace(entry, card=replace(entry.card, preprocessing=each)), Stub())
            for each in (steps, shifted)
        ]
        (first, second), _ = predict(models, records[0])
        assert second.logit - first.logit == pytest.approx(3.0, abs=1e-5)

    def test_warnings_reach_the_reader(self, predictors):
        _, warnings = predict(predictors.values(), record_of(waves(500, 11), 500))
        assert len(warnings) == 2

    def test_no_model_no_opinion(self, records):
        assert predict([], records[0]) == ((), ())

    @pytest.mark.parametrize(("logit", "prob"), [(0.0, 0.5), (np.log(3), 0.75), (-np.log(4), 0.2)])
    def test_prob_is_the_logistic_of_the_logit(self, untrained_entries, logit, prob):
        assert Prediction(untrained_entries["bimamba2"], (logit, 9.0)).prob == pytest.approx(prob)

    def test_damaged_weights_do_not_open(self, untrained_entries):
        entry = untrained_entries["bimamba2"]
        card = replace(entry.card, weights_sha256="0" * 64)
        with pytest.raises(ModelError, match="is damaged"):
            Predictor.open(replace(entry, card=card))


class TestBatches:
    @every_model
    def test_batches_equal_one_by_one(self, arch, predictors, records):
        predictor = predictors[arch]
        single = [predict([predictor], record)[0][0].logit for record in records]
        signals = np.stack([record.signal for record in records])
        for batch_size in (4, 256):
            logits = predict_batches(predictor, signals, batch_size)
            assert logits.dtype == np.float32
            np.testing.assert_allclose(logits[:, 0], single, rtol=1e-5, atol=1e-6)

    def test_list_of_signals(self, predictors, records):
        signals = [record.signal for record in records[:2]]
        np.testing.assert_array_equal(
            predict_batches(predictors["cnn_bilstm"], signals),
            predict_batches(predictors["cnn_bilstm"], np.stack(signals)),
        )

    def test_nothing_in_nothing_out(self, predictors):
        assert predict_batches(predictors["cnn_bilstm"], []).shape == (0, 1)

    def test_a_logit_for_each_class(self, untrained_entries, records):
        predictor = Predictor(untrained_entries["cnn_bilstm"], build("cnn_bilstm", 3).eval())
        signals = np.stack([record.signal for record in records])
        many = predict_many([predictor, predictor.copy()], signals, batch_size=4)
        assert many.shape == (2, len(records), 3)
        assert np.ptp(many[0, 0]) > 0
        single = [predict([predictor], record)[0][0].logits for record in records]
        np.testing.assert_allclose(many[0], single, rtol=1e-5, atol=1e-6)

    @every_model
    def test_loaded_twice_same_result(self, arch, predictors, untrained_entries, records):
        again = Predictor.open(untrained_entries[arch])
        first, second = predict([predictors[arch], again], records[0])[0]
        assert first.logit == second.logit


class TestThreads:
    """Contract 3: threads that share a predictor get the sequential results."""

    @every_model
    def test_four_threads_predict_and_explain(self, arch, predictors, records):
        predictor = predictors[arch]

        def work(task):
            kind, record = task
            if kind == "predict":
                return np.float64(predict([predictor], record)[0][0].logit)
            return explain(predictor, record, kind, n_steps=4).scores

        tasks = [(kind, r) for r in records[:3] for kind in ("gradcam", "predict", "ig", "gradcam")]
        expected = [work(task) for task in tasks]
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(work, tasks))
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)

    def test_nobody_enters_while_the_model_is_held(self, predictors, records):
        predictor = predictors["cnn_bilstm"]
        with ThreadPoolExecutor(1) as pool:
            with predictor.exclusive():
                waiting = pool.submit(predict, [predictor], records[0])
                with pytest.raises(TimeoutError):
                    waiting.result(timeout=0.2)
            assert len(waiting.result(timeout=30)[0]) == 1

    def test_models_do_not_wait_for_each_other(self, predictors, records):
        with ThreadPoolExecutor(1) as pool, predictors["cnn_bilstm"].exclusive():
            other = pool.submit(predict, [predictors["bimamba2"]], records[0])
            assert len(other.result(timeout=30)[0]) == 1


@every_model
def test_copies_say_the_same_and_share_no_lock(arch, predictors):
    sets = copies([predictors[arch]], 2)
    (one,), (other,) = sets.get(), sets.get()
    inputs = np.random.default_rng(0).normal(size=(2, 12, 1000)).astype(np.float32)
    np.testing.assert_array_equal(one.logits(inputs), predictors[arch].logits(inputs))
    with one.exclusive():
        thread = threading.Thread(target=other.logits, args=(inputs,))
        thread.start()
        thread.join(timeout=30)
        assert not thread.is_alive()
