"""Processes of background jobs: start, recognise, end with all children, on every system."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_LOWEST_PRIORITY = 19
_STEP_S = 0.02


@dataclass(frozen=True, slots=True)
class JobProcess:
    """One process, named so that a later process with the same number is not taken for it.

    Attributes
    ----------
    pid
        Process number; on POSIX also the number of its process group.
    started
        Opaque mark of its start time, empty if it ended before it could be read.
    """

    pid: int
    started: str

    def ended(self) -> bool:
        """Return whether it is over; reaps it, and ends what it left behind, if it is a child."""
        child = _children.get(self)
        if child is None:
            return _running_since(self.pid) != self.started
        if child.returncode is None and child.poll() is not None:
            _end_group(self.pid, force=True)
        return child.returncode is not None

    @property
    def returncode(self) -> int | None:
        """Exit status, negative for a signal; None if it runs or another server started it."""
        child = _children.get(self)
        return None if child is None else child.returncode

    def stop(self, grace_s: float = 1.0) -> bool:
        """End it with its group, by force after `grace_s` seconds; True once it is over."""
        if self.ended():
            return True
        _end_group(self.pid, force=False)
        self._wait(grace_s)
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

    Raises
    ------
    OSError
        The program or a folder is missing.
    """
    for process in [key for key, child in _children.items() if child.returncode is not None]:
        _children.pop(process, None)
    with log_path.open("ab") as log:
        child = _popen(command, cwd, log, env)
    if sys.platform != "win32":
        _lower_priority(child.pid)
    found = _identify(child.pid)
    process = JobProcess(child.pid, found[1] if found else "")
    _children[process] = child
    return process


def _lower_priority(pid: int) -> None:
    """Give way to the dashboard; Linux may weigh whole sessions, whose own priority is a file."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, _LOWEST_PRIORITY)
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(_LOWEST_PRIORITY))


def _popen(
    command: Sequence[str], cwd: Path, log: IO[bytes], env: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.BELOW_NORMAL_PRIORITY_CLASS
    return subprocess.Popen(
        list(command),
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        close_fds=True,
        creationflags=flags,
    )


def _end_group(pid: int, *, force: bool) -> None:
    if sys.platform == "win32":
        _output("taskkill", "/F", "/T", "/PID", str(pid))
    else:
        # macOS answers EPERM for a group of which only a zombie is left
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL if force else signal.SIGTERM)


def _running_since(pid: int) -> str | None:
    """Return the start mark of a process that runs; None for a missing one and for a zombie."""
    found = _identify(pid)
    return None if found is None or found[0].startswith(("Z", "X")) else found[1]


def _identify_proc(pid: int) -> tuple[str, str] | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # proc(5): the name in brackets is field 2 and may hold anything, the start time is field 22
    fields = stat.rpartition(")")[2].split()
    return fields[0], fields[19]


def _identify_ps(pid: int) -> tuple[str, str] | None:
    fields = _output("ps", "-o", "stat=", "-o", "lstart=", "-p", str(pid)).split(maxsplit=1)
    return (fields[0], fields[1].strip()) if len(fields) == 2 else None


def _identify_powershell(pid: int) -> tuple[str, str] | None:
    started = _output(
        "powershell", "-NoProfile", "-Command", f"(Get-Process -Id {pid}).StartTime.Ticks"
    ).strip()
    return ("R", started) if started else None


def _output(*command: str) -> str:
    """Run a system tool in a fixed language and time zone."""
    env = os.environ | {"LC_ALL": "C", "TZ": "UTC"}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False).stdout


# State and start mark of a process, None if there is none.
_IDENTIFY: dict[str, Callable[[int], tuple[str, str] | None]] = {
    "linux": _identify_proc,
    "win32": _identify_powershell,
}
_identify = _IDENTIFY.get(sys.platform, _identify_ps)
