"""Many small files from one server at once: resumed, verified, tried again, stopped at any time."""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

import requests
import urllib3

TRIES = 3

_TIMEOUT_S = 30.0
_POLL_S = 0.1
_STOP_S = 2.0
_CHUNK_BYTES = 64 * 1024
_MOST_BYTES = {".hea": 2**16, ".dat": 2**20, ".csv": 2**26, ".txt": 2**24}
"""Size that no file of PTB-XL has, by its suffix."""

_SLOW_AFTER_S = 20.0
_LEAST_BYTES_PER_S = 1024

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of one file: there already, downloaded, or failed for the reason given.

    Attributes
    ----------
    path
        Relative to the data folder and to the server's base URL.
    n_bytes
        Bytes received, repeated tries included; of a resumed file the rest only.
    listed
        False if there was no checksum to compare with.
    """

    path: str
    n_bytes: int = 0
    skipped: bool = False
    listed: bool = True
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Source, target and manner of a transfer.

    Attributes
    ----------
    base_url
        Ends with "/".
    workers
        Files at once.
    backoff_s
        Wait before the second try of a file; doubled before the third.
    """

    base_url: str
    folder: Path
    workers: int
    backoff_s: float

    def outcomes(
        self,
        paths: Sequence[str],
        sums: Mapping[str, str],
        cancelled: Callable[[], bool],
        *,
        renew: bool = False,
    ) -> Generator[Outcome]:
        """Work on many files at once; closing the generator stops all workers.

        Parameters
        ----------
        sums
            SHA-256 in hex digits by path; a file without one is accepted as it comes.
        cancelled
            Asked in this thread about ten times a second; True ends the generator early.
        renew
            Download what is there as well.

        Raises
        ------
        OSError
            If a file cannot be written.
        """
        todo: SimpleQueue[str] = SimpleQueue()
        done: SimpleQueue[Outcome | Exception] = SimpleQueue()
        for path in paths:
            todo.put(path)
        worker = _Worker(self, sums, renew, threading.Event())
        # Daemons, so that one that waits for a silent server does not hold up Ctrl-C
        threads = [
            threading.Thread(target=worker.run, args=(todo, done), name="transfer", daemon=True)
            for _ in range(min(self.workers, len(paths)))
        ]
        try:
            for thread in threads:
                thread.start()
            yield from _results(done, len(paths), cancelled)
        finally:
            worker.stop.set()
            deadline = time.monotonic() + _STOP_S
            for thread in filter(threading.Thread.is_alive, threads):
                thread.join(max(0.0, deadline - time.monotonic()))


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _results(
    done: "SimpleQueue[Outcome | Exception]", n_left: int, cancelled: Callable[[], bool]
) -> Generator[Outcome]:
    while n_left and not cancelled():
        try:
            outcome = done.get(timeout=_POLL_S)
        except Empty:
            continue
        if isinstance(outcome, Exception):
            raise outcome
        n_left -= 1
        yield outcome


class _TransientError(Exception):
    """Worth another try; counts what was received in vain or for the next try to resume."""

    def __init__(self, reason: str, n_bytes: int = 0) -> None:
        super().__init__(reason)
        self.n_bytes = n_bytes


class _RefusedError(Exception):
    """Final: another try would not help."""


class _TooLargeError(Exception):
    """More bytes than a file of this name can have."""


class _StoppedError(Exception):
    """The transfer was stopped."""


@dataclass(frozen=True, slots=True)
class _Worker:
    """Work of one thread: take the next file until none is left."""

    transfer: Transfer
    sums: Mapping[str, str]
    renew: bool
    stop: threading.Event

    def run(self, todo: "SimpleQueue[str]", done: "SimpleQueue[Outcome | Exception]") -> None:
        with requests.Session() as session:
            session.headers["Accept-Encoding"] = "identity"
            while not self.stop.is_set():
                try:
                    done.put(self._get(session, todo.get_nowait()))
                except (Empty, _StoppedError):
                    return
                except Exception as error:
                    done.put(error)

    def _get(self, session: requests.Session, path: str) -> Outcome:
        target, expected = self.transfer.folder / path, self.sums.get(path)
        listed = expected is not None
        if not self.renew and target.is_file() and expected in (None, sha256(target)):
            return Outcome(path, skipped=True, listed=listed)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            return Outcome(path, self._download(session, path, expected), listed=listed)
        except _RefusedError as error:
            return Outcome(path, failure=str(error))

    def _download(self, session: requests.Session, path: str, expected: str | None) -> int:
        n_bytes = 0
        for attempt in range(TRIES):
            if attempt and self.stop.wait(self.transfer.backoff_s * 2 ** (attempt - 1)):
                raise _StoppedError
            try:
                return n_bytes + self._try(session, path, expected)
            except _TransientError as error:
                log.info("%s, try %d: %s", path, attempt + 1, error)
                n_bytes += error.n_bytes
                reason = f"{error} ({TRIES} tries)"
        raise _RefusedError(reason)

    def _try(self, session: requests.Session, path: str, expected: str | None) -> int:
        target = self.transfer.folder / path
        part = target.with_name(f"{target.name}.part")
        if expected is None:
            part.unlink(missing_ok=True)
        n_bytes = self._receive(session, self.transfer.base_url + path, part)
        if expected is not None and (found := sha256(part)) != expected:
            part.unlink()
            reason = f"its SHA-256 is {found[:16]}…, listed is {expected[:16]}…"
            raise _TransientError(reason, n_bytes)
        part.replace(target)
        return n_bytes

    def _receive(self, session: requests.Session, url: str, part: Path) -> int:
        """Append to the part what it lacks, or write it anew; returns the bytes received."""
        start = part.stat().st_size if part.exists() else 0
        most, begun = _MOST_BYTES.get(Path(url).suffix, 2**20) - start, time.monotonic()
        headers = {"Range": f"bytes={start}-"} if start else {}
        n_bytes = 0
        try:
            with session.get(url, headers=headers, stream=True, timeout=_TIMEOUT_S) as response:
                _refuse_detours(url, response)
                if start and response.status_code == requests.codes.range_not_satisfiable:
                    return 0
                _raise_for_status(response)
                resumed = response.status_code == requests.codes.partial_content
                with part.open("ab" if resumed else "wb") as file:
                    while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=False):
                        n_bytes += file.write(chunk)
                        if n_bytes > most:
                            raise _TooLargeError
                        _refuse_slow(n_bytes, time.monotonic() - begun)
                        if self.stop.is_set():
                            raise _StoppedError
        except _TooLargeError as error:
            part.unlink()
            raise _RefusedError("the server sends more than any file of PTB-XL has") from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise _TransientError(_in_words(error), n_bytes) from error
        return n_bytes


def _refuse_detours(url: str, response: requests.Response) -> None:
    """Follow no way that is less safe than the one asked for, and for the checksums none at all."""
    if not response.history:
        return
    asked, got = urlsplit(url), urlsplit(response.url)
    hops = [urlsplit(one.url) for one in (*response.history, response)]
    if asked.scheme == "https" and any(hop.scheme != "https" for hop in hops):
        raise _RefusedError("the server leads to an address without encryption")
    if asked.path.endswith("SUMS.txt") and got.netloc != asked.netloc:
        raise _RefusedError(f"the server leads to {got.netloc[:40]}, another one")


def _refuse_slow(n_bytes: int, seconds: float) -> None:
    if seconds > _SLOW_AFTER_S and n_bytes < _LEAST_BYTES_PER_S * seconds:
        raise _TransientError(f"less than {_LEAST_BYTES_PER_S:,} bytes a second", n_bytes)


def _raise_for_status(response: requests.Response) -> None:
    status = f"the server answers {response.status_code} {response.reason}"
    if response.status_code >= 500 or response.status_code in (408, 429):
        raise _TransientError(status)
    if response.status_code not in (200, 206):
        raise _RefusedError(status)


def _in_words(error: Exception) -> str:
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return f"no answer within {_TIMEOUT_S:g} s"
    if isinstance(error, urllib3.exceptions.ProtocolError):
        return "the transfer broke off"
    return f"no connection ({type(error).__name__})"
