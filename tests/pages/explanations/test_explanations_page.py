"""The page Explanations on an audit whose figures are known."""

import json

import pytest

from ecgcore.explain.audit.claims import ClaimTest
from ecgcore.stats.metrics import Estimate
from pages.explanations.views import verdict_words
from tests.support.explanations.audit import N_EACH, save_audit
from tests.support.review_page import charts, errors, table, texts


@pytest.fixture
def open_audit(open_page, tmp_path, monkeypatch):
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(tmp_path / "shipped"))

    def open_it(*, saved=True, only_maps=False, **query):
        if saved:
            save_audit(tmp_path / "shipped", only_maps=only_maps)
        app = open_page("explanations", **query)
        assert not app.exception
        return app

    return open_it


def test_the_claim_stands_first_with_its_verdicts_and_every_test_a_click_away(open_audit):
    app = open_audit()
    words = texts(app)
    assert "it is diffuse.*" in words
    assert "**CNN-BiLSTM**: of 5 tests 5 supported." in words
    shown = table(app, "Verdict")
    assert len(shown) == 10
    assert shown["n"].tolist()[:5] == [str(N_EACH)] * 4 + [str(3 * N_EACH)]
    assert set(shown["Verdict"]) == {"supported"}
    assert shown["By chance"].tolist()[:3] == ["0.33", "0.00", "0.25"]


def test_shares_of_a_territory_are_drawn_and_its_cases_listed(open_audit):
    app = open_audit(territory_of_mi="inferior")
    (chart,) = charts(app).values()
    assert "CNN-BiLSTM A inferior 0.60" in chart.alt
    names = [trace["name"] for trace in json.loads(chart.spec)["data"]]
    assert names.count("by chance") == 2
    assert f"{N_EACH} ECGs whose MI is inferior alone" in texts(app)
    (listed,) = (frame.value for frame in app.dataframe)
    assert len(listed) == N_EACH
    assert "CNN-BiLSTM A" in listed.columns


def test_the_limits_of_the_badge_stand_beside_what_fold_9_says(open_audit):
    app = open_audit(show="Trust")
    shown = table(app, "Set by").set_index("Check")
    row = shown.loc["Agreement between seeds"]
    assert row["Intact networks"].startswith("0.95 [0.90")
    assert row["Destroyed networks"].startswith("0.15 [0.10")
    assert (row["AUROC"], row["Set by"]) == ("1.00", "fit")
    assert shown.loc["Random orders beaten", "Intact networks"] == "20 of 20 [20 of 20, 20 of 20]"
    assert shown.loc["Stability under noise", "Set by"] == "judgement"
    assert "20 maps of intact networks" in texts(app)


@pytest.mark.parametrize(
    ("show", "words"),
    [
        ("Waves and time", "as a multiple of what chance gives"),
        ("Diffuse or not", "1 where it is the same everywhere"),
        ("Methods", "Random orders beaten: 50 % is chance"),
        ("Trust", "its maps must not be"),
    ],
)
def test_every_view_is_one_click_and_one_link_away(open_audit, show, words):
    app = open_audit(show=show)
    assert words in texts(app)
    assert not errors(app)


def test_figures_of_the_views(open_audit):
    app = open_audit(show="Waves and time")
    beats = table(app, "last beat")
    assert beats["last beat"].tolist()[0] == "1.50 [1.50, 1.50]"
    app = open_audit(saved=False, show="Methods")
    league = table(app, "Faithfulness")
    assert league["Attribution method"].tolist()[0] == "Grad-CAM", "the most faithful first"
    assert league["Faithfulness"].tolist()[0] == "0.50 [0.50, 0.50]"
    app = open_audit(saved=False, show="Trust")
    badges = table(app, "Weights")
    rows = badges.set_index(["Networks", "Weights"])
    assert rows.loc[("CNN-BiLSTM", "destroyed"), "do not trust"] == "100 %"
    assert rows.loc[("CNN-BiLSTM", "intact"), "trust"] == "75 %"
    assert rows.loc[("CNN-BiLSTM", "intact"), "do not trust"] == "0 %"
    planted = table(app, "Evidence")
    assert planted["AUROC of the map"].tolist()[0] == "0.90 [0.90, 0.90]"
    assert planted["Strongest step inside"].tolist()[0].startswith("0.50 [")


def test_what_an_audit_lacks_is_said(open_audit):
    app = open_audit(only_maps=True, show="Trust")
    said = " ".join(one.value for one in app.info)
    assert "no checks" in said
    assert "no planted evidence" in said


def test_without_an_audit_the_page_says_so_and_a_damaged_one_is_named(open_audit, tmp_path):
    app = open_audit(saved=False)
    assert "No audit ships with this version." in [one.value for one in app.info]
    assert not errors(app)
    folder = tmp_path / "shipped" / "audit"
    folder.mkdir(parents=True)
    (folder / "maps.parquet").write_bytes(b"no table")
    app = open_audit(saved=False)
    assert "by the command audit" in errors(app)[0]


def test_a_stale_view_is_named(open_audit):
    app = open_audit(show="Everything")
    assert "The view `Everything` in the address is not known" in app.warning[0].value


def test_what_is_contradicted_is_named() -> None:
    def one(claim: str, low: float, high: float) -> ClaimTest:
        return ClaimTest("cnn_bilstm", claim, "", Estimate((low + high) / 2, low, high), 0.0, 30)

    words = verdict_words([one("A looks there", 0.1, 0.2), one("D is diffuse", -0.2, -0.1)])
    assert words == (
        "**CNN-BiLSTM**: of 2 tests 1 supported, 1 contradicted. Contradicted: D is diffuse."
    )
