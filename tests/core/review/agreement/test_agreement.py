"""Readings, label, model and consensus in one shape, and what is computed from it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, cohen_kappa_score

from ecgcore.errors import ReviewError
from ecgcore.review.agreement.raters import (
    CALLS_MI,
    VERDICT,
    YES_OR_NO,
    findings_in,
    raters_of,
    raters_of_file,
    strata,
)
from ecgcore.review.agreement.readers import ALL_READERS, confidence_of, minds_of, prob_mi
from ecgcore.review.agreement.readings_frame import (
    CONSENSUS,
    LABEL,
    consensus_frame,
    label_frame,
    model_frame,
    one_each,
    readings_frame,
)
from ecgcore.review.agreement.tables import (
    STRATA,
    against,
    cross,
    in_strata,
    pairwise_kappas,
    strata_of,
)
from ecgcore.review.ratings import read_ratings
from ecgcore.review.readings.reading import Reading
from ecgcore.review.store.log import Draft

MI, NO, UNSURE = Reading("MI", 80, ("inferior",)), Reading("no MI", 60), Reading("uncertain", 50)
UNREADABLE = Reading("not readable")


def entry(reader, case, said, number=1, kind="reading"):
    key = f"{kind}/s/{case}/{reader}/{number}"
    return Draft(key, kind, "s", case, reader, said.as_body()).entry()


@pytest.fixture
def frame():
    said = {
        "ann": [MI, NO, UNSURE, NO, Reading("MI", 90, statements=("LVH", "SR"))],
        "bob": [MI, MI, NO, UNREADABLE, Reading("no MI", 70, statements=("SR",))],
    }
    entries = [entry(who, str(k), one) for who, all_ in said.items() for k, one in enumerate(all_)]
    return readings_frame([*entries, entry("bob", "1", NO, 2)])


def test_first_and_last_readings_become_codes_and_not_readable_is_no_rating(frame):
    first = raters_of(one_each(frame, "first"), VERDICT)
    assert first.names == ("ann", "bob")
    assert first.values == ("no MI", "uncertain", "MI")
    assert first.codes.tolist() == [[2, 0, 1, 0, 2], [2, 2, 0, -1, 0]]
    assert raters_of(one_each(frame, "last"), VERDICT).of("bob").tolist() == [2, 0, 0, -1, 0]
    assert first.cell("ann", "bob", "MI", "no MI") == ["4"]


def test_every_finding_is_yes_or_no(frame):
    assert findings_in(frame)[:3] == (VERDICT, CALLS_MI, "anterior")
    assert findings_in(frame)[6:] == ("SR",)  # LVH was said once
    one = one_each(frame, "first")
    assert raters_of(one, CALLS_MI).codes.tolist() == [[1, 0, 0, 0, 1], [1, 1, 0, -1, 0]]
    assert raters_of(one, "inferior").codes.tolist() == [[1, 0, 0, 0, 0], [1, 1, 0, -1, 0]]
    assert raters_of(one, "SR").codes.tolist() == [[0, 0, 0, 0, 1], [0, 0, 0, -1, 1]]


def test_one_reader_cannot_be_compared(frame):
    with pytest.raises(ReviewError, match="1 rater has read here; 2 are needed"):
        raters_of(one_each(frame[frame["reader"] == "ann"], "first"), VERDICT)
    with pytest.raises(ReviewError, match="no rater “eve” among ann, bob"):
        raters_of(one_each(frame, "first"), VERDICT).of("eve")


def test_label_model_and_consensus_stand_beside_the_readers(synthetic_catalog, frame):
    groups = synthetic_catalog.frame["group"]
    certain, uncertain, normal = (
        groups.index[groups == name][0] for name in ("certain_mi", "uncertain_mi", "pure_normal")
    )
    cases = [str(certain), str(uncertain), str(normal), "no record", "999999"]
    labels = label_frame(synthetic_catalog, cases).set_index("case")
    assert labels.loc[cases[:3], "verdict"].tolist() == ["MI", "uncertain", "no MI"]
    assert len(labels) == 3
    stated = synthetic_catalog.frame.loc[certain, "territory"]
    assert ", ".join(labels.loc[str(certain), "territories"]) == stated
    assert "NORM" in labels.loc[str(normal), "statements"]
    ends = consensus_frame([entry("kim", "1", MI, kind="consensus"), entry("ann", "2", NO)])
    calls = model_frame("net", pd.Series([True, False], [1, 2]))
    everything = pd.concat([one_each(frame, "first"), ends, calls], ignore_index=True)
    found = raters_of(everything, VERDICT)
    assert found.names == ("ann", "bob", CONSENSUS, "net")
    assert found.of(CONSENSUS).tolist() == [-1, 2, -1, -1, -1]
    assert found.of("net").tolist() == [-1, 2, 0, -1, -1]
    assert raters_of(everything, "inferior").of("net").tolist() == [-1] * 5
    assert found.without(["ann", "net"]).names == ("bob", CONSENSUS)
    assert LABEL not in found.names


@pytest.fixture
def many():
    rng = np.random.default_rng(1)
    rows = [
        (who, str(case), rng.choice(["MI", "no MI", "uncertain"]), (), ())
        for who in "abcd"
        for case in range(40)
        if rng.random() < 0.9
    ]
    columns = ["reader", "case", "verdict", "territories", "statements"]
    return raters_of(pd.DataFrame(rows, columns=columns), VERDICT)


def test_kappas_of_all_pairs_are_those_of_scikit_learn(many):
    kappa, n = pairwise_kappas(many)
    for i in range(4):
        for j in range(4):
            both = (many.codes[i] >= 0) & (many.codes[j] >= 0)
            assert n[i, j] == both.sum()
            expected = cohen_kappa_score(many.codes[i][both], many.codes[j][both])
            assert kappa[i, j] == pytest.approx(expected)
    found = {one.name: one.found for one in against(many, "b")}
    assert list(found) == ["a", "c", "d"]
    both = (many.codes[0] >= 0) & (many.codes[1] >= 0)
    linear = cohen_kappa_score(many.codes[1][both], many.codes[0][both], weights="linear")
    assert found["a"].weighted_kappa.value == pytest.approx(linear)
    table = cross(many, "b", "a")
    assert table.sum() == both.sum()
    assert table[2, 0] == len(many.cell("b", "a", "MI", "no MI"))


def test_strata_are_those_of_the_label(synthetic_catalog, many):
    cases = tuple(map(str, synthetic_catalog.frame.index))
    certainty = strata_of(synthetic_catalog, cases, STRATA[0])
    n_certain = int((synthetic_catalog.frame["mi_likelihood"] == 100).sum())
    assert len(certainty["MI at 100 %"]) == n_certain
    assert len(certainty["no statement of MI"]) == 120
    assert len(strata_of(synthetic_catalog, cases, STRATA[1])["IMI"]) == 40
    territories = strata_of(synthetic_catalog, cases, STRATA[2])
    both = synthetic_catalog.frame["territory"].str.contains("inferior").sum()
    assert len(territories["inferior"]) == both
    inside = strata(many.cases, {"few": {"0", "1", "2"}, "one": {"5"}})
    assert list(inside) == ["few"]
    found = dict(in_strata(many, inside))
    assert list(found) == ["all cases", "few"]
    assert found["few"].n_cases <= 3 < found["all cases"].n_cases


def test_a_confidence_is_a_probability_and_is_judged_on_mi_and_no_mi_alone(frame):
    first = one_each(frame, "first")
    said = [Reading(row.verdict, None if np.isnan(row.confidence) else int(row.confidence)).prob_mi
            for row in first.itertuples()]  # fmt: skip
    np.testing.assert_allclose(prob_mi(first)[:8], said[:8])
    truth = pd.Series({"0": "MI", "1": "no MI", "2": "uncertain", "4": "MI"})
    found = confidence_of(first, truth, ALL_READERS)
    assert (found.n, found.n_cases) == (6, 3)
    expected = brier_score_loss([1, 0, 1, 1, 0, 1], [0.9, 0.2, 0.95, 0.9, 0.9, 0.15])
    assert found.brier.value == pytest.approx(expected)
    assert confidence_of(first, truth, "ann").n == 3
    assert confidence_of(first, truth.iloc[:1], "ann") is None


def test_a_change_of_mind_is_counted_and_judged_where_a_truth_is_known():
    said = [("ann", "1", NO, MI), ("ann", "2", MI, MI), ("bob", "3", MI, NO), ("bob", "4", NO, NO)]
    entries = [
        entry(who, case, one, number)
        for who, case, *both in said
        for number, one in enumerate(both, 1)
    ]
    shown = [entry(who, case, one, kind="reveal") for who, case, one, _ in said]
    kept = [entry("jo", "6", NO), entry("jo", "6", NO, kind="reveal")]
    seen = replace(NO, blind=False)  # read with the answers on screen
    kept += [entry("jo", "5", seen), entry("jo", "5", seen, kind="reveal")]
    frame = readings_frame([*entries, *shown, *kept, entry("eve", "5", MI)])
    advice = pd.Series(dict.fromkeys("123456", "MI"))
    found = minds_of(
        frame, advice, pd.Series({"1": "MI", "3": "MI", "4": "uncertain"}), ALL_READERS
    )
    assert (found.found.n, found.n_cases, found.cases) == (5, 5, ("1", "3"))
    assert found.found.changed.value == 2 / 5  # jo kept to the one reading
    assert found.found.followed.value == pytest.approx(1 / 3)  # 1, 4 and 6 differed from it
    assert found.found.left.value == 0.5  # 2 and 3 agreed with it
    assert (found.judged.n, found.judged.mended.value, found.judged.harmed.value) == (2, 1, 1)
    nothing = pd.Series(dtype=object)
    assert minds_of(frame, advice, nothing, "ann").judged is None
    assert minds_of(frame, advice, nothing, "eve") is None


def test_a_file_of_ratings_becomes_raters(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("case,reader,AF,grade\n1,a,1,2\n1,b,0,3\n2,a,0,1\n2,b,,1\n")
    ratings = read_ratings(path)
    af, grade = (raters_of_file(ratings, name) for name in ("AF", "grade"))
    assert (af.values, af.codes.tolist()) == (YES_OR_NO, [[1, 0], [0, -1]])
    assert (grade.values, grade.ordered) == (("1", "2", "3"), True)
    assert against(grade, "a")[0].found.weighted_kappa is not None
