"""One statement of a data set held against what its records measure."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from ecgcore.errors import ReviewError
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.review.label_doctor.statements import HEART_AXIS, Measurable
from ecgcore.signals.measure.measurements import DOUBTFUL
from ecgcore.stats.agreement.limits import LimitAgreement, limit_agreement

Contradiction = Literal["stated, not measured", "measured, not stated"]
CONTRADICTIONS: tuple[Contradiction, ...] = get_args(Contradiction)
NOT_STATED = "not stated"
CUT_DEG = -135.0
"""Axes from here to the limit lie left of it; those beyond, counted on past 180, right of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Examination:
    """A statement against its measured value in one data set.

    Attributes
    ----------
    statement
        What is examined.
    rows
        A record each, by ``ecg_id``: ``label``, the words of the heart axis or the SCP code that
        makes the statement, else `NOT_STATED`; ``stated``; ``value``, an axis from -135 to 225
        degrees; ``confidence`` from 0 to 1.
    n_unmeasured
        Records that count, but in which the value could not be measured or, where only clear
        values were asked for, is doubtful.
    n_unmeasured_stated
        Of these, those with the statement.
    agreement
        At every limit.
    """

    statement: Measurable
    rows: pd.DataFrame
    n_unmeasured: int
    n_unmeasured_stated: int
    agreement: LimitAgreement

    def beyond(self, limit: float) -> "pd.Series[bool]":
        """Say for each record whether its value is beyond a limit."""
        value = self.rows["value"]
        return value >= limit if self.statement.above else value < limit

    def contradictions(self, limit: float, kind: Contradiction) -> pd.DataFrame:
        """Return the rows in which label and measurement differ, the farthest off first.

        Returns
        -------
        pandas.DataFrame
            Columns of `rows` and ``off``, how far the value is on the other side of the limit.
        """
        beyond, stated = self.beyond(limit), self.rows["stated"]
        wanted = stated & ~beyond if kind == "stated, not measured" else beyond & ~stated
        found = self.rows[wanted]
        found = found.assign(off=(found["value"] - limit).abs())
        return found.sort_values(["off", "confidence"], ascending=False, kind="stable")

    def flipped(self, limit: float) -> pd.DataFrame:
        """Return the rows that lie between the published limit and another one, nearest last."""
        published = self.statement.published
        found = self.rows[self.beyond(limit) != self.beyond(published)]
        found = found.assign(off=(found["value"] - published).abs())
        return found.sort_values("off", ascending=False, kind="stable")

    def by_label(self, limit: float) -> pd.DataFrame:
        """Return what each label measures.

        Returns
        -------
        pandas.DataFrame
            ``label, n, low, median, high`` (quartiles) and ``beyond``, the share beyond the limit.
        """
        rows = self.rows.assign(beyond=self.beyond(limit))
        grouped = rows.groupby("label", sort=False)
        quartiles = grouped["value"].quantile([0.25, 0.5, 0.75]).unstack()
        quartiles.columns = pd.Index(["low", "median", "high"])
        table = quartiles.assign(n=grouped.size(), beyond=grouped["beyond"].mean())
        ordered = table.sort_values("n", ascending=False).reset_index()
        first = ordered["label"].isin(self.statement.labels)
        return pd.concat([ordered[first], ordered[~first]])[
            ["label", "n", "low", "median", "high", "beyond"]
        ].reset_index(drop=True)


def examine(
    statement: Measurable, catalog: Catalog, measured: pd.DataFrame, *, clear: bool = False
) -> Examination:
    """Hold a statement against the table of measurements of its data set.

    Parameters
    ----------
    measured
        As `ecgcore.ptbxl.shipped.measured.measurements_of` gives it.
    clear
        True to leave out values with a confidence below one half.

    Raises
    ------
    ReviewError
        If no record counts, none or each of those measured has the statement.
    """
    labels = _labels(statement, catalog)
    table = measured.reindex(labels.index)
    value = _value(statement, table[statement.value])
    confidence = table[f"{statement.value}_confidence"].fillna(0) / 100
    rows = pd.DataFrame(
        {
            "label": labels,
            "stated": labels.isin(statement.labels),
            "value": value,
            "confidence": confidence,
        }
    )
    used = value.notna() & ((confidence >= DOUBTFUL) | (not clear))
    kept, left_out = rows[used], rows[~used]
    if kept["stated"].nunique() < 2:
        raise ReviewError(_too_few(statement, catalog, rows, kept))
    first, last, step = statement.limits
    agreement = limit_agreement(
        kept["value"],
        kept["stated"],
        np.round(np.arange(first, last + step / 2, step), 6),
        above=statement.above,
        clusters=catalog.patient_numbers(kept.index),
    )
    return Examination(statement, kept, len(left_out), int(left_out["stated"].sum()), agreement)


def _labels(statement: Measurable, catalog: Catalog) -> "pd.Series[str]":
    """Return the label of each record that counts, by ``ecg_id``."""
    if statement.from_axis:
        axis = catalog.frame[HEART_AXIS]
        return axis[axis != ""]
    codes = catalog.codes
    ids = catalog.frame.index
    if statement.among:
        ids = ids[ids.isin(codes.loc[codes["code"].isin(statement.among), "ecg_id"])]
    made = codes[codes["code"].isin(statement.labels)].drop_duplicates("ecg_id")
    return made.set_index("ecg_id")["code"].reindex(ids).fillna(NOT_STATED)


def _value(statement: Measurable, column: "pd.Series[float]") -> "pd.Series[float]":
    """Scale the values; the circle of axes is cut half way between its left and its right."""
    value = column.astype(np.float64) * statement.scale
    return value.where(value >= CUT_DEG, value + 360) if statement.unit == "°" else value


def _too_few(
    statement: Measurable, catalog: Catalog, rows: pd.DataFrame, kept: pd.DataFrame
) -> str:
    if statement.from_axis and rows.empty:
        return (
            f"{catalog.version} states no heart axis (column {HEART_AXIS} is empty), so "
            f"{statement.key} cannot be examined. Open PTB-XL, or choose another statement."
        )
    n = int(kept["stated"].sum())
    return (
        f"Of {len(kept):,} measured records of {catalog.version} that count, {n:,} have "
        f"{statement.said}: some with it and some without are needed. Choose another statement, "
        "or open PTB-XL."
    )
