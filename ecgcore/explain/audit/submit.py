"""Queue an audit; no torch needed."""

from datetime import UTC, datetime
from pathlib import Path

from ecgcore.jobs.store import Job, JobStore

AUDIT_KIND = "audit"
"""Kind of an audit in the job table."""


def submit_audit(runs_dir: Path, store: JobStore) -> Job:
    """Queue an audit of every shipped model; what is there already is kept.

    Raises
    ------
    JobError
        If the job table cannot be written.
    """
    run_dir = runs_dir / "audit" / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    run_dir.mkdir(parents=True)
    return store.submit(run_dir, "Audit of the explanations", AUDIT_KIND)
