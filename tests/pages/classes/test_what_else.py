"""What else an ECG may be, and MI among all comers, beside the models of the study."""

from dataclasses import replace

import numpy as np
import pytest

from ecgcore.errors import ModelError
from ecgcore.figures.predictions import row_words
from ecgcore.models.predictor import Predictor, predict
from ecgcore.predictions.classes.all_comers import MiScore
from ecgcore.predictions.decision import DecisionSettings, predicted
from ecgcore.ptbxl.catalog import CatalogEntry, Statement
from ecgcore.records import Patient
from pages.case.classes import all_comers
from pages.case.classes.what_else import all_table, leading_table, set_words, what_else
from pages.shared import caches as page_caches
from pages.shared.case import from_record
from pages.shared.classes import caches

DECISION = DecisionSettings("platt", alpha=0.1)


@pytest.fixture
def case(synthetic_recordings):
    """A recording that the networks take for one of a patient, as an upload is."""
    return from_record(replace(synthetic_recordings.read(3), synthetic=False))


def labelled(case, *stated: tuple[str, float]):
    statements = tuple(Statement(code, at, "", "", "") for code, at in stated)
    entry = CatalogEntry(
        7, 1, "60 years", "male", "", "other", "test", statements, (), "", "", validated=True
    )
    return replace(case, entry=entry)


def test_the_list_has_a_label_beside_each_statement_and_names_what_it_leaves_out(case):
    found = what_else(case, DECISION)
    shown = leading_table(found)
    assert list(shown.columns) == ["Statement", "Probability"]
    first = max((one for one in found.said if one.name != "SR"), key=lambda one: one.prob).name
    said = what_else(labelled(case, (first, 15.0), ("3AVB", 100.0)), DECISION)
    assert leading_table(said)["Label"].iloc[0] == "15 %, doubtful"
    assert "Also in the label: 3AVB (" in set_words(said)
    assert "at 90 % coverage" in set_words(said)


def test_the_whole_list_is_ranked_and_rare_statements_stand_last_by_name(case):
    found = what_else(case, DECISION)
    table = all_table(found)
    assert len(table) == 71
    rare = table["In the 90 % set"] == "too few records"
    assert 10 < rare.sum() < 40
    assert rare.tolist() == sorted(rare)
    assert table["Code"][rare].tolist() == sorted(table["Code"][rare])
    assert (table["Records in fold 9"][rare] < 9).all()
    probs = {one.name: one.prob for one in found.said}
    ranked = [probs[code] for code in table["Code"][~rare]]
    assert ranked == sorted(ranked, reverse=True)
    assert " of 152, " in table.set_index("Code")["Held on fold 10"]["AFIB"]


def test_no_patient_no_list(synthetic_recordings):
    assert what_else(from_record(synthetic_recordings.read(3)), DECISION) is None


def test_without_networks_of_its_own_mi_is_read_from_the_statements(case, monkeypatch):
    real = caches.ensembles
    monkeypatch.setattr(
        caches, "ensembles", lambda task: () if task == "mi_all_comers" else real(task)
    )
    (score,) = caches.mi_scores()
    assert score.by_statements
    row = all_comers._row(case, score, DECISION)
    assert row.verdict in ("MI", "no MI", "refer")
    assert 0 < row.prob < 1
    rule = caches.mi_rule(score, DECISION)
    assert rule.calibrator.n == 2183
    assert rule.calibrator.n_mi == 540  # 283 certain, 257 uncertain MI of fold 9


def test_the_statements_tell_mi_in_a_row_of_their_own(case):
    *own, last = all_comers.all_comers_rows(case, DECISION)
    assert {one.ensemble.members[0].key.task for one in own} == {"mi_all_comers"}
    assert row_words(last) == "S4D · 71 SCP statements"
    said = caches.class_logits(case, caches.statements())
    expected = caches.mi_rule(MiScore(caches.statements()), DECISION).predict(
        MiScore(caches.statements()).logits(said)
    )
    assert last.prob == expected.prob
    assert all_comers._title([*own, last]) == "**MI among all comers**"


def test_without_their_predictions_of_fold_9_the_statements_alone_say_why(case, monkeypatch):
    real = caches.evaluated

    def evaluated(ensemble, *asked):
        if ensemble.members[0].key.task == "statements71":
            raise ModelError("its table is missing")
        return real(ensemble, *asked)

    def leading(*_asked):
        raise ModelError("its table is missing")

    monkeypatch.setattr(caches, "evaluated", evaluated)
    monkeypatch.setattr(caches, "_leading", leading)
    caches._mi_rule.clear()
    caches._class_rules.clear()
    *own, last = all_comers.all_comers_rows(case, DECISION)
    assert len(predicted(own)) == 4
    assert last.problem == "its table is missing"
    with pytest.raises(ModelError):
        what_else(case, DECISION)


def test_a_verdict_without_mi_is_not_called_normal(case, monkeypatch):
    score = MiScore(caches.statements())
    rule = caches.mi_rule(score, DECISION)
    low = rule.predict([-30.0] * len(score.ensemble.members))
    assert low.verdict == "normal"
    monkeypatch.setattr(MiScore, "logits", lambda _self, given: given[:, 0] * 0 - 30.0)
    assert all_comers._row(case, score, DECISION).verdict == "no MI"


def test_any_statement_is_explained_and_named(case):
    ensemble = caches.statements()
    block, atrial = (caches.class_attribution(case, ensemble, n) for n in ("CLBBB", "AFIB"))
    assert (block.target, atrial.target) == ("CLBBB", "AFIB")
    assert " of CLBBB, " in block.label
    assert abs(block.scores - atrial.scores).max() > 0
    assert block.logit == pytest.approx(caches.class_logits(case, ensemble)[0, 11], abs=1e-3)


def test_a_network_is_told_the_age_and_the_sex(synthetic_recordings):
    record = replace(synthetic_recordings.read(3), synthetic=False, patient=Patient(80.0, "female"))
    ensemble = caches.ensembles("challenge24")[0]
    asked = predict([Predictor.open(one) for one in ensemble.members], record)[0]
    found = caches.class_logits(from_record(record), ensemble)
    assert found == pytest.approx(np.array([one.logits for one in asked]), abs=1e-5)
    unknown = from_record(replace(record, patient=Patient()))
    assert abs(caches.class_logits(unknown, ensemble) - found).max() > 0.01


def test_what_ships_about_a_record_is_read(synthetic_recordings, monkeypatch):
    ensemble = caches.ensembles("mi_all_comers")[0]
    catalog, record = synthetic_recordings.catalog, synthetic_recordings.read(3)
    monkeypatch.setattr(page_caches, "catalog", lambda: catalog)
    asked = predict([Predictor.open(one) for one in ensemble.members], record)[0]
    monkeypatch.setattr(page_caches, "predictions", None)
    case = replace(from_record(record), entry=catalog.entry(3))
    found = caches.class_logits(case, ensemble)
    assert found[:, 0] == pytest.approx([one.logit for one in asked], abs=1e-3)
