"""Named parts of the test fold: by label, patient, comorbidity, device and noise.

Normal records have no MI likelihood, code, territory or comorbid statement. Strata of these kinds
hold the MI concerned and *all* normal records of the test fold; so do their false alarms. Strata
by sex, age, device and noise divide the normal records too.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.ptbxl.catalog import NOISE_COLUMNS
from ecgcore.ptbxl.label_groups import GROUPS
from ecgcore.stats.comparison.matching import known_age
from ecgcore.wording.records import LIKELIHOODS, SUPERCLASSES, TERRITORIES, likelihood_words

KINDS = {
    "likelihood": "Likelihood of MI",
    "code": "MI statement",
    "territory": "Territory of the MI",
    "comorbidity": "Other findings beside MI",
    "sex": "Sex",
    "age": "Age",
    "device": "Device",
    "noise": "Signal noise",
}
"""Kinds of strata and their names."""

COMORBID = ("STTC", "HYP", "CD")
"""Superclasses that no pure normal record has."""

AGE_BANDS = {
    "under-50": ("under 50 years", 0.0, 50.0),
    "50-64": ("50 to 64 years", 50.0, 65.0),
    "65-79": ("65 to 79 years", 65.0, 80.0),
    "80-plus": ("80 years and over", 80.0, np.inf),
}
"""Name, words, and the half-open range in years."""

SIGNAL_NOISE = ("baseline_drift", "static_noise", "burst_noise", "electrodes_problems")
"""Columns of the catalogue in which PTB-XL's experts noted noise."""

BoolArray = NDArray[np.bool_]

_NOT_STATED = "not stated"
_SPLIT_NORMALS = frozenset({"sex", "age", "device", "noise"})


@dataclass(frozen=True, slots=True, eq=False)
class Stratum:
    """A part of the test fold.

    Attributes
    ----------
    kind
        A key of `KINDS`.
    name
        Unique and safe in URLs, such as "likelihood-15".
    label
        Words for readers.
    ids
        ``(n,)`` ascending ``ecg_id``s.
    n_mi
        Records among them that are labelled MI, certain or not.
    splits_normals
        False where all normal records of the fold are in it.
    """

    kind: str
    name: str
    label: str
    ids: NDArray[np.int64]
    n_mi: int
    splits_normals: bool

    @property
    def n(self) -> int:
        """Records in it."""
        return int(self.ids.size)

    @property
    def title(self) -> str:
        """Label with its size, such as "female (n = 586, 217 MI)"."""
        return f"{self.label} (n = {self.n:,}, {self.n_mi:,} MI)"


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A stratum before the normal records are added: a mask over the records of the split."""

    kind: str
    name: str
    label: str
    inside: BoolArray


def strata_of(
    frame: pd.DataFrame,
    codes: pd.DataFrame,
    *,
    split: str = "test",
    groups: Iterable[str] = GROUPS,
    least: int = 10,
) -> tuple[Stratum, ...]:
    """Divide the records of a split in every way of `KINDS`, in that order.

    Parameters
    ----------
    frame, codes
        As in `ecgcore.ptbxl.catalog.Catalog`.
    groups
        Those of the test set, such as ``mi_task.TEST_SETS["certain"]``.
    least
        A stratum with fewer MI, or fewer normal records, is left out: it would say nothing.
    """
    chosen = frame[(frame["split"] == split) & frame["group"].isin(list(groups))].sort_index()
    parts = (
        *_by_likelihood(chosen),
        *_by_code(chosen, codes),
        *_by_territory(chosen),
        *_by_comorbidity(chosen, codes),
        *_by_sex(chosen),
        *_by_age(chosen),
        *_by_device(chosen),
        *_by_noise(chosen),
    )
    is_mi = (chosen["group"] != "pure_normal").to_numpy()
    strata = [_stratum(chosen.index.to_numpy(), is_mi, part) for part in parts]
    return tuple(s for s in strata if s.n_mi >= least and s.n - s.n_mi >= least)


def _stratum(ids: NDArray[np.int64], is_mi: BoolArray, part: _Part) -> Stratum:
    splits_normals = part.kind in _SPLIT_NORMALS
    inside = part.inside if splits_normals else part.inside & is_mi | ~is_mi
    name = f"{part.kind}-{_slug(part.name)}"
    n_mi = int((inside & is_mi).sum())
    return Stratum(part.kind, name, part.label, ids[inside], n_mi, splits_normals)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _by_likelihood(frame: pd.DataFrame) -> Iterator[_Part]:
    likelihood = frame["mi_likelihood"].to_numpy()
    for value in sorted(known for known in LIKELIHOODS if known):
        yield _Part("likelihood", f"{value}", likelihood_words(value), likelihood == value)


def _by_code(frame: pd.DataFrame, codes: pd.DataFrame) -> Iterator[_Part]:
    mi = codes[(codes["superclass"] == "MI") & codes["ecg_id"].isin(frame.index)]
    words = mi.drop_duplicates("code").set_index("code")["description"]
    for code in mi["code"].value_counts().index:
        inside = frame.index.isin(mi.loc[mi["code"] == code, "ecg_id"])
        yield _Part("code", code, f"{code}, {words[code]}", inside)


def _by_territory(frame: pd.DataFrame) -> Iterator[_Part]:
    named = frame["territory"].str.split(", ")
    for territory in TERRITORIES:
        inside = named.map(lambda names, wanted=territory: wanted in names).to_numpy(dtype=np.bool_)
        yield _Part("territory", territory, f"{territory} territory named", inside)


def _by_comorbidity(frame: pd.DataFrame, codes: pd.DataFrame) -> Iterator[_Part]:
    beside = {
        superclass: frame.index.isin(codes.loc[codes["superclass"] == superclass, "ecg_id"])
        for superclass in COMORBID
    }
    some = np.logical_or.reduce(list(beside.values()))
    yield _Part("comorbidity", "alone", f"MI without {', '.join(COMORBID)}", ~some)
    yield _Part("comorbidity", "any", f"MI with {' or '.join(COMORBID)}", some)
    for superclass, inside in beside.items():
        yield _Part("comorbidity", superclass, f"MI with {SUPERCLASSES[superclass]}", inside)


def _by_sex(frame: pd.DataFrame) -> Iterator[_Part]:
    for sex in ("female", "male", "unknown"):
        label = "sex unknown" if sex == "unknown" else sex
        yield _Part("sex", sex, label, (frame["sex"] == sex).to_numpy())


def _by_age(frame: pd.DataFrame) -> Iterator[_Part]:
    age = known_age(frame["age"]).to_numpy()
    for name, (label, first, end) in AGE_BANDS.items():
        yield _Part("age", name, label, (age >= first) & (age < end))
    yield _Part("age", "unknown", "age unknown", np.isnan(age))


def _by_device(frame: pd.DataFrame) -> Iterator[_Part]:
    device = frame["device"].str.split().str.join(" ")
    for name in device.value_counts().index:
        inside = (device == name).to_numpy()
        yield _Part("device", name or _NOT_STATED, name or f"device {_NOT_STATED}", inside)


def _by_noise(frame: pd.DataFrame) -> Iterator[_Part]:
    noted = {column: (frame[column] != "").to_numpy() for column in SIGNAL_NOISE}
    some = np.logical_or.reduce(list(noted.values()))
    yield _Part("noise", "none", "no noise noted", ~some)
    yield _Part("noise", "any", "noise noted", some)
    for column, inside in noted.items():
        yield _Part("noise", column, f"{NOISE_COLUMNS[column]} noted", inside)
