import subprocess
import sys
from pathlib import Path

from ecgcore.jobs.locks import FileLock
from tests.support.paths import PROJECT

HOLDER = """
import sys
from pathlib import Path
from ecgcore.jobs.locks import FileLock
lock = FileLock(Path(sys.argv[1]))
print(lock.acquire(), flush=True)
input()
"""


def test_one_object_holds_the_lock_until_it_gives_it_back(tmp_path: Path):
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert first.acquire()
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    assert not first.acquire()
    second.release()


def test_a_killed_holder_loses_the_lock(tmp_path: Path):
    path = tmp_path / "lock"
    root = PROJECT
    command = [sys.executable, "-c", HOLDER, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=root, **pipes) as holder:
        assert holder.stdout.readline() == b"True\n"
        lock = FileLock(path)
        assert not lock.acquire()
        holder.kill()
        holder.wait()
        assert lock.acquire()
    lock.release()
