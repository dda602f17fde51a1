"""What is shipped is read only as it was shipped."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecgcore.errors import ModelError
from ecgcore.manifest import MANIFEST, renew, verified, write_manifest
from ecgcore.predictions.store import load_predictions, shipped_file
from ecgcore.settings import Settings
from tests.support.paths import PROJECT


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    folder = tmp_path / "pretrained"
    (folder / "mi" / "net-A" / "seed-0").mkdir(parents=True)
    (folder / "mi" / "net-A" / "seed-0" / "card.json").write_text("{}")
    (folder / "quality.parquet").write_bytes(b"1234")
    assert write_manifest(folder) == 2
    return folder


def test_the_manifest_is_what_sha256sum_writes(sealed: Path) -> None:
    first, second = (sealed / MANIFEST).read_text().splitlines()
    empty_object = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert first == f"{empty_object}  mi/net-A/seed-0/card.json"
    assert second.endswith("  quality.parquet")


def test_a_changed_file_is_refused_and_others_are_not_judged(sealed: Path) -> None:
    card, other = sealed / "mi" / "net-A" / "seed-0" / "card.json", sealed / "new.parquet"
    other.write_bytes(b"x")
    for path in (card, other, sealed / "missing"):
        assert verified(path) == path
    card.write_text("{ }")
    with pytest.raises(ModelError, match=r"card\.json was changed.*data seal"):
        verified(card)


def test_what_the_program_writes_itself_is_written_down(sealed: Path) -> None:
    path = sealed / "quality.parquet"
    path.write_bytes(b"56789")
    renew(path)
    assert verified(path) == path
    path.write_bytes(b"5678!")
    with pytest.raises(ModelError):
        verified(path)


def test_a_folder_without_a_manifest_gets_none(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    renew(tmp_path / "a")
    assert not (tmp_path / MANIFEST).exists()


def test_negated_predictions_are_not_read(tmp_path: Path) -> None:
    shipped = shipped_file(Settings.from_env().pretrained_dir, synthetic=True)
    folder = tmp_path / "pretrained"
    (folder / "predictions").mkdir(parents=True)
    path = Path(shutil.copy(shipped, folder / "predictions"))
    write_manifest(folder)
    before = load_predictions(path)
    frame = pd.read_parquet(path)
    column = next(name for name in frame.columns if frame[name].dtype == np.float32)
    frame[column] = -frame[column]
    frame.to_parquet(path, index=False)
    assert len(before)
    with pytest.raises(ModelError, match="was changed"):
        load_predictions(path)


def test_all_that_is_shipped_is_sealed() -> None:
    """After a change in ``pretrained/``: ``python3.11 -m ecgcore data seal``."""
    folder = PROJECT / "pretrained"
    lines = (folder / MANIFEST).read_text().splitlines()
    sums = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    there = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }
    assert len(lines) == len(sums)
    assert sums == there
