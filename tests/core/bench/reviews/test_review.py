"""The bench of the store counts what is lost, and is not passed where something is."""

from dataclasses import replace

from ecgcore.bench.reviews.review import run_review_bench

KINDS = {
    "changed row", "changed row with a right hash", "changed reader", "missing row", "cut tail",
    "added row with a right hash", "reordered rows", "swapped payloads", "edited hash",
    "edited head", "deleted head",
}  # fmt: skip


def test_a_small_run_loses_nothing_and_names_every_tampering() -> None:
    found = run_review_bench(3, 4, 1)
    assert (found.load.lost, found.load.double, found.load.faults) == (0, 0, 0)
    assert 0 < found.load.p50_ms <= found.load.p95_ms
    assert found.kills.confirmed >= 1
    assert found.kills.found - found.kills.confirmed in (0, 1)
    assert {one.kind for one in found.tampering if one.found} == KINDS
    assert found.passed
    assert "3 readers x 4 readings" in found.as_text()
    assert (found.agreement.readers, found.agreement.readings) == (3, 600)
    assert "agreement of 3 readers in 600 readings" in found.as_text()
    for harm in ({"lost": 1}, {"double": 1}, {"faults": 1}):
        assert not replace(found, load=replace(found.load, **harm)).passed
    assert not replace(found, kills=replace(found.kills, lost=1)).passed
    missed = replace(found.tampering[0], found=False)
    assert not replace(found, tampering=(missed,)).passed
