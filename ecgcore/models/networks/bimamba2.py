"""A bidirectional Mamba-2 classifier that runs on a CPU.

Parameter names and shapes are those of ``mamba_ssm.Mamba2``, so that weights move both ways.
"""

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from ecgcore.leads import LEADS
from ecgcore.models.networks.base import Head, NetworkModule, pooled
from ecgcore.models.networks.mamba_parts import causal_conv_silu, gated_rms_norm
from ecgcore.models.networks.scan import selective_scan


class RMSNorm(nn.RMSNorm):
    """Root-mean-square norm that is computed in its weights' dtype, also under autocast."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the last axis; the result has the dtype of `x`."""
        return super().forward(x.to(self.weight.dtype)).to(x.dtype)


class GatedRMSNorm(nn.Module):
    """Root-mean-square norm of ``y * silu(z)``, as Mamba-2 uses it with one group."""

    def __init__(self, size: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, y: Tensor, z: Tensor) -> Tensor:
        """Normalise the last axis; `y` and `z` are ``(..., size)``."""
        return gated_rms_norm(y, z, self.weight, self.eps)


class Mamba2(nn.Module):
    """One Mamba-2 mixer, ``(batch, length, d_model)`` to the same shape (Dao and Gu, 2024).

    Parameters
    ----------
    d_model, d_state, d_conv, expand, headdim
        As in ``mamba_ssm.Mamba2``, with one group of B and C for all heads.
    """

    def __init__(
        self, d_model: int, d_state: int = 64, d_conv: int = 4, expand: int = 2, headdim: int = 64
    ) -> None:
        super().__init__()
        self.d_inner, self.d_state, self.headdim = expand * d_model, d_state, headdim
        self.nheads = self.d_inner // headdim
        conv_size = self.d_inner + 2 * d_state
        self.in_proj = nn.Linear(d_model, self.d_inner + conv_size + self.nheads, bias=False)
        self.conv1d = nn.Conv1d(conv_size, conv_size, d_conv, groups=conv_size, padding=d_conv - 1)
        dt = torch.exp(torch.empty(self.nheads).uniform_(math.log(1e-3), math.log(0.1)))
        self.dt_bias = nn.Parameter(dt + torch.log(-torch.expm1(-dt)))
        self.A_log = nn.Parameter(torch.empty(self.nheads).uniform_(1, 16).log())
        self.D = nn.Parameter(torch.ones(self.nheads))
        self.norm = GatedRMSNorm(self.d_inner)
        self.out_proj = nn.Linear(self.d_inner, d_model, bias=False)

    def forward(self, u: Tensor) -> Tensor:
        """Mix ``(batch, length, d_model)`` along its length, causally."""
        sizes = [self.d_inner, self.d_inner + 2 * self.d_state, self.nheads]
        z, xbc, dt = (functional.linear(u, w) for w in torch.split(self.in_proj.weight, sizes))
        xbc = causal_conv_silu(xbc, self.conv1d.weight, cast(Tensor, self.conv1d.bias))
        x, b, c = torch.split(xbc, [self.d_inner, self.d_state, self.d_state], dim=-1)
        x = x.view(*x.shape[:-1], self.nheads, self.headdim)
        dt = functional.softplus(dt + self.dt_bias)
        y = selective_scan(x, dt, -self.A_log.exp(), b[:, :, None], c[:, :, None])
        y = torch.addcmul(y, x, self.D[:, None].to(x.dtype))
        mixed: Tensor = self.out_proj(self.norm(y.flatten(-2), z))
        return mixed


class BiMambaBlock(nn.Module):
    """Residual block that reads the sequence forwards and backwards."""

    def __init__(self, d_model: int, dropout: float) -> None:
        super().__init__()
        self.norm = RMSNorm(d_model)
        self.forwards = Mamba2(d_model)
        self.backwards = Mamba2(d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, u: Tensor) -> Tensor:
        """Map ``(batch, length, d_model)`` to the same shape."""
        v = self.norm(u)
        mixed: Tensor = self.forwards(v) + self.backwards(v.flip(1)).flip(1)
        result: Tensor = u + self.dropout(mixed)
        return result


class PaddedConv1d(nn.Conv1d):
    """A convolution whose padding is a step of its own.

    oneDNN in torch 2.13 computes padded bfloat16 convolutions of 12 channels with 8 or 16 taps
    wrongly on processors with AMX.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Convolve ``(batch, channels, length)``."""
        padding = int(self.padding[0])
        padded = functional.pad(x, (padding, padding))
        return functional.conv1d(padded, self.weight, self.bias, self.stride)


class BiMamba2(NetworkModule):
    """Strided convolutional stem, two bidirectional Mamba-2 blocks, pooling, one logit a class.

    The stem turns 1000 samples into 125 steps; its even kernels keep step j centred on samples
    8 j to 8 j + 7. ``explained`` sees the blocks' output channels first, for Grad-CAM.
    """

    def __init__(
        self, n_classes: int = 1, d_model: int = 96, n_blocks: int = 2, dropout: float = 0.2
    ) -> None:
        super().__init__(n_classes)
        self.stem = nn.Sequential(
            PaddedConv1d(len(LEADS), d_model // 2, 16, stride=4, padding=6, bias=False),
            nn.BatchNorm1d(d_model // 2),
            nn.SiLU(),
            nn.Conv1d(d_model // 2, d_model, 12, stride=2, padding=5, bias=False),
            nn.BatchNorm1d(d_model),
            nn.SiLU(),
        )
        self.blocks = nn.Sequential(*(BiMambaBlock(d_model, dropout) for _ in range(n_blocks)))
        self.norm = RMSNorm(d_model)
        self.explained = nn.Identity()
        self.head = Head(d_model, dropout, n_classes)

    def features(self, x: Tensor) -> Tensor:
        """Return what the head judges, ``(batch, d_model)``."""
        return pooled(self.explained(self.norm(self.blocks(self.stem(x).mT)).mT))
