"""What background processes run: command lines of this program, handed to the layers below."""

import sys
from pathlib import Path

from ecgcore.explain.audit.submit import AUDIT_KIND
from ecgcore.jobs.supervisor import Commands
from ecgcore.training.submit import JOB_KIND


def train_command(run_dir: Path, *options: str) -> list[str]:
    """Return the command line that trains, or goes on with, what `run_dir` holds.

    Examples
    --------
    >>> train_command(Path("run"), "--publish")[1:]
    ['-m', 'ecgcore', 'train', '--run-dir', 'run', '--publish']
    """
    return [sys.executable, "-m", "ecgcore", "train", "--run-dir", str(run_dir), *options]


def study_command(run_dir: Path, publish: bool, threads: int) -> list[str]:
    """Return the command line of one training of the study.

    Examples
    --------
    >>> study_command(Path("run"), publish=False, threads=2)[5:]
    ['run', '--threads', '2']
    """
    options = ["--threads", str(threads), *(["--publish"] if publish else [])]
    return train_command(run_dir, *options)


def audit_command(run_dir: Path) -> list[str]:
    """Return the command line of an audit whose progress is told in `run_dir`."""
    options = ["--run", "--json", "--run-dir", str(run_dir)]
    return [sys.executable, "-m", "ecgcore", "audit", *options]


JOB_COMMANDS: Commands = {
    JOB_KIND: lambda job: train_command(job.run_dir),
    AUDIT_KIND: lambda job: audit_command(job.run_dir),
}
"""The command line of each kind of job."""
