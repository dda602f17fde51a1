"""What the figures of Label doctor say, in sentences and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ecgcore.wording.numbers import number
from pages.shared.plots import unbroken

if TYPE_CHECKING:
    from ecgcore.ptbxl.catalog import Catalog
    from ecgcore.review.label_doctor.examination import Examination


def first_key(catalog: Catalog) -> str:
    """Choose the statement that opens: the axis, where the data set states it."""
    return "LAD" if (catalog.frame["heart_axis"] != "").any() else "SBRAD"


def finding(found: Examination, limit: float) -> str:
    """Say at which limit the label agrees best, and how the published one does."""
    one, agreement = found.statement, found.agreement
    best = agreement.best
    fits = (
        f"fits a limit of **{one.text(best.value)}** best"
        f" [{one.text(best.low)} to {one.text(best.high)}]"
    )
    kappas = {
        limit_: agreement.kappa.at(agreement.place(limit_)).text(2)
        for limit_ in (best.value, one.published, limit)
    }
    said = (
        f"**{one.title}** ({one.said}) {fits}, kappa {kappas[best.value]}; at the published "
        f"{one.text(one.published)} kappa is {kappas[one.published]}"
    )
    if limit in (best.value, one.published):
        return f"{said}."
    return f"{said}, at your {one.text(limit)} {kappas[limit]}."


def about(found: Examination) -> str:
    """Say which records count, what is lost, and where the published limit comes from."""
    one, n = found.statement, len(found.rows)
    who = f"{one.about_among[0].upper()}{one.about_among[1:]}: n = {n:,}"
    if found.n_unmeasured:
        stated = found.n_unmeasured_stated
        who += f"; not measured: {found.n_unmeasured:,}, {stated:,} of them so stated"
    return f"{who}. 95 % intervals over patients. Published limit: {one.source}. {one.note}".strip()


def figures_table(found: Examination, limit: float) -> pd.DataFrame:
    """List kappa, sensitivity and specificity at the published, the best and the chosen limit."""
    one, agreement = found.statement, found.agreement
    asked = {"Published": one.published, "Best fit": agreement.best.value}
    asked |= {} if limit in asked.values() else {"Yours": limit}
    rows = []
    for name, value in asked.items():
        place = agreement.place(value)
        table = agreement.tables[place]
        rows.append(
            {
                "Limit": f"{name}: {one.text(value)}".replace(" ", "\N{NO-BREAK SPACE}"),
                "Kappa": unbroken(agreement.kappa.at(place), 2),
                "Sensitivity": unbroken(agreement.sensitivity.at(place), 2),
                "Specificity": unbroken(agreement.specificity.at(place), 2),
                "Differ": f"{table[1, 0] + table[0, 1]:,}",
            }
        )
    return pd.DataFrame(rows)


def by_label_table(found: Examination, limit: float) -> pd.DataFrame:
    """List what each label measures."""
    one = found.statement
    digits = 0 if one.limits[2] >= 1 else 2
    unit = one.unit if one.unit != "°" else "degrees"
    rows = [
        {
            "Label": row.label,
            "n": f"{row.n:,}",
            f"Median [quartiles], {unit}": f"{number(row.median, digits)} "
            f"[{number(row.low, digits)}, {number(row.high, digits)}]",
            one.words(limit): f"{100 * row.beyond:.0f} %",
        }
        for row in found.by_label(limit).itertuples()
    ]
    return pd.DataFrame(rows)
