"""A recording is read in a process of its own: the same result, and no more than it may cost."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from ecgcore.bench.chaos.hostile_uploads import SAID
from ecgcore.bench.seeds import load_seeds
from ecgcore.errors import RecordError
from ecgcore.io import recordings
from ecgcore.io.guarded import pool as guarded
from ecgcore.io.guarded.pool import UPLOAD, Limits, ReaderPool, _size, read_file, read_upload
from ecgcore.io.raw import FILE_SAYS_ALL, OneLeadError
from ecgcore.io.recordings import MAX_UPLOAD_BYTES, NotSaidError, SeveralError
from ecgcore.ptbxl.synthetic import example_csv
from tests.support.paths import PROJECT
from tests.support.uploads import csv_file, dipole_microvolts, zip_file

EXAMPLE = example_csv()


@pytest.fixture(scope="module")
def pool() -> Iterator[ReaderPool]:
    made = ReaderPool()
    made.warm_up()
    yield made
    made.close()


def _read(pool: ReaderPool, content: bytes, limits: Limits = UPLOAD) -> float:
    record = pool.read({"names": ["a.csv"]}, [content], "a.csv", FILE_SAYS_ALL, limits)
    return record.duration_s


def _refused(pool: ReaderPool) -> None:
    with pytest.raises(RecordError):
        _read(pool, EXAMPLE, Limits(wall_s=1.5))


def _pids(pool: ReaderPool) -> list[int]:
    return [reader.process.pid for reader in pool._idle]


def test_every_format_reads_as_it_does_without_a_process() -> None:
    for upload in load_seeds():
        here = recordings.read_upload(upload.files, upload.options)
        there = read_upload(upload.files, upload.options)
        assert np.array_equal(here.signal, there.signal)
        assert (here.record_id, here.fs_hz, here.source, here.warnings) == (
            there.record_id, there.fs_hz, there.source, there.warnings,
        )  # fmt: skip
        assert there.signal.flags.writeable


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(EXAMPLE)
    assert (read_file(path).record_id, read_file(path).source) == ("mine", str(path))
    with pytest.raises(RecordError, match="does not exist"):
        read_file(tmp_path / "none.csv")


def test_questions_and_their_guesses_come_through() -> None:
    with pytest.raises(NotSaidError) as asked:
        read_upload(csv_file(dipole_microvolts()))
    found = [(one.field, one.guess) for one in asked.value.questions]
    assert found == [("units", "uV"), ("fs_hz", 100)]
    assert "whole numbers swing by" in asked.value.questions[0].reason
    files = zip_file([("a.csv", b"I,II\n"), ("b.csv", b"I,II\n")])
    with pytest.raises(SeveralError) as several:
        read_upload(files)
    assert several.value.entries == ("a.csv (table, 1 kB)", "b.csv (table, 1 kB)")


def test_one_lead_comes_through_with_its_samples() -> None:
    text = "time_s,I [mV]\n" + "\n".join(f"{k / 100},{k % 7 / 10}" for k in range(300))
    with pytest.raises(OneLeadError, match=r"a holds one lead \(I, 100 Hz\) of 3 s") as told:
        read_upload([("a.csv", text.encode())])
    assert (told.value.one.lead, told.value.one.fs_hz) == ("I", 100)
    np.testing.assert_allclose(told.value.one.signal, np.arange(300) % 7 / 10, atol=1e-6)


def test_what_is_refused_is_refused_in_the_same_words() -> None:
    with pytest.raises(RecordError, match="no line names the leads") as refused:
        read_upload([("a.csv", b"x,y\n1,2\n")])
    assert not isinstance(refused.value, NotSaidError)
    with pytest.raises(NotSaidError, match="does not say its units"):
        read_upload([("a.csv", EXAMPLE.replace(b" [mV]", b""))])
    with pytest.raises(RecordError, match="There is no file"):
        read_upload([])


def test_too_large_an_upload_goes_to_no_process() -> None:
    with pytest.raises(RecordError, match=r"has 20\.0 MB; at most 20 MB"):
        read_upload([("a.csv", b"0" * (MAX_UPLOAD_BYTES + 1))])


def test_a_large_file_is_known_with_its_signals(tmp_path: Path) -> None:
    for suffix, n in ((".hea", 3), (".dat", 40), (".csv", 500)):
        (tmp_path / f"a{suffix}").write_bytes(b"x" * n)
    assert (_size(tmp_path / "a.hea"), _size(tmp_path / "a.dat")) == (43, 40)
    assert _size(tmp_path / ("b" * 5000)) == _size(Path("a\0b")) == 0
    assert _size(Path()) < 2**20


def test_what_takes_too_long_ends_its_process_and_no_other(
    pool: ReaderPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded, "_HAD_ITS_TURN_S", 0.0)
    pool.warm_up()
    for _ in _pids(pool):  # another test may have kept two warm
        _read(pool, EXAMPLE)
    slow, *others = _pids(pool)
    started = time.monotonic()
    with pytest.raises(RecordError, match=r"a\.csv took more than 3 s to read and was stopped"):
        _read(pool, EXAMPLE * 40, Limits(wall_s=0.01))
    assert time.monotonic() - started < 5
    assert not psutil.pid_exists(slow)
    assert all(psutil.pid_exists(pid) for pid in others)
    assert _read(pool, EXAMPLE) == 10.0  # by another, which is warm
    assert slow not in _pids(pool)


@pytest.mark.skipif(os.name == "nt", reason="Windows limits no memory of a process")
def test_what_takes_too_much_memory_is_refused(pool: ReaderPool) -> None:
    zeros = b"\n".join([b",".join(b"I II V1 V2 V3 V4 V5 V6".split()), *[b"0" + b",0" * 7] * 90_000])
    with pytest.raises(RecordError, match="needs more than 4 MB of memory"):
        pool.read({"names": ["a.csv"]}, [zeros], "a.csv", SAID, Limits(memory_mb=4))
    assert _read(pool, EXAMPLE) == 10.0


@pytest.mark.skipif(os.name == "nt", reason="Windows stops no process for a signal")
@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("SIGKILL", "took more than 3 s to read and was stopped"),
        ("SIGXCPU", "took more than 3 s to read and was stopped"),
        ("SIGSEGV", r"a\.csv is damaged: it broke the process that read it \(SIGSEGV\)"),
        ("SIGABRT", "SIGABRT"),
    ],
)
def test_one_that_dies_costs_one_file(pool: ReaderPool, status: str, words: str) -> None:
    pool.warm_up()
    _read(pool, EXAMPLE)
    os.kill(_pids(pool)[0], getattr(signal, status))
    with pytest.raises(RecordError, match=words):
        _read(pool, EXAMPLE)
    assert _read(pool, EXAMPLE) == 10.0


@pytest.mark.skipif(os.name == "nt", reason="Windows stops no process for a signal")
def test_another_visitor_does_not_wait_for_a_slow_file(
    pool: ReaderPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded, "_BUSY_S", 0.0)
    pool.warm_up(2)
    for _ in range(2):
        _read(pool, EXAMPLE)
    slow = pool._idle.pop(0)
    os.kill(slow.process.pid, signal.SIGSTOP)  # it reads, and does not come to an end
    pool._idle.insert(0, slow)
    waits = threading.Thread(target=_refused, args=(pool,))
    waits.start()
    time.sleep(0.1)
    started = time.monotonic()
    assert _read(pool, EXAMPLE) == 10.0
    assert time.monotonic() - started < 1.0
    waits.join()


def test_a_process_that_the_machine_does_not_let_work_gets_more_time(pool: ReaderPool) -> None:
    pool.warm_up()
    assert _read(pool, EXAMPLE, Limits(wall_s=1e-6)) == 10.0


def test_a_closed_pool_leaves_no_process() -> None:
    pool = ReaderPool()
    pool.warm_up(2)
    pids = _pids(pool)
    pool.close()
    assert len(pids) == 2
    assert not any(psutil.pid_exists(pid) for pid in pids)
    pool.warm_up()
    assert _pids(pool) == []


def test_pages_and_commands_read_in_processes_only() -> None:
    doors = [*(PROJECT / "pages").rglob("*.py"), *(PROJECT / "ecgcore" / "commands").rglob("*.py")]
    inside = ("from ecgcore.io.recordings import read_", "recordings.read_upload(", "read_wfdb(")
    found = [path.name for path in doors if any(word in path.read_text() for word in inside)]
    assert (len(doors) > 60, found) == (True, [])
