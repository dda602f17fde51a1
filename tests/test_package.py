"""The wheel: what is in it, and that it runs from a folder outside the project."""

import json
import os
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ecgcore.cli import main
from ecgcore.commands import run
from tests.support.paths import PROJECT

pytest.importorskip("hatchling", reason="hatchling, which builds the wheel, is not installed")

users_folder_on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="XDG_DATA_HOME is Linux's"
)
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, timeout=120)
    (file,) = folder.glob("*.whl")
    return zipfile.Path(file)


@pytest.fixture(scope="module")
def names(wheel: zipfile.Path) -> set[str]:
    return set(wheel.root.namelist())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def elsewhere(wheel: zipfile.Path, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Return a function that starts ``python -m ecgcore`` of the wheel in another folder."""
    site = tmp_path_factory.mktemp("site")
    wheel.root.extractall(site)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ECG_")}
    variables = {**kept, "PYTHONPATH": str(site), "XDG_DATA_HOME": str(home / "share")}

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "ecgcore", *arguments],
            cwd=home,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def files_of(folder: str) -> Iterator[str]:
    for file in (PROJECT / folder).rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file.relative_to(PROJECT).as_posix()


def test_the_whole_project_is_in_the_wheel(names: set[str]) -> None:
    beside = [*files_of("pages"), *files_of("pretrained"), "app.py", ".streamlit/config.toml"]
    assert len(beside) > 100
    assert {*files_of("ecgcore"), *(f"ecg_trust_app/{name}" for name in beside)} <= names
    for kind in (".js", ".css", ".html", "icon.png", ".safetensors", ".tsv", ".parquet"):
        assert any(name.endswith(kind) for name in names), kind


def test_nothing_else_is_in_the_wheel(names: set[str]) -> None:
    assert {name.split("/")[0] for name in names} == {
        "ecgcore",
        "ecg_trust_app",
        "ecg_trust-0.1.0.dist-info",
    }
    assert [name for name in names if name.endswith(".pyc")] == []


def test_the_metadata_names_licences_and_the_packages_of_the_list(wheel: zipfile.Path) -> None:
    info = wheel / "ecg_trust-0.1.0.dist-info"
    lines = (info / "METADATA").read_text(encoding="utf-8").splitlines()
    assert "License-Expression: BSD-3-Clause AND CC-BY-4.0" in lines
    assert "Requires-Dist: streamlit==1.67.0" in lines
    text = (PROJECT / "requirements.txt").read_text(encoding="utf-8")
    assert sum(line.startswith("Requires-Dist") for line in lines) == text.count("==")
    entries = (info / "entry_points.txt").read_text(encoding="utf-8")
    assert "ecg-trust = ecgcore.cli:main" in entries


def test_the_version_is_the_same_everywhere() -> None:
    import ecgcore

    assert f"\nversion: {ecgcore.__version__}\n" in (PROJECT / "CITATION.cff").read_text()
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "version" in project["dynamic"]


@users_folder_on_linux
def test_an_installed_command_keeps_its_data_in_the_users_folder(
    elsewhere: Start, home: Path
) -> None:
    with elsewhere("cohorts", "--json") as process:
        out, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    assert json.loads(out)["test"]["certain_mi"]["n"] > 0
    made = {path.relative_to(home).as_posix() for path in home.glob("*/*/*/*")}
    assert "share/ecg-trust/data/synthetic" in made


@users_folder_on_linux
def test_the_installed_dashboard_starts(elsewhere: Start, home: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    with elsewhere("run", "--no-browser", "--port", port) as process:
        try:
            url = f"http://localhost:{port}"
            assert json.loads(answer(f"{url}/api/ready", process))["ready"] is True
            assert "<title>" in answer(f"{url}/compare", process)
        finally:
            process.terminate()
        assert process.wait(20) is not None
    assert (home / "share/ecg-trust/runs/jobs.sqlite").is_file()


def answer(url: str, process: subprocess.Popen[str]) -> str:
    for _ in range(600):
        assert process.poll() is None, process.communicate()
        try:
            with urllib.request.urlopen(url, timeout=2) as response:
                return response.read().decode()
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no answer from {url}")


def test_a_taken_port_is_an_error_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("localhost", 0)) as server:
        status = main(["run", "--port", str(server.getsockname()[1])])
    assert status == 2
    assert "choose another port with --port" in capsys.readouterr().err


def test_the_dashboard_gets_the_chosen_folders(
    monkeypatch: pytest.MonkeyPatch, synthetic_dir: Path
) -> None:
    seen: list[object] = []
    monkeypatch.setattr(run, "check_port", lambda _: None)
    monkeypatch.setattr(run, "hand_over", lambda *given, **_: seen.extend(given) or 3)
    assert main(["run", "--data", str(synthetic_dir), "--port", "8600", "--no-browser"]) == 3
    command, folder, variables = seen
    assert command[1:] == [
        *("-m", "streamlit", "run", "app.py", "--server.port", "8600"),
        *("--server.headless", "true"),
    ]
    assert folder == PROJECT
    assert variables["ECG_DATA_DIR"] == str(synthetic_dir)
