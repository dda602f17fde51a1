"""Agreement on the page: four views of the store, two of a file, and what stays hidden."""

import numpy as np
import pytest
import sqlalchemy as sa

from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import Place, commit, reveal
from ecgcore.review.store.log import ReviewLog
from pages.agreement import pairs
from tests.support.review_page import charts, errors, press, texts

SAID = {
    "ANN": {"1": "MI", "2": "no MI", "3": "uncertain", "8": "no MI"},
    "BOB": {"1": "MI", "2": "MI", "3": "uncertain", "8": "no MI"},
    "EVE": {"1": "no MI", "2": "no MI", "3": "MI", "8": "no MI"},
}


@pytest.fixture
def log(tmp_path):
    opened = ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / "runs/review.sqlite")))
    for who, cases in SAID.items():
        for case, verdict in cases.items():
            commit(opened, Place("Ward", case, who), Reading(verdict, 80), 1)
            reveal(opened, Place("Ward", case, who))
    commit(opened, Place("Ward", "2", "BOB"), Reading("no MI", 70), 2)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def show(open_page, log, tmp_path, monkeypatch):
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(tmp_path / "none"))

    def page(**query):
        app = open_page("agreement", **({"reader": "BOSS"} | query))
        assert not app.exception
        return app

    return page


def test_all_readers_agree_by_fleiss_and_krippendorff(show):
    """Fleiss by hand: 4 cases, 3 readers; observed 1/2, by chance 1/9 + 1/4 + 1/36."""
    app = show()
    assert "**3 readers** and **4 cases**" in texts(app)
    assert "Fleiss' kappa is **0.18 [" in texts(app)
    table = app.table[0].value
    assert table[["Cases", "n", "Readings"]].iloc[0].tolist() == ["all cases", "4", "12"]
    app = show(by="certainty of the label", finding="MI called")
    assert app.table[0].value["Cases"].tolist()[0] == "all cases"
    assert len(app.table[0].value) > 1


def test_last_readings_count_where_asked(show):
    assert "kappa is **0.18" in texts(show())
    assert "kappa is **0.41" in texts(show(readings="last"))


def test_a_pair_is_compared_and_a_cell_lists_its_cases(show):
    app = show(view="Pairs", **{"with": "ANN"}, rater="BOB")
    table = app.table[0].value.set_index("Rater")
    assert list(table.index) == ["BOB", "EVE", "PTB-XL label"]
    assert table.loc["BOB", "n"] == "4"
    assert table.loc["BOB", "Agreement"].startswith("0.75")
    assert "no case" not in texts(app)
    assert app.dataframe[0].value["Record"].tolist() == [2]  # the one on which they differ
    press(app, "MI  \n**1**")
    assert app.query_params["cell"] == "0-2"
    assert app.dataframe[0].value["Record"].tolist() == [2]
    labels = [one.label for one in app.button]
    assert {"Open in Review", "Into the worklist"} <= set(labels)


@pytest.mark.parametrize(
    ("table", "query", "cell"),
    [
        ([[5, 1, 0], [0, 9, 3], [2, 0, 1]], {}, (1, 2)),
        ([[5, 0, 0], [0, 9, 0], [0, 0, 1]], {}, (1, 1)),
        ([[5, 1, 0], [0, 9, 3], [2, 0, 1]], {"cell": "2-0"}, (2, 0)),
        ([[5, 1, 0], [0, 9, 3], [2, 0, 1]], {"cell": "3-0"}, (1, 2)),
    ],
)
def test_a_pair_opens_where_the_two_differ_most(monkeypatch, table, query, cell):
    monkeypatch.setattr(pairs.st, "query_params", query)
    assert pairs._chosen_cell(np.array(table)) == cell


def test_confidence_has_a_diagram_and_its_scores(show):
    app = show(view="Confidence")
    assert "Brier score" in texts(app)
    assert len(charts(app)) == 1


def test_a_change_of_mind_is_listed_with_its_case(show):
    app = show(view="Change of mind")
    table = app.table[0].value.set_index("Reader")
    assert table.loc["BOB", "Readings"] == "4"
    assert table.loc["BOB", "Changed"].startswith("0.25\N{NO-BREAK SPACE}[0.01")
    assert table.loc["ANN", "Changed"].startswith("0.00\N{NO-BREAK SPACE}[0.00")
    assert app.dataframe[0].value["Record"].tolist() == [2]


def test_without_a_name_only_a_file_can_be_compared(show):
    app = show(reader="")
    assert app.selectbox[0].options == ["a table of your own (CSV)"]
    assert "ANN" not in "".join(str(one.proto) for one in app.main)


def test_who_is_still_to_read_sees_no_reading(show, log):
    commit(log, Place("Ward", "1", "NEW"), Reading("MI", 80), 1)
    app = show(reader="NEW")
    assert "No reading of this study is yours to see yet" in app.info[0].value
    assert "14 readings not counted" in "".join(one.value for one in app.caption)


def test_one_case_has_figures_and_no_interval(show):
    app = show(study="a table of your own (CSV)")
    rows = b"case,reader,AF\n1,a,1\n1,b,0\n2,a,1\n"
    app.file_uploader[0].upload("t.csv", rows, "text/csv").run()
    assert "two readings agree in **0 %**, Fleiss' kappa is **−1.00 (no interval)**" in texts(app)
    assert "One case says nothing of others, so no interval can be given." in texts(app)
    figures = [app.table[0].value.iloc[0]]
    app.segmented_control[-1].set_value("Pairs").run()
    figures.append(app.table[0].value.iloc[0])
    cells = [one for row in figures for one in row.tolist() if "." in one or "no" in one]
    assert len(cells) == 4 + 5
    assert all("(no\N{NO-BREAK SPACE}interval)" in one for one in cells)


def test_an_uploaded_table_has_two_views_and_is_refused_where_it_is_none(show):
    app = show(study="a table of your own (CSV)")
    rows = "case,reader,AF\n1,a,1\n1,b,1\n2,a,0\n2,b,1\n3,a,0\n3,b,0\n"
    app.file_uploader[0].upload("t.csv", rows.encode(), "text/csv")
    app.run()
    assert not app.exception
    assert "**2 readers** and **3 cases**" in texts(app)
    assert app.segmented_control[-1].options == ["All readers", "Pairs"]
    app.file_uploader[0].upload("t.csv", b"who,what\n1,2\n", "text/csv")
    app.run()
    assert "has no column case, reader" in errors(app)[0]


def test_a_huge_table_is_refused_before_it_is_compared(show):
    app = show(study="a table of your own (CSV)")
    rows = "case,reader,AF\n" + "".join(f"{k},r{k},1\n" for k in range(300))
    app.file_uploader[0].upload("t.csv", rows.encode(), "text/csv")
    app.run()
    assert "The table has 300 readers; 200 are possible here" in errors(app)[0]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"study": "Nowhere"}, "The study `Nowhere` in the address is not known"),
        ({"finding": "XYZ"}, "The finding `XYZ` in the address is not known"),
        ({"view": "Pairs", "with": "Nobody"}, "The rater `Nobody` in the address is not known"),
    ],
)
def test_unknown_choices_of_the_address_are_named(show, query, words):
    assert words in "".join(one.value for one in show(**query).warning)
