"""The fuzzer's seed files: those of the checkout are what the writers write, and can be read."""

import json
from pathlib import Path

import numpy as np
import pytest

from ecgcore.bench.seeds import Upload, load_seeds, save_seeds
from ecgcore.cli import main
from ecgcore.errors import RecordError
from ecgcore.io.raw import ReadOptions
from ecgcore.io.recordings import read_upload
from tests.support.uploads import dipole_microvolts, seeds


def test_the_seeds_of_the_checkout_are_small_valid_and_written_by_the_writers() -> None:
    committed, written = load_seeds(), seeds()
    assert [seed.kind for seed in committed] == [seed.kind for seed in written]
    assert len(committed) == 39
    expected_mv = dipole_microvolts()[:, :300] / 1000
    for seed, fresh in zip(committed, written, strict=True):
        assert sum(len(content) for _, content in seed.files) < 64_000
        assert (seed.options, [name for name, _ in seed.files]) == (
            fresh.options,
            [name for name, _ in fresh.files],
        )
        record = read_upload(seed.files, seed.options)
        assert record.signal.shape == expected_mv.shape
        if seed.kind != "SCP-ECG bimodal":  # which keeps means
            np.testing.assert_allclose(record.signal, expected_mv, atol=0.004)


def test_seeds_come_back_as_they_were_saved(tmp_path: Path) -> None:
    uploads = (
        Upload("one", (("a.hea", b"\0\r\n"), ("a.dat", b""))),
        Upload("two", (("a.hea", b"x"),), ReadOptions("uV", 250)),
    )
    save_seeds(uploads, tmp_path / "new")
    assert load_seeds(tmp_path / "new") == uploads


@pytest.mark.parametrize(
    "text", [None, "{", "[3]", '[{"kind": "a"}]', '[{"folder": "0", "files": 1, "options": {}}]']
)
def test_a_folder_without_seeds_is_refused_by_name(
    tmp_path: Path, text: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        (tmp_path / "seeds.json").write_text(text)
    with pytest.raises(RecordError, match="holds no seed files"):
        load_seeds(tmp_path)
    assert main(["bench", "fuzz", "--uploads", "1", "--seeds", str(tmp_path)]) == 2
    assert f"{tmp_path} holds no seed files" in capsys.readouterr().err


def test_the_command_takes_its_seeds_from_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [bare] = [seed for seed in seeds() if seed.kind == "CSV"]
    save_seeds([Upload("only this", bare.files, bare.options)], tmp_path)
    status = main(["bench", "fuzz", "--uploads", "3", "--seeds", str(tmp_path), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert (status, report["n"]) == (0, 3)
    assert {row["format"] for row in report["outcomes"]} == {"only this"}
