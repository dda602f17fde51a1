"""The badge of a map: greyed where refused, kept once made; every check a click away."""

import json

import pytest

from ecgcore.explain.trust import CAUTION, DO_NOT_TRUST, TRUST, Check, Checks
from pages.case.attribution import checked
from pages.case.attribution.checked import CheckedMaps, checks_table
from tests.support.review_page import ecg, errors, table, texts

MAKE_CHECKS = checked.make_checks
IG = "Integrated Gradients"


def checks(value, reason="It failed."):
    made = Check("one", "Agreement", "1 is the same.", value, good=0.8, bad=0.6, reason=reason)
    return Checks((made, Check("two", "Territory", "A share.", 1.5)))


@pytest.fixture
def found(monkeypatch):
    """Return a function that lets every map have these checks."""

    def put(made):
        monkeypatch.setattr(checked, "known_checks", lambda *_: made)

    return put


def scale(app):
    return next(t for t in ecg(app)["data"] if t["name"] == "overlay")["colorbar"]["title"]["text"]


def test_a_refused_map_is_grey_and_says_why(open_review, found):
    found(checks(0.2))
    app = open_review(3, method=IG)
    assert scale(app).startswith("refused by its checks")
    assert "Map :red-badge[do not trust] It failed. It is drawn in grey." in texts(app)


@pytest.mark.parametrize(
    ("why", "refused"), [("Where and when", [True]), ("Two maps", [True, False, False])]
)
def test_in_its_own_tab_a_refused_map_is_grey_too(open_review, found, why, refused):
    found(checks(0.2))
    app = open_review(3, details="Explanation", why=why)
    assert "Map :red-badge[do not trust] It failed. It is drawn in grey." in texts(app)
    drawn = [t for c in app.get("plotly_chart") for t in json.loads(c.proto.spec)["data"]]
    titles = [t["colorbar"]["title"]["text"] for t in drawn if t.get("name") == "overlay"]
    assert [title.startswith("refused by its checks") for title in titles] == refused


def test_its_own_tab_checks_the_map_that_no_overlay_shows(open_review, monkeypatch):
    asked = []
    monkeypatch.setattr(checked, "make_checks", lambda _case, _who, method: asked.append(method))
    app = open_review(3, details="Explanation")
    assert asked == ["ig_beats"]
    assert "Map :gray-badge[being checked]" in texts(app)
    open_review(3, details="Explanation", method=IG)
    assert asked == ["ig_beats", "ig"]


@pytest.mark.parametrize(
    ("value", "badge", "color"), [(0.9, TRUST, "green"), (0.7, CAUTION, "orange")]
)
def test_others_keep_their_colours(open_review, found, value, badge, color):
    found(checks(value))
    app = open_review(3, method=IG)
    assert "refused" not in scale(app)
    assert f"Map :{color}-badge[{badge}] " in texts(app)
    shown = table(app, "How to read it")
    assert shown["Number"].tolist() == [f"{value:.2f}", "1.50"]
    assert shown["Makes the map"].tolist() == [badge, "decides nothing"]


def test_a_map_that_is_not_checked_says_so(open_review):
    app = open_review(3, method=IG)
    assert "Map :gray-badge[being checked]: do not rely on it yet." in texts(app)


def test_a_map_is_checked_once_and_then_has_a_badge(open_review, monkeypatch):
    app = open_review(3, method="Grad-CAM")
    monkeypatch.setattr(checked, "make_checks", MAKE_CHECKS)
    app.run()
    assert not errors(app)
    assert not app.exception
    assert "being checked" not in texts(app)
    assert "-badge[" in texts(app)
    again = []
    monkeypatch.setattr(checked, "make_checks", lambda *_: again.append(1))
    app.run()
    assert not again


def test_limits_are_said_in_their_direction():
    less = Check(
        "gap", "Gap", "Less is better.", None, good=0.02, bad=0.1, unit="%", reason="No sum."
    )
    shown = checks_table(Checks((less, *checks(0.7).checks)))
    assert shown["Limits"].tolist() == [
        "trust up to 2 %, do not trust above 10 %",
        "trust from 0.80, do not trust below 0.60",
        "–",
    ]
    assert shown["Number"][0] == "–"
    assert shown["How to read it"][0] == "Less is better. No sum."


def test_only_the_last_maps_are_remembered():
    kept = CheckedMaps()
    for n in range(300):
        kept.keep(("case", (str(n),), (), "ig"), checks(0.9))
    assert kept.get(("case", ("0",), (), "ig")) is None
    assert kept.get(("case", ("299",), (), "ig")) is not None


def test_do_not_trust_is_the_only_badge_that_greys(open_review, found):
    found(Checks(()))
    assert checks(0.5).badge == DO_NOT_TRUST
    app = open_review(3, method=IG)
    assert "refused" not in scale(app)
