"""All checks of one map, and the badge that they make."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.special import expit

from ecgcore.explain.attribution import DEFAULT_METHOD, SUMMED, Attribution
from ecgcore.explain.checks.agreement import (
    halves_agreement,
    map_agreement,
    parts,
    rank_correlation,
    shuffled,
)
from ecgcore.explain.checks.faithfulness import faithfulness
from ecgcore.explain.checks.limits import LIMITS, N_RANDOM
from ecgcore.explain.maps.asked import Seen, seen
from ecgcore.explain.maps.baselines import NORMAL_BEAT
from ecgcore.explain.methods import check_choice, ensemble_of, explain_ensemble, explain_seen
from ecgcore.explain.shares import shares_of
from ecgcore.explain.trust import Check, Checks
from ecgcore.models.predictor import Predictor
from ecgcore.records import EcgRecord
from ecgcore.wording.numbers import counted, number, percent

QUICK_STEPS = 24
"""Points of the path integral of maps that are only compared."""

_NOISE_MV, _N_NOISES, _PROB_KEPT = 0.01, 2, 0.02
_JUDGES = 2
_NEARLY = 0.5

OnProgress = Callable[[int, int], None]


def explain_with_checks(
    predictors: Sequence[Predictor],
    record: EcgRecord,
    method: str = DEFAULT_METHOD,
    *,
    siblings: Sequence[Predictor] = (),
    baseline: str = NORMAL_BEAT,
    on_progress: OnProgress = lambda *_: None,
) -> Attribution:
    """Explain a model or all seeds of an ensemble, and check the map.

    Parameters
    ----------
    predictors
        One model, or the seeds of one ensemble.
    siblings
        For one model: others that were trained for the same, whose mean map its own should be like.
    on_progress
        Called with the checks done and their number.

    Raises
    ------
    ModelError, RecordError
        As `ecgcore.explain.methods.explain_ensemble` does.
    """
    check_choice(method, baseline)
    made = explain_ensemble(predictors, record, method, baseline=baseline)
    what = seen(record, predictors[0].preprocessing, baseline)
    checking = Checking(made, tuple(predictors), tuple(siblings), what)
    done: list[Check] = []
    for check in _CHECKS:
        on_progress(len(done), len(_CHECKS))
        done.append(check(checking))
    on_progress(len(done), len(_CHECKS))
    return replace(made, checks=Checks(tuple(done)))


@dataclass(frozen=True, slots=True, eq=False)
class Checking:
    """A map under check, with the models behind it and what they see."""

    made: Attribution
    predictors: tuple[Predictor, ...]
    siblings: tuple[Predictor, ...]
    what: Seen

    @property
    def method(self) -> str:
        """Method of the map."""
        return self.made.method

    def quick(self, predictor: Predictor, what: Seen | None = None) -> Attribution:
        """Return a map of one model that is only compared."""
        n_steps = QUICK_STEPS if self.method in SUMMED else None
        return explain_seen(predictor, what or self.what, self.method, n_steps=n_steps)


def seed_agreement(one: Checking) -> Check:
    """Compare halves of the seeds; one model with the mean of its siblings."""
    maps = [member.scores for member in one.made.members]
    if len(maps) > 1:
        first = len(maps) // 2
        value = halves_agreement(maps, one.made.fs_hz)
        told = f"the mean of {first} with the mean of the other {len(maps) - first}"
    elif one.siblings:
        others = ensemble_of([one.quick(sibling) for sibling in one.siblings])
        value = map_agreement(one.made, others)
        told = f"this model with the mean of {counted(len(one.siblings), 'sibling')}"
    else:
        return _undone("seed_agreement", "This model has no sibling to compare it with.")
    words = f"Other trainings of this network explain the ECG differently (r {number(value, 2)})."
    return _check("seed_agreement", value, words, detail=told)


def size_of_change(one: Checking) -> Check:
    """Look whether there is anything to explain: the logit must have moved."""
    what = one.what
    inputs = np.concatenate([what.inputs.numpy(), what.baseline.numpy()])
    logits = np.array([predictor.logits(inputs)[:, 0] for predictor in one.predictors])
    value = float(np.abs(logits[:, 0] - logits[:, 1]).mean())
    words = f"This ECG hardly moves the model: its logit changes by {number(value, 2)}."
    return _check("logit_change", value, words)


def completeness(one: Checking) -> Check:
    """Compare the sum of the scores with the change of the logit."""
    if one.method not in SUMMED:
        return _undone("completeness", "The scores of this method need not add up to the logit.")
    value = one.made.gap_share
    words = f"The scores miss {percent(value)} of what they should add up to."
    return _check("completeness", value, words)


def randomisation(one: Checking) -> Check:
    """Shuffle the weights from the output backwards; the map must not survive."""
    first = one.predictors[0]
    own = one.quick(first)
    n_parts = len(parts(first.module))
    values = [
        abs(rank_correlation(own, one.quick(shuffled(first, n_parts=n))))
        for n in range(1, n_parts + 1)
    ]
    alike = "nearly the same" if values[-1] >= _NEARLY else "a somewhat similar"
    words = (
        f"A network of shuffled weights has {alike} map (rank correlation {number(values[-1], 2)})."
    )
    told = "from the output backwards " + ", ".join(number(value, 2) for value in values)
    return _check("randomisation", values[-1], words, detail=told)


def stability(one: Checking) -> Check:
    """Add noise that leaves the probability alone; the map must stay."""
    first = one.predictors[0]
    own, rng = one.quick(first), np.random.default_rng(0)
    values = [map_agreement(own, one.quick(first, noisy)) for noisy in _noisy(one, rng)]
    if not values:
        return _undone("stability", "The least noise moves the probability itself.")
    value = float(np.mean(values))
    words = f"Noise that leaves the probability alone changes the map (r {number(value, 2)})."
    return _check("stability", value, words)


def deletion_insertion(one: Checking) -> Check:
    """Hide and show the strongest cells first; the logit must follow better than at random."""
    found = faithfulness(one.predictors[:_JUDGES], one.what, one.made)
    n = round(N_RANDOM * found.beaten)
    words = f"Only {n} of {N_RANDOM} random orders are worse than the map's."
    told = (
        f"insertion {number(found.insertion, 2)} (random {number(found.random_insertion, 2)}), "
        f"deletion {number(found.deletion, 2)} (random {number(found.random_deletion, 2)})"
    )
    return _check("deletion_insertion", found.beaten, words, detail=told)


def method_agreement(one: Checking) -> Check:
    """Compare the map with occlusion: by lead, or by beat where the map has no leads."""
    by_lead = len(one.made.scores) > 1
    other = "occlusion_beat" if not by_lead or one.method == "occlusion_lead" else "occlusion_lead"
    hidden = ensemble_of([explain_seen(each, one.what, other) for each in one.predictors])
    if other == "occlusion_lead":
        sums = (each.scores.sum(axis=1, keepdims=True) for each in (one.made, hidden))
    else:
        sums = (np.abs(each.scores).sum(axis=0, keepdims=True) for each in (one.made, hidden))
    a, b = sums
    value = float(np.corrcoef(a.ravel(), b.ravel())[0, 1]) if np.ptp(a) and np.ptp(b) else 0.0
    return _check("method_agreement", value, "", detail=f"with occlusion by {other[10:]}")


def territory(one: Checking) -> Check:
    """Compare the strongest territory with a map that is the same everywhere."""
    found = shares_of(one.made).territories
    if not found:
        return _undone("territory", "This map says when, not in which lead.")
    best = max(found, key=lambda each: each.share / each.chance)
    told = f"{best.part} {percent(best.share, 0)}, by chance {percent(best.chance, 0)}"
    return _check("territory", best.share / best.chance, "", detail=told)


_CHECKS: tuple[Callable[[Checking], Check], ...] = (
    seed_agreement,
    size_of_change,
    deletion_insertion,
    randomisation,
    stability,
    completeness,
    method_agreement,
    territory,
)


def _noisy(one: Checking, rng: np.random.Generator) -> Iterator[Seen]:
    """Yield the record with noise, halved until the probability stays within 2 points."""
    first, what = one.predictors[0], one.what
    own = float(expit(first.logits(what.inputs.numpy())[0, 0]))
    for _ in range(_N_NOISES):
        noise = rng.normal(0, _NOISE_MV, what.record.signal.shape).astype(np.float32)
        for halved in (1, 2, 4, 8):
            inputs = first.preprocessing.apply(what.record.signal + noise / np.float32(halved))
            if abs(float(expit(first.logits(inputs[None])[0, 0])) - own) <= _PROB_KEPT:
                yield replace(what, inputs=torch.from_numpy(inputs[None]))
                break


def _check(name: str, value: float, reason: str, detail: str = "") -> Check:
    limit = LIMITS[name]
    return replace(limit, value=value, reason=reason, detail=detail)


def _undone(name: str, reason: str) -> Check:
    return replace(LIMITS[name], reason=reason)
