"""Waves marked by neurokit2, which needs older libraries than ours: a throw-away environment."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ecgcore.bench.delineation.fusion import COLUMNS, Array
from ecgcore.errors import RecordError
from ecgcore.records import EcgRecord

VERSION = "0.2.13"

_SCRIPT = Path(__file__).with_name("neurokit_script.py")
_INSTALL_LIMIT_S = 600
_RUN_LIMIT_S = 3600


def neurokit_marks(records: Sequence[EcgRecord]) -> list[list[Array]]:
    """Return for each record and lead the rows that `ecgcore.bench.delineation.fusion.fuse` takes.

    neurokit2 is installed into a folder of its own, run, and removed again.

    Raises
    ------
    RecordError
        If it cannot be installed, as without a network, or fails.
    """
    with tempfile.TemporaryDirectory(prefix="ecg-neurokit-") as folder:
        home = Path(folder)
        python = _environment(home / "venv")
        signals, marks = home / "signals.npz", home / "marks.json"
        named = {f"{at}_{record.fs_hz}": record.signal for at, record in enumerate(records)}
        np.savez(signals, allow_pickle=False, **named)
        _run([python, "-I", _SCRIPT, signals, marks], _RUN_LIMIT_S, f"neurokit2 {VERSION} failed")
        found = json.loads(marks.read_text(encoding="utf-8"))
    return [[_rows(lead) for lead in leads] for leads in found]


def _rows(lead: list[list[float | None]]) -> Array:
    """None becomes nan."""
    return np.array(lead, dtype=np.float64).reshape(-1, len(COLUMNS))


def _environment(folder: Path) -> Path:
    what = f"neurokit2 {VERSION} cannot be installed; a package index is needed"
    _run([sys.executable, "-m", "venv", folder], _INSTALL_LIMIT_S, what)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--no-cache-dir"]
    quick = ["--disable-pip-version-check", "--retries", "1", "--timeout", "20"]
    _run([*pip, *quick, f"neurokit2=={VERSION}"], _INSTALL_LIMIT_S, what)
    return python


def _run(command: Sequence[str | Path], limit_s: float, what: str) -> None:
    """Run a program to its end, or say what it said last."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise RecordError(f"{what} (no answer within {limit_s:g} s).") from error
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        raise RecordError(f"{what} ({last}).")
