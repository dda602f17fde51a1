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
from ecgcore.explain.attribution import METHODS
from ecgcore.explain.methods import explain
from ecgcore.figures.attribution_overlay import AttributionOverlay
from ecgcore.figures.ecg_paper import ecg_figure
from ecgcore.figures.paper_layout import LAYOUTS, PaperSettings
from ecgcore.models.predictor import Prediction, Predictor, predict
from ecgcore.predictions.decision import DecisionRule
from ecgcore.predictions.ensemble import Ensemble, EnsembleCalibrator
from ecgcore.ptbxl.glossary import translate
from ecgcore.ptbxl.store import FS_HZ, Recordings
from ecgcore.records import EcgRecord
from ecgcore.report.printout import (
    ModelOpinion,
    ReportContent,
    attribution_words,
    report_pdf,
    report_png,
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
    content = report_content(predictors, recordings, some[0])
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


def report_content(
    predictors: list[Predictor], recordings: Recordings, ecg_id: int
) -> ReportContent:
    """Gather all that a report can hold: opinions of all models, and a heat of the first one."""
    record, entry = recordings.read(ecg_id), recordings.catalog.entry(ecg_id)
    attribution = explain(predictors[0], record, "ig")
    label = f"{METHODS['ig']}, {predictors[0].entry.label}"
    return ReportContent(
        record=record,
        data_version=recordings.catalog.version,
        created=datetime.now(UTC),
        entry=entry,
        measurements=measure(record),
        quality=assess(record),
        translation=translate(entry.report),
        opinions=tuple(_opinion(p) for p in predict(predictors, record)[0]),
        overlay=AttributionOverlay(
            attribution.scores, attribution.fs_hz, attribution.signed, label
        ),
        overlay_words=attribution_words(attribution),
    )


def _opinion(prediction: Prediction) -> ModelOpinion:
    reader = DecisionRule(EnsembleCalibrator.raw(1, "all"))
    group = Ensemble((prediction.model,))
    return ModelOpinion.of(group, reader.read([prediction.logit]), reader, "")


def _drawings(
    record: EcgRecord,
    heat: AttributionOverlay | None,
    *,
    figure_ms: float | None,
    payload_kb: float | None,
) -> Iterator[Figure]:
    """Name the slowest and the largest layout, without and with heat."""
    for overlay, words in ((None, "no heat"), (heat, "heat")):
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


def _prints(content: ReportContent) -> Iterator[Figure]:
    holds = f"measurements, {len(content.opinions)} opinions and heat"
    times = durations_ms(partial(report_pdf, content), _PRINTS)
    yield typical(f"PDF with {holds}", times, PDF_MS)
    yield typical("PNG at 300 dpi", durations_ms(partial(report_png, content), _PRINTS))
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
