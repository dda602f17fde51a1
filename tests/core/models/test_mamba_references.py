"""Our Mamba-2 against transformers' and against the kernels of mamba-ssm, where they are installed.

Neither is needed by the project. To run these tests, put them beside it and leave .venv alone:

    pip install --target /tmp/mambaref transformers==5.23.0 einops triton==3.9.0
    MAMBA_SKIP_CUDA_BUILD=TRUE MAMBA_FORCE_BUILD=TRUE \
        pip install --target /tmp/mambaref --no-build-isolation --no-deps mamba-ssm==2.3.2.post1
    PYTHONPATH=/tmp/mambaref python -m pytest tests/core/models/test_mamba_references.py
"""

import importlib
import importlib.util
import json
import os
import random
import subprocess
import sys

import pytest
import torch

from ecgcore.models.networks.bimamba2 import Mamba2
from tests.support.paths import PROJECT

KERNELS = PROJECT / "tests" / "support" / "mamba_ssm_kernels.py"
HOW = "the head of test_mamba_references.py says how to install it"
MISSING = [
    name
    for name in ("triton", "mamba_ssm", "einops", "transformers")
    if importlib.util.find_spec(name) is None
]
needs_mamba_ssm = pytest.mark.skipif(
    bool(MISSING), reason=f"mamba-ssm's kernels need {', '.join(MISSING)}: {HOW}"
)


@pytest.fixture(scope="module")
def mixer():
    """Build transformers' mixer of given sizes; it would use mamba-ssm if it found that."""
    reason = f"transformers is not installed: {HOW}"
    transformers = pytest.importorskip("transformers", reason=reason)
    with pytest.MonkeyPatch.context() as hidden:
        for name in ("mamba_ssm", "causal_conv1d"):
            hidden.setitem(sys.modules, name, None)
        module = importlib.import_module("transformers.models.mamba2.modeling_mamba2")

    def build(d_model, d_state, d_conv, expand, headdim, chunk):
        config = transformers.Mamba2Config(
            hidden_size=d_model,
            state_size=d_state,
            conv_kernel=d_conv,
            expand=expand,
            head_dim=headdim,
            num_heads=expand * d_model // headdim,
            n_groups=1,
            num_hidden_layers=1,
            chunk_size=chunk,
            layer_norm_epsilon=1e-5,
        )
        return module.Mamba2Mixer(config, layer_idx=0)

    return build


def relative_errors(found, expected):
    return {
        name: float((found[name] - tensor).abs().max() / tensor.abs().max())
        for name, tensor in expected.items()
    }


def output_and_gradients(layer, u):
    """Output, and by name the gradients of a weighted sum of it."""
    inputs = {"u": u.clone().requires_grad_(), **dict(layer.named_parameters())}
    y = layer(inputs["u"])
    weights = torch.linspace(-1, 1, y.numel()).view_as(y)
    gradients = torch.autograd.grad((y * weights).sum(), list(inputs.values()))
    return {"output": y.detach(), **dict(zip(inputs, gradients, strict=True))}


@pytest.mark.parametrize("seed", range(12))
def test_layer_equals_transformers(mixer, seed):
    """Numbers for one head each are long sums, which can nearly cancel: 3e-4 of their largest."""
    draw = random.Random(seed)
    headdim, expand = draw.choice([4, 8, 32]), draw.choice([1, 2, 4])
    sizes = (draw.randint(1, 4) * headdim, draw.randint(1, 20), draw.randint(2, 4), expand, headdim)
    torch.manual_seed(seed)
    ours, theirs = Mamba2(*sizes), mixer(*sizes, chunk=draw.choice([16, 64, 256]))
    for parameter in (ours.D, ours.norm.weight):
        torch.nn.init.uniform_(parameter, 0.5, 1.5)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    u = torch.randn(draw.randint(1, 3), draw.randint(2, 300), sizes[0])
    errors = relative_errors(output_and_gradients(ours, u), output_and_gradients(theirs, u))
    assert set(errors) == {"output", "u", *ours.state_dict()}
    for name, error in errors.items():
        assert error <= (3e-4 if name in ("D", "A_log", "dt_bias") else 1e-5), (name, error)


def errors_beside_the_kernels(device):
    done = subprocess.run(
        [sys.executable, KERNELS, device],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(PROJECT), *sys.path])},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@needs_mamba_ssm
def test_interpreted_kernels_of_mamba_ssm_agree():
    for case, errors in errors_beside_the_kernels("cpu").items():
        assert max(errors.values()) <= 1e-5, (case, errors)


@needs_mamba_ssm
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU here")
def test_kernels_of_mamba_ssm_on_the_gpu_agree():
    for case, errors in errors_beside_the_kernels("cuda").items():
        assert max(errors.values()) <= 1e-3, (case, errors)
