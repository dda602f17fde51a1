"""What the audit writes down about one case and one ensemble: plain rows for each part."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import expit

from ecgcore.explain.attribution import DEFAULT_METHOD, METHODS, SUMMED, Attribution
from ecgcore.explain.checks.agreement import (
    binned,
    correlation,
    halves_agreement,
    shuffled,
)
from ecgcore.explain.checks.faithfulness import faithfulness
from ecgcore.explain.checks.run import QUICK_STEPS, explain_with_checks
from ecgcore.explain.maps.asked import Seen, seen
from ecgcore.explain.maps.over_beats import mean_over_beats
from ecgcore.explain.methods import ensemble_of, explain_seen
from ecgcore.explain.planted import USUAL_PLANTS, planted_results
from ecgcore.explain.shares import shares_of
from ecgcore.models.predictor import Predictor
from ecgcore.records import EcgRecord
from ecgcore.signals.beat_timing import Timing
from ecgcore.signals.measure.measure import measure

N_FIFTHS = 5
"""Parts of the recording's time, for the question whether a network looks at the end only."""

_N_RANDOM = 8

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A record of the audit, with the ensemble that is asked."""

    record: EcgRecord
    predictors: Sequence[Predictor]

    @property
    def what(self) -> Seen:
        """The record as the ensemble sees it."""
        return seen(self.record, self.predictors[0].preprocessing)


def map_rows(case: Case) -> Iterator[Row]:
    """Say where the default map speaks: a row for all seeds together, then one for each."""
    what = case.what
    exact = [explain_seen(one, what, "ig", n_steps=QUICK_STEPS) for one in case.predictors]
    maps = [_over_beats(one, what) for one in exact]
    both = ensemble_of(maps)
    scores, timing = [one.scores for one in maps], what.timing
    agreement = {
        "self_consistency": halves_agreement(scores, both.fs_hz) if len(maps) > 1 else None,
        "pair_agreement": _pairs(maps),
    }
    yield {"seed": -1, **_spoken(both, ensemble_of(exact), timing), **agreement}
    for one, whole in zip(maps, exact, strict=True):
        yield {"seed": one.model.key.seed, **_spoken(one, whole, timing)}


def check_rows(case: Case) -> Iterator[Row]:
    """Check the default map of the ensemble, and that of the same one with shuffled weights."""
    damaged = [shuffled(one, seed) for seed, one in enumerate(case.predictors)]
    for state, predictors in (("intact", case.predictors), ("destroyed", damaged)):
        made = explain_with_checks(predictors, case.record)
        assert made.checks is not None  # noqa: S101 - it was asked for
        values = {one.name: one.value for one in made.checks.checks}
        yield {
            "state": state,
            "badge": made.checks.badge,
            "prob": _prob(made),
            "reason": made.checks.reason,
            **values,
        }


def planted_rows(case: Case) -> Iterator[Row]:
    """Plant evidence into a normal ECG, and see whether the default map finds it."""

    def explained(record: EcgRecord) -> Attribution:
        what = seen(record, case.predictors[0].preprocessing)
        quick = [explain_seen(one, what, "ig", n_steps=QUICK_STEPS) for one in case.predictors]
        return ensemble_of([_over_beats(one, what) for one in quick])

    found = planted_results(explained, [(case.record, measure(case.record))], USUAL_PLANTS)
    yield from found.drop(columns="record").to_dict("records")


def method_rows(case: Case) -> Iterator[Row]:
    """Ask every method, and see how the logit follows its map and how seeds agree."""
    what = case.what
    for method in METHODS:
        n_steps = QUICK_STEPS if method in SUMMED else None
        maps = [explain_seen(one, what, method, n_steps=n_steps) for one in case.predictors]
        followed = faithfulness(case.predictors[:1], what, ensemble_of(maps), n_random=_N_RANDOM)
        yield {
            "method": method,
            "faithfulness": followed.lead,
            "insertion": followed.insertion,
            "deletion": followed.deletion,
            "beaten": followed.beaten,
            "self_consistency": halves_agreement([one.scores for one in maps], maps[0].fs_hz),
        }


PARTS: dict[str, Callable[[Case], Iterator[Row]]] = {
    "maps": map_rows,
    "checks": check_rows,
    "planted": planted_rows,
    "methods": method_rows,
    "limits": check_rows,
}
"""What is written down, each in a file of its own."""


def _over_beats(exact: Attribution, what: Seen) -> Attribution:
    scores = mean_over_beats(exact.scores, what.beats, exact.fs_hz)
    return replace(exact, method=DEFAULT_METHOD, scores=scores)


def _spoken(made: Attribution, exact: Attribution, timing: Timing | None) -> Row:
    found = shares_of(made, timing)
    beats = shares_of(exact, timing).beats
    return {
        "prob": _prob(made),
        "towards": found.towards,
        **{f"lead_{one.part}": one.share for one in found.leads},
        **{f"wave_{one.part}": one.share for one in found.waves},
        **{f"wave_chance_{one.part}": one.chance for one in found.waves},
        **{f"fifth_{k + 1}": share for k, share in enumerate(_fifths(exact))},
        "last_beat": beats[-1].share / beats[-1].chance if beats else None,
        "first_beat": beats[0].share / beats[0].chance if beats else None,
        "entropy": _entropy(made),
        "gap_share": made.gap_share,
        "logit_change": made.logit_change,
    }


def _prob(made: Attribution) -> float:
    return float(expit(made.logit))


def _pairs(maps: Sequence[Attribution]) -> float | None:
    bins = [binned(one.scores, one.fs_hz) for one in maps]
    found = [correlation(a, b) for k, a in enumerate(bins) for b in bins[:k]]
    return float(np.mean(found)) if found else None


def _fifths(exact: Attribution) -> list[float]:
    curve = exact.push.sum(axis=0, dtype=np.float64)
    return [float(part.sum()) for part in np.array_split(curve, N_FIFTHS)]


def _entropy(made: Attribution) -> float:
    """Return the entropy of the push over leads and 40 ms: 1 where it is the same everywhere."""
    push = binned(made.push, made.fs_hz).ravel()
    kept = push[push > 0]
    return float(-(kept * np.log(kept)).sum() / np.log(push.size)) if kept.size else 1.0
