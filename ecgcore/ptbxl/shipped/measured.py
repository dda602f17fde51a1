"""What every record of a data set measures, one row each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ecgcore.errors import CatalogError
from ecgcore.leads import LEADS, LIMB_LEADS
from ecgcore.ptbxl import synthetic
from ecgcore.ptbxl.catalog import PTBXL_VERSION, load_catalog, open_catalog, synthetic_version
from ecgcore.ptbxl.shipped.table_file import load_table, save_table
from ecgcore.ptbxl.store import Recordings, open_recordings
from ecgcore.settings import Settings
from ecgcore.signals.measure.lead_waves import BeatInTime
from ecgcore.signals.measure.measure import measure
from ecgcore.signals.measure.measurements import Measurements

MEASURED_FILE = "measurements.parquet"
SYNTHETIC_MEASURED_FILE = "measurements-synthetic.parquet"
_REMEDY = "run 'python3.11 -m ecgcore measure-all'."
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
_COLUMNS = [
    "ecg_id",
    *(column for name in (*GLOBAL, *OVER_BEATS) for column in (name, f"{name}_confidence")),
]


@dataclass(frozen=True, slots=True)
class MeasureAllReport:
    """Records measured, those with each value, and the file."""

    n_records: int
    counts: dict[str, int]
    file: str


def shipped_measurements(data_version: str, pretrained_dir: Path) -> Path | None:
    """File that holds what a data set's records measure, or None."""
    files = {
        PTBXL_VERSION: pretrained_dir / MEASURED_FILE,
        synthetic_version(): pretrained_dir / SYNTHETIC_MEASURED_FILE,
    }
    return files.get(data_version)


def measure_all(
    settings: Settings, on_progress: Callable[[int, int], None] = lambda *_: None
) -> MeasureAllReport:
    """Write ``measurements.parquet`` for PTB-XL, which must be open, and its synthetic companion.

    Raises
    ------
    CatalogError
        If the open data set is not all of PTB-XL.
    RecordError
        If a recording is not on this disk.
    """
    recordings = open_recordings(open_catalog(settings))
    if recordings.catalog.version != PTBXL_VERSION:
        raise CatalogError(
            f"{recordings.catalog.version} is open; the shipped table is for all of "
            f"{PTBXL_VERSION}. Choose its folder with --data."
        )
    embedded = open_recordings(load_catalog(synthetic.ensure(settings.synthetic_dir)))
    target = settings.pretrained_dir
    save_table(measured_frame(embedded), synthetic_version(), target / SYNTHETIC_MEASURED_FILE)
    frame = measured_frame(recordings, on_progress)
    save_table(frame, PTBXL_VERSION, target / MEASURED_FILE)
    counts = {name: int(frame[name].notna().sum()) for name in (*GLOBAL, *OVER_BEATS)}
    return MeasureAllReport(len(frame), counts, str(target / MEASURED_FILE))


def measured_frame(
    recordings: Recordings, on_progress: Callable[[int, int], None] = lambda *_: None
) -> pd.DataFrame:
    """Measure every record of a data set, from its 100 Hz signals.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``ecg_id``: the columns of `measured_row`.
    """
    ids = [int(ecg_id) for ecg_id in recordings.catalog.frame.index]
    rows = []
    for done, ecg_id in enumerate(ids):
        rows.append({"ecg_id": ecg_id, **measured_row(measure(recordings.read(ecg_id)))})
        on_progress(done + 1, len(ids))
    frame = pd.DataFrame(rows, columns=_COLUMNS).set_index("ecg_id")
    shares = [column for column in _COLUMNS if column.endswith("_confidence")]
    return frame.astype(np.float32).astype(dict.fromkeys(shares, np.uint8))


def measured_row(found: Measurements) -> Mapping[str, float]:
    """Return the values of one record, NaN where not measured, each with its confidence in %.

    Besides the values of `GLOBAL`: ``rr_irregularity``, the median change from one RR interval to
    the next in parts of the median RR, extra beats left out; ``limb_qrs_mv`` and
    ``chest_qrs_mv``, from the highest to the lowest point of QRS in that lead of the median beat
    where it is largest, of the six limb leads and of V1-V6.
    """
    row: dict[str, float] = {}
    for name in GLOBAL:
        one = found.value(name)
        row[name] = np.nan if one.value is None else _rounded(one.value)
        row[f"{name}_confidence"] = round(100 * one.confidence)
    return row | _irregularity(found) | _largest_qrs(found)


def load_measurements(path: Path, data_version: str) -> pd.DataFrame:
    """Read a table as `measured_frame` gives it; CatalogError if it does not fit."""
    return load_table(path, data_version, _COLUMNS, _REMEDY)


def measurements_of(data_version: str, pretrained_dir: Path) -> pd.DataFrame:
    """Read the shipped table of a data set; CatalogError where none ships."""
    path = shipped_measurements(data_version, pretrained_dir)
    if path is None:
        raise CatalogError(
            f"No table of measurements ships for {data_version}. Open PTB-XL or the synthetic set."
        )
    return load_measurements(path, data_version)


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
