"""What the audit's tables say, on tables made by hand."""

import json

import numpy as np
import pandas as pd
import pytest

from ecgcore import cli
from ecgcore.commands.explanations import audit as audit_command
from ecgcore.errors import ModelError
from ecgcore.explain.audit.claims import claim_tests
from ecgcore.explain.audit.findings import PARTS
from ecgcore.explain.audit.summary import (
    as_json,
    complete,
    fitted_limits,
    goals,
    league,
    territory_shares,
)
from ecgcore.explain.audit.tables import table_path
from ecgcore.explain.checks.limits import LIMITS
from ecgcore.leads import LEADS


def map_row(model, ecg_id, territory, leads, consistency=0.9, seed=-1):
    share = {f"lead_{lead}": leads.get(lead, 0.0) for lead in LEADS}
    more = {"fifth_1": 0.2, "wave_QRS": 0.5, "last_beat": 1.0, "entropy": 0.8}
    return {
        "model": model, "ecg_id": ecg_id, "seed": seed, "group": "certain_mi",
        "territory": territory, "self_consistency": consistency, **share, **more,
    }  # fmt: skip


def check_row(ecg_id, group, state, badge, prob, randomisation=0.02):
    return {
        "model": "cnn_bilstm-C", "ecg_id": ecg_id, "group": group, "state": state,
        "badge": badge, "prob": prob, "randomisation": randomisation,
    }  # fmt: skip


def limit_row(ecg_id, state, prob, agreement):
    values = dict.fromkeys(LIMITS, 0.01)
    return {
        "model": "cnn_bilstm-C", "ecg_id": ecg_id, "group": "certain_mi", "state": state,
        "prob": prob, "badge": "trust", **values, "seed_agreement": agreement,
    }  # fmt: skip


@pytest.fixture
def audit(tables):
    return complete(tables)


@pytest.fixture
def tables(tmp_path):
    """A looks at V2 in anterior MI, D at V2 and I by halves; half of both in inferior MI."""
    maps = []
    for ecg_id in range(20):
        territory = "anterior" if ecg_id < 12 else "inferior"
        for arch, consistency in (("cnn_bilstm", 0.9), ("bimamba2", 0.8)):
            a = {"V2": 1.0} if ecg_id < 12 else {"II": 0.2, "V6": 0.8}
            d = {"V2": 0.3, "I": 0.7} if ecg_id < 12 else {"II": 0.2, "V6": 0.8}
            maps.append(map_row(f"{arch}-A", ecg_id, territory, a, consistency))
            maps.append(map_row(f"{arch}-D", ecg_id, territory, d, consistency))
            maps.append(map_row(f"{arch}-D", ecg_id, territory, a, np.nan, seed=0))
    checks = [
        check_row(1, "certain_mi", "intact", "trust", 0.95, -0.04),
        check_row(2, "certain_mi", "intact", "do not trust", 0.99),
        check_row(3, "certain_mi", "intact", "do not trust", 0.2),
        check_row(4, "pure_normal", "intact", "caution", 0.01),
        check_row(5, "pure_normal", "intact", "do not trust", 0.3),
        check_row(1, "certain_mi", "destroyed", "do not trust", 0.5),
        check_row(2, "certain_mi", "destroyed", "caution", 0.5),
    ]
    planted = pd.DataFrame(
        {
            "model": "cnn_bilstm-C",
            "ecg_id": [1, 1, 2], "kind": ["st", "q", "st"], "auroc": [0.5, 0.6, 0.7],
            "change_auroc": [1.0, 0.9, 0.95], "hit": [True, False, True],
            "change_hit": [True, True, True],
        }
    )  # fmt: skip
    methods = pd.DataFrame(
        {
            "model": "cnn_bilstm-C",
            "ecg_id": [1, 2, 1, 2], "method": ["ig", "ig", "gradcam", "gradcam"],
            "faithfulness": [0.5, 0.7, 0.1, 0.3], "beaten": [1.0, 1.0, 0.5, 0.7],
            "self_consistency": [0.8, 0.9, 0.4, 0.6],
        }
    )  # fmt: skip
    limits = pd.DataFrame(
        [limit_row(k, "intact", 0.9, 0.7 + 0.05 * k) for k in range(5)]
        + [limit_row(9, "intact", 0.5, 0.1)]
        + [limit_row(k, "destroyed", 0.5, 0.1 * k) for k in range(5)]
    )
    (tmp_path / "audit").mkdir()
    cohort = pd.DataFrame({"ecg_id": range(20), "patient": range(20)})
    cohort.to_parquet(tmp_path / "cohort.parquet", index=False)
    for part, table in zip(
        PARTS, (pd.DataFrame(maps), pd.DataFrame(checks), planted, methods, limits), strict=True
    ):
        table.to_parquet(table_path(tmp_path, part))
    return tmp_path


def test_goals(audit):
    found = goals(audit)
    assert found["self_consistency"] == pytest.approx(0.9)
    assert found["self_consistency_bimamba2"] == pytest.approx(0.8)
    assert found["randomised_correlation"] == pytest.approx((0.04 + 4 * 0.02) / 5)
    assert found["planted_auroc"] == pytest.approx((1 + 0.9 + 0.95) / 3)
    assert found["refused_destroyed"] == 0.5
    assert found["refused_intact"] == pytest.approx(1 / 3)


def test_limits_are_fitted_by_networks_that_are_right_and_sure(audit):
    """Intact 0.7 to 0.9, destroyed 0 to 0.4: refused below 0.55; the unsure one is left out."""
    fits = {one.name: one for one in fitted_limits(audit)}
    found = fits["seed_agreement"]
    assert (found.n_intact, found.n_destroyed, found.auroc) == (5, 5, 1.0)
    assert (found.bad, found.good) == (0.55, 0.72)
    assert found.intact[1] == pytest.approx(0.8)
    assert found.in_force is False
    assert fits["stability"].in_force is None
    assert fits["stability"].auroc == 0.5
    assert "territory" not in fits


def test_badges_are_those_of_the_limits_of_today(audit):
    """0.1 is far below what is trusted; the table says that it once was."""
    badges = audit.limits.set_index("seed_agreement")["badge"]
    assert badges[0.1].tolist() == ["do not trust", "do not trust"]


def test_shares_stand_beside_chance(audit):
    frame = territory_shares(audit).set_index(["model", "stated", "territory"])
    row = frame.loc[("cnn_bilstm-D", "anterior", "anterior")]
    assert (row["share"], row["n"]) == (pytest.approx(0.3), 12)
    assert row["chance"] == pytest.approx(4 / 12)
    assert frame.loc[("cnn_bilstm-D", "anterior", "lateral"), "share"] == pytest.approx(0.7)


def test_league_is_ranked_by_faithfulness(audit):
    frame = league(audit)
    assert frame["method"].tolist() == ["ig", "gradcam"]
    assert frame.loc[0, "faithfulness"] == pytest.approx(0.6)
    assert frame.loc[0, "n"] == 2
    assert frame.loc[0, "low"] >= 0.5


def test_a_missing_table_is_named(tables):
    table_path(tables, "checks").unlink()
    with pytest.raises(ModelError, match=r"no checks.*audit --run"):
        complete(tables)


def test_all_is_plain_json_and_read_from_what_ships(audit, tables, monkeypatch, capsys):
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(tables))
    monkeypatch.setattr(audit_command, "_run", lambda *_: pytest.fail("nothing is to be computed"))
    assert cli.main(["audit", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data == as_json(audit, claim_tests(audit))
    assert [(one["arch"], one["n"], one["verdict"]) for one in data["claim"]["tests"]][:2] == [
        ("cnn_bilstm", 12, "too few ECGs"), ("cnn_bilstm", 12, "too few ECGs"),
    ]  # fmt: skip
    assert data["claim"]["tests"][0]["value"] == pytest.approx(1)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert set(data["goals"]) == set(data["aimed"])
    assert data["n"] == {"maps": 20, "checks": 5, "planted": 2, "methods": 2}
    assert data["badges"]["intact"]["do not trust"] == 3
