"""Mark waves with neurokit2, lead by lead; run by path inside the throw-away environment.

``python neurokit_script.py SIGNALS.npz MARKS.json``: the archive holds one ``(12, n)`` array for
each record, named ``<position>_<fs_hz>``; the answer holds for each record twelve lists of rows
``p_on, p_off, qrs_on, r, qrs_off, t_off`` in seconds, null where a wave was not found.
"""

import json
import sys
import warnings
from pathlib import Path

import neurokit2 as nk  # type: ignore[import-not-found]
import numpy as np

_KEYS = ("ECG_P_Onsets", "ECG_P_Offsets", "ECG_R_Onsets", "", "ECG_R_Offsets", "ECG_T_Offsets")

Rows = list[list[float | None]]


def lead_marks(samples: np.ndarray, fs_hz: int) -> Rows:
    """Return one row for each R peak of a lead; none where neurokit2 gives up on the lead."""
    try:
        cleaned = nk.ecg_clean(samples, sampling_rate=fs_hz)
        peaks = nk.ecg_peaks(cleaned, sampling_rate=fs_hz)[1]["ECG_R_Peaks"]
        waves = nk.ecg_delineate(cleaned, peaks, sampling_rate=fs_hz, method="dwt")[1]
    except Exception:  # it raises many kinds on leads without clear beats
        return []
    columns = [waves[key] if key else peaks for key in _KEYS]
    return [[_seconds(value, fs_hz) for value in row] for row in zip(*columns, strict=True)]


def _seconds(sample: float, fs_hz: int) -> float | None:
    return None if np.isnan(sample) else float(sample) / fs_hz


def main(signals: str, marks: str) -> None:
    """Mark every record of the archive."""
    warnings.simplefilter("ignore")
    found = []
    with np.load(signals) as archive:
        for name in sorted(archive.files, key=lambda name: int(name.split("_")[0])):
            fs_hz = int(name.split("_")[1])
            found.append([lead_marks(lead, fs_hz) for lead in archive[name].astype(np.float64)])
    Path(marks).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
