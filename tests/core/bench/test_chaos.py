"""The chaos command counts what is lost, and a short run of it loses nothing."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from ecgcore.bench.chaos import chaos, kills, mirrors
from ecgcore.bench.chaos.chaos import ChaosReport, _spend, _Tally
from ecgcore.cli import main
from ecgcore.commands import bench
from ecgcore.errors import RecordError
from ecgcore.jobs import progress
from ecgcore.ptbxl.fetch.download import SUMS
from ecgcore.training.spec import TrainSpec


def test_every_kind_has_a_turn_and_time_ends_the_rest() -> None:
    tally = _Tally()
    attacks = [("a", lambda: ""), ("b", lambda: "broken"), ("a", lambda: ""), ("b", lambda: "")]
    _spend(iter(attacks), 0.0, tally)
    assert (tally.trials, tally.losses, tally.first) == (
        {"a": 1, "b": 1}, {"a": 0, "b": 1}, {"b": "broken"},
    )  # fmt: skip


def test_a_loss_is_told_and_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = ChaosReport(
        0, 1.0, {"a": 3, "b": 1}, {"a": 1, "b": 0}, {"a": "two trainers"}, {"a": 7}
    )
    monkeypatch.setattr(chaos, "run_chaos", lambda *_, **__: report)
    assert main(["bench", "chaos", "--minutes", "1", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["trials"], told["losses"]) == ({"a": 3, "b": 1}, {"a": 1, "b": 0})
    assert told["harms"] == {"a": 7}
    assert "two trainers" in report.as_text()
    assert "harms: 7 a\n" in report.as_text()
    assert main(["bench", "chaos", "--minutes", "0"]) == 2


def test_uploads_that_break_a_promise_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise KeyError("planted")

    monkeypatch.setattr(chaos, "read_upload", fails)
    assert chaos._read("x", list, chaos.FILE_SAYS_ALL) == "x: KeyError"

    def refuses(*_: object) -> None:
        raise RecordError("no")

    monkeypatch.setattr(chaos, "read_upload", refuses)
    assert chaos._read("x", list, chaos.FILE_SAYS_ALL) == ""
    monkeypatch.setattr(chaos, "UPLOAD_LIMIT_S", -1.0)
    assert chaos._read("x", list, chaos.FILE_SAYS_ALL).startswith("x: 0.")


@pytest.fixture(scope="module")
def truth(synthetic_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("truth")
    return folder, mirrors.write_truth(synthetic_dir, folder)


@pytest.mark.parametrize("lie", ["zeros", "one bit", "cut", "log-in page", "in a circle"])
@pytest.mark.parametrize("target", [SUMS, ".hea"])
def test_mirrors_that_lie(truth: tuple[Path, str], lie: str, target: str) -> None:
    assert mirrors.try_mirror(*truth, lie, target, seed=1) == ""


def test_a_wrong_file_that_is_kept_is_found(
    truth: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(folder: Path, *_: object, **__: object) -> None:
        (folder / "records100").mkdir(parents=True)
        (folder / "records100" / "a.dat").write_bytes(b"wrong")

    monkeypatch.setattr(mirrors, "fetch", careless)
    assert mirrors.try_mirror(*truth, "zeros", ".dat", seed=1) == "kept a.dat"


@pytest.mark.parametrize(
    ("epochs", "last", "most", "weights", "cost"),
    [
        ([1, 2, 3], "done", 1, b"w", ""),
        ([1, 3], "done", 1, b"w", ""),  # killed between an epoch's checkpoint and its line
        ([1, 2, 2, 3], "done", 1, b"w", "epochs [1, 2, 2, 3]"),
        ([1, 2, 1, 2, 3], "done", 1, b"w", "epochs"),
        ([1, 2, 3], "epoch", 1, b"w", "epochs"),
        ([1, 2, 3], "done", 2, b"w", "2 trainers at once"),
        ([1, 2, 3], "done", 1, b"x", "other weights"),
    ],
)
def test_what_a_kill_may_cost(
    tmp_path: Path, epochs: list[int], last: str, most: int, weights: bytes, cost: str
) -> None:
    for epoch in epochs:
        progress.append(tmp_path / "progress.jsonl", {"event": "epoch", "epoch": epoch})
    progress.append(tmp_path / "progress.jsonl", {"event": last, "epoch": 9})
    (tmp_path / "weights.safetensors").write_bytes(weights)
    digest = hashlib.sha256(b"w").hexdigest()
    spec = TrainSpec("cnn_bilstm", "A", 0, "", epochs=3)
    bed = kills.Bed(tmp_path, spec, lambda *_: [], digest, Counter())
    found = kills._lost(bed, tmp_path, most)
    assert found.startswith(cost) if cost else not found


def test_hostile_uploads_alternate_with_damaged_ones() -> None:
    attacks = chaos._uploads(0)
    assert [next(attacks)[0] for _ in range(4)] == ["upload made by hand", "damaged upload"] * 2
    assert len(mirrors.LIES) * len(mirrors.TARGETS) >= 34
    assert "chaos" in bench._PARTS
