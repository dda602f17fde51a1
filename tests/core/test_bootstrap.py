"""The pure parts of the bootstrap; nothing is installed and no server is started."""

import shutil
import socket
import threading
import time
from pathlib import Path

import pytest

from ecgcore import bootstrap
from ecgcore.bootstrap import Environment, SetupError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "requirements.txt").write_text("streamlit==1.67.0\n")
    (tmp_path / "requirements.lock").write_text("streamlit==1.67.0 --hash=sha256:0\n")
    (tmp_path / "tests/requirements.txt").write_text("-r ../requirements.txt\npytest==9.2.0\n")
    (tmp_path / "tests/requirements.lock").write_text("pytest==9.2.0 --hash=sha256:1\n")
    return tmp_path


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that would have been run; all succeed, and ``venv`` leaves an interpreter."""
    seen: list[list[str]] = []

    def call(command: list[str], folder: Path, *_: object, **__: object) -> int:
        seen.append(list(command))
        if "venv" in command:
            python = Environment(folder, windows=False).python
            python.parent.mkdir(parents=True)
            python.touch()
        return 0

    monkeypatch.setattr(bootstrap, "_call", call)
    return seen


@pytest.mark.parametrize("version", [(2, 7), (3, 10)])
def test_an_old_python_is_refused_by_name(version: tuple[int, int]) -> None:
    with pytest.raises(SetupError, match=rf"Python {version[0]}\.{version[1]}; 3.11") as caught:
        bootstrap.check_python(version)
    assert caught.value.status == 2


def test_newer_pythons_are_welcome() -> None:
    bootstrap.check_python((3, 11))
    bootstrap.check_python((3, 14))


def test_programs_lie_where_each_system_puts_them() -> None:
    venv = Path("project/.venv")
    assert bootstrap.venv_program(venv, "python", windows=False) == venv / "bin/python"
    assert bootstrap.venv_program(venv, "python", windows=True) == venv / "Scripts/python.exe"


@pytest.mark.parametrize(("browser", "headless"), [(True, "false"), (False, "true")])
def test_the_dashboard_command(browser: bool, headless: str) -> None:
    command = bootstrap.run_command(Path("py"), 8600, browser)
    assert command[:5] == ["py", "-m", "streamlit", "run", "app.py"]
    assert command[command.index("--server.port") + 1] == "8600"
    assert command[command.index("--server.headless") + 1] == headless


@pytest.mark.parametrize(
    ("windows", "python", "lint_imports"),
    [
        (False, "venv/bin/python", "venv/bin/lint-imports"),
        (True, "venv/Scripts/python.exe", "venv/Scripts/lint-imports.exe"),
    ],
)
def test_the_checks_and_their_order(windows: bool, python: str, lint_imports: str) -> None:
    commands = bootstrap.check_commands(Path("venv"), windows, ["-k", "beats"])
    assert list(commands) == ["ruff check", "ruff format", "mypy", "import-linter", "pytest"]
    assert commands["import-linter"] == [str(Path(lint_imports))]
    assert commands["pytest"][:3] == [str(Path(python)), "-m", "pytest"]
    assert commands["pytest"][3:5] == ["-n", "2"]
    assert commands["pytest"][-2:] == ["-k", "beats"]
    assert "--check" in commands["ruff format"]


def test_the_hash_follows_the_text_not_the_line_endings(tmp_path: Path) -> None:
    unix, windows, other = (tmp_path / name for name in ("unix", "windows", "other"))
    unix.write_bytes(b"numpy==2.4.6\n")
    windows.write_bytes(b"numpy==2.4.6\r\n")
    other.write_bytes(b"numpy==2.4.7\n")
    assert bootstrap.requirements_hash([unix]) == bootstrap.requirements_hash([windows])
    assert bootstrap.requirements_hash([unix]) != bootstrap.requirements_hash([other])
    assert bootstrap.requirements_hash([unix]) != bootstrap.requirements_hash([unix, unix])


def test_an_install_is_done_once_and_again_only_after_a_change(
    project: Path, calls: list[list[str]]
) -> None:
    environment = Environment(project, windows=False)
    assert not environment.is_current("run")
    environment.install("run")
    assert [command[2] for command in calls] == ["venv", "pip", "pip"]
    checked = ["--require-hashes", "--no-deps", "-r"]
    assert calls[1][-4:] == [*checked, "requirements.lock"]
    assert calls[2][-3:] == ["--disable-pip-version-check", "-r", "requirements.txt"]
    assert environment.is_current("run")
    assert not environment.is_current("test")

    environment.install("test")
    assert calls[-2][-4:] == [*checked, "tests/requirements.lock"]
    assert calls[-1][-2:] == ["-r", "tests/requirements.txt"]
    assert environment.is_current("run")
    assert environment.is_current("test")

    (project / "tests/requirements.txt").write_text("pytest==9.3.0\n")
    assert environment.is_current("run")
    assert not environment.is_current("test")

    environment.install("test")
    (project / "requirements.lock").write_text("streamlit==1.67.0 --hash=sha256:2\n")
    assert not environment.is_current("run")

    environment.install("run")
    (project / "requirements.txt").write_text("streamlit==1.68.0\n")
    assert not environment.is_current("run")
    assert not environment.is_current("test")


@pytest.mark.parametrize("file", ["requirements.lock", "requirements.txt"])
def test_a_failed_install_is_done_again(
    project: Path, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    environment = Environment(project, windows=False)
    environment.install("run")

    def pip_fails(command: list[str], *_: object, **__: object) -> int:
        return int(file in command)

    monkeypatch.setattr(bootstrap, "_call", pip_fails)
    with pytest.raises(SetupError, match=f"could not install {file}") as caught:
        environment.install("run")
    assert caught.value.status == 1
    assert not environment.is_current("run")


def test_a_half_made_environment_is_made_anew(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = Environment(project, windows=False)
    environment.python.parent.mkdir(parents=True)
    environment.python.touch()
    seen: list[list[str]] = []

    def pip_is_missing(command: list[str], *_: object, **__: object) -> int:
        seen.append(list(command))
        return int("--version" in command)

    monkeypatch.setattr(bootstrap, "_call", pip_is_missing)
    environment.install("run")
    assert seen[1][1:4] == ["-m", "venv", "--clear"]


def test_a_missing_data_folder_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "nowhere"
    assert bootstrap.main(["run", "--data", str(missing)]) == 2
    assert f"The data folder {missing.resolve()} does not exist" in capsys.readouterr().out
    assert bootstrap.check_data(tmp_path) == tmp_path.resolve()


def test_a_file_is_no_data_folder(tmp_path: Path) -> None:
    file = tmp_path / "ptbxl_database.csv"
    file.touch()
    with pytest.raises(SetupError, match="does not exist"):
        bootstrap.check_data(file)


def test_a_taken_port_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("localhost", 0)) as server:
        port = server.getsockname()[1]
        assert bootstrap.main(["run", "--port", str(port)]) == 2
    assert f"Port {port} cannot be used" in capsys.readouterr().out
    bootstrap.check_port(port)


@pytest.mark.parametrize("port", [-1, 0, 65536])
def test_an_impossible_port_is_refused(port: int) -> None:
    with pytest.raises(SetupError, match=f"Port {port} "):
        bootstrap.check_port(port)


def test_run_refuses_what_it_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        bootstrap.main(["run", "--prot", "8600"])
    assert caught.value.code == 2
    assert "--prot" in capsys.readouterr().err


@pytest.mark.parametrize(("broken", "status"), [(None, 0), ("mypy", 1)])
def test_every_check_runs_and_failures_are_named(
    broken: str | None,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen: list[list[str]] = []

    def call(command: list[str], *_: object) -> int:
        seen.append(list(command))
        return int(command[-1] == broken)

    monkeypatch.setattr(bootstrap, "_call", call)
    monkeypatch.setattr(Environment, "is_current", lambda *_: True)
    assert bootstrap.main(["test", "tests/core", "-k", "beats", "-q"]) == status
    assert len(seen) == 5
    assert seen[-1][-4:] == ["tests/core", "-k", "beats", "-q"]
    last_line = capsys.readouterr().out.splitlines()[-1]
    assert last_line == ("All checks passed." if broken is None else "Failed: mypy")


def test_ctrl_c_ends_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "_call", interrupted)
    monkeypatch.setattr(Environment, "is_current", lambda *_: True)
    assert bootstrap.main(["test"]) == 130
    assert capsys.readouterr().out.endswith("Stopped.\n")


def _package(environment: Environment, name: str) -> Path:
    site = environment.folder / "lib" / "python3.11" / "site-packages"
    (site / name).mkdir(parents=True)
    (site / name / "__init__.py").touch()
    description = site / f"{name}-1.0.dist-info"
    description.mkdir()
    (description / "RECORD").write_text(
        f"../../../bin/{name},,\n{description.name}/METADATA,,\n{name}/__init__.py,,\n"
    )
    return description


@pytest.mark.parametrize("lost", ["description", "module"])
def test_a_package_that_is_gone_is_noticed_behind_a_valid_stamp(
    project: Path, calls: list[list[str]], lost: str
) -> None:
    environment = Environment(project, windows=False)
    description = _package(environment, "numpy")
    _package(environment, "scipy")
    environment.install("run")
    assert environment.is_current("run")
    if lost == "description":
        shutil.rmtree(description)
    else:
        shutil.rmtree(description.parent / "numpy")
    assert not environment.is_current("run")
    environment.install("run")
    assert not description.exists()  # so that pip installs it again
    assert (description.parent / "scipy-1.0.dist-info").exists()


def test_a_stamp_of_an_older_version_counts(project: Path, calls: list[list[str]]) -> None:
    environment = Environment(project, windows=False)
    environment.install("run")
    stamp = environment.folder / "installed-run.sha256"
    stamp.write_text(stamp.read_text().splitlines()[0])
    assert environment.is_current("run")


def test_two_at_once_wait_for_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, order = tmp_path / ".venv.lock", []

    def second() -> None:
        with bootstrap.one_at_a_time(path):
            order.append("second")

    with bootstrap.one_at_a_time(path):
        other = threading.Thread(target=second)
        other.start()
        time.sleep(0.3)
        order.append("first")
    other.join(10)
    assert order == ["first", "second"]
    assert "Another bootstrap is installing; waiting" in capsys.readouterr().out
