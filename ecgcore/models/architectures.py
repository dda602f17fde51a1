"""Every architecture: one record says all that the rest of the project asks about it; no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ecgcore.errors import ModelError

if TYPE_CHECKING:
    from ecgcore.models.networks.base import NetworkModule

Recipe = Mapping[str, Any]
"""Settings of a training, where they differ from the defaults of `TrainSpec`."""


@dataclass(frozen=True, slots=True, eq=False)
class Architecture:
    """One kind of network.

    Attributes
    ----------
    name
        In keys, folders, files and URLs.
    title
        Name shown to readers.
    network
        Module and class, joined by ":"; imported when the first network is built.
    sources
        Files below ``ecgcore/`` that decide what it computes.
    ms_per_record
        Training time of one record in one epoch on one thread, measured on PTB-XL
        (docs/performance.md).
    recipe, study_recipe
        Settings of each of its trainings, and further ones of those of the study.
    main
        True for the networks that the study is about.
    needs_gpu
        True where an epoch on a processor takes an hour.
    published_twin
        The published study's network whose figures stand beside those of this one; "" without one.
    takes_patient
        True where age and sex are inputs beside the signal.
    fs_hz, n_samples
        Rate and length of its input; recordings are brought to both.
    tasks
        Names of the tasks that it is offered for; all where there are none.
    """

    name: str
    title: str
    network: str
    sources: tuple[str, ...]
    ms_per_record: float
    recipe: Recipe = field(default_factory=dict)
    study_recipe: Recipe = field(default_factory=dict)
    main: bool = False
    needs_gpu: bool = False
    published_twin: str = ""
    takes_patient: bool = False
    fs_hz: int = 100
    n_samples: int = 1000
    tasks: tuple[str, ...] = ()

    def build(self, n_classes: int = 1) -> NetworkModule:
        """Make an untrained network with a logit for each class."""
        module, _, name = self.network.partition(":")
        network: NetworkModule = getattr(import_module(module), name)(n_classes)
        return network


_NETWORKS = "ecgcore.models.networks"
_BASE = "models/networks/base.py"
_MAMBA2 = (
    _BASE,
    "models/networks/bimamba2.py",
    "models/networks/gpu_scan.py",
    "models/networks/mamba_parts.py",
    "models/networks/scan.py",
)

CNN_BILSTM = Architecture(
    name="cnn_bilstm",
    title="CNN-BiLSTM",
    network=f"{_NETWORKS}.cnn_bilstm:CnnBiLstm",
    sources=(_BASE, "models/networks/cnn_bilstm.py"),
    ms_per_record=2.1,
    study_recipe={"epochs": 24, "patience": 24},
    main=True,
    published_twin="cnn_lstm",
)
BIMAMBA2 = Architecture(
    name="bimamba2",
    title="BiMamba-2",
    network=f"{_NETWORKS}.bimamba2:BiMamba2",
    sources=_MAMBA2,
    ms_per_record=4.8,
    study_recipe={"epochs": 16, "patience": 16},
    main=True,
    published_twin="bimamba2_large",
)
CNN_LSTM = Architecture(
    name="cnn_lstm",
    title="CNN-LSTM (study)",
    network=f"{_NETWORKS}.cnn_lstm:CnnLstm",
    sources=(_BASE, "models/networks/cnn_lstm.py"),
    ms_per_record=5.0,
    recipe={
        "epochs": 100,
        "patience": 15,
        "batch_size": 32,
        "max_lr": 1e-3,
        "weight_decay": 0.0,
        "clip_norm": 0.0,
        "schedule": "plateau",
        "amplitude": 0.0,
        "lead_dropout": 0.0,
        "time_shift": False,
        "seed_exact": True,
    },
)
"""The published study's network with the published study's recipe."""
BIMAMBA2_LARGE = Architecture(
    name="bimamba2_large",
    title="BiMamba-2 large (study)",
    network=f"{_NETWORKS}.bimamba2_large:BiMamba2Large",
    sources=("models/networks/bimamba2_large.py", *_MAMBA2),
    ms_per_record=750.0,
    needs_gpu=True,
)
RESNET_BILSTM = Architecture(
    name="resnet_bilstm",
    title="ResNet-BiLSTM",
    network=f"{_NETWORKS}.resnet_bilstm:ResNetBiLstm",
    sources=(_BASE, "models/networks/resnet_bilstm.py"),
    ms_per_record=6.4,
)
"""The larger network, for many statements at once."""
S4D = Architecture(
    name="s4d",
    title="S4D",
    network=f"{_NETWORKS}.neighbours.s4d:S4d",
    sources=(_BASE, "models/networks/neighbours/s4d.py"),
    ms_per_record=12.0,
    recipe={"speedups": "bf16"},
    tasks=("statements71",),
)
"""State-space layers in windows of the length that trainings of the statements show.

Compiled, a training step takes over three times as long: its numbers are complex.
"""


def _encoder(name: str, title: str, maker: str, ms_per_record: float) -> Architecture:
    """Describe an arm of the question whether a recurrent layer helps."""
    return Architecture(
        name=name,
        title=title,
        network=f"{_NETWORKS}.neighbours.encoders:{maker}",
        sources=(_BASE, "models/networks/neighbours/encoders.py"),
        ms_per_record=ms_per_record,
        tasks=("subclasses",),
    )


ENCODERS = (
    _encoder("cnn_alone", "CNN alone", "cnn_alone", 1.2),
    _encoder("cnn_alone_wide", "CNN alone, as large as CNN-BiLSTM", "cnn_alone_wide", 1.9),
    _encoder("cnn_1lstm", "CNN + LSTM", "one_lstm", 1.7),
    _encoder("cnn_gru", "CNN + GRU", "one_gru", 1.8),
    _encoder("cnn_2lstm", "CNN + 2 LSTM", "two_lstm", 2.1),
    _encoder("cnn_2gru", "CNN + 2 GRU", "two_gru", 2.5),
    _encoder("cnn_2bilstm", "CNN + 2 BiLSTM", "two_bilstm", 3.6),
)
"""Beside CNN-BiLSTM, whose stem, pooling and head they have."""

_SE_RECIPE: Recipe = {
    "epochs": 70,
    "patience": 70,
    "max_lr": 3e-3,
    "weight_decay": 1e-5,
    "clip_norm": 0.0,
    "schedule": "steps",
    "amplitude": 0.0,
    "lead_dropout": 0.0,
    "time_shift": False,
}


_UNCOMPILED: Recipe = {"speedups": "bf16"}
"""Compiled, a training step of the strided ResNets takes 1.2 to 1.5 times as long."""

SE_RESNET_SMALL = Architecture(
    name="se_resnet_small",
    title="SE-ResNet small",
    network=f"{_NETWORKS}.neighbours.se_resnet:small",
    sources=(_BASE, "models/networks/neighbours/se_resnet.py"),
    ms_per_record=3.0,
    recipe=_UNCOMPILED,
    takes_patient=True,
    tasks=("challenge24",),
)
SE_RESNETS = (
    SE_RESNET_SMALL,
    replace(
        SE_RESNET_SMALL,
        name="se_resnet_leads",
        title="SE-ResNet small, leads weighed",
        network=f"{_NETWORKS}.neighbours.se_resnet:leads_small",
    ),
    replace(
        SE_RESNET_SMALL,
        name="se_resnet_signal",
        title="SE-ResNet small, signal only",
        network=f"{_NETWORKS}.neighbours.se_resnet:signal_only_small",
        takes_patient=False,
    ),
    replace(
        SE_RESNET_SMALL,
        name="se_resnet",
        title="SE-ResNet (challenge)",
        network=f"{_NETWORKS}.neighbours.se_resnet:faithful",
        ms_per_record=250.0,
        fs_hz=257,
        n_samples=2560,
        recipe=_SE_RECIPE,
        needs_gpu=True,
    ),
)
"""The challenge's network last, and its siblings for a processor."""

_RIBEIRO_RECIPE: Recipe = {
    "epochs": 70,
    "patience": 9,
    "max_lr": 1e-3,
    "weight_decay": 0.0,
    "clip_norm": 0.0,
    "schedule": "plateau_tenth",
    "amplitude": 0.0,
    "lead_dropout": 0.0,
    "time_shift": False,
}


RIBEIRO_SMALL = Architecture(
    name="ribeiro_small",
    title="ResNet small",
    network=f"{_NETWORKS}.neighbours.ribeiro_resnet:at_100_hz",
    sources=(_BASE, "models/networks/neighbours/ribeiro_resnet.py"),
    ms_per_record=4.4,
    recipe=_UNCOMPILED,
    tasks=("rhythm6",),
)
RIBEIRO_RESNET = replace(
    RIBEIRO_SMALL,
    name="ribeiro_resnet",
    title="ResNet (Ribeiro)",
    network=f"{_NETWORKS}.neighbours.ribeiro_resnet:faithful",
    ms_per_record=400.0,
    fs_hz=400,
    n_samples=4000,
    recipe=_RIBEIRO_RECIPE,
    needs_gpu=True,
)
RIBEIRO_RESNETS = (
    RIBEIRO_SMALL,
    replace(
        RIBEIRO_SMALL,
        name="ribeiro_small_attention",
        title="ResNet small with attention",
        network=f"{_NETWORKS}.neighbours.ribeiro_resnet:at_100_hz_attention",
    ),
    RIBEIRO_RESNET,
    replace(
        RIBEIRO_RESNET,
        name="ribeiro_attention",
        title="ResNet (Ribeiro) with attention",
        network=f"{_NETWORKS}.neighbours.ribeiro_resnet:faithful_attention",
    ),
)
"""The published networks of the six abnormalities last, and their siblings for a processor."""

ARCHITECTURES: dict[str, Architecture] = {
    one.name: one
    for one in (
        *(CNN_BILSTM, BIMAMBA2, CNN_LSTM, BIMAMBA2_LARGE, RESNET_BILSTM, S4D),
        *ENCODERS,
        *SE_RESNETS,
        *RIBEIRO_RESNETS,
    )
}
"""All that can be trained here, in the order in which readers see them."""

DEFAULT = CNN_BILSTM
"""The architecture that is explained, measured or shown where nobody chose one."""


def architecture(name: str) -> Architecture:
    """Return the architecture of this name; ModelError if there is none."""
    if name not in ARCHITECTURES:
        raise ModelError(f"There is no architecture {name!r}; choose {', '.join(ARCHITECTURES)}.")
    return ARCHITECTURES[name]


def arch_title(name: str) -> str:
    """Name shown to readers; that in the card where this version does not know it.

    Examples
    --------
    >>> arch_title("bimamba2"), arch_title("resnet")
    ('BiMamba-2', 'resnet')
    """
    return ARCHITECTURES[name].title if name in ARCHITECTURES else name


def arch_place(name: str) -> int:
    """Place in lists; unknown architectures come last."""
    names = list(ARCHITECTURES)
    return names.index(name) if name in names else len(names)


def main_archs() -> tuple[str, ...]:
    """Names of the architectures that the study is about."""
    return tuple(one.name for one in ARCHITECTURES.values() if one.main)


def published_twin(name: str) -> str:
    """Return the published network in the place of this one; itself where it has no twin."""
    return (name in ARCHITECTURES and ARCHITECTURES[name].published_twin) or name


def in_place_of(published: str) -> str | None:
    """Return our architecture in the place of a published network; None without one."""
    ours = (one.name for one in ARCHITECTURES.values() if one.published_twin == published)
    return next(ours, None)
