"""What a folder lacks, and how long is waited before a file is asked for again."""

from pathlib import Path

import pytest

from ecgcore.ptbxl.fetch import http
from ecgcore.ptbxl.fetch.download import Coverage, DataReport


def test_what_is_missing_is_expected_minus_present_of_each_set() -> None:
    rows = (
        Coverage("tables", 4, 3, None, None),
        Coverage("test", 100, 97, None, None),
        Coverage("study", 8072, 0, None, None),
        Coverage("full", 21799, 21799, 1, 0),
    )
    report = DataReport(Path("data"), rows, ())
    assert report.missing() == {"test": 3, "study": 8072, "full": 0}
    assert not report.complete("full")


def test_each_wait_is_twice_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    class Worker:
        class stop:  # noqa: N801
            @staticmethod
            def wait(seconds: float) -> bool:
                waits.append(seconds)
                return False

        class transfer:  # noqa: N801
            backoff_s = 0.5

        def _try(self, *_: object) -> int:
            raise http._TransientError("no answer", 7)

    monkeypatch.setattr(http, "TRIES", 4)
    with pytest.raises(http._RefusedError, match=r"no answer \(4 tries\)"):
        http._Worker._download(Worker(), None, "a", None)
    assert waits == [0.5, 1.0, 2.0]
