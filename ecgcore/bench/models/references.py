"""Our Mamba-2 networks with the mixer of transformers, which is no dependency of this project."""

import copy
import importlib
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from ecgcore.models.networks.bimamba2 import BiMamba2, Mamba2

TRANSFORMERS = "5.23.0"
INSTALL = f"needs transformers: pip install transformers=={TRANSFORMERS}"
"""The version that was measured; other ones work where the mixer kept its parameters' names."""

CHUNKS = (32, 64)
"""Steps in a chunk of their scan: the two fastest at a length of 125; the default is 256, which
pads to twice the length and takes three times as long."""

_MODELING = "transformers.models.mamba2.modeling_mamba2"
_KERNELS = ("mamba_ssm", "causal_conv1d")


def find_transformers() -> Any | None:  # noqa: ANN401
    """Import the module of transformers' Mamba-2 so that it keeps to torch; None without it.

    It looks for packages with kernels when it is imported, and uses torch where it finds none.
    """
    with _hidden(*_KERNELS):
        try:
            modeling = importlib.import_module(_MODELING)
        except ImportError:
            return None
    logging.getLogger("transformers").setLevel(logging.ERROR)
    return modeling


def version_of(modeling: Any | None) -> str:  # noqa: ANN401
    """Version of the package that `find_transformers` found."""
    if modeling is None:
        return "not installed"
    package = sys.modules[modeling.__name__.partition(".")[0]]
    return str(getattr(package, "__version__", "unknown"))


def with_their_mixers(ours: BiMamba2, modeling: Any, chunk: int) -> nn.Module:  # noqa: ANN401
    """Copy a network, its weights too, with transformers' mixer in place of each of ours.

    Raises
    ------
    RuntimeError
        If the parameters of their mixer have other names or shapes.
    """
    theirs = copy.deepcopy(ours)
    for block in theirs.blocks:
        for direction in ("forwards", "backwards"):
            setattr(block, direction, _mixer(getattr(block, direction), modeling, chunk))
    theirs.load_state_dict(ours.state_dict(), strict=True)
    return theirs.train(ours.training)


def _mixer(ours: Mamba2, modeling: Any, chunk: int) -> nn.Module:  # noqa: ANN401
    config = modeling.Mamba2Config(
        hidden_size=ours.in_proj.in_features,
        num_heads=ours.nheads,
        head_dim=ours.headdim,
        state_size=ours.d_state,
        expand=ours.d_inner // ours.in_proj.in_features,
        conv_kernel=ours.conv1d.kernel_size[0],
        n_groups=1,
        chunk_size=chunk,
        layer_norm_epsilon=ours.norm.eps,
        num_hidden_layers=1,
        use_bias=False,
        use_conv_bias=True,
    )
    mixer: nn.Module = modeling.Mamba2Mixer(config, 0)
    return mixer


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    """Let imports of these packages fail for a while."""
    before = {name: sys.modules[name] for name in names if name in sys.modules}
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]
        sys.modules.update(before)
