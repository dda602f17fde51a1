import numpy as np
import pandas as pd
import pytest

from ecgcore.figures.training_curves import history_figure


def by_name(figure, name):
    return next(t for t in figure.data if t.name == name)


def test_history_has_losses_above_auroc():
    frame = pd.DataFrame(
        {
            "epoch": [1, 2, 3],
            "train_loss": [0.7, 0.5, 0.4],
            "val_loss": [0.6, 0.5, 0.45],
            "val_score": [0.9, 0.95, 0.97],
        }
    )
    figure = history_figure(frame)
    auroc = by_name(figure, "AUROC, validation")
    np.testing.assert_allclose(auroc.y, [0.9, 0.95, 0.97], rtol=1e-6)
    assert by_name(figure, "loss, training").yaxis == "y2"
    assert figure.layout.yaxis2.domain[0] > figure.layout.yaxis.domain[1]
    assert len(history_figure(frame[:0]).data) == 3


def test_the_axis_has_room_for_the_planned_epochs():
    frame = pd.DataFrame({"epoch": [1], "train_loss": [0.7], "val_loss": [0.6], "val_score": [0.9]})
    assert tuple(history_figure(frame, 16).layout.xaxis.range) == (0.5, 16.5)
    assert tuple(history_figure(frame).layout.xaxis.range) == (0.5, 2.5)
    assert history_figure(frame, 40).layout.xaxis.dtick == 4


def test_axes_without_an_epoch_show_what_auroc_and_loss_may_be():
    empty = pd.DataFrame(columns=["epoch", "train_loss", "val_loss", "val_score"], dtype=float)
    figure = history_figure(empty, 16)
    assert tuple(figure.layout.yaxis.range) == (0.5, 1.0)
    assert tuple(figure.layout.yaxis2.range) == (0.0, 1.0)


@pytest.mark.parametrize(("dark", "background"), [(True, "#11191E"), (False, "#FFFFFF")])
def test_dark_figures_take_the_dark_page(dark, background):
    empty = pd.DataFrame(columns=["epoch", "train_loss", "val_loss", "val_score"], dtype=float)
    assert history_figure(empty, dark=dark).layout.template.layout.paper_bgcolor == background
