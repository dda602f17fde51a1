"""Set up the project's own ``.venv`` and start the dashboard or its checks; standard library only.

``python3.11 -m ecgcore.bootstrap run`` installs what the dashboard needs and opens it;
``python3.11 -m ecgcore.bootstrap test`` installs the test tools and runs every check.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata
from itertools import islice
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parent.parent
DEFAULT_PORT = 8501
REQUIREMENTS = {
    "run": ("requirements.lock", "requirements.txt"),
    "test": ("tests/requirements.lock", "tests/requirements.txt", "requirements.txt"),
}
"""Requirement files of each command: the lock is installed, then the next; all decide when."""

_WORKERS = ("-n", "2", "--dist", "worksteal")
"""Tests run in two processes, each on one core; further arguments may say otherwise."""

_BAD_INPUT, _FAILED, _INTERRUPTED = 2, 1, 130


class SetupError(Exception):
    """The command cannot start; carries the exit status beside the message."""

    def __init__(self, message: str, status: int = _BAD_INPUT) -> None:
        super().__init__(message)
        self.status = status


def check_python(version: tuple[int, int]) -> None:
    """Raise SetupError unless `version` (major, minor) is Python 3.11 or newer."""
    if version < (3, 11):
        raise SetupError(
            f"This is Python {version[0]}.{version[1]}; 3.11 or newer is needed. "
            "Install it and run: python3.11 -m ecgcore.bootstrap run"
        )


def check_data(folder: Path) -> Path:
    """Return `folder` as an absolute path, or raise SetupError if it is not a folder."""
    absolute = folder.expanduser().resolve()
    if not absolute.is_dir():
        raise SetupError(
            f"The data folder {absolute} does not exist. Give --data the folder that holds "
            "ptbxl_database.csv, or leave --data out."
        )
    return absolute


def check_port(port: int) -> None:
    """Raise SetupError unless `port` (1 to 65535) is free on this machine."""
    if not 1 <= port <= 65535:
        raise SetupError(f"Port {port} is not a port. Choose one from 1024 to 65535 with --port.")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name != "nt":  # there the option would let two programs share one port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("localhost", port))
        except OSError as error:
            raise SetupError(
                f"Port {port} cannot be used ({error.strerror}). "
                "Stop the program that uses it, or choose another port with --port."
            ) from error


def venv_program(venv: Path, name: str, windows: bool) -> Path:
    """Return the path of program `name` inside the virtual environment `venv`."""
    return venv / "Scripts" / f"{name}.exe" if windows else venv / "bin" / name


def requirements_hash(files: Sequence[Path]) -> str:
    """Return the SHA-256 of the requirement `files`, in hexadecimal, blind to line endings."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_text(encoding="utf-8").encode() + b"\0")
    return digest.hexdigest()


def lacking(requirements: Path) -> str:
    """Return the first package of a requirement file that this interpreter lacks, or ""."""
    text = requirements.read_text(encoding="utf-8") if requirements.is_file() else ""
    for line in text.splitlines():
        name = re.match(r"\w[\w.-]*", line)
        if name is None or ";" in line:
            continue
        try:
            metadata.distribution(name[0])
        except metadata.PackageNotFoundError:
            return name[0]
    return ""


def hand_over(command: list[str], folder: Path, variables: Mapping[str, str], windows: bool) -> int:
    """Go on as `command` in `folder`; where no process can become another, return its status."""
    if windows:
        try:
            return _call(command, folder, variables)
        except KeyboardInterrupt:
            return _INTERRUPTED
    os.chdir(folder)
    return os.execve(command[0], command, variables)  # noqa: S606 - signals reach the command itself


def run_command(python: Path, port: int, browser: bool, address: str = "") -> list[str]:
    """Return the command that starts the dashboard on `port`, of this machine or of `address`."""
    headless = "false" if browser else "true"
    options = ["--server.port", str(port), "--server.headless", headless]
    if address:
        options += ["--server.address", address]
    return [str(python), "-m", "streamlit", "run", "app.py", *options]


def check_commands(venv: Path, windows: bool, pytest_args: Sequence[str]) -> dict[str, list[str]]:
    """Return the checks by name, in the order in which they run."""
    python = str(venv_program(venv, "python", windows))
    return {
        "ruff check": [python, "-m", "ruff", "check", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "."],
        "mypy": [python, "-m", "mypy"],
        "import-linter": [str(venv_program(venv, "lint-imports", windows))],
        "pytest": [python, "-m", "pytest", *_WORKERS, *pytest_args],
    }


class Environment:
    """The project's virtual environment.

    Parameters
    ----------
    project
        Folder that holds the requirement files; ``.venv`` is made in it.
    windows
        Whether programs lie in ``Scripts`` with ``.exe`` rather than in ``bin``.
    """

    def __init__(self, project: Path, windows: bool) -> None:
        self.project = project
        self.folder = project / ".venv"
        self.python = venv_program(self.folder, "python", windows)

    def is_current(self, command: str) -> bool:
        """Return whether what `command` needs was installed as the files say, and is there yet."""
        stamp = self._stamp(command)
        if not (self.python.exists() and stamp.is_file()):
            return False
        wanted, *packages = stamp.read_text(encoding="utf-8").splitlines() or [""]
        return wanted == self._wanted(command) and not self.lost(packages)

    def lost(self, packages: Sequence[str]) -> list[str]:
        """Return those of the packages' folders that are gone, or whose first module is."""
        return [name for name in packages if not _is_whole(self._site_packages() / name)]

    def install(self, command: str) -> None:
        """Install what `command` needs; the stamp is written only after pip has succeeded.

        Raises
        ------
        SetupError
            If the environment cannot be made or pip fails.
        """
        self._make()
        stamp = self._stamp(command)
        if stamp.is_file():  # pip takes a package for installed as long as its description is there
            for name in self.lost(stamp.read_text(encoding="utf-8").splitlines()[1:]):
                shutil.rmtree(self._site_packages() / name, ignore_errors=True)
        stamp.unlink(missing_ok=True)
        lock, by_hand = REQUIREMENTS[command][:2]
        self._pip_install(lock, "--require-hashes", "--no-deps")
        self._pip_install(by_hand)  # adds torch, whose wheel and hash depend on the machine
        packages = sorted(one.name for one in self._site_packages().glob("*.dist-info"))
        stamp.write_text("\n".join([self._wanted(command), *packages]), encoding="utf-8")

    def _site_packages(self) -> Path:
        found = sorted(self.folder.glob("[Ll]ib/python*/site-packages"))
        return found[-1] if found else self.folder / "Lib" / "site-packages"

    def _pip_install(self, file: str, *options: str) -> None:
        _say(f"Installing the packages of {file} (first time: minutes, 2 GB or more) ...")
        pip = [str(self.python), "-m", "pip", "install", "--disable-pip-version-check"]
        if _call([*pip, *options, "-r", file], self.project):
            raise SetupError(
                f"pip could not install {file}; its message is above. "
                "Check the network and run the same command again.",
                _FAILED,
            )

    def _make(self) -> None:
        if self.python.exists() and not _call(
            [str(self.python), "-m", "pip", "--version"], self.project, quiet=True
        ):
            return
        _say(f"Making the virtual environment {self.folder} ...")
        if _call([sys.executable, "-m", "venv", "--clear", str(self.folder)], self.project):
            raise SetupError(
                f"{sys.executable} could not make {self.folder}; its message is above. "
                "On Debian or Ubuntu install the package python3-venv.",
                _FAILED,
            )

    def _stamp(self, command: str) -> Path:
        return self.folder / f"installed-{command}.sha256"

    def _wanted(self, command: str) -> str:
        return requirements_hash([self.project / name for name in REQUIREMENTS[command]])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` and return its exit status."""
    try:
        check_python(sys.version_info[:2])
        args, extra = _parse(argv)
        return _run(args) if args.command == "run" else _test(extra)
    except SetupError as error:
        _say(f"Error: {error}")
        return error.status
    except KeyboardInterrupt:
        _say("\nStopped.")
        return _INTERRUPTED


def _parse(argv: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(prog="python3.11 -m ecgcore.bootstrap", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="install what is missing and open the dashboard")
    run.add_argument("--port", type=int, default=DEFAULT_PORT, help="default: %(default)s")
    run.add_argument("--data", type=Path, metavar="DIR", help="folder with ptbxl_database.csv")
    run.add_argument("--no-browser", action="store_true", help="open no browser window")
    run.add_argument("--address", default="", help="where others reach it; this machine only")
    run.add_argument(
        "--open-to-network", action="store_true", help="mean it, without password and log-in"
    )
    commands.add_parser("test", help="run every check; further arguments go to pytest")
    args, extra = parser.parse_known_args(argv)
    if extra and args.command == "run":
        run.error(f"unrecognized arguments: {' '.join(extra)}")
    return args, extra


def _run(args: argparse.Namespace) -> int:
    variables = dict(os.environ)
    if args.data is not None:
        variables["ECG_DATA_DIR"] = str(check_data(args.data))
    check_port(args.port)
    environment = _prepared("run")
    _say(f"Starting the dashboard at http://localhost:{args.port} (Ctrl-C stops it) ...")
    if args.open_to_network:
        variables["ECG_OPEN_TO_NETWORK"] = "1"
    browser = not args.no_browser
    command = run_command(environment.python, args.port, browser, args.address)
    return hand_over(command, PROJECT_DIR, variables, windows=os.name == "nt")


def _test(pytest_args: Sequence[str]) -> int:
    environment = _prepared("test")
    failed = []
    for name, command in check_commands(environment.folder, os.name == "nt", pytest_args).items():
        _say(f"== {name}")
        if _call(command, PROJECT_DIR):
            failed.append(name)
    _say(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return _FAILED if failed else 0


def _prepared(command: str) -> Environment:
    environment = Environment(PROJECT_DIR, windows=os.name == "nt")
    with one_at_a_time(PROJECT_DIR / ".venv.lock"):
        if not environment.is_current(command):
            environment.install(command)
    return environment


def _is_whole(description: Path) -> bool:
    """Return whether a package's description is there, and the first file that it names."""
    try:
        with (description / "RECORD").open(encoding="utf-8") as record:
            names = [line.partition(",")[0] for line in islice(record, 200)]
    except OSError:
        return description.is_dir()  # some installers leave no list
    inside = [name for name in names if not name.startswith(("../", description.name))]
    return not inside or (description.parent / inside[0]).exists()


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Wait until no other bootstrap works here; the system frees the lock of one that died."""
    with path.open("a+b") as file:
        if not _try_lock(file.fileno()):
            _say("Another bootstrap is installing; waiting for it ...")
            while not _try_lock(file.fileno()):
                time.sleep(0.2)
        yield


def _try_lock(number: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _call(
    command: Sequence[str],
    folder: Path,
    variables: Mapping[str, str] | None = None,
    quiet: bool = False,
) -> int:
    """Run `command` in `folder` to its end, also after Ctrl-C, and return its exit status."""
    output = subprocess.DEVNULL if quiet else None
    with subprocess.Popen(
        command, cwd=folder, env=variables, stdout=output, stderr=output
    ) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.wait()  # the child got the same Ctrl-C and ends itself
            raise


def _say(message: str) -> None:
    print(message, flush=True)


if __name__ == "__main__":
    sys.exit(main())
