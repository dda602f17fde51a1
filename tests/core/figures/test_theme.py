"""Colours of figures and pages are read easily by everybody (WCAG 2.2: 1.4.3 and 1.4.11)."""

import tomllib
from itertools import product

import pytest

from ecgcore.figures.theme import RUST, STYLE, ink, paper
from tests.support.paths import PROJECT

TEXT, GRAPHIC = 4.5, 3.0
CAPTION, TINT = 0.6, 0.1
"""Shares of colour with which Streamlit writes a caption and fills the chosen option."""
CONFIG = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))[
    "theme"
]
DARK = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


def rgb(color: str) -> tuple[float, ...]:
    return tuple(int(color[k : k + 2], 16) / 255 for k in (1, 3, 5))


def luminance(color: tuple[float, ...]) -> float:
    """Relative luminance of sRGB, from the definition in WCAG 2.2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(front: str, back: str, share: float = 1.0) -> float:
    """Contrast of a colour that covers a share of the background."""
    mixed = tuple(share * f + (1 - share) * b for f, b in zip(rgb(front), rgb(back), strict=True))
    lower, upper = sorted((luminance(mixed), luminance(rgb(back))))
    return (upper + 0.05) / (lower + 0.05)


def test_contrast_agrees_with_known_pairs() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.005)  # as WCAG's examples
    assert contrast("#000000", "#FFFFFF", 0.5) == pytest.approx(
        contrast("#808080", "#FFFFFF"), 0.02
    )


@DARK
def test_words_on_a_page_are_read_easily(*, dark: bool) -> None:
    theme = CONFIG["dark" if dark else "light"]
    for back in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
        for name in ("textColor", "codeTextColor"):
            assert contrast(theme[name], back, CAPTION) >= TEXT
        assert contrast(theme["linkColor"], back) >= TEXT


@DARK
def test_the_chosen_option_is_read_easily_and_its_tick_is_seen(*, dark: bool) -> None:
    theme = CONFIG["dark" if dark else "light"]
    front, back = rgb(theme["primaryColor"]), rgb(theme["backgroundColor"])
    tinted = tuple(TINT * f + (1 - TINT) * b for f, b in zip(front, back, strict=True))
    lower, upper = sorted((luminance(front), luminance(tinted)))
    assert (upper + 0.05) / (lower + 0.05) >= TEXT
    assert contrast("#FFFFFF", theme["primaryColor"]) >= GRAPHIC


@DARK
def test_figures_have_the_colours_of_the_page(*, dark: bool) -> None:
    theme, colors = CONFIG["dark" if dark else "light"], ink(dark=dark)
    assert colors.background == theme["backgroundColor"]
    assert colors.text == theme["textColor"]


@DARK
def test_words_and_marks_of_figures_are_read_easily(*, dark: bool) -> None:
    colors = ink(dark=dark)
    assert contrast(colors.text, colors.background) >= TEXT
    assert contrast(colors.quiet, colors.background) >= TEXT
    for style in STYLE.values():
        assert contrast(style.color(dark=dark), colors.background) >= GRAPHIC


def test_words_on_ecg_paper_are_read_easily_on_and_off_the_grid() -> None:
    for theme, neutral in product(("light", "dark", "print"), (False, True)):
        colors = paper(theme, neutral=neutral)
        for front, back in product(
            (colors.text, colors.trace), (colors.background, colors.minor, colors.major)
        ):
            assert contrast(front, back) >= TEXT, (theme, neutral, front, back)


def test_a_warning_is_read_easily() -> None:
    assert contrast("#FFFFFF", RUST) >= TEXT
