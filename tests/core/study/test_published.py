"""Published figures: what stands where, and that the explanation says what the figures say."""

import numpy as np
import pytest

from ecgcore.study.published import (
    PUBLISHED,
    WHY_OURS_DIFFER,
    published,
    published_frame,
)

_FIGURES = ["auroc", "auprc", "accuracy", "sensitivity", "specificity", "ece", "brier"]


def _figure(arch: str, train_set: str, test_n: int):
    (found,) = [f for f in published(test_n) if (f.arch, f.train_set) == (arch, train_set)]
    return found


@pytest.mark.parametrize(("test_n", "rows"), [(971, 9), (1253, 4), (1137, 1), (985, 0)])
def test_figures_are_kept_apart_by_test_set(test_n, rows):
    assert len(published(test_n)) == rows
    assert all(figure.test_n == test_n for figure in published(test_n))


def test_every_figure_is_listed_once():
    keys = {(f.arch, f.train_set, f.test_n) for f in PUBLISHED}
    assert len(keys) == len(PUBLISHED) == 14


def test_accuracy_follows_from_sensitivity_and_specificity_on_971():
    """268 MI and 703 normal records leave one accuracy; a typing error would break it."""
    checked = [f for f in published(971) if f.accuracy is not None]
    assert len(checked) == 8
    for figure in checked:
        right = round(268 * figure.sensitivity) + round(703 * figure.specificity)
        assert figure.accuracy == pytest.approx(right / 971, abs=5.1e-5)
        assert 268 * figure.sensitivity == pytest.approx(round(268 * figure.sensitivity), abs=0.02)
        assert 703 * figure.specificity == pytest.approx(round(703 * figure.specificity), abs=0.04)


def test_the_published_d_is_the_mix():
    assert _figure("cnn_lstm", "D-mix", 971).auroc == 0.9891
    assert "Published as D" in _figure("cnn_lstm", "D-mix", 971).note
    assert "our D" in _figure("bimamba2_large", "D", 971).note


def test_the_order_reverses_as_the_explanation_says():
    certain, all_mi = (
        [_figure("cnn_lstm", train_set, n) for train_set in ("A", "D", "C")] for n in (971, 1253)
    )
    assert np.argsort([f.auroc for f in certain]).tolist() == [2, 1, 0]
    assert np.argsort([f.auroc for f in all_mi]).tolist() == [0, 1, 2]
    ece_order = np.argsort([f.ece for f in certain]).tolist()
    assert ece_order == [0, 2, 1]
    assert np.argsort([f.ece for f in all_mi]).tolist() == ece_order[::-1]
    for figure in all_mi:
        assert f"{figure.auroc:.4f}" in WHY_OURS_DIFFER
        assert f"{figure.ece:.4f}" in WHY_OURS_DIFFER


def test_the_explanation_is_plain_markdown():
    paragraphs = WHY_OURS_DIFFER.split("\n\n")
    assert len(paragraphs) == 7
    assert all(p.startswith("**") and "\n" not in p for p in paragraphs)
    assert not set("$~_<") & set(WHY_OURS_DIFFER)


@pytest.mark.parametrize("test_n", [971, 1253, 1137, 985])
def test_frame_has_a_row_per_figure_and_numbers_for_figures(test_n):
    frame = published_frame(test_n)
    assert len(frame) == len(published(test_n))
    assert list(frame)[:4] == ["model", "arch", "train_set", "test_n"]
    assert (frame[_FIGURES].dtypes == np.float64).all()
    assert frame["auroc"].notna().all()
    assert frame["source"].ne("").all()


SECOND_COPY = """
cnn_lstm        -      1137  .9906  -      .9587  .9331  .9660  -      -
cnn_lstm        A       971  .9933  .9849  .9681  .9403  .9787  .0184  .0274
cnn_lstm        C       971  .9928  .9834  .9557  .9478  .9587  .0233  .0326
cnn_lstm        D       971  .9929  -      .9495  .9813  .9374  .0468  .0365
cnn_lstm        D-mix   971  .9891  .9754  .9372  .9515  .9317  .0465  .0434
bimamba2_large  A       971  .9907  .9794  .9537  .8993  .9744  .0339  .0341
bimamba2_large  C       971  .9919  .9814  .9629  .9627  .9630  .0617  .0345
bimamba2_large  D       971  .9884  .9739  .9300  .9515  .9218  .0813  .0507
bimamba2_large  D-mix   971  .9871  .9728  .9217  .9627  .9061  .1377  .0647
cnn_lstm        A      1253  .9663  .9642  -      -      -      .0806  .0876
cnn_lstm        D      1253  .9755  .9727  -      -      -      .0354  .0601
cnn_lstm        C      1253  .9771  .9739  -      -      -      .0495  .0618
xresnet1d101    -       971  .9956  -      -      -      -      -      -
xresnet1d101    -      1253  .9793  -      -      -      -      -      -
"""
"""Typed a second time from the study's page and files; "-" where nothing was published."""


def test_every_figure_is_that_of_a_second_copy():
    copied = [row.split() for row in SECOND_COPY.strip().splitlines()]
    assert len(copied) == len(PUBLISHED)
    for figure, (arch, train_set, test_n, *values) in zip(PUBLISHED, copied, strict=True):
        assert (figure.arch, figure.test_n) == (arch, int(test_n))
        assert train_set in ("-", figure.train_set)
        expected = [None if value == "-" else float(value) for value in values]
        assert [getattr(figure, name) for name in _FIGURES] == expected
