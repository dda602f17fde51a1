"""A printed report of one record."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecgcore.commands.predict import add_reading_arguments, asked_settings
from ecgcore.commands.records import add_record_arguments, asked_record, is_number
from ecgcore.commands.result import OK, Result
from ecgcore.models.architectures import DEFAULT
from ecgcore.settings import Settings

if TYPE_CHECKING:
    from ecgcore.explain.attribution import Attribution
    from ecgcore.figures.attribution_overlay import AttributionOverlay
    from ecgcore.models.cards import ModelEntry
    from ecgcore.predictions.decision import DecisionRule, DecisionSettings
    from ecgcore.predictions.ensemble import Ensemble
    from ecgcore.ptbxl.catalog import Catalog, CatalogEntry
    from ecgcore.records import EcgRecord
    from ecgcore.report.printout import ModelOpinion, ReportContent
    from ecgcore.signals.filters import DisplayFilter

_FILTER_STEPS = {"hp": "highpass_hz", "lp": "lowpass_hz", "notch": "notch_hz"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the record, the file, the paper and the overlay."""
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
    add_reading_arguments(parser)
    parser.add_argument("--overlay", choices=["gradcam", "ig"], help="heat behind the leads")
    parser.add_argument("--arch", default=DEFAULT.name, help="the model that is explained")
    parser.add_argument("--set", default="C", dest="train_set")
    parser.add_argument("--seed", type=int, default=0)


def run_report(args: argparse.Namespace, settings: Settings) -> Result:
    """Print one record and check the scale of the PDF.

    Raises
    ------
    RecordError
        If the record, an option or the file to write cannot be used.
    """
    from ecgcore.errors import RecordError
    from ecgcore.report.printout import report_pdf, report_png, scale_check

    kind = args.out.suffix.lower()
    if kind not in (".pdf", ".png"):
        raise RecordError(
            f"--out is {args.out.name!r}; a name that ends in .pdf or .png is needed."
        )
    if not 50 <= args.dpi <= 600:
        raise RecordError(f"--dpi is {args.dpi}; 50 to 600 is possible.")
    content = _content(args, settings)
    if kind == ".png":
        file = report_png(content, args.paper, args.dpi)
        data: dict[str, Any] = {"dpi": args.dpi}
        said = f"{args.dpi} dpi"
    else:
        file = report_pdf(content, args.paper)
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


def _content(args: argparse.Namespace, settings: Settings) -> ReportContent:
    from datetime import UTC, datetime

    from ecgcore.figures.paper_layout import PaperSettings
    from ecgcore.ptbxl.catalog import open_catalog
    from ecgcore.ptbxl.glossary import translate
    from ecgcore.report.printout import ReportContent, attribution_words
    from ecgcore.signals.measure.measure import measure
    from ecgcore.signals.quality import assess

    paper = PaperSettings(args.layout, args.order, args.speed, args.gain, args.lead)
    display = parse_filter(args.filter)
    record = asked_record(args, settings)
    seen = asked_record(args, settings, for_models=True)
    catalog = open_catalog(settings) if is_number(args.record) else None
    entry = catalog.entry(int(args.record)) if catalog is not None else None
    rule = asked_settings(args)
    opinions = _opinions(seen, catalog, entry, rule, settings)
    model = None if args.overlay is None else _model(args, settings)
    attribution = None if model is None else _attribution(seen, model, args.overlay)
    return ReportContent(
        record=display.apply(record),
        data_version="a file from elsewhere" if catalog is None else catalog.version,
        created=datetime.now(UTC),
        settings=paper,
        filter_label=display.label(record.fs_hz),
        entry=entry,
        measurements=measure(record),
        quality=assess(record),
        translation=translate(entry.report) if entry is not None and entry.report else None,
        opinions=opinions.lines,
        rule=rule,
        fitted_words=opinions.fitted,
        overlay=None if attribution is None or model is None else _heat(attribution, model),
        overlay_words="" if attribution is None else attribution_words(attribution),
        notes=opinions.notes,
    )


@dataclass(frozen=True, slots=True)
class _Opinions:
    lines: tuple[ModelOpinion, ...] = ()
    notes: tuple[str, ...] = ()
    fitted: str = ""


def _opinions(
    record: EcgRecord,
    catalog: Catalog | None,
    entry: CatalogEntry | None,
    rule: DecisionSettings,
    settings: Settings,
) -> _Opinions:
    """Ask every shipped group; a recording that models cannot read is said, not refused."""
    from ecgcore.errors import RecordError
    from ecgcore.models.predictor import Predictor, predict
    from ecgcore.predictions.asking import decision_rules, shipped_ensembles
    from ecgcore.report.printout import ModelOpinion

    groups = shipped_ensembles(settings)
    predictors = [Predictor.open(model) for group in groups for model in group.members]
    try:
        predictions, warnings = predict(predictors, record)
    except RecordError as error:
        return _Opinions(notes=(f"The models cannot read this recording. {error}",))
    readers, notes = decision_rules(groups, rule, settings)
    logits = {p.model.name: p.logit for p in predictions}
    lines = tuple(
        ModelOpinion.of(
            group,
            reader.read([logits[model.name] for model in group.members]),
            reader,
            _mark(group, catalog, entry),
        )
        for group, reader in zip(groups, readers, strict=True)
    )
    fresh = tuple(text for text in warnings if text not in record.warnings)
    return _Opinions(lines, (*fresh, *notes), _fitted(readers, catalog, entry))


def _fitted(
    readers: Sequence[DecisionRule], catalog: Catalog | None, entry: CatalogEntry | None
) -> str:
    from ecgcore.predictions.decision import fitted_words
    from ecgcore.ptbxl.catalog import PTBXL_VERSION

    if catalog is None or entry is None or catalog.version != PTBXL_VERSION:
        return ""
    return fitted_words(readers, entry.ecg_id)


def _mark(group: Ensemble, catalog: Catalog | None, entry: CatalogEntry | None) -> str | None:
    """Say how a group knows a record, by its worst member; None for one from elsewhere."""
    from ecgcore.predictions.decision import marked_members, worst_leakage
    from ecgcore.predictions.leakage import LEAKAGE_WORDS, SeenInTraining, leakage_of

    if catalog is None or entry is None:
        return None
    marks = []
    for model in marked_members(group):
        card, key = model.card, model.key
        exposure = partial(SeenInTraining.of, catalog.frame, key.train_set, key.seed)
        version = card.data_version
        marks.append(
            leakage_of(catalog, entry, version, synthetic=card.synthetic, exposure=exposure)
        )
    return worst_leakage(marks, LEAKAGE_WORDS)


def _model(args: argparse.Namespace, settings: Settings) -> ModelEntry:
    from ecgcore.models.cards import ModelKey, find_model

    key = ModelKey(args.arch, args.train_set, args.seed)
    return find_model(key, settings.pretrained_dir, settings.runs_dir)


def _attribution(record: EcgRecord, model: ModelEntry, method: str) -> Attribution:
    from ecgcore.explain.methods import explain
    from ecgcore.models.predictor import Predictor

    return explain(Predictor.open(model), record, method)


def _heat(attribution: Attribution, model: ModelEntry) -> AttributionOverlay:
    from ecgcore.explain.attribution import METHODS
    from ecgcore.figures.attribution_overlay import AttributionOverlay

    label = f"{METHODS[attribution.method]}, {model.label}"
    return AttributionOverlay(attribution.scores, attribution.fs_hz, attribution.signed, label)
