"""Uploads made to cost time or memory are refused, or read, at once."""

import time
import tracemalloc
from contextlib import suppress

import pytest

from ecgcore.bench.chaos.hostile_uploads import SAID, hostile_uploads
from ecgcore.errors import RecordError
from ecgcore.io.raw import FILE_SAYS_ALL
from ecgcore.io.recordings import read_upload

CPU_S = 2.0
MB = 2**20

FROZE_OR_FILLED = (
    "csv: many blanks in a column",  # above 70 s
    "csv: tabs in a column",  # above 70 s
    "csv: comments only",
    "header: empty lines",
    "header: blanks",
    "xml: element declarations",
    "muse: blanks",
    "dicom: empty items",  # above 70 s
    "dicom: elements in items of a stated length",
    "dicom: private elements",
    "scp: far pointers",
    "scp: pointers to one section",  # above 70 s
    "npz: entries",
    "zip: entries",
    "zip: blank columns inside",
)


@pytest.mark.parametrize("name", FROZE_OR_FILLED)
def test_an_attack_costs_little(name: str) -> None:
    files = hostile_uploads()[name]()
    started = time.process_time()
    with suppress(RecordError):
        read_upload(files, SAID if name.startswith(("csv", "zip", "npz")) else FILE_SAYS_ALL)
    assert time.process_time() - started < CPU_S


@pytest.mark.parametrize("name", ["muse: blanks", "npz: small numbers"])
def test_an_attack_takes_little_memory(name: str) -> None:
    files = hostile_uploads()[name]()
    tracemalloc.start()
    with suppress(RecordError):
        read_upload(files, SAID if name.startswith("npz") else FILE_SAYS_ALL)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 250 * MB
