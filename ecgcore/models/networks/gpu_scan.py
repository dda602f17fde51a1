"""The selective scan of mamba-ssm on an NVIDIA GPU, looked for at the first call that can use it.

Its kernel rounds float32 factors to TF32, unless ``TRITON_F32_DEFAULT=ieee`` is set.
"""

import functools
import importlib
import logging
from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor

Kernel = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, int], Tensor]
"""Takes the arguments of `selective_scan`, in its order."""

log = logging.getLogger(__name__)
_MODULE = "mamba_ssm.ops.triton.ssd_combined"
_DTYPES = (torch.float32, torch.bfloat16, torch.float16)


def kernel_for(x: Tensor) -> Kernel | None:
    """Return mamba-ssm's kernel if it can scan `x`, or None.

    It needs a GPU and knows no float64, and ``torch.compile`` cannot look into it.
    """
    if not x.is_cuda or torch.compiler.is_compiling() or x.dtype not in _DTYPES:
        return None
    return _kernel()


@functools.cache
def _kernel() -> Kernel | None:
    try:
        return cast(Kernel, importlib.import_module(_MODULE).mamba_chunk_scan_combined)
    except Exception as error:  # a broken installation can fail with anything
        log.warning(
            "The GPU scans in plain PyTorch: mamba-ssm cannot be imported (%s: %s). "
            "See requirements-gpu.txt.",
            type(error).__name__,
            error,
        )
        return None
