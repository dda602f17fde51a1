"""Processes of background jobs: start, recognise, end with all children, on every system."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_LOWEST_PRIORITY = 19
_STEP_S = 0.02

RUN_DIR_MARK = "ECG_RUN_DIR"
"""Variable that tells a process, and whoever finds it, for which run folder it was started."""


@dataclass(frozen=True, slots=True)
class JobProcess:
    """One process, named so that a later process with the same number is not taken for it.

    Attributes
    ----------
    pid
        Process number; on POSIX also the number of its process group.
    started
        Time of its start in seconds, since boot on Linux; None if that is unknown, which no
        running process is taken for.
    """

    pid: int
    started: float | None

    @classmethod
    def of(cls, pid: int) -> "JobProcess | None":
        """Return the process that has this number now; None where there is none."""
        started = _running_since(pid)
        return None if started is None else cls(pid, started)

    def ended(self) -> bool:
        """Return whether it is over; reaps it, and ends what it left behind, if it is a child."""
        child = _children.get(self)
        if child is None:
            return self.started is None or _running_since(self.pid) != self.started
        if child.returncode is None and child.poll() is not None:
            _end_group(self.pid, force=True)
        return child.returncode is not None

    @property
    def returncode(self) -> int | None:
        """Exit status, negative for a signal; None if it runs or another server started it."""
        child = _children.get(self)
        return None if child is None else child.returncode

    def stop(self, grace_s: float = 1.0) -> bool:
        """End it with all its children, by force after `grace_s` seconds; True once it is over."""
        if self.ended():
            return True
        family = _family(self.pid)
        _end_group(self.pid, force=False)
        if sys.platform != "win32":  # which has no gentle end
            self._wait(grace_s)
        for process in family:
            with suppress(psutil.Error):
                process.kill()
        _end_group(self.pid, force=True)
        return self._wait(grace_s)

    def _wait(self, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while not self.ended():
            if time.monotonic() > deadline:
                return False
            time.sleep(_STEP_S)
        return True


# The operating system keeps children per server process, so they are kept the same way here:
# a new supervisor in the same server can then reap the child of an earlier one.
_children: dict[JobProcess, subprocess.Popen[bytes]] = {}


def spawn(
    command: Sequence[str], *, cwd: Path, log_path: Path, env: Mapping[str, str]
) -> JobProcess:
    """Start `command` at low priority in a session of its own; its output is added to `log_path`.

    Once this returns, whoever looks for the process by its command line or its variables finds it.

    Raises
    ------
    OSError
        The program or a folder is missing.
    """
    for process in [key for key, child in _children.items() if child.returncode is not None]:
        _children.pop(process, None)
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
    with log_path.open("ab") as log:
        child = subprocess.Popen(
            list(command),
            cwd=cwd,
            env={**env, RUN_DIR_MARK: str(log_path.parent)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            creationflags=flags,
        )
    _lower_priority(child.pid)
    _wait_for_command_line(child.pid)
    process = JobProcess(child.pid, _running_since(child.pid))
    _children[process] = child
    return process


def find_process(pid: int, run_dir: Path) -> JobProcess | None:
    """Return the process of this number if it runs and its command line names `run_dir`."""
    try:
        named = str(run_dir) in psutil.Process(pid).cmdline()
    except psutil.Error:
        return None
    started = _running_since(pid)
    return JobProcess(pid, started) if named and started is not None else None


def this_process() -> JobProcess:
    """Return the process that asks."""
    return JobProcess(os.getpid(), _running_since(os.getpid()))


def _wait_for_command_line(pid: int) -> None:
    """Wait the moment in which Linux runs a new program but shows nothing of it yet."""
    deadline = time.monotonic() + 1.0
    with suppress(psutil.Error):
        while not psutil.Process(pid).cmdline() and time.monotonic() < deadline:
            time.sleep(_STEP_S)


def _lower_priority(pid: int) -> None:
    """Give way to the dashboard; Linux may weigh whole sessions, whose own priority is a file."""
    with suppress(psutil.Error):
        if sys.platform == "win32":
            psutil.Process(pid).nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            psutil.Process(pid).nice(_LOWEST_PRIORITY)
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(_LOWEST_PRIORITY))


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _end_group(pid: int, *, force: bool) -> None:
    """End the group of a process, with children that lost their parent; Windows has no groups."""
    if sys.platform != "win32":
        # macOS answers EPERM for a group of which only a zombie is left
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL if force else signal.SIGTERM)


def _running_since(pid: int) -> float | None:
    """Return the start time of a process that runs; None for a missing one and for a zombie."""
    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return None
        return round(process.create_time() - _clock_base(), 2)
    except psutil.Error:
        return None


def _clock_base() -> float:
    """Return what moves with the system clock in a start time; Linux adds the time of boot."""
    return psutil.boot_time() if sys.platform == "linux" else 0.0
