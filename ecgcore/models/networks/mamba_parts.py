"""Two parts of Mamba-2 with gradients of their own, which are faster than recorded ones on a CPU.

Both take the dtype of their first argument for products, and float32 or better for long sums.
"""

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction, FunctionCtx, once_differentiable
from torch.nn import functional

_silu_backward = torch.ops.aten.silu_backward


def causal_conv_silu(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Convolve each channel with its past, then SiLU; ``(batch, length, channels)`` to the same.

    Parameters
    ----------
    weight, bias
        ``(channels, 1, taps)``, the last tap for the present step, and ``(channels,)``.
    """
    if plainly(x):
        return _conv_silu(x, weight, bias)[0]
    y: Tensor = _CausalConvSilu.apply(x, weight, bias)  # type: ignore[no-untyped-call]
    return y


def gated_rms_norm(y: Tensor, z: Tensor, weight: Tensor, eps: float) -> Tensor:
    """Root-mean-square norm of ``y silu(z)`` over the last axis, times `weight`."""
    if plainly(y):
        return _norm(y, z, weight, eps)[0]
    normed: Tensor = _GatedRMSNorm.apply(y, z, weight, eps)  # type: ignore[no-untyped-call]
    return normed


def plainly(x: Tensor) -> bool:
    """Say whether nobody wants gradients or autocast.

    Then a part is called as the function that it is: to record it and to switch autocast off takes
    as long as some of the products for one record.
    """
    return not (torch.is_grad_enabled() or torch.is_autocast_enabled(x.device.type))


class _CausalConvSilu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            result, *saved = _conv_silu(x, weight, bias)
        ctx.save_for_backward(*saved)
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: BackwardCFunction, dy: Tensor) -> tuple[Tensor, ...]:
        saved: tuple[Tensor, ...] = ctx.saved_tensors
        padded, taps, inner = saved
        with torch.autocast(dy.device.type, enabled=False):
            dinner = _silu_backward(dy, inner)
            size, length = taps.size(-1), inner.size(1)
            dx = _depthwise(functional.pad(dinner, (0, 0, 0, size - 1)), taps.flip(-1))
            dtaps = [_over_steps(dinner * padded[:, i : i + length]) for i in range(size)]
            return dx, torch.stack(dtaps, dim=-1)[:, None], _over_steps(dinner)


class _GatedRMSNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, y: Tensor, z: Tensor, weight: Tensor, eps: float) -> Tensor:
        with torch.autocast(y.device.type, enabled=False):
            result, scale = _norm(y, z, weight, eps)
        ctx.save_for_backward(y, z, weight, scale)
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: BackwardCFunction, dout: Tensor) -> tuple[Tensor | None, ...]:
        saved: tuple[Tensor, ...] = ctx.saved_tensors
        y, z, weight, scale = saved
        with torch.autocast(y.device.type, enabled=False):
            gate = functional.silu(z)
            normed = y * gate * scale
            dnormed = dout * weight.to(y.dtype)
            along = (dnormed * normed).mean(-1, keepdim=True)
            dgated = (dnormed - normed * along) * scale
            return dgated * gate, _silu_backward(dgated * y, z), _over_steps(dout * normed), None


def _conv_silu(x: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, ...]:
    """Return the result, and what its gradient needs: padded input, taps, what SiLU was given."""
    taps = weight.to(x.dtype)
    padded = functional.pad(x, (0, 0, taps.size(-1) - 1, 0))
    inner = _depthwise(padded, taps, bias.to(x.dtype))
    return functional.silu(inner), padded, taps, inner


def _norm(y: Tensor, z: Tensor, weight: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """Return the result and the scale of each step."""
    gated = y * functional.silu(z)
    power = gated.square().mean(-1, keepdim=True, dtype=weight.dtype)
    scale = (power + eps).rsqrt().to(y.dtype)
    return gated * scale * weight.to(y.dtype), scale


def _depthwise(x: Tensor, taps: Tensor, bias: Tensor | None = None) -> Tensor:
    """Convolve ``(batch, length, channels)`` without padding, as an image with channels last."""
    image = x.mT[:, :, None]
    return functional.conv2d(image, taps[:, :, None], bias, groups=x.size(-1))[:, :, 0].mT


def _over_steps(products: Tensor) -> Tensor:
    """Sum ``(batch, length, channels)`` to ``(channels,)``, one record after the other."""
    wide = torch.promote_types(products.dtype, torch.float32)
    return products.sum(1, dtype=wide).sum(0)
