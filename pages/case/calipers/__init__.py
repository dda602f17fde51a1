"""Calipers on the ECG in the browser; no movement of theirs reruns the page."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

_HERE = Path(__file__).parent


def _read(*names: str) -> str:
    return "\n".join((_HERE / name).read_text("utf-8") for name in names)


_mount = st.components.v2.component(
    "ecg_calipers",
    html=_read("toolbar.html"),
    css=_read("calipers.css"),
    js=_read("paper.js", "overlay.js", "calipers.js"),
)


def calipers(
    *,
    r_peaks_s: NDArray[np.float64] | Sequence[float],
    key: str = "calipers",
    target: str = "ecg",
    dark: bool,
) -> None:
    """Draw a toolbar whose calipers measure on the ECG figure drawn with the key `target`.

    Scale and leads come from the figure itself (``layout.meta`` of `ecg_figure`), and calipers
    stay until its ``layout.uirevision`` changes: until another record, layout or scale is shown.

    Parameters
    ----------
    r_peaks_s
        Times of the R peaks in seconds, to which legs snap; none disables Snap to R.
    dark
        Whether the paper is dark.
    """
    times_s = np.round(np.asarray(r_peaks_s, dtype=np.float64), 4)
    _mount(key=key, data={"r_peaks_s": times_s.tolist(), "target": target, "dark": dark})
