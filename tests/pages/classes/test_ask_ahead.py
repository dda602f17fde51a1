"""Everything that a case needs is asked in one go, and nothing is asked that ships."""

from dataclasses import replace

import pytest

from ecgcore.errors import ModelError
from ecgcore.models import predictor as predictor_module
from pages.case.ask_ahead import ask_ahead
from pages.shared import caches
from pages.shared.case import from_record
from pages.shared.classes import caches as of_classes


@pytest.fixture
def asked(monkeypatch):
    """The names of the models in each call of `predict`; two ensembles of the study are there."""
    two = caches.ensembles()[:2]
    monkeypatch.setattr(caches, "ensembles", lambda: two)
    calls, real = [], predictor_module.predict

    def predict(predictors, record):
        calls.append([one.entry.name for one in predictors])
        return real(predictors, record)

    monkeypatch.setattr(predictor_module, "predict", predict)
    caches._predictions.clear()
    return calls


@pytest.fixture
def record(synthetic_recordings):
    return replace(synthetic_recordings.read(4), synthetic=False)


def test_an_ecg_from_elsewhere_goes_through_all_models_once(record, asked):
    case = from_record(record)
    ask_ahead(case)
    (names,) = asked
    ensembles = [*caches.ensembles(), *(score.ensemble for score in of_classes.mi_scores())]
    assert of_classes.statements() in ensembles
    assert sorted(names) == sorted(entry.name for one in ensembles for entry in one.members)
    caches.ensemble_logits(case, caches.ensembles()[0])
    of_classes.class_logits(case, of_classes.statements())
    ask_ahead(case)
    assert len(asked) == 1


def test_of_an_open_record_that_is_asked_which_does_not_ship(synthetic_recordings, asked):
    catalog = synthetic_recordings.catalog
    ask_ahead(replace(from_record(synthetic_recordings.read(4)), entry=catalog.entry(4)))
    assert asked == []


def test_a_damaged_model_and_a_short_recording_are_left_to_who_shows_them(
    record, asked, monkeypatch
):
    damaged, real = caches.ensembles()[0].members[0], caches.predictor

    def predictor(entry):
        if entry == damaged:
            raise ModelError("damaged")
        return real(entry)

    monkeypatch.setattr(caches, "predictor", predictor)
    case = from_record(record)
    ask_ahead(case)
    left, whole = ({one.name for one in each.members} for each in caches.ensembles())
    assert whole <= set(asked[0])
    assert not left & set(asked[0])
    short = from_record(replace(record, signal=record.signal[:, :300]))
    ask_ahead(short)
    with pytest.raises(ModelError):
        caches.ensemble_logits(case, caches.ensembles()[0])
