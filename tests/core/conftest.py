"""Models for the tests: four architectures with random weights and valid cards."""

from collections.abc import Callable
from pathlib import Path

import pytest

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
