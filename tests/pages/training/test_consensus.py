"""Labels come back: a consensus as a training set, as a filter, and as labels of Compare."""

import pytest
import sqlalchemy as sa

from ecgcore.jobs.store import JobStore
from ecgcore.ptbxl.consensus import CONSENSUS_FILE, Consensus
from ecgcore.review.readings.adjudication import settle
from ecgcore.review.readings.reading import Reading
from ecgcore.review.readings.rounds import Place, commit
from ecgcore.review.store.log import ReviewLog
from ecgcore.training.spec import TrainSpec

SURE = {"no MI": 90, "not readable": None}
VERDICTS = {1: "no MI", 2: "no MI", 8: "uncertain"}


@pytest.fixture
def log(tmp_path):
    opened = ReviewLog.at(sa.URL.create("sqlite", database=str(tmp_path / "runs/review.sqlite")))
    yield opened
    opened.engine.dispose()


@pytest.fixture
def settled(log):
    for case, verdict in VERDICTS.items():
        for who, said in (("ANN", "MI"), ("BOB", "no MI")):
            commit(log, Place("Ward", str(case), who), Reading(said, 80), 1)
        settle(log, Place("Ward", str(case), "KIM"), Reading(verdict, 90, text="seen"))
    return Consensus(VERDICTS)


def test_without_a_consensus_the_set_is_not_offered(open_page, log):
    app = open_page("retrain")
    assert not any("C-consensus" in one for one in app.radio(key="retrain_set_mi").options)


def test_the_set_is_offered_with_its_counts_and_a_run_keeps_the_consensus(
    open_page, settled, synthetic_catalog, tmp_path
):
    app = open_page("retrain")
    choice = app.radio(key="retrain_set_mi")
    assert choice.options[-1].startswith("**C-consensus**: all MI; where readers settled")
    frame = synthetic_catalog.frame
    splits = frame.loc[list(VERDICTS), "split"]
    n_train = int((splits == "train").sum())
    assert choice.proto.captions[-1].endswith(f"{n_train} by consensus {settled.fingerprint[:8]}")
    choice.set_value("C-consensus").run()
    next(one for one in app.button if one.label == "Start training").click().run()
    assert not app.exception
    (job,) = JobStore(tmp_path / "runs" / "jobs.sqlite").list()
    assert TrainSpec.load(job.run_dir).consensus == settled.fingerprint
    kept = Consensus.load(job.run_dir / CONSENSUS_FILE, settled.fingerprint)
    assert kept.verdicts == VERDICTS


def test_browse_finds_records_by_what_was_agreed_on(open_page, settled):
    app = open_page("browse", group="any", split="any", consensus="no MI", sort="record number")
    assert not app.exception
    table = app.dataframe[0].value
    assert table["ecg_id"].tolist() == [1, 2]
    assert table["consensus"].tolist() == ["no MI", "no MI"]


def test_who_is_still_to_read_a_case_does_not_learn_its_consensus(open_page, settled, log):
    commit(log, Place("Ward", "9", "NEW"), Reading("MI", 80), 1)
    query = {"group": "any", "split": "any", "consensus": "no MI", "sort": "record number"}
    app = open_page("browse", reader="NEW", **query)
    assert "No record fits" in "".join(one.value for one in app.info)


def test_compare_judges_by_the_consensus_where_it_is_asked_to(open_page, log, synthetic_catalog):
    frame = synthetic_catalog.frame
    test = frame[frame["split"] == "test"]
    mi = [int(one) for one in test.index[test["group"] == "certain_mi"][:2]]
    for case, verdict in ((mi[0], "no MI"), (mi[1], "not readable")):
        for who, said in (("ANN", "MI"), ("BOB", "no MI")):
            commit(log, Place("Ward", str(case), who), Reading(said, 80), 1)
        settle(log, Place("Ward", str(case), "KIM"), Reading(verdict, SURE[verdict], text="seen"))
    n_mi = int(test["group"].isin(["certain_mi"]).sum())
    n = n_mi + int((test["group"] == "pure_normal").sum())
    words = {}
    for labels in ("of the data set", "with the readers' consensus"):
        query = {"data_set": "synthetic set 1", "test_set": "certain", "labels": labels}
        app = open_page("compare", **query)
        assert not app.exception
        words[labels] = "\n".join(one.value for one in (*app.markdown, *app.caption, *app.info))
    assert "readers' consensus" not in words["of the data set"]
    assert f"n\N{NO-BREAK SPACE}= {n}, {n_mi} MI" in words["of the data set"]
    agreed = words["with the readers' consensus"]
    assert "which decides 1 record of the test set certain" in agreed
    # one is normal now, one is left out
    assert f"n\N{NO-BREAK SPACE}= {n - 1}, {n_mi - 2} MI" in agreed
