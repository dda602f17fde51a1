"""Speed of what the ECG page computes: drawing, measuring, judging, translating and printing."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from statistics import median

from ecgcore.bench.figure import Figure, durations_ms, timed_each, typical
from ecgcore.errors import RecordError
from ecgcore.explain.attribution import Attribution
from ecgcore.explain.methods import explain
from ecgcore.figures.ecg_paper import ecg_figure
from ecgcore.figures.paper_layout import LAYOUTS, PaperSettings
from ecgcore.models.predictor import Prediction, Predictor, predict
from ecgcore.predictions.decision import RECORDS, DecisionRule, EnsemblePrediction
from ecgcore.predictions.ensemble import Ensemble, EnsembleCalibrator
from ecgcore.ptbxl.glossary import translate
from ecgcore.ptbxl.store import FS_HZ, Recordings
from ecgcore.records import EcgRecord
from ecgcore.report.printout import (
    PrintoutContent,
    printout_pdf,
    printout_png,
)
from ecgcore.settings import PROJECT_DIR
from ecgcore.signals.measure.measure import measure
from ecgcore.signals.quality import assess

FIGURE_MS, PAYLOAD_KB, MEASURE_MS, PDF_MS = 40.0, 250.0, 60.0, 2000.0

_RECORDS = 50
_DRAWINGS, _PRINTS = 10, 5
_IMPORT = (
    "import time; t = time.perf_counter(); import ecgcore.report.printout; "
    "print(1000 * (time.perf_counter() - t))"
)


def ecg_page_figures(predictors: list[Predictor], recordings: Recordings) -> Iterator[Figure]:
    """Measure every part on records from all over the data set."""
    ids = recordings.available([int(ecg_id) for ecg_id in recordings.catalog.frame.index])
    some = ids[:: max(1, len(ids) // _RECORDS)][:_RECORDS]
    records = [recordings.read(ecg_id) for ecg_id in some]
    content = printout_content(predictors, recordings, some[0])
    yield from _drawings(records[0], content.overlay, figure_ms=FIGURE_MS, payload_kb=PAYLOAD_KB)
    yield timed_each("measurements at 100 Hz", measure, records, MEASURE_MS)
    yield timed_each("signal quality at 100 Hz", assess, records)
    reports = [recordings.catalog.entry(ecg_id).report for ecg_id in some]
    yield timed_each("report translated", translate, reports)
    fine = list(islice(_fine_records(recordings, ids), _RECORDS))
    if fine:
        yield from _drawings(fine[0], content.overlay, figure_ms=None, payload_kb=None)
        yield timed_each("measurements at 500 Hz", measure, fine)
    yield from _prints(content)


def printout_content(
    predictors: list[Predictor], recordings: Recordings, ecg_id: int
) -> PrintoutContent:
    """Gather all that a printout can hold: all models, and an attribution of the first one."""
    record, entry = recordings.read(ecg_id), recordings.catalog.entry(ecg_id)
    return PrintoutContent(
        record=record,
        data_version=recordings.catalog.version,
        created=datetime.now(UTC),
        entry=entry,
        measurements=measure(record),
        quality=assess(record),
        translation=translate(entry.report),
        predictions=tuple(_alone(one) for one in predict(predictors, record)[0]),
        overlay=explain(predictors[0], record, "ig"),
    )


def _alone(one: Prediction) -> EnsemblePrediction:
    rule = DecisionRule(Ensemble((one.model,)), EnsembleCalibrator.raw(1, RECORDS))
    return rule.predict([one.logit], leakage="")


def _drawings(
    record: EcgRecord,
    attribution: Attribution | None,
    *,
    figure_ms: float | None,
    payload_kb: float | None,
) -> Iterator[Figure]:
    """Name the slowest and the largest layout, without and with an overlay."""
    for overlay, words in ((None, "no heat"), (attribution, "heat")):
        times, sizes = {}, {}
        for layout in LAYOUTS:
            draw = partial(ecg_figure, record, PaperSettings(layout), overlay=overlay)
            times[layout] = durations_ms(draw, _DRAWINGS)
            sizes[layout] = len(draw().to_json().encode()) / 1000
        name = f"ECG at {record.fs_hz} Hz, {words}"
        slow = max(times, key=lambda layout: median(times[layout]))
        yield typical(f"{name}: figure, slowest layout", times[slow], figure_ms, slow)
        large = max(sizes, key=sizes.__getitem__)
        yield Figure(f"{name}: payload, largest layout", sizes[large], "kB", payload_kb, large)


def _fine_records(recordings: Recordings, ids: list[int]) -> Iterator[EcgRecord]:
    """Give the records whose 500 Hz files are there and can be read."""
    for ecg_id in ids:
        try:
            path = recordings.catalog.fine_path(ecg_id)
            if path is not None and path.with_suffix(".dat").exists():
                record = recordings.read_display(ecg_id)
                if record.fs_hz > FS_HZ:
                    yield record
        except RecordError:
            continue


def _prints(content: PrintoutContent) -> Iterator[Figure]:
    holds = f"measurements, {len(content.predictions)} opinions and heat"
    times = durations_ms(partial(printout_pdf, content), _PRINTS)
    yield typical(f"PDF with {holds}", times, PDF_MS)
    yield typical("PNG at 300 dpi", durations_ms(partial(printout_png, content), _PRINTS))
    yield _cold_import()


def _cold_import() -> Figure:
    """Import what prints in a process of its own, as the first print of a server does."""
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    return Figure("import of what prints, in a fresh process", float(done.stdout), "ms")
