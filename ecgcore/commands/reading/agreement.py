"""``python3.11 -m ecgcore agreement FILE.csv``: how far the readers in a table agree."""

from __future__ import annotations

import argparse
import math
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from ecgcore.commands.result import OK, Result
from ecgcore.settings import Settings
from ecgcore.wording.numbers import counted

if TYPE_CHECKING:
    from ecgcore.review.ratings import Finding, Ratings
    from ecgcore.stats.agreement.pairs import PairAgreement, Weights
    from ecgcore.stats.metrics import Estimate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the table and for what a table cannot say itself."""
    from ecgcore.stats.agreement.pairs import Weights

    parser.add_argument("file", metavar="FILE.csv", help="columns case, reader, one a finding")
    parser.add_argument(
        "--weights", choices=get_args(Weights), help="weighted kappa too, of values in order"
    )
    parser.add_argument(
        "--by", default="", metavar="COLUMN", help="each of its values alone too: certainty, code"
    )


def run_agreement(args: argparse.Namespace, _settings: Settings) -> Result:
    """Compare every two readers, and all of them, finding by finding."""
    from ecgcore.review.ratings import read_ratings

    ratings = read_ratings(Path(args.file), args.by)
    data, lines = _compared(ratings, args.weights)
    if args.by:
        data["strata"] = []
        for name, cases in ratings.strata.items():
            part, more = _compared(ratings.only(cases), args.weights)
            data["strata"].append({args.by: name, **part})
            lines += ["", f"{args.by} {name}", *more]
    return OK, data, "\n".join(lines)


def _compared(ratings: Ratings, weights: Weights | None) -> tuple[dict[str, Any], list[str]]:
    from ecgcore.stats.agreement.everyone import everyone_agreement
    from ecgcore.stats.agreement.intervals import agreement_words
    from ecgcore.stats.agreement.pairs import pair_agreement

    pairs, everyone, lines = [], [], []
    for one in ratings.findings:
        n_values = max(2, len(one.values))
        found = everyone_agreement(one.codes, n_values)
        everyone.append(
            {
                "finding": one.name,
                "values": list(one.values),
                "n_cases": found.n_cases,
                "n_ratings": found.n_ratings,
                **_fields("observed_agreement", found.observed),
                **_fields("prevalence_adjusted_kappa", found.adjusted_kappa),
                **_fields("fleiss_kappa", found.fleiss_kappa),
                **_fields("krippendorff_alpha", found.alpha),
            }
        )
        lines.append(
            f"{one.name}, all readers: Fleiss' kappa {agreement_words(found.fleiss_kappa)}, "
            f"Krippendorff's alpha {agreement_words(found.alpha)}, {_cases(found.n_cases)}"
        )
        for i, j in combinations(range(len(ratings.readers)), 2):
            who = [ratings.readers[i], ratings.readers[j]]
            pair = pair_agreement(one.codes[i], one.codes[j], n_values, weights=weights)
            pairs.append({"readers": who, "finding": one.name, **_pair(pair, one)})
            lines.append(
                f"{one.name}, {who[0]} with {who[1]}: kappa {agreement_words(pair.kappa)}, "
                f"agreement {agreement_words(pair.observed)}, {_cases(pair.n)}"
            )
    about = {"cases": len(ratings.cases), "readers": list(ratings.readers)}
    return {"pairs": pairs, "findings": everyone, **about}, lines


def _pair(pair: PairAgreement, finding: Finding) -> dict[str, Any]:
    from ecgcore.review.ratings import NO_AND_YES

    said: dict[str, Any] = {
        "n": pair.n,
        "cohen_kappa": _number(pair.kappa.value),
        "interval": _interval(pair.kappa),
        **_fields("observed_agreement", pair.observed),
        **_fields("prevalence_adjusted_kappa", pair.adjusted_kappa),
    }
    if pair.weighted_kappa is not None:
        said |= _fields("weighted_kappa", pair.weighted_kappa)
    if finding.values == NO_AND_YES:
        negative, positive = pair.specific
        return (
            said | _fields("negative_agreement", negative) | _fields("positive_agreement", positive)
        )
    shares = zip(finding.values, pair.specific, strict=False)
    return said | {"agreement_by_value": {name: _number(one.value) for name, one in shares}}


def _cases(n: int) -> str:
    return f"{counted(n, 'case')}{', too few for an interval' if n == 1 else ''}"


def _fields(name: str, estimate: Estimate) -> dict[str, Any]:
    return {name: _number(estimate.value), f"{name}_interval": _interval(estimate)}


def _interval(estimate: Estimate) -> list[float | None]:
    return [_number(estimate.low), _number(estimate.high)]


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
