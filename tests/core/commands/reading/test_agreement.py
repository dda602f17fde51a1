"""``agreement`` as a script sees it, against the published kappas of 827 ECGs."""

import json
from pathlib import Path

import pytest

from ecgcore.cli import main
from tests.support.paths import SHARED

READERS = SHARED / "reference" / "readers_827.csv.xz"
FINDINGS = ("1dAVb", "RBBB", "LBBB", "SB", "AF", "ST")
PUBLISHED = {
    ("cardiologist_1", "cardiologist_2"): (0.741, 0.955, 0.964, 0.844, 0.831, 0.902),
    ("network", "cardiologist_1"): (0.758, 0.928, 0.964, 0.770, 0.696, 0.847),
    ("network", "cardiologist_2"): (0.852, 0.942, 1.000, 0.770, 0.746, 0.884),
    ("cardiology_resident", "emergency_resident"): (0.656, 0.824, 0.923, 0.912, 0.515, 0.847),
    ("cardiology_resident", "medical_student"): (0.612, 0.871, 0.889, 0.880, 0.700, 0.792),
    ("emergency_resident", "medical_student"): (0.615, 0.799, 0.852, 0.907, 0.508, 0.897),
    ("network", "cardiology_resident"): (0.656, 0.917, 0.945, 0.830, 0.780, 0.864),
    ("network", "emergency_resident"): (0.684, 0.792, 0.909, 0.796, 0.595, 0.930),
    ("network", "medical_student"): (0.642, 0.928, 0.912, 0.760, 0.574, 0.855),
}


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict]:
    status = main(["agreement", *arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


@pytest.mark.skipif(not READERS.exists(), reason=f"{READERS} is not there")
def test_the_published_kappas_to_three_decimals(capsys: pytest.CaptureFixture[str]) -> None:
    status, said = asked(capsys, str(READERS))
    assert status == 0
    found = {(frozenset(p["readers"]), p["finding"]): p for p in said["pairs"]}
    assert len(found) == 21 * 6
    for who, kappas in PUBLISHED.items():
        for finding, kappa in zip(FINDINGS, kappas, strict=True):
            pair = found[frozenset(who), finding]
            assert pair["n"] == 827
            assert round(pair["cohen_kappa"], 3) == kappa, (who, finding)
            low, high = pair["interval"]
            assert low <= pair["cohen_kappa"] <= high


def test_every_field_of_a_small_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["1,a,1,x", "1,b,1,x", "2,a,0,y", "2,b,1,x", "3,a,0,z", "3,b,0,z", "4,a,0,z"]
    file = tmp_path / "t.csv"
    file.write_text("\n".join(["case,reader,MI,kind", *rows]))
    status, said = asked(capsys, str(file), "--weights", "linear")
    assert (status, said["cases"], said["readers"]) == (0, 4, ["a", "b"])
    mi, kind = said["pairs"]
    assert (mi["readers"], mi["finding"], mi["n"]) == (["a", "b"], "MI", 3)
    assert mi["cohen_kappa"] == pytest.approx(0.4)
    assert mi["weighted_kappa"] == pytest.approx(0.4)
    assert (mi["positive_agreement"], mi["negative_agreement"]) == pytest.approx((2 / 3, 2 / 3))
    assert mi["prevalence_adjusted_kappa"] == pytest.approx(1 / 3)
    assert kind["agreement_by_value"] == pytest.approx({"x": 2 / 3, "y": 0, "z": 1})
    assert kind["weighted_kappa"] > kind["cohen_kappa"]
    assert [one["finding"] for one in said["findings"]] == ["MI", "kind"]
    assert said["findings"][0]["n_cases"] == 3


def test_what_is_not_defined_is_null_and_text_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "t.csv"
    file.write_text("case,reader,MI\n1,a,0\n1,b,0\n2,a,0\n2,b,0\n")
    _, said = asked(capsys, str(file))
    assert said["pairs"][0]["cohen_kappa"] is None
    assert said["pairs"][0]["interval"] == [None, None]
    assert main(["agreement", str(file)]) == 0
    text = capsys.readouterr().out
    assert "MI, a with b: kappa not defined, agreement 1.000 [0.158, 1.000], 2 cases" in text


def test_one_case_gives_no_interval_in_words_and_null_for_a_script(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "t.csv"
    file.write_text("case,reader,MI\n1,a,0\n1,b,1\n2,a,0\n")
    _, said = asked(capsys, str(file))
    (pair,), (everyone,) = said["pairs"], said["findings"]
    assert (pair["n"], pair["cohen_kappa"], pair["interval"]) == (1, 0, [None, None])
    assert everyone["fleiss_kappa"] == -1
    fields = [*pair.items(), *everyone.items()]
    intervals = [tuple(value) for name, value in fields if "interval" in name]
    assert intervals == [(None, None)] * 9
    assert main(["agreement", str(file)]) == 0
    text = capsys.readouterr().out
    assert "Fleiss' kappa −1.000 (no interval)" in text
    assert (
        "a with b: kappa 0.000 (no interval), agreement 0.000 (no interval), 1 case, too few for "
        "an interval"
    ) in text


def test_a_missing_file_and_a_table_that_is_none_are_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = asked(capsys, str(tmp_path / "none.csv"))
    assert status == 2
    assert "none.csv" in said["error"]
    (tmp_path / "t.csv").write_text("case,AF\n1,0\n")
    status, said = asked(capsys, str(tmp_path / "t.csv"))
    assert status == 2
    assert "no column reader" in said["error"]


def test_each_stratum_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["1,a,1,x", "1,b,1,x", "2,a,0,x", "2,b,0,x", "3,a,0,y", "3,b,1,y", "4,a,1,y", "4,b,0,y"]
    file = tmp_path / "t.csv"
    file.write_text("\n".join(["case,reader,MI,sure", *rows]))
    status, said = asked(capsys, str(file), "--by", "sure")
    assert (status, said["cases"], said["pairs"][0]["cohen_kappa"]) == (0, 4, 0)
    kappas = {one["sure"]: one["pairs"][0]["cohen_kappa"] for one in said["strata"]}
    assert kappas == {"x": 1, "y": -1}
    assert [one["cases"] for one in said["strata"]] == [2, 2]
    assert main(["agreement", str(file), "--by", "sure"]) == 0
    assert "sure y\nMI, all readers" in capsys.readouterr().out
