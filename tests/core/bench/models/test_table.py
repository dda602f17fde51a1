"""How the speed of models is compared and judged; no test looks at how long something took."""

import argparse
import importlib
import sys
import types
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from ecgcore.bench.figure import Figure
from ecgcore.bench.models import contest as model_contest
from ecgcore.bench.models import forward as model_forward
from ecgcore.bench.models import references as model_references
from ecgcore.bench.models import serving as model_serving
from ecgcore.bench.models import table as model_table
from ecgcore.bench.models import training as model_training
from ecgcore.bench.models.contest import Contest, Effort, take_turns
from ecgcore.bench.models.references import find_transformers, version_of, with_their_mixers
from ecgcore.bench.models.table import run_models
from ecgcore.commands.bench import add_arguments, run_bench
from ecgcore.commands.jobs import train_command
from ecgcore.errors import JobError, ModelError
from ecgcore.jobs.processes import JobProcess
from ecgcore.models.architectures import CNN_LSTM
from ecgcore.models.networks.bimamba2 import BiMamba2, Mamba2
from ecgcore.models.predictor import Predictor
from ecgcore.ptbxl.catalog import load_catalog
from ecgcore.ptbxl.store import Recordings, open_recordings
from ecgcore.settings import Settings
from ecgcore.training.spec import STEP_FILE

SHORT = Effort(rounds=1, calls=1, parts=2, loop_records=4, opens=0)


class Config(types.SimpleNamespace):
    """Takes whatever transformers' configuration takes."""


class Mixer(Mamba2):
    """Has the names and the call of transformers' mixer."""

    def __init__(self, config: Config, layer_idx: int) -> None:
        super().__init__(
            config.hidden_size,
            config.state_size,
            config.conv_kernel,
            config.expand,
            config.head_dim,
        )
        self.config = config


MODELING = types.SimpleNamespace(__name__=__name__, Mamba2Config=Config, Mamba2Mixer=Mixer)


@pytest.fixture
def settings(tmp_path: Path, synthetic_dir: Path, untrained_dir: Path) -> Settings:
    return Settings(synthetic_dir, tmp_path, tmp_path, untrained_dir, tmp_path)


@pytest.fixture
def batch() -> model_training.Batch:
    inputs = torch.randn(2, 12, 1000, generator=torch.Generator().manual_seed(0))
    return model_training.Batch(inputs, torch.tensor([0.0, 1.0]))


# contests


def test_contenders_take_turns_after_two_that_do_not_count(monkeypatch) -> None:
    order: list[str] = []
    monkeypatch.setattr(model_contest, "elapsed_ms", lambda action: action() or 1.0)
    contest = take_turns({name: partial(order.append, name) for name in "ab"}, 3)
    assert "".join(order) == "abab" + "ab" + "ba" + "ab"
    assert {name: len(times) for name, times in contest.times_ms.items()} == {"a": 3, "b": 3}


def test_a_ratio_compares_times_of_the_same_round() -> None:
    drifting = Contest({"slow": np.array([2.0, 20.0, 600.0]), "fast": np.array([1.0, 10.0, 100.0])})
    ratio = drifting.ratio("slow", "fast")
    assert (ratio.median, ratio.low, ratio.high) == (2.0, 2.0, 4.0)
    assert drifting.median_ms("slow") == 20.0
    assert drifting.fastest(["slow", "fast"]) == "fast"


def test_steps_become_epochs_before_they_are_compared() -> None:
    steps = Contest({"big batch": np.array([200.0]), "small batch": np.array([150.0])})
    epochs = steps.scaled({"big batch": 88, "small batch": 176})
    assert epochs.median_ms("big batch") == 17_600.0
    assert epochs.ratio("big batch", "small batch").median == pytest.approx(2 / 3)


# transformers


def test_transformers_is_imported_without_kernels(tmp_path, monkeypatch) -> None:
    package = tmp_path / "fakeformers"
    package.mkdir()
    (package / "__init__.py").write_text("__version__ = '5.0'\n")
    (package / "mamba2.py").write_text(
        "try:\n import fakekernels as kernels\nexcept ImportError:\n kernels = None\n"
    )
    (tmp_path / "fakekernels.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(model_references, "_MODELING", "fakeformers.mamba2")
    monkeypatch.setattr(model_references, "_KERNELS", ("fakekernels",))
    try:
        modeling = find_transformers()
        assert modeling.kernels is None
        assert version_of(modeling) == "5.0"
        assert importlib.import_module("fakekernels") is not None
    finally:
        for name in ("fakeformers", "fakeformers.mamba2", "fakekernels"):
            sys.modules.pop(name, None)


def test_without_transformers_its_figures_are_skipped_with_the_command(monkeypatch, batch) -> None:
    monkeypatch.setattr(model_references, "_MODELING", "no_such_package.mamba2")
    assert find_transformers() is None
    assert version_of(None) == "not installed"
    figures = [
        *model_forward.forward_figures(BiMamba2(), batch.inputs, None, SHORT),
        *model_training.mamba_epoch_figures(batch, None, SHORT),
    ]
    assert len(figures) == 3
    for figure in figures:
        assert figure.passed
        assert figure.skipped
        assert f"pip install transformers=={model_references.TRANSFORMERS}" in figure.note


def test_their_mixers_take_our_weights_and_leave_our_network_alone() -> None:
    ours = BiMamba2().eval()
    theirs = with_their_mixers(ours, MODELING, 32)
    mixers = [module for module in theirs.modules() if isinstance(module, Mixer)]
    assert len(mixers) == 4
    assert {mixer.config.chunk_size for mixer in mixers} == {32}
    assert not any(isinstance(module, Mixer) for module in ours.modules())
    assert not theirs.training
    for name, tensor in ours.state_dict().items():
        assert torch.equal(theirs.state_dict()[name], tensor)


def test_mixers_with_other_parameters_are_refused() -> None:
    class Other(Mixer):
        def __init__(self, config: Config, layer_idx: int) -> None:
            super().__init__(config, layer_idx)
            self.more = nn.Parameter(torch.zeros(1))

    other = types.SimpleNamespace(Mamba2Config=Config, Mamba2Mixer=Other)
    with pytest.raises(RuntimeError, match="more"):
        with_their_mixers(BiMamba2(), other, 32)


@pytest.mark.filterwarnings("ignore")  # of transformers, which is not ours to mend
def test_the_real_mixer_gives_the_same_logits() -> None:
    pytest.importorskip("transformers", reason=model_references.INSTALL)
    ours = BiMamba2().eval()
    x = torch.randn(2, 12, 1000, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        theirs = with_their_mixers(ours, find_transformers(), 64)(x)
        torch.testing.assert_close(theirs, ours(x), rtol=0, atol=1e-5)


# networks


def test_forward_figures_name_the_largest_difference_and_one_promise(monkeypatch, batch) -> None:
    monkeypatch.setattr(model_forward, "bf16_is_fast", lambda: True)
    monkeypatch.setattr(model_contest, "_WARM_TURNS", 0)
    ours = BiMamba2().eval()
    gap, float32, bf16 = model_forward.forward_figures(ours, batch.inputs, MODELING, SHORT)
    assert (gap.value, gap.target) == (0.0, model_forward.LARGEST_DIFFERENCE)
    assert (float32.at_least, bf16.at_least) == (model_forward.PROMISE, None)
    assert "chunks of" in float32.note


def test_a_step_trains_and_augments_only_where_asked(monkeypatch, batch) -> None:
    augmented: list[int] = []
    monkeypatch.setattr(
        model_training, "augment", lambda inputs, *_: augmented.append(len(inputs)) or inputs
    )
    for spec in (None, object()):
        model = CNN_LSTM.build()
        before = [p.detach().clone() for p in model.parameters()]
        loss = model_training.Trainee(model, "none", batch, spec).step()()
        assert 0 < loss < 10
        assert all(not torch.equal(p, q) for p, q in zip(before, model.parameters(), strict=True))
    assert augmented == [2]


def test_an_epoch_has_as_many_steps_as_full_batches(monkeypatch, batch) -> None:
    monkeypatch.setattr(
        model_training, "take_turns", lambda steps, _: Contest({k: np.ones(1) for k in steps})
    )
    trainee = partial(model_training.Trainee, nn.Linear(1, 1), "none", spec=None)
    contest = model_training.epochs(
        {"two": trainee(batch=batch), "one": trainee(batch=batch.first(1))}, 1
    )
    assert (contest.median_ms("two"), contest.median_ms("one")) == (2822.0, 5645.0)


@pytest.mark.parametrize(("speedups", "n_figures"), [("none", 1), ("bf16", 3)])
def test_epochs_promise_what_this_machine_trains_with(
    monkeypatch, batch, speedups: str, n_figures: int
) -> None:
    monkeypatch.setattr(model_training, "resolved", lambda *_: speedups)
    monkeypatch.setattr(model_training, "CHUNKS", (32,))
    monkeypatch.setattr(model_contest, "_WARM_TURNS", 0)
    mamba = list(model_training.mamba_epoch_figures(batch, MODELING, SHORT))
    cnn = list(model_training.cnn_epoch_figures(batch, SHORT))
    assert [one.at_least for one in mamba] == [2.5, None, None][:n_figures]
    assert [one.target for one in cnn] == [0.5, None, None][:n_figures]
    assert all(one.value > 0 for one in (*mamba, *cnn))
    words = {"none": "float32", "bf16": "bfloat16"}[speedups]
    assert words in mamba[0].name
    assert words in cnn[0].name


# what a reader waits for


def predictors_of(untrained_entries) -> list[Predictor]:
    return [Predictor.open(untrained_entries[arch]) for arch in ("cnn_bilstm", "bimamba2")]


def test_one_record_is_promised_for_the_dashboards_way(
    untrained_entries, synthetic_recordings
) -> None:
    predictors = predictors_of(untrained_entries)
    record = synthetic_recordings.read(int(synthetic_recordings.catalog.frame.index[0]))
    figures = list(model_serving.one_record_figures(predictors, record, SHORT))
    assert [one.target for one in figures] == [25.0, None, None]
    assert all("2 models" in one.name and "processor" in one.note for one in figures)


def test_all_records_go_through_blocks_and_some_through_loops(
    monkeypatch, untrained_entries, synthetic_recordings
) -> None:
    asked: dict[str, list[int]] = {"blocks": [], "loops": []}
    monkeypatch.setattr(
        model_serving, "_predict_blocks", lambda *args: asked["blocks"].extend(args[-1])
    )
    monkeypatch.setattr(model_serving, "_loop", lambda *args: asked["loops"].extend(args[-1]))
    predictor = predictors_of(untrained_entries)[0]
    promised, ours = model_serving.whole_set_figures(predictor, synthetic_recordings, SHORT)
    assert (promised.at_least, ours.at_least) == (10.0, None)
    assert asked["blocks"] == list(synthetic_recordings.catalog.frame.index)
    assert len(asked["loops"]) == 3 * SHORT.loop_records
    assert "no store is built" in promised.note


def test_both_ways_give_the_same_logits(untrained_entries, synthetic_recordings) -> None:
    predictor = predictors_of(untrained_entries)[0]
    ids = [int(ecg_id) for ecg_id in synthetic_recordings.catalog.frame.index[:3]]
    said: list[np.ndarray] = []
    listening = types.SimpleNamespace(
        preprocessing=predictor.preprocessing,
        logits=lambda inputs: said.append(predictor.logits(inputs)) or said[-1],
    )
    read = partial(model_serving._read_by_wfdb, synthetic_recordings.catalog)
    model_serving._loop(listening, read, ids)
    (block,) = model_serving._predict_blocks(predictor, synthetic_recordings, ids)
    np.testing.assert_allclose(np.concatenate(said), block, atol=1e-4)


def test_a_loop_needs_files(monkeypatch, untrained_entries, synthetic_recordings) -> None:
    monkeypatch.setattr(Recordings, "available", lambda self, ids: [])
    predictor = predictors_of(untrained_entries)[0]
    (figure,) = model_serving.whole_set_figures(predictor, synthetic_recordings, SHORT)
    assert (figure.skipped, figure.note) == (True, "needs WFDB files")


OPENING = Effort(opens=4)
FAILS = "raise SystemExit('no data')"
STEPS = f"import pathlib, time; pathlib.Path(r'RUN', '{STEP_FILE}').write_text('a step')"


def opened(
    monkeypatch, settings: Settings, recordings: Recordings, script: str, *, to_the_end: bool
) -> tuple[list[Figure], JobProcess]:
    """Open records beside a process that runs this script, and perhaps until that ends."""
    started: list[JobProcess] = []
    spawn, open_all = model_serving.spawn, model_serving._open_all

    def start(*args, **kwargs) -> JobProcess:
        started.append(spawn(*args, **kwargs))
        return started[0]

    def open_and_wait(*args) -> list[float]:
        if started and to_the_end:
            assert started[0]._wait(30.0)
        return open_all(*args)

    def command(run_dir: Path) -> list[str]:
        return [sys.executable, "-c", script.replace("RUN", str(run_dir))]

    monkeypatch.setattr(model_serving, "spawn", start)
    monkeypatch.setattr(model_serving, "_open_all", open_and_wait)
    monkeypatch.setattr(model_serving, "_PAUSE_S", 0.0)
    figures = list(model_serving.opening_figures(settings, [], recordings, OPENING, command))
    return figures, started[0]


def test_records_are_opened_beside_a_training_that_ends_with_the_figures(
    monkeypatch, settings, synthetic_recordings
) -> None:
    figures, process = opened(
        monkeypatch, settings, synthetic_recordings, f"{STEPS}; time.sleep(60)", to_the_end=False
    )
    assert [one.target for one in figures] == [1.5, None, None]
    assert "4 records each" in figures[0].note
    assert process.ended()


@pytest.mark.parametrize(("script", "words"), [(FAILS, "no data"), (STEPS, "too early")])
def test_a_training_that_ends_too_early_is_a_failure(
    monkeypatch, settings, synthetic_recordings, script: str, words: str
) -> None:
    (figure,), _ = opened(monkeypatch, settings, synthetic_recordings, script, to_the_end=True)
    assert not figure.passed
    assert "ended too early" in figure.note
    assert words in figure.note


def test_a_training_without_steps_is_given_up(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(model_serving, "_START_LIMIT_S", 0.0)
    with pytest.raises(JobError, match="no step within 0 s"):
        model_serving._wait_for(tmp_path / "step.json", lambda: None)


def test_no_training_where_its_records_are_missing(
    monkeypatch, settings, synthetic_recordings
) -> None:
    monkeypatch.setattr(model_serving, "missing_ids", lambda *_: [1, 2])
    opening = model_serving.opening_figures(
        settings, [], synthetic_recordings, OPENING, never_trained
    )
    (figure,) = opening
    assert figure.skipped
    assert figure.note == "needs the 2 records of training set A that are not here"


def test_the_slow_end_beside_a_training_is_judged() -> None:
    judged = [
        next(model_serving._beside("opening", [10.0] * 20, [10.0] * 18 + [slow] * 2)).passed
        for slow in (14.0, 16.0)
    ]
    assert judged == [True, False]


# the whole


def never_trained(run_dir: Path) -> list[str]:
    raise AssertionError(f"nothing is trained in {run_dir}")


def test_the_report_says_what_it_was_measured_on(monkeypatch, settings) -> None:
    slow = Figure("slow", 1.0, "times", at_least=1.8)
    for name in ("_network_figures", "_reader_figures"):
        monkeypatch.setattr(model_table, name, lambda *_: iter([slow]))
    monkeypatch.setattr(model_table, "find_transformers", lambda: None)
    report = run_models(settings, train=never_trained, quick=True)
    assert not report.passed
    shown, plain = report.as_text(), report.as_json()
    assert "1 thread of torch" in shown
    assert "transformers not installed" in shown
    assert shown.count("MISSED") == 2
    assert (plain["threads"], plain["passed"]) == (1, False)
    assert plain["figures"][0]["at_least"] == 1.8


def test_every_promise_has_its_figure(monkeypatch, settings) -> None:
    monkeypatch.setattr(model_table, "find_transformers", lambda: MODELING)
    monkeypatch.setattr(model_table, "_BATCH", 2)
    for name in ("_predict_blocks", "_loop"):
        monkeypatch.setattr(model_serving, name, lambda *_: None)
    monkeypatch.setattr(model_training, "resolved", lambda *_: "none")
    monkeypatch.setattr(model_training, "CHUNKS", (32,))
    monkeypatch.setattr(model_forward, "CHUNKS", (32,))
    monkeypatch.setattr(model_contest, "_WARM_TURNS", 0)
    figures = run_models(settings, train=never_trained, effort=SHORT).figures
    promised = [(one.target, one.at_least) for one in figures if one.target or one.at_least]
    assert promised == [
        (1e-3, None),
        (None, 1.8),
        (None, 2.5),
        (0.5, None),
        (25.0, None),
        (None, 10.0),
        (1.5, None),
    ]
    assert [one.name for one in figures if one.value is None] == [
        "opening a record beside a training: p95 over that alone"
    ]


def test_without_models_the_bench_says_what_to_do(settings, tmp_path) -> None:
    empty = Settings(settings.data_dir, tmp_path, tmp_path, tmp_path / "none", tmp_path)
    with pytest.raises(ModelError, match="Restore that folder"):
        run_models(empty, train=never_trained)


def test_the_command_passes_its_choices_on(monkeypatch, settings) -> None:
    given: dict[str, object] = {}
    report = types.SimpleNamespace(passed=True, as_json=dict, as_text=lambda: "fine")
    monkeypatch.setattr(model_table, "run_models", lambda _, **kw: given.update(kw) or report)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    chosen = ["models", "--quick", "--threads", "2"]
    assert run_bench(parser.parse_args(chosen), settings) == (0, {}, "fine")
    assert given == {"train": train_command, "quick": True, "threads": 2}
    with pytest.raises(ModelError, match="1 or more"):
        run_bench(parser.parse_args(["models", "--threads", "0"]), settings)


def test_the_synthetic_set_has_what_a_training_needs(synthetic_dir) -> None:
    recordings = open_recordings(load_catalog(synthetic_dir))
    assert model_serving._no_training(recordings, OPENING) is None
