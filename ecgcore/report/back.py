"""Further sheets of a report: every number and word with its certainty and its source."""

from collections import defaultdict

from ecgcore.figures.predictions import percent
from ecgcore.leads import LEADS
from ecgcore.ptbxl.scp import in_words
from ecgcore.report.content import ModelOpinion, ReportContent
from ecgcore.report.flow import Block, Column, column_mm, heading, paragraph, pour, table
from ecgcore.report.front import scale_line, value_words
from ecgcore.report.sheet import Sheet
from ecgcore.signals.measure.measure import LeadMeasured, Measured

_MOST_NAMES = 8
"""Groups in one row: a row is not broken over sheets."""

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
    about = [paragraph(words, width, quiet=True) for words in _about_opinions(content)]
    problems = [paragraph(f"{o.name}: {o.problem}", width) for o in content.opinions if o.problem]
    return [
        *blocks,
        *about,
        *_numbers(content.opinions, width),
        *problems,
        *_origins(content.opinions, width),
        *notes,
    ]


def _numbers(opinions: tuple[ModelOpinion, ...], width: float) -> list[Block]:
    """One line of numbers for each group."""
    cells: dict[Column, list[str]] = {
        Column("Model", 28): [o.name for o in opinions],
        Column("MI", 15, right=True): [_percent(o.prob, "none") for o in opinions],
        Column("Venn-Abers", 33, right=True): [_span(o.interval) for o in opinions],
        Column("Seeds", 33, right=True): [o.seed_words for o in opinions],
        Column("Raw", 15, right=True): [_percent(o.raw) for o in opinions],
        Column("Calls", 12): [_call(o) for o in opinions],
        Column("Verdict", 13): [o.verdict or "none" for o in opinions],
    }
    filled = {column: values for column, values in cells.items() if any(values)}
    return table(list(filled), zip(*filled.values(), strict=True), width)


def _percent(prob: float | None, without: str = "") -> str:
    return without if prob is None else percent(prob)


def _span(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f"{percent(interval[0])} to {percent(interval[1])}"


def _call(opinion: ModelOpinion) -> str:
    if opinion.prob is None:
        return ""
    return "MI" if opinion.calls_mi else "no MI"


def _origins(opinions: tuple[ModelOpinion, ...], width: float) -> list[Block]:
    """Say what groups were trained on and know of the recording, each once."""
    names: dict[tuple[str, str], list[str]] = defaultdict(list)
    for opinion in opinions:
        names[opinion.trained_on, opinion.known].append(opinion.name)
    columns = [Column("Model", 40), Column("Trained on", 56), Column("This recording", 40)]
    rows = [
        (", ".join(who[k : k + _MOST_NAMES]), trained, known)
        for (trained, known), who in names.items()
        for k in range(0, len(who), _MOST_NAMES)
    ]
    return table(columns, rows, width)


def _about_opinions(content: ReportContent) -> list[str]:
    """Say what the numbers of the models are: ensembles, calibration, threshold and verdict."""
    states = dict.fromkeys(o.calibration for o in content.opinions if o.prob is not None)
    about = [
        "MI: the group's ensemble, the mean logit of its seeds. Seeds: the lowest and the highest. "
        f"Probabilities are {' / '.join(states) or 'not at hand'}. MI is called from "
        f"{_threshold_words(content)}."
    ]
    if content.verdict:
        main = [o for o in content.main_opinions if o.verdict]
        rule = content.rule
        about.append(
            f"Conformal verdict at {100 * (1 - rule.alpha):.0f} %: {content.verdict}, which is "
            f"that of {', '.join(o.name for o in main)} where all agree, else refer. Each says MI "
            f"(or normal) where at most {100 * rule.alpha:.0f} % of the records of the other class "
            f"look so much like it, by {' / '.join(dict.fromkeys(o.fold9 for o in main))}."
        )
        if content.outside:
            about.append(content.outside)
    if content.fitted_words:
        about.append(f"Note: {content.fitted_words}.")
    return about


def _threshold_words(content: ReportContent) -> str:
    words = content.rule.threshold_words
    if content.rule.sensitivity is None:
        return words
    own = ", ".join(
        f"{o.name} {percent(o.threshold)}" for o in content.opinions if o.prob is not None
    )
    return f"each group's threshold with {words} on fold 9: {own}"


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
    weights = [f"{o.name} {o.checksum}" for o in content.opinions]
    facts += [("Weights, SHA-256", ", ".join(weights))] if weights else []
    return [heading("Provenance"), *table([Column("", 30), Column("", 90)], facts, width)[1:]]
