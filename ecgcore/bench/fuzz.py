"""Damaged uploads: none may crash, hang, fill the memory or raise anything but an `EcgError`.

Each case is drawn from a seed and its number alone, so that a worker process which hangs or dies
can be replaced and a finding be repeated: ``read_upload(*mutated(case, load_seeds(), seed)[1:])``.
"""

import math
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import psutil

from ecgcore.bench.seeds import Files, Upload, load_seeds, seal_scp, zip_file
from ecgcore.errors import EcgError
from ecgcore.io.archives import unpack
from ecgcore.io.raw import ReadOptions
from ecgcore.io.recordings import read_upload

LIMIT_S = 5.0
MEMORY_LIMIT_MB = 300.0
_START_LIMIT_S = 120.0
_PATIENCE = 30
"""Times the limit that may pass while a busy machine gives the worker no turn."""


_TOKENS = (
    b"0", b"-1", b"1e308", b"nan", b"inf", b"99999999999999999999", b"4294967295", b"2147483648",
    b"../../etc/passwd", b"/", b"\0", b"\xff\xfe", b"\n", b"\r", b";", b",", b'"', b"#", b" ",
    b"PK", b"<", b"&", b"<![CDATA[", b"<a>" * 5000, b"(" * 3000, b"1" * 5000, b"\xc2\xb5V", b"%s",
    b"]]>",
)  # fmt: skip
_ENTITY_BOMB = (
    b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;">' % (n, *[n - 1] * 8)
               for n in range(98, 108))
    + b"]>"
)  # fmt: skip
_EXTERNAL = b'<!DOCTYPE r [<!ENTITY k SYSTEM "file:///etc/passwd">]>'


@dataclass(frozen=True, slots=True)
class Finding:
    """One case that broke a promise."""

    case: int
    kind: str
    what: str


@dataclass(frozen=True, slots=True)
class FuzzReport:
    """What became of all uploads.

    Attributes
    ----------
    outcomes
        Format, outcome ("read", "refused", "unhandled", "hang" or "crash") and number of cases.
    slowest_s
        Longest time that the processor worked on one upload.
    memory_growth_mb
        Growth of the worker's peak memory over its peak before the first case; None where the
        system does not tell (Windows).
    """

    n: int
    seed: int
    outcomes: tuple[tuple[str, str, int], ...]
    slowest_s: float
    slowest_case: int
    memory_growth_mb: float | None
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """True where nothing crashed, hung, raised or took too much memory."""
        grew = self.memory_growth_mb or 0.0
        return not self.findings and self.slowest_s <= LIMIT_S and grew <= MEMORY_LIMIT_MB

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        outcomes = [
            dict(zip(("format", "outcome", "n"), row, strict=True)) for row in self.outcomes
        ]
        return {**asdict(self), "outcomes": outcomes, "passed": self.passed}

    def as_text(self) -> str:
        """Lines for a reader."""
        memory = "?" if self.memory_growth_mb is None else f"{self.memory_growth_mb:.0f}"
        lines = [f"{kind:18}{outcome:12}{n:6}" for kind, outcome, n in self.outcomes]
        lines += [
            f"{self.n} uploads, seed {self.seed}: slowest {self.slowest_s:.2f} s (case "
            f"{self.slowest_case}), peak memory grew by {memory} MB",
            *(f"FOUND case {f.case}, {f.kind}: {f.what}" for f in self.findings),
        ]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the worker says about one case."""

    case: int
    kind: str
    outcome: str
    what: str
    seconds: float
    peak_mb: float | None


def run_fuzz(n: int = 2000, seed: int = 0, valid: tuple[Upload, ...] | None = None) -> FuzzReport:
    """Read `n` mutated uploads, each in a worker process with a time limit.

    Parameters
    ----------
    valid
        What is mutated; None: the seeds of this checkout.
    """
    answers = list(_answers(n, seed, valid or load_seeds()))
    peaks = [answer.peak_mb for answer in answers if answer.peak_mb is not None]
    slowest = max(answers, key=lambda answer: answer.seconds, default=None)
    counts = Counter((answer.kind, answer.outcome) for answer in answers)
    return FuzzReport(
        n=n,
        seed=seed,
        outcomes=tuple((*key, count) for key, count in sorted(counts.items())),
        slowest_s=slowest.seconds if slowest else 0.0,
        slowest_case=slowest.case if slowest else -1,
        memory_growth_mb=max(peaks) if peaks else None,
        findings=tuple(
            Finding(answer.case, answer.kind, f"{answer.outcome}: {answer.what}")
            for answer in answers
            if answer.outcome not in {"read", "refused"}
        ),
    )


def mutated(case: int, valid: tuple[Upload, ...], seed: int = 0) -> tuple[str, Files, ReadOptions]:
    """Draw one upload: format, files, and what the reader is asked for."""
    rng = np.random.default_rng((seed, case))
    upload = valid[case % len(valid)]
    name, content = upload.files[0]
    if upload.kind in {"zip", "NPZ"} and rng.random() < 0.7:  # else its checksums catch nearly all
        files = zip_file(_damaged(list(unpack(content, name).items()), rng), name)
    else:
        files = _damaged(list(upload.files), rng)
    if upload.kind.startswith("SCP") and rng.random() < 0.7:
        files = [(name, seal_scp(content) if content else content) for name, content in files]
    if rng.random() < 0.1:
        files = _FILE_TRICKS[rng.integers(len(_FILE_TRICKS))](files)
    return upload.kind, files, upload.options


def _damaged(files: Files, rng: np.random.Generator) -> Files:
    for _ in range(int(rng.integers(1, 3))):
        mutate = _MUTATIONS[rng.integers(len(_MUTATIONS))]
        position = int(rng.integers(len(files)))
        name, content = files[position]
        files[position] = (name, mutate(content, rng))
    return files


def _flip(content: bytes, rng: np.random.Generator) -> bytes:
    data = bytearray(content)
    for position in rng.integers(len(data) or 1, size=int(rng.integers(1, 6))):
        if data:
            data[position] ^= 1 << int(rng.integers(8))
    return bytes(data)


def _flip_start(content: bytes, rng: np.random.Generator) -> bytes:
    """Damage where headers are."""
    return _flip(content[:400], rng) + content[400:]


def _truncate(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: rng.integers(len(content) + 1)]


def _swap(content: bytes, rng: np.random.Generator) -> bytes:
    a, b, c = sorted(int(k) for k in rng.integers(len(content) + 1, size=3))
    return content[:a] + content[b:c] + content[a:b] + content[c:]


def _repeat(content: bytes, rng: np.random.Generator) -> bytes:
    a, b = sorted(int(k) for k in rng.integers(len(content) + 1, size=2))
    return content[:b] + content[a:b] * int(rng.integers(1, 8)) + content[b:]


def _insert(content: bytes, rng: np.random.Generator) -> bytes:
    at = int(rng.integers(min(len(content), 2000) + 1))
    return content[:at] + _TOKENS[rng.integers(len(_TOKENS))] + content[at:]


def _replace_number(content: bytes, rng: np.random.Generator) -> bytes:
    """Put a token in the place of a number or word of the first lines."""
    words = content[:3000].split(b" ")
    words[rng.integers(len(words))] = _TOKENS[rng.integers(len(_TOKENS))]
    return b" ".join(words) + content[3000:]


def _integer(content: bytes, rng: np.random.Generator) -> bytes:
    """Overwrite a 16- or 32-bit count."""
    at = int(rng.integers(min(len(content), 1200) + 1))
    giant = (b"\xff\xff", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\0\0\0\x80")
    token = giant[rng.integers(len(giant))]
    return content[:at] + token + content[at + len(token) :]


def _bomb(content: bytes, rng: np.random.Generator) -> bytes:
    """Put entities before the outermost element, and refer to them in its text."""
    head, bracket, rest = content.partition(b"?>")
    if not bracket:
        return content + b"<" * int(rng.integers(1, 10_000))
    declaration, use = ((_ENTITY_BOMB, b"&k;"), (_EXTERNAL, b"&k;"))[rng.integers(2)]
    return head + bracket + declaration + rest.replace(b">", b">" + use, 3)


def _junk(content: bytes, rng: np.random.Generator) -> bytes:
    return rng.bytes(int(rng.integers(1, 3000))) + content[int(rng.integers(len(content) + 1)) :]


_MUTATIONS: tuple[Callable[[bytes, np.random.Generator], bytes], ...] = (
    _flip, _flip, _flip_start, _flip_start, _truncate, _swap, _repeat, _insert, _insert,
    _replace_number, _replace_number, _integer, _integer, _bomb, _junk,
)  # fmt: skip


def _rename(files: Files) -> Files:
    return [(f"../../{name}", content) for name, content in files]


def _wrap(files: Files) -> Files:
    return zip_file([(f"../{name}", content) for name, content in files])


def _nameless(files: Files) -> Files:
    return zip_file([(".", b""), *files])


def _nest(files: Files) -> Files:
    return zip_file(zip_file(files, "inner.zip"))


def _zip_bomb(files: Files) -> Files:
    return zip_file([*files, ("zeros.csv", b"0" * 30_000_000)])


def _mislabel(files: Files) -> Files:
    suffixes = ("dcm", "xml", "npz", "scp", "csv", "zip", "hea", "mat")
    return [(f"ecg.{suffixes[len(content) % len(suffixes)]}", content) for _, content in files[:1]]


def _drop(files: Files) -> Files:
    return files[1:]


def _double(files: Files) -> Files:
    return [*files, *((f"copy-{name}", content) for name, content in files)]


_FILE_TRICKS: tuple[Callable[[Files], Files], ...] = (
    _rename, _wrap, _nameless, _nest, _zip_bomb, _mislabel, _drop, _double,
)  # fmt: skip


def _answers(n: int, seed: int, valid: tuple[Upload, ...]) -> Iterator[_Answer]:
    """Ask a worker about every case; go on with a new one where it hung or died."""
    context = multiprocessing.get_context("spawn")
    case = 0
    while case < n:
        ours, theirs = context.Pipe(duplex=False)
        worker = context.Process(target=_work, args=(theirs, case, n, seed, valid), daemon=True)
        worker.start()
        theirs.close()
        limit_s = _START_LIMIT_S
        while case < n:
            started = time.monotonic()
            answer = _next(ours, limit_s, worker.pid)
            if isinstance(answer, str):
                seconds = time.monotonic() - started
                yield _Answer(case, mutated(case, valid, seed)[0], answer, "", seconds, None)
                case += 1
                break
            limit_s = LIMIT_S + 1.0  # the case was drawn and sent within this time, too
            if answer is not None:
                yield answer
                case += 1
        worker.kill()
        worker.join()
        ours.close()


def _next(pipe: Connection, limit_s: float, pid: int | None = None) -> _Answer | str | None:
    """Return the next answer, "hang" or "crash"; None for the worker's first sign of life.

    A worker that the machine has not let work so long, because others work on it, does not hang.
    """
    begun_s = 0.0 if pid is None else _cpu_s(pid)
    for _ in range(_PATIENCE):
        if pipe.poll(limit_s):
            break
        if pid is None or _cpu_s(pid) - begun_s >= limit_s:
            return "hang"
    else:
        return "hang"
    try:
        answer: _Answer | None = pipe.recv()
    except (EOFError, OSError):
        return "crash"
    return answer


def _work(pipe: Connection, first: int, n: int, seed: int, valid: tuple[Upload, ...]) -> None:
    for upload in valid:  # every library is loaded before memory is measured
        read_upload(upload.files, upload.options)
    start_mb = _peak_mb()
    pipe.send(None)
    for case in range(first, n):
        kind, files, options = mutated(case, valid, seed)
        started = time.process_time()
        outcome, what = _outcome(files, options)
        seconds = time.process_time() - started
        grew = None if start_mb is None else (_peak_mb() or 0.0) - start_mb
        pipe.send(_Answer(case, kind, outcome, what, seconds, grew))
    pipe.close()


def _outcome(files: Files, options: ReadOptions) -> tuple[str, str]:
    try:
        read_upload(files, options)
    except EcgError as error:
        return "refused", str(error)
    except Exception as error:  # this is what is looked for
        return "unhandled", f"{type(error).__name__}: {error}"[:300]
    return "read", ""


def _cpu_s(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return math.inf
    return float(times.user + times.system)


def _peak_mb() -> float | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
