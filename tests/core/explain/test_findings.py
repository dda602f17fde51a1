"""Averages and verdicts of an audit whose means are known."""

import numpy as np
import pytest

from ecgcore.errors import ModelError
from ecgcore.explain.audit.claims import (
    CONTRADICTED,
    NOT_SHOWN,
    SUPPORTED,
    TOO_FEW,
    ClaimTest,
    claim_tests,
)
from ecgcore.explain.audit.findings import (
    CHANCE,
    averages,
    badge_counts,
    load_audit,
    mean_with_interval,
    of_territory,
    wave_shares,
)
from ecgcore.stats.metrics import Estimate
from tests.support.explanations.audit import IN_TERRITORY, N_EACH, save_audit


@pytest.fixture(scope="module")
def audit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audited")
    save_audit(folder)
    return load_audit(folder)


def cell(table, **where):
    for name, value in where.items():
        table = table[table[name] == value]
    (row,) = table.itertuples()
    return row


def test_shares_of_a_territory_are_those_of_its_leads_in_records_of_that_territory_alone(audit):
    table = averages(of_territory(audit, "anterior"), CHANCE)
    mine = cell(table, arch="cnn_bilstm", train_set="A", part="anterior")
    assert mine.n == N_EACH
    assert mine.value == pytest.approx(IN_TERRITORY, abs=1e-6)
    assert mine.low < IN_TERRITORY < mine.high
    assert mine.chance == pytest.approx(4 / 12)
    other = cell(table, arch="cnn_bilstm", train_set="D", part="anterior")
    assert (other.value, other.low) == pytest.approx((4 / 12, 4 / 12))
    parts = table[(table["arch"] == "bimamba2") & (table["train_set"] == "A")]
    assert parts["value"].sum() == pytest.approx(1)


def test_single_seeds_are_left_out(audit):
    assert (audit.maps["seed"] == -1).all()
    assert len(audit.maps) == 2 * 3 * 3 * N_EACH


def test_an_interval_is_over_patients():
    values = np.tile([0.0, 1.0], 50)
    alone = mean_with_interval(values, np.arange(100))
    assert alone.value == 0.5
    assert alone.high - alone.low == pytest.approx(2 * 1.96 * 0.05, abs=0.03)
    paired = mean_with_interval(values, np.repeat(np.arange(50), 2))
    assert (paired.low, paired.high) == (0.5, 0.5), "each patient has one of both"
    assert np.isnan(mean_with_interval(np.zeros(0), np.zeros(0)).value)


def test_waves_stand_beside_their_share_of_the_time(audit):
    row = cell(wave_shares(audit), arch="bimamba2", train_set="C", part="wave_QRS")
    assert (row.value, row.chance) == pytest.approx((0.5, 0.2))


def test_each_part_of_the_claim_is_tested_with_n_interval_and_verdict(audit):
    tests = claim_tests(audit)
    assert len(tests) == 2 * 5
    said = {(one.arch, one.claim): one for one in tests}
    first = said["cnn_bilstm", "A looks at V1-V4 in anterior MI"]
    assert (first.n, first.verdict) == (N_EACH, SUPPORTED)
    assert first.chance == pytest.approx(4 / 12)
    more = said["cnn_bilstm", "A looks at II, III, aVF more than D does, in inferior MI"]
    assert more.estimate.value == pytest.approx(IN_TERRITORY - 3 / 12, abs=1e-6)
    diffuse = said["bimamba2", "D is more diffuse than A"]
    assert diffuse.n == 3 * N_EACH
    assert diffuse.estimate.value == pytest.approx(0.105, abs=1e-6)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.34, 0.5, SUPPORTED), (0.1, 0.3, CONTRADICTED), (0.3, 0.4, NOT_SHOWN)],
)
def test_a_verdict_needs_the_whole_interval_on_one_side(low, high, verdict):
    found = Estimate((low + high) / 2, low, high)
    assert ClaimTest("cnn_bilstm", "x", "y", found, 1 / 3, 30).verdict == verdict
    nothing = Estimate(float("nan"), float("nan"), float("nan"))
    assert ClaimTest("cnn_bilstm", "x", "y", nothing, 1 / 3, 0).verdict == TOO_FEW
    assert ClaimTest("cnn_bilstm", "x", "y", found, 1 / 3, 19).verdict == TOO_FEW


def test_badges_are_counted_for_intact_and_destroyed_networks(audit):
    counts = badge_counts(audit)
    assert cell(counts, arch="cnn_bilstm", state="intact", badge="trust").share == 0.75
    assert cell(counts, arch="cnn_bilstm", state="destroyed", badge="do not trust").n == 20


def test_an_audit_of_maps_alone_is_read(tmp_path):
    save_audit(tmp_path, only_maps=True)
    audit = load_audit(tmp_path)
    assert audit.checks.empty
    assert badge_counts(audit).empty


def test_a_missing_or_damaged_audit_is_named(tmp_path):
    with pytest.raises(ModelError, match="anew by the command audit"):
        load_audit(tmp_path)
    save_audit(tmp_path)
    (tmp_path / "audit" / "maps.parquet").write_bytes(b"no table")
    with pytest.raises(ModelError, match="cannot be read"):
        load_audit(tmp_path)
