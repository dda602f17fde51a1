"""The study: its cohort, and every model on its test sets."""

import argparse

from ecgcore.commands.result import OK, Result
from ecgcore.settings import Settings


def run_cohorts(args: argparse.Namespace, settings: Settings) -> Result:
    """Count the cohort."""
    from ecgcore.ptbxl import cohorts
    from ecgcore.ptbxl.catalog import open_catalog

    frame = open_catalog(settings).frame
    data = {
        split: {
            group: {
                "n": len(ids := cohorts.member_ids(frame, split, [group])),
                "fingerprint": cohorts.fingerprint(ids),
            }
            for group in cohorts.GROUPS
        }
        for split in cohorts.SPLITS
    }
    rows = [
        f"{s:6}{g:14}{v['n']:6}  {v['fingerprint']}"
        for s, gs in data.items()
        for g, v in gs.items()
    ]
    return OK, data, "\n".join(rows)


def run_evaluate(args: argparse.Namespace, settings: Settings) -> Result:
    """Report every model on every test set."""
    from ecgcore.models.report import evaluation_report

    report = evaluation_report(settings)
    return OK, report.as_json(), report.as_text()
