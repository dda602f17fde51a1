"""What other people's readers find in a file: the oracles of our own."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

Signals = dict[str, npt.NDArray[np.float64]]


def by_ecgdatakit(files: Sequence[tuple[str, bytes]], folder: Path) -> tuple[Signals, float]:
    """Leads in mV and the rate, as ecgdatakit reads them."""
    from ecgdatakit import FileParser

    for name, content in files:
        (folder / name).write_bytes(content)
    record = FileParser.parse(folder / files[0][0], units="mV")
    leads = {lead.label: np.asarray(lead.samples, np.float64) for lead in record.leads}
    return leads, float(record.leads[0].sampling_rate)


def by_pyedflib(content: bytes, folder: Path) -> tuple[Signals, float]:
    """Channels in their own unit and the first channel's rate, as EDFlib reads them."""
    import pyedflib

    path = folder / "independent.edf"
    path.write_bytes(content)
    with pyedflib.EdfReader(str(path)) as reader:
        labels = reader.getSignalLabels()
        return {
            label: reader.readSignal(row) for row, label in enumerate(labels)
        }, reader.getSampleFrequency(0)


def by_sierraecg(content: bytes, folder: Path) -> tuple[Signals, float]:
    """Leads in the device's own units and the rate, as sierra-ecg-tools read them."""
    sierraecg = pytest.importorskip("sierraecg")
    path = folder / "independent.xml"
    path.write_bytes(content)
    found = sierraecg.read_file(str(path))
    leads = {lead.label: np.asarray(lead.samples, np.float64) for lead in found.leads}
    return leads, float(found.leads[0].sampling_freq)
