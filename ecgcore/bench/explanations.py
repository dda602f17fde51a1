"""How long maps of all seeds and their checks take, and a record through every shipped network."""

from collections.abc import Iterator, Sequence
from functools import partial

from ecgcore.bench.figure import Figure, durations_ms, typical
from ecgcore.explain.checks.run import explain_with_checks
from ecgcore.explain.methods import explain_ensemble
from ecgcore.models.architectures import arch_title, main_archs
from ecgcore.models.predictor import Predictor, predict
from ecgcore.predictions.classes.beside import BesideModels
from ecgcore.predictions.decision import DecisionSettings
from ecgcore.predictions.scope import open_scope
from ecgcore.records import EcgRecord
from ecgcore.settings import Settings
from ecgcore.tasks import mi

MAP_MS, CHECKS_MS, EVERYTHING_MS = 1500.0, 6000.0, 60.0
_REPEATS = 3


def explanation_figures(predictors: Sequence[Predictor], record: EcgRecord) -> Iterator[Figure]:
    """Time the default map of all seeds on C, and all checks of it."""
    for arch in main_archs():
        seeds = [
            one
            for one in predictors
            if (one.entry.key.arch, one.entry.key.train_set) == (arch, mi.ALL)
        ]
        if not seeds:
            continue
        what = f"{arch_title(arch)}, {len(seeds)} seeds"
        for name, action, target in (
            ("map of all seeds", explain_ensemble, MAP_MS),
            ("map with all its checks", explain_with_checks, CHECKS_MS),
        ):
            times = durations_ms(partial(action, seeds, record), _REPEATS)
            yield typical(f"{name}, {what}", times, target)


def everything_figures(
    predictors: Sequence[Predictor], record: EcgRecord, settings: Settings
) -> Iterator[Figure]:
    """Time a warm record through all that Review shows: the study, all comers, 71 statements.

    Of an open record the study's predictions ship, so that the others alone are asked; of those of
    71 statements, who leads on fold 9 and who judges the scope, each once.
    """
    beside = BesideModels.open(settings, DecisionSettings()).predictors
    _, of_scope = open_scope(settings) or (None, [])
    others = list({one.entry: one for one in (*beside, *of_scope)}.values())
    for words, asked in (
        ("an open record", others),
        ("an ECG from elsewhere", [*predictors, *others]),
    ):
        times = durations_ms(partial(predict, asked, record), 5 * _REPEATS)
        name = f"{len(asked)} predictions, all that Review shows of {words}"
        yield typical(name, times, EVERYTHING_MS)
