"""One trainer for each run folder."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecgcore.errors import JobError
from ecgcore.jobs.processes import JobProcess, spawn
from ecgcore.jobs.run_lock import HOLDER_FILE, lock_holder, run_lock, trainer_of
from ecgcore.jobs.store import JobStatus, JobStore
from ecgcore.jobs.supervisor import Supervisor
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(sys.platform != "linux", reason="reads the environment of processes"),
]

HOLDS = """
import pathlib, sys, time
from ecgcore.jobs.run_lock import run_lock
run = pathlib.Path(sys.argv[1])
with run_lock(run):
    (run / "held").touch()
    while not (run / "go").exists():
        time.sleep(0.02)
"""
TRAINS = """
import pathlib, sys, time
run = pathlib.Path(sys.argv[1])
(run / "starts").open("a").write("x")
while not (run / "go").exists():
    time.sleep(0.02)
(run / "progress.jsonl").open("a").write('{"event": "done"}\\n')
"""
DIES_BEFORE_IT_WRITES_DOWN = """
import os, sys, time
from pathlib import Path
from ecgcore.jobs.store import JobStore
from ecgcore.jobs.supervisor import Supervisor
store = JobStore(Path(sys.argv[1]))
JobStore.mark_started = lambda *_: os._exit(9)
Supervisor(store, {"training": lambda job: [sys.executable, "-c", sys.argv[2], str(job.run_dir)]}
).start()
time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)])
    wait_for((tmp_path / "held").exists)
    yield process
    process.kill()
    process.wait()


def test_a_second_trainer_is_told_who_holds_the_folder(
    tmp_path: Path, holder: subprocess.Popen[bytes]
) -> None:
    told = f"is being trained by process {holder.pid}"
    with pytest.raises(JobError, match=told), run_lock(tmp_path):
        pytest.fail("two trainers at once")
    found = lock_holder(tmp_path)
    assert found is not None
    assert found.pid == holder.pid


def test_a_killed_trainer_frees_its_folder(tmp_path: Path, holder: subprocess.Popen[bytes]) -> None:
    holder.kill()
    holder.wait()
    assert lock_holder(tmp_path) is None
    with run_lock(tmp_path):
        assert json.loads((tmp_path / HOLDER_FILE).read_text())["pid"] == os.getpid()


@pytest.mark.parametrize("mark", ["", "[]", '{"pid": "a"}', '{"pid": 1}', "[" * 20_000])
def test_a_damaged_mark_names_nobody(tmp_path: Path, mark: str) -> None:
    (tmp_path / HOLDER_FILE).write_text(mark)
    assert lock_holder(tmp_path) is None


def test_a_live_process_without_the_lock_holds_nothing(tmp_path: Path) -> None:
    me = JobProcess.of(os.getpid())
    assert me is not None
    (tmp_path / HOLDER_FILE).write_text(json.dumps({"pid": me.pid, "started": me.started}))
    assert lock_holder(tmp_path) is None


def test_a_process_is_found_before_it_holds_its_lock(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(30)"]
    process = spawn(command, cwd=tmp_path, log_path=tmp_path / "log.txt", env=dict(os.environ))
    try:
        assert trainer_of(tmp_path) == process
        assert trainer_of(tmp_path / "other") is None
    finally:
        process.stop()
    assert trainer_of(tmp_path) is None


def test_a_server_killed_between_start_and_record_leaves_one_trainer(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    store = JobStore(tmp_path / "jobs.sqlite")
    job = store.submit(run_dir, "one", "training")
    subprocess.run(
        [sys.executable, "-c", DIES_BEFORE_IT_WRITES_DOWN, str(store.path), TRAINS], check=False
    )
    assert store.get(job.id).process is None
    commands = {"training": lambda job: [sys.executable, "-c", TRAINS, str(job.run_dir)]}
    with Supervisor(store, commands):
        wait_for(lambda: store.get(job.id).process is not None)
        (run_dir / "go").touch()
        wait_for(lambda: store.get(job.id).status == JobStatus.DONE)
    assert (run_dir / "starts").read_text() == "x"


def test_cancel_ends_an_adopted_trainer(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    store = JobStore(tmp_path / "jobs.sqlite")
    job = store.submit(run_dir, "one", "training")
    subprocess.run(
        [sys.executable, "-c", DIES_BEFORE_IT_WRITES_DOWN, str(store.path), TRAINS], check=False
    )
    store.request_cancel(job.id)
    with Supervisor(store, {}):
        wait_for(lambda: store.get(job.id).status == JobStatus.CANCELLED)
    assert trainer_of(run_dir) is None
