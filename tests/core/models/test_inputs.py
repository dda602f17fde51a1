"""What reaches a network of any rate and length: from one record, from many, when explained."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from ecgcore import cli
from ecgcore.errors import ModelError, RecordError
from ecgcore.explain.methods import explain
from ecgcore.figures.attribution_overlay import overlay_trace
from ecgcore.figures.paper_layout import paper_layout
from ecgcore.models.cards import CARD_FILE, Preprocessing
from ecgcore.models.inputs import model_input, prepared
from ecgcore.models.predictor import Predictor, predict, predict_batches, predict_many
from ecgcore.records import Gap
from tests.support.toys import record_of, waves

USUAL = Preprocessing(0.5, True, (0.0,) * 12, (1.0,) * 12)
OTHERS = [(200, 1000), (100, 500), (250, 2000)]

other_inputs = pytest.mark.parametrize(("fs_hz", "n_samples"), OTHERS)


class Listener(nn.Module):
    """Keeps what it is given; answers with the energy in strides of eight samples."""

    n_classes = 1

    def __init__(self):
        super().__init__()
        self.explained = nn.Identity()
        self.heard = []

    def forward(self, x):
        self.heard.append(x.detach().clone())
        energy = x.square().mean(dim=1, keepdim=True)
        return self.explained(nn.functional.avg_pool1d(energy, 8)).sum(dim=2)


@pytest.fixture
def listening(untrained_entries):
    """Return a function that makes a predictor of another rate and length."""
    entry = untrained_entries["cnn_bilstm"]

    def make(fs_hz, n_samples):
        steps = replace(USUAL, fs_hz=fs_hz, n_samples=n_samples)
        return Predictor(replace(entry, card=replace(entry.card, preprocessing=steps)), Listener())

    return make


def pulse_at(second, fs_hz=100, duration_s=10):
    """Twelve flat leads with a short wave that begins at this second."""
    signal = np.zeros((12, fs_hz * duration_s), dtype=np.float32)
    start = round(second * fs_hz)
    signal[:, start : start + 4] = [0.5, 1.0, -1.0, -0.5]
    return signal


class TestOneRecord:
    def test_fitting_record_passes_untouched(self, synthetic_recordings):
        record = synthetic_recordings.read(int(synthetic_recordings.catalog.frame.index[0]))
        fitted = model_input(record, USUAL)
        assert fitted.warnings == record.warnings == ()
        np.testing.assert_array_equal(fitted.signal, record.signal)

    def test_500_hz_is_resampled_with_a_warning(self):
        fitted = model_input(record_of(waves(500, 10), 500, warnings=("before",)), USUAL)
        assert fitted.warnings == ("before", "Resampled from 500 to 100 Hz for the models.")
        assert fitted.signal.shape == (12, 1000)
        interior = slice(50, 950)
        np.testing.assert_allclose(
            fitted.signal[:, interior], waves(100, 10)[:, interior], atol=5e-3
        )

    def test_longer_record_is_cropped_with_a_warning(self):
        fitted = model_input(record_of(waves(100, 12.5), 100), USUAL)
        assert fitted.warnings == ("The models see the first 10 s of 12.5 s.",)
        np.testing.assert_array_equal(fitted.signal, waves(100, 10).astype(np.float32))

    def test_longer_record_at_500_hz_gets_both_warnings(self):
        fitted = model_input(record_of(waves(500, 11), 500), USUAL)
        assert len(fitted.warnings) == 2
        assert fitted.signal.shape == (12, 1000)

    @pytest.mark.parametrize(("fs_hz", "duration_s"), [(100, 9.99), (500, 8)])
    def test_shorter_record_is_refused(self, fs_hz, duration_s):
        with pytest.raises(RecordError, match=r"need 10 s\. Load a longer recording"):
            model_input(record_of(waves(fs_hz, duration_s), fs_hz), USUAL)

    def test_leads_of_different_times_are_not_given_to_a_model(self):
        record = record_of(waves(100, 10), 100, simultaneous=False)
        with pytest.raises(RecordError, match="were not recorded at the same time"):
            model_input(record, USUAL)

    def test_models_are_told_of_the_gaps_that_they_see(self):
        gaps = (Gap("V2", 9.9, 9.95), Gap("I", 3, 4), Gap("V6", 10.2, 10.3))
        fitted = model_input(record_of(waves(100, 11), 100, gaps=gaps), USUAL)
        words = "The models see a straight line where I, V2 was not recorded."
        assert fitted.warnings[-1] == words

    @other_inputs
    @pytest.mark.parametrize("recorded_hz", [100, 500])
    def test_a_card_of_another_rate_and_length_gets_them(self, recorded_hz, fs_hz, n_samples):
        steps = replace(USUAL, fs_hz=fs_hz, n_samples=n_samples)
        fitted = model_input(record_of(waves(recorded_hz, 10), recorded_hz), steps)
        assert fitted.signal.shape == (12, n_samples)
        expected = waves(fs_hz, 10)[:, :n_samples]
        interior = slice(fs_hz // 2, n_samples - fs_hz // 2)
        np.testing.assert_allclose(fitted.signal[:, interior], expected[:, interior], atol=0.03)
        said = [f"Resampled from {recorded_hz} to {fs_hz} Hz for the models."]
        cut = [f"The models see the first {n_samples / fs_hz:g} s of 10.0 s."]
        assert list(fitted.warnings) == said * (recorded_hz != fs_hz) + cut

    def test_a_record_too_short_for_its_card_is_refused(self):
        with pytest.raises(RecordError, match=r"lasts 10\.0 s; the models need 12\.5 s"):
            model_input(record_of(waves(100, 10), 100), replace(USUAL, n_samples=1250))
        with pytest.raises(RecordError, match=r"last 10 s; the models need 12\.5 s"):
            prepared(np.zeros((2, 12, 1000), np.float32), 100, replace(USUAL, n_samples=1250))

    @pytest.mark.parametrize("wrong", [{"fs_hz": 0}, {"n_samples": 0}])
    def test_a_card_without_rate_or_length_is_refused(self, wrong):
        with pytest.raises(ModelError, match=r"both must be above 0"):
            replace(USUAL, **wrong)


class TestEverywhere:
    """The same input in predictions of one record, of many, and in explanations."""

    @other_inputs
    def test_the_right_signal_arrives(self, fs_hz, n_samples, listening):
        predictor = listening(fs_hz, n_samples)
        record = record_of(waves(100, 10), 100)
        predict([predictor], record)
        predict_batches(predictor, record.signal[None])
        explain(predictor, record, "gradcam")
        explain(predictor, record, "ig", n_steps=1)
        expected = predictor.preprocessing.apply(waves(fs_hz, 10)[:, :n_samples])
        interior = slice(fs_hz // 2, n_samples - fs_hz // 2)
        whole = [x for x in predictor.module.heard if x.abs().max() > 0]
        assert len(whole) >= 4
        assert {tuple(x.shape[1:]) for x in whole} == {(12, n_samples)}
        for x in whole[:3]:
            np.testing.assert_allclose(x[0, :, interior], expected[:, interior], atol=0.05)
            assert torch.equal(x, whole[0])

    def test_each_model_of_a_crowd_gets_its_own(self, listening):
        crowd = [listening(100, 1000), listening(200, 1000), listening(100, 500)]
        signals = waves(100, 10).astype(np.float32)[None]
        together = predict_many(crowd, signals)
        for row, predictor in zip(together, crowd, strict=True):
            np.testing.assert_array_equal(row, predict_batches(predictor, signals))
        opinions, warnings = predict(crowd, record_of(signals[0], 100))
        np.testing.assert_allclose([one.logits for one in opinions], together[:, 0], rtol=1e-5)
        assert warnings == (
            "Resampled from 100 to 200 Hz for the models.",
            "The models see the first 5 s of 10.0 s.",
        )

    def test_signals_at_another_rate_than_the_stores(self, listening):
        predictor = listening(100, 500)
        predict_batches(predictor, waves(500, 10)[None], fs_hz=500)
        interior = slice(50, 450)
        (heard,) = predictor.module.heard
        expected = predictor.preprocessing.apply(waves(100, 5))
        np.testing.assert_allclose(heard[0, :, interior], expected[:, interior], atol=0.05)

    @other_inputs
    @pytest.mark.parametrize("method", ["gradcam", "ig"])
    def test_an_attribution_lies_at_its_own_moment(self, method, fs_hz, n_samples, listening):
        second = 3.2
        record = record_of(pulse_at(second), 100)
        found = explain(listening(fs_hz, n_samples), record, method)
        assert found.fs_hz == fs_hz
        assert found.scores.shape[1] == n_samples
        loudest = np.abs(found.scores).sum(axis=0).argmax() / fs_hz
        assert loudest == pytest.approx(second, abs=0.05)
        layout = paper_layout()
        trace = overlay_trace(found, layout)
        row, column = np.unravel_index(np.nanargmax(np.abs(trace.z)), trace.z.shape)
        del row
        at_mm = layout.trace_x_mm + layout.speed_mm_s * second
        assert trace.x[column] - 2 <= at_mm <= trace.x[column + 1] + 2
        assert trace.x[-1] <= layout.trace_x_mm + layout.speed_mm_s * n_samples / fs_hz + 1e-3


def test_the_command_line_explains_at_the_cards_rate(
    untrained_dir, synthetic_dir, tmp_path, monkeypatch, capsys
):
    """A card of 5 s in place of 10 s: the file holds 5 s of scores and of the signal."""
    source = next(untrained_dir.glob("*/cnn_bilstm-A/seed-0"))
    folder = tmp_path / source.relative_to(untrained_dir)
    folder.mkdir(parents=True)
    for path in source.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    card = json.loads((folder / CARD_FILE).read_text())
    card["preprocessing"]["n_samples"] = 500
    (folder / CARD_FILE).write_text(json.dumps(card))
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(tmp_path))
    monkeypatch.setenv("ECG_RUNS_DIR", str(tmp_path / "runs"))
    out = tmp_path / "why.npz"
    asked = ["explain", "1", "--arch", "cnn_bilstm", "--set", "A", "--seed", "0"]
    asked += ["--method", "gradcam", "--out", str(out), "--data", str(synthetic_dir), "--json"]
    assert cli.main(asked) == 0
    assert json.loads(capsys.readouterr().out)["shape"] == [1, 500]
    with np.load(out, allow_pickle=False) as found:
        assert found["signal"].shape == (12, 500)
        assert found["fs_hz"] == 100
