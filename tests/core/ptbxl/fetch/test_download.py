"""Fetching PTB-XL from a server with faults, and looking at what a folder holds.

The server is a ThreadingHTTPServer on 127.0.0.1 that serves a small folder in PTB-XL's layout:
12 records of random bytes, of which the cohort rule keeps ten, three of them in fold 10.
"""

import hashlib
import re
import socket
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecgcore.errors import CatalogError
from ecgcore.ptbxl.fetch import download, http
from ecgcore.ptbxl.fetch.download import LICENCE, SUMS, TABLES, FetchFailure, check, fetch

# ecg_id: SCP codes, validated by a human, fold
RECORDS = {
    1: ("{'NORM': 100.0}", True, 1),
    2: ("{'NORM': 100.0, 'SR': 0.0}", True, 5),
    3: ("{'IMI': 100.0}", True, 3),
    4: ("{'IMI': 50.0}", True, 8),
    5: ("{'NORM': 100.0}", True, 9),
    6: ("{'IMI': 100.0}", True, 9),
    7: ("{'IMI': 15.0}", True, 9),
    8: ("{'NORM': 100.0}", True, 10),
    9: ("{'IMI': 100.0}", True, 10),
    10: ("{'IMI': 35.0}", True, 10),
    11: ("{'NORM': 100.0}", False, 10),
    12: ("{'NORM': 80.0}", True, 2),
}
TEST_IDS, STUDY_IDS, FULL_IDS = (8, 9, 10), tuple(range(1, 11)), tuple(range(1, 13))
IDS = {"test": TEST_IDS, "study": STUDY_IDS, "full": FULL_IDS}
DAT_BYTES = 3000
BAD = "records100/00000/00009_lr.dat"


def name_of(ecg_id):
    return f"records100/00000/{ecg_id:05}_lr"


def files_of(which):
    return {f"{name_of(i)}{suffix}" for i in IDS[which] for suffix in (".hea", ".dat")}


def everything(which):
    return files_of(which) | {*TABLES, LICENCE}


def write_sums(folder, leave_out=()):
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != SUMS)
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()} {name}\n"
        for path in paths
        if (name := path.relative_to(folder).as_posix()) not in leave_out
    ]
    (folder / SUMS).write_text("".join(lines))


def write_tables(folder, names=None):
    names = {ecg_id: name_of(ecg_id) for ecg_id in RECORDS} | (names or {})
    rows = [
        {
            "ecg_id": ecg_id,
            "patient_id": float(1000 + ecg_id),
            "age": 60.0,
            "sex": 1,
            "report": "",
            "scp_codes": codes,
            "validated_by_human": validated,
            "strat_fold": fold,
            "filename_lr": names[ecg_id],
        }
        for ecg_id, (codes, validated, fold) in RECORDS.items()
    ]
    pd.DataFrame(rows).to_csv(folder / TABLES[0], index=False)
    statements = pd.DataFrame(
        {
            "description": ["normal ECG", "inferior MI", "sinus rhythm"],
            "diagnostic": [1.0, 1.0, np.nan],
            "form": np.nan,
            "rhythm": [np.nan, np.nan, 1.0],
            "diagnostic_class": ["NORM", "MI", np.nan],
            "diagnostic_subclass": ["NORM", "IMI", np.nan],
        },
        index=["NORM", "IMI", "SR"],
    )
    statements.to_csv(folder / TABLES[1])


@pytest.fixture
def published(tmp_path):
    folder = tmp_path / "published"
    random = np.random.default_rng(0)
    for ecg_id in RECORDS:
        path = folder / f"{name_of(ecg_id)}.dat"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.bytes(DAT_BYTES))
        path.with_suffix(".hea").write_text(f"{ecg_id:05}_lr 12 100 1000\n")
    (folder / LICENCE).write_text("CC BY 4.0\n")
    write_tables(folder)
    write_sums(folder)
    return folder


class Server(ThreadingHTTPServer):
    """Serves a folder; `faults` maps a path to the faults of its next requests.

    A fault is a status, "short" (half the body, then the connection closes), "wrong" (right length,
    other bytes) or "silent" (no answer until `released`); the last of a list repeats if `forever`.
    """

    daemon_threads = True

    def __init__(self, folder, *, ranges=True):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.ranges = folder, ranges
        self.faults, self.forever = {}, {}
        self.requests, self.lock = [], threading.Lock()
        self.released = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/ptb-xl/1.0.3/"

    def fault(self, path):
        with self.lock:
            left = self.faults.get(path)
            return left.pop(0) if left else self.forever.get(path)

    def asked(self, path):
        """Range headers of the requests for one path, None for a whole file."""
        return [wanted for asked, wanted in self.requests if asked == path]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def do_GET(self):
        server, path = self.server, self.path.removeprefix("/ptb-xl/1.0.3/")
        wanted = self.headers.get("Range")
        with server.lock:
            server.requests.append((path, wanted))
        fault, file = server.fault(path), server.folder / path
        if fault == "silent":
            server.released.wait(10)
            self.close_connection = True
        elif isinstance(fault, int):
            self.answer(fault, b"fault")
        elif not file.is_file():
            self.answer(404, b"nothing here")
        else:
            self.send_part(file.read_bytes(), wanted, fault)

    def send_part(self, body, wanted, fault):
        if fault == "wrong":
            body = bytes(255 - byte for byte in body)
        start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted else 0
        if not (wanted and self.server.ranges):
            self.answer(200, body, short=fault == "short")
        elif start >= len(body):
            self.answer(416, b"")
        else:
            span = f"bytes {start}-{len(body) - 1}/{len(body)}"
            self.answer(206, body[start:], short=fault == "short", span=span)

    def answer(self, status, body, *, short=False, span=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if span:
            self.send_header("Content-Range", span)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if short else body)
        self.close_connection = self.close_connection or short


def serving(folder, **options):
    server = Server(folder, **options)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server(published):
    yield from serving(published)


@pytest.fixture
def rangeless(published):
    yield from serving(published, ranges=False)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / "ptb-xl"


def get(folder, server, which="test", **options):
    options = {"sums_sha256": None, "backoff_s": 0.0, **options}
    return fetch(folder, which, base_url=server.url, workers=4, **options)


def held(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def assert_identical(folder, published, paths):
    for path in paths:
        assert (folder / path).read_bytes() == (published / path).read_bytes(), path


class TestSets:
    @pytest.mark.parametrize("which", ["test", "study", "full"])
    def test_a_set_is_fetched_and_nothing_else(self, server, folder, published, which):
        report = get(folder, server, which)
        wanted = everything(which)
        assert held(folder) == wanted | {SUMS}
        assert_identical(folder, published, wanted)
        assert report.n_files == report.n_downloaded == len(wanted) == 3 + 2 * len(IDS[which])
        assert report.n_bytes == sum((published / path).stat().st_size for path in wanted)
        assert (report.n_skipped, report.failed, report.unlisted) == (0, (), ())

    def test_a_second_fetch_asks_for_nothing_but_the_checksums(self, server, folder):
        get(folder, server)
        server.requests.clear()
        report = get(folder, server)
        assert server.requests == [(SUMS, None)]
        assert (report.n_downloaded, report.n_skipped, report.n_bytes) == (0, 9, 0)

    def test_a_larger_set_adds_to_a_smaller_one(self, server, folder):
        get(folder, server, "test")
        report = get(folder, server, "study")
        assert (report.n_downloaded, report.n_skipped) == (14, 9)

    def test_500_hz_adds_the_finer_files(self, server, folder, published):
        table = published / TABLES[0]
        fine = [f"records500/00000/{i:05}_hr" for i in RECORDS]
        pd.read_csv(table).assign(filename_hr=fine).to_csv(table, index=False)
        wanted = {f"records500/00000/{i:05}_hr{end}" for i in TEST_IDS for end in (".hea", ".dat")}
        for path in wanted:
            (published / path).parent.mkdir(parents=True, exist_ok=True)
            (published / path).write_bytes(path.encode())
        write_sums(published)
        assert held(folder) == set()
        get(folder, server)
        assert not held(folder) & wanted
        report = get(folder, server, rate_hz=500)
        assert held(folder) == everything("test") | wanted | {SUMS}
        assert (report.n_downloaded, report.n_skipped) == (6, 9)

    def test_a_table_that_names_no_500_hz_files_is_refused(self, server, folder):
        with pytest.raises(CatalogError, match="names a record ''"):
            get(folder, server, rate_hz=500)

    def test_a_damaged_file_is_replaced(self, server, folder, published):
        get(folder, server)
        (folder / BAD).write_bytes(b"\0" * DAT_BYTES)
        report = get(folder, server)
        assert (report.n_downloaded, report.n_skipped, report.n_bytes) == (1, 8, DAT_BYTES)
        assert_identical(folder, published, [BAD])

    def test_progress_is_told_in_this_thread_file_by_file(self, server, folder):
        seen, threads = [], set()

        def note(progress):
            seen.append(progress)
            threads.add(threading.current_thread())

        report = get(folder, server, on_progress=note)
        assert threads == {threading.current_thread()}
        assert [progress.n_done for progress in seen] == list(range(1, 10))
        assert seen[-1] == download.FetchProgress(9, 9, 0, report.n_bytes)


class TestFaults:
    def test_a_missing_file_is_named_and_asked_for_once(self, server, folder):
        server.forever[BAD] = 404
        report = get(folder, server)
        assert report.failed == (FetchFailure(BAD, "the server answers 404 Not Found"),)
        assert len(server.asked(BAD)) == 1
        assert held(folder) == (everything("test") - {BAD}) | {SUMS}
        assert report.n_downloaded == 8

    def test_a_busy_server_is_asked_again(self, server, folder, published):
        server.faults[BAD] = [503, 503]
        report = get(folder, server)
        assert report.failed == ()
        assert server.asked(BAD) == [None, None, None]
        assert_identical(folder, published, [BAD])

    def test_three_times_busy_is_a_failure(self, server, folder):
        server.faults[BAD] = [503, 429, 500]
        (failure,) = get(folder, server).failed
        assert failure.path == BAD
        assert "500" in failure.reason
        assert "3 tries" in failure.reason
        assert BAD not in held(folder)

    def test_a_truncated_file_is_resumed_where_it_broke_off(self, server, folder, published):
        server.faults[BAD] = ["short"]
        report = get(folder, server)
        assert server.asked(BAD) == [None, f"bytes={DAT_BYTES // 2}-"]
        assert report.failed == ()
        assert report.n_bytes == sum((published / p).stat().st_size for p in everything("test"))
        assert_identical(folder, published, [BAD])
        assert f"{BAD}.part" not in held(folder)

    def test_without_ranges_a_truncated_file_is_had_anew(self, rangeless, folder, published):
        rangeless.faults[BAD] = ["short"]
        report = get(folder, rangeless)
        assert rangeless.asked(BAD) == [None, f"bytes={DAT_BYTES // 2}-"]
        whole = sum((published / p).stat().st_size for p in everything("test"))
        assert report.n_bytes == whole + DAT_BYTES // 2
        assert_identical(folder, published, [BAD])

    def test_an_always_truncated_file_never_gets_its_name(self, rangeless, folder):
        rangeless.forever[BAD] = "short"
        report = get(folder, rangeless)
        assert report.failed == (FetchFailure(BAD, "the transfer broke off (3 tries)"),)
        assert len(rangeless.asked(BAD)) == 3
        assert BAD not in held(folder)

    def test_the_next_fetch_goes_on_with_what_a_failed_one_had(self, server, folder, published):
        server.faults[BAD] = ["short", 503, 503]
        assert [failure.path for failure in get(folder, server).failed] == [BAD]
        server.requests.clear()
        report = get(folder, server)
        assert server.asked(BAD) == [f"bytes={DAT_BYTES // 2}-"]
        assert (report.n_downloaded, report.n_bytes) == (1, DAT_BYTES // 2)
        assert_identical(folder, published, [BAD])

    def test_a_file_of_wrong_content_is_named_and_not_kept(self, server, folder):
        server.forever[BAD] = "wrong"
        report = get(folder, server)
        (failure,) = report.failed
        assert failure.path == BAD
        assert "SHA-256" in failure.reason
        assert server.asked(BAD) == [None, None, None]
        assert not {BAD, f"{BAD}.part"} & held(folder)

    def test_a_file_once_wrong_is_had_anew(self, server, folder, published):
        server.faults[BAD] = ["wrong"]
        assert get(folder, server).failed == ()
        assert_identical(folder, published, [BAD])

    @pytest.mark.parametrize("extra", [b"", b"too much"])
    def test_a_part_with_nothing_left_to_get_is_checked(self, server, folder, published, extra):
        part = folder / f"{BAD}.part"
        part.parent.mkdir(parents=True)
        part.write_bytes((published / BAD).read_bytes() + extra)
        report = get(folder, server)
        again = [None] if extra else []
        assert server.asked(BAD) == [f"bytes={DAT_BYTES + len(extra)}-", *again]
        assert report.failed == ()
        assert_identical(folder, published, [BAD])

    def test_a_silent_server_is_asked_again(self, server, folder, published, monkeypatch):
        monkeypatch.setattr(http, "_TIMEOUT_S", 0.2)
        server.faults[BAD] = ["silent"]
        assert get(folder, server).failed == ()
        assert_identical(folder, published, [BAD])

    def test_waits_double_from_try_to_try(self, server, folder):
        server.faults[BAD] = [503, 503]
        start = time.monotonic()
        fetch(folder, "test", base_url=server.url, backoff_s=0.1, sums_sha256=None)
        assert 0.3 <= time.monotonic() - start < 5

    def test_a_server_that_has_lost_all_records_ends_the_fetch(self, server, folder, monkeypatch):
        monkeypatch.setattr(download, "_FAILED_IN_A_ROW", 5)
        for path in files_of("study"):
            server.forever[path] = 404
        with pytest.raises(CatalogError, match=r"records100/.*404 Not Found.*--base-url"):
            get(folder, server, "study")
        asked = Counter(path.split("/")[0] for path, _ in server.requests)
        assert 5 <= asked["records100"] < 20


class TestTables:
    @pytest.mark.parametrize("path", [SUMS, *TABLES])
    def test_a_missing_table_is_an_error(self, server, folder, path):
        server.forever[path] = 404
        with pytest.raises(CatalogError, match=rf"{path} could not be downloaded: .*404"):
            get(folder, server)
        assert path not in held(folder)

    @pytest.mark.parametrize("path", TABLES)
    def test_a_table_that_differs_from_its_sum_is_an_error(self, server, folder, path):
        server.forever[path] = "wrong"
        with pytest.raises(CatalogError, match=rf"{path} could not be downloaded: its SHA-256"):
            get(folder, server)
        assert not {path, f"{path}.part"} & held(folder)

    def test_files_without_a_sum_are_accepted_and_named(self, server, folder, published, caplog):
        write_sums(published, leave_out={*TABLES, BAD})
        report = get(folder, server)
        assert report.unlisted == tuple(sorted([*TABLES, BAD]))
        assert report.failed == ()
        assert "3 files have no checksum" in caplog.text
        assert_identical(folder, published, everything("test"))

    def test_a_part_of_a_file_without_a_sum_is_not_trusted(self, server, folder, published):
        write_sums(published, leave_out={BAD})
        part = folder / f"{BAD}.part"
        part.parent.mkdir(parents=True)
        part.write_bytes(b"older version")
        get(folder, server)
        assert server.asked(BAD) == [None]
        assert_identical(folder, published, [BAD])

    def test_a_login_page_instead_of_the_sums_is_not_kept(self, server, folder, published):
        (published / SUMS).write_text("<html>Welcome to our Wi-Fi</html>")
        with pytest.raises(CatalogError, match="holds no checksums"):
            get(folder, server)
        assert held(folder) == set()

    def test_a_missing_licence_is_reported_but_stops_nothing(self, server, folder):
        server.forever[LICENCE] = 404
        report = get(folder, server)
        assert [failure.path for failure in report.failed] == [LICENCE]
        assert files_of("test") <= held(folder)

    @pytest.mark.parametrize(
        "name",
        [
            "../../outside",
            "/tmp/outside",  # noqa: S108
            "records100/../../outside",
            "C:\\outside",
            "records100\\..\\..\\outside",
            "https://example.org/x",
            ".hidden",
            "records100//x",
            "records100/x\n",
            "",
        ],
    )
    def test_a_name_that_leads_out_of_the_folder_is_refused(
        self, server, folder, published, tmp_path, name
    ):
        write_tables(published, {8: name})
        write_sums(published)
        before = held(tmp_path) - held(folder)
        with pytest.raises(CatalogError, match="names a record"):
            get(folder, server)
        assert held(folder) == {*TABLES, SUMS}
        assert {p for p in held(tmp_path) if not p.startswith("data/ptb-xl/")} == before
        with pytest.raises(CatalogError, match="names a record"):
            check(folder)

    def test_an_unreachable_server_says_what_to_do(self, folder):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
            with pytest.raises(CatalogError, match=r"no connection.*--base-url"):
                fetch(folder, "test", base_url=url, backoff_s=0.0)

    def test_a_url_that_is_none_is_an_error(self, folder):
        with pytest.raises(CatalogError, match="could not be downloaded"):
            fetch(folder, "test", base_url="physionet", backoff_s=0.0)

    def test_a_folder_that_cannot_be_written_is_an_error(self, server, tmp_path):
        (tmp_path / "file").write_text("not a folder")
        with pytest.raises(CatalogError, match="cannot be written"):
            get(tmp_path / "file" / "ptb-xl", server)

    def test_a_target_that_cannot_be_written_ends_the_fetch(self, server, folder):
        (folder / BAD).mkdir(parents=True)
        with pytest.raises(CatalogError, match="cannot be written"):
            get(folder, server)

    def test_the_synthetic_set_is_not_overwritten(self, server, synthetic_dir):
        before = (synthetic_dir / TABLES[0]).read_bytes()
        with pytest.raises(CatalogError, match="synthetic"):
            get(synthetic_dir, server)
        assert (synthetic_dir / TABLES[0]).read_bytes() == before

    def test_no_worker_is_too_few(self, server, folder):
        with pytest.raises(CatalogError, match="0 files at once"):
            fetch(folder, "test", base_url=server.url, workers=0)


class TestStopping:
    def test_a_cancelled_fetch_keeps_what_it_has_and_goes_on_later(self, server, folder, published):
        stopped = threading.Event()

        def stop_after_five(progress):
            if progress.n_done >= 5:
                stopped.set()

        first = get(folder, server, "full", on_progress=stop_after_five, cancelled=stopped.is_set)
        assert first.n_downloaded == 5
        assert first.n_files == 3 + 24
        second = get(folder, server, "full")
        assert second.n_skipped >= 5
        assert second.n_downloaded + second.n_skipped == 3 + 24
        assert_identical(folder, published, everything("full"))

    def test_cancelled_before_the_tables_leaves_nothing_unverified(self, server, folder):
        report = get(folder, server, cancelled=lambda: True)
        assert report.n_files == report.n_downloaded == 0
        assert not set(TABLES) & held(folder)

    def test_ctrl_c_ends_the_fetch_and_its_threads(self, server, folder, published):
        def interrupt(progress):
            if progress.n_done == 6:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            get(folder, server, "full", on_progress=interrupt)
        assert "transfer" not in {thread.name for thread in threading.enumerate()}
        assert get(folder, server, "full").failed == ()
        assert_identical(folder, published, everything("full"))

    def test_a_silent_server_does_not_hold_up_a_cancel(self, server, folder, monkeypatch):
        monkeypatch.setattr(http, "_STOP_S", 0.2)
        server.forever[BAD] = "silent"
        stopped = threading.Event()

        def stop_when_only_the_silent_file_is_left(progress):
            if progress.n_done == 8:
                stopped.set()

        start = time.monotonic()
        report = get(
            folder,
            server,
            on_progress=stop_when_only_the_silent_file_is_left,
            cancelled=stopped.is_set,
        )
        assert time.monotonic() - start < 8
        assert (report.n_downloaded, report.failed) == (8, ())

    def test_a_cancel_ends_the_wait_between_tries(self, server, folder):
        server.forever[BAD] = 503
        stopped = threading.Event()

        def stop_at_the_last(progress):
            if progress.n_done == 8:
                stopped.set()

        start = time.monotonic()
        fetch(
            folder,
            "test",
            base_url=server.url,
            backoff_s=60.0,
            sums_sha256=None,
            on_progress=stop_at_the_last,
            cancelled=stopped.is_set,
        )
        assert time.monotonic() - start < 10


class TestCheck:
    def test_a_missing_folder_says_what_to_do(self, tmp_path):
        with pytest.raises(CatalogError, match="data fetch"):
            check(tmp_path / "nowhere")

    def test_counts_sets_and_folds(self, server, folder):
        get(folder, server, "test")
        frame = check(folder).frame().set_index("part")
        assert list(frame.columns) == ["expected", "present", "missing"]
        assert frame.loc["tables"].tolist() == [2, 2, 0]
        assert frame.loc["test"].tolist() == [3, 3, 0]
        assert frame.loc["study"].tolist() == [10, 3, 7]
        assert frame.loc["full"].tolist() == [12, 3, 9]
        assert frame.loc["fold 10"].tolist() == [4, 3, 1]
        assert frame.loc["fold 9"].tolist() == [3, 0, 3]
        folds = [f"fold {fold}" for fold in (1, 2, 3, 5, 8, 9, 10)]
        assert frame.index.tolist() == ["tables", "test", "study", "full", *folds]

    def test_complete_needs_both_files_of_every_record(self, server, folder):
        get(folder, server, "test")
        report = check(folder)
        assert report.complete("test")
        assert not report.complete("study")
        (folder / f"{name_of(8)}.hea").unlink()
        report = check(folder)
        assert not report.complete("test")
        assert report.rows[1].n_present == 2

    def test_records_without_a_fold_are_counted_apart(self, published):
        table = pd.read_csv(published / TABLES[0]).astype({"strat_fold": float})
        table.loc[table["ecg_id"] == 12, "strat_fold"] = np.nan
        table.to_csv(published / TABLES[0], index=False)
        frame = check(published).frame().set_index("part")
        assert frame.loc["fold unknown"].tolist() == [1, 1, 0]
        assert frame.loc[frame.index.str.startswith("fold"), "expected"].sum() == 12

    def test_verify_names_the_wrong_file(self, published):
        assert check(published, verify=True, sums_sha256=None).complete("full")
        (published / BAD).write_bytes(b"\0" * DAT_BYTES)
        assert check(published).complete("test")
        report = check(published, verify=True, sums_sha256=None)
        assert report.wrong == (BAD,)
        wrong = report.frame().set_index("part")["wrong"]
        assert wrong[["test", "study", "full", "fold 10"]].tolist() == [1, 1, 1, 1]
        assert wrong[["tables", "fold 9"]].tolist() == [0, 0]
        assert not report.complete("test")

    def test_a_wrong_table_makes_every_set_incomplete(self, published):
        path = published / TABLES[1]
        path.write_text(path.read_text().replace("inferior", "Inferior"))
        report = check(published, verify=True, sums_sha256=None)
        assert report.wrong == (TABLES[1],)
        assert not report.complete("test")

    def test_verify_counts_files_that_no_sum_covers(self, published):
        write_sums(published, leave_out={BAD, TABLES[0]})
        report = check(published, verify=True, sums_sha256=None)
        unlisted = report.frame().set_index("part")["unlisted"]
        assert unlisted[["tables", "test", "full", "fold 9"]].tolist() == [1, 1, 1, 0]
        assert report.complete("full")

    def test_verify_needs_the_sums(self, published):
        (published / SUMS).unlink()
        with pytest.raises(CatalogError, match=f"{SUMS} is missing"):
            check(published, verify=True, sums_sha256=None)


@pytest.mark.ptbxl
class TestPtbXl:
    def test_the_test_set_of_the_study_is_fetched(self, ptbxl_dir: Path, folder):
        for server in serving(ptbxl_dir):
            report = fetch(folder, "test", base_url=server.url)
        assert report.failed == ()
        assert report.n_downloaded == report.n_files == 2 * 1253 + 3
        checked = check(folder, verify=True)
        assert checked.complete("test")
        assert checked.wrong == ()
        frame = checked.frame().set_index("part")
        assert frame.loc["test", ["expected", "present"]].tolist() == [1253, 1253]
        assert frame.loc["study", ["expected", "present"]].tolist() == [9325, 1253]
        assert frame.loc["full", ["expected", "present"]].tolist() == [21799, 1253]
