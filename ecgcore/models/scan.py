"""The state-space-dual form of Mamba-2's selective scan in plain PyTorch (Dao and Gu, 2024)."""

import torch
from torch import Tensor
from torch.nn import functional


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
        Steps that are computed as one quadratic product.

    Returns
    -------
    torch.Tensor
        ``(batch, length, heads, head_dim)``.
    """
    batch, length, heads, head_dim = x.shape
    groups, state = b.shape[2:]
    chunk = min(chunk_length, length)
    n_chunks, padding = -(-length // chunk), -length % chunk
    x, b, c = (functional.pad(t, (0, 0, 0, 0, 0, padding)) for t in (x, b, c))
    dt = functional.pad(dt, (0, 0, 0, padding))
    per_group = heads // groups

    weighted = (x * dt[..., None]).view(batch, n_chunks, chunk, groups, per_group, head_dim)
    weighted = weighted.permute(0, 1, 3, 4, 2, 5)
    decay = (dt * a).view(batch, n_chunks, chunk, groups, per_group).permute(0, 1, 3, 4, 2)
    b, c = (t.view(batch, n_chunks, chunk, groups, state).transpose(2, 3) for t in (b, c))

    within = ((c @ b.mT)[:, :, :, None] * _decay_between(decay)) @ weighted
    if n_chunks > 1:
        within = within + _carried(weighted, decay.cumsum(-1), b, c)
    y = within.permute(0, 1, 4, 2, 3, 5).reshape(batch, n_chunks * chunk, heads, head_dim)
    return y[:, :length]


def _decay_between(decay: Tensor) -> Tensor:
    """Return ``exp`` of the summed decay from step s (exclusive) to t, zero where s > t."""
    total = decay.cumsum(-1)
    difference = total[..., :, None] - total[..., None, :]
    size = decay.size(-1)
    past = torch.ones(size, size, dtype=torch.bool, device=decay.device).tril()
    return difference.masked_fill(~past, -torch.inf).exp()


def _carried(weighted: Tensor, total: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """Output that each chunk owes to the state left by the chunks before it."""
    to_end = (total[..., -1:] - total).exp()[..., None]
    added = (weighted * to_end).mT @ b[:, :, :, None]
    state = torch.zeros_like(added[:, 0])
    before = []
    for index in range(added.size(1)):
        before.append(state)
        state = state * total[:, index, ..., -1].exp()[..., None, None] + added[:, index]
    entering = torch.stack(before, dim=1)
    return (c[:, :, :, None] @ entering.mT) * total.exp()[..., None]
