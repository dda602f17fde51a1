"""A mirror that lies: nothing wrong is kept, and nobody waits for it without end."""

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from ecgcore.errors import CatalogError
from ecgcore.ptbxl.fetch import http
from ecgcore.ptbxl.fetch.download import SUMS, SUMS_SHA256, check, fetch
from tests.support.mirror import served, write_mirror

PTBXL_LIST = "cf999062d749f0d98c86342168b1efe8194f91f43367549b682887dd70453a97"


@pytest.fixture
def mirror(synthetic_dir: Path, tmp_path: Path) -> Path:
    return write_mirror(synthetic_dir, tmp_path / "mirror")


def _digest(folder: Path) -> str:
    return hashlib.sha256((folder / SUMS).read_bytes()).hexdigest()


def _held(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


@contextmanager
def _answering(answer: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), answer) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()


class _Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_the_list_of_ptb_xl_1_0_3_is_pinned() -> None:
    assert SUMS_SHA256 == PTBXL_LIST


def test_a_mirror_with_a_list_of_its_own_is_refused(mirror: Path, tmp_path: Path) -> None:
    with served(mirror) as url, pytest.raises(CatalogError, match=f"{SUMS} could not .*SHA-256"):
        fetch(tmp_path / "data", "test", base_url=url, backoff_s=0.0)
    assert _held(tmp_path / "data") == set()


def test_another_data_set_is_fetched_by_its_own_list(mirror: Path, tmp_path: Path) -> None:
    proof, folder = _digest(mirror), tmp_path / "data"
    with served(mirror) as url:
        report = fetch(folder, "test", base_url=url, sums_sha256=proof)
    assert (report.failed, report.unlisted) == ((), ())
    assert check(folder, verify=True, sums_sha256=proof).complete("test")
    with pytest.raises(CatalogError, match=r"is not the list of PTB-XL 1\.0\.3"):
        check(folder, verify=True)


@pytest.mark.parametrize("suffix", [".dat", ".hea"])
def test_zeros_instead_of_a_record_are_not_kept(mirror: Path, tmp_path: Path, suffix: str) -> None:
    for path in mirror.rglob(f"*{suffix}"):
        path.write_bytes(b"\0" * path.stat().st_size)
    with served(mirror) as url:
        report = fetch(
            tmp_path / "data", "test", base_url=url, sums_sha256=_digest(mirror), backoff_s=0.0
        )
    assert report.failed
    assert not [name for name in _held(tmp_path / "data") if name.endswith((suffix, ".part"))]


def test_a_file_without_an_end_is_cut_at_what_a_file_can_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Endless(_Quiet):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"0" * 65536)
            except OSError:
                return

    monkeypatch.setitem(http._MOST_BYTES, ".txt", 1_000_000)
    with _answering(Endless) as url, pytest.raises(CatalogError, match="sends more than any file"):
        fetch(tmp_path / "data", "test", base_url=url, backoff_s=0.0)
    assert _held(tmp_path / "data") == set()


def test_a_trickle_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Trickle(_Quiet):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(200):
                    self.wfile.write(b"0")
                    time.sleep(0.05)
            except OSError:
                return

    monkeypatch.setattr(http, "_SLOW_AFTER_S", 0.2)
    started = time.monotonic()
    with _answering(Trickle) as url, pytest.raises(CatalogError, match="bytes a second"):
        fetch(tmp_path / "data", "test", base_url=url, backoff_s=0.0)
    assert time.monotonic() - started < 5


def test_the_list_is_taken_from_no_other_server(mirror: Path, tmp_path: Path) -> None:
    with served(mirror) as elsewhere:

        class Elsewhere(_Quiet):
            def do_GET(self) -> None:
                self.send_response(302)
                self.send_header("Location", elsewhere + self.path[1:])
                self.send_header("Content-Length", "0")
                self.end_headers()

        with _answering(Elsewhere) as url, pytest.raises(CatalogError, match="leads to 127"):
            fetch(tmp_path / "data", "test", base_url=url, sums_sha256=None, backoff_s=0.0)
    assert _held(tmp_path / "data") == set()


@pytest.mark.parametrize(
    ("way", "refused"),
    [
        (["https://a/x.dat", "https://b/x.dat"], False),
        (["https://a/x.dat", "http://a/x.dat"], True),
        (["https://a/x.dat", "http://a/x.dat", "https://a/x.dat"], True),
        (["http://a/x.dat", "http://a/y.dat"], False),
        (["https://a/SHA256SUMS.txt", "https://b/SHA256SUMS.txt"], True),
        (["https://a/SHA256SUMS.txt", "https://a/new/SHA256SUMS.txt"], False),
    ],
)
def test_detours(way: list[str], refused: bool) -> None:
    answer = SimpleNamespace(url=way[-1], history=[SimpleNamespace(url=one) for one in way[:-1]])
    try:
        http._refuse_detours(way[0], answer)  # type: ignore[arg-type]
        told = False
    except http._RefusedError:
        told = True
    assert told == refused
