"""The study's runs: their order, what is done and what is stale, stop, go on, failure, locks."""

import dataclasses
import json
import os
import shutil
import signal
import sys
import time
from collections import Counter, deque
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock, Timeout

from ecgcore.cli import main
from ecgcore.commands.study import _terminated_like_interrupted
from ecgcore.errors import JobError
from ecgcore.jobs import progress
from ecgcore.jobs.processes import spawn
from ecgcore.models.architectures import ARCHITECTURES
from ecgcore.models.cards import WEIGHTS_FILE, ModelCard, Preprocessing, file_sha256
from ecgcore.ptbxl import label_groups
from ecgcore.ptbxl.catalog import Catalog, load_catalog
from ecgcore.ptbxl.store import build_store
from ecgcore.settings import Settings
from ecgcore.study import plan as study_module
from ecgcore.study import runner
from ecgcore.study.neighbours.runs import recipe_of
from ecgcore.study.plan import (
    PROCESS_FILE,
    RUNS,
    STUDY,
    RunState,
    Study,
    StudyRun,
    chosen_runs,
    running_process,
    study_status,
)
from ecgcore.study.runner import LOG_FILE, run_study
from ecgcore.tasks import mi as mi_task
from ecgcore.tasks.challenge24 import CHALLENGE24
from ecgcore.tasks.rhythm6 import RHYTHM6
from ecgcore.training.spec import PROGRESS_FILE, SPEC_FILE, TrainSpec
from ecgcore.training.submit import expected_seconds

RECIPE = {"epochs": 2, "batch_size": 8}
RUN, OTHER = StudyRun("cnn_bilstm", "A", 0, RECIPE), StudyRun("bimamba2", "D", 1, RECIPE)
PREPROCESSING = Preprocessing(0.5, zero_phase=True, mean_mv=(0.0,) * 12, std_mv=(1.0,) * 12)

FINISH = "import shutil, sys; shutil.copytree(sys.argv[1], sys.argv[2], dirs_exist_ok=True)"
WHEN_TOLD = f"""
import pathlib, sys, time
while not pathlib.Path(sys.argv[3], "go").exists():
    time.sleep(0.01)
{FINISH}
"""
FAIL = "print('first words'); print('the last words'); raise SystemExit(2)"
ONE_EPOCH_THEN_WAIT = """
import json, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
(folder / "checkpoint.safetensors").write_text("after epoch 1")
event = {"event": "epoch", "epoch": 1, "train_loss": 1, "val_loss": 1, "val_auroc": 0.75}
(folder / "progress.jsonl").write_text(json.dumps(event | {"seconds": 30}) + "\\n")
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _quick_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_POLL_S", 0.02)


@pytest.fixture
def study(synthetic_catalog: Catalog, tmp_path: Path) -> Study:
    """The synthetic records, called real so that their models are published."""
    catalog = dataclasses.replace(synthetic_catalog, synthetic=False, version="made up")
    return Study(catalog, tmp_path / "runs" / "study", tmp_path / "pretrained")


def finished_model(study: Study, run: StudyRun, folder: Path, **changes: Any) -> Path:
    """Write what a training of `run` would leave."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS_FILE).write_bytes(b"weights")
    ids = mi_task.training_ids(study.catalog.frame, run.train_set, run.seed)
    card = ModelCard(
        key=run.key,
        n_parameters=1,
        data_version=study.catalog.version,
        data_fingerprint=label_groups.fingerprint(ids),
        n_train=len(ids),
        n_train_mi=1,
        n_val=1,
        preprocessing=PREPROCESSING,
        recipe=run.spec(study.catalog.folder).recipe,
        epochs_run=2,
        best_epoch=1,
        metrics=(("val_auroc", 0.875),),
        weights_sha256=file_sha256(folder / WEIGHTS_FILE),
        code_version="0",
        created="2026-11-21T00:00:00+00:00",
    )
    dataclasses.replace(card, **changes).save(folder)
    return folder


class Trainer:
    """Stands for the training command: each run finishes at once, but for those told otherwise."""

    def __init__(self, study: Study, tmp_path: Path, **scripts: str) -> None:
        self.study, self.made, self.scripts = study, tmp_path / "made", scripts
        self.begun: list[str] = []
        self.threads: set[int] = set()

    def __call__(self, run_dir: Path, publish: bool, threads: int) -> list[str]:
        assert publish
        self.threads.add(threads)
        spec = TrainSpec.load(run_dir)
        self.begun.append(run_dir.name)
        if script := self.scripts.get(spec.arch):
            return [sys.executable, "-c", script, str(run_dir)]
        run = StudyRun(spec.arch, spec.train_set, spec.seed, RECIPE)
        made = finished_model(self.study, run, self.made / run_dir.name)
        return [sys.executable, "-c", FINISH, str(made), str(self.study.target(run))]


def trained(study: Study, *runs: StudyRun, command: Any, jobs: int = 2, **options: Any):
    return run_study(study, runs, jobs=jobs, env=os.environ, command=command, **options)


def test_the_study_has_its_runs_and_whole_seeds_first():
    counts = Counter((run.arch, run.train_set) for run in STUDY)
    for arch in ("cnn_bilstm", "bimamba2"):
        assert [counts[arch, name] for name in ("A", "C", "D", "D-mix")] == [5, 5, 5, 3]
    assert counts["cnn_bilstm", "C-multi"] == 5
    assert [counts["cnn_lstm", name] for name in ("A", "C", "D", "D-mix")] == [3, 3, 3, 0]
    assert len({run.key for run in STUDY}) == len(STUDY)
    assert [run.seed for run in STUDY] == sorted(run.seed for run in STUDY)
    firsts = [run.arch for run in STUDY if run.seed == 0]
    assert firsts.index("bimamba2") > max(i for i, a in enumerate(firsts) if a == "cnn_bilstm")
    assert all(run.recipe["seed_exact"] for run in STUDY if run.arch == "cnn_lstm")


def test_the_plan_has_the_neighbours_runs():
    counts = Counter((run.task, run.arch, run.train_set) for run in RUNS)
    for name in ("I", "II", "III", "IV"):
        assert counts["rhythm6", "ribeiro_small", name] == 3
        assert counts["rhythm6", "ribeiro_small_attention", name] == 3
    for arch in ("cnn_alone", "cnn_1lstm", "cnn_gru", "cnn_bilstm"):
        assert counts["subclasses", arch, "all"] == 3
    for arch in ("cnn_alone_wide", "cnn_2lstm", "cnn_2gru", "cnn_2bilstm"):
        assert counts["subclasses", arch, "all"] == 2
    for arch in ("se_resnet_small", "se_resnet_leads", "se_resnet_signal"):
        assert counts["challenge24", arch, "all"] == 3
    for name in ("A+", "C+", "D+"):
        assert counts["mi_all_comers", "cnn_bilstm", name] == 5
    assert counts["statements71", "resnet_bilstm", "all"] == 5
    assert counts["statements71", "s4d", "all"] == 2
    assert len({run.key for run in RUNS}) == len(RUNS)
    assert not any(ARCHITECTURES[run.arch].needs_gpu for run in RUNS)


def test_an_architecture_of_a_task_knows_its_recipe_better_than_the_task():
    assert recipe_of(ARCHITECTURES["se_resnet"], CHALLENGE24)["epochs"] == 70
    assert recipe_of(ARCHITECTURES["se_resnet_small"], CHALLENGE24)["epochs"] == 16
    assert recipe_of(ARCHITECTURES["cnn_lstm"], CHALLENGE24)["epochs"] == 16


def test_a_run_of_another_task_is_done_by_its_own_records(study: Study):
    run = StudyRun("cnn_bilstm", "I", 1, RECIPE, task="rhythm6")
    ids = RHYTHM6.train_set("I").choose(study.catalog, "train", 1)
    same, metrics = label_groups.fingerprint(ids), (("val_macro_auroc", 0.5),)
    target = study.target(run)
    finished_model(study, RUN, target, key=run.key, data_fingerprint=same, metrics=metrics)
    (row,) = study.status([run])
    assert (row.run, row.state, row.val_auroc) == ("rhythm6-cnn_bilstm-I-seed1", RunState.DONE, 0.5)
    assert study.n_train(run) == len(ids)
    assert run.spec(Path("x")).task == "rhythm6"


def test_runs_are_chosen_by_architecture_set_and_seed():
    assert chosen_runs([]) == RUNS
    assert RUNS[: len(STUDY)] == STUDY
    assert {run.arch for run in chosen_runs(["bimamba2"])} == {"bimamba2"}
    assert [run.seed for run in chosen_runs(["bimamba2-D-mix"])] == [0, 1, 2]
    chosen = chosen_runs(["cnn_bilstm-D-0", "bimamba2-D-mix-2", "cnn_bilstm-A-seed4"])
    assert [run.key.run_name for run in chosen] == [
        "cnn_bilstm-D-seed0",
        "bimamba2-D-mix-seed2",
        "cnn_bilstm-A-seed4",
    ]
    assert {run.task for run in chosen_runs(["rhythm6"])} == {"rhythm6"}
    assert len(chosen_runs(["cnn_bilstm"])) == 23, "the study's own are meant"
    assert [run.seed for run in chosen_runs(["subclasses-cnn_bilstm-soft"])] == [0, 1, 2]
    with pytest.raises(JobError, match=r"no run resnet, cnn_bilstm-A-9\. .*cnn_bilstm-A-0"):
        chosen_runs(["resnet", "cnn_bilstm", "cnn_bilstm-A-9"])


def test_what_is_missing_is_trained_and_what_is_done_is_skipped(study: Study, tmp_path: Path):
    finished_model(study, RUN, study.target(RUN))
    trainer = Trainer(study, tmp_path)
    said: list[str] = []
    report = trained(study, RUN, OTHER, command=trainer, say=said.append)
    assert (report.trained, report.skipped) == (("bimamba2-D-seed1",), ("cnn_bilstm-A-seed0",))
    assert trainer.begun == ["bimamba2-D-seed1"]
    assert said == [
        "1 of 2 runs are done",
        "bimamba2-D-seed1  begins",
        "bimamba2-D-seed1  done",
    ]
    assert TrainSpec.load(study.runs_dir / "bimamba2-D-seed1") == OTHER.spec(study.catalog.folder)
    assert trained(study, RUN, OTHER, command=trainer).trained == ()
    assert [row.state for row in study.status([RUN, OTHER])] == [RunState.DONE] * 2


@pytest.mark.parametrize(("jobs", "threads"), [(1, 4), (2, 2), (3, 1), (9, 1)])
def test_trainings_side_by_side_share_the_cores(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int, threads: int
):
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    trainer = Trainer(study, tmp_path)
    trained(study, RUN, command=trainer, jobs=jobs)
    assert trainer.threads == {threads}


@pytest.mark.parametrize(
    "changes",
    [
        {"data_fingerprint": "0" * 16},
        {"data_version": "PTB-XL 9"},
        {"weights_sha256": "0" * 64},
        {"recipe": (("epochs", "3"),)},
        {"key": OTHER.key},
    ],
)
def test_a_model_of_another_recipe_or_data_is_stale(study: Study, changes: dict[str, Any]):
    finished_model(study, RUN, study.target(RUN), **changes)
    assert not study.is_done(RUN)
    assert study.status([RUN])[0].state == RunState.STALE


def test_a_changed_recipe_trains_again_in_a_folder_of_its_own(study: Study, tmp_path: Path):
    before = dataclasses.replace(RUN, recipe={**RECIPE, "epochs": 1})
    before.spec(study.catalog.folder).save(study.run_dir(before))
    finished_model(study, before, study.target(RUN))
    assert study.is_done(before)
    assert study.run_dir(RUN).name == "cnn_bilstm-A-seed0-2"
    assert trained(study, RUN, command=Trainer(study, tmp_path)).trained
    assert study.is_done(RUN)
    assert not study.is_done(before)
    assert study.run_dir(before).name == "cnn_bilstm-A-seed0"
    assert TrainSpec.load(study.runs_dir / "cnn_bilstm-A-seed0-2").epochs == 2


def test_a_run_whose_speedups_the_machine_chose_is_the_same_run(study: Study):
    wished = RUN.spec(study.catalog.folder)
    assert wished.speedups == "auto"
    chosen = dataclasses.replace(wished, speedups="bf16")
    chosen.save(study.run_dir(RUN))
    assert study.run_dir(RUN).name == "cnn_bilstm-A-seed0"
    finished_model(study, RUN, study.target(RUN), recipe=chosen.recipe)
    assert study.is_done(RUN)
    exact = dataclasses.replace(RUN, recipe={**RECIPE, "speedups": "none"})
    assert study.run_dir(exact).name == "cnn_bilstm-A-seed0-2"
    assert not study.is_done(exact)


def test_a_finished_run_says_how_long_it_took_also_on_another_machine(study: Study):
    finished_model(study, RUN, study.target(RUN))
    (row,) = study.status([RUN])
    assert (row.state, row.val_auroc, row.minutes) == (RunState.DONE, 0.875, None)
    finished_model(
        study, RUN, study.target(RUN), metrics=(("val_auroc", 0.875), ("train_minutes", 4.25))
    )
    assert study.status([RUN])[0].minutes == 4.25


def test_a_damaged_spec_is_left_alone(study: Study):
    folder = study.run_dir(RUN)
    folder.mkdir(parents=True)
    (folder / SPEC_FILE).write_text("{")
    assert study.run_dir(RUN).name == "cnn_bilstm-A-seed0-2"


def test_one_failure_is_told_and_does_not_stop_the_others(study: Study, tmp_path: Path):
    trainer = Trainer(study, tmp_path, cnn_bilstm=FAIL)
    folder = study.run_dir(RUN)
    folder.mkdir(parents=True)
    (folder / LOG_FILE).write_text("of an earlier try\n")
    report = trained(study, RUN, OTHER, command=trainer, jobs=1)
    assert report.failed == (("cnn_bilstm-A-seed0", "the last words"),)
    assert report.trained == ("bimamba2-D-seed1",)
    assert report.as_text() == "1 trained, 1 failed\ncnn_bilstm-A-seed0: the last words"
    assert report.as_json()["failed"] == {"cnn_bilstm-A-seed0": "the last words"}


def test_a_silent_end_is_a_failure_too(study: Study, tmp_path: Path):
    (study.runs_dir / RUN.key.run_name).mkdir(parents=True)
    (study.runs_dir / RUN.key.run_name / LOG_FILE).write_text("of an earlier try\n")
    silent = Trainer(study, tmp_path, cnn_bilstm="raise SystemExit(3)")
    assert trained(study, RUN, command=silent).failed[0][1] == "ended with exit status 3"
    wrong = trained(study, RUN, command=lambda folder, publish, threads: ["/no/such/program"])
    assert "could not be started" in wrong.failed[0][1]


def test_a_stopped_study_ends_its_processes_and_goes_on_next_time(study: Study, tmp_path: Path):
    pids: list[int] = []

    def stop_after_an_epoch(line: str) -> None:
        if "epoch 1/2" in line:
            assert line == "cnn_bilstm-A-seed0  epoch 1/2  val AUROC 0.7500  30 s"
            assert study.status([RUN])[0].state_words == "running epoch 2/2"
            pids.append(running_process(study.run_dir(RUN)).pid)
            raise KeyboardInterrupt

    waits = Trainer(study, tmp_path, cnn_bilstm=ONE_EPOCH_THEN_WAIT)
    with pytest.raises(KeyboardInterrupt):
        trained(study, RUN, command=waits, say=stop_after_an_epoch)
    assert running_process(study.run_dir(RUN)) is None
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
    row = study.status([RUN])[0]
    assert (row.state_words, row.val_auroc, row.minutes) == ("stopped at epoch 1/2", 0.75, 0.5)
    assert row.seconds_left == pytest.approx(30)
    assert (study.run_dir(RUN) / "checkpoint.safetensors").read_text() == "after epoch 1"
    said: list[str] = []
    again = Trainer(study, tmp_path)
    assert trained(study, RUN, command=again, say=said.append).trained == (RUN.key.run_name,)
    assert again.begun == ["cnn_bilstm-A-seed0"]
    assert "cnn_bilstm-A-seed0  goes on after epoch 1" in said


def test_two_studies_do_not_train_the_same_run(study: Study, tmp_path: Path):
    study.runs_dir.mkdir(parents=True)
    lock = FileLock(study.runs_dir / "cnn_bilstm-A-seed0.lock", timeout=0)
    lock.acquire()
    trainer = Trainer(study, tmp_path)
    report = trained(study, RUN, OTHER, command=trainer)
    assert report.elsewhere == ("cnn_bilstm-A-seed0",)
    assert trainer.begun == ["bimamba2-D-seed1"]
    lock.release()
    assert trained(study, RUN, command=trainer).trained == ("cnn_bilstm-A-seed0",)


@pytest.mark.parametrize("old_mark", [False, True])
def test_a_training_that_outlived_its_study_is_watched(
    study: Study, tmp_path: Path, old_mark: bool
):
    folder = study.run_dir(RUN)
    RUN.spec(study.catalog.folder).save(folder)
    made = finished_model(study, RUN, tmp_path / "made")
    command = [sys.executable, "-c", WHEN_TOLD, str(made), str(study.target(RUN)), str(folder)]
    left = spawn(command, cwd=tmp_path, log_path=folder / LOG_FILE, env=os.environ)
    mark = "of version 1" if old_mark else left.started
    progress.append(folder / PROCESS_FILE, {"pid": left.pid, "started": mark})
    trainer = Trainer(study, tmp_path)

    def tell(line: str) -> None:
        if line.endswith("begins"):
            (folder / "go").touch()

    report = trained(study, RUN, command=trainer, say=tell)
    assert report.trained == ("cnn_bilstm-A-seed0",)
    assert trainer.begun == []


def test_an_old_mark_is_not_taken_for_a_process_that_trains_something_else(study: Study):
    folder = study.run_dir(RUN)
    RUN.spec(study.catalog.folder).save(folder)
    progress.append(folder / PROCESS_FILE, {"pid": os.getpid(), "started": "of version 1"})
    assert running_process(folder) is None


def test_a_finished_run_is_published_without_training(study: Study, tmp_path: Path):
    folder = study.run_dir(RUN)
    RUN.spec(study.catalog.folder).save(folder)
    finished_model(study, RUN, folder)
    trainer = Trainer(study, tmp_path)
    assert trained(study, RUN, command=trainer).trained == ("cnn_bilstm-A-seed0",)
    assert trainer.begun == []
    assert study.is_done(RUN)


def test_limit_and_jobs(study: Study, tmp_path: Path):
    trainer = Trainer(study, tmp_path)
    report = trained(study, OTHER, RUN, command=trainer, limit=1)
    assert (report.trained, report.left) == (("bimamba2-D-seed1",), ("cnn_bilstm-A-seed0",))
    with pytest.raises(JobError, match="--jobs is 0; 1 or more"):
        trained(study, RUN, command=trainer, jobs=0)
    with pytest.raises(JobError, match="--limit is 0; 1 or more"):
        trained(study, RUN, command=trainer, limit=0)


def test_a_folder_that_cannot_be_made_is_named(study: Study, tmp_path: Path):
    study.runs_dir.parent.write_text("a file")
    with pytest.raises(JobError, match=r"study cannot be written .* ECG_RUNS_DIR"):
        trained(study, RUN, command=Trainer(study, tmp_path))


def test_time_left_follows_from_what_was_measured_here(study: Study):
    waiting = study.status([RUN])[0]
    assert waiting.state == RunState.WAITING
    expected = expected_seconds("cnn_bilstm", study.n_train(RUN), 2)
    assert waiting.seconds_left == pytest.approx(expected)
    sibling = dataclasses.replace(RUN, seed=1)
    sibling.spec(study.catalog.folder).save(study.run_dir(sibling))
    event = {"event": "epoch", "epoch": 1, "train_loss": 1, "val_loss": 1, "val_auroc": 0.5}
    progress.append(study.run_dir(sibling) / PROGRESS_FILE, {**event, "seconds": 100.0})
    status = study_status(study, [RUN, sibling], jobs=2)
    assert [row.seconds_left for row in status.rows] == pytest.approx([200, 100])
    assert status.hours_left == pytest.approx(200 / 3600), "one run is never shared by two"
    assert status.counts == {"stopped": 1, "waiting": 1}
    assert status.as_text().endswith(
        "made up: 1 stopped, 1 waiting; at most 0.1 h left with 2 processes"
    )
    assert json.loads(json.dumps(status.as_json()))["runs"][1]["state"] == "stopped"


def test_synthetic_records_are_not_trained_unasked(synthetic_dir: Path, tmp_path: Path):
    nowhere = tmp_path / "none"
    settings = Settings(None, nowhere, synthetic_dir, tmp_path / "pretrained", tmp_path / "runs")
    with pytest.raises(JobError, match="PTB-XL is not here"):
        Study.open(settings)


def test_sigterm_ends_a_study_like_ctrl_c():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), _terminated_like_interrupted():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.timeout(400)  # trains in a process of low priority
def test_from_the_command_line_to_a_finished_model(
    synthetic_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """A real training of one epoch on the synthetic records, then nothing left to do."""
    data = shutil.copytree(synthetic_dir, tmp_path / "data")
    build_store(load_catalog(data))
    monkeypatch.setenv("ECG_PRETRAINED_DIR", str(tmp_path / "pretrained"))
    monkeypatch.setenv("ECG_RUNS_DIR", str(tmp_path / "runs"))
    run = StudyRun("cnn_bilstm", "A", 0, {"epochs": 1, "speedups": "none"})
    monkeypatch.setattr(study_module, "RUNS", (run,))
    asked = ["--data", str(data), "--only", "cnn_bilstm-A"]
    assert main(["study", "run", *asked]) == 0
    printed = capsys.readouterr()
    assert printed.out == "1 trained\n"
    assert "cnn_bilstm-A-seed0  epoch 1/1  val AUROC " in printed.err
    assert main(["study", "run", *asked, "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["skipped"] == ["cnn_bilstm-A-seed0"]
    assert printed.err == ""
    assert main(["study", "status", *asked]) == 0
    table = capsys.readouterr().out
    assert "cnn_bilstm-A-seed0        done" in table
    assert "1 done; at most 0.0 h left" in table
    assert main(["study", "status", *asked, "--jobs", "0"]) == 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_no_more_trainings_at_once_than_asked_for(study: Study, jobs: int):
    at_once: list[int] = []

    class Counting(runner._Runner):
        def _begin(self, run: StudyRun) -> None:
            self.active.append(run)
            at_once.append(len(self.active))

        def _watch(self) -> None:
            self.active.pop()

        def _stop(self) -> None: ...

    runs = [dataclasses.replace(RUN, seed=seed) for seed in range(4)]
    Counting(study, {}, 1, lambda *_: None, Trainer, deque(runs)).run(jobs)
    assert (len(at_once), max(at_once)) == (4, jobs)


def test_a_run_stays_locked_while_it_trains(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    locked: list[bool] = []
    sleep = time.sleep

    def look(seconds: float) -> None:
        try:
            with FileLock(study.runs_dir / "cnn_bilstm-A-seed0.lock", timeout=0):
                locked.append(False)
        except Timeout:
            locked.append(True)
        sleep(seconds)

    monkeypatch.setattr(runner.time, "sleep", look)
    wait = Trainer(study, tmp_path, cnn_bilstm="import time; time.sleep(0.3)")
    trained(study, RUN, command=wait, jobs=1)
    assert locked
    assert all(locked)
