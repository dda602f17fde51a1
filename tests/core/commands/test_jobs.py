"""The command lines of background processes are ones that the command line understands."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ecgcore.cli import parser
from ecgcore.commands.jobs import JOB_COMMANDS, study_command
from ecgcore.jobs.store import Job, JobStatus

JOB = Job(
    id=7,
    kind="training",
    run_dir=Path("/runs/7"),
    title="a run",
    payload={},
    status=JobStatus.RUNNING,
    created_at=datetime(2026, 11, 28, tzinfo=UTC),
    started_at=None,
    finished_at=None,
    process=None,
    message="",
    cancel_requested=False,
)


def test_a_training_job_trains_its_run_folder():
    assert set(JOB_COMMANDS) == {"training", "audit"}
    command = JOB_COMMANDS["training"](JOB)
    assert command == [sys.executable, "-m", "ecgcore", "train", "--run-dir", "/runs/7"]


@pytest.mark.parametrize("publish", [True, False])
def test_a_training_of_the_study_gets_its_threads_and_is_published_if_asked(publish: bool):
    command = study_command(Path("run"), publish, threads=2)
    assert command[:3] == [sys.executable, "-m", "ecgcore"]
    args = parser().parse_args(command[3:])
    assert (args.run_dir, args.threads, args.publish) == (Path("run"), 2, publish)


def test_an_audit_job_computes_what_is_missing():
    args = parser().parse_args(JOB_COMMANDS["audit"](JOB)[3:])
    assert (args.compute, args.json, args.run_dir) == (True, True, Path("/runs/7"))
