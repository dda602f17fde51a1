"""Audit tables with known means: A looks at the territory of the MI, D everywhere alike."""

from pathlib import Path

import numpy as np
import pandas as pd

from ecgcore.leads import LEADS, TERRITORY_LEADS

N_EACH = 30
TERRITORIES = ("anterior", "inferior", "anterior, inferior")
IN_TERRITORY = 0.6
"""Share of A's push in the leads of the MI's own territory."""


def save_audit(pretrained_dir: Path, *, archs=("cnn_bilstm", "bimamba2"), only_maps=False) -> None:
    """Write tables as an audit leaves them."""
    folder = pretrained_dir / "audit"
    folder.mkdir(parents=True)
    records = pd.DataFrame(
        {
            "ecg_id": np.arange(1, 3 * N_EACH + 1),
            "patient": np.repeat(np.arange(3 * N_EACH // 2), 2),
            "territory": np.repeat(TERRITORIES, N_EACH),
        }
    )
    records[["ecg_id", "patient"]].to_parquet(pretrained_dir / "cohort.parquet", index=False)
    rows = [
        _row(f"{arch}-{name}", name, int(record.ecg_id), record.territory, seed)
        for arch in archs
        for name in "ACD"
        for record in records.itertuples()
        for seed in (-1, 0)
    ]
    pd.DataFrame(rows).to_parquet(folder / "maps.parquet", index=False)
    if only_maps:
        return
    checks = [
        {"model": f"{arch}-C", "ecg_id": k, "state": state, "badge": badge}
        for arch in archs
        for k in range(20)
        for state, badge in (
            ("intact", "trust" if k < 15 else "caution"),
            ("destroyed", "do not trust"),
        )
    ]
    pd.DataFrame(checks).to_parquet(folder / "checks.parquet", index=False)
    limits = [
        {
            "model": f"{arch}-C", "ecg_id": k, "state": state, "badge": "", "group": "certain_mi",
            "prob": 0.95, "seed_agreement": agreement + 0.01 * k, "logit_change": change + k,
            "deletion_insertion": 1.0, "randomisation": 0.0, "stability": 1.0, "completeness": 0.0,
        }
        for arch in archs for k in range(10)
        for state, agreement, change in (("intact", 0.9, 10.0), ("destroyed", 0.1, 0.0))
    ]  # fmt: skip
    pd.DataFrame(limits).to_parquet(folder / "limits.parquet", index=False)
    planted = [
        {
            "model": f"{arch}-C", "ecg_id": k, "kind": kind, "auroc": 0.9, "hit": k % 2 == 0,
            "change_auroc": 0.97, "change_hit": True, "area": 0.05, "logit_before": 0.0,
            "logit_after": 2.0,
        }
        for arch in archs for kind in ("st", "q") for k in range(10)
    ]  # fmt: skip
    pd.DataFrame(planted).to_parquet(folder / "planted.parquet", index=False)
    methods = [
        {
            "model": f"{arch}-C", "ecg_id": k, "method": method, "faithfulness": value,
            "beaten": 0.95, "self_consistency": 0.9,
        }
        for arch in archs for method, value in (("ig", 0.2), ("gradcam", 0.5)) for k in range(8)
    ]  # fmt: skip
    pd.DataFrame(methods).to_parquet(folder / "methods.parquet", index=False)


def _row(model, train_set, ecg_id, territory, seed):
    """A has `IN_TERRITORY` of its push in the leads of one territory; a single seed has none."""
    own = TERRITORY_LEADS.get(territory, ())
    even = 1 / len(LEADS)
    shares = dict.fromkeys(LEADS, even)
    if train_set == "A" and own:
        jitter = 0.02 * (ecg_id % 3 - 1)
        rest = (1 - IN_TERRITORY - jitter) / (len(LEADS) - len(own))
        shares = {
            lead: (IN_TERRITORY + jitter) / len(own) if lead in own else rest for lead in LEADS
        }
    if seed >= 0:
        shares = dict.fromkeys(LEADS, 0.0)
    waves = {"P": 0.1, "QRS": 0.5, "ST": 0.2, "T": 0.1, "pause": 0.1}
    return {
        "model": model,
        "ecg_id": ecg_id,
        "seed": seed,
        "territory": territory,
        "prob": 0.9,
        **{f"lead_{lead}": share for lead, share in shares.items()},
        **{f"wave_{name}": share for name, share in waves.items()},
        **{f"wave_chance_{name}": 0.2 for name in waves},
        **{f"fifth_{k}": 0.2 for k in range(1, 6)},
        "last_beat": 1.5,
        "first_beat": 0.5,
        "entropy": 0.8 if train_set == "A" else 0.9 + 0.01 * (ecg_id % 2),
    }
