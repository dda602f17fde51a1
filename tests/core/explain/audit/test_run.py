"""The audit goes on where it was, and computes a new model."""

from dataclasses import replace

import pandas as pd
import pytest

from ecgcore.explain.audit import run
from ecgcore.explain.audit.submit import submit_audit
from ecgcore.explain.audit.tables import table_path
from ecgcore.jobs import progress
from ecgcore.jobs.store import JobStore
from ecgcore.settings import Settings

NONE = dict.fromkeys(run.CASES, 0)


@pytest.fixture
def settings(untrained_dir, synthetic_dir, tmp_path):
    base = Settings.from_env(synthetic_dir)
    return replace(base, pretrained_dir=tmp_path / "pretrained", runs_dir=tmp_path / "runs")


@pytest.fixture
def asked(settings, monkeypatch, untrained_entries):
    """Two ensembles of one seed, and a stand-in that notes what is computed."""
    entries = [untrained_entries["cnn_bilstm"], untrained_entries["bimamba2"]]
    monkeypatch.setattr(run, "list_models", lambda *_: entries)
    seen = []

    def rows(case):
        name = case.predictors[0].entry.name
        seen.append((name, case.record.record_id))
        yield {"seed": -1, "value": 0.5}

    monkeypatch.setattr(run, "PARTS", {"maps": rows})
    return seen


def test_what_is_there_is_kept_and_more_is_added(settings, asked):
    first = run.run_audit(settings, cases=NONE | {"maps": 2}, quiet=True)
    assert (first.n_new, first.n_kept) == (4, 0)
    assert len(set(asked)) == 4
    again = run.run_audit(settings, cases=NONE | {"maps": 3}, quiet=True)
    assert (again.n_new, again.n_kept) == (2, 4)
    assert len(asked) == 6
    frame = pd.read_parquet(table_path(settings.pretrained_dir, "maps"))
    assert len(frame) == 6
    assert set(frame["group"]) == {"certain_mi"}
    assert set(frame.attrs["weights"]) == set(frame["model"])


def test_what_ships_is_not_computed_again_without_the_log(settings, asked):
    run.run_audit(settings, cases=NONE | {"maps": 2}, quiet=True)
    shipped = pd.read_parquet(table_path(settings.pretrained_dir, "maps"))
    (settings.runs_dir / "audit" / "rows.jsonl").unlink()
    found = run.run_audit(settings, cases=NONE | {"maps": 3}, quiet=True)
    assert (found.n_new, found.n_kept) == (2, 4)
    both = pd.read_parquet(table_path(settings.pretrained_dir, "maps"))
    assert len(both) == 6
    pd.testing.assert_frame_equal(both.head(4), shipped, check_dtype=False)
    assert not table_path(settings.pretrained_dir, "checks").exists()


def test_limits_are_fitted_on_fold_9_and_all_else_is_of_fold_10(synthetic_recordings):
    catalog = synthetic_recordings.catalog
    folds = {
        part: set(catalog.frame.loc[run.audit_ids(catalog, part, 100), "strat_fold"])
        for part in run.CASES
    }
    assert folds == {part: {9} if part == "limits" else {10} for part in run.CASES}


def test_other_weights_are_computed_and_the_old_ones_left_out(settings, asked, monkeypatch):
    run.run_audit(settings, cases=NONE | {"maps": 1}, quiet=True)
    entry = run.list_models()[0]
    other = replace(entry, card=replace(entry.card, weights_sha256="0" * 64))
    monkeypatch.setattr(run, "list_models", lambda *_: [other])
    monkeypatch.setattr(run.Predictor, "open", lambda entry: type("P", (), {"entry": entry})())
    found = run.run_audit(settings, cases=NONE | {"maps": 1}, quiet=True)
    assert found.n_new == 1
    frame = pd.read_parquet(table_path(settings.pretrained_dir, "maps"))
    assert list(frame["model"]) == [entry.key.group_name]


def test_a_job_is_told_how_far_it_is(settings, asked):
    store = JobStore(settings.runs_dir / "jobs.sqlite")
    job = submit_audit(settings.runs_dir, store)
    run.run_audit(settings, cases=NONE | {"maps": 1}, quiet=True, run_dir=job.run_dir)
    told = progress.read(job.progress_path)
    assert [(one["done"], one["of"]) for one in told] == [(1, 2), (2, 2)]
    assert store.get(job.id).kind == "audit"
