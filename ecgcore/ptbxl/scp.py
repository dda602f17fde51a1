"""SCP-ECG statements: their likelihoods, classes and the territories of the heart they name."""

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ecgcore.errors import CatalogError

MI_TERRITORIES: Mapping[str, tuple[str, ...]] = {
    "AMI": ("anterior",),
    "ASMI": ("anterior",),
    "INJAS": ("anterior",),
    "ALMI": ("anterior", "lateral"),
    "INJAL": ("anterior", "lateral"),
    "LMI": ("lateral",),
    "INJLA": ("lateral",),
    "IMI": ("inferior",),
    "INJIN": ("inferior",),
    "ILMI": ("inferior", "lateral"),
    "INJIL": ("inferior", "lateral"),
    "IPMI": ("inferior", "posterior"),
    "IPLMI": ("inferior", "posterior", "lateral"),
    "PMI": ("posterior",),
}
"""Territories named by each of PTB-XL's 14 statements of myocardial infarction."""


def parse_codes(text: str) -> dict[str, float]:
    """Read one ``scp_codes`` cell, ``"{'NORM': 100.0, 'SR': 0.0}"``, into code -> likelihood (%).

    Raises
    ------
    CatalogError
        If the cell is not such a mapping.
    """
    try:
        codes = json.loads(text.replace("'", '"'))
        return {str(code): float(likelihood) for code, likelihood in codes.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise CatalogError(
            f"scp_codes has {text!r} where a mapping like {{'NORM': 100.0}} is needed. "
            "Download ptbxl_database.csv again."
        ) from error


def load_statements(path: Path) -> pd.DataFrame:
    """Read ``scp_statements.csv``, indexed by SCP code.

    Returns
    -------
    pandas.DataFrame
        Columns ``description``, ``superclass`` ("" unless diagnostic) and ``kind``
        (diagnostic, form or rhythm).

    Raises
    ------
    CatalogError
        If the file is damaged or lacks a column.
    """
    try:
        raw = pd.read_csv(path, index_col=0)
    except ValueError as error:  # pandas' own kinds are ValueErrors
        raise CatalogError(f"{path} is damaged ({error}). Download it again.") from error
    needed = {"description", "diagnostic", "form", "rhythm", "diagnostic_class"}
    if missing := sorted(needed - set(raw.columns)):
        raise CatalogError(f"{path} lacks the columns {', '.join(missing)}. Download it again.")
    diagnostic = raw["diagnostic"] == 1
    kind = pd.Series("rhythm", index=raw.index).mask(raw["form"] == 1, "form")
    return pd.DataFrame(
        {
            "description": raw["description"].astype(str),
            "superclass": raw["diagnostic_class"].where(diagnostic, "").fillna("").astype(str),
            "kind": kind.mask(diagnostic, "diagnostic"),
        }
    )


def statements_like(statements: pd.DataFrame, typed: str, most: int = 8) -> list[tuple[str, str]]:
    """Find the statements whose code begins with a text, or whose description holds it.

    Parameters
    ----------
    statements
        As `load_statements` gives them.

    Returns
    -------
    list
        Codes and descriptions; codes that begin so come first.

    Examples
    --------
    >>> table = pd.DataFrame({"description": ["left bundle", "old infarct"]}, ["LBBB", "OLD"])
    >>> statements_like(table, "l")
    [('LBBB', 'left bundle'), ('OLD', 'old infarct')]
    """
    text = typed.strip().lower()
    rows = [(str(code), str(words)) for code, words in statements["description"].items()]
    begin = [one for one in rows if one[0].lower().startswith(text)]
    inside = [one for one in rows if text in one[1].lower() and one not in begin]
    return [*begin, *inside][:most]
