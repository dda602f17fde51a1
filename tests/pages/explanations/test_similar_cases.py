"""The tab "Similar cases" on the synthetic set, with features of networks that nobody trained."""

import pytest

from ecgcore.ptbxl.catalog import load_catalog
from tests.support.review_page import charts, errors, texts

TAB = "Similar cases"


def records(app):
    """Records of the small ECGs, in their order."""
    alts = [chart.proto.alt for chart in app.get("plotly_chart")]
    return [int(alt.split()[-1]) for alt in alts if "similar record" in alt]


def test_five_training_records_with_certain_labels_and_none_of_the_patient(
    open_review, synthetic_dir
):
    app = open_review(3, details=TAB)
    assert not errors(app)
    found = records(app)
    assert len(found) == 5
    frame = load_catalog(synthetic_dir).frame
    assert set(frame.loc[found, "group"]) <= {"certain_mi", "pure_normal"}
    assert set(frame.loc[found, "split"]) == {"train"}
    assert frame.loc[3, "patient_id"] not in frame.loc[found, "patient_id"].tolist()
    words = texts(app)
    n_mi = (frame.loc[found, "group"] == "certain_mi").sum()
    assert f"**{n_mi} of the 5 nearest training records are certain MI.**" in words
    distances = [float(part.split("**")[0]) for part in words.split("Distance **")[1:]]
    assert distances == sorted(distances)
    assert "CNN-BiLSTM C (seed 0)" in words
    assert "of the study's ECGs of fold 9" in words


def test_the_explained_model_decides_who_is_near(open_review):
    first = records(open_review(3, details=TAB))
    other = records(open_review(3, details=TAB, model="BiMamba-2 D"))
    assert first != other


@pytest.mark.parametrize("label", ["Similar cases"])
def test_without_a_model_it_says_so(open_bare, label):
    app = open_bare(3, details=label)
    assert "No model is installed." in [one.value for one in app.info]
    assert "12-lead" in charts(app)
