"""The printout: true-scale ECG, measurements, labels, predictions and where all came from."""

from ecgcore.report.back import back
from ecgcore.report.content import (
    DISCLAIMER,
    PrintoutContent,
    attribution_sentences,
    attribution_words,
)
from ecgcore.report.front import draw_frame, front
from ecgcore.report.scale import ScaleCheck, scale_check
from ecgcore.report.sheet import PAPERS, pdf_of, png_of

__all__ = [
    "DISCLAIMER",
    "PAPERS",
    "PrintoutContent",
    "ScaleCheck",
    "attribution_sentences",
    "attribution_words",
    "printout_pdf",
    "printout_png",
    "scale_check",
]


def printout_pdf(content: PrintoutContent, paper: str = "A4") -> bytes:
    """Print a record as vectors; the same content gives the same bytes.

    Parameters
    ----------
    paper
        One of `PAPERS`, landscape.

    Raises
    ------
    RecordError
        If there is no such paper.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from ecgcore.io.recordings import read_upload
    >>> from ecgcore.ptbxl.synthetic import example_csv
    >>> from ecgcore.report.content import PrintoutContent
    >>> record = read_upload([("example.csv", example_csv())])
    >>> content = PrintoutContent(record, "synthetic set 1", datetime(2026, 11, 28, tzinfo=UTC))
    >>> printout_pdf(content)[:5]
    b'%PDF-'
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


def printout_png(content: PrintoutContent, paper: str = "A4", dpi: int = 300) -> bytes:
    """Render the first sheet alone; its resolution is in the file: it prints in true size.

    Raises
    ------
    RecordError
        If there is no such paper.
    """
    sheet = front(content, paper, alone=True)
    draw_frame(sheet, content, 1, 1)
    return png_of(sheet, dpi)
