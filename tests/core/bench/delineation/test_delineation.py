"""How methods are judged against the reference; neurokit2 itself is replaced by a stub."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ecgcore.bench.delineation import delineation, neurokit
from ecgcore.bench.delineation.delineation import (
    NAMES,
    TOLERANCE_MS,
    Answer,
    compare,
    matches,
    run_delineation,
)
from ecgcore.bench.delineation.fusion import FusedBeats
from ecgcore.bench.delineation.ludb import Annotated
from ecgcore.errors import RecordError
from ecgcore.records import EcgRecord
from tests.support.paths import LUDB as SAMPLES

needs_ludb = pytest.mark.skipif(not SAMPLES.exists(), reason=f"no LUDB in {SAMPLES}")

R_S = np.array([1.0, 2.0, 3.0])
ROW = np.array([-0.2, -0.1, -0.05, 0.0, 0.06, 0.36])


def reference(row: np.ndarray = ROW) -> Annotated:
    record = EcgRecord("7", np.zeros((12, 2000), dtype=np.float32), 500, "test")
    return Annotated(record, FusedBeats(R_S[:, None] + row, np.ones(3, dtype=bool), half(R_S)))


def answer(row: np.ndarray = ROW, r_s: np.ndarray = R_S) -> Answer:
    return Answer.of(FusedBeats(r_s[:, None] + row, np.ones(len(r_s), dtype=bool), half(r_s)))


def half(r_s: np.ndarray) -> np.ndarray:
    """QRS in half of the leads: 90 ms."""
    return r_s[:, None] + np.array([-0.04, 0.05])


def moved(name: str, by_ms: float) -> np.ndarray:
    row = ROW.copy()
    row[["p_on", "p_off", "qrs_on", "r", "qrs_off", "t_off"].index(name)] += by_ms / 1000
    return row


def test_the_reference_agrees_with_itself() -> None:
    found = compare("same", [reference()], [answer()])
    for row in found.rows:
        assert (row.n, row.failures, row.invented, row.within) == (1, 0, 0, 1.0)
        assert row.median_abs_ms == pytest.approx(0, abs=1e-6)
    assert (found.r_peaks.sensitivity, found.r_peaks.precision) == (1.0, 1.0)


def test_errors_are_method_minus_reference() -> None:
    late = [answer(moved("qrs_off", by)) for by in (10.0, 12.0, 20.0)]
    found = compare("late", [reference()] * 3, late)
    assert found.row("qrs_off").mean_ms == pytest.approx(14.0)
    assert found.row("qrs_off").sd_ms == pytest.approx(5.2915, abs=1e-3)
    assert found.row("qrs_off").median_abs_ms == pytest.approx(12.0)
    assert found.row("qrs_off").within == pytest.approx(1 / 3), "11.6 ms are allowed"
    assert found.row("qrs").median_abs_ms == pytest.approx(12.0)
    assert found.row("qrs_on").median_abs_ms == pytest.approx(0.0, abs=1e-6)


def test_where_a_method_puts_r_within_the_qrs_does_not_matter() -> None:
    found = compare("other R", [reference()], [answer(ROW - 0.03, R_S + 0.03)])
    assert [row.median_abs_ms for row in found.rows] == pytest.approx([0.0] * len(NAMES), abs=1e-6)


def test_what_is_missing_or_invented_is_counted() -> None:
    no_p = ROW.copy()
    no_p[:2] = np.nan
    missing = compare("misses", [reference(), reference()], [answer(no_p), answer()])
    assert (missing.row("p_on").failures, missing.row("p_on").n) == (1, 1)
    assert missing.row("p_on").within == 0.5, "a failure is not within the tolerance"
    invented = compare("invents", [reference(no_p)], [answer()])
    assert (invented.row("pr").invented, invented.row("pr").n) == (1, 0)
    assert invented.row("pr").median_abs_ms is None


def test_beats_outside_the_annotated_span_do_not_count() -> None:
    found = compare("more", [reference()], [answer(r_s=np.array([0.1, *R_S, 3.9]))])
    assert (found.r_peaks.sensitivity, found.r_peaks.precision) == (1.0, 1.0)
    assert found.r_peaks.below == ()


@pytest.mark.parametrize(
    ("r_s", "sensitivity", "precision"),
    [((1.0, 3.0), 2 / 3, 1.0), ((1.0, 1.5, 2.0, 3.0), 1.0, 0.75), ((1.0, 2.16, 3.0), 2 / 3, 2 / 3)],
)
def test_missed_and_extra_beats_name_the_recording(r_s, sensitivity, precision) -> None:
    peaks = compare("r", [reference()], [answer(r_s=np.array(r_s))]).r_peaks
    assert (peaks.sensitivity, peaks.precision) == pytest.approx((sensitivity, precision))
    assert peaks.below == ("7",)


def test_a_method_without_beats_fails_everywhere() -> None:
    nothing = Answer(np.zeros(0), np.zeros(0), np.full(len(NAMES), np.nan))
    found = compare("nothing", [reference()], [nothing])
    assert all(row.failures == 1 for row in found.rows)
    assert (found.r_peaks.sensitivity, found.r_peaks.precision) == (0.0, None)


def test_pairs_are_one_to_one_and_the_closest_first() -> None:
    rows, columns = matches(np.array([1.0, 1.2]), np.array([1.1, 1.19]))
    assert (rows.tolist(), columns.tolist()) == ([0, 1], [0, 1])
    rows, columns = matches(np.array([1.0]), np.array([0.9, 1.05]))
    assert (rows.tolist(), columns.tolist()) == ([0], [1])


def test_the_tolerance_of_an_interval_is_that_of_both_ends() -> None:
    assert TOLERANCE_MS["qrs"] == pytest.approx((6.5**2 + 11.6**2) ** 0.5)
    assert TOLERANCE_MS["pr"] == pytest.approx((10.2**2 + 6.5**2) ** 0.5)


def test_goals_compare_with_the_rival_where_there_is_one() -> None:
    known = [reference()] * 3
    rows = [moved("t_off", by) for by in (1.0, 2.0, 4.0)]
    worse = [moved("t_off", 10 * by) for by in (1.0, 2.0, 4.0)]
    ours = compare("ours", known, [answer(row) for row in rows])
    rival = compare("rival", known, [answer(row) for row in worse])
    make = delineation.DelineationReport
    met = {goal.text.split(":")[0]: goal.met for goal in make(3, ours, rival, "", ()).goals}
    assert met["T off"] is True
    assert met["QRS on"] is False, "equal is not better"
    alone = make(3, ours, None, "offline", ())
    assert alone.passed
    assert [goal.met for goal in alone.goals].count(None) == 4
    assert not make(3, rival, ours, "", ()).passed


def test_the_throw_away_environment_is_made_used_and_removed(monkeypatch) -> None:
    commands: list[list[str]] = []

    def run(command, **_: object) -> subprocess.CompletedProcess[str]:
        commands.append([str(part) for part in command])
        if commands[-1][-1].endswith("marks.json"):
            with np.load(commands[-1][-2]) as archive:
                assert archive["1_250"].shape == (12, 50)
            row = [None, None, 0.9, 1.0, 1.1, None]
            Path(commands[-1][-1]).write_text(json.dumps([[[row]] * 12, [[]] * 12]))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    records = [
        EcgRecord(str(fs), np.ones((12, fs // 5), dtype=np.float32), fs, "test")
        for fs in (500, 250)
    ]
    first, second = neurokit.neurokit_marks(records)
    assert first[0][0, 2:5].tolist() == [0.9, 1.0, 1.1]
    assert np.isnan(first[0][0, 0])
    assert [len(rows) for rows in second] == [0] * 12
    assert [command[-1] for command in commands[1:2]] == ["neurokit2==0.2.13"]
    assert commands[0][0] == sys.executable
    assert not Path(commands[2][-1]).parent.exists(), "nothing is left behind"


@needs_ludb
def test_without_a_network_ours_is_reported_alone(tmp_path, monkeypatch) -> None:
    for file in SAMPLES.glob("[1-3].*"):
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "3.v2").unlink()

    def offline(command, **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "warning\nERROR: no route to host")

    monkeypatch.setattr(subprocess, "run", offline)
    report = run_delineation(tmp_path)
    assert report.rival is None
    assert "no route to host" in report.rival_note
    text = report.as_text()
    assert "neurokit2: not measured: neurokit2 0.2.13 cannot be installed" in text
    assert "left out: 3: 3.v2 does not exist" in text
    data = json.loads(json.dumps(report.as_json(), allow_nan=False))
    assert data["n_records"] == 2
    assert data["neurokit2"] is None
    assert {row["name"] for row in data["ours"]["rows"]} == set(NAMES)


def test_a_folder_with_nothing_usable_is_bad_input(tmp_path) -> None:
    (tmp_path / "1.hea").write_text("nonsense")
    with pytest.raises(RecordError, match="No recording of"):
        run_delineation(tmp_path, neurokit=False)


def test_the_script_gives_rows_of_seconds(monkeypatch, tmp_path) -> None:
    """Run the script beside a stand-in for neurokit2 with the same answers."""
    (tmp_path / "neurokit2.py").write_text(
        "import numpy as np\n"
        "def ecg_clean(x, sampling_rate): return x\n"
        "def ecg_peaks(x, sampling_rate):\n"
        "    if not x.any(): raise ValueError('flat')\n"
        "    return None, {'ECG_R_Peaks': np.array([250, 500])}\n"
        "def ecg_delineate(x, peaks, sampling_rate, method):\n"
        "    assert method == 'dwt'\n"
        "    keys = 'P_Onsets P_Offsets R_Onsets R_Offsets T_Offsets'.split()\n"
        "    return None, {f'ECG_{key}': [np.nan, 100] for key in keys}\n"
    )
    signal = np.ones((12, 600), dtype=np.float32)
    signal[4] = 0.0
    np.savez(tmp_path / "signals.npz", **{"0_500": signal})
    script = Path(neurokit.__file__).with_name("neurokit_script.py")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    subprocess.run(
        [sys.executable, "-P", script, tmp_path / "signals.npz", tmp_path / "marks.json"],
        check=True,
    )
    (found,) = json.loads((tmp_path / "marks.json").read_text())
    assert found[0] == [[None, None, None, 0.5, None, None], [0.2, 0.2, 0.2, 1.0, 0.2, 0.2]]
    assert found[4] == []
