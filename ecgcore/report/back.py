"""Further sheets of a printout: every number and word with its certainty and its source."""

from collections import defaultdict

from ecgcore.explain.trust import Checks
from ecgcore.leads import LEADS
from ecgcore.predictions.decision import (
    DecisionSettings,
    EnsemblePrediction,
    NoPrediction,
    predicted,
)
from ecgcore.predictions.ensemble import Ensemble, trained_on
from ecgcore.predictions.leakage import LEAKAGE_WORDS
from ecgcore.report.case_readings import readings_blocks
from ecgcore.report.content import (
    PrintoutContent,
    attribution_words,
    calibrator_words,
    fold9_words,
    trust_words,
)
from ecgcore.report.flow import Block, Column, column_mm, heading, paragraph, pour, table
from ecgcore.report.front import scale_line, value_words
from ecgcore.report.sheet import Sheet
from ecgcore.report.verdict import limits, verdict_words
from ecgcore.signals.measure.measure import LeadMeasured, Measured
from ecgcore.wording.numbers import percent, percent_range
from ecgcore.wording.records import likelihood_words

_MOST_NAMES = 8
"""Ensembles in one row: a row is not broken over sheets."""
_DIGITS_OF_ONE, _DIGITS_OF_MANY = 16, 8

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


def back(content: PrintoutContent, paper: str) -> list[Sheet]:
    """Draw the sheets behind the first."""
    width = column_mm(paper)
    sections = (_measurements, _leads, _quality, _labels, _text, _models, _overlay, _provenance)
    blocks = readings_blocks(content.readings, width)
    blocks += [block for section in sections for block in section(content, width)]
    return pour(blocks, paper)


def _measurements(content: PrintoutContent, width: float) -> list[Block]:
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


def _leads(content: PrintoutContent, width: float) -> list[Block]:
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


def _lead_remarks(content: PrintoutContent) -> list[str]:
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


def _quality(content: PrintoutContent, width: float) -> list[Block]:
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


def _labels(content: PrintoutContent, width: float) -> list[Block]:
    if content.entry is None:
        return []
    columns = [Column("Code", 14), Column("Statement", 62), Column("Likelihood", 42)]
    rows = [
        (s.code, s.description, likelihood_words(s.likelihood)) for s in content.entry.statements
    ]
    return [heading("Labels (SCP-ECG statements)"), *table(columns, rows, width)]


def _text(content: PrintoutContent, width: float) -> list[Block]:
    if content.entry is None:
        return []
    if not content.entry.report:
        return [heading("Report"), paragraph("This data set has no report of the record.", width)]
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


def _models(content: PrintoutContent, width: float) -> list[Block]:
    blocks = [heading("Models: probability of myocardial infarction")]
    notes = [paragraph(note, width) for note in content.notes]
    if not content.predictions:
        return [*blocks, paragraph("No model predicts.", width), *notes]
    problems = [
        f"{row.ensemble.label}: {row.problem}"
        for row in content.predictions
        if isinstance(row, NoPrediction)
    ]
    return [
        *blocks,
        *(paragraph(words, width, quiet=True) for words in _about_predictions(content)),
        *_numbers(predicted(content.predictions), width),
        *(paragraph(words, width) for words in problems),
        *_origins(content.predictions, width),
        *(paragraph(words, width) for words in _beside(content)),
        *notes,
    ]


def _beside(content: PrintoutContent) -> list[str]:
    """Say what models beside the study's say."""
    found = content.beside
    if found is None:
        return []
    said = (found.all_comers_words, found.statement_words, found.set_words)
    return [words for words in said if words]


def _numbers(rows: list[EnsemblePrediction], width: float) -> list[Block]:
    """One line of numbers for each ensemble."""
    cells: dict[Column, list[str]] = {
        Column("Model", 28): [one.ensemble.label for one in rows],
        Column("MI", 15, right=True): [percent(one.prob) for one in rows],
        Column("Venn-Abers", 33, right=True): [_interval_words(one) for one in rows],
        Column("Seeds", 33, right=True): [one.seed_words for one in rows],
        Column("Uncalibrated", 19, right=True): [
            percent(one.uncalibrated) if one.calibrated else "" for one in rows
        ],
        Column("Calls", 12): [
            "none" if one.calls_mi is None else "MI" if one.calls_mi else "no MI" for one in rows
        ],
        Column("Verdict", 13): [one.verdict or "none" for one in rows],
    }
    filled = {column: values for column, values in cells.items() if any(values)}
    return table(list(filled), zip(*filled.values(), strict=True), width)


def _interval_words(one: EnsemblePrediction) -> str:
    return "" if one.interval is None else percent_range(*one.interval)


def _origins(rows: tuple[EnsemblePrediction | NoPrediction, ...], width: float) -> list[Block]:
    """Say what ensembles were trained on and know of the recording, each once."""
    names: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        names[trained_on(row.ensemble), _known_words(row.leakage)].append(row.ensemble.label)
    columns = [Column("Model", 40), Column("Trained on", 56), Column("This recording", 40)]
    cells = [
        (", ".join(who[k : k + _MOST_NAMES]), trained, known)
        for (trained, known), who in names.items()
        for k in range(0, len(who), _MOST_NAMES)
    ]
    return table(columns, cells, width)


def _known_words(leakage: str | None) -> str:
    return "not in the open data set" if leakage is None else LEAKAGE_WORDS[leakage]


def _about_predictions(content: PrintoutContent) -> list[str]:
    """Say what the numbers of the models are: ensembles, calibrator, threshold and verdict."""
    rows = predicted(content.predictions)
    states = dict.fromkeys(calibrator_words(one.rule.calibrator) for one in rows)
    about = [
        "MI: the ensemble, the mean logit of its seeds. Seeds: the lowest and the highest. "
        f"Probabilities are {' / '.join(states) or 'not at hand'}. MI is called from "
        f"{_threshold_words(content.decision, rows)}."
    ]
    if content.verdict:
        main = [one for one in content.main if one.verdict]
        names = ", ".join(one.ensemble.label for one in main)
        fold9 = " / ".join(dict.fromkeys(fold9_words(one.rule) for one in main))
        about.append(
            f"Conformal verdict at {content.decision.coverage_words}: {content.verdict}, by "
            f"{names}. {verdict_words(content.decision, len(main))} From {fold9}."
        )
    if content.caution and rows:
        about.append(" ".join(limits(content.scope)))
    if content.fitted_words:
        about.append(f"Note: {content.fitted_words}.")
    return about


def _threshold_words(decision: DecisionSettings, rows: list[EnsemblePrediction]) -> str:
    words = decision.threshold_words
    if decision.sensitivity is None:
        return words
    own = ", ".join(f"{one.ensemble.label} {percent(one.threshold)}" for one in rows)
    return f"each ensemble's threshold with {words} on fold 9: {own}"


def _overlay(content: PrintoutContent, width: float) -> list[Block]:
    if content.overlay is None:
        return []
    return [
        heading("Overlay behind the leads"),
        paragraph(content.overlay.label, width, bold=True),
        paragraph(trust_words(content.overlay), width, bold=True),
        paragraph(attribution_words(content.overlay), width),
        *_checks(content.overlay.checks, width),
    ]


def _checks(checks: Checks | None, width: float) -> list[Block]:
    """List each check with its number and what it makes of the map."""
    if checks is None:
        return []
    columns = [Column("Check", 52), Column("Number", 15, right=True), Column("Makes the map", 26)]
    rows = [(one.title, one.text, one.level or "decides nothing") for one in checks.checks]
    return table(columns, rows, width)


def _provenance(content: PrintoutContent, width: float) -> list[Block]:
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
    ensembles = [row.ensemble for row in content.predictions]
    weights = [f"{one.label} {_checksum_words(one)}" for one in ensembles]
    facts += [("Weights, SHA-256", ", ".join(weights))] if weights else []
    return [heading("Provenance"), *table([Column("", 30), Column("", 90)], facts, width)[1:]]


def _checksum_words(ensemble: Ensemble) -> str:
    """Begin the SHA-256 of each member's weights, longer where there is only one."""
    digits = _DIGITS_OF_ONE if len(ensemble.members) == 1 else _DIGITS_OF_MANY
    return " ".join(f"{entry.card.weights_sha256[:digits]}…" for entry in ensemble.members)
