"""Every page, the printout and the command line give one verdict and one MI call for a record.

The whole test fold, with the predictions that ship: 1,253 records, the study's main ensembles at
every setting and all that ship at one.
"""

import functools
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import streamlit as st

from ecgcore.commands.files.models import ensemble_predictions
from ecgcore.models.predictor import Prediction
from ecgcore.predictions import shipped
from ecgcore.predictions.decision import (
    COVERAGES,
    SENSITIVITIES,
    DecisionSettings,
    joint_verdict,
    without_verdicts,
)
from ecgcore.predictions.ensemble import is_main, main_ensembles
from ecgcore.predictions.store import load_cohort
from ecgcore.ptbxl.catalog import PTBXL_VERSION
from ecgcore.ptbxl.quality_table import is_void
from ecgcore.report.content import PrintoutContent
from ecgcore.report.front import verdict_lines
from ecgcore.report.verdict import agreement
from ecgcore.review.case_list import disagreement_in
from ecgcore.settings import PROJECT_DIR, Settings
from pages.case import predictions as review
from pages.compare.choice import Choice as CompareChoice
from pages.compare.numbers import field
from pages.reliability import verdicts as reliability
from pages.reliability.choice import Choice as ReliabilityChoice
from pages.shared import caches, evaluation_caches
from pages.shared.case import ReadableCase

SETTINGS = [
    DecisionSettings("raw", 0.1),
    DecisionSettings("platt", 0.2),
    DecisionSettings("raw", 0.05, 0.8),
    DecisionSettings("platt", 0.01, 0.9),
    DecisionSettings("isotonic", 0.1, 0.95),
    DecisionSettings("platt", 0.05, 0.98),
    DecisionSettings("raw", 0.2, 0.99),
]


@pytest.fixture(autouse=True, scope="module")
def nothing_remembered():
    """Other tests leave made-up predictions of PTB-XL in the pages' caches."""
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(autouse=True)
def shipped_only(monkeypatch, synthetic_dir, tmp_path):
    """The shipped predictions, with no records of PTB-XL; what is fitted is kept by the tests."""
    monkeypatch.setenv("ECG_DATA_DIR", str(synthetic_dir))
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(PROJECT_DIR / "pretrained"))
    monkeypatch.setenv("ECG_RUNS_DIR", str(tmp_path / "runs"))
    for module, name in ((caches, "decision_rule"), (caches, "ensembles")):
        monkeypatch.setattr(module, name, functools.cache(getattr(module, name)))


@pytest.fixture
def logits():
    """Logits ``(s, 1253)`` of each ensemble on the test fold."""
    return {
        one.name: caches.labelled_ensemble(one, "all", PTBXL_VERSION) for one in caches.ensembles()
    }


def test_the_settings_cover_every_choice():
    assert {round(1 - one.alpha, 2) for one in SETTINGS} == set(COVERAGES)
    assert {one.sensitivity for one in SETTINGS} == {None, *SENSITIVITIES}


WITH_ALL = SETTINGS[5]
"""The settings at which every shipped ensemble is opened, not only the study's main ones."""


def said(rows):
    """Calls and verdicts of one recording by the ensemble's name."""
    return {row.ensemble.name: (row.calls_mi, row.verdict) for row in rows}


def on_review(ids, logits, chosen, monkeypatch):
    """Open each record on Review."""
    place = {int(ecg_id): k for k, ecg_id in enumerate(ids)}
    stored = {name: on.seed_logits for name, on in logits.items()}
    catalog = SimpleNamespace(version=PTBXL_VERSION)
    monkeypatch.setattr(caches, "catalog", lambda: catalog)
    monkeypatch.setattr(review, "leakage_of", lambda *_: "")
    monkeypatch.setattr(
        caches, "stored_ensemble_logits", lambda i, one: stored[one.name][:, place[i]]
    )
    opened = []
    for ecg_id in ids:
        case = ReadableCase(str(ecg_id), SimpleNamespace(ecg_id=int(ecg_id)), None, None)
        opened.append(review.predict_case(case, chosen, caches.ensembles())[0])
    return opened


def on_the_command_line(ids, logits, chosen, monkeypatch):
    """Predict each record by ``predict`` and ``report``, with the logits that ship."""
    ensembles = caches.ensembles()
    settings = Settings.from_env()
    rules = shipped.decision_rules(ensembles, chosen, settings)
    monkeypatch.setattr(shipped, "decision_rules", lambda *_: rules)
    models = [
        (entry, logits[one.name].seed_logits[seed])
        for one in ensembles
        for seed, entry in enumerate(one.members)
    ]
    return [
        ensemble_predictions(
            [Prediction(entry, (float(values[k]),)) for entry, values in models],
            ensembles,
            chosen,
            settings,
        )[0]
        for k in range(len(ids))
    ]


@pytest.mark.parametrize("chosen", SETTINGS, ids=str)
def test_one_record_has_one_verdict_and_one_call_everywhere(chosen, logits, monkeypatch):
    shown = caches.ensembles() if chosen == WITH_ALL else main_ensembles(caches.ensembles())
    ensembles = tuple(shown)
    monkeypatch.setattr(caches, "ensembles", lambda: ensembles)
    assert len(ensembles) >= 6
    ids = logits[ensembles[0].name].ids
    assert ids.tolist() == sorted(_test_fold())
    with monkeypatch.context() as patched:
        pages = on_review(ids, logits, chosen, patched)
    with monkeypatch.context() as patched:
        commands = on_the_command_line(ids, logits, chosen, patched)
    assert [said(rows) for rows in pages] == [said(rows) for rows in commands]
    by_review = {int(ecg_id): said(rows) for ecg_id, rows in zip(ids, pages, strict=True)}
    for test_set in ("certain", "all", "uncertain"):
        assert list(differences(ensembles, test_set, chosen, by_review)) == []
    _same_on_paper(pages, chosen)


def differences(ensembles, test_set, chosen, by_review):
    """Yield each record that Reliability or Compare calls or decides otherwise than Review."""
    where = {"data_version": PTBXL_VERSION, "test_set": test_set, "method": chosen.calibrator}
    choice = ReliabilityChoice(**where, n_bins=10, binning="equal width", band="exact")
    compare = CompareChoice(**where, score="sensitivity", target=chosen.sensitivity)
    contenders = field(ensembles, compare)[0].contenders()
    for ensemble, contender in zip(ensembles, contenders, strict=True):
        one = evaluation_caches.evaluated(ensemble, choice)
        rule = reliability.verdict_rule(one, choice, chosen.alpha)
        decided = rule.verdicts(one.labelled.seed_logits)
        called = one.probs >= 0.5
        if chosen.sensitivity is not None:
            caller = reliability.call_rule(one, choice, chosen.sensitivity)
            called = caller.calls(one.labelled.seed_logits)
            point = caller.operating_point(one.labelled)
            assert point.called_mi + point.false_alarms == called.sum()
        coverage = rule.coverage(one.labelled)
        assert coverage.referred.hits == (decided == "refer").sum()
        assert coverage.of_mi.mi + coverage.of_normal.mi == (decided == "MI").sum()
        for k, ecg_id in enumerate(one.labelled.ids):
            found = (bool(called[k]), str(decided[k]))
            if (
                not found
                == (contender.ensemble_probs[k] == 1, found[1])
                == by_review[ecg_id][ensemble.name]
            ):
                yield test_set, ensemble.name, int(ecg_id)


def _same_on_paper(pages, chosen):
    for rows in pages:
        main = [row for row in rows if is_main(row.ensemble)]
        printed = PrintoutContent(
            None,
            "",
            datetime(2026, 1, 1, tzinfo=UTC),
            entry=SimpleNamespace(group="certain_mi"),
            predictions=tuple(rows),
            decision=chosen,
        )
        ((line, _),) = verdict_lines(printed, alone=True)
        n_mi = sum(row.calls_mi for row in main)
        assert (f"sensitivity by {n_mi} of {len(main)}." in line) == bool(chosen.sensitivity)
        verdicts = {row.verdict for row in main}
        joint = verdicts.pop() if len(verdicts) == 1 else "refer"
        assert line.startswith(f"Verdict: {joint}. ")
        headline, _ = review.verdict_badge(main, chosen)
        assert headline.endswith(f"-background[{joint}]")


def _test_fold():
    cohort = load_cohort(PROJECT_DIR / "pretrained")
    return cohort.index[cohort["split"] == "test"].tolist()


def test_disagreement_and_verdict_are_one_on_browse_and_review(logits, monkeypatch):
    ids = next(iter(logits.values())).ids
    pages = on_review(ids, logits, DecisionSettings("platt"), monkeypatch)
    monkeypatch.setattr(caches, "_stored_table", lambda _: _table(logits))
    said = caches.said.__wrapped__(PTBXL_VERSION, DecisionSettings("platt"))
    browse = disagreement_in(said)
    quality = caches.quality_table(PTBXL_VERSION)
    void = set(quality.index[is_void(quality)])
    assert void & set(ids), "no record of the test fold is without any verdict"
    for ecg_id, rows in zip(ids, pages, strict=True):
        main = [row for row in rows if is_main(row.ensemble)]
        words = agreement(main)
        n = round(100 * browse[ecg_id])
        assert f"disagreement **{n} point{'' if n == 1 else 's'}**" in words
        kept = without_verdicts(main) if ecg_id in void else main
        assert said["verdict"][ecg_id] == joint_verdict(kept)
        assert [said[row.ensemble.name][ecg_id] for row in main] == [row.prob for row in main]


def _table(logits):
    columns = {
        entry.name: logits[one.name].seed_logits[seed]
        for one in caches.ensembles()
        for seed, entry in enumerate(one.members)
    }
    return pd.DataFrame(columns, index=next(iter(logits.values())).ids)


def test_a_probability_is_the_same_on_every_test_set():
    one = caches.ensembles()[0]
    probs = {}
    for test_set in ("certain", "all"):
        where = {"data_version": PTBXL_VERSION, "test_set": test_set, "method": "beta"}
        choice = ReliabilityChoice(**where, n_bins=10, binning="equal width", band="exact")
        found = evaluation_caches.evaluated(one, choice)
        probs[test_set] = dict(zip(found.labelled.ids.tolist(), found.probs, strict=True))
    assert len(probs["certain"]) == 971
    assert all(probs["all"][ecg_id] == prob for ecg_id, prob in probs["certain"].items())
    assert np.ptp(list(probs["all"].values())) > 0.9


def test_stored_logits_are_those_of_the_record_and_the_seed(monkeypatch):
    ensemble = next(one for one in caches.ensembles() if len(one.members) > 1)
    names = [entry.name for entry in ensemble.members]
    values = np.arange(3 * (len(names) + 1), dtype=np.float32).reshape(3, -1)
    table = pd.DataFrame(values, index=[7, 3, 9], columns=[*reversed(names), "other"])
    monkeypatch.setattr(caches, "catalog", lambda: SimpleNamespace(version=PTBXL_VERSION))
    monkeypatch.setattr(caches, "_stored_table", lambda _: table)
    one = caches.stored_ensemble_logits(3, ensemble)
    assert one.tolist() == values[1, :-1][::-1].tolist()
    assert one.dtype == np.float64
    several = caches.stored_ensemble_logits(np.array([9, 7]), ensemble)
    assert several.tolist() == [[values[2, k], values[0, k]] for k in reversed(range(len(names)))]
    assert caches.stored_ensemble_logits(8, ensemble) is None
    assert caches.stored_ensemble_logits(np.array([9, 8]), ensemble) is None
    monkeypatch.setattr(caches, "_stored_table", lambda _: table.drop(columns=names[0]))
    assert caches.stored_ensemble_logits(3, ensemble) is None
