"""Swapped electrodes are suspected in swapped recordings and not in the recordings themselves."""

from pathlib import Path

import numpy as np
import pytest

from ecgcore.bench.swaps.swaps import _other_signals, found_in
from ecgcore.leads import LEADS
from ecgcore.ptbxl.catalog import load_catalog
from ecgcore.ptbxl.store import Recordings, open_recordings
from ecgcore.signals.lead_swaps import suspected_swap
from tests.support.paths import SAMPLES


def swapped(signal: np.ndarray, key: str) -> np.ndarray:
    """Swap electrodes: potentials against the right arm are I (left arm) and II (left leg)."""
    right_arm, left_arm, left_leg = np.zeros_like(signal[0]), signal[0], signal[1]
    right_leg = left_leg + np.random.default_rng(0).normal(0, 0.003, left_leg.shape)
    if key in ("V1-V6", "V1/V2"):
        return signal[[*range(6), *(range(11, 5, -1) if key == "V1-V6" else (7, 6, 8, 9, 10, 11))]]
    ra, la, ll = {
        "LA/RA": (left_arm, right_arm, left_leg),
        "RA/LL": (left_leg, left_arm, right_arm),
        "RA/RL": (right_leg, left_arm, left_leg),
        "LA/RL": (right_arm, right_leg, left_leg),
        "arms/legs": (right_leg, left_leg, left_arm),
    }[key]
    i, ii = la - ra, ll - ra
    limb = [i, ii, ii - i, -(i + ii) / 2, i - ii / 2, ii - i / 2]
    return np.vstack([limb, signal[6:]]).astype(np.float32)


def share(recordings: Recordings, ids: list[int], key: str | None) -> float:
    signals = recordings.signals(ids)
    found = [suspected_swap(swapped(s, key) if key else s) for s in signals]
    return float(np.mean([swap is not None and (not key or swap.key == key) for swap in found]))


@pytest.mark.ptbxl
def test_real_normal_records_with_and_without_a_swap(ptbxl_dir: Path) -> None:
    recordings = open_recordings(load_catalog(ptbxl_dir))
    frame = recordings.catalog.frame
    ids = frame.index[(frame["group"] == "pure_normal") & (frame["split"] == "test")].tolist()[:300]
    assert share(recordings, ids, None) <= 0.01
    for key in ("LA/RA", "RA/LL", "RA/RL", "LA/RL", "arms/legs", "V1-V6", "V1/V2"):
        assert share(recordings, ids, key) >= 0.9


def test_the_reason_names_leads_and_numbers(synthetic_recordings: Recordings) -> None:
    frame = synthetic_recordings.catalog.frame
    normal = frame.index[frame["group"] == "pure_normal"].tolist()[:40]
    assert share(synthetic_recordings, normal, None) == 0
    found = [
        suspected_swap(swapped(signal, "LA/RA")) for signal in synthetic_recordings.signals(normal)
    ]
    assert sum(swap is not None for swap in found) >= 20
    words = next(swap.words for swap in found if swap)
    assert words.startswith("left and right arm electrodes may be swapped")
    assert "P in I is inverted" in words


@pytest.mark.parametrize(("key", "lead"), [("RA/RL", "II"), ("LA/RL", "III"), ("arms/legs", "I")])
def test_a_leg_electrode_makes_one_lead_flat(
    synthetic_recordings: Recordings, key: str, lead: str
) -> None:
    found = [
        suspected_swap(swapped(s, key)) for s in synthetic_recordings.signals(list(range(1, 41)))
    ]
    mine = [swap for swap in found if swap and swap.key == key]
    assert len(mine) >= 15
    assert all(f"lead {lead} is nearly flat" in swap.words for swap in mine)


@pytest.mark.parametrize("n", [1, 50, 120])
def test_too_few_beats_give_no_suspicion(n: int) -> None:
    noise = np.random.default_rng(0).normal(size=(len(LEADS), n)).astype(np.float32)
    assert suspected_swap(noise) is None


@pytest.mark.skipif(not SAMPLES.exists(), reason=f"no real sample recordings in {SAMPLES}")
def test_swaps_on_recordings_of_other_devices() -> None:
    """Every second recording of CinC, on which nothing was chosen."""
    rows = found_in("CinC", list(_other_signals(SAMPLES / "cinc"))[1::2])
    found = {row.swap: row.n_found / row.n for row in rows}
    assert found[""] <= 1 / 20
    for key in ("LA/RA", "RA/LL", "RA/RL", "LA/RL", "arms/legs", "V1-V6"):
        assert found[key] >= 0.8
