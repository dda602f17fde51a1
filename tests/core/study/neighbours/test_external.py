"""Recordings from elsewhere: age, sex and SNOMED codes of their headers, and who is judged."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ecgcore.errors import ModelError
from ecgcore.leads import LEADS
from ecgcore.ptbxl.store import Recordings
from ecgcore.records import Patient
from ecgcore.settings import Settings
from ecgcore.study.neighbours import external
from ecgcore.study.neighbours.external import external_report, read_foreign
from ecgcore.tasks import rhythm6
from tests.core.study.neighbours.test_answers import judged


def write(folder: Path, name: str, signal: np.ndarray, comments: str) -> Path:
    """Write ``(12, n)`` mV at 100 Hz as WFDB, as the challenge did."""
    units = np.rint(signal * 1000).astype("<i2")
    (folder / f"{name}.dat").write_bytes(units.T.tobytes())
    lines = [f"{name} 12 100 {units.shape[1]}"]
    lines += [
        f"{name}.dat 16 1000/mV 16 0 {row[0]} {int(row.sum(dtype=np.int64)) % 65536} 0 {lead}"
        for row, lead in zip(units, LEADS, strict=True)
    ]
    path = folder / f"{name}.hea"
    path.write_text("\n".join(lines) + "\n" + comments)
    return path


@pytest.fixture
def signal(synthetic_recordings: Recordings) -> np.ndarray:
    return synthetic_recordings.read(1).signal


@pytest.mark.parametrize(
    ("comments", "patient", "codes"),
    [
        ("#Age: 74\n#Sex: Male\n#Dx: 59118001,164889003\n", Patient(74.0, "male"),
         {"59118001", "164889003"}),
        ("# Age: NaN\n# Sex: F\n# Dx: 426783006\n", Patient(None, "female"), {"426783006"}),
        ("#Age: 300\n#Sex: Unknown\n", Patient(), set()),
        ("#\tAge\t:\t74 \n#Dx:\t164889003\n", Patient(74.0), {"164889003"}),
        ("", Patient(), set()),
    ],
)  # fmt: skip
def test_headers_say_age_sex_and_findings(tmp_path: Path, signal, comments, patient, codes):
    found = read_foreign(write(tmp_path, "one", signal, comments))
    assert found.record.patient == patient
    assert found.codes == codes
    np.testing.assert_allclose(found.record.signal, signal, atol=6e-4)


def test_a_folder_is_judged_with_thresholds_of_fold_9(tmp_path: Path, signal, monkeypatch):
    write(tmp_path, "af", signal, "#Dx: 164889003\n")
    write(tmp_path, "none", signal, "#Dx: 426783006\n")
    write(tmp_path, "short", signal[:, :500], "#Dx: 164889003\n")
    probs = np.tile([0.1, 0.1, 0.1, 0.1, 0.8, 0.1], (4, 1))
    fold9 = judged(probs, [[0, 0, 0, 0, 1, 0]] * 4, rhythm6.CLASSES)

    entry = SimpleNamespace(key=SimpleNamespace(task="rhythm6"))

    class One:
        task, label, rule = rhythm6.RHYTHM6, "One", None
        ensemble = SimpleNamespace(arch="one", train_set="all", seeds=(0,), members=[entry])

        def judge(self, *_args, split, **_):
            assert split == "val"
            return (fold9,)

    monkeypatch.setattr(external, "answers_to", lambda *_: [One()])
    monkeypatch.setattr(
        external, "_judged", lambda _, found, labels: (judged(probs[:2], labels, rhythm6.CLASSES),)
    )
    report = external_report(Settings.from_env(), "rhythm6", tmp_path, n_boot=0)
    assert (report.n, report.counts["AF"], report.counts["RBBB"]) == (2, 1, 0)
    assert [name for name, _ in report.refused] == ["short.hea"]
    assert "lasts 5.0 s" in report.refused[0][1]
    said = report.as_json()["models"][0]
    assert said["label_sets"]["half"]["hamming"]["value"] == pytest.approx(1 / 12)
    assert said["classes"]["AF"]["n_positive"] == 1
    assert report.as_text().startswith("2 recordings: 1 AF\nOne\n")


def test_a_folder_without_recordings_and_a_task_without_codes(tmp_path: Path):
    with pytest.raises(ModelError, match="holds no WFDB recording"):
        external_report(Settings.from_env(), "rhythm6", tmp_path)
    with pytest.raises(ModelError, match="rhythm6, challenge24 only"):
        external_report(Settings.from_env(), "mi", tmp_path)
