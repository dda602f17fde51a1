"""Predicted against observed share of MI in named parts of a test set."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ecgcore.predictions.evaluated import Evaluated
from ecgcore.stats.thresholds import Share
from ecgcore.study.strata import KINDS, Stratum

KINDS_SHOWN = ("likelihood", "territory", "age", "sex")


def calibration_by_stratum(one: Evaluated, strata: Sequence[Stratum]) -> pd.DataFrame:
    """Return one row for each stratum of `KINDS_SHOWN`, those of one kind together."""
    chosen = [stratum for kind in KINDS_SHOWN for stratum in strata if stratum.kind == kind]
    return pd.DataFrame([_row(one, stratum) for stratum in chosen])


def _row(one: Evaluated, stratum: Stratum) -> dict[str, object]:
    part = one.only(stratum.ids.tolist())
    mi = part.labels == 1
    observed = Share(int(mi.sum()), mi.size).estimate
    return {
        "kind": stratum.kind,
        "heading": KINDS[stratum.kind],
        "label": stratum.label,
        "n": mi.size,
        "n_mi": int(mi.sum()),
        "mean_prob": np.mean(part.probs),
        "observed": observed.value,
        "low": observed.low,
        "high": observed.high,
        "mean_mi": np.mean(part.probs[mi]),
        "mean_normal": np.mean(part.probs[~mi]),
    }


def outside_interval(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the strata whose mean prediction lies outside the interval, the furthest off first."""
    outside = rows[(rows["mean_prob"] < rows["low"]) | (rows["mean_prob"] > rows["high"])]
    distance = (outside["mean_prob"] - outside["observed"]).abs()
    return outside.loc[distance.sort_values(ascending=False, kind="stable").index]
