"""Sheets of paper measured in millimetres, drawn as vectors by Matplotlib without pyplot."""

import math
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline
from matplotlib.patheffects import Stroke
from matplotlib.text import Text
from matplotlib.transforms import Affine2D
from numpy.typing import ArrayLike

from ecgcore.errors import RecordError

PAPERS = {"A4": (297.0, 210.0), "Letter": (279.4, 215.9)}
"""Width and height of each sheet in mm, landscape."""

BOX_MM = 5.0
MM_PER_INCH = 25.4
PT_PER_INCH = 72.0
INK, QUIET, RULE = "#101418", "#4E5B62", "#9AA5AB"

Align = Literal["left", "center", "right"]

_LEAST_MARGIN_MM = 4.5
_FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"
_TRAILER = re.compile(rb"trailer\n<< (.*?) >>\nstartxref\n(\d+)\n")
_ROOT = re.compile(rb"/Root (\d+) 0 R")
_RIM = Stroke(linewidth=1.8, foreground="white")
_CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1))
_ONE_AT_A_TIME = threading.Lock()
"""Matplotlib's font caches are not made for several threads."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One landscape sheet; the origin is its lower left corner."""

    width_mm: float
    height_mm: float
    figure: Figure

    @classmethod
    def blank(cls, paper: str) -> "Sheet":
        """Take an empty sheet; RecordError if there is no such paper."""
        if paper not in PAPERS:
            raise RecordError(f"There is no paper {paper!r}; choose {', '.join(PAPERS)}.")
        width, height = PAPERS[paper]
        return cls(width, height, Figure(figsize=(width / MM_PER_INCH, height / MM_PER_INCH)))

    @property
    def margin_mm(self) -> float:
        """Free space at either side: what lies between is a whole number of 5 mm boxes."""
        boxes = math.floor((self.width_mm - 2 * _LEAST_MARGIN_MM) / BOX_MM)
        return (self.width_mm - BOX_MM * boxes) / 2

    def text(
        self,
        x_mm: float,
        y_mm: float,
        words: str,
        *,
        size_pt: float = 8.0,
        bold: bool = False,
        color: str = INK,
        align: Align = "left",
        rim: bool = False,
    ) -> None:
        """Write one line with its baseline at `y_mm`; a white rim keeps it readable on a trace."""
        for effects in ([_RIM], None) if rim else (None,):
            self._add(
                Text(
                    x_mm,
                    y_mm,
                    printable(words),
                    fontproperties=FontProperties(fname=_font_file(bold=bold), size=size_pt),
                    color=color,
                    horizontalalignment=align,
                    verticalalignment="baseline",
                    parse_math=False,
                    path_effects=effects,
                )
            )

    def line(
        self,
        x_mm: ArrayLike,
        y_mm: ArrayLike,
        *,
        color: str = INK,
        width_mm: float = 0.2,
        clip_mm: tuple[float, float, float, float] | None = None,
    ) -> None:
        """Draw a line through every point, broken where a coordinate is NaN.

        Parameters
        ----------
        clip_mm
            x, y, width and height of the part of the sheet that it may mark.
        """
        patch = PathPatch(
            _outline(np.column_stack([np.asarray(x_mm, float), np.asarray(y_mm, float)])),
            fill=False,
            edgecolor=color,
            linewidth=width_mm * PT_PER_INCH / MM_PER_INCH,
            capstyle="round",
            joinstyle="round",
        )
        self._add(patch)
        if clip_mm is not None:
            x, y, width, height = clip_mm
            patch.set_clip_path(Rectangle((x, y), width, height, transform=self._mm()))

    def fill(self, x_mm: float, y_mm: float, width_mm: float, height_mm: float, color: str) -> None:
        """Fill a rectangle, given by its lower left corner, without an edge."""
        self._add(Rectangle((x_mm, y_mm), width_mm, height_mm, color=color, linewidth=0))

    def cells(self, boxes_mm: np.ndarray, colors: np.ndarray) -> None:
        """Fill many rectangles, ``(n, 4)`` as x, y, width and height, each in its colour."""
        x, y, width, height = boxes_mm.T
        corners = np.stack(
            [np.column_stack([x + dx * width, y + dy * height]) for dx, dy in _CORNERS], axis=1
        )
        self._add(PolyCollection(list(corners), facecolors=colors, linewidths=0))

    def _add(self, artist: Any) -> None:  # noqa: ANN401 - any Matplotlib artist
        artist.set_transform(self._mm())
        self.figure.add_artist(artist)

    def _mm(self) -> Any:  # noqa: ANN401 - Matplotlib types it loosely
        return Affine2D().scale(1 / MM_PER_INCH) + self.figure.dpi_scale_trans


def pdf_of(
    sheets: Sequence[Sheet], *, title: str, subject: str, keywords: str, created: datetime
) -> bytes:
    """Bind sheets to a PDF that asks to be printed at its true size."""
    out = BytesIO()
    metadata = {
        "Title": title,
        "Subject": subject,
        "Keywords": keywords,
        "Creator": "ecgcore",
        "CreationDate": created,
    }
    with _ONE_AT_A_TIME, PdfPages(out, metadata=metadata) as pdf:
        for sheet in sheets:
            pdf.savefig(sheet.figure)
    return _at_true_size(out.getvalue())


def png_of(sheet: Sheet, dpi: int) -> bytes:
    """Render a sheet; the file carries its resolution, so that it prints in true size."""
    out = BytesIO()
    with _ONE_AT_A_TIME:
        sheet.figure.savefig(out, format="png", dpi=dpi)
    return out.getvalue()


def width_mm(words: str, *, size_pt: float = 8.0, bold: bool = False) -> float:
    """Return the printed width of a line."""
    em = sum(_advance(letter, bold=bold) for letter in printable(words))
    return em * size_pt * MM_PER_INCH / PT_PER_INCH


def wrap(words: str, limit_mm: float, *, size_pt: float = 8.0, bold: bool = False) -> list[str]:
    """Break a text into lines no wider than `limit_mm`; longer words are cut."""
    lines = [""]
    for word in (part for long in words.split() for part in _cut(long, limit_mm, size_pt, bold)):
        longer = f"{lines[-1]} {word}".lstrip()
        if width_mm(longer, size_pt=size_pt, bold=bold) <= limit_mm:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines[1:] if lines[0] == "" and len(lines) > 1 else lines


def shorten(words: str, limit_mm: float, *, size_pt: float = 8.0, bold: bool = False) -> str:
    """Return a text as one line, with "…" where it does not fit."""
    line = wrap(words, limit_mm, size_pt=size_pt, bold=bold)
    if len(line) == 1:
        return line[0]
    ellipsis_mm = width_mm(" …", size_pt=size_pt, bold=bold)
    return wrap(words, limit_mm - ellipsis_mm, size_pt=size_pt, bold=bold)[0] + " …"


def printable(words: str) -> str:
    """Put "?" for letters that the fonts cannot print and a space for line breaks."""
    return "".join(
        letter if ord(letter) in _letters() and letter.isprintable() else " ?"[letter > " "]
        for letter in words
    )


def _at_true_size(pdf: bytes) -> bytes:
    """Append a catalogue that turns the scaling of printers off (ISO 32000-1, 7.5.6 and 12.2)."""
    trailer, start = _TRAILER.findall(pdf)[-1]
    number = int(_ROOT.findall(trailer)[-1])
    catalog = pdf.split(b"\n%d 0 obj\n<< " % number, 1)[1].split(b" >>\nendobj", 1)[0]
    extra = b"\n%d 0 obj\n<< %s /ViewerPreferences << /PrintScaling /None >> >>\nendobj\n"
    xref_at = len(pdf) + len(addition := extra % (number, catalog))
    table = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<< %s /Prev %s >>\nstartxref\n%d\n%%%%EOF\n"
    return pdf + addition + table % (number, len(pdf) + 1, trailer, start, xref_at)


def _cut(word: str, limit_mm: float, size_pt: float, bold: bool) -> list[str]:
    if width_mm(word, size_pt=size_pt, bold=bold) <= limit_mm:
        return [word]
    n = max(1, int(len(word) * limit_mm / width_mm(word, size_pt=size_pt, bold=bold)) - 1)
    return [word[i : i + n] for i in range(0, len(word), n)]


def _outline(points: np.ndarray) -> Outline:
    """Turn points with NaN gaps into one path of which Matplotlib leaves out nothing."""
    gaps = np.isnan(points).any(axis=1)
    starts = np.concatenate([[True], gaps[:-1]])[~gaps]
    codes = np.where(starts, Outline.MOVETO, Outline.LINETO)
    path = Outline(points[~gaps], codes)
    path.should_simplify = False
    return path


def _font_file(*, bold: bool) -> str:
    return str(_FONTS / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"))


@cache
def _letters() -> frozenset[int]:
    fonts = (get_font(_font_file(bold=bold)) for bold in (False, True))
    return frozenset.intersection(*(frozenset(font.get_charmap()) for font in fonts))


@lru_cache(maxsize=1024)
def _advance(letter: str, *, bold: bool) -> float:
    font = get_font(_font_file(bold=bold))
    glyph = font.load_char(ord(letter), LoadFlags.NO_SCALE)
    return float(glyph.horiAdvance / font.units_per_EM)
