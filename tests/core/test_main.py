"""``python -m ecgcore`` without the packages: into ``.venv``, or one sentence."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ecgcore import bootstrap
from tests.support.paths import PROJECT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose requirements no interpreter has."""
    (tmp_path / "ecgcore").mkdir()
    for name in ("__init__.py", "__main__.py", "bootstrap.py"):
        shutil.copy(PROJECT / "ecgcore" / name, tmp_path / "ecgcore")
    (tmp_path / "requirements.txt").write_text("pip\nno-such-package==1.0\n")
    return tmp_path


def start(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ecgcore", *arguments]
    return subprocess.run(
        command, cwd=project, capture_output=True, text=True, timeout=60, check=False
    )


def venv_python(project: Path, script: str) -> None:
    python = project / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)


def test_the_command_goes_on_in_the_venv_with_its_words_and_folder(project: Path) -> None:
    venv_python(project, 'for word in "$@"; do echo "[$word]"; done; pwd; exit 7')
    done = start(project, "predict", "a file.csv", "--json")
    words = done.stdout.split("\n")
    assert words[-6:-1] == ["[ecgcore]", "[predict]", "[a file.csv]", "[--json]", str(project)]
    assert (done.returncode, done.stderr) == (7, "")


def test_a_signal_passes_through(project: Path) -> None:
    venv_python(project, "kill -TERM $$")
    assert start(project, "cohorts").returncode == -15


def test_without_a_venv_one_sentence_says_what_to_run(project: Path) -> None:
    done = start(project, "cohorts")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "no-such-package is not installed" in done.stderr
    assert "python3.11 -m ecgcore.bootstrap run" in done.stderr


def test_a_venv_without_the_packages_is_no_endless_loop(project: Path) -> None:
    venv_python(project, f'exec {sys.executable} "$@"')
    done = start(project, "cohorts")
    assert done.returncode == 2
    assert "no-such-package is not installed" in done.stderr


def test_what_is_installed_is_not_missed(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("# short\n-r other.txt\npytest>=1  # any\nno-such==1; sys_platform == 'none'\n")
    assert bootstrap.lacking(file) == ""
    assert bootstrap.lacking(tmp_path / "nothing.txt") == ""
    assert bootstrap.lacking(PROJECT / "requirements.txt") == ""


def test_windows_waits_for_the_status(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit(5)"]
    assert bootstrap.hand_over(command, tmp_path, {}, windows=True) == 5

    def stopped(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "_call", stopped)
    assert bootstrap.hand_over(command, tmp_path, {}, windows=True) == 130
