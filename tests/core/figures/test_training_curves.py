import numpy as np
import pandas as pd
import pytest

from ecgcore.figures.training_curves import (
    history_figure,
)


def by_name(figure, name):
    return next(t for t in figure.data if t.name == name)


def test_history_has_losses_above_auroc():
    frame = pd.DataFrame(
        {
            "epoch": [1, 2, 3],
            "train_loss": [0.7, 0.5, 0.4],
            "val_loss": [0.6, 0.5, 0.45],
            "val_auroc": [0.9, 0.95, 0.97],
        }
    )
    figure = history_figure(frame)
    auroc = by_name(figure, "AUROC, validation")
    np.testing.assert_allclose(auroc.y, [0.9, 0.95, 0.97], rtol=1e-6)
    assert by_name(figure, "loss, training").yaxis == "y2"
    assert figure.layout.yaxis2.domain[0] > figure.layout.yaxis.domain[1]
    assert len(history_figure(frame[:0]).data) == 3


@pytest.mark.parametrize("dark", [True, False])
def test_dark_figures_take_the_dark_page(dark):
    background = "#11191E" if dark else "#FFFFFF"
    figures = []
    for figure in figures:
        assert figure.layout.template.layout.paper_bgcolor == background
        assert figure.layout.title.text is None
