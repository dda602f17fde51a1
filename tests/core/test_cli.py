"""The command line: what it prints, as text and as JSON, and the status it ends with."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ecgcore.cli import main
from ecgcore.commands.result import BAD_INPUT, FAILED, OK
from ecgcore.errors import JobError
from ecgcore.ptbxl import label_groups
from ecgcore.ptbxl.catalog import load_catalog
from ecgcore.ptbxl.fetch import download
from ecgcore.ptbxl.fetch.http import sha256
from tests.support.mirror import served, write_mirror

Run = Callable[..., tuple[int, Any]]


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ECG_DATA_DIR", raising=False)
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(tmp_path / "pretrained"))
    monkeypatch.setenv("ECG_RUNS_DIR", str(tmp_path / "runs"))


@pytest.fixture
def data(synthetic_dir: Path, tmp_path: Path) -> Path:
    """Tables of the synthetic set with the signals of its first twelve records."""
    folder = tmp_path / "data"
    signals = folder / "records100/00000"
    signals.mkdir(parents=True)
    shutil.copy(synthetic_dir / "scp_statements.csv", folder)
    table = pd.read_csv(synthetic_dir / "ptbxl_database.csv").head(12)
    table.to_csv(folder / "ptbxl_database.csv", index=False)
    for name in table["filename_lr"]:
        for suffix in (".hea", ".dat"):
            shutil.copy(synthetic_dir / f"{name}{suffix}", signals)
    return folder


def test_cohorts_counts_every_group_of_every_split(run: Run, synthetic_dir: Path) -> None:
    status, splits = run("cohorts", "--data", synthetic_dir)
    assert status == OK
    assert list(splits) == ["train", "val", "test"]
    frame = load_catalog(synthetic_dir).frame
    for split, groups in splits.items():
        assert list(groups) == ["pure_normal", "certain_mi", "uncertain_mi"]
        for group, found in groups.items():
            ids = frame.index[(frame["split"] == split) & (frame["group"] == group)]
            assert found == {"n": len(ids), "fingerprint": label_groups.fingerprint(ids)}
            assert found["n"] > 0


@pytest.mark.ptbxl
def test_cohorts_of_ptbxl(run: Run, ptbxl_dir: Path) -> None:
    _, splits = run("cohorts", "--data", ptbxl_dir)
    assert splits["test"]["certain_mi"] == {"n": 268, "fingerprint": "ad37ecb1291c3c80"}
    assert sum(group["n"] for groups in splits.values() for group in groups.values()) == 9325


def test_cohorts_for_a_reader(capsys: pytest.CaptureFixture[str], synthetic_dir: Path) -> None:
    assert main(["cohorts", "--data", str(synthetic_dir)]) == OK
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 9
    assert lines[0].split()[:2] == ["train", "pure_normal"]


def test_the_environment_chooses_the_folder_too(
    run: Run, synthetic_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECG_DATA_DIR", str(tmp_path / "nowhere"))
    assert run("cohorts")[0] == BAD_INPUT
    assert run("cohorts", "--data", synthetic_dir)[0] == OK


def test_build_stores_what_is_there_and_goes_on_later(run: Run, data: Path) -> None:
    later = data / "records100/00000/00007_lr.dat"
    kept = later.rename(later.with_suffix(".kept"))
    expected = {"folder": str(data / "store-100hz"), "stored": 11, "missing": 1, "refused": []}
    expected["missing_by_set"] = {"test": 0, "study": 1, "full": 1}
    assert run("data", "build", "--data", data) == (OK, expected)
    kept.rename(later)
    expected |= {"stored": 12, "missing": 0, "missing_by_set": {"test": 0, "study": 0, "full": 0}}
    assert run("data", "build", "--data", data) == (OK, expected)


def test_build_fails_over_a_changed_recording_and_names_it(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = data / "records100/00000/00003_lr.dat"
    path.write_bytes(b"\1\1" + path.read_bytes()[2:])
    assert main(["data", "build", "--data", str(data)]) == FAILED
    out = capsys.readouterr().out
    assert "11 records in" in out
    assert "Lead I of 00003_lr sums to" in out


@pytest.fixture
def mirror(
    synthetic_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Address of a mirror of drawn records, whose list counts as PTB-XL's, and its table."""
    folder = write_mirror(synthetic_dir, tmp_path / "mirror")
    monkeypatch.setattr(download, "SUMS_SHA256", sha256(folder / "SHA256SUMS.txt"))
    with served(folder) as url:
        yield url, pd.read_csv(folder / "ptbxl_database.csv")


def test_the_test_set_alone_is_complete_and_the_others_are_counted(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, mirror: tuple[str, pd.DataFrame]
) -> None:
    """README's three lines; `cohorts` counts 201 drawn records in training and validation."""
    url, table = mirror
    n_later = int((table["strat_fold"] != 10).sum())
    sentence = f"test: complete; study: 201 missing; full: {n_later} missing"
    folder = tmp_path / "ptb-xl"
    commands = [
        ["data", "fetch", "--set", "test", "--base-url", url],
        ["data", "build"],
        ["data", "build", "--set", "test"],
        ["data", "check"],
        ["data", "check", "--set", "test"],
    ]
    for command in commands:
        assert main([*command, "--data", str(folder)]) == OK, command
        assert capsys.readouterr().out.splitlines()[-1] == sentence
    for command in (["data", "check", "--set", "study"], ["data", "build", "--set", "study"]):
        assert main([*command, "--data", str(folder)]) == FAILED
        assert capsys.readouterr().out.splitlines()[-1] == sentence


def test_fetch_fails_if_a_file_of_the_set_cannot_be_had(
    run: Run, tmp_path: Path, mirror: tuple[str, pd.DataFrame]
) -> None:
    url, table = mirror
    lost = table.loc[table["strat_fold"] == 10, "filename_lr"].iloc[0]
    (tmp_path / "mirror" / f"{lost}.dat").unlink()
    status, answer = run(
        *("data", "fetch", "--set", "test", "--base-url", url, "--data", tmp_path / "ptb-xl")
    )
    assert status == FAILED
    assert answer["missing_by_set"]["test"] == 1
    assert answer["failed"][0]["path"] == f"{lost}.dat"


def test_check_counts_wrong_files_in_its_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, mirror: tuple[str, pd.DataFrame]
) -> None:
    folder = tmp_path / "mirror"
    name = mirror[1].loc[mirror[1]["strat_fold"] == 10, "filename_lr"].iloc[0]
    (folder / f"{name}.dat").write_bytes(b"damaged")
    assert main(["data", "check", "--verify", "--data", str(folder)]) == FAILED
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "test: complete; study: complete; full: complete; 1 files are wrong"


def test_build_into_a_folder_that_cannot_be_written(run: Run, data: Path) -> None:
    (data / "store-100hz").write_text("in the way")
    status, answer = run("data", "build", "--data", data)
    assert status == BAD_INPUT
    assert "cannot be written" in answer["error"]


def test_check_says_what_is_missing(run: Run, data: Path) -> None:
    status, rows = run("data", "check", "--set", "full", "--data", data)
    full = next(row for row in rows if row["part"] == "full")
    assert (status, full["expected"], full["present"], full["missing"]) == (OK, 12, 12, 0)
    (data / "records100/00000/00002_lr.hea").unlink()
    status, rows = run("data", "check", "--set", "full", "--data", data)
    full = next(row for row in rows if row["part"] == "full")
    assert (status, full["present"], full["missing"]) == (FAILED, 11, 1)


def test_check_needs_checksums_to_verify(run: Run, data: Path) -> None:
    status, answer = run("data", "check", "--verify", "--data", data)
    assert status == BAD_INPUT
    assert "SHA256SUMS.txt is missing" in answer["error"]


@pytest.mark.parametrize("command", [["cohorts"], ["data", "build"], ["data", "check"]])
def test_a_folder_that_is_not_there(run: Run, tmp_path: Path, command: list[str]) -> None:
    status, answer = run(*command, "--data", tmp_path / "nowhere")
    assert status == BAD_INPUT
    assert list(answer) == ["error"]
    assert f"{tmp_path / 'nowhere'} does not exist" in answer["error"]


@pytest.mark.parametrize("record", ["13", "0", "999999999999999999999999"])
def test_predict_an_unknown_id(run: Run, data: Path, record: str) -> None:
    status, answer = run("predict", record, "--data", data)
    assert status == BAD_INPUT
    assert list(answer) == ["error"]
    assert f"no record {record} in data (12 records)" in answer["error"]


@pytest.mark.parametrize(
    "record", ["nothing.hea", "no/such/record", "²", "-1.dat", "a" * 300, "9" * 5000]
)
def test_predict_a_missing_file(
    data: Path, record: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["predict", "--json", "--data", str(data), "--", record])
    assert status == BAD_INPUT
    assert ".hea does not exist" in json.loads(capsys.readouterr().out)["error"]


def test_predict_a_folder(run: Run, data: Path) -> None:
    status, answer = run("predict", data, "--data", data)
    assert status == BAD_INPUT
    assert "data is a folder" in answer["error"]


def test_predict_a_truncated_file(run: Run, data: Path) -> None:
    path = data / "records100/00000/00001_lr.dat"
    path.write_bytes(path.read_bytes()[:-1])
    for record in ("1", str(path)):
        status, answer = run("predict", record, "--data", data)
        assert status == BAD_INPUT
        assert list(answer) == ["error"]
        assert "damaged or truncated" in answer["error"]


def test_predict_without_a_model(run: Run, data: Path, tmp_path: Path) -> None:
    status, answer = run("predict", "1", "--data", data)
    assert status == BAD_INPUT
    assert str(tmp_path / "pretrained") in answer["error"]


def test_train_into_a_folder_that_cannot_be_made(run: Run, data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    arguments = ["--arch", "cnn_bilstm", "--set", "A", "--run-dir", tmp_path / "file" / "run"]
    status, answer = run("train", "--data", data, *arguments)
    assert status == BAD_INPUT
    assert "choose another folder" in answer["error"]


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Folders that were asked to be trained; each attempt fails."""
    seen: list[Path] = []

    def fail(run_dir: Path) -> None:
        seen.append(run_dir)
        raise JobError("it fails")

    monkeypatch.setattr("ecgcore.training.run.run_training", fail)
    return seen


def test_a_new_attempt_replaces_the_spec_of_one_that_failed(
    run: Run, data: Path, tmp_path: Path, trained: list[Path]
) -> None:
    model = ["--arch", "cnn_bilstm", "--set", "A", "--seed", "3"]
    assert run("train", "--data", data, *model, "--epochs", "7")[1] == {"error": "it fails"}
    assert run("train", "--data", data, *model, "--epochs", "9")[1] == {"error": "it fails"}
    assert trained[0] == trained[1]
    assert json.loads((trained[1] / "spec.json").read_text())["epochs"] == 9
    run("train", "--run-dir", trained[0])
    assert json.loads((trained[2] / "spec.json").read_text())["epochs"] == 9


def test_a_stopped_run_goes_on_only_as_it_was_started(
    run: Run, data: Path, tmp_path: Path, synthetic_dir: Path, trained: list[Path]
) -> None:
    model = ["--arch", "cnn_bilstm", "--set", "A"]
    run("train", "--data", data, *model, "--epochs", "7")
    (trained[0] / "checkpoint.safetensors").touch()
    status, answer = run("train", "--data", data, *model, "--epochs", "9")
    assert status == BAD_INPUT
    assert f"The run in {trained[0]} has epochs 7, not 9. Go on with it by" in answer["error"]
    _, answer = run("train", "--data", synthetic_dir, *model)
    assert f"has data_dir {data}, not {synthetic_dir}." in answer["error"]
    _, answer = run("train", "--data", data, "--run-dir", trained[0], "--arch", "cnn_bilstm")
    assert answer == {"error": "it fails"}
    _, answer = run("train", "--data", data, "--run-dir", trained[0], *model, "--seed", "5")
    assert "has seed 0, not 5." in answer["error"]
    for same in (model, [*model, "--epochs", "7"]):
        assert run("train", "--data", data, *same)[1] == {"error": "it fails"}
    assert len(trained) == 4


def test_predict_a_missing_recording(run: Run, data: Path) -> None:
    path = data / "records100/00000/00001_lr.dat"
    path.unlink()
    status, answer = run("predict", "1", "--data", data)
    assert status == BAD_INPUT
    assert "names 00001_lr.dat, which does not exist" in answer["error"]


def test_an_error_for_a_reader_goes_to_stderr(
    capsys: pytest.CaptureFixture[str], data: Path
) -> None:
    assert main(["predict", "77", "--data", str(data)]) == BAD_INPUT
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: There is no record 77 in data (12 records)")


def test_predict_by_id_and_by_file_is_the_same(
    run: Run, data: Path, untrained_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(untrained_dir))
    status, by_id = run("predict", "3", "--data", data)
    assert status == OK
    assert by_id["record"] == "3"
    status, by_file = run("predict", data / "records100/00000/00003_lr.hea")
    assert status == OK
    assert by_id["models"] == by_file["models"]
    assert len(by_id["models"]) == len(list(untrained_dir.glob("*/*/seed-0")))
    for model in by_id["models"]:
        assert set(model) == {"arch", "train_set", "seed", "logit", "prob"}
        assert 0 < model["prob"] < 1
    first = by_id["groups"][0]
    assert first["raw"] == pytest.approx(by_id["models"][0]["prob"])
    assert len(first["seeds"]) == len(first["seed_numbers"]) == 1
    assert (first["verdict"], by_id["verdict"]) == (None, None)
    assert set(by_id["scope"]) == {"applies", "reasons", "score"}
    assert by_id["quality"]["readable"] is True
    assert isinstance(by_id["quality"]["problems"], list)
    assert "No conformal verdict" in by_id["warnings"][-1]


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--calibration", "platt", "mi.parquet does not exist"),
        ("--sensitivity", "90", "mi.parquet does not exist"),
        ("--sensitivity", "0", "--sensitivity is 0"),
        ("--coverage", "100", "--coverage is 100"),
    ],
)
def test_what_needs_fold_9_or_is_no_share_is_refused(
    run: Run,
    data: Path,
    untrained_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    value: str,
    said: str,
) -> None:
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(untrained_dir))
    status, answer = run("predict", "3", "--data", data, option, value)
    assert status == BAD_INPUT
    assert said in answer["error"]


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["data"], ["predict"], ["data", "burn"]])
def test_a_wrong_command_ends_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == BAD_INPUT
    assert "usage:" in capsys.readouterr().err
