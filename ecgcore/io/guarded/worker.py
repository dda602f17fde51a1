"""The reader process: one recording after the other, each within limits that the system holds.

Started by `ecgcore.io.guarded.pool`; it ends when its parent does.
"""

import os
import re
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

from ecgcore.errors import RecordError
from ecgcore.io.guarded.messages import read_message, write_message
from ecgcore.io.missing_units import NotSaidError
from ecgcore.io.raw import OneLeadError, ReadOptions
from ecgcore.io.recordings import SeveralError, read_file, read_upload
from ecgcore.records import EcgRecord

_NICE = 5
_KEPT_MB = 64
"""Growth after which a process makes room for a fresh one."""

_OUT_OF_MEMORY = re.compile(
    "out of memory|insufficient memory|memory allocation|(cannot|can't|unable to) allocate", re.I
)
"""How pandas, expat, zlib and HDF5 say it, in exceptions that are no MemoryError."""

Answer = tuple[dict[str, Any], list[memoryview]]


def main() -> None:
    """Answer requests until there is nobody to ask."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError, AttributeError):
        os.nice(_NICE)
    start_mb = _size_mb(1)
    with suppress(EOFError, OSError):
        write_message(answers, {"ready": True})
        while True:
            request, files = read_message(requests)
            head, parts = _answer(request, files)
            del files
            write_message(answers, {**head, "retires": _size_mb(1) - start_mb > _KEPT_MB}, parts)


def _answer(request: dict[str, Any], files: list[bytearray]) -> Answer:
    try:
        with _limited(request["cpu_s"], request["memory_mb"]):
            return _as_message(_read(request, files))
    except RecordError as error:
        return ({"error": "memory"}, []) if _ran_out(error) else _as_refusal(error)
    except Exception as error:  # a fault of a reader must not cost more than this file
        if _ran_out(error):
            return {"error": "memory"}, []
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"
        return {"error": "fault", "words": where}, []


def _ran_out(error: BaseException | None) -> bool:
    """Whether an error, or one that led to it, is a lack of memory."""
    if error is None:
        return False
    if isinstance(error, MemoryError):
        return True
    said = not isinstance(error, RecordError) and _OUT_OF_MEMORY.search(str(error))
    return bool(said) or _ran_out(error.__cause__)


def _as_refusal(error: RecordError) -> Answer:
    head: dict[str, Any] = {"error": RecordError.__name__, "words": str(error)}
    if isinstance(error, OneLeadError):
        known = asdict(error.one)
        signal = known.pop("signal")
        return head | {"error": OneLeadError.__name__, "one": known}, [signal.data.cast("B")]
    if isinstance(error, SeveralError):
        return head | {"error": SeveralError.__name__, "entries": error.entries}, []
    if isinstance(error, NotSaidError):
        questions = [asdict(one) for one in error.questions]
        return head | {"error": NotSaidError.__name__, "questions": questions}, []
    return head, []


def _read(request: dict[str, Any], files: list[bytearray]) -> EcgRecord:
    options = ReadOptions(**request["options"])
    if "path" in request:
        return read_file(Path(request["path"]), options)
    contents = map(bytes, files)
    return read_upload(list(zip(request["names"], contents, strict=True)), options)


def _as_message(record: EcgRecord) -> Answer:
    head = {
        "record_id": record.record_id,
        "fs_hz": record.fs_hz,
        "source": record.source,
        "warnings": list(record.warnings),
        "gaps": [astuple(gap) for gap in record.gaps],
        "leads_off": list(record.leads_off),
        "simultaneous": record.simultaneous,
        "file_fs_hz": None if record.unresampled is None else record.unresampled.fs_hz,
    }
    signals = [record.signal, *([record.unresampled.signal] if record.unresampled else [])]
    return head, [signal.reshape(-1).data.cast("B") for signal in signals]


@contextmanager
def _limited(cpu_s: float, memory_mb: float) -> Iterator[None]:
    """Let the system end what takes longer, and refuse memory beyond; Windows knows neither."""
    try:
        import resource
    except ImportError:
        yield
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    most_s = int(used.ru_utime + used.ru_stime + cpu_s) + 1
    limits = {resource.RLIMIT_CPU: most_s}
    if size_mb := _size_mb(0):
        limits[resource.RLIMIT_AS] = int((size_mb + memory_mb) * 2**20)
    before = {kind: resource.getrlimit(kind) for kind in limits}
    try:
        for kind, most in limits.items():
            resource.setrlimit(kind, (most, before[kind][1]))
        yield
    finally:
        for kind, both in before.items():
            resource.setrlimit(kind, both)


def _size_mb(column: int) -> float:
    """Address space (0) or memory in use (1); 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[column])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, ValueError):
        return 0.0


if __name__ == "__main__":
    main()
