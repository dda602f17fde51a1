"""The synthetic set is the one that its version's number names.

A set that was drawn before is kept while the version is the same, and the shipped table of signal
quality was made from it. So a change of any wave is a new version: then write its file beside this
one (`_write` below) and draw the shipped table again.
"""

import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest

from ecgcore.errors import CatalogError
from ecgcore.ptbxl import synthetic

KEPT = json.loads((Path(__file__).parent / "synthetic-version-1.json").read_text())


def fingerprint(folder: Path, ecg_id: int) -> list[list[int]]:
    """Return for each lead size, mean change, and two samples, in tenths of a microvolt."""
    path = folder / "records100" / "00000" / f"{ecg_id:05d}_lr.dat"
    units = np.frombuffer(path.read_bytes(), "<i2").reshape(1000, 12).astype(float)
    size, change = np.sqrt((units**2).mean(axis=0)), np.abs(np.diff(units, axis=0)).mean(axis=0)
    found = np.stack([size, change, units[137], units[858]])
    return np.rint(10 * found).astype(int).tolist()


@pytest.mark.parametrize("ecg_id", [int(number) for number in KEPT["records"]])
def test_each_wave_is_that_of_version_1(synthetic_dir: Path, ecg_id: int) -> None:
    """Within a microvolt, by which another processor may round."""
    assert synthetic.VERSION == "1"
    found = fingerprint(synthetic_dir, ecg_id)
    assert np.abs(np.subtract(found, KEPT["records"][str(ecg_id)])).max() <= 10


def test_a_typical_wave_is_that_of_version_1_to_a_tenth_of_a_microvolt(synthetic_dir: Path) -> None:
    gaps = [
        np.subtract(fingerprint(synthetic_dir, int(number)), kept)[:2]
        for number, kept in KEPT["records"].items()
    ]
    assert np.mean(np.abs(gaps)) < 0.2


@pytest.mark.parametrize("name", ["ptbxl_database.csv", "scp_statements.csv"])
def test_each_table_is_that_of_version_1(synthetic_dir: Path, name: str) -> None:
    found = hashlib.sha256((synthetic_dir / name).read_bytes()).hexdigest()
    assert found == KEPT["tables"][name]


def test_the_example_is_the_one_that_documents_show() -> None:
    assert hashlib.sha256(synthetic.example_csv()).hexdigest() == KEPT["example_csv"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a.txt"], "holds a.txt. Move it elsewhere"),
        (["b.txt", "a.txt", "SYNTHETIC.txt"], "holds a.txt. Move these 2 files elsewhere"),
    ],
)
def test_files_of_others_are_counted(tmp_path: Path, names: list[str], words: str) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(CatalogError, match=words):
        synthetic.ensure(tmp_path)


def test_a_set_is_current_with_its_marker_its_tables_and_two_files_a_record(tmp_path: Path) -> None:
    synthetic.generate(tmp_path, 8)
    assert synthetic._is_current(tmp_path)
    marker = tmp_path / "SYNTHETIC.txt"
    assert marker.read_text().startswith("synthetic set, generator 1\nseed 20030, 8 records\n")
    marker.write_text(marker.read_text().replace("8 records", "9 records"))
    assert not synthetic._is_current(tmp_path)
    marker.write_text(marker.read_text().replace("9 records", "7 records"))
    assert synthetic._is_current(tmp_path)


@pytest.mark.parametrize(
    ("bpm", "code"), [(59.9, "SBRAD"), (60.0, "SR"), (100.0, "SR"), (100.1, "STACH")]
)
def test_rhythms_have_their_rates(bpm: float, code: str) -> None:
    assert synthetic._rhythm(synthetic.SyntheticCase(heart_rate_bpm=bpm)) == code


@pytest.mark.parametrize(
    ("freshness", "stadium"),
    [(0.32, "III"), (0.33, "II"), (0.66, "II"), (0.67, "I"), (1.0, "I")],
)
def test_the_older_an_infarct_the_higher_its_stadium(freshness: float, stadium: str) -> None:
    case = synthetic.SyntheticCase("IMI", 0.5, freshness=freshness)
    assert synthetic._stadium(case) == f"Stadium {stadium}"
    assert synthetic._stadium(synthetic.SyntheticCase(freshness=freshness)) == ""


@pytest.mark.parametrize(
    ("ecg_id", "name"), [(7, "00000/00007"), (999, "00000/00999"), (21837, "21000/21837")]
)
def test_records_lie_in_folders_of_a_thousand_as_in_ptbxl(ecg_id: int, name: str) -> None:
    assert synthetic._filename(ecg_id) == f"records100/{name}_lr"


def _write(file: Path) -> None:
    """Write a new version's file: ``python -m tests.core.ptbxl.test_synthetic_version``."""
    with TemporaryDirectory() as scratch:
        folder = synthetic.ensure(Path(scratch) / "set")
        table = pd.read_csv(folder / "ptbxl_database.csv")
        noisy = table[["baseline_drift", "static_noise", "burst_noise"]].notna().any(axis=1)
        ids = sorted({*range(1, 25), *table["ecg_id"][noisy]})
        tables = ("ptbxl_database.csv", "scp_statements.csv")
        made = {
            "tables": {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in tables},
            "records": {str(ecg_id): fingerprint(folder, ecg_id) for ecg_id in ids},
            "example_csv": hashlib.sha256(synthetic.example_csv()).hexdigest(),
        }
    text = json.dumps(made).replace(']], "', ']],\n"').replace('"records"', '\n"records"')
    file.write_text(f"{text}\n")


if __name__ == "__main__":
    _write(Path(__file__).parent / f"synthetic-version-{synthetic.VERSION}.json")
