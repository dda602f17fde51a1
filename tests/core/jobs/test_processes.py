"""Processes are told apart by number and start, and end with all their children."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ecgcore.jobs.processes import JobProcess, find_process, spawn
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to see processes"),
]

SLEEP = "import time; time.sleep(60)"
CHILD_IN_A_SESSION_OF_ITS_OWN = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"],
    start_new_session=True)
(pathlib.Path(sys.argv[1]) / "child").write_text(str(child.pid))
time.sleep(60)
"""

SAYS_GOODBYE = """
import pathlib, signal, sys, time
folder = pathlib.Path(sys.argv[1])
def goodbye(number, frame):
    (folder / "goodbye").open("a").write("once")
    time.sleep(0.2)
    sys.exit(4)
signal.signal(signal.SIGTERM, goodbye)
(folder / "ready").touch()
time.sleep(60)
"""


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[JobProcess]]:
    """Processes to end after the test."""
    processes: list[JobProcess] = []
    yield processes
    for process in processes:
        process.stop()


def start(tmp_path: Path, script: str) -> JobProcess:
    command = [sys.executable, "-c", script, str(tmp_path)]
    return spawn(command, cwd=tmp_path, log_path=tmp_path / "log.txt", env={})


def test_a_new_process_is_handed_over_once_it_can_be_found(
    tmp_path: Path, started: list[JobProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, looks = psutil.Process.cmdline, iter([True, True])
    monkeypatch.setattr(
        psutil.Process, "cmdline", lambda process: [] if next(looks, False) else shown(process)
    )
    started.append(start(tmp_path, SLEEP))
    assert find_process(started[0].pid, tmp_path) == started[0]


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def in_ticks(pid: int) -> int:
    """Start in ticks of 1/100 s since boot: field 22 of proc(5)."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def test_a_start_is_told_in_seconds_since_boot(tmp_path: Path, started: list[JobProcess]):
    started.append(start(tmp_path, SLEEP))
    assert started[0].started == in_ticks(started[0].pid) / 100


def test_a_process_of_the_same_number_but_another_start_is_another_one(
    tmp_path: Path, started: list[JobProcess]
):
    started.append(start(tmp_path, SLEEP))
    pid, since = started[0].pid, started[0].started
    assert since is not None
    assert not started[0].ended()
    assert JobProcess(pid, since + 0.01).ended()
    assert JobProcess(pid, None).ended()
    assert JobProcess(pid, since + 0.01).stop()
    assert alive(pid), "a stranger was ended"


def test_a_process_is_known_after_the_clock_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Its own server knows a child by its handle; this one stands for a later server."""
    with subprocess.Popen([sys.executable, "-c", SLEEP]) as child:
        known = JobProcess(child.pid, in_ticks(child.pid) / 100)
        assert not known.ended()
        stat = Path("/proc/stat").read_text()
        (tmp_path / "stat").write_text(
            stat.replace(
                f"btime {psutil.boot_time():.0f}", f"btime {psutil.boot_time() + 3600:.0f}"
            )
        )
        (tmp_path / str(child.pid)).symlink_to(f"/proc/{child.pid}")
        before = psutil.Process(child.pid).create_time()
        monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path))
        assert psutil.Process(child.pid).create_time() == pytest.approx(before + 3600)
        assert not known.ended()
        monkeypatch.undo()
        child.kill()


def test_a_zombie_is_over(tmp_path: Path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        known = JobProcess(child.pid, in_ticks(child.pid) / 100)
        assert not known.ended()
        child.kill()
        wait_for(lambda: not alive(child.pid))
        assert Path(f"/proc/{child.pid}").exists(), "still to be reaped"
        assert known.ended()


def test_a_process_that_ended_before_the_stop_counts_as_stopped(
    tmp_path: Path, started: list[JobProcess]
):
    started.append(start(tmp_path, "raise SystemExit(3)"))
    wait_for(started[0].ended)
    assert started[0].stop() is True
    assert started[0].returncode == 3


def test_a_process_without_a_known_start_counts_as_over_once_it_is_gone(
    tmp_path: Path, started: list[JobProcess]
):
    started.append(start(tmp_path, "pass"))
    wait_for(started[0].ended)
    assert JobProcess(started[0].pid, None).ended()


def test_a_process_may_clean_up_before_it_ends(tmp_path: Path, started: list[JobProcess]):
    started.append(start(tmp_path, SAYS_GOODBYE))
    wait_for((tmp_path / "ready").exists)
    assert started[0].stop(grace_s=10.0)
    assert (tmp_path / "goodbye").read_text() == "once"
    assert started[0].returncode == 4


def test_a_child_that_left_the_group_ends_too(tmp_path: Path, started: list[JobProcess]):
    started.append(start(tmp_path, CHILD_IN_A_SESSION_OF_ITS_OWN))
    wait_for(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text())
    child = int((tmp_path / "child").read_text())
    assert alive(child)
    begin = time.monotonic()
    assert started[0].stop()
    assert time.monotonic() - begin < 2.0
    wait_for(lambda: not alive(child))


def test_a_process_is_found_by_its_number_and_its_folder(tmp_path: Path, started: list[JobProcess]):
    started.append(start(tmp_path, SLEEP))
    pid = started[0].pid
    assert find_process(pid, tmp_path) == started[0]
    assert find_process(pid, tmp_path.parent) is None
    assert started[0].stop()
    assert find_process(pid, tmp_path) is None
