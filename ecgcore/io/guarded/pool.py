"""Warm reader processes: a recording that costs too much ends its reader, not the server."""

import atexit
import logging
import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import psutil

from ecgcore.errors import RecordError, shortened
from ecgcore.io.guarded.messages import read_message, write_message
from ecgcore.io.missing_units import NotSaidError, Question
from ecgcore.io.raw import FILE_SAYS_ALL, OneLead, OneLeadError, ReadOptions
from ecgcore.io.recordings import MAX_UPLOAD_BYTES, SeveralError, check_upload_size
from ecgcore.leads import LEADS
from ecgcore.records import EcgRecord, Gap, Unresampled
from ecgcore.settings import PROJECT_DIR, Settings

_START_S = 60.0
_WAIT_S = 20.0
_BUSY_S, _HAD_ITS_TURN_S, _LOOK_S = 16.0, 1.0, 0.25
"""How much longer a process may take that the machine has not let work, and when it has."""

_CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE, signal.SIGILL}
"""How a process ends by a fault of a library, not because it was stopped."""

_MOST = 6
"""Processes at once; more files wait."""

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one recording may cost.

    Attributes
    ----------
    wall_s, cpu_s
        Seconds that pass, and seconds that the processor works.
    memory_mb
        Memory beyond what the process takes before it reads.
    """

    wall_s: float = 4.0
    cpu_s: float = 3.0
    memory_mb: float = 380.0


UPLOAD = Limits()
LARGE_FILE = Limits(wall_s=60.0, cpu_s=60.0, memory_mb=4000.0)
"""For a file on this machine that is larger than an upload may be."""


def read_upload(
    files: Sequence[tuple[str, bytes]], options: ReadOptions = FILE_SAYS_ALL
) -> EcgRecord:
    """Read the one recording in uploaded files, as `ecgcore.io.recordings.read_upload` does.

    Raises
    ------
    RecordError
        If it cannot be read, or takes more than `UPLOAD` allows. NotSaidError if it lacks what
        `ReadOptions` can say.
    """
    check_upload_size(files)
    names = [name for name, _ in files]
    shown = shortened(PurePath(names[0].replace("\\", "/")).name) if names else "The upload"
    contents = [content for _, content in files]
    return shared_pool().read({"names": names}, contents, shown, options, UPLOAD)


def read_file(path: Path, options: ReadOptions = FILE_SAYS_ALL) -> EcgRecord:
    """Read one recording from disk, as `ecgcore.io.recordings.read_file` does.

    Raises
    ------
    RecordError
        If it cannot be read, or takes more than is allowed. NotSaidError if it lacks what
        `ReadOptions` can say.
    """
    limits = LARGE_FILE if _size(path) > MAX_UPLOAD_BYTES else UPLOAD
    return shared_pool().read({"path": str(path)}, [], path.name, options, limits)


def _size(path: Path) -> int:
    """Size of a file with those beside it that belong to it."""
    beside = {path, *(path.parent / f"{path.stem}{suffix}" for suffix in (".dat", ".mat"))}
    sizes = []
    for one in beside:
        try:
            sizes.append(one.stat().st_size)
        except (OSError, ValueError):  # a name that no file can have
            continue
    return sum(sizes)


class _EndedError(Exception):
    """The process ended before it had answered."""


@dataclass(slots=True)
class _Reader:
    """One reader process."""

    process: subprocess.Popen[bytes]
    started: bool = False

    def ask(
        self, request: Mapping[str, Any], parts: Sequence[bytes], limit_s: float
    ) -> tuple[dict[str, Any], list[bytearray]]:
        if not self.started:
            self._within(_START_S, None, ())
            self.started = True
        return self._within(limit_s, request, parts)

    def _within(
        self, limit_s: float, request: Mapping[str, Any] | None, parts: Sequence[bytes]
    ) -> tuple[dict[str, Any], list[bytearray]]:
        done = threading.Event()
        threading.Thread(target=self._watch, args=(limit_s, done), daemon=True).start()
        try:
            if request is not None:
                write_message(self.process.stdin, request, parts)  # type: ignore[arg-type]
            return read_message(self.process.stdout)  # type: ignore[arg-type]
        except (EOFError, OSError, ValueError) as error:
            self.end()
            raise _EndedError from error
        finally:
            done.set()

    def _watch(self, limit_s: float, done: threading.Event) -> None:
        """Kill it once its time is over; on a busy machine only after it had some of it."""
        begun, patience_s = self._cpu_s(), limit_s + _BUSY_S
        if done.wait(limit_s):
            return
        while self._cpu_s() - begun < _HAD_ITS_TURN_S and patience_s > limit_s:
            if done.wait(_LOOK_S):
                return
            patience_s -= _LOOK_S
        self.process.kill()

    def _cpu_s(self) -> float:
        try:
            times = psutil.Process(self.process.pid).cpu_times()
        except psutil.Error:
            return math.inf
        return times.user + times.system

    def end(self) -> None:
        """Kill and reap it."""
        self.process.kill()
        self.process.communicate()


@dataclass(slots=True)
class ReaderPool:
    """Reader processes, kept warm, ended and replaced when one recording costs too much.

    Attributes
    ----------
    n_warm
        How many wait for work.
    """

    n_warm: int = 1
    _idle: list[_Reader] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _places: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(_MOST)
    )
    _closed: bool = False

    def warm_up(self, n_warm: int | None = None) -> None:
        """Start processes until enough of them wait; returns at once."""
        self.n_warm = n_warm or self.n_warm
        with self._lock:
            for _ in range(self.n_warm - len(self._idle)):
                if not self._closed:
                    self._idle.append(_start())

    def read(
        self,
        what: Mapping[str, Any],
        parts: Sequence[bytes],
        name: str,
        options: ReadOptions,
        limits: Limits,
    ) -> EcgRecord:
        """Let a process read; RecordError where it refuses, fails or costs too much."""
        request = {
            **what,
            "options": asdict(options),
            "cpu_s": limits.cpu_s,
            "memory_mb": limits.memory_mb,
        }
        if not self._places.acquire(timeout=_WAIT_S):
            raise RecordError("Many files are being read at the moment. Try again in a minute.")
        try:
            head, answers = self._ask(request, parts, name, limits)
        finally:
            self._places.release()
        return _record(head, answers, name, limits)

    def close(self) -> None:
        """End all processes that wait."""
        with self._lock:
            self._closed, idle = True, self._idle
            self._idle = []
        for reader in idle:
            reader.end()

    def _ask(
        self, request: Mapping[str, Any], parts: Sequence[bytes], name: str, limits: Limits
    ) -> tuple[dict[str, Any], list[bytearray]]:
        with self._lock:
            reader = self._idle.pop(0) if self._idle else _start()
        try:
            head, answers = reader.ask(request, parts, limits.wall_s)
        except _EndedError as error:
            self.warm_up()
            status = reader.process.returncode
            log.warning("a reader was stopped, status %s", status)
            if -status in _CRASHES:
                raise RecordError(
                    f"{shortened(name)} is damaged: it broke the process that read it "
                    f"({signal.Signals(-status).name}). Export it again."
                ) from error
            raise RecordError(
                f"{shortened(name)} took more than {limits.cpu_s:g} s to read and was stopped; no "
                "ECG of its size does. Export it again, or cut out the part of interest."
            ) from error
        with self._lock:
            keep = not (head["retires"] or self._closed or len(self._idle) >= self.n_warm)
            if keep:
                self._idle.append(reader)
        if not keep:
            reader.end()
            self.warm_up()
        return head, answers


@cache
def shared_pool() -> ReaderPool:
    """Return the pool of this program, which ends with it."""
    pool = ReaderPool()
    atexit.register(pool.close)
    return pool


def _start() -> _Reader:
    env = Settings.from_env().as_env()
    paths = [str(PROJECT_DIR), *filter(None, [env.get("PYTHONPATH")])]
    process = subprocess.Popen(
        [sys.executable, "-m", "ecgcore.io.guarded.worker"],
        env={**env, **_ONE_THREAD, "PYTHONPATH": os.pathsep.join(paths)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    return _Reader(process)


def _record(
    head: Mapping[str, Any], answers: Sequence[bytearray], name: str, limits: Limits
) -> EcgRecord:
    if "error" not in head:
        signal = np.frombuffer(answers[0], np.float32).reshape(len(LEADS), -1)
        return EcgRecord(
            head["record_id"], signal, head["fs_hz"], head["source"],
            warnings=tuple(head["warnings"]),
            gaps=tuple(Gap(*gap) for gap in head["gaps"]),
            leads_off=tuple(head["leads_off"]),
            simultaneous=head["simultaneous"],
            unresampled=_unresampled(head, answers),
        )  # fmt: skip
    if head["error"] == OneLeadError.__name__:
        known = {**head["one"], "warnings": tuple(head["one"]["warnings"])}
        one = OneLead(**known, signal=np.frombuffer(answers[0], np.float32))
        raise OneLeadError(head["words"], one)
    if head["error"] == SeveralError.__name__:
        raise SeveralError(head["words"], head["entries"])
    if head["error"] == NotSaidError.__name__:
        raise NotSaidError(head["words"], [Question(**one) for one in head["questions"]])
    if head["error"] == RecordError.__name__:
        raise RecordError(head["words"])
    if head["error"] == "memory":
        raise RecordError(
            f"{shortened(name)} needs more than {limits.memory_mb:.0f} MB of memory to be read; no "
            "ECG of its size does. Export it again, or cut out the part of interest."
        )
    log.error("a reader failed: %s", head["words"])
    raise RecordError(
        f"{shortened(name)} could not be read: a reader failed ({head['words']}). Export it "
        "again, and please report this."
    )


def _unresampled(head: Mapping[str, Any], answers: Sequence[bytearray]) -> Unresampled | None:
    if head["file_fs_hz"] is None:
        return None
    signal = np.frombuffer(answers[1], np.float32).reshape(len(LEADS), -1)
    return Unresampled(signal, head["file_fs_hz"])
