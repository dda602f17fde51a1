"""What a command does where nothing was chosen, and which choices it refuses."""

import argparse
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from ecgcore.commands import data, predict, report, study, train
from ecgcore.commands.explanations import explain
from ecgcore.commands.files import models
from ecgcore.errors import ModelError, RecordError
from ecgcore.predictions.decision import DecisionSettings
from ecgcore.settings import Settings
from tests.support.predictions import ensemble, prediction


def asked(add: Callable[[argparse.ArgumentParser], None], *arguments: str) -> dict[str, object]:
    parser = argparse.ArgumentParser()
    add(parser)
    return vars(parser.parse_args([str(argument) for argument in arguments]))


DECISION = {"calibration": "raw", "coverage": 90, "sensitivity": None}
RECORD = {"record": "7", "units": None, "fs_hz": None}
MANY = {**RECORD, "record": ["7"], "csv": None}


@pytest.mark.parametrize(
    ("add", "arguments", "usual"),
    [
        (predict.add_predict_arguments, ["7"], {**MANY, **DECISION, "task": "mi"}),
        (
            explain.add_arguments,
            ["7", "--arch", "a", "--set", "A", "--method", "ig", "--out", "x"],
            {"seed": "all", "method": "ig", "checks": False, "baseline": "normal_beat"},
        ),
        (predict.add_predict_all_arguments, [], {"jobs": None}),
        (
            report.add_arguments,
            ["7", "--out", "a.pdf"],
            {
                **RECORD, **DECISION, "paper": "A4", "layout": "3x4+1", "order": "standard",
                "lead": "II", "speed": 25.0, "gain": 10.0, "filter": "", "dpi": 300,
                "overlay": None, "arch": "cnn_bilstm", "train_set": "C", "seed": "all",
            },
        ),
        (
            data.add_arguments,
            ["fetch"],
            {"which": None, "base_url": None, "rate": 100, "workers": 16, "verify": False},
        ),
        (
            train.add_arguments,
            [],
            {
                "arch": None, "train_set": None, "seed": 0, "task": "mi", "epochs": None,
                "run_dir": None, "threads": None, "publish": False,
            },
        ),
        (study.add_study_arguments, ["status"], {"jobs": None, "only": [], "limit": None}),
        (study.add_evaluate_arguments, [], {"calibration": [], "task": "mi"}),
        (
            study.add_compare_arguments,
            [],
            {"test_set": "certain", "calibration": "raw", "metric": "auroc"},
        ),
    ],
)  # fmt: skip
def test_what_is_usual(add: Callable, arguments: list[str], usual: dict[str, object]) -> None:
    found = asked(add, *arguments)
    assert {name: found[name] for name in usual} == usual


@pytest.mark.parametrize(
    ("add", "arguments"),
    [
        (explain.add_arguments, ["7", "--method", "ig", "--out", "x", "--set", "A"]),
        (explain.add_arguments, ["7", "--method", "ig", "--out", "x", "--arch", "a"]),
        (report.add_arguments, ["7"]),
        (data.add_arguments, []),
    ],
)
def test_what_must_be_said(add: Callable, arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        asked(add, *arguments)


def chosen(**changed: object) -> SimpleNamespace:
    return SimpleNamespace(**{**DECISION, **changed})


@pytest.mark.parametrize(
    ("changed", "settings"),
    [
        ({}, DecisionSettings("raw", 0.1, None)),
        ({"coverage": 50}, DecisionSettings("raw", 0.5, None)),
        ({"coverage": 99.9}, DecisionSettings("raw", 0.001, None)),
        ({"sensitivity": 100}, DecisionSettings("raw", 0.1, 1.0)),
        ({"sensitivity": 0.1}, DecisionSettings("raw", 0.1, 0.001)),
        ({"calibration": "platt"}, DecisionSettings("platt", 0.1, None)),
    ],
)
def test_percentages_become_shares(changed: dict[str, object], settings: DecisionSettings) -> None:
    assert predict.asked_settings(chosen(**changed)) == settings


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"coverage": 49.9}, "--coverage is 49.9; 50 up to less than 100"),
        ({"coverage": 100}, "--coverage is 100"),
        ({"sensitivity": 0}, "--sensitivity is 0; above 0 up to 100"),
        ({"sensitivity": 100.1}, "--sensitivity is 100.1"),
    ],
)
def test_shares_that_are_none_are_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError) as refused:
        predict.asked_settings(chosen(**changed))
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(("dpi", "refused"), [(49, True), (50, False), (600, False), (601, True)])
def test_a_png_has_50_to_600_dots_an_inch(
    monkeypatch: pytest.MonkeyPatch, tmp_path, dpi: int, refused: bool
) -> None:
    class StopError(Exception):
        pass

    def stop(*_: object) -> None:
        raise StopError

    monkeypatch.setattr(report, "_content", stop)
    args = SimpleNamespace(out=tmp_path / "a.png", dpi=dpi)
    with pytest.raises(RecordError if refused else StopError):
        report.run_report(args, Settings.from_env())


@pytest.mark.parametrize(
    ("seeds", "calls", "verdict", "line"),
    [
        ((0.25,), True, None, "MI  25.0% (uncalibrated 20.0%), MI from 50.0%"),
        (
            (0.2, 0.3),
            False,
            "refer",
            "MI  25.0% (seeds 20.0% to 30.0%, uncalibrated 20.0%), no MI from 50.0%, verdict refer",
        ),
    ],
)
def test_an_ensembles_line(
    seeds: tuple[float, ...], calls: bool, verdict: str | None, line: str
) -> None:
    made = prediction(
        0.25, ensemble(), seeds=seeds, uncalibrated=0.2, calls_mi=calls, verdict=verdict
    )
    label, _, rest = models._line(made).partition("MI ")
    assert label == f"{made.ensemble.label:32} "
    assert f"MI {rest}" == line


def test_further_windows_are_those_behind_the_first_ten_seconds() -> None:
    import numpy as np

    from ecgcore.records import EcgRecord

    ramp = np.tile(np.arange(3500, dtype=np.float32), (12, 1))
    found = models._windows(EcgRecord("7", ramp, 100, "test"))
    assert [(start, part.n_samples, float(part.signal[0, 0])) for start, part in found] == [
        (10.0, 1000, 1000.0), (20.0, 1000, 2000.0),
    ]  # fmt: skip


@pytest.mark.parametrize(("steps", "name"), [("hp=0.5", "highpass_hz"), ("lp=150", "lowpass_hz")])
def test_a_filters_step_is_named(steps: str, name: str) -> None:
    assert getattr(report.parse_filter(steps), name) == float(steps.partition("=")[2])


@pytest.mark.parametrize(
    ("name", "number"), [("7", True), ("a7", False), ("1" * 100, True), ("1" * 101, False)]
)
def test_a_record_number_has_a_hundred_digits_at_most(name: str, number: bool) -> None:
    from ecgcore.commands.records import is_number

    assert is_number(name) is number
