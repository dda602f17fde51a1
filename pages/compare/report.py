"""All of Compare under the present choices, for one HTML file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from ecgcore.errors import EcgError
from ecgcore.ptbxl.catalog import PTBXL_VERSION
from ecgcore.report.web import Block, Section, Table, Words, readable
from ecgcore.stats.calibration.calibrators import CALIBRATORS
from ecgcore.study.claims import CLAIMS
from ecgcore.study.outside.table import certain_mi_ids
from pages.compare import calibrators, claims, confusion, outside, overview, pairs, shortcuts
from pages.compare.choice import BOTH, Choice, study_ensembles
from pages.compare.numbers import Field, decision_rule
from pages.compare.summary import among, answer, scope_words
from pages.shared import caches
from pages.shared import evaluation_caches as cache
from pages.shared.errors import without_folders
from pages.shared.plots import settings_of


def command(choice: Choice) -> str:
    """Name the command that gives the same comparison of the shipped ensembles."""
    chosen = {
        "--test-set": choice.test_set,
        "--calibration": choice.method,
        "--metric": choice.score,
    }
    return " ".join(["python3.11 -m ecgcore compare", *(f"{k} {v}" for k, v in chosen.items())])


def settings(shown: Field, choice: Choice) -> list[tuple[str, str]]:
    """List what the results rest on."""
    part = choice.part.label if choice.part else "all of it"
    chosen = [("Subgroup", part), ("Metric", choice.metric), ("Threshold", choice.where)]
    return settings_of(choice, shown.ensembles, shown.n, shown.n_mi, chosen)


def sections(
    shown: Field, ranked: Sequence[tuple[str, Field]], choice: Choice
) -> Iterator[Section]:
    """Write every section; one that cannot be shown says why."""
    yield _first(shown, ranked, choice)
    listed = shown.comparisons()
    if listed:
        blocks = (Table(pairs.pairs_table(shown, listed, choice)), _quiet(pairs.caption(listed)))
        yield Section("Pairs", blocks)
    for title, write in (
        ("Calibrators", _calibrators),
        ("Published claims", _claims),
        ("Confusion matrix", _confusion),
        ("Shortcuts", _shortcuts),
        ("Outside the study", _outside),
    ):
        try:
            yield Section(title, tuple(write(shown, choice)))
        except (EcgError, ValueError) as error:
            yield Section(title, (_quiet(without_folders(str(error))),))


def _quiet(text: str) -> Words:
    return Words(text, quiet=True)


def _first(shown: Field, ranked: Sequence[tuple[str, Field]], choice: Choice) -> Section:
    listed = shown.comparisons()
    study = [one for one in shown.ensembles if one.shipped]
    blocks: list[Block] = [
        Words(answer(choice, study, among(study, listed), shown.n, shown.n_mi)),
        _quiet(scope_words(choice, len(listed))),
        overview.seeds_drawing(shown, choice),
        overview.ranking_drawing(ranked, choice),
        Words(overview.ranking_words(ranked, choice)),
        readable(overview.rank_table(ranked), overview.RANK_LABELS),
    ]
    return Section(f"By {choice.metric_title}", tuple(blocks))


def _calibrators(shown: Field, choice: Choice) -> Iterator[Block]:
    method = calibrators.shown_method(choice)
    table = calibrators.calibrators_table(shown, method)
    yield Words(calibrators.words(table, method))
    yield _quiet(calibrators.READING)
    yield calibrators.drawing(table, method)
    yield readable(table, calibrators.LABELS, f"Uncalibrated and {CALIBRATORS[method]}")


def _claims(_: Field, choice: Choice) -> Iterator[Block]:
    ensembles = study_ensembles(BOTH)
    if choice.data_version != PTBXL_VERSION or not ensembles:
        yield _quiet(f"The claims are about {PTBXL_VERSION}.")
        return
    judged = claims.judgements(CLAIMS, ensembles)
    yield Words(f"Of {len(judged)} published claims, with our networks: {claims.verdicts(judged)}.")
    yield _quiet(claims.READING)
    yield Table(claims.claims_table(judged))


def _confusion(shown: Field, choice: Choice) -> Iterator[Block]:
    rows = [confusion.matrix_row(one, decision_rule(one, choice)) for one in shown.members]
    yield Table(pd.DataFrame(rows))
    yield _quiet("Brackets: 95 % Clopper-Pearson intervals, records taken as independent.")


def _shortcuts(shown: Field, choice: Choice) -> Iterator[Block]:
    if not cache.strata(choice.data_version, choice.test_set):
        yield _quiet("The shortcut audit needs the tables of the data set.")
        return
    alone = cache.shortcuts(choice.data_version, choice.test_set)
    one = confusion.shown_first(shown).ensemble
    scores = shortcuts.stratum_scores(one, choice)
    matched = cache.matched(choice.data_version, choice.test_set)
    yield Words(shortcuts.words(one, alone, scores, matched))
    yield shortcuts.alone_drawing(alone)
    yield Words(f"**{one.label} within each subgroup of the test set: AUROC**")
    yield shortcuts.auroc_drawing(one, scores)
    yield Words("**False alarms: share of the normal records called MI**")
    yield shortcuts.alarms_drawing(one, scores)
    yield readable(shortcuts.strata_table(scores), shortcuts.STRATA_LABELS, "Numbers")


def _outside(shown: Field, choice: Choice) -> Iterator[Block]:
    found = outside.outside_calls(shown.ensembles, choice)
    if isinstance(found, str):
        yield _quiet(found)
        return
    n_certain = len(certain_mi_ids(caches.catalog()))
    yield Words(outside.words(found.half, found.abnormal, n_certain))
    yield Table(outside.summary_table(found, choice))
    yield Words(f"**Share called MI by statement, from {outside.rule_words(choice)}**")
    yield Table(outside.statements_table(found.now).loc[outside.by_share(found.now)])
    yield _quiet(outside.caption(found, shown.ensembles))
