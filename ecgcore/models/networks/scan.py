"""The state-space-dual form of Mamba-2's selective scan in plain PyTorch (Dao and Gu, 2024).

A chunk of steps is one masked matrix product, and a state goes from chunk to chunk. Sums of decays
and their exponentials are kept in float32 or better; products have the dtype of `x`.
"""

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction, FunctionCtx, once_differentiable
from torch.nn import functional

from ecgcore.models.networks.gpu_scan import kernel_for
from ecgcore.models.networks.mamba_parts import plainly

_SMALLEST_LOG = -80.0
"""Decay below exp(-80) counts as that: nothing to float32, and no slow subnormal numbers."""


def selective_scan(
    x: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor, chunk_length: int = 128
) -> Tensor:
    """Run ``h[t] = exp(dt[t] a) h[t-1] + dt[t] b[t] x[t]``, ``y[t] = c[t] h[t]`` in chunks.

    Parameters
    ----------
    x
        Inputs, ``(batch, length, heads, head_dim)``.
    dt
        Step sizes, positive, ``(batch, length, heads)``.
    a
        Decay rates, negative, ``(heads,)``.
    b, c
        Input and output matrices, ``(batch, length, groups, state)``; heads share a group in turn.
    chunk_length
        Most steps that are computed as one quadratic product.

    Returns
    -------
    torch.Tensor
        ``(batch, length, heads, head_dim)``, with first derivatives only. On a GPU it comes from
        mamba-ssm's kernel, where that is installed.
    """
    if kernel := kernel_for(x):
        return kernel(x, dt, a, b, c, chunk_length)
    batch, length, heads, head_dim = x.shape
    groups, state = b.shape[2:]
    n_chunks = -(-length // chunk_length)
    chunk = -(-length // n_chunks)
    if padding := n_chunks * chunk - length:
        x, b, c = (functional.pad(t, (0, 0, 0, 0, 0, padding)) for t in (x, b, c))
        dt = functional.pad(dt, (0, 0, 0, padding))
    per_group = heads // groups
    x = x.view(batch, n_chunks, chunk, groups, per_group, head_dim).permute(0, 1, 3, 4, 2, 5)
    dt = dt.to(torch.promote_types(dt.dtype, torch.float32))
    dt = dt.view(batch, n_chunks, chunk, groups, per_group).permute(0, 1, 3, 4, 2)
    b, c = (t.view(batch, n_chunks, chunk, groups, state).transpose(2, 3) for t in (b, c))
    a = a.view(groups, per_group, 1)
    if plainly(x):
        y, *_ = _scanned(x, dt, a, b, c)
    else:
        y = _ChunkedScan.apply(x, dt, a, b, c)  # type: ignore[no-untyped-call]
    y = y.permute(0, 1, 4, 2, 3, 5).reshape(batch, n_chunks * chunk, heads, head_dim)
    return y[:, :length] if padding else y


class _ChunkedScan(torch.autograd.Function):
    """The scan of ``x (batch, chunks, groups, per_group, chunk, head_dim)`` and its gradients.

    `dt` is x without its last axis, `a` ``(groups, per_group, 1)``, `b` and `c`
    ``(batch, chunks, groups, chunk, state)``. With ``T`` the summed decay, the scan is
    ``y[t] = sum over s <= t of exp(T[t] - T[s]) (c[t] b[s]) w[s]``, ``w = dt x``. So the gradient
    of ``T`` is ``dy y - dw w`` at each step, and needs no product of chunk by chunk numbers.
    """

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            y, *parts = _scanned(x, dt, a, b, c)
        ctx.save_for_backward(x, dt, a, b, c, *parts, y)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: BackwardCFunction, dy: Tensor) -> tuple[Tensor, ...]:
        saved: tuple[Tensor, ...] = ctx.saved_tensors
        x, dt, a, b, c, weighted, total, decay, mixing, states, y = saved
        with torch.autocast(x.device.type, enabled=False):
            dy = dy.contiguous()
            dproduct = ((dy @ weighted.mT) * decay).sum(3).tril()
            db, dc = dproduct.mT @ c, dproduct @ b
            dweighted = mixing.mT @ dy
            if x.size(1) > 1:
                from_start, to_end = _edges(total, x.dtype)
                left = dy[:, 1:].mT @ (c[:, 1:, :, None] * from_start)
                ahead = _carried(left.flip(1), total.flip(1)).flip(1)
                dweighted[:, :-1] += (b[:, :-1, :, None] * to_end) @ ahead.mT
                dc[:, 1:] += ((dy[:, 1:] @ states) * from_start).sum(3)
                db[:, :-1] += ((weighted[:, :-1] @ ahead) * to_end).sum(3)
            both = (x * dweighted).sum(-1, dtype=dt.dtype)
            ddecay = _sum_from_here((dy * y).sum(-1, dtype=dt.dtype) - dt * both)
            dx = (dweighted * dt[..., None]).to(x.dtype)
            return dx, both + a * ddecay, (dt * ddecay).sum((0, 1, 4))[..., None], db, dc


def _scanned(x: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor) -> tuple[Tensor, ...]:
    """Return ``y``, and what led to it: ``w``, ``T``, decays, their mixing, states that enter."""
    weighted = (x * dt[..., None]).to(x.dtype).contiguous()
    total = (dt * a).cumsum(-1)
    decay = _decay(total[..., :, None], total[..., None, :]).to(x.dtype)
    mixing = decay * (c @ b.mT).tril()[:, :, :, None]
    y = mixing @ weighted
    states = y.new_empty(0)
    if x.size(1) > 1:
        from_start, to_end = _edges(total, x.dtype)
        states = _carried(weighted[:, :-1].mT @ (b[:, :-1, :, None] * to_end), total)
        y[:, 1:] += (c[:, 1:, :, None] * from_start) @ states.mT
    return y, weighted, total, decay, mixing, states


def _decay(to: Tensor, since: Tensor | float) -> Tensor:
    """Decay between two sums of logarithms; 1 where `to` lies before `since`, masked later."""
    return (to - since).clamp_(_SMALLEST_LOG, 0).exp_()


def _edges(total: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Decay from a chunk's start to each step, but the first's, and on to its end, but the last's.

    Both are ``(batch, chunks - 1, groups, per_group, chunk, 1)``.
    """
    from_start = _decay(total[:, 1:, ..., None], 0.0)
    to_end = _decay(total[:, :-1, ..., -1:, None], total[:, :-1, ..., None])
    return from_start.to(dtype), to_end.to(dtype)


def _carried(added: Tensor, total: Tensor) -> Tensor:
    """States that enter the chunks after the first, ``(batch, chunks - 1, ...)`` like `added`."""
    kept = _decay(total[:, 1:-1, ..., -1:, None], 0.0).to(added.dtype)
    states = [added[:, 0]]
    for index in range(1, added.size(1)):
        states.append(states[-1] * kept[:, index - 1] + added[:, index])
    return torch.stack(states, dim=1)


def _sum_from_here(steps: Tensor) -> Tensor:
    """Sum of each step and all later ones; chunks are axis 1, their steps the last axis."""
    within = steps.flip(-1).cumsum(-1).flip(-1)
    whole = within[..., :1]
    return within + (whole.flip(1).cumsum(1).flip(1) - whole)
