"""A throw-away copy of the project in which one line is changed and tests are run."""

import compileall
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mutation.chosen import LISTING
from tests.mutation.sites import Site
from tests.support.paths import PROJECT, SHARED

DATA = PROJECT / "data"
_ALL_PASSED = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}

NOTICED, SURVIVED, TIMED_OUT = "noticed", "survived", "timed out"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one source file."""

    path: str
    site: Site


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change; one that never ends counts as noticed."""

    change: Change
    result: str
    n_tests: int
    by: str = ""

    @property
    def noticed(self) -> bool:
        """False where every test that reaches the line passed."""
        return self.result != SURVIVED


def git(command: str, *options: str) -> list[str]:
    """Return the file names that a command of git lists."""
    program = [shutil.which("git") or "git", command, "-z", *options]
    done = subprocess.run(program, cwd=PROJECT, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split("\0") if name]


class Copy:
    """A copy of the working tree; links stand for its environment and its data."""

    def __init__(self, parent: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mutation-", dir=parent))
        for name in git("ls-files", "--cached", "--others", "--exclude-standard"):
            if (PROJECT / name).is_file():
                target = self.folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(PROJECT / name, target)
        for own, link in ((DATA, self.folder / DATA.name), (SHARED, parent / SHARED.name)):
            if own.exists() and not link.exists():
                link.symlink_to(own)
        # by hash, as a change within the same second and of the same length must be seen
        compileall.compile_dir(
            self.folder, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH
        )

    def remove(self) -> None:
        """Delete it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, change: Change, tests: list[str], limit_s: float) -> Outcome:
        """Make the change, run tests until one fails, and take the change back."""
        if not tests:
            return Outcome(change, SURVIVED, 0)
        file = self.folder / change.path
        source = file.read_bytes()
        file.write_bytes(change.site.applied(source))
        try:
            result, by = self._tested(tests, limit_s)
        finally:
            file.write_bytes(source)
        return Outcome(change, result, len(tests), by)

    def _tested(self, tests: list[str], limit_s: float) -> tuple[str, str]:
        (self.folder / LISTING).write_text("\n".join(tests))
        named = dict.fromkeys(test.partition("::")[0] for test in tests)
        files = [name for name in named if (self.folder / name).exists()]
        command = [
            *(sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--tb=no"),
            *("-p", "no:randomly", "-p", "no:xdist", "-p", "tests.mutation.chosen", *files),
        ]
        with subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
        ) as process:  # fmt: skip
            try:
                said, _ = process.communicate(timeout=limit_s)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                return TIMED_OUT, ""
        failed = [line for line in said.splitlines() if line.startswith(("FAILED", "ERROR"))]
        if process.returncode in _ALL_PASSED:
            return SURVIVED, ""
        return NOTICED, failed[0].split(" - ")[0] if failed else said[-200:]
