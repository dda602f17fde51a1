"""The tab "Explanation", and how an overlay is drawn, on models that nobody trained."""

import base64
import json

import numpy as np
import pytest

from ecgcore.explain.attribution import METHODS
from ecgcore.models.cards import ModelKey
from tests.support.review_page import charts, ecg, errors, save_untrained, texts

TAB = "Explanation"


def warnings(app):
    return [element.value for element in app.warning]


def test_without_an_overlay_the_usual_method_explains_in_shares_and_on_the_median_beat(open_review):
    app = open_review(3, details=TAB)
    assert "Integrated Gradients, mean over beats, CNN-BiLSTM C (seed 0): **" in texts(app)
    assert "of the push" in texts(app) or "The push" in texts(app)
    drawn = charts(app)
    assert {"12-lead", "Shares", "Median"} <= set(drawn)
    assert "Integrated Gradients" in drawn["Median"].alt
    assert "lead I " in drawn["Shares"].alt
    shares = json.loads(drawn["Shares"].spec)
    assert [t["name"] for t in shares["data"]].count("share") == 4
    assert "without overlay" in drawn["12-lead"].alt


def test_a_curve_has_no_bars_of_leads(open_review):
    app = open_review(3, details=TAB, method="Grad-CAM")
    shares = json.loads(charts(app)["Shares"].spec)
    assert [t["name"] for t in shares["data"]].count("share") == 2
    assert "of the curve lies in" in texts(app)


def maps(app):
    return [c.proto for c in app.get("plotly_chart") if c.proto.alt.startswith("Map ")]


def test_two_maps_stand_side_by_side_on_one_scale_with_their_difference(open_review):
    app = open_review(3, details=TAB, why="Two maps", method="Integrated Gradients")
    one, other, between = (json.loads(chart.spec)["data"][0] for chart in maps(app))
    assert (one["zmin"], one["zmax"]) == (other["zmin"], other["zmax"])
    names = [chart.alt for chart in maps(app)]
    assert "CNN-BiLSTM C (seed 0)" in names[0]
    assert "CNN-BiLSTM D (seed 0)" in names[1], "against uncertain labels at first"
    assert "minus" in names[2]
    assert between["colorscale"] != one["colorscale"]
    assert "The two maps agree by r = **" in texts(app)
    app.selectbox(key="against").set_value("CNN-BiLSTM C").run()
    assert "The two maps agree by r = **1.00**" in texts(app)


def test_methods_that_measure_something_else_are_not_subtracted(open_review):
    app = open_review(3, details=TAB, why="Two maps", method="Grad-CAM", by="Integrated Gradients")
    assert len(maps(app)) == 2
    assert "each map has its own scale" in texts(app)
    assert not errors(app)


def test_stale_choices_are_named(open_review):
    app = open_review(
        3, details=TAB, why="Two maps", draw="dots", against="CNN-BiLSTM Z", by="guess"
    )
    said = " ".join(warnings(app))
    for value in ("dots", "CNN-BiLSTM Z", "guess"):
        assert f"`{value}` in the address is not known" in said


@pytest.mark.parametrize("draw", ["band", "coloured trace"])
def test_the_overlay_is_drawn_as_the_reader_chose_above_the_threshold(open_review, draw):
    app = open_review(3, method="Integrated Gradients", draw=draw, hide="60")
    drawn = ecg(app)["data"]
    names = [trace["name"] for trace in drawn]
    levels = {int(name.split()[1]) for name in names if name.startswith("overlay ")}
    if draw == "band":
        assert not levels
        z = drawn[names.index("overlay")]["z"]
        values = np.frombuffer(base64.b64decode(z["bdata"]), z["dtype"])
        seen = np.abs(values[np.nan_to_num(values) != 0])
        assert seen.min() >= 0.6 * seen.max()
    else:
        assert levels
        assert {abs(level) for level in levels} <= {3, 4, 5}


@pytest.fixture
def two_seeds(tmp_path):
    """The usual networks with two seeds."""
    for seed in (0, 1):
        key = ModelKey("cnn_bilstm", "C", seed)
        save_untrained(key, tmp_path / "two" / key.folder)
    return tmp_path / "two"


def test_all_seeds_are_explained_together_with_their_spread_and_one_can_be_chosen(
    open_review, two_seeds
):
    app = open_review(3, pretrained=two_seeds, method="Integrated Gradients")
    assert "CNN-BiLSTM C (2 seeds)" in charts(app)["12-lead"].alt
    assert "Overlay: CNN-BiLSTM C (2 seeds), **" in texts(app)
    assert "Ringed" not in texts(app)
    app.segmented_control(key="layer").set_value("spread between seeds").run()
    assert "(spread between its seeds)" in charts(app)["12-lead"].alt
    app.selectbox(key="seed").set_value("seed 1").run()
    assert "CNN-BiLSTM C (seed 1)" in charts(app)["12-lead"].alt
    assert "Ringed: the explained CNN-BiLSTM C, seed 1" in texts(app)


def test_every_method_can_be_chosen(open_review):
    app = open_review(3, details=TAB, why="Two maps")
    assert list(app.selectbox(key="by").options) == list(METHODS.values())
