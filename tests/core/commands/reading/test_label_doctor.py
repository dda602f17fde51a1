"""``label-doctor`` as a script sees it, on the synthetic set."""

import json

from ecgcore.cli import main


def asked(capsys, synthetic_dir, *arguments):
    status = main(["label-doctor", *arguments, "--data", str(synthetic_dir), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_one_statement_at_its_published_best_and_asked_limit(capsys, synthetic_dir):
    status, said = asked(capsys, synthetic_dir, "SBRAD", "--limit", "50")
    assert status == 0
    assert (said["n"], said["n_stated"], said["n_unmeasured"]) == (240, 28, 0)
    assert said["limits"]["published"]["kappa"] == 1
    at_50 = said["limits"]["asked"]
    missed = at_50["stated_not_measured"]
    assert (at_50["limit"], at_50["measured_not_stated"]) == (50, 0)
    assert at_50["sensitivity"] == (28 - missed) / 28 < 1
    assert [one["kappa"] for one in said["curve"] if one["limit"] == 60] == [1]


def test_without_a_statement_each_is_there_or_says_why_not(capsys, synthetic_dir):
    status, said = asked(capsys, synthetic_dir)
    assert (status, said["data"]) == (0, "synthetic set 1")
    problems = {one["statement"]: one.get("problem", "") for one in said["statements"]}
    assert len(problems) == 12
    assert "states no heart axis" in problems["LAD"]
    assert [key for key, problem in problems.items() if not problem] == ["SBRAD", "STACH"]


def test_a_statement_that_cannot_be_measured_is_refused(capsys, synthetic_dir):
    status, said = asked(capsys, synthetic_dir, "NORM")
    assert status == 2
    assert "“NORM” cannot be measured" in said["error"]
