"""Real processes: small Python scripts stand where the training stands."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event

import psutil
import pytest
from filelock import FileLock

from ecgcore.errors import JobError
from ecgcore.jobs import progress, supervisor
from ecgcore.jobs.processes import JobProcess, spawn
from ecgcore.jobs.store import Job, JobStatus, JobStore
from ecgcore.jobs.supervisor import Commands, Supervisor
from ecgcore.settings import PROJECT_DIR
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to see processes"),
]

WAIT_FOR_GO = """
import pathlib, sys, time
run = pathlib.Path(sys.argv[1])
print("started", flush=True)
while not (run / "go").exists():
    time.sleep(0.02)
(run / "progress.jsonl").open("a").write('{"event": "done"}\\n')
"""
STUBBORN_WITH_CHILD = """
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True);"
    "time.sleep(60)"], stdout=subprocess.PIPE)
child.stdout.readline()
(pathlib.Path(sys.argv[1]) / "child").write_text(str(child.pid))
time.sleep(60)
"""
LEAVES_CHILD = """
import pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
(pathlib.Path(sys.argv[1]) / "child").write_text(str(child.pid))
"""
SERVER = """
import sys, time
from pathlib import Path
from ecgcore.jobs.store import JobStore
from ecgcore.jobs.supervisor import Supervisor
Supervisor(JobStore(Path(sys.argv[1])), {
    "training": lambda job: [sys.executable, "-c", sys.argv[2], str(job.run_dir)]
}).start()
time.sleep(60)
"""


def script(text: str) -> Commands:
    return {"training": lambda job: [sys.executable, "-c", text, str(job.run_dir)]}


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(autouse=True)
def _quick_poll(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "within_two_seconds" not in request.node.name:
        monkeypatch.setattr(supervisor, "_POLL_S", 0.05)
    monkeypatch.setattr(supervisor, "_STOP_LIMIT_S", 10.0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    store = JobStore(tmp_path / "jobs.sqlite3")
    yield store
    for job in store.list():
        if job.process is not None:
            job.process.stop()


@pytest.fixture
def job(store: JobStore) -> Job:
    folder = store.path.parent / "run"
    folder.mkdir()
    return store.submit(folder, "a run", "training")


def wait_for_process(store: JobStore, job: Job) -> int:
    wait_for(lambda: store.get(job.id).process)
    return pid_of(store.get(job.id))


def pid_of(job: Job) -> int:
    assert job.process is not None
    return job.process.pid


def wait_for_end(store: JobStore, job: Job) -> Job:
    wait_for(lambda: store.get(job.id).finished_at)
    return store.get(job.id)


def session_priority(pid: int) -> str | None:
    """Weight of a process's session; None where the kernel weighs processes alone."""
    try:
        return Path(f"/proc/{pid}/autogroup").read_text().split()[-1]
    except OSError:
        return None


def open_files(pid: int) -> set[str]:
    """What a process has open; it may close something while one looks."""
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.add(str(link.readlink()))
    return found


def test_a_job_runs_in_its_own_low_priority_session_and_keeps_its_log(store: JobStore, job: Job):
    with Supervisor(store, script(WAIT_FOR_GO)):
        pid = wait_for_process(store, job)
        assert os.getsid(pid) == pid
        assert os.getpriority(os.PRIO_PROCESS, pid) == 19
        assert session_priority(pid) in (None, "19")
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        assert {b"OMP_NUM_THREADS=1", b"MKL_NUM_THREADS=1"} <= set(environment)
        assert Path(f"/proc/{pid}/cwd").resolve() == PROJECT_DIR
        descriptors = open_files(pid)
        assert not any("jobs.sqlite3" in name for name in descriptors)
        (job.run_dir / "go").touch()
        ended = wait_for_end(store, job)
    assert (ended.status, ended.message) == (JobStatus.DONE, "")
    assert not Path(f"/proc/{pid}").exists(), "a zombie is left"
    assert job.log_path.read_text() == "started\n"


def test_cancel_ends_a_stubborn_job_and_its_child_within_two_seconds(store: JobStore, job: Job):
    with Supervisor(store, script(STUBBORN_WITH_CHILD)):
        wait_for((job.run_dir / "child").exists)
        pid = wait_for_process(store, job)
        begin = time.monotonic()
        store.request_cancel(job.id)
        ended = wait_for_end(store, job)
        assert time.monotonic() - begin < 2.0
    child = int((job.run_dir / "child").read_text())
    wait_for(lambda: not alive(child), timeout_s=0.2)
    assert ended.status == JobStatus.CANCELLED
    assert not Path(f"/proc/{pid}").exists(), "a zombie is left"


def test_a_job_that_ends_by_itself_leaves_no_child(store: JobStore, job: Job):
    with Supervisor(store, script(LEAVES_CHILD)):
        assert wait_for_end(store, job).status == JobStatus.DONE
    child = int((job.run_dir / "child").read_text())
    wait_for(lambda: not alive(child), timeout_s=0.5)


def test_a_job_outlives_its_supervisor_and_the_next_one_adopts_it(store: JobStore, job: Job):
    with Supervisor(store, script(WAIT_FOR_GO)):
        pid = wait_for_process(store, job)
    assert alive(pid)
    assert store.get(job.id).status == JobStatus.RUNNING
    with Supervisor(store, script("raise SystemExit('must not start')")):
        (job.run_dir / "go").touch()
        ended = wait_for_end(store, job)
    assert (ended.status, pid_of(ended)) == (JobStatus.DONE, pid)
    assert not Path(f"/proc/{pid}").exists(), "a zombie is left"


@pytest.mark.parametrize("cancel", [False, True])
def test_a_job_outlives_a_killed_server(store: JobStore, job: Job, cancel: bool):
    text = STUBBORN_WITH_CHILD if cancel else WAIT_FOR_GO
    command = [sys.executable, "-c", SERVER, str(store.path), text]
    with subprocess.Popen(command, cwd=PROJECT_DIR) as server:
        pid = wait_for_process(store, job)
        with Supervisor(store, script("raise SystemExit('must not start')")):
            server.kill()
            server.wait(timeout=10)
            assert alive(pid)
            if cancel:
                wait_for((job.run_dir / "child").exists)
                begin = time.monotonic()
                store.request_cancel(job.id)
            else:
                (job.run_dir / "go").touch()
            ended = wait_for_end(store, job)
    if cancel:
        assert time.monotonic() - begin < 2.0
        wait_for(lambda: not alive(int((job.run_dir / "child").read_text())), timeout_s=0.2)
    assert ended.status == (JobStatus.CANCELLED if cancel else JobStatus.DONE)
    assert pid_of(ended) == pid
    assert not alive(pid)


def test_a_killed_job_is_interrupted_and_resumes(store: JobStore, job: Job):
    with Supervisor(store, script(WAIT_FOR_GO)):
        first = wait_for_process(store, job)
        os.kill(first, signal.SIGKILL)
        ended = wait_for_end(store, job)
        assert (ended.status, pid_of(ended)) == (JobStatus.INTERRUPTED, first)
        assert "signal 9" in ended.message
        (job.run_dir / "go").touch()
        store.resume(job.id)
        assert wait_for_end(store, job).status == JobStatus.DONE
    assert "started\n" in job.log_path.read_text()


@pytest.mark.parametrize(
    ("last_event", "status", "message"),
    [
        ({"event": "done"}, JobStatus.DONE, ""),
        ({"event": "error", "message": "NaN loss"}, JobStatus.FAILED, "NaN loss"),
        ({"event": "epoch"}, JobStatus.INTERRUPTED, "The process ended without a result"),
    ],
)
def test_a_job_that_ended_unwatched_is_judged_by_its_last_event(
    store: JobStore, job: Job, last_event: dict[str, object], status: str, message: str
):
    store.claim()
    store.mark_started(job.id, JobProcess(os.getpid(), 0.5))  # the number was given out again
    progress.append(job.progress_path, last_event)
    with Supervisor(store, {}):
        ended = wait_for_end(store, job)
    assert ended.status == status
    assert ended.message.startswith(message)
    assert (ended.message == "") == (message == "")


def test_an_error_before_a_resume_is_not_taken_for_the_new_end(store: JobStore, job: Job):
    progress.append(job.progress_path, {"event": "error", "message": "of the first try"})
    with Supervisor(store, script("import os; os.kill(os.getpid(), 9)")):
        ended = wait_for_end(store, job)
    assert ended.status == JobStatus.INTERRUPTED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raise SystemExit('no records in the folder')", "no records in the folder"),
        ("raise SystemExit(3)", "Ended with exit status 3."),
        (
            "import pathlib, sys; pathlib.Path(sys.argv[1], 'progress.jsonl').open('a').write("
            '\'{"event": "error", "message": "too few records"}\\n\'); sys.exit("log line")',
            "too few records",
        ),
    ],
)
def test_a_failed_job_says_why(store: JobStore, job: Job, text: str, message: str):
    with Supervisor(store, script(text)):
        ended = wait_for_end(store, job)
    assert (ended.status, ended.message) == (JobStatus.FAILED, message)


def test_a_job_that_cannot_start_fails_and_the_next_one_runs(store: JobStore, job: Job):
    other = store.path.parent / "other"
    other.mkdir()
    second = store.submit(other, "second", "listing")
    commands = {
        "training": lambda _: ["/no/such/program"],
        "listing": lambda _: [sys.executable, "-V"],
    }
    with Supervisor(store, commands):
        assert wait_for_end(store, second).status == JobStatus.DONE
    assert store.get(job.id).status == JobStatus.FAILED
    assert "/no/such/program" in store.get(job.id).message


def test_a_claim_without_a_process_is_started_again(store: JobStore, job: Job):
    assert store.claim() is not None
    with Supervisor(store, script("pass")):
        assert wait_for_end(store, job).status == JobStatus.DONE


def test_of_two_supervisors_one_acts_and_the_other_takes_over(store: JobStore, job: Job):
    command = script("import sys; open(sys.argv[1] + '/starts', 'a').write('x')")
    first, second = Supervisor(store, command), Supervisor(store, command)
    with second:
        with first:
            assert wait_for_end(store, job).status == JobStatus.DONE
        other = store.path.parent / "other"
        other.mkdir()
        assert (
            wait_for_end(store, store.submit(other, "second", "training")).status == JobStatus.DONE
        )
    assert [(run / "starts").read_text() for run in (job.run_dir, other)] == ["x", "x"]


def test_a_supervisor_waits_while_another_one_holds_the_lock(store: JobStore, job: Job):
    other = FileLock(store.path.with_name("jobs.sqlite3.lock"), timeout=0)
    other.acquire()
    assert store.claim() is not None
    claimed = store.get(job.id)
    with Supervisor(store, script("pass")):
        time.sleep(0.3)
        assert store.get(job.id) == claimed
        other.release()
        assert wait_for_end(store, job).status == JobStatus.DONE


def test_a_supervisor_starts_once_and_again_after_a_stop(store: JobStore, job: Job):
    watcher = Supervisor(store, script("pass"))
    with watcher, pytest.raises(JobError, match="is running"):
        watcher.start()
    with watcher:
        assert wait_for_end(store, job).status == JobStatus.DONE


def test_a_supervisor_that_hangs_is_told_and_holds_nobody_up(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(supervisor, "_STOP_LIMIT_S", 0.05)
    answers = Event()
    monkeypatch.setattr(store, "running", lambda: answers.wait(timeout=20) and None)
    watcher = Supervisor(store, {})
    watcher.start()
    with pytest.raises(JobError, match=r"did not stop within 0 s\. Check that its folder answers"):
        watcher.stop()
    answers.set()
    monkeypatch.setattr(supervisor, "_STOP_LIMIT_S", 10.0)
    watcher.stop()


def test_a_kind_of_job_gets_its_own_command_and_payload(store: JobStore):
    folder = store.path.parent / "audit"
    folder.mkdir()
    write = "import pathlib, sys; pathlib.Path(sys.argv[1], 'found').write_text(sys.argv[2])"
    commands: Commands = {
        "training": lambda _: ["/no/such/program"],
        "audit": lambda job: [sys.executable, "-c", write, str(job.run_dir), job.payload["set"]],
    }
    with Supervisor(store, commands):
        job = store.submit(folder, "an audit", "audit", {"set": "uncertain", "n": 985})
        assert wait_for_end(store, job).status == JobStatus.DONE
    assert (folder / "found").read_text() == "uncertain"
    assert store.get(job.id).payload == {"set": "uncertain", "n": 985}


def test_a_job_that_no_command_knows_fails_in_words_and_the_next_one_runs(
    store: JobStore, job: Job
):
    folder = store.path.parent / "sweep"
    folder.mkdir()
    unknown = store.submit(folder, "a sweep", "sweep")

    def refuse(_: Job) -> list[str]:
        raise JobError("The payload names no records. Queue it again.")

    with Supervisor(store, {"training": refuse, "audit": refuse}):
        ended = wait_for_end(store, unknown)
    assert (ended.status, ended.process) == (JobStatus.FAILED, None)
    assert "knows no jobs of the kind 'sweep', only audit, training" in ended.message
    assert store.get(job.id).message.endswith("The payload names no records. Queue it again.")


def test_a_process_that_could_not_be_noted_is_ended_before_the_job_starts_again(
    store: JobStore, job: Job, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(supervisor, "_RETRY_S", 0.05)
    begun: list[int] = []
    mark_started = store.mark_started

    def full_disk_once(job_id: int, process: JobProcess) -> None:
        begun.append(process.pid)
        if len(begun) == 1:
            raise JobError("The disk is full.")
        mark_started(job_id, process)

    monkeypatch.setattr(store, "mark_started", full_disk_once)
    with Supervisor(store, script(WAIT_FOR_GO)):
        second = wait_for_process(store, job)
        first_lives = alive(begun[0])
        (job.run_dir / "go").touch()
        assert wait_for_end(store, job).status == JobStatus.DONE
    assert begun[1:] == [second]
    assert not first_lives, "an orphan is left"


@pytest.mark.parametrize("event", ["epoch", "done"])
def test_a_job_that_ended_before_its_cancel_does_not_stay_stopping(
    store: JobStore, job: Job, event: str
):
    store.claim()
    command = [sys.executable, "-c", "pass"]
    process = spawn(command, cwd=job.run_dir, log_path=job.log_path, env={})
    store.mark_started(job.id, process)
    progress.append(job.progress_path, {"event": event})
    wait_for(process.ended)
    store.request_cancel(job.id)
    with Supervisor(store, {}):
        ended = wait_for_end(store, job)
    assert ended.status == (JobStatus.DONE if event == "done" else JobStatus.CANCELLED)
