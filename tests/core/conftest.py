"""Models for the tests, untrained with valid cards, and the command line on them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecgcore.cli import main
from ecgcore.models.cards import ModelCard, ModelEntry, ModelKey, Preprocessing

MakeOnce = Callable[[str, Callable[[Path], object]], Path]
UNTRAINED = ("cnn_bilstm", "bimamba2", "cnn_lstm", "resnet_bilstm")

PREPROCESSING = Preprocessing(
    highpass_hz=0.5,
    zero_phase=True,
    mean_mv=tuple(0.01 * lead for lead in range(12)),
    std_mv=tuple(0.1 + 0.02 * lead for lead in range(12)),
)


@pytest.fixture(scope="session")
def untrained_dir(make_once: MakeOnce) -> Path:
    """A ``pretrained/`` with an untrained "A" of four architectures; copy before damage."""
    return make_once(
        "untrained", lambda folder: [_save_untrained(arch, folder) for arch in UNTRAINED]
    )


@pytest.fixture(scope="session")
def untrained_entries(untrained_dir: Path) -> dict[str, ModelEntry]:
    """The models of `untrained_dir` by architecture."""
    cards = [ModelCard.load(path) for path in untrained_dir.glob("*/*/seed-0")]
    return {c.key.arch: ModelEntry(untrained_dir / c.key.folder, c, shipped=True) for c in cards}


@pytest.fixture
def two_models(
    monkeypatch: pytest.MonkeyPatch, untrained_dir: Path, synthetic_dir: Path, tmp_path: Path
) -> None:
    """Let commands see the untrained models and the synthetic set alone."""
    monkeypatch.setenv("ECG_DATA_DIR", str(synthetic_dir))
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(untrained_dir))
    monkeypatch.setenv("ECG_RUNS_DIR", str(tmp_path / "runs"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    """Return a function that runs a command with --json and returns its status and its object."""

    def run_it(*arguments: object) -> tuple[int, Any]:
        status = main([*map(str, arguments), "--json"])
        printed = capsys.readouterr()
        assert printed.out.count("\n") == 1, "one JSON object on one line"
        assert printed.err == ""
        return status, json.loads(printed.out)

    return run_it


def _save_untrained(arch: str, pretrained_dir: Path) -> None:
    import torch

    from ecgcore.models.networks.base import n_parameters
    from ecgcore.models.registry import build, save_weights

    key = ModelKey(arch, "A", 0)
    folder = pretrained_dir / key.folder
    folder.mkdir(parents=True)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = build(arch)
    ModelCard(
        key=key,
        n_parameters=n_parameters(model),
        data_version="PTB-XL 1.0.3",
        data_fingerprint="0123456789abcdef",
        n_train=5645,
        n_train_mi=1194,
        n_val=977,
        preprocessing=PREPROCESSING,
        recipe=(("epochs", "0"), ("max_lr", "0.002")),
        epochs_run=0,
        best_epoch=0,
        metrics=(("val_auroc", 0.5), ("test_certain_auroc", 0.5)),
        weights_sha256=save_weights(model, folder),
        code_version="0.1.0+test",
        created="2026-11-21T00:00:00+00:00",
    ).save(folder)
