"""``python3.11 -m ecgcore mrmc FILE.csv``: do readers do better with one treatment than another."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from ecgcore.commands.result import OK, Result
from ecgcore.errors import ReviewError
from ecgcore.settings import Settings
from ecgcore.wording.numbers import counted, number

if TYPE_CHECKING:
    from ecgcore.review.reader_study import ReaderStudy
    from ecgcore.stats.metrics import Estimate
    from ecgcore.stats.mrmc.analysis import Analysis, Contrast
    from ecgcore.stats.mrmc.power import Power


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the table, the figure, what is random, and a study to plan."""
    from ecgcore.stats.mrmc.analysis import Fixed
    from ecgcore.stats.mrmc.performance import CovarianceName, Metric

    parser.add_argument("file", metavar="FILE.csv", help="reader, treatment, case, truth, rating")
    parser.add_argument("--metric", choices=get_args(Metric), default="auc")
    parser.add_argument(
        "--threshold", type=float, metavar="X", help="rating from which a case is called diseased"
    )
    parser.add_argument("--covariance", choices=get_args(CovarianceName), default="jackknife")
    parser.add_argument("--fixed", choices=get_args(Fixed), help="not drawn at random")
    plan = parser.add_argument_group("a study to plan, with the noise of this one")
    plan.add_argument("--readers", type=int, nargs="+", default=[], metavar="N")
    plan.add_argument(
        "--cases", type=int, nargs="+", default=[], metavar="N", help="else those for --power"
    )
    plan.add_argument(
        "--difference", type=float, metavar="DIFF", help="to be found; else this one's"
    )
    plan.add_argument("--power", type=float, default=0.8, metavar="P")


def run_mrmc(args: argparse.Namespace, _settings: Settings) -> Result:
    """Analyse a reader study, and plan the next one where asked."""
    from ecgcore.review.reader_study import read_study
    from ecgcore.stats.mrmc.analysis import analyse

    study = read_study(Path(args.file))
    try:
        found = analyse(
            study.ratings,
            study.truth,
            metric=args.metric,
            threshold=_threshold(args, study),
            covariance=args.covariance,
            fixed=args.fixed,
        )
        planned = _plan(args, found)
    except ValueError as error:
        raise ReviewError(f"{Path(args.file).name}: {error}") from error
    data = _data(args, study, found)
    data |= {"power": [_power(args, found, one) for one in planned]} if args.readers else {}
    return OK, data, "\n".join(_lines(args, study, found) + [_planned(one) for one in planned])


def _threshold(args: argparse.Namespace, study: ReaderStudy) -> float | None:
    """Return the rating from which a case is called diseased; 1 where there are 0 and 1 only."""
    if args.metric == "auc" or args.threshold is not None:
        return float("nan") if args.threshold is None else float(args.threshold)
    if set(study.ratings.ravel()) <= {0, 1}:
        return 1.0
    raise ReviewError(f"{args.metric} needs --threshold X, the rating from which a case counts.")


def _plan(args: argparse.Namespace, found: Analysis) -> list[Power]:
    from ecgcore.stats.mrmc.power import MOST_CASES, Power, cases_needed, power

    if not args.readers:
        return []
    if not 0 < args.power < 1:
        raise ReviewError(f"--power is {args.power}; a value between 0 and 1 is needed.")
    difference = _difference(args, found)
    if args.cases:
        return [
            power(found.components, difference, n, cases, fixed=args.fixed)
            for n in args.readers
            for cases in args.cases
        ]
    none = float("nan")
    return [
        cases_needed(found.components, difference, n, args.power, fixed=args.fixed)
        or Power(n, MOST_CASES + 1, none, none, none)
        for n in args.readers
    ]


def _difference(args: argparse.Namespace, found: Analysis) -> float:
    seen = found.differences[0].estimate.value
    return abs(float(seen if args.difference is None else args.difference))


def _data(args: argparse.Namespace, study: ReaderStudy, found: Analysis) -> dict[str, Any]:
    c, test = found.components, found.test
    return {
        "F": _number(test.f),
        "df1": test.df1,
        "df2": _number(test.df2),
        "p": _number(test.p),
        "error": c.error,
        "cov1": c.cov1,
        "cov2": c.cov2,
        "cov3": c.cov3,
        "ms_treatment": c.ms_treatment,
        "ms_reader": c.ms_reader,
        "ms_treatment_reader": c.ms_both,
        "metric": args.metric,
        "covariance": args.covariance,
        "fixed": args.fixed,
        "n_readers": c.n_readers,
        "n_cases": c.n_cases,
        "n_diseased": int(study.truth.sum()),
        "treatments": [
            {"treatment": name, **_estimate(one)}
            for name, one in zip(study.treatments, found.treatments, strict=True)
        ],
        "differences": [_contrast(study, one) for one in found.differences],
        "readers": [
            {
                "reader": name,
                "values": dict(zip(study.treatments, found.values[:, i].tolist(), strict=True)),
                "differences": [_contrast(study, one) for one in found.by_reader[i]],
            }
            for i, name in enumerate(study.readers)
        ],
    }


def _contrast(study: ReaderStudy, one: Contrast) -> dict[str, Any]:
    who = [study.treatments[one.first], study.treatments[one.second]]
    return {"treatments": who, **_estimate(one.estimate), "p": _number(one.p)}


def _estimate(one: Estimate) -> dict[str, Any]:
    return {"estimate": one.value, "interval": [_number(one.low), _number(one.high)]}


def _power(args: argparse.Namespace, found: Analysis, one: Power) -> dict[str, Any]:
    known = not math.isnan(one.power)
    return {
        "readers": one.n_readers,
        "cases": one.n_cases if known else None,
        "difference": _difference(args, found),
        "power": _number(one.power),
        "noncentrality": _number(one.noncentrality),
        "df2": _number(one.df2),
    }


def _planned(one: Power) -> str:
    if math.isnan(one.power):
        return f"{one.n_readers} readers: not with {counted(one.n_cases - 1, 'case')}"
    return f"{one.n_readers} readers, {counted(one.n_cases, 'case')}: power {one.power:.3f}"


def _lines(args: argparse.Namespace, study: ReaderStudy, found: Analysis) -> list[str]:
    test, names = found.test, study.treatments
    lines = [
        f"{args.metric}, {counted(len(study.readers), 'reader')}, "
        f"{counted(len(study.cases), 'case')}, {int(study.truth.sum())} of them diseased"
    ]
    means = zip(names, found.treatments, strict=True)
    lines += [f"{name}: {one.text()}" for name, one in means]
    lines += [
        f"{names[one.first]} minus {names[one.second]}: {one.estimate.text()}, p {one.p:.4f}"
        for one in found.differences
    ]
    return [
        *lines,
        f"F {number(test.f, 4)} on {test.df1:.0f} and {test.df2:.2f} df, p {test.p:.4f}",
    ]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
