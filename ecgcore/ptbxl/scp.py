"""SCP-ECG statements: their likelihoods, classes and the wall of the heart they name."""

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ecgcore.errors import CatalogError

LIKELIHOODS = (100, 80, 50, 35, 15, 0)
"""Likelihoods that PTB-XL uses, in per cent; 0 means that none was stated."""

LIKELIHOOD_WORDS = {
    100: "stated as certain",
    80: "probable",
    50: "possible",
    35: "less likely",
    15: "doubtful",
    0: "likelihood not stated",
}

SUPERCLASSES = {
    "NORM": "Normal ECG",
    "MI": "Myocardial infarction",
    "STTC": "ST/T change",
    "CD": "Conduction disturbance",
    "HYP": "Hypertrophy",
}

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
"""Walls named by each of PTB-XL's 14 myocardial-infarction statements."""

TERRITORIES = ("anterior", "inferior", "lateral", "posterior")


def in_words(likelihood: float) -> str:
    """Say a likelihood in per cent in words, the number always beside it."""
    if likelihood == 0:
        return LIKELIHOOD_WORDS[0]
    nearest = min(LIKELIHOODS[:-1], key=lambda known: abs(known - likelihood))
    return f"{likelihood:.0f} %, {LIKELIHOOD_WORDS[nearest]}"


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
