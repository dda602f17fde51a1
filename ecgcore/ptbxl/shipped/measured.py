"""What every record of a data set measures, one row each."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from ecgcore.errors import CatalogError
from ecgcore.leads import LEADS, LIMB_LEADS
from ecgcore.ptbxl.shipped.table_file import ShippedTable
from ecgcore.records import EcgRecord
from ecgcore.signals.measure.lead_waves import BeatInTime
from ecgcore.signals.measure.measure import measure
from ecgcore.signals.measure.measurements import Measurements

GLOBAL = (
    "heart_rate_bpm",
    "p_ms",
    "pr_ms",
    "qrs_ms",
    "qt_ms",
    "qtc_fridericia_ms",
    "axis_p_deg",
    "axis_qrs_deg",
    "axis_t_deg",
)
"""Values that `ecgcore.signals.measure.measure.measure` gives, by their keys."""
OVER_BEATS = ("rr_irregularity", "limb_qrs_mv", "chest_qrs_mv")
"""Values that the median beat gives besides; see `measured_row`."""


def measured_row(record: EcgRecord) -> Mapping[str, float]:
    """Measure one record; gives its values, NaN where not measured, each with its confidence in %.

    Besides the values of `GLOBAL`: ``rr_irregularity``, the median change from one RR interval to
    the next in parts of the median RR, extra beats left out; ``limb_qrs_mv`` and
    ``chest_qrs_mv``, from the highest to the lowest point of QRS in that lead of the median beat
    where it is largest, of the six limb leads and of V1-V6.
    """
    row: dict[str, float] = {}
    found = measure(record)
    for name in GLOBAL:
        one = found.value(name)
        row[name] = np.nan if one.value is None else _rounded(one.value)
        row[f"{name}_confidence"] = round(100 * one.confidence)
    return row | _irregularity(found) | _largest_qrs(found)


def measurements_of(data_version: str, pretrained_dir: Path) -> pd.DataFrame:
    """Read the shipped table of a data set; CatalogError where none ships."""
    path = MEASURED.path(data_version, pretrained_dir)
    if path is None:
        raise CatalogError(
            f"No table of measurements ships for {data_version}. Open PTB-XL or the synthetic set."
        )
    return MEASURED.load(path, data_version)


def _irregularity(found: Measurements) -> dict[str, float]:
    name, rate = "rr_irregularity", found.value("heart_rate_bpm")
    if found.median is None or rate.value is None:
        return {name: np.nan, f"{name}_confidence": 0}
    share = _rounded(found.median.rr_irregularity, 4)
    return {name: share, f"{name}_confidence": round(100 * rate.confidence)}


def _largest_qrs(found: Measurements) -> dict[str, float]:
    scene = None
    if found.median is not None and found.fiducials is not None:
        scene = BeatInTime.of(found.median, found.fiducials)
    row: dict[str, float] = {}
    for name, leads in (("limb_qrs_mv", LIMB_LEADS), ("chest_qrs_mv", LEADS[len(LIMB_LEADS) :])):
        row |= {name: np.nan, f"{name}_confidence": 0}
        if scene is not None:
            spans = np.ptp(scene.between(scene.qrs_on_ms, scene.j_ms), axis=1)
            at = max(leads, key=lambda lead: spans[LEADS.index(lead)])
            trust = next(one for one in found.leads if one.lead == at).value("r_mv").confidence
            row[name] = _rounded(float(spans[LEADS.index(at)]), 3)
            row[f"{name}_confidence"] = round(100 * trust)
    return row


def _rounded(value: float, digits: int = 1) -> float:
    return round(float(value), digits)


def _counts(frame: pd.DataFrame) -> dict[str, int]:
    return {name: int(frame[name].notna().sum()) for name in (*GLOBAL, *OVER_BEATS)}


MEASURED = ShippedTable(
    "measurements",
    {
        column: dtype
        for name in (*GLOBAL, *OVER_BEATS)
        for column, dtype in ((name, np.float32), (f"{name}_confidence", np.uint8))
    },
    measured_row,
    _counts,
    "python3.11 -m ecgcore measure-all",
)
"""What every record measures: the values of `measured_row`."""
