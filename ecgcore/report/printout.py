"""The printed report: true-scale ECG, measurements, labels, opinions and where all came from."""

from ecgcore.report.back import back
from ecgcore.report.content import (
    DISCLAIMER,
    ModelOpinion,
    ReportContent,
    attribution_words,
    heat_sentences,
)
from ecgcore.report.front import draw_frame, front
from ecgcore.report.scale import ScaleCheck, scale_check
from ecgcore.report.sheet import PAPERS, pdf_of, png_of

__all__ = [
    "DISCLAIMER",
    "PAPERS",
    "ModelOpinion",
    "ReportContent",
    "ScaleCheck",
    "attribution_words",
    "heat_sentences",
    "report_pdf",
    "report_png",
    "scale_check",
]


def report_pdf(content: ReportContent, paper: str = "A4") -> bytes:
    """Print a report as vectors; the same content gives the same bytes.

    Parameters
    ----------
    paper
        One of `PAPERS`, landscape.

    Raises
    ------
    RecordError
        If there is no such paper.
    """
    sheets = [front(content, paper), *back(content, paper)]
    for page, sheet in enumerate(sheets, 1):
        draw_frame(sheet, content, page, len(sheets))
    settings = content.settings
    return pdf_of(
        sheets,
        title=f"ECG {content.record.record_id}",
        subject=DISCLAIMER,
        keywords=(
            f"{settings.speed_mm_s:g} mm/s, {settings.gain_mm_mv:g} mm/mV, "
            f"{content.record.fs_hz} Hz"
        ),
        created=content.created,
    )


def report_png(content: ReportContent, paper: str = "A4", dpi: int = 300) -> bytes:
    """Render the first sheet alone; its resolution is in the file: it prints in true size.

    Raises
    ------
    RecordError
        If there is no such paper.
    """
    sheet = front(content, paper, alone=True)
    draw_frame(sheet, content, 1, 1)
    return png_of(sheet, dpi)
