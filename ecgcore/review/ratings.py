"""Ratings of several readers as a file holds them: ``case, reader``, then a column a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from lzma import LZMAError
from pathlib import Path

import numpy as np
import pandas as pd

from ecgcore.errors import ReviewError
from ecgcore.stats.agreement.tables import MISSING
from ecgcore.stats.reliability_curve import IntArray

CASE, READER = "case", "reader"
NO_AND_YES = ("0", "1")
"""Values of a finding that is there or is not."""
_NOT_RATED = ("", "NA", "NaN", "nan")


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """The ratings of one finding.

    Attributes
    ----------
    name
        The file's name of it.
    values
        The values that were given, in ascending order; 0 and 1 where no other one was.
    codes
        ``(n_readers, n_cases)``: the place in `values`, -1 where a reader did not rate.
    """

    name: str
    values: tuple[str, ...]
    codes: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Ratings:
    """Who rated which cases, in the order of the file.

    Attributes
    ----------
    strata
        The places of the cases of each stratum, such as a certainty; none where none was asked for.
    """

    cases: tuple[str, ...]
    readers: tuple[str, ...]
    findings: tuple[Finding, ...]
    strata: Mapping[str, IntArray]

    def only(self, cases: IntArray) -> Ratings:
        """Return the ratings of some cases, by their places."""
        findings = tuple(replace(one, codes=one.codes[:, cases]) for one in self.findings)
        return Ratings(tuple(self.cases[i] for i in cases), self.readers, findings, {})


def read_ratings(path: Path, by: str = "") -> Ratings:
    """Read a CSV file, plain or ``.xz``; an empty cell or ``NA`` is a case that was not rated.

    Parameters
    ----------
    by
        Column that sorts the cases into strata and is no finding.

    Raises
    ------
    ReviewError
        If it is no such table, names a reader twice for a case, has fewer than two readers, or a
        case is in two strata.
    """
    table = read_table(path, (CASE, READER, *([by] if by else [])))
    findings = [name for name in table.columns if name not in (CASE, READER, by)]
    check_once(path, table, [CASE, READER])
    readers = tuple(table[READER].unique())
    if not findings or len(readers) < 2:
        raise ReviewError(
            f"{path.name} has {len(readers)} readers and {len(findings)} columns of findings. "
            "2 readers and 1 finding are needed."
        )
    cases = tuple(table[CASE].unique())
    found = tuple(_finding(table, name, cases, readers) for name in findings)
    return Ratings(cases, readers, found, _strata(path, table, by) if by else {})


def _strata(path: Path, table: pd.DataFrame, by: str) -> dict[str, IntArray]:
    plain = table[by].map(_plain)
    in_two = plain.groupby(table[CASE], sort=False).nunique() > 1
    if in_two.any():
        raise ReviewError(f"{path.name}: case {in_two.idxmax()} has two values of {by}.")
    values = plain[~table.duplicated(CASE)].to_numpy()
    return {name: np.flatnonzero(values == name) for name in sorted(set(values), key=_rank)}


def _finding(
    table: pd.DataFrame, name: str, cases: tuple[str, ...], readers: tuple[str, ...]
) -> Finding:
    values = table[name].map(_plain, na_action="ignore")
    known = sorted(values.dropna().unique(), key=_rank)
    known = list(NO_AND_YES) if set(known) <= set(NO_AND_YES) else known
    codes = np.full((len(readers), len(cases)), MISSING, dtype=np.int64)
    rows = pd.Index(readers).get_indexer(table[READER]), pd.Index(cases).get_indexer(table[CASE])
    codes[rows] = pd.Index(known, dtype=object).get_indexer(values)
    return Finding(name, tuple(known), codes)


def _plain(text: str) -> str:
    """Write a number in one way, so that 1, 1.0 and 01 are one value."""
    try:
        value = float(text)
    except ValueError:
        return text
    return f"{value:.0f}" if value.is_integer() else repr(value)


def _rank(text: str) -> tuple[bool, float, str]:
    try:
        return False, float(text), text
    except ValueError:
        return True, 0.0, text


def read_table(path: Path, needed: tuple[str, ...]) -> pd.DataFrame:
    """Read a CSV file as texts, None where a cell is empty or ``NA``; the needed have no gaps.

    Raises
    ------
    ReviewError
        If it is no table, lacks a needed column, or leaves a cell of one empty.
    """
    try:
        table = pd.read_csv(
            path,
            dtype=str,
            encoding="utf-8-sig",
            keep_default_na=False,
            na_values=_NOT_RATED,
            compression="xz" if path.suffix == ".xz" else None,
        )
    except (ValueError, EOFError, LZMAError) as error:
        raise ReviewError(f"{path.name} is no CSV table ({error}).") from error
    table.columns = pd.Index([str(name).strip() for name in table.columns])
    lacking = [name for name in needed if name not in table]
    if lacking:
        raise ReviewError(
            f"{path.name} has no column {', '.join(lacking)}; it has {', '.join(table.columns)}."
        )
    table = table.map(str.strip, na_action="ignore").replace("", None)
    empty = table[list(needed)].isna().any(axis=1)
    if empty.any():
        line = int(np.flatnonzero(empty)[0]) + 2
        raise ReviewError(f"Line {line} of {path.name} leaves {' or '.join(needed)} empty.")
    if table.empty:
        raise ReviewError(f"{path.name} has no ratings.")
    return table


def check_once(path: Path, table: pd.DataFrame, columns: list[str]) -> None:
    """Raise ReviewError where two rows say the same of `columns`."""
    twice = table[table.duplicated(columns)]
    if len(twice):
        said = ", ".join(f"{name} {twice.iloc[0][name]}" for name in columns)
        raise ReviewError(f"{path.name} has {said} more than once. Keep one rating.")
