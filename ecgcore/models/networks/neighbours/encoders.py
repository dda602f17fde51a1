"""One stem, and what may follow it: nothing, or one or two recurrent layers.

The CNN-BiLSTM is the arm with one bidirectional LSTM; its stem, pooling and head are those here.
"""

from functools import partial

from torch import Tensor, nn

from ecgcore.leads import LEADS
from ecgcore.models.networks.base import Head, NetworkModule, conv_block, pooled

_STEM, _STATES = 128, 128
_MATCHED = 292
"""Channels of a further convolution that has as many weights as the BiLSTM, within 1 %."""


class Encoder(NetworkModule):
    """Three convolution blocks, an encoder, pooling over time, a logit for each class.

    ``explained`` sees the last convolution block before its pooling, 250 steps of 4 samples.

    Parameters
    ----------
    cell
        "none", "wide" (a further convolution block), "lstm" or "gru".
    """

    def __init__(
        self, n_classes: int = 1, *, cell: str = "none", layers: int = 1, both_ways: bool = False
    ) -> None:
        super().__init__(n_classes)
        pool = nn.MaxPool1d(2)
        self.conv = nn.Sequential(
            *(conv_block(len(LEADS), 32, 15), pool),
            *(conv_block(32, 64, 11), pool),
            conv_block(64, _STEM, 7),
        )
        self.explained = nn.Identity()
        self.pool = pool
        self.encoder, size = _encoder(cell, layers, both_ways)
        self.head = Head(size, 0.3, n_classes)

    def features(self, x: Tensor) -> Tensor:
        """Return what the head judges, ``(batch, size)``."""
        steps: Tensor = self.pool(self.explained(self.conv(x)))
        if isinstance(self.encoder, nn.RNNBase):
            states: Tensor = self.encoder(steps.mT)[0]
            return pooled(states.mT)
        return pooled(self.encoder(steps))


def _encoder(cell: str, layers: int, both_ways: bool) -> tuple[nn.Module, int]:
    """Return the encoder and the size of what it gives."""
    if cell == "none":
        return nn.Identity(), _STEM
    if cell == "wide":
        return conv_block(_STEM, _MATCHED, 7), _MATCHED
    kind = {"lstm": nn.LSTM, "gru": nn.GRU}[cell]
    made = kind(_STEM, _STATES, layers, batch_first=True, bidirectional=both_ways)
    return made, _STATES * (1 + both_ways)


cnn_alone = partial(Encoder, cell="none")
cnn_alone_wide = partial(Encoder, cell="wide")
one_lstm = partial(Encoder, cell="lstm")
one_gru = partial(Encoder, cell="gru")
two_lstm = partial(Encoder, cell="lstm", layers=2)
two_gru = partial(Encoder, cell="gru", layers=2)
two_bilstm = partial(Encoder, cell="lstm", layers=2, both_ways=True)
