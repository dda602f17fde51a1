"""A printout of one record."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecgcore.commands.explanations.explain import ALL_SEEDS, asked_models
from ecgcore.commands.files.models import ensemble_predictions, leakage_of_record
from ecgcore.commands.predict import add_decision_arguments, asked_settings
from ecgcore.commands.records import add_record_arguments, asked_record, is_number
from ecgcore.commands.result import OK, Result
from ecgcore.models.architectures import DEFAULT
from ecgcore.settings import Settings
from ecgcore.tasks import mi

if TYPE_CHECKING:
    from ecgcore.explain.attribution import Attribution
    from ecgcore.models.cards import ModelEntry
    from ecgcore.predictions.decision import DecisionSettings, EnsemblePrediction
    from ecgcore.ptbxl.catalog import Catalog, CatalogEntry
    from ecgcore.records import EcgRecord
    from ecgcore.report.case_readings import CaseReadings
    from ecgcore.report.printout import PrintoutContent
    from ecgcore.signals.filters import DisplayFilter

_FILTER_STEPS = {"hp": "highpass_hz", "lp": "lowpass_hz", "notch": "notch_hz"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the record, the file, the paper and the overlay."""
    from ecgcore.explain.attribution import METHODS

    add_record_arguments(parser)
    parser.add_argument("--out", required=True, type=Path, help="F.pdf, or F.png of the first page")
    parser.add_argument("--paper", default="A4", choices=["A4", "Letter"], help="landscape")
    parser.add_argument("--layout", default="3x4+1", help="3x4+1, 3x4+3, 6x2, 12x1 or single")
    parser.add_argument("--order", default="standard", help="standard or cabrera")
    parser.add_argument("--lead", default="II", help="the lead of --layout single")
    parser.add_argument("--speed", type=float, default=25.0, help="12.5, 25 or 50 mm/s")
    parser.add_argument("--gain", type=float, default=10.0, help="5, 10 or 20 mm/mV")
    parser.add_argument(
        "--filter", default="", metavar="STEPS", help="such as hp=0.5,lp=40,notch=50; else raw"
    )
    parser.add_argument("--dpi", type=int, default=300, help="of a PNG, 50 to 600")
    parser.add_argument(
        "--readings", action="store_true", help="readers' readings, consensus and audit id too"
    )
    add_decision_arguments(parser)
    parser.add_argument(
        "--overlay", choices=list(METHODS), help="attribution behind the leads, with its checks"
    )
    parser.add_argument("--arch", default=DEFAULT.name, help="the model that is explained")
    parser.add_argument("--set", default=mi.ALL, dest="train_set")
    parser.add_argument("--seed", default=ALL_SEEDS, help="a number, or all (the default)")


def run_report(args: argparse.Namespace, settings: Settings) -> Result:
    """Print one record and check the scale of the PDF.

    Raises
    ------
    RecordError
        If the record, an option or the file to write cannot be used.
    """
    from ecgcore.errors import RecordError
    from ecgcore.report.printout import printout_pdf, printout_png, scale_check

    kind = args.out.suffix.lower()
    if kind not in (".pdf", ".png"):
        raise RecordError(
            f"--out is {args.out.name!r}; a name that ends in .pdf or .png is needed."
        )
    if not 50 <= args.dpi <= 600:
        raise RecordError(f"--dpi is {args.dpi}; 50 to 600 is possible.")
    content = _content(args, settings)
    if kind == ".png":
        file = printout_png(content, args.paper, args.dpi)
        data: dict[str, Any] = {"dpi": args.dpi}
        said = f"{args.dpi} dpi"
    else:
        file = printout_pdf(content, args.paper)
        scale = scale_check(file)
        data = asdict(scale)
        said = (
            f"{scale.page_mm[0]:.1f} x {scale.page_mm[1]:.1f} mm, {scale.mm_per_s:.3f} mm/s, "
            f"{scale.mm_per_mv:.3f} mm/mV, largest error {scale.error_percent:.5f} %"
        )
    try:
        args.out.write_bytes(file)
    except OSError as error:
        raise RecordError(
            f"{args.out} cannot be written ({error.strerror}). Choose another --out."
        ) from error
    data = {"out": str(args.out), "bytes": len(file), "paper": args.paper, **data}
    return OK, data, f"{args.out}: {said}"


def parse_filter(steps: str) -> DisplayFilter:
    """Read ``hp=0.5,lp=40,notch=50``, any part of it or nothing.

    Raises
    ------
    RecordError
        If a step is unknown or no number.
    """
    from ecgcore.errors import RecordError
    from ecgcore.signals.filters import DisplayFilter

    chosen: dict[str, float] = {}
    for step in filter(None, steps.replace(" ", "").split(",")):
        name, _, value = step.partition("=")
        try:
            chosen[_FILTER_STEPS[name]] = float(value)
        except (KeyError, ValueError):
            raise RecordError(
                f"--filter has {step!r}; steps like hp=0.5, lp=40 or notch=50 are needed."
            ) from None
    return DisplayFilter(**chosen)


def _content(args: argparse.Namespace, settings: Settings) -> PrintoutContent:
    from datetime import UTC, datetime

    from ecgcore.figures.paper_layout import PaperSettings
    from ecgcore.predictions.classes.beside import beside_study
    from ecgcore.predictions.scope import scope_of
    from ecgcore.ptbxl.catalog import open_catalog
    from ecgcore.ptbxl.glossary import translate
    from ecgcore.report.printout import PrintoutContent
    from ecgcore.signals.measure.measure import measure
    from ecgcore.signals.quality import assess

    paper = PaperSettings(args.layout, args.order, args.speed, args.gain, args.lead)
    display = parse_filter(args.filter)
    record = asked_record(args, settings)
    seen = asked_record(args, settings, for_models=True)
    catalog = open_catalog(settings) if is_number(args.record) else None
    entry = catalog.entry(int(args.record)) if catalog is not None else None
    decision = asked_settings(args)
    said = _predictions(seen, catalog, entry, decision, settings)
    scope = scope_of(seen, entry, settings)
    explained = None if args.overlay is None else asked_models(args, settings)
    return PrintoutContent(
        record=display.apply(record),
        data_version="a file from elsewhere" if catalog is None else catalog.version,
        created=datetime.now(UTC),
        settings=paper,
        filter_label=display.label(record.fs_hz),
        entry=entry,
        measurements=measure(record),
        quality=assess(record),
        translation=translate(entry.report) if entry is not None and entry.report else None,
        predictions=said.made,
        decision=decision,
        fitted_words=said.fitted,
        overlay=None if explained is None else _checked(seen, *explained, args.overlay),
        scope=scope,
        beside=beside_study(seen, settings, decision, void=scope.void) if said.made else None,
        notes=said.notes,
        readings=_readings(args.record, settings) if args.readings else None,
    )


def _readings(record: str, settings: Settings) -> CaseReadings:
    from ecgcore.report.case_readings import CaseReadings
    from ecgcore.review.store.log import ReviewLog

    log = ReviewLog.open(settings)
    try:
        entries, head = log.snapshot()
    finally:
        log.engine.dispose()
    return CaseReadings.of(entries, head, record)


@dataclass(frozen=True, slots=True)
class _Predictions:
    made: tuple[EnsemblePrediction, ...] = ()
    notes: tuple[str, ...] = ()
    fitted: str = ""


def _predictions(
    record: EcgRecord,
    catalog: Catalog | None,
    entry: CatalogEntry | None,
    decision: DecisionSettings,
    settings: Settings,
) -> _Predictions:
    """Predict by every shipped ensemble; a recording that models cannot read is no error."""
    from ecgcore.errors import RecordError
    from ecgcore.models.predictor import Predictor, predict
    from ecgcore.predictions.decision import without_verdicts
    from ecgcore.predictions.scope import is_void
    from ecgcore.predictions.shipped import shipped_ensembles
    from ecgcore.signals.quality import assess

    ensembles = shipped_ensembles(settings)
    predictors = [Predictor.open(model) for one in ensembles for model in one.members]
    try:
        models, warnings = predict(predictors, record)
    except RecordError as error:
        return _Predictions(notes=(f"The models cannot read this recording. {error}",))
    made, notes = ensemble_predictions(
        models, ensembles, decision, settings, leakage_of_record(catalog, entry)
    )
    made = without_verdicts(made) if is_void(assess(record)) else made
    fresh = tuple(text for text in warnings if text not in record.warnings)
    return _Predictions(tuple(made), (*fresh, *notes), _fitted(made, catalog, entry))


def _fitted(
    made: Sequence[EnsemblePrediction], catalog: Catalog | None, entry: CatalogEntry | None
) -> str:
    from ecgcore.predictions.decision import fitted_words
    from ecgcore.ptbxl.catalog import PTBXL_VERSION

    if catalog is None or entry is None or catalog.version != PTBXL_VERSION:
        return ""
    return fitted_words((one.rule for one in made), entry.ecg_id)


def _checked(
    record: EcgRecord, who: list[ModelEntry], siblings: list[ModelEntry], method: str
) -> Attribution:
    from ecgcore.explain.checks.run import explain_with_checks
    from ecgcore.models.predictor import Predictor

    asked, others = ([Predictor.open(one) for one in entries] for entries in (who, siblings))
    return explain_with_checks(asked, record, method, siblings=others)
