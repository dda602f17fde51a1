"""First sheet of a printout: who, the measurements, the ECG in true scale, and how it was made."""

from ecgcore.figures.theme import RUST
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.report.content import (
    DISCLAIMER,
    PrintoutContent,
    calibrator_words,
    trust_words,
)
from ecgcore.report.ecg import (
    Area,
    cut_leads,
    draw_ecg,
    draw_overlay_scale,
    print_layout,
    shown_s,
)
from ecgcore.report.sheet import INK, QUIET, RULE, Sheet, shorten, width_mm, wrap
from ecgcore.report.verdict import agreement, calls, limits, votes
from ecgcore.signals.measure.measure import Measured
from ecgcore.signals.quality import lead_notes
from ecgcore.wording.records import likelihood_words

_SYNTHETIC = "SYNTHETIC · no patient"
_MOST_LABELS = 4
_HEADER_MM, _FOOTER_MM, _SCALE_MM = 36.0, 12.0, 5.0
_TOP_MM = 6.0
_LINE_MM = 4.1
_MEASURED = (
    ("Heart rate", ("heart_rate_bpm",), "bpm"),
    ("P duration", ("p_ms",), "ms"),
    ("PR interval", ("pr_ms",), "ms"),
    ("QRS duration", ("qrs_ms",), "ms"),
    ("QT", ("qt_ms",), "ms"),
    ("QTc Bazett / Fridericia", ("qtc_bazett_ms", "qtc_fridericia_ms"), "ms"),
    ("Axis P / QRS / T", ("axis_p_deg", "axis_qrs_deg", "axis_t_deg"), "°"),
)


def front(content: PrintoutContent, paper: str, *, alone: bool = False) -> Sheet:
    """Draw the first sheet; one that stands `alone` points to no other."""
    sheet = Sheet.blank(paper)
    scale_mm = _SCALE_MM if content.overlay is not None else 0.0
    width = sheet.width_mm - 2 * sheet.margin_mm
    lines = _lines(content, width, alone=alone)
    header_mm = _HEADER_MM + _LINE_MM * len(lines)
    area = Area(
        sheet.margin_mm,
        _FOOTER_MM + scale_mm,
        width,
        sheet.height_mm - _TOP_MM - header_mm - _FOOTER_MM - scale_mm,
    )
    _draw_header(sheet, area, content, lines, alone=alone)
    layout = print_layout(content.record, content.settings, area)
    notes = {} if content.quality is None else lead_notes(content.quality)
    draw_ecg(sheet, area, content.record, layout, content.overlay, notes)
    if content.overlay is not None:
        pointer = "" if alone else "; see the next pages for what it can say"
        draw_overlay_scale(sheet, area.x_mm, _FOOTER_MM - 0.5, content.overlay, pointer=pointer)
    on_grid_y = area.y_mm + area.height_mm - layout.height_mm + 1.5
    cut = cut_leads(content.record, layout)
    said = [scale_line(content), *([f"leaving the paper: {', '.join(cut)}"] if cut else [])]
    sheet.text(area.x_mm + 1.5, on_grid_y, " · ".join(said), bold=True, rim=True)
    return sheet


def scale_line(content: PrintoutContent) -> str:
    """Say speed, gain, filter, rate and how much of the recording is drawn."""
    record, settings = content.record, content.settings
    said = [
        f"{settings.speed_mm_s:g} mm/s",
        f"{settings.gain_mm_mv:g} mm/mV",
        content.filter_label,
        f"{record.fs_hz} Hz",
    ]
    seconds = shown_s(record, settings)
    if seconds < record.duration_s:
        said.append(f"first {seconds:g} s of {record.duration_s:g} s")
    return " · ".join(said)


def draw_frame(sheet: Sheet, content: PrintoutContent, page: int, n_pages: int) -> None:
    """Write disclaimer and page number below, unless it is the only one, and the record above."""
    record = content.record
    left, right = sheet.margin_mm, sheet.width_mm - sheet.margin_mm
    sheet.text(left, 5.5, DISCLAIMER, size_pt=7.5, bold=True)
    name = f"Record {shorten(record.record_id, 60, size_pt=7.5)}"
    number = f" · page {page} of {n_pages}" if n_pages > 1 else ""
    sheet.text(right, 5.5, name + number, size_pt=7.5, align="right")
    if page == 1:
        middle = "Print at actual size (100 %): the fine grid is 1 mm."
        sheet.text(sheet.width_mm / 2, 5.5, middle, size_pt=7.5, color=QUIET, align="center")
        return
    facts = [name, record.source] if content.entry is None else [name, *_person(content.entry)]
    top = sheet.height_mm - 9.0
    sheet.text(left, top, " · ".join(facts), size_pt=8.5, bold=True)
    if record.synthetic:
        sheet.text(right, top, _SYNTHETIC, size_pt=8.5, bold=True, color=RUST, align="right")
    sheet.line([left, right], [top - 2.5, top - 2.5], color=RULE, width_mm=0.2)


def _person(entry: CatalogEntry) -> list[str]:
    recorded = f"recorded {entry.recording_date}" if entry.recording_date else "date unknown"
    return [entry.age, entry.sex, recorded]


def value_words(measured: Measured) -> str:
    """Write a value without its unit; "?" marks a doubtful one, "—" one that was not measured."""
    if measured.value is None:
        return "—"
    return f"{measured.text} ?" if measured.doubtful else measured.text


def _lines(content: PrintoutContent, limit_mm: float, *, alone: bool) -> list[tuple[str, str]]:
    """Return the lines below the header, each with its colour; a verdict is never cut."""
    verdict = [
        (line, color)
        for words, color in verdict_lines(content, alone=alone)
        for line in wrap(words, limit_mm, size_pt=8.5, bold=True)
    ]
    return verdict + [
        (shorten(words, limit_mm, size_pt=8.5, bold=True), color)
        for words, color in _alerts(content)
    ]


def _alerts(content: PrintoutContent) -> list[tuple[str, str]]:
    """Say what a reader must know of the recording, each with its colour."""
    record = content.record
    lines = []
    if content.beside is not None:
        said = (content.beside.all_comers_words, content.beside.statement_words)
        lines += [(words, INK) for words in said if words]
    if content.overlay is not None:
        color = RUST if content.overlay.refused else INK
        lines.append((trust_words(content.overlay), color))
    if content.quality is not None and content.quality.swap:
        lines.append((f"Suspected swap of electrodes: {content.quality.swap}", RUST))
    seconds = shown_s(record, content.settings)
    if seconds < record.duration_s:
        part = f"seconds 0 to {seconds:g} of {record.duration_s:g} s"
        lines.append((f"Drawn: {part}; measurements and lead notes are of all of them.", INK))
    if record.warnings:
        latest_first = " ".join(reversed(record.warnings))
        lines.append((f"How it was read: {latest_first}", INK))
    return lines


def _draw_header(
    sheet: Sheet,
    area: Area,
    content: PrintoutContent,
    lines: list[tuple[str, str]],
    *,
    alone: bool,
) -> None:
    top = sheet.height_mm - _TOP_MM - 4.0
    left, right = area.x_mm, area.x_mm + area.width_mm
    middle, last = left + 0.25 * area.width_mm, left + 0.53 * area.width_mm
    _draw_identity(sheet, left, top, middle - left - 4, content)
    _draw_measurements(sheet, middle, top, last - middle - 8, content, alone=alone)
    _draw_labels(sheet, last, top, right - last, content, alone=alone)
    bottom = sheet.height_mm - _TOP_MM - _HEADER_MM + 1.5
    for line, color in lines:
        bottom -= _LINE_MM
        sheet.text(left, bottom + 1.5, line, size_pt=8.5, bold=True, color=color)
    sheet.line([left, right], [bottom, bottom], color=RULE, width_mm=0.2)


def _draw_identity(
    sheet: Sheet, x_mm: float, top_mm: float, limit_mm: float, content: PrintoutContent
) -> None:
    record, entry = content.record, content.entry
    name = shorten(f"Record {record.record_id}", limit_mm, size_pt=13, bold=True)
    sheet.text(x_mm, top_mm - 0.5, name, size_pt=13, bold=True)
    lines = [record.source]
    if entry is not None:
        lines = [
            f"{entry.age} · {entry.sex}",
            _person(entry)[-1],
            " ".join(entry.device.split()) or "device unknown",
            "patient unknown" if entry.patient_id is None else f"patient {entry.patient_id}",
            content.data_version,
        ]
    for k, words in enumerate(lines, 1):
        y = top_mm - 1.8 - k * _LINE_MM
        sheet.text(x_mm, y, shorten(words, limit_mm, size_pt=8.5), size_pt=8.5)
    if record.synthetic:
        y = top_mm - 2.2 - (len(lines) + 1) * _LINE_MM
        sheet.fill(x_mm, y - 1.3, width_mm(_SYNTHETIC, bold=True) + 3, 4.4, RUST)
        sheet.text(x_mm + 1.5, y, _SYNTHETIC, bold=True, color="white")


def _draw_measurements(
    sheet: Sheet, x_mm: float, top_mm: float, width: float, content: PrintoutContent, *, alone: bool
) -> None:
    measurements = content.measurements
    if measurements is None:
        sheet.text(x_mm, top_mm, "Measurements: none were made", color=QUIET)
        return
    for k, (label, names, unit) in enumerate(_MEASURED):
        y = top_mm - k * _LINE_MM
        values = " / ".join(value_words(measurements.value(name)) for name in names)
        sheet.text(x_mm, y, label, size_pt=8.5, color=QUIET)
        sheet.text(x_mm + width - 7, y, values, size_pt=8.5, bold=True, align="right")
        sheet.text(x_mm + width - 6, y, unit, size_pt=8.5, color=QUIET)
    note = "? doubtful, — could not be measured" + ("" if alone else ": reasons on page 2")
    sheet.text(x_mm, top_mm - 7 * _LINE_MM + 0.3, note, size_pt=6.5, color=QUIET)


def _draw_labels(
    sheet: Sheet, x_mm: float, top_mm: float, width: float, content: PrintoutContent, *, alone: bool
) -> None:
    lines: list[tuple[str, bool, str]] = []
    if content.entry is not None:
        statements = content.entry.statements
        lines.append(("Labels with likelihood", True, INK))
        lines += [
            (f"{s.code} · {s.description} · {likelihood_words(s.likelihood)}", False, INK)
            for s in statements[:_MOST_LABELS]
        ]
        if len(statements) > _MOST_LABELS:
            more = len(statements) - _MOST_LABELS
            lines.append((f"and {more} more" + ("" if alone else " on page 2"), False, QUIET))
    for k, (words, bold, color) in enumerate(lines):
        short = shorten(words, width, size_pt=8.5, bold=bold)
        sheet.text(x_mm, top_mm - k * _LINE_MM, short, size_pt=8.5, bold=bold, color=color)


def verdict_lines(content: PrintoutContent, *, alone: bool) -> list[tuple[str, str]]:
    """Say what the main ensembles predict, and what they do not know; each with its colour."""
    main = content.main
    if not main:
        return []
    states = dict.fromkeys(calibrator_words(one.rule.calibrator) for one in main)
    calibration = " / ".join(state.partition(" on ")[0] for state in states)
    said = [
        f"Verdict: {content.verdict}." if content.verdict else "",
        content.caution,
        votes(main),
        f"{agreement(main).replace('**', '')}, {calibration}.",
        calls(main, content.decision),
        "" if alone else "More on the next pages.",
    ]
    verdict = (" ".join(filter(None, said)), QUIET if content.caution else INK)
    return [(" ".join(limits(content.scope)), RUST), verdict] if content.caution else [verdict]
