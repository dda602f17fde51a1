"""``python3.11 -m ecgcore label-doctor LAD``: a label held against its measurement."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Any

from ecgcore.commands.result import OK, Result
from ecgcore.errors import ReviewError
from ecgcore.settings import Settings
from ecgcore.wording.numbers import number

if TYPE_CHECKING:
    from ecgcore.review.label_doctor.examination import Examination
    from ecgcore.stats.metrics import Estimate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the statement and for a limit."""
    parser.add_argument("statement", nargs="?", help="such as LAD; without it, all of them")
    parser.add_argument("--limit", type=float, help="beside the published and the best one")
    parser.add_argument(
        "--clear", action="store_true", help="leave out values with a confidence below 50 %%"
    )


def run_label_doctor(args: argparse.Namespace, settings: Settings) -> Result:
    """Hold one statement, or each, against what the records of the open data set measure."""
    from ecgcore.ptbxl.catalog import open_catalog
    from ecgcore.ptbxl.shipped.measured import measurements_of
    from ecgcore.review.label_doctor.examination import examine
    from ecgcore.review.label_doctor.statements import MEASURABLES, measurable

    catalog = open_catalog(settings)
    measured = measurements_of(catalog.version, settings.pretrained_dir)
    if args.statement:
        one = measurable(args.statement)
        found = examine(one, catalog, measured, clear=args.clear)
        data = {"data": catalog.version, **_data(found, args.limit), "curve": _curve(found)}
        return OK, data, "\n".join([*_lines(found, args.limit), "", *_labels(found, args.limit)])
    rows, lines = [], []
    for one in MEASURABLES:
        try:
            found = examine(one, catalog, measured, clear=args.clear)
        except ReviewError as error:
            rows.append({"statement": one.key, "problem": str(error)})
            lines.append(f"{one.key}: {error}")
            continue
        rows.append(_data(found, args.limit))
        lines += _lines(found, args.limit)
    return OK, {"data": catalog.version, "statements": rows}, "\n".join(lines)


def _asked(found: Examination, limit: float | None) -> dict[str, float]:
    best, published = found.agreement.best.value, found.statement.published
    return {"published": published, "best": best} | ({} if limit is None else {"asked": limit})


def _data(found: Examination, limit: float | None) -> dict[str, Any]:
    one, agreement = found.statement, found.agreement
    data: dict[str, Any] = {
        "statement": one.key,
        "labels": list(one.labels),
        "value": one.value,
        "unit": one.unit,
        "beyond": "from the limit on" if one.above else "below the limit",
        "source": one.source,
        "among": one.about_among,
        "n": len(found.rows),
        "n_stated": int(found.rows["stated"].sum()),
        "n_unmeasured": found.n_unmeasured,
        "n_unmeasured_stated": found.n_unmeasured_stated,
        "best_limit": agreement.best.value,
        "best_limit_interval": _interval(agreement.best),
        "limits": {},
    }
    for name, asked in _asked(found, limit).items():
        place = agreement.place(asked)
        table = agreement.tables[place]
        data["limits"][name] = {
            "limit": float(agreement.limits[place]),
            **_fields("kappa", agreement.kappa.at(place)),
            **_fields("sensitivity", agreement.sensitivity.at(place)),
            **_fields("specificity", agreement.specificity.at(place)),
            "stated_not_measured": int(table[1, 0]),
            "measured_not_stated": int(table[0, 1]),
        }
    return data


def _lines(found: Examination, limit: float | None) -> list[str]:
    one, agreement = found.statement, found.agreement
    n_stated = int(found.rows["stated"].sum())
    lines = [
        f"{one.key}: {one.said} in {n_stated:,} of n = {len(found.rows):,} ({one.about_among}; "
        f"{found.n_unmeasured:,} more not measured)"
    ]
    for name, asked in _asked(found, limit).items():
        place = agreement.place(asked)
        span = f" [{one.text(agreement.best.low)} to {one.text(agreement.best.high)}]"
        lines.append(
            f"  {name:9} {one.words(float(agreement.limits[place]))}"
            f"{span if name == 'best' else ''}: kappa {agreement.kappa.at(place).text()}, "
            f"sensitivity {agreement.sensitivity.at(place).text()}, "
            f"specificity {agreement.specificity.at(place).text()}"
        )
    return lines


def _labels(found: Examination, limit: float | None) -> list[str]:
    one = found.statement
    asked = one.published if limit is None else limit
    digits = 0 if one.limits[2] >= 1 else 2
    return [
        f"  {row.label:12}{row.n:7,}  median {number(row.median, digits)}, "
        f"{100 * row.beyond:.0f} % {one.words(asked)}"
        for row in found.by_label(asked).itertuples()
    ]


def _curve(found: Examination) -> list[dict[str, float | None]]:
    agreement = found.agreement
    return [
        {"limit": float(limit), "kappa": _number(float(kappa))}
        for limit, kappa in zip(agreement.limits, agreement.kappa.values, strict=True)
    ]


def _fields(name: str, estimate: Estimate) -> dict[str, Any]:
    return {name: _number(estimate.value), f"{name}_interval": _interval(estimate)}


def _interval(estimate: Estimate) -> list[float | None]:
    return [_number(estimate.low), _number(estimate.high)]


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
