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


class Answer:
    def __init__(self, status_code: int) -> None:
        self.status_code, self.reason = status_code, "Why"


@pytest.mark.parametrize("status", [200, 206])
def test_a_whole_file_and_the_rest_of_one_are_taken(status: int) -> None:
    http._raise_for_status(Answer(status))


@pytest.mark.parametrize("status", [408, 429, 500, 501, 503])
def test_a_busy_server_may_be_asked_again(status: int) -> None:
    with pytest.raises(http._TransientError, match=f"the server answers {status} Why"):
        http._raise_for_status(Answer(status))


@pytest.mark.parametrize("status", [201, 301, 403, 404, 407, 409, 428, 430, 499])
def test_another_answer_is_final(status: int) -> None:
    with pytest.raises(http._RefusedError, match=f"the server answers {status} Why"):
        http._raise_for_status(Answer(status))


def test_what_went_wrong_in_words() -> None:
    assert http._in_words(http.requests.Timeout()) == "no answer within 30 s"
    broken = http.urllib3.exceptions.ProtocolError("x")
    assert http._in_words(broken) == "the transfer broke off"
    words = http._in_words(http.requests.ConnectionError())
    assert words == "no connection (ConnectionError)"


def test_bytes_of_vain_tries_are_counted_too() -> None:
    class Worker:
        stop = None
        tries = iter([http._TransientError("broke off", 5), 11])

        class transfer:  # noqa: N801
            backoff_s = 0.0

        def _try(self, *_: object) -> int:
            answer = next(self.tries)
            if isinstance(answer, Exception):
                raise answer
            return answer

    worker = Worker()
    worker.stop = type("Stop", (), {"wait": staticmethod(lambda seconds: False)})
    assert http._Worker._download(worker, None, "a", None) == 16
    assert http.TRIES == 3
