"""Run mamba-ssm's Triton kernels beside ours and print the errors as JSON.

Started by test_mamba_references.py; a program of its own, because the interpreter
for a machine without a GPU replaces parts of torch and Triton. ``python mamba_ssm_kernels.py cpu``
interprets, ``cuda`` runs on the GPU, without TF32.
"""

import contextlib
import json
import os
import sys
import types

DEVICE = sys.argv[1]
if DEVICE == "cpu":
    os.environ["TRITON_INTERPRET"] = "1"
os.environ["TRITON_F32_DEFAULT"] = "ieee"

import torch  # noqa: E402  (Triton reads both variables when it is imported)


def interpret() -> None:
    """Let kernels start without a GPU, each with its first configuration."""
    from triton.runtime import autotuner

    sys.modules["selective_scan_cuda"] = types.ModuleType("selective_scan_cuda")
    torch.cuda.device = lambda *_: contextlib.nullcontext()
    torch.cuda.get_device_properties = lambda *_: types.SimpleNamespace(multi_processor_count=1)
    start = autotuner.Autotuner.__init__

    def with_one_configuration(self, *args, **kwargs):
        start(self, *args, **kwargs)
        self.configs = self.configs[:1]

    autotuner.Autotuner.__init__ = with_one_configuration
    autotuner.Autotuner._bench = lambda *_, **__: [0.0, 0.0, 0.0]


def errors(found, expected):
    """Largest error over largest magnitude, by name."""
    return {
        name: float((found[name].cpu() - tensor.cpu()).abs().max() / tensor.abs().max())
        for name, tensor in expected.items()
    }


def output_and_gradients(run, inputs):
    """What `run` returns, and the gradient of a weighted sum of it for every named input."""
    y = run()
    weights = torch.linspace(-1, 1, y.numel()).view_as(y).to(y.device)
    gradients = torch.autograd.grad((y * weights).sum(), list(inputs.values()))
    return {"output": y.detach(), **dict(zip(inputs, gradients, strict=True))}


def layer(length, **sizes):
    """Errors of our layer on the processor; weights move strictly both ways."""
    from mamba_ssm.modules.mamba2 import Mamba2 as TheirMamba2

    from ecgcore.models.networks.bimamba2 import Mamba2

    theirs = TheirMamba2(**sizes, use_mem_eff_path=False, device=DEVICE)
    ours = Mamba2(**sizes)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    results = []
    u = torch.randn(2, length, sizes["d_model"])
    for model, device in ((ours, "cpu"), (theirs, DEVICE)):
        at = u.to(device).requires_grad_()
        inputs = {"u": at, **dict(model.named_parameters())}
        results.append(output_and_gradients(lambda model=model, at=at: model(at), inputs))
    return errors(*results)


def scan(length, chunk, groups):
    """Errors of our scan on the processor, and of what `selective_scan` chooses on `DEVICE`."""
    from mamba_ssm.ops.triton.ssd_combined import mamba_chunk_scan_combined

    from ecgcore.models.networks.scan import selective_scan

    inputs = {
        "x": torch.randn(2, length, 4, 16),
        "dt": torch.nn.functional.softplus(torch.randn(2, length, 4) - 2),
        "a": -torch.rand(4).exp(),
        "b": torch.randn(2, length, groups, 16),
        "c": torch.randn(2, length, groups, 16),
    }
    results = []
    for run, device in (
        (selective_scan, "cpu"),
        (selective_scan, DEVICE),
        (mamba_chunk_scan_combined, DEVICE),
    ):
        at = {name: tensor.to(device).requires_grad_() for name, tensor in inputs.items()}
        results.append(output_and_gradients(lambda run=run, at=at: run(*at.values(), chunk), at))
    return errors(results[0], results[2]), errors(results[1], results[2])


def main() -> None:
    if DEVICE == "cpu":
        interpret()
    torch.manual_seed(0)
    torch.backends.cudnn.allow_tf32 = False
    on_cpu, chosen = scan(37, 16, groups=2)
    report = {
        "layer": layer(37, d_model=32, d_state=16, d_conv=4, expand=2, headdim=16),
        "layer of other sizes": layer(20, d_model=16, d_state=32, d_conv=3, expand=4, headdim=32),
        "scan in two groups": on_cpu,
        "chosen scan": chosen,
    }
    if DEVICE == "cuda":
        from ecgcore.models.networks.gpu_scan import _kernel

        report["kernel"] = {"missing": float(_kernel() is None)}
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main()
