"""Folders from the environment and the command line."""

from pathlib import Path

import pytest

from ecgcore.settings import PROJECT_DIR, Settings

NAMES = ("ECG_DATA_DIR", "ECG_PRETRAINED_DIR", "ECG_RUNS_DIR")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_without_a_choice_everything_lies_in_the_project() -> None:
    settings = Settings.from_env()
    assert settings.data_dir is None
    assert settings.local_data_dir == PROJECT_DIR / "data/ptb-xl"
    assert settings.synthetic_dir == PROJECT_DIR / "data/synthetic"
    assert settings.pretrained_dir == PROJECT_DIR / "pretrained"
    assert settings.runs_dir == PROJECT_DIR / "runs"


def test_an_empty_variable_is_no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    default = Settings.from_env()
    for name in NAMES:
        monkeypatch.setenv(name, "")
    assert Settings.from_env() == default


def test_the_environment_chooses_and_an_argument_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, str(tmp_path / name))
    settings = Settings.from_env()
    assert settings.data_dir == tmp_path / "ECG_DATA_DIR"
    assert settings.pretrained_dir == tmp_path / "ECG_PRETRAINED_DIR"
    assert settings.runs_dir == tmp_path / "ECG_RUNS_DIR"
    assert Settings.from_env(tmp_path / "mine").data_dir == tmp_path / "mine"


def test_home_and_relative_paths_become_absolute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert Settings.from_env("~/ecg").data_dir == tmp_path / "ecg"
    assert Settings.from_env("sub/../ecg").data_dir == tmp_path / "ecg"


def test_a_child_process_sees_the_same_folders(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ECG_RUNS_DIR", "runs-here")
    monkeypatch.setenv("UNRELATED", "kept")
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env(tmp_path / "chosen")
    child = settings.as_env()
    assert child["UNRELATED"] == "kept"
    assert child["ECG_RUNS_DIR"] == str(tmp_path / "runs-here")
    for name, value in child.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir("/")
    assert Settings.from_env() == settings


def test_without_a_chosen_folder_a_child_gets_none() -> None:
    assert "ECG_DATA_DIR" not in Settings.from_env().as_env()
