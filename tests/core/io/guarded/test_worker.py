"""What a reader process answers where a library ran out of memory, in whatever words."""

import zlib
from typing import Any
from xml.etree.ElementTree import ParseError

import pandas as pd
import pytest

from ecgcore.errors import RecordError
from ecgcore.io.guarded import worker

REQUEST = {"names": ["a.csv"], "cpu_s": 3, "memory_mb": 380}


def _answer_to(monkeypatch: pytest.MonkeyPatch, error: Exception, cause: Exception | None) -> Any:
    def fails(request: object, files: object) -> None:
        raise error from cause

    monkeypatch.setattr(worker, "_read", fails)
    head, parts = worker._answer(REQUEST, [])
    assert parts == []
    return head["error"]


@pytest.mark.parametrize(
    "cause",
    [
        MemoryError(),
        pd.errors.ParserError("Error tokenizing data. C error: out of memory"),
        ParseError("out of memory: line 1, column 0"),
        OSError("Can't synchronously read data (can't allocate buffer)"),
        OSError(12, "Cannot allocate memory"),
        zlib.error("Error -4 while decompressing data: insufficient memory"),
    ],
)
def test_a_lack_of_memory_is_said_as_one(monkeypatch: pytest.MonkeyPatch, cause: Exception) -> None:
    damaged = RecordError("a.csv cannot be read; it is damaged.")
    assert _answer_to(monkeypatch, damaged, cause) == "memory"
    assert _answer_to(monkeypatch, cause, None) == "memory"
    assert _answer_to(monkeypatch, damaged, ValueError("x")) == "RecordError"


def test_other_faults_stay_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = RecordError("patient.csv says out of memory, and is damaged.")
    rows = pd.errors.ParserError("Expected 3 fields in line 4, saw 5")
    assert _answer_to(monkeypatch, damaged, rows) == "RecordError"
    assert _answer_to(monkeypatch, damaged, None) == "RecordError"
    assert _answer_to(monkeypatch, ValueError("bad"), None) == "fault"
