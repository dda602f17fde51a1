"""What a recording measures, what is wrong with it, and with every record of the data set."""

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from tqdm import tqdm

from ecgcore.commands.records import asked_record
from ecgcore.commands.result import OK, Result
from ecgcore.settings import Settings

if TYPE_CHECKING:
    from ecgcore.ptbxl.shipped.table_file import ShippedTable


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


def run_quality(args: argparse.Namespace, settings: Settings) -> Result:
    """Name the problems of each lead, and a suspected swap of electrodes."""
    from ecgcore.leads import LEADS
    from ecgcore.signals.quality import assess

    record = asked_record(args, settings)
    quality = assess(record)
    leads = dict(zip(LEADS, quality.leads, strict=True))
    data = {
        "record": record.record_id,
        "source": record.source,
        "leads": {lead: [asdict(p) for p in problems] for lead, problems in leads.items()},
        "swap": quality.swap,
        "swap_key": quality.swap_key,
    }
    lines = [f"record {record.record_id} ({record.source})"]
    lines += [
        f"{lead:5}{problem.words}{' (do not read this lead)' if problem.severe else ''}"
        for lead, problems in leads.items()
        for problem in problems
    ]
    lines += [quality.swap] if quality.swap else []
    return OK, data, "\n".join(lines if len(lines) > 1 else [*lines, "no problem found"])


def run_quality_all(args: argparse.Namespace, settings: Settings) -> Result:
    """Assess every record of PTB-XL and of the synthetic set."""
    from ecgcore.ptbxl.quality_table import QUALITY

    return _written(QUALITY, args, settings)


def run_measure_all(args: argparse.Namespace, settings: Settings) -> Result:
    """Measure every record of PTB-XL and of the synthetic set."""
    from ecgcore.ptbxl.shipped.measured import MEASURED

    return _written(MEASURED, args, settings)


def _written(table: "ShippedTable", args: argparse.Namespace, settings: Settings) -> Result:
    with tqdm(desc=table.name, unit=" records", disable=args.json) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        report = table.write(settings, show)
    lines = [f"{report.n_records:,} records in {report.file}; of these"]
    lines += [f"{name:26}{n:7,}" for name, n in report.counts.items()]
    return OK, asdict(report), "\n".join(lines)
