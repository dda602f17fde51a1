"""LUDB's files: good ones are read, damaged ones are refused by name."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import wfdb

from ecgcore.bench.delineation.ludb import Annotated, Refused, read_annotated, read_ludb
from ecgcore.errors import RecordError
from ecgcore.leads import LEADS
from tests.support.paths import LUDB as SAMPLES

needs_ludb = pytest.mark.skipif(not SAMPLES.exists(), reason=f"no LUDB in {SAMPLES}")

R = [500, 1000, 1500]
WAVES = {"p": (-100, -70, -50), "N": (-25, 0, 30), "t": (100, 140, 180)}


def write(folder: Path, name: str = "1", *, waves: str = "pNt") -> Path:
    """Write a recording of three beats at 500 Hz with marks in every lead."""
    at = np.arange(2000)
    trace = sum(np.exp(-0.5 * ((at - r) / 8) ** 2) for r in R)
    wfdb.wrsamp(
        name,
        500,
        ["mV"] * 12,
        [lead.lower() for lead in LEADS],
        p_signal=np.tile(trace, (12, 1)).T,
        fmt=["16"] * 12,
        write_dir=str(folder),
    )
    marks = [(r + t, s) for r in R for w in waves for t, s in zip(WAVES[w], f"({w})", strict=True)]
    sample, symbol = zip(*marks, strict=True)
    for lead in LEADS:
        annotate(folder / name, lead, sample, symbol)
    return folder / name


def annotate(stem: Path, lead: str, sample: Sequence[int], symbol: Sequence[str]) -> None:
    """Write one annotation file; wfdb itself allows no digit in its ending."""
    wfdb.wrann(stem.name, "x", np.array(sample), list(symbol), write_dir=str(stem.parent))
    stem.with_suffix(".x").replace(stem.with_suffix(f".{lead.lower()}"))


def test_marks_become_global_times(tmp_path) -> None:
    found = read_annotated(write(tmp_path))
    assert found.record.fs_hz == 500
    assert found.beats.r_s == pytest.approx([1.0, 2.0, 3.0])
    expected = {"p_on": -200, "p_off": -100, "qrs_on": -50, "qrs_off": 60, "t_off": 360}
    expected |= {"pr": 150, "qrs": 110, "qt": 410}
    assert {name: found.beats.typical_ms(name) for name in expected} == pytest.approx(expected)


def test_a_wave_that_is_not_annotated_has_no_reference(tmp_path) -> None:
    found = read_annotated(write(tmp_path, waves="Nt"))
    assert np.isnan(found.beats.typical_ms("p_on"))
    assert found.beats.typical_ms("qt") == pytest.approx(410)


def test_a_mark_without_its_onset_leaves_the_rest(tmp_path) -> None:
    stem = write(tmp_path)
    annotate(stem, "I", [475, 500, 530, 640, 680], [")", "N", ")", "t", ")"])
    assert read_annotated(stem).beats.typical_ms("qrs_on") == pytest.approx(-50)


def test_recordings_come_in_the_order_of_their_numbers_also_from_below(tmp_path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("10", "9", "100"):
        write(tmp_path / "data", name)
    found = [one.record.record_id for one in read_ludb(tmp_path) if isinstance(one, Annotated)]
    assert found == ["9", "10", "100"]


def _no_annotation(stem: Path) -> None:
    stem.with_suffix(".v3").unlink()


def _garbage_annotation(stem: Path) -> None:
    stem.with_suffix(".v3").write_bytes(b"\xff" * 7)


def _empty_annotations(stem: Path) -> None:
    for lead in LEADS:
        stem.with_suffix(f".{lead.lower()}").write_bytes(b"\0\0")


def _short_signal(stem: Path) -> None:
    data = stem.with_suffix(".dat")
    data.write_bytes(data.read_bytes()[: 12 * 2 * 1200])


@pytest.mark.parametrize(
    "damage", [_no_annotation, _garbage_annotation, _empty_annotations, _short_signal]
)
def test_a_damaged_recording_is_refused_and_the_others_are_read(tmp_path, damage) -> None:
    damage(write(tmp_path, "1"))
    write(tmp_path, "2")
    first, second = read_ludb(tmp_path)
    assert isinstance(first, Refused)
    assert (first.record_id, bool(first.reason)) == ("1", True)
    assert isinstance(second, Annotated)


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_folder_without_recordings_says_what_to_do(tmp_path, name: str) -> None:
    with pytest.raises(RecordError, match="Name the"):
        read_ludb(tmp_path / name)


@needs_ludb
def test_the_real_first_recording_has_known_intervals() -> None:
    beats = read_annotated(SAMPLES / "1").beats
    assert len(beats.r_s) == 6
    assert beats.typical_ms("qrs") == pytest.approx(97, abs=2)
    assert beats.typical_ms("pr") == pytest.approx(142, abs=2)
