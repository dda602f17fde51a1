"""Networks from outside: what their tables must hold, and how they are judged."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from ecgcore.cli import main
from ecgcore.errors import ModelError
from ecgcore.ptbxl.store import Recordings
from ecgcore.study.neighbours.outsiders import read_outsider
from ecgcore.tasks.registry import TASKS
from ecgcore.tasks.statements71 import STATEMENTS71

RHYTHM = TASKS["rhythm6"]


def written(path: Path, classes: tuple[str, ...], ids: list[int], **columns: object) -> Path:
    draw = np.random.default_rng(1)
    table = pd.DataFrame(draw.random((len(ids), len(classes))), columns=list(classes))
    table = table.assign(ecg_id=ids, **columns)
    if path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_probabilities_stand_beside_the_labels(
    synthetic_recordings: Recordings, tmp_path: Path, suffix: str
):
    ids = synthetic_recordings.catalog.frame.index.tolist()[::-1]
    path = written(tmp_path / f"theirs{suffix}", RHYTHM.classes, ids, strat_fold=9, report="x")
    (found,) = read_outsider(path, RHYTHM)
    assert found.label == "theirs, from outside"
    (judged,) = found.judge("all", synthetic_recordings, "val")
    said = found.probs.loc[judged.ids]
    assert expit(judged.logits) == pytest.approx(said.to_numpy())
    assert judged.labels.shape == judged.logits.shape
    assert found.identity["rule"] is None


def test_71_statements_are_joined_in_both_ways(synthetic_recordings: Recordings, tmp_path: Path):
    ids = synthetic_recordings.catalog.frame.index.tolist()
    path = written(tmp_path / "wide.csv", STATEMENTS71.classes, ids)
    noisy, largest = read_outsider(path, TASKS["subclasses"])
    assert (noisy.rule, largest.rule) == ("noisy_or", "max")
    assert largest.label == "wide, from outside, largest"
    given = pd.read_csv(path, index_col="ecg_id")
    assert largest.probs["NORM"].to_numpy() == pytest.approx(given["NORM"].to_numpy())
    assert (noisy.probs["IMI"] >= largest.probs["IMI"]).all()
    (as_given,) = read_outsider(path, STATEMENTS71)
    assert as_given.rule is None


def test_a_fold_that_lacks_records_is_named(synthetic_recordings: Recordings, tmp_path: Path):
    frame = synthetic_recordings.catalog.frame
    test = frame.index[frame["split"] == "test"].tolist()
    (found,) = read_outsider(written(tmp_path / "a.csv", RHYTHM.classes, test), RHYTHM)
    assert found.judge("all", synthetic_recordings, "test")
    with pytest.raises(ModelError, match=r"lacks \d+ of the \d+ val records"):
        found.judge("all", synthetic_recordings, "val")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ecg_id,AF\n1,0.5\n", "has no column 1dAVb, RBBB, LBBB.*classes of rhythm6 or the 71"),
        ("record,AF\n1,0.5\n", "has no column ecg_id"),
        ("ecg_id,{all}\n1,{half}\n1,{half}\n", "names record 1 twice"),
        ("ecg_id,{all}\n1,{high}\n", "no probability from 0 to 1"),
        ("ecg_id,{all}\n1,{gaps}\n", "no probability from 0 to 1"),
        ("", "no table that can be read"),
    ],
)
def test_what_is_no_table_of_probabilities_is_refused(tmp_path: Path, text: str, words: str):
    parts = {"half": "0.5", "high": "1.5", "gaps": ""}
    n = len(RHYTHM.classes)
    rows = {name: ",".join([value] * n) for name, value in parts.items()}
    path = tmp_path / "bad.csv"
    path.write_text(text.format(all=",".join(RHYTHM.classes), **rows))
    with pytest.raises(ModelError, match=words):
        read_outsider(path, RHYTHM)
    with pytest.raises(ModelError, match="no table that can be read"):
        read_outsider(tmp_path / "missing.csv", RHYTHM)


def test_the_command_line_takes_a_table_for_a_task_alone(capsys, tmp_path: Path):
    assert main(["evaluate", "--beside", str(tmp_path / "a.csv")]) == 2
    assert "--beside is for the folds of PTB-XL" in capsys.readouterr().err
    assert main(["evaluate", "--task", "rhythm6", "--beside", str(tmp_path / "a.csv")]) == 2
    assert "no table that can be read" in capsys.readouterr().err
