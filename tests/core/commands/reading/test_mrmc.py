"""``mrmc`` as a script sees it, against the published analysis of Van Dyke's data."""

import json
from pathlib import Path

import pytest

from ecgcore.cli import main
from tests.support.paths import SHARED

VAN_DYKE = SHARED / "reference" / "vandyke.csv.xz"
needs_van_dyke = pytest.mark.skipif(not VAN_DYKE.exists(), reason=f"{VAN_DYKE} is not there")


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict]:
    status = main(["mrmc", *arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


@needs_van_dyke
def test_the_published_analysis(capsys: pytest.CaptureFixture[str]) -> None:
    status, said = asked(capsys, str(VAN_DYKE))
    assert status == 0
    assert (said["F"], said["df1"], said["df2"]) == pytest.approx((4.4563, 1, 15.26), abs=5e-3)
    assert said["p"] == pytest.approx(0.0517, abs=5e-5)
    names = ["error", "cov1", "cov2", "cov3", "ms_treatment", "ms_reader", "ms_treatment_reader"]
    published = [0.00080229, 0.00034661, 0.00034407, 0.00023903, 0.0047962, 0.0038362, 0.00055103]
    assert [said[name] for name in names] == pytest.approx(published, rel=2e-5)
    aucs = [
        [0.91965, 0.85878, 0.90386, 0.97311, 0.82979],
        [0.94783, 0.90531, 0.92174, 0.99936, 0.92995],
    ]
    for place, treatment in enumerate(["1", "2"]):
        found = [one["values"][treatment] for one in said["readers"]]
        assert found == pytest.approx(aucs[place], abs=6e-6)
    assert (said["n_readers"], said["n_cases"], said["n_diseased"]) == (5, 114, 45)


@needs_van_dyke
@pytest.mark.parametrize(
    ("fixed", "f", "p", "interval"),
    [
        ([], 4.4563, 0.051666, (-0.0879595, 0.00035885)),
        (["--fixed", "readers"], 5.4759532, 0.01927984, (-0.0804859, -0.0071147)),
        (["--fixed", "cases"], 8.7039986, 0.04195875, (-0.0850202, -0.0025804)),
    ],
)
def test_what_is_random_decides_the_interval(
    capsys: pytest.CaptureFixture[str], fixed: list[str], f: float, p: float, interval: tuple
) -> None:
    """Figures of RJafroc for the same data."""
    _, said = asked(capsys, str(VAN_DYKE), *fixed)
    (difference,) = said["differences"]
    assert said["F"] == pytest.approx(f, abs=1e-4)
    assert said["p"] == pytest.approx(p, abs=1e-6)
    assert difference["p"] == pytest.approx(p, abs=1e-6)
    assert difference["estimate"] == pytest.approx(-0.0438003, abs=1e-6)
    assert difference["interval"] == pytest.approx(interval, abs=1e-6)
    assert (said["df2"] is None) == (fixed == ["--fixed", "readers"])


@needs_van_dyke
def test_each_treatment_alone_and_delongs_covariance(capsys: pytest.CaptureFixture[str]) -> None:
    """RJafroc: 0.89703704, error 0.033173597, 12.744648 degrees of freedom."""
    _, said = asked(capsys, str(VAN_DYKE))
    first = said["treatments"][0]
    assert first["estimate"] == pytest.approx(0.89703704)
    assert first["interval"] == pytest.approx([0.8252236, 0.9688505], abs=1e-6)
    _, other = asked(capsys, str(VAN_DYKE), "--covariance", "delong")
    assert 0.98 < other["error"] / said["error"] < 1
    _, fixed = asked(capsys, str(VAN_DYKE), "--fixed", "cases")
    half = 2.776445 * (0.0030828 / 5) ** 0.5  # Student's t of 4 degrees; variance of five AUCs
    low, high = fixed["treatments"][0]["interval"]
    assert (high - low) / 2 == pytest.approx(half, rel=1e-4)


@needs_van_dyke
def test_a_study_to_plan(capsys: pytest.CaptureFixture[str]) -> None:
    """RJafroc's table: 163 cases for 10 readers; 3 readers are too few within 2,000 cases."""
    _, said = asked(capsys, str(VAN_DYKE), "--readers", "10", "2")
    found, none = said["power"]
    assert (found["readers"], found["cases"]) == (10, 163)
    assert found["power"] == pytest.approx(0.8015625, abs=1e-6)
    assert (none["cases"], none["power"]) == (None, None)
    _, said = asked(capsys, str(VAN_DYKE), "--readers", "6", "--cases", "112", "111")
    assert [one["power"] for one in said["power"]] == pytest.approx(
        [0.5555789, 0.5526116], abs=1e-6
    )
    _, said = asked(capsys, str(VAN_DYKE), "--readers", "6", "--cases", "112", "--difference", "0")
    assert said["power"][0]["power"] == pytest.approx(0.05)
    assert main(["mrmc", str(VAN_DYKE), "--readers", "10", "2"]) == 0
    text = capsys.readouterr().out
    assert "10 readers, 163 cases: power 0.802" in text
    assert "2 readers: not with 100,000 cases" in text
    assert "F 4.4563 on 1 and 15.26 df, p 0.0517" in text


def small(folder: Path, called: list[int]) -> Path:
    """Two readers, two treatments, four cases; the ratings in the order of the rows."""
    keys = [(r, t, c) for r in "ab" for t in "xy" for c in (1, 2, 3, 4)]
    rows = [f"{r},{t},{c},{int(c < 3)},{v}" for (r, t, c), v in zip(keys, called, strict=True)]
    file = folder / "s.csv"
    file.write_text("\n".join(["reader,treatment,case,truth,rating", *rows]))
    return file


def test_sensitivity_of_calls_needs_no_threshold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = small(tmp_path, [1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1])
    _, said = asked(capsys, str(file), "--metric", "sensitivity")
    assert [one["estimate"] for one in said["treatments"]] == [0.25, 0.75]
    assert said["readers"][0]["values"] == {"x": 0.5, "y": 1.0}
    _, said = asked(capsys, str(file), "--metric", "specificity", "--threshold", "1")
    assert [one["estimate"] for one in said["treatments"]] == [0.5, 0.75]


def test_sensitivity_of_grades_needs_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = small(tmp_path, list(range(16)))
    status, said = asked(capsys, str(file), "--metric", "sensitivity")
    assert status == 2
    assert "--threshold" in said["error"]


def test_a_study_of_one_reader_and_a_wrong_power_are_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = small(tmp_path, list(range(16)))
    status, said = asked(capsys, str(file), "--readers", "5", "--power", "1")
    assert (status, "between 0 and 1" in said["error"]) == (2, True)
    status, said = asked(capsys, str(file), "--readers", "1", "--cases", "9")
    assert (status, "1 readers and 9 cases" in said["error"]) == (2, True)
    file.write_text("\n".join(r for r in file.read_text().splitlines() if not r.startswith("b")))
    status, said = asked(capsys, str(file))
    assert status == 2
    assert "s.csv: 2 treatments, 1 readers" in said["error"]
