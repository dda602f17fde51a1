"""Confusion: scikit-learn counts, every record in one cell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from ecgcore.stats.confusion import CELLS, confusion


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0])),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from([0.0, 0.3, 0.5, 1.0]),
)
def test_cells_equal_scikit_learn_and_hold_every_record_once(rows, threshold):
    labels, probs = (np.array(column) for column in zip(*rows, strict=True))
    found = confusion(labels, probs, probs >= threshold)
    expected = confusion_matrix(labels, probs >= threshold, labels=[False, True]).ravel()
    assert [found.members(c).size for c in ("tn", "fp", "fn", "tp")] == expected.tolist()
    together = np.concatenate([found.members(c) for c in CELLS])
    assert sorted(together.tolist()) == list(range(len(rows)))


def test_the_most_striking_records_come_first():
    probs = np.array([0.6, 0.9, 0.1, 0.4, 0.2, 0.7, 0.8])
    found = confusion([0, 0, 0, 1, 1, 1, 1], probs, probs >= 0.5)
    assert found.fp.tolist() == [1, 0]
    assert found.fn.tolist() == [4, 3]
    assert found.tp.tolist() == [6, 5]
    frame = found.frame().set_index("cell")
    assert frame["n"].to_dict() == {"tp": 2, "fn": 2, "fp": 2, "tn": 1}
    assert frame.loc["tp", "share"] == 0.5
    assert frame.loc["fp", "share"] == pytest.approx(2 / 3)


def test_a_missing_class_has_no_share():
    assert confusion([1], [0.9], [True]).frame()["share"].isna().tolist() == [
        False,
        False,
        True,
        True,
    ]


def test_calls_need_not_follow_the_probabilities_that_are_shown():
    tied = confusion([1, 0, 1], [0.5, 0.5, 0.5], [True, False, False])
    assert (tied.tp.tolist(), tied.fn.tolist(), tied.tn.tolist()) == ([0], [2], [1])


def test_unknown_cells_and_calls_of_other_records_are_refused():
    with pytest.raises(ValueError, match="no cell 'hit'"):
        confusion([1], [0.9], [True]).members("hit")
    with pytest.raises(ValueError, match=r"called \(2,\) must be"):
        confusion([1], [0.9], [True, False])
