"""Further sheets of a report: every number and word with its certainty and its source."""

from collections import defaultdict

from ecgcore.figures.diagrams import percent
from ecgcore.figures.report_content import ReportContent
from ecgcore.figures.report_flow import Block, Column, column_mm, heading, paragraph, pour, table
from ecgcore.figures.report_front import scale_line, value_words
from ecgcore.figures.report_sheet import Sheet
from ecgcore.leads import LEADS
from ecgcore.ptbxl.scp import in_words
from ecgcore.signals.measure import LeadMeasured, Measured

_CHECKSUM_DIGITS = 16
_LEAD_TITLES = {
    "q_mv": "Q",
    "r_mv": "R",
    "s_mv": "S",
    "st_j_mv": "ST J",
    "st_j40_mv": "J+40",
    "st_j60_mv": "J+60",
    "st_j80_mv": "J+80",
    "t_mv": "T",
}


def back(content: ReportContent, paper: str) -> list[Sheet]:
    """Draw the sheets behind the first."""
    width = column_mm(paper)
    sections = (_measurements, _leads, _quality, _labels, _text, _models, _overlay, _provenance)
    return pour([block for section in sections for block in section(content, width)], paper)


def _measurements(content: ReportContent, width: float) -> list[Block]:
    title = heading("Measurements")
    if content.measurements is None:
        return [title, paragraph("None were made.", width)]
    found = content.measurements
    basis = (
        "No median beat could be formed."
        if found.median is None
        else f"From the median of {found.median.n_beats} beats over all leads, "
        "without the display filter."
    )
    columns = [Column("", 25), Column("", 15, right=True), Column("Confidence", 18, right=True)]
    columns.append(Column("Remark", 52))
    rows = [
        (
            m.label,
            "—" if m.value is None else f"{value_words(m)} {m.unit}".replace(" °", "°"),
            f"{100 * m.confidence:.0f} %" if m.value is not None else "",
            _remark(m),
        )
        for m in found.values
    ]
    return [title, paragraph(basis, width, quiet=True), *table(columns, rows, width)]


def _remark(measured: Measured) -> str:
    if measured.value is None:
        return f"could not measure: {measured.reason}"
    return ": ".join(filter(None, ["doubtful" if measured.doubtful else "", measured.reason]))


def _leads(content: ReportContent, width: float) -> list[Block]:
    if content.measurements is None:
        return []
    titles = [_LEAD_TITLES.get(m.name, m.label) for m in content.measurements.leads[0].values]
    columns = [Column("", 8), *(Column(title, 11, right=True) for title in titles)]
    rows = [(lead.lead, *map(value_words, lead.values)) for lead in content.measurements.leads]
    return [
        heading("Leads (mV; ST at J and 40, 60 and 80 ms after it)"),
        *table(columns, rows, width),
        *(paragraph(words, width) for words in _lead_remarks(content)),
    ]


def _lead_remarks(content: ReportContent) -> list[str]:
    """Say each reason once, with the leads and values that it holds for."""
    if content.measurements is None:
        return []
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for lead in content.measurements.leads:
        for remark, titles in _remarks_of(lead).items():
            places[remark, titles].append(lead.lead)
    return [
        f"{'all leads' if len(leads) == len(LEADS) else ' '.join(leads)}, {titles}: {remark}."
        for (remark, titles), leads in places.items()
    ]


def _remarks_of(lead: LeadMeasured) -> dict[str, str]:
    """Return the values that each remark of a lead holds for."""
    titles: dict[str, list[str]] = defaultdict(list)
    for measured in lead.values:
        if remark := _remark(measured):
            titles[remark].append(_LEAD_TITLES.get(measured.name, measured.label))
    n_values = len(lead.values)
    return {r: "all values" if len(t) == n_values else ", ".join(t) for r, t in titles.items()}


def _quality(content: ReportContent, width: float) -> list[Block]:
    lines = []
    if content.quality is None:
        lines.append("Not assessed.")
    else:
        for lead, problems in zip(LEADS, content.quality.leads, strict=True):
            if problems:
                said = "; ".join(
                    f"{p.words}, do not read" if p.severe else p.words for p in problems
                )
                lines.append(f"{lead}: {said}")
        lines += [content.quality.swap] if content.quality.swap else []
        lines = lines or ["No problem was found in any lead."]
    if content.entry is not None and content.entry.noise:
        noted = "; ".join(f"{words} ({where})" for words, where in content.entry.noise)
        lines.append(f"Noted in the table of the data set: {noted}")
    return [heading("Signal quality"), *(paragraph(line, width) for line in lines)]


def _labels(content: ReportContent, width: float) -> list[Block]:
    if content.entry is None:
        return []
    columns = [Column("Code", 14), Column("Statement", 62), Column("Likelihood", 42)]
    rows = [(s.code, s.description, in_words(s.likelihood)) for s in content.entry.statements]
    return [heading("Labels (SCP-ECG statements)"), *table(columns, rows, width)]


def _text(content: ReportContent, width: float) -> list[Block]:
    if content.entry is None:
        return []
    if not content.entry.report:
        return [heading("Report"), paragraph("No report in this table.", width)]
    blocks = [
        heading("Report"),
        paragraph("Original", width, quiet=True),
        paragraph(content.entry.report, width),
    ]
    if content.translation is not None:
        unknown = ", ".join(dict.fromkeys(content.translation.unknown))
        left = f" Not in it, left as they are: {unknown}." if unknown else ""
        blocks += [
            paragraph(f"English, word by word from a glossary.{left}", width, quiet=True),
            paragraph(content.translation.english, width),
        ]
    return blocks


def _models(content: ReportContent, width: float) -> list[Block]:
    blocks = [heading("Models: probability of myocardial infarction")]
    notes = [paragraph(note, width) for note in content.notes]
    if not content.opinions:
        return [*blocks, paragraph("No model has an opinion.", width), *notes]
    columns = [
        Column("Model", 27),
        Column("MI", 14, right=True),
        Column("Calibration", 23),
        Column("Trained on", 42),
        Column("This recording", 40),
    ]
    rows = [
        (
            o.name,
            "none" if o.prob is None else percent(o.prob),
            o.calibration,
            o.trained_on,
            o.problem or o.known,
        )
        for o in content.opinions
    ]
    return [*blocks, *table(columns, rows, width), *notes]


def _overlay(content: ReportContent, width: float) -> list[Block]:
    if content.overlay is None:
        return []
    return [
        heading("Heat behind the leads"),
        paragraph(content.overlay.label, width, bold=True),
        paragraph(content.overlay_words, width),
    ]


def _provenance(content: ReportContent, width: float) -> list[Block]:
    record, settings = content.record, content.settings
    facts = [
        (
            "Record",
            ", ".join(dict.fromkeys([record.record_id, record.source, content.data_version])),
        ),
        ("Signal", f"12 leads, {record.n_samples} samples each, {record.duration_s:g} s"),
        *(("How it was read", words) for words in record.warnings),
        ("Page and filter", f"{settings.layout}, {settings.order} order, {scale_line(content)}"),
        ("Printed", content.created.strftime("%Y-%m-%d %H:%M:%S %Z")),
    ]
    weights = [f"{o.name} {o.checksum[:_CHECKSUM_DIGITS]}…" for o in content.opinions]
    facts += [("Weights, SHA-256", ", ".join(weights))] if weights else []
    return [heading("Provenance"), *table([Column("", 30), Column("", 90)], facts, width)[1:]]
