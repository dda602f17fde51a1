"""Rate, intervals, axes and amplitudes of one recording."""

import argparse

from ecgcore.commands.records import asked_record
from ecgcore.commands.result import OK, Result
from ecgcore.settings import Settings


def run_measure(args: argparse.Namespace, settings: Settings) -> Result:
    """Measure one record."""
    from ecgcore.signals.measure.measure import measure

    record = asked_record(args, settings)
    found = measure(record)
    data = {
        **found.as_json(),
        "source": record.source,
        "fs_hz": record.fs_hz,
        "synthetic": record.synthetic,
        "warnings": list(record.warnings),
    }
    head = f"record {record.record_id} ({record.source}, {record.fs_hz} Hz)"
    tables = [found.frame().to_string(index=False), found.lead_frame().to_string(index=False)]
    return OK, data, "\n".join([head, *record.warnings, *found.notes, "", *tables])
