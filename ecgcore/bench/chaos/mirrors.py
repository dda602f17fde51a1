"""Mirrors that lie: a fetch from each must end soon and keep nothing wrong."""

import hashlib
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from ecgcore.errors import CatalogError
from ecgcore.ptbxl.fetch.download import SUMS, fetch

LIMIT_S = 60.0

Reply = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body."""

Lie = Callable[[str, bytes, np.random.Generator], Reply]
"""Answers for a path and its true content."""


def _ok(body: bytes) -> Reply:
    return 200, {"Content-Length": str(len(body))}, body


def _zeros(_path: str, true: bytes, _rng: np.random.Generator) -> Reply:
    return _ok(b"\0" * len(true))


def _flipped(_path: str, true: bytes, rng: np.random.Generator) -> Reply:
    wrong = bytearray(true)
    wrong[int(rng.integers(len(true)))] ^= 1 << int(rng.integers(8))
    return _ok(bytes(wrong))


def _short(_path: str, true: bytes, rng: np.random.Generator) -> Reply:
    return 200, {"Content-Length": str(len(true))}, true[: int(rng.integers(len(true)))]


def _long(_path: str, true: bytes, _rng: np.random.Generator) -> Reply:
    return _ok(true + b"\0")


def _vast(_path: str, _true: bytes, _rng: np.random.Generator) -> Reply:
    return _ok(b"0" * 30_000_000)


def _page(_path: str, _true: bytes, _rng: np.random.Generator) -> Reply:
    return _ok(b"<html>Welcome to our Wi-Fi</html>")


def _status(code: int) -> Lie:
    return lambda *_: (code, {"Content-Length": "0"}, b"")


def _elsewhere(path: str, _true: bytes, _rng: np.random.Generator) -> Reply:
    return 302, {"Location": f"http://127.0.0.2:9/{path}", "Content-Length": "0"}, b""


def _round(path: str, _true: bytes, _rng: np.random.Generator) -> Reply:
    return 302, {"Location": f"/{path}", "Content-Length": "0"}, b""


def _part(_path: str, true: bytes, _rng: np.random.Generator) -> Reply:
    return 206, {"Content-Range": f"bytes 5-9/{len(true)}", "Content-Length": "5"}, b"\1" * 5


def _packed(_path: str, true: bytes, _rng: np.random.Generator) -> Reply:
    return 200, {"Content-Encoding": "gzip", "Content-Length": str(len(true))}, true


LIES: Mapping[str, Lie] = {
    "zeros": _zeros,
    "one bit": _flipped,
    "cut": _short,
    "one byte more": _long,
    "30 MB": _vast,
    "log-in page": _page,
    "404": _status(404),
    "500": _status(500),
    "204": _status(204),
    "to another server": _elsewhere,
    "in a circle": _round,
    "a wrong part": _part,
    "gzip by name": _packed,
}
TARGETS = (SUMS, ".csv", ".dat", ".hea")


def write_truth(synthetic_dir: Path, folder: Path) -> str:
    """Copy a small data set as PhysioNet would publish it; returns the SHA-256 of its list."""
    shutil.copytree(synthetic_dir / "records100", folder / "records100")
    for name in ("ptbxl_database.csv", "scp_statements.csv"):
        shutil.copy(synthetic_dir / name, folder)
    (folder / "LICENSE.txt").write_text("CC BY 4.0\n")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()} {file.relative_to(folder).as_posix()}\n"
        for file in files
    ]
    (folder / SUMS).write_text("".join(lines))
    return hashlib.sha256((folder / SUMS).read_bytes()).hexdigest()


def try_mirror(truth: Path, proof: str, lie: str, target: str, seed: int) -> str:
    """Fetch from a mirror with one lie; returns what went wrong, "" if nothing."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name, _lying(truth, LIES[lie], target, seed) as url:
        folder = Path(name) / "data"
        with suppress(CatalogError):
            fetch(folder, "test", base_url=url, backoff_s=0.0, sums_sha256=proof)
        if (seconds := time.monotonic() - started) > LIMIT_S:
            return f"took {seconds:.0f} s"
        wrong = [one for one in folder.rglob("*") if one.is_file() and _differs(one, folder, truth)]
    return f"kept {wrong[0].name}" if wrong else ""


def _differs(path: Path, folder: Path, truth: Path) -> bool:
    true = truth / path.relative_to(folder)
    return path.suffix != ".part" and (not true.is_file() or path.read_bytes() != true.read_bytes())


@contextmanager
def _lying(truth: Path, lie: Lie, target: str, seed: int) -> Iterator[str]:
    rng = np.random.default_rng(seed)

    class Liar(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.lstrip("/")
            file = truth / path
            true = file.read_bytes() if file.is_file() else b"none"
            lies = path.endswith(target)
            status, headers, body = lie(path, true, rng) if lies else _ok(true)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body)
            self.close_connection = lies

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Liar) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
