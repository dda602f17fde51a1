"""Words for what the tables say about a record: label group, split, patient and likelihoods."""

import math
from collections.abc import Mapping

LABEL_GROUPS: Mapping[str, str] = {
    "uncertain_mi": "uncertain MI",
    "certain_mi": "certain MI",
    "pure_normal": "normal",
    "other": "other",
}
"""What the cohort rule makes of a record."""

ABOUT_LABEL_GROUPS: Mapping[str, str] = {
    "uncertain_mi": "the strongest statement of infarction is less than certain",
    "certain_mi": "a statement of infarction at 100 %",
    "pure_normal": "a normal ECG at 100 %, with no statement of other disease",
    "other": "neither infarction nor strictly normal, or not validated: outside the study",
}

SPLITS: Mapping[str, str] = {
    "train": "training",
    "val": "validation",
    "test": "test",
    "unknown": "unknown",
}
FOLDS: Mapping[str, str] = {"train": "folds 1 to 8", "val": "fold 9", "test": "fold 10"}

SEXES = ("male", "female", "unknown")
VALIDATED = ("yes", "no", "unknown")

OLDEST = 89
"""Highest age that PTB-XL tells; it writes 300 for every older one."""

LIKELIHOODS: Mapping[int, str] = {
    100: "stated as certain",
    80: "probable",
    50: "possible",
    35: "less likely",
    15: "doubtful",
    0: "likelihood not stated",
}
"""Likelihoods that PTB-XL uses, in per cent; 0 means that none was stated."""

SUPERCLASSES: Mapping[str, str] = {
    "NORM": "Normal ECG",
    "MI": "Myocardial infarction",
    "STTC": "ST/T change",
    "CD": "Conduction disturbance",
    "HYP": "Hypertrophy",
}

TERRITORIES = ("anterior", "inferior", "lateral", "posterior")


def split_words(split: str) -> str:
    """Name a split and its folds.

    Examples
    --------
    >>> split_words("val"), split_words("unknown")
    ('validation (fold 9)', 'unknown')
    """
    return f"{SPLITS[split]} ({FOLDS[split]})" if split in FOLDS else SPLITS[split]


def age_words(years: float) -> str:
    """Write an age in years.

    Examples
    --------
    >>> age_words(56), age_words(300), age_words(float("nan"))
    ('56', 'over 89', 'unknown')
    """
    if math.isnan(years):
        return "unknown"
    return f"over {OLDEST}" if years > OLDEST else f"{years:.0f}"


def age_in_years(years: float) -> str:
    """Write an age with its unit.

    Examples
    --------
    >>> age_in_years(56), age_in_years(300), age_in_years(float("nan"))
    ('56 years', 'over 89 years', 'age unknown')
    """
    return "age unknown" if math.isnan(years) else f"{age_words(years)} years"


def likelihood_words(likelihood: float) -> str:
    """Write a likelihood in per cent with its word, that of the nearest step for other values.

    Examples
    --------
    >>> likelihood_words(50), likelihood_words(0)
    ('50 %, possible', 'likelihood not stated')
    """
    if likelihood == 0:
        return LIKELIHOODS[0]
    stated = [known for known in LIKELIHOODS if known]
    nearest = min(stated, key=lambda known: abs(known - likelihood))
    return f"{likelihood:.0f} %, {LIKELIHOODS[nearest]}"
