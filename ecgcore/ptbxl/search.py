"""Find records by diagnosis, certainty of the label, patient and disagreement of the models."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.glossary import translate
from ecgcore.ptbxl.quality_table import has_quality
from ecgcore.ptbxl.scp import MI_TERRITORIES
from ecgcore.wording.records import (
    LABEL_GROUPS,
    LIKELIHOODS,
    SPLITS,
    SUPERCLASSES,
    age_words,
    likelihood_words,
)

Sort = Literal["disagreement", "likelihood_falling", "likelihood_rising", "predicted", "record"]
AGES = (0, 90)
"""Full range of ages; PTB-XL does not tell ages over 89 apart, and 90 stands for them."""

_STATED = np.array([known for known in LIKELIHOODS if known > 0])


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """Conditions that a record must meet to be found; an empty choice asks for nothing.

    Choices within one field are alternatives, different fields must all hold.

    Attributes
    ----------
    codes
        SCP codes.
    territories
        Territories of the heart that an MI statement names.
    superclasses
        Diagnostic superclasses.
    likelihoods
        Likelihoods in per cent (0 = not stated) of the statement in question: of a chosen code,
        else of an MI statement naming a chosen territory, else of a statement of a chosen
        superclass, else the record's MI likelihood. Rare other values count as the nearest.
    quality
        Keys of `ecgcore.ptbxl.quality_table.CHOICES`; they ask for nothing where the data set has
        no table of its signals' quality.
    groups, splits, sexes, validated
        Keys of `LABEL_GROUPS` and `SPLITS`, values of `SEXES` and `VALIDATED`.
    ages
        Youngest and oldest age in years, both included; the full range includes unknown ages.
    only_unknown_age
        Ask for records without an age; `ages` then has no effect.
    words
        Words that the report has, in its own language or in English, whole or in part.
    min_disagreement
        Least disagreement of the models in percentage points; 0 asks for nothing, and so does any
        where no model predicted.
    consensus
        Verdicts that readers agreed on.
    predicted, min_predicted
        A task and one of its classes whose predicted probability is shown, and the least of it in
        per cent that a record must have; 0 asks for nothing.
    sort
        Order of the result; ties by record number.
    """

    codes: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    superclasses: tuple[str, ...] = ()
    likelihoods: tuple[int, ...] = ()
    groups: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    sexes: tuple[str, ...] = ()
    validated: tuple[str, ...] = ()
    ages: tuple[int, int] = AGES
    only_unknown_age: bool = False
    quality: tuple[str, ...] = ()
    words: str = ""
    min_disagreement: int = 0
    consensus: tuple[str, ...] = ()
    predicted: tuple[tuple[str, str], ...] = ()
    min_predicted: int = 0
    sort: Sort = "record"

    @property
    def subject(self) -> str:
        """Name the statement that the likelihood is about, such as "IMI" or "inferior MI"."""
        if self.codes:
            return " or ".join(self.codes)
        if self.territories:
            return f"{' or '.join(self.territories)} MI"
        names = [name if name == "MI" else SUPERCLASSES[name].lower() for name in self.superclasses]
        return " or ".join(names) or "MI"


PRESETS: dict[str, RecordFilter] = {
    "Ambiguous MI": RecordFilter(groups=("uncertain_mi",), splits=("test",), sort="disagreement"),
    "Models disagree": RecordFilter(splits=("test",), min_disagreement=50, sort="disagreement"),
    "Certain MI": RecordFilter(groups=("certain_mi",), splits=("test",), sort="disagreement"),
    "Normal": RecordFilter(groups=("pure_normal",), splits=("test",), sort="disagreement"),
    "All records": RecordFilter(),
}
"""Named selections; all but the last stay in the test split, which no model was trained on."""


def search(
    catalog: Catalog,
    wanted: RecordFilter,
    disagreement: "pd.Series[float] | None" = None,
    quality: pd.DataFrame | None = None,
    predicted: "pd.Series[float] | None" = None,
    agreed: "pd.Series[str] | None" = None,
) -> pd.DataFrame:
    """Find the records that fit a filter, in its order.

    Parameters
    ----------
    disagreement
        Disagreement of the models, 0 to 1, by ``ecg_id``; sorting by it needs it.
    quality
        Table of `ecgcore.ptbxl.quality_table.load_quality`; asking for a quality needs it.
    predicted
        Probability of the chosen class, 0 to 1, by ``ecg_id``; NaN where none is stored.
    agreed
        The verdict that readers agreed on by ``ecg_id``, "" without one.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``ecg_id``: the texts ``age, sex, group, diagnoses, territory, split, validated,
        report, signal`` (problems) and ``consensus``, the numbers ``mi_likelihood, likelihood`` (of
        the statement in question, %), ``disagreement`` and ``predicted``, NaN where not known.

    Examples
    --------
    >>> from ecgcore.ptbxl import synthetic
    >>> from ecgcore.ptbxl.catalog import load_catalog
    >>> from ecgcore.settings import Settings
    >>> catalog = load_catalog(synthetic.ensure(Settings.from_env().synthetic_dir))
    >>> found = search(catalog, RecordFilter(territories=("lateral",), splits=("test",)))
    >>> found[["group", "diagnoses"]].head(2).to_numpy().tolist()
    [['uncertain MI', 'LMI 15 %'], ['uncertain MI', 'LMI 50 %']]
    """
    likelihood = _likelihood_in_question(catalog, wanted)
    keep = _matches_record(catalog.frame, wanted) & _is_stated(catalog, wanted, likelihood)
    if quality is not None and wanted.quality:
        keep &= catalog.frame.index.isin(quality.index[has_quality(quality, wanted.quality)])
    if wanted.words.strip():
        keep &= _report_has(catalog, wanted.words)
    said = pd.Series("", catalog.frame.index) if agreed is None else agreed
    keep &= np.asarray(said.isin(wanted.consensus or said.unique()))
    if disagreement is not None and wanted.min_disagreement:
        apart = 100 * disagreement.reindex(catalog.frame.index).to_numpy()
        keep &= apart >= wanted.min_disagreement
    probs = _aligned(predicted, catalog)
    if wanted.predicted and wanted.min_predicted:
        keep &= 100 * probs >= wanted.min_predicted
    found = _readable(catalog)[keep]
    found["consensus"] = said[keep]
    found["likelihood"] = likelihood[keep]
    found["disagreement"] = np.nan if disagreement is None else disagreement.reindex(found.index)
    found["predicted"] = probs[keep]
    found["signal"] = "" if quality is None else quality["signal"].reindex(found.index).fillna("")
    return _in_order(found, wanted.sort)


def _is_stated(
    catalog: Catalog, wanted: RecordFilter, likelihood: "pd.Series[float]"
) -> NDArray[np.bool_]:
    keep: NDArray[np.bool_] = np.ones(len(catalog.frame), dtype=np.bool_)
    if wanted.codes or wanted.territories or wanted.superclasses or wanted.likelihoods:
        keep &= likelihood.notna().to_numpy()
    for statements in _statement_masks(catalog.codes, wanted)[1:]:
        keep &= catalog.frame.index.isin(catalog.codes["ecg_id"][statements])
    return keep


def _aligned(values: "pd.Series[float] | None", catalog: Catalog) -> NDArray[np.float64]:
    """Return a number for each record of the catalogue, NaN where there is none."""
    if values is None:
        return np.full(len(catalog.frame), np.nan)
    return np.asarray(values.reindex(catalog.frame.index), dtype=np.float64)


def group_counts(found: pd.DataFrame) -> dict[str, int]:
    """Count the records of a search result by group, every group named."""
    counts = found["group"].value_counts()
    return {name: int(counts.get(name, 0)) for name in LABEL_GROUPS.values()}


def likelihood_text(likelihood: float) -> str:
    """Say a likelihood in words, "" for none; a space keeps " 15 %" before "100 %" when sorted."""
    if pd.isna(likelihood):
        return ""
    words = likelihood_words(likelihood)
    return f" {words}" if 0 < likelihood < 100 else words


def _statement_masks(codes: pd.DataFrame, wanted: RecordFilter) -> list[NDArray[np.bool_]]:
    codes_of = [c for c, named in MI_TERRITORIES.items() if set(named) & set(wanted.territories)]
    choices = [
        (codes["code"], wanted.codes),
        (codes["code"], codes_of),
        (codes["superclass"], wanted.superclasses),
    ]
    return [column.isin(list(chosen)).to_numpy() for column, chosen in choices if chosen]


def _likelihood_in_question(catalog: Catalog, wanted: RecordFilter) -> "pd.Series[float]":
    masks = _statement_masks(catalog.codes, wanted)
    if not masks:
        strongest = catalog.frame["mi_likelihood"]
        return strongest.where(_has_likelihood(strongest, wanted.likelihoods))
    mine = catalog.codes[masks[0]]
    mine = mine[_has_likelihood(mine["likelihood"], wanted.likelihoods)]
    return mine.groupby("ecg_id")["likelihood"].max().reindex(catalog.frame.index)


def _has_likelihood(values: "pd.Series[float]", chosen: Collection[int]) -> NDArray[np.bool_]:
    numbers: NDArray[np.float64] = values.to_numpy(dtype=float)
    if not chosen:
        return np.asarray(~np.isnan(numbers))
    nearest = _STATED[np.abs(numbers[:, None] - _STATED).argmin(axis=1)]
    return np.isin(np.where(numbers > 0, nearest, numbers), list(chosen))


def _matches_record(frame: pd.DataFrame, wanted: RecordFilter) -> NDArray[np.bool_]:
    keep: NDArray[np.bool_] = np.ones(len(frame), dtype=np.bool_)
    for column, chosen in (
        (frame["group"], wanted.groups),
        (frame["split"], wanted.splits),
        (frame["sex"], wanted.sexes),
        (_validated_text(frame), wanted.validated),
    ):
        if chosen:
            keep &= column.isin(chosen).to_numpy()
    if wanted.only_unknown_age:
        keep &= frame["age"].isna().to_numpy()
    elif wanted.ages != AGES:
        keep &= frame["age"].clip(upper=AGES[1]).between(*wanted.ages).to_numpy()
    return keep


def _report_has(catalog: Catalog, words: str) -> NDArray[np.bool_]:
    texts = _report_texts(catalog)
    has: NDArray[np.bool_] = np.ones(len(texts), dtype=np.bool_)
    for word in words.casefold().split():
        has &= texts.str.contains(word, regex=False).to_numpy()
    return has


@lru_cache(maxsize=2)
def _report_texts(catalog: Catalog) -> "pd.Series[str]":
    reports = catalog.frame["report"].fillna("").astype(str)
    both = {text: f"{text}\n{translate(text).english}".casefold() for text in reports.unique()}
    return reports.map(both)


@lru_cache(maxsize=2)
def _readable(catalog: Catalog) -> pd.DataFrame:
    frame = catalog.frame
    return pd.DataFrame(
        {
            "age": [age_words(age).rjust(2) for age in frame["age"]],
            "sex": frame["sex"],
            "group": frame["group"].map(LABEL_GROUPS),
            "diagnoses": _diagnoses(catalog.codes).reindex(frame.index).fillna(""),
            "mi_likelihood": frame["mi_likelihood"],
            "territory": frame["territory"],
            "split": frame["split"].map(SPLITS),
            "validated": _validated_text(frame),
            "report": frame["report"].str.slice(0, 120),
        },
        index=frame.index,
    )


def _diagnoses(codes: pd.DataFrame) -> "pd.Series[str]":
    diagnostic = codes[codes["kind"] == "diagnostic"]
    ordered = diagnostic.sort_values(["likelihood", "code"], ascending=[False, True])
    texts: dict[int, str] = {}
    for ecg_id, code, likelihood in zip(
        ordered["ecg_id"], ordered["code"], ordered["likelihood"], strict=True
    ):
        stated = f"{code} {likelihood:.0f} %" if likelihood > 0 else f"{code} (not stated)"
        texts[ecg_id] = f"{texts[ecg_id]}, {stated}" if ecg_id in texts else stated
    return pd.Series(texts, dtype=str)


def _validated_text(frame: pd.DataFrame) -> "pd.Series[str]":
    return frame["validated"].map({True: "yes", False: "no"}).fillna("unknown").astype(str)


def _in_order(found: pd.DataFrame, sort: Sort) -> pd.DataFrame:
    if sort == "record":
        return found.sort_index()
    column = sort if sort in ("disagreement", "predicted") else "likelihood"
    rising = sort == "likelihood_rising"
    return found.sort_index().sort_values(column, ascending=rising, kind="stable")
