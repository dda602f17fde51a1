"""Cards on disk, the scaler, and the list of models."""

import json
import logging
import shutil
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.errors import ModelError
from ecgcore.manifest import MANIFEST, write_manifest
from ecgcore.models.cards import (
    CARD_FILE,
    ModelCard,
    ModelEntry,
    ModelKey,
    Preprocessing,
    by_name,
    file_sha256,
    find_model,
    list_models,
)

FINITE = st.floats(-100, 100)


def scaler(**changes):
    values = {"mean_mv": (0.0,) * 12, "std_mv": (1.0,) * 12, **changes}
    return Preprocessing(0.5, zero_phase=True, **values)


@pytest.fixture
def pretrained(untrained_dir, tmp_path):
    return shutil.copytree(untrained_dir, tmp_path / "pretrained")


@pytest.fixture
def card(untrained_entries):
    return untrained_entries["cnn_bilstm"].card


class TestCard:
    def test_round_trip(self, card, tmp_path):
        card.save(tmp_path)
        assert ModelCard.load(tmp_path) == card

    @given(
        recipe=st.lists(st.tuples(st.text(), st.text())),
        metrics=st.lists(st.tuples(st.text(), FINITE)),
        mean=st.tuples(*[FINITE] * 12),
        std=st.tuples(*[st.floats(1e-6, 100)] * 12),
        seed=st.integers(0, 2**31),
    )
    @settings(max_examples=30, deadline=None)
    def test_any_values_survive_the_round_trip(
        self, untrained_entries, tmp_path_factory, recipe, metrics, mean, std, seed
    ):
        folder = tmp_path_factory.mktemp("card")
        card = replace(
            untrained_entries["bimamba2"].card,
            key=ModelKey("bimamba2", "D", seed),
            recipe=tuple(recipe),
            metrics=tuple(metrics),
            preprocessing=scaler(mean_mv=mean, std_mv=std),
        )
        card.save(folder)
        loaded = ModelCard.load(folder)
        assert loaded == card
        assert hash(loaded.preprocessing) == hash(card.preprocessing)

    def test_missing_card(self, tmp_path):
        with pytest.raises(ModelError, match="cannot be read"):
            ModelCard.load(tmp_path)

    def test_folder_in_place_of_the_card(self, tmp_path):
        (tmp_path / CARD_FILE).mkdir()
        with pytest.raises(ModelError, match="cannot be read"):
            ModelCard.load(tmp_path)

    @pytest.mark.parametrize(
        "content", [b"", b"{", b"null", b"5", b"[]", b"{}", b'"card"', b"\xff\xfe\x00"]
    )
    def test_damaged_json(self, content, tmp_path):
        (tmp_path / CARD_FILE).write_bytes(content)
        with pytest.raises(ModelError, match="is not a model card"):
            ModelCard.load(tmp_path)

    @pytest.mark.parametrize("field", ["key", "preprocessing", "recipe", "metrics", "n_train"])
    @pytest.mark.parametrize("damage", ["missing", "null", "more"])
    def test_damaged_field(self, field, damage, card, tmp_path):
        card.save(tmp_path)
        path = tmp_path / CARD_FILE
        raw = json.loads(path.read_text())
        if damage == "missing":
            del raw[field]
        elif damage == "null" and field != "n_train":
            raw[field] = None
        else:
            raw["surplus"] = 1
        path.write_text(json.dumps(raw))
        with pytest.raises(ModelError, match="is not a model card"):
            ModelCard.load(tmp_path)

    def test_lost_lead_of_the_scaler(self, card, tmp_path):
        card.save(tmp_path)
        path = tmp_path / CARD_FILE
        raw = json.loads(path.read_text())
        raw["preprocessing"]["mean_mv"].pop()
        path.write_text(json.dumps(raw))
        with pytest.raises(ModelError, match="11 means"):
            ModelCard.load(tmp_path)

    def test_unknown_training_set(self, card, tmp_path):
        replace(card, key=ModelKey("cnn_bilstm", "B", 0)).save(tmp_path)
        with pytest.raises(ModelError, match="unknown training set 'B'"):
            ModelCard.load(tmp_path)

    def test_synthetic_follows_the_data(self, card):
        assert not card.synthetic
        assert replace(card, data_version="synthetic set 1").synthetic


class TestPreprocessing:
    def test_own_data_come_out_with_zero_mean_and_unit_deviation(self):
        rng = np.random.default_rng(0)
        scale = np.linspace(0.1, 2, 12)[:, None]
        signals = (rng.normal(size=(40, 12, 1000)) * scale + 3).astype(np.float32)
        filtered = scaler().apply(signals).astype(np.float64)
        steps = scaler(
            mean_mv=tuple(filtered.mean(axis=(0, 2))), std_mv=tuple(filtered.std(axis=(0, 2)))
        )
        inputs = steps.apply(signals)
        assert inputs.dtype == np.float32
        np.testing.assert_allclose(inputs.mean(axis=(0, 2), dtype=np.float64), 0, atol=1e-5)
        np.testing.assert_allclose(inputs.std(axis=(0, 2), dtype=np.float64), 1, atol=1e-5)

    def test_each_lead_has_its_own_scale(self):
        wave = np.sin(np.linspace(0, 200 * np.pi, 1000))  # about 10 Hz, zero at both ends
        signal = np.tile(wave, (12, 1)).astype(np.float32)
        steps = scaler(mean_mv=(1.0,) * 12, std_mv=tuple(range(1, 13)))
        expected = (signal - 1) / np.arange(1, 13)[:, None]
        settled = slice(200, -200)  # the mirrored ends bend the wave, which has no baseline there
        np.testing.assert_allclose(steps.apply(signal)[:, settled], expected[:, settled], atol=2e-3)

    def test_baseline_goes_and_the_signal_stays_in_time(self):
        t = np.arange(1000) / 100
        beat = np.exp(-(((t - 5) / 0.02) ** 2))
        signal = np.tile(beat + 2 * np.sin(2 * np.pi * 0.05 * t) + 5, (12, 1)).astype(np.float32)
        inputs = scaler().apply(signal)
        assert set(inputs.argmax(axis=1)) == {500}
        assert np.abs(inputs[:, 300:450]).max() < 0.1

    def test_batch_is_handled_like_single_records(self):
        signals = np.random.default_rng(1).normal(size=(3, 12, 1000)).astype(np.float32)
        steps = scaler(std_mv=(0.5,) * 12)
        single = np.stack([steps.apply(signal) for signal in signals])
        np.testing.assert_array_equal(steps.apply(signals), single)

    @pytest.mark.parametrize(
        "changes",
        [
            {"mean_mv": (0.0,)},
            {"std_mv": (1.0,) * 13},
            {"std_mv": ()},
            {"std_mv": (0.0, *(1.0,) * 11)},
            {"std_mv": (-1.0, *(1.0,) * 11)},
        ],
    )
    def test_unusable_scaler_is_refused(self, changes):
        with pytest.raises(ModelError, match="scaler"):
            scaler(**changes)


class TestList:
    def test_architectures_in_reading_order(self, pretrained, tmp_path):
        entries = list_models(pretrained, tmp_path / "no runs")
        assert [entry.name for entry in entries] == [
            "cnn_bilstm-A-0",
            "bimamba2-A-0",
            "cnn_lstm-A-0",
            "resnet_bilstm-A-0",
        ]
        assert [entry.label for entry in entries] == [
            "CNN-BiLSTM A (seed 0)",
            "BiMamba-2 A (seed 0)",
            "CNN-LSTM (study) A (seed 0)",
            "ResNet-BiLSTM A (seed 0)",
        ]
        assert all(entry.shipped for entry in entries)

    @pytest.mark.parametrize("content", ["{", "null"])
    def test_damaged_card_is_left_out_with_a_warning(self, content, pretrained, tmp_path, caplog):
        damaged = pretrained / "mi" / "cnn_bilstm-A" / "seed-0" / CARD_FILE
        damaged.write_text(content)
        with caplog.at_level(logging.WARNING):
            entries = list_models(pretrained, tmp_path / "no runs")
        assert [entry.key.arch for entry in entries] == ["bimamba2", "cnn_lstm", "resnet_bilstm"]
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert str(damaged) in caplog.text

    def test_a_card_is_read_once_until_it_or_the_manifest_changes(
        self, pretrained, card, tmp_path, monkeypatch
    ):
        read = []
        load = ModelCard.load
        monkeypatch.setattr(ModelCard, "load", lambda folder: read.append(folder) or load(folder))

        def listed() -> tuple[int, int]:
            read.clear()
            entries = list_models(pretrained, tmp_path / "runs")
            return len(entries), len(read)

        folder = pretrained / "mi" / "cnn_bilstm-A" / "seed-0"
        assert listed() == (4, 4)
        assert listed() == (4, 0)
        replace(load(folder), n_train=7).save(folder)
        assert listed() == (4, 1)
        entry = list_models(pretrained, tmp_path / "runs")[0]
        assert (entry.folder, entry.card.n_train) == (folder, 7)
        write_manifest(pretrained)
        assert listed() == (4, 4)
        content = (folder / CARD_FILE).read_text()
        (folder / CARD_FILE).write_text("{")
        assert listed() == (3, 1)
        assert listed() == (3, 1), "what is wrong is said again"
        (folder / CARD_FILE).write_text(content)
        assert listed()[0] == 4
        sums = pretrained / MANIFEST
        sums.write_text(sums.read_text().replace(file_sha256(folder / CARD_FILE), "0" * 64))
        assert listed() == (3, 4), "the manifest says that it was changed"
        save_to = tmp_path / "runs" / "mine"
        save_to.mkdir(parents=True)
        card.save(save_to)
        assert listed() == (4, 2), "a new run needs no restart"

    def test_unfinished_run_has_no_card_and_is_not_listed(self, pretrained, tmp_path):
        (tmp_path / "runs" / "now").mkdir(parents=True)
        assert len(list_models(pretrained, tmp_path / "runs")) == 4

    def test_own_run_comes_after_the_shipped_and_is_named_by_its_folder(
        self, pretrained, card, tmp_path
    ):
        run = tmp_path / "runs" / "try-1"
        run.mkdir(parents=True)
        card.save(run)
        entries = list_models(pretrained, tmp_path / "runs")
        assert [entry.name for entry in entries][4:] == ["cnn_bilstm-A-0@try-1"]
        assert entries[4].label == "CNN-BiLSTM A (seed 0), local run try-1"
        assert by_name(entries, "cnn_bilstm-A-0@try-1").folder == run
        assert find_model(card.key, pretrained, tmp_path / "runs").shipped

    def test_sets_and_seeds_in_order(self, pretrained, card, tmp_path):
        for train_set, seed in [("D", 0), ("C", 10), ("C", 2)]:
            key = ModelKey("cnn_bilstm", train_set, seed)
            (pretrained / key.folder).mkdir(parents=True)
            replace(card, key=key).save(pretrained / key.folder)
        names = [entry.name for entry in list_models(pretrained, tmp_path)]
        assert names == [
            "cnn_bilstm-A-0",
            "cnn_bilstm-C-2",
            "cnn_bilstm-C-10",
            "cnn_bilstm-D-0",
            "bimamba2-A-0",
            "cnn_lstm-A-0",
            "resnet_bilstm-A-0",
        ]

    def test_unknown_model_names_the_known_ones(self, pretrained, tmp_path):
        with pytest.raises(ModelError, match=r"CNN-BiLSTM D \(seed 3\).*bimamba2-A-0"):
            find_model(ModelKey("cnn_bilstm", "D", 3), pretrained, tmp_path)
        with pytest.raises(ModelError, match=r"'nonsense'; there are cnn_bilstm-A-0"):
            by_name(list_models(pretrained, tmp_path), "nonsense")

    def test_no_models_at_all(self, tmp_path):
        assert list_models(tmp_path / "nothing", tmp_path / "nothing either") == ()
        with pytest.raises(ModelError, match="none at all"):
            find_model(ModelKey("cnn_bilstm", "A", 0), tmp_path, tmp_path)


def test_key_of_an_unknown_architecture_still_has_a_label():
    assert ModelKey("new_net", "A", 1).label == "new_net A (seed 1)"


def test_entry_knows_its_key(card, tmp_path):
    assert ModelEntry(tmp_path, card, shipped=True).key == ModelKey("cnn_bilstm", "A", 0)


def test_file_sha256_of_a_known_text(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file_sha256(tmp_path / "abc") == expected


class TestTasks:
    def test_a_card_from_before_tasks_is_of_mi(self, card, tmp_path):
        card.save(tmp_path)
        path = tmp_path / CARD_FILE
        raw = json.loads(path.read_text())
        assert raw["key"].pop("task") == "mi"
        path.write_text(json.dumps(raw))
        assert ModelCard.load(tmp_path) == card

    def test_an_unknown_task_and_a_set_of_another_task_are_refused(self, card, tmp_path):
        for key, words in (
            (ModelKey("cnn_bilstm", "A", 0, "sleep"), "unknown task 'sleep'"),
            (ModelKey("cnn_bilstm", "A", 0, "superclasses"), "unknown training set 'A'"),
        ):
            replace(card, key=key).save(tmp_path)
            with pytest.raises(ModelError, match=words):
                ModelCard.load(tmp_path)

    def test_models_lie_in_the_folder_of_their_task_or_where_they_lay_before(
        self, pretrained, tmp_path
    ):
        folders = {entry.folder for entry in list_models(pretrained, tmp_path)}
        new = pretrained / "mi" / "bimamba2-A" / "seed-0"
        assert new in folders
        old = pretrained / "bimamba2-A" / "seed-0"
        shutil.copytree(new, old)
        assert {entry.folder for entry in list_models(pretrained, tmp_path)} == folders
        shutil.rmtree(new)
        assert {entry.folder for entry in list_models(pretrained, tmp_path)} == folders ^ {new, old}

    def test_only_the_models_of_a_task_are_listed(self, pretrained, card, tmp_path):
        key = ModelKey("cnn_bilstm", "all", 0, "superclasses")
        for folder in (pretrained / key.folder, tmp_path / "runs" / "mine"):
            folder.mkdir(parents=True)
            replace(card, key=key).save(folder)
        names = {
            task: [entry.name for entry in list_models(pretrained, tmp_path / "runs", task)]
            for task in ("mi", "superclasses", None)
        }
        mine = "superclasses-cnn_bilstm-all-0"
        assert names["mi"] == [
            "cnn_bilstm-A-0",
            "bimamba2-A-0",
            "cnn_lstm-A-0",
            "resnet_bilstm-A-0",
        ]
        assert names["superclasses"] == [mine, f"{mine}@mine"]
        assert names[None] == [*names["mi"], mine, f"{mine}@mine"]
        assert list_models(pretrained, tmp_path / "runs") == list_models(
            pretrained, tmp_path / "runs", "mi"
        )
        assert find_model(key, pretrained, tmp_path).folder == pretrained / key.folder

    def test_names_say_the_task_but_for_the_studys_own(self):
        own, other = (
            ModelKey("cnn_bilstm", "A", 1),
            ModelKey("cnn_bilstm", "all", 1, "superclasses"),
        )
        assert (own.run_name, own.label) == ("cnn_bilstm-A-seed1", "CNN-BiLSTM A (seed 1)")
        assert other.run_name == "superclasses-cnn_bilstm-all-seed1"
        assert other.label == "CNN-BiLSTM Five superclasses, all (seed 1)"
        assert own.folder.as_posix() == "mi/cnn_bilstm-A/seed-1"
        assert other.folder.as_posix() == "superclasses/cnn_bilstm-all/seed-1"
