"""Cells of a table are Markdown to Streamlit, and must stay as they were written."""

import pandas as pd

from pages.shared.plots import literal


def test_a_probability_above_a_bound_is_no_quotation() -> None:
    table = pd.DataFrame({"Ensemble": ["A", "C"], "MI": ["> 99.9 %", "< 0.1 %"], "n": [1, 2]})
    drawn = literal(table)
    assert list(drawn["MI"]) == [r"\> 99.9 %", "< 0.1 %"]
    assert list(drawn["n"]) == [1, 2]
