"""The reference marks of LUDB: P, QRS and T of each lead, set by cardiologists.

Kalyakulina et al., "LUDB: a new open-access validation tool for electrocardiogram delineation
algorithms", IEEE Access 8 (2020), doi 10.1109/ACCESS.2020.3029211.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import wfdb

from ecgcore.bench.delineation.fusion import COLUMNS, Array, FusedBeats, fuse
from ecgcore.errors import EcgError, RecordError
from ecgcore.io.wfdb.wfdb_files import read_wfdb
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord

_PEAKS = "pNt"


@dataclass(frozen=True, slots=True, eq=False)
class Annotated:
    """A recording with the cardiologists' marks, all leads together."""

    record: EcgRecord
    beats: FusedBeats


@dataclass(frozen=True, slots=True)
class Refused:
    """A recording that cannot be compared, and why."""

    record_id: str
    reason: str


class _Wave(NamedTuple):
    kind: str
    on_s: float
    peak_s: float
    off_s: float


def read_ludb(folder: Path) -> Iterator[Annotated | Refused]:
    """Read every recording in a folder and below, in the order of their numbers.

    Raises
    ------
    RecordError
        If the folder does not exist or holds no recording.
    """
    if not folder.is_dir():
        raise RecordError(f"{folder} is no folder. Name the one that holds LUDB's records.")
    headers = sorted(folder.rglob("*.hea"), key=lambda path: (len(path.stem), path.stem))
    if not headers:
        raise RecordError(f"{folder} holds no .hea file. Name the folder of LUDB's records.")
    return (_read_or_refuse(header.with_suffix("")) for header in headers)


def _read_or_refuse(stem: Path) -> Annotated | Refused:
    try:
        return read_annotated(stem)
    except EcgError as error:
        return Refused(stem.name, str(error))


def read_annotated(stem: Path) -> Annotated:
    """Read one recording and its twelve annotation files (``1.dat``, ``1.hea``, ``1.i`` ...).

    Raises
    ------
    RecordError
        If a file is missing or damaged, or no beat is marked in at least half of the leads.
    """
    record = read_wfdb(stem)
    beats = fuse([_lead_marks(stem, lead, record) for lead in LEADS], record)
    if not len(beats.r_s):
        raise RecordError(f"{stem.name} has no QRS complex that half of its leads mark.")
    return Annotated(record, beats)


def _lead_marks(stem: Path, lead: str, record: EcgRecord) -> Array:
    """Return ``(n_beats, 6)``: of each QRS, the P wave just before and the T wave just after."""
    waves = _waves(stem, lead.lower(), record)
    rows = []
    for before, qrs, after in zip([None, *waves], waves, [*waves[1:], None], strict=False):
        if qrs.kind != "N":
            continue
        p = before if before and before.kind == "p" else None
        t = after if after and after.kind == "t" else None
        nan = float("nan")
        rows.append(
            [
                p.on_s if p else nan,
                p.off_s if p else nan,
                qrs.on_s,
                qrs.peak_s,
                qrs.off_s,
                t.off_s if t else nan,
            ]
        )
    return np.array(rows, dtype=np.float64).reshape(-1, len(COLUMNS))


def _waves(stem: Path, extension: str, record: EcgRecord) -> list[_Wave]:
    """Return the waves of one lead; an onset or end that is not marked is nan."""
    symbols, times = _annotation(stem, extension, record)
    padded = ["", *symbols, ""]
    at = [float("nan"), *times, float("nan")]
    return [
        _Wave(
            symbol,
            at[k - 1] if padded[k - 1] == "(" else float("nan"),
            at[k],
            at[k + 1] if padded[k + 1] == ")" else float("nan"),
        )
        for k, symbol in enumerate(padded)
        if symbol and symbol in _PEAKS
    ]


def _annotation(stem: Path, extension: str, record: EcgRecord) -> tuple[list[str], list[float]]:
    name = f"{stem.name}.{extension}"
    try:
        found = wfdb.rdann(str(stem), extension)
    except FileNotFoundError as error:
        raise RecordError(f"{name} does not exist; all 12 leads must be annotated.") from error
    except Exception as error:  # wfdb raises many kinds on damaged files
        raise RecordError(f"{name} cannot be read ({error}). Download it again.") from error
    if len(found.sample) and not 0 <= found.sample.min() <= found.sample.max() < record.n_samples:
        raise RecordError(f"{name} marks samples outside the recording. Download it again.")
    return list(found.symbol), [float(sample) / record.fs_hz for sample in found.sample]
