"""The ensembles' predictions of a case, and the words around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pandas as pd

from ecgcore.errors import ModelError
from ecgcore.models.architectures import arch_title, main_archs
from ecgcore.models.cards import ModelEntry
from ecgcore.predictions.decision import (
    DecisionRule,
    DecisionSettings,
    EnsemblePrediction,
    NoPrediction,
    fitted_words,
    joint_verdict,
    predicted,
)
from ecgcore.predictions.ensemble import (
    Ensemble,
    main_ensembles,
    trained_on,
)
from ecgcore.predictions.leakage import LEAKAGE_WORDS, leakage_of
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.report.content import calibrator_words, fold9_words
from ecgcore.report.verdict import verdict_words as how_verdicts_arise
from ecgcore.stats.calibration.calibrators import CalibratorName
from ecgcore.tasks.mi import TRAIN_SETS
from ecgcore.wording.numbers import counted, percent, percent_range
from pages.shared import caches
from pages.shared.case import ReadableCase
from pages.shared.errors import without_folders

Row = EnsemblePrediction | NoPrediction

_UNREADABLE = "no prediction: the recording cannot be read"
_COLORS = {"MI": "red", "normal": "green", "no MI": "green", "refer": "orange"}


def predict_case(
    case: ReadableCase, decision: DecisionSettings, ensembles: Sequence[Ensemble]
) -> tuple[list[Row], list[str]]:
    """Predict a case by each ensemble; one that fails keeps its place and says why.

    Raises
    ------
    RecordError
        If the recording does not fit the models.
    """
    rows: list[Row] = []
    notes: dict[str, None] = {}
    for ensemble in ensembles:
        leakage = _leakage(ensemble, case.entry)
        try:
            logits, warnings = caches.ensemble_logits(case, ensemble)
            rule, note = rule_or_uncalibrated(ensemble, decision)
            rows.append(rule.predict(logits, leakage))
            notes |= dict.fromkeys(filter(None, (*warnings, note)))
        except ModelError as error:
            rows.append(NoPrediction(ensemble, without_folders(str(error)), leakage))
    return rows, list(notes)


def rule_or_uncalibrated(
    ensemble: Ensemble, decision: DecisionSettings
) -> tuple[DecisionRule, str]:
    """Give the rule of an ensemble, without calibrator where none can be fitted, and why.

    Raises
    ------
    ModelError
        If a target sensitivity is asked for and fold 9 is missing.
    """
    try:
        return caches.decision_rule(ensemble, decision), ""
    except ModelError as error:
        plain = replace(decision, calibrator="raw")
        if plain == decision:
            raise
        who = "" if ensemble.shipped else f"{ensemble.label}: "
        return caches.decision_rule(
            ensemble, plain
        ), f"{who}Uncalibrated: {without_folders(str(error))}"


def main_rules(name: CalibratorName) -> list[DecisionRule]:
    """Give the rule of each main ensemble, for many windows of a recording."""
    chosen = DecisionSettings(name)
    return [rule_or_uncalibrated(one, chosen)[0] for one in main_ensembles(caches.ensembles())]


def first_seed_probs(case: ReadableCase, rules: Sequence[DecisionRule]) -> list[float]:
    """Predict by the first seed of each ensemble alone.

    Raises
    ------
    RecordError
        If the recording does not fit the models.
    """
    probs = []
    for rule in rules:
        try:
            (said,) = caches.predictions(case, rule.ensemble.members[:1])
        except ModelError:  # the case itself names a model that fails
            continue
        probs.append(float(rule.calibrator.seeds[0].apply(said.logit)))
    return probs


def stored_predictions(entry: CatalogEntry, decision: DecisionSettings) -> list[Row]:
    """Give the predictions that ship with the project, for a record whose signal is unreadable."""
    rows = [_stored(ensemble, entry, decision) for ensemble in caches.ensembles()]
    return rows if predicted(rows) else []


def _stored(ensemble: Ensemble, entry: CatalogEntry, decision: DecisionSettings) -> Row:
    leakage = _leakage(ensemble, entry)
    stored = caches.stored_ensemble_logits(entry.ecg_id, ensemble) if ensemble.shipped else None
    if stored is None:
        return NoPrediction(ensemble, _UNREADABLE, leakage)
    try:
        return rule_or_uncalibrated(ensemble, decision)[0].predict(stored, leakage)
    except ModelError as error:
        return NoPrediction(ensemble, without_folders(str(error)), leakage)


def _leakage(ensemble: Ensemble, entry: CatalogEntry | None) -> str | None:
    if entry is None:
        return None
    catalog = caches.catalog()
    seen = partial(caches.seen_in_training, catalog.version)
    return leakage_of(ensemble, catalog, entry, seen)


def others_words(rows: Sequence[Row]) -> str:
    """Name the ensembles that stand apart."""
    n = counted(len(rows), "more ensemble")
    names = dict.fromkeys(
        one.train_set if one.arch in main_archs() else arch_title(one.arch)
        for one in (row.ensemble for row in rows)
    )
    return f"{n}: {', '.join(names)}" if all(row.ensemble.shipped for row in rows) else n


def verdict_badge(
    rows: Sequence[Row], decision: DecisionSettings, *, muted: bool = False
) -> tuple[str, str]:
    """Give the joint conformal verdict as a headline, and what it means; "" without one."""
    said = [one for one in predicted(rows) if one.verdict is not None]
    if not said:
        return "", ""
    verdict = joint_verdict(said)
    color = "gray" if muted else _COLORS[verdict]
    return f"Verdict :{color}-background[{verdict}]", (
        f"{how_verdicts_arise(decision, len(said))} From {fold9_words(said[0].rule)}, the same on "
        "every page. It does not change with the calibrator."
    )


def explained_words(rows: Sequence[Row], explained: ModelEntry | None) -> str:
    """Say which seed the overlay explains, with its probability; "" without an overlay."""
    for row in predicted(rows):
        if explained in row.ensemble.members:
            place = row.ensemble.members.index(explained)
            name, seed = row.ensemble.label, row.ensemble.seeds[place]
            return f"Ringed: the explained {name}, seed {seed}, **{percent(row.seeds[place])}**."
    return ""


def probability_words(rows: Sequence[Row]) -> str:
    """Say whether and on what the shown probabilities are calibrated."""
    made = predicted(rows)
    if not made or not made[0].calibrated:
        return "Uncalibrated."
    calibrator = made[0].rule.calibrator
    line = " Line: Venn-Abers’ interval." if calibrator.method == "venn_abers" else ""
    words = calibrator_words(calibrator)
    return (
        f"{words[0].upper()}{words[1:]}, the same on every page; that fold also chose when "
        f"trainings stopped (“tuned”).{line}"
    )


def drawing_words(rows: Sequence[Row]) -> str:
    """Explain bands and marks in a line."""
    made = predicted(rows)
    parts = []
    if any(one.verdict for one in made):
        parts.append("Band: what the ensemble says at each probability.")
    if any(len(one.seeds) > 1 for one in made):
        parts.append("Dots: its seeds.")
    return " ".join(parts)


def leakage_badges(rows: Sequence[Row], entry: CatalogEntry | None) -> list[str]:
    """Explain each word beside a name, worst first, and what fold 9 was used for."""
    present = {row.leakage for row in rows}
    badges = [
        f":orange-badge[{leakage}] {words}"
        for leakage, words in LEAKAGE_WORDS.items()
        if leakage and leakage in present
    ]
    used = used_for(rows, entry)
    return [*badges, f":orange-badge[fold 9] {used}"] if used else badges


def used_for(rows: Sequence[Row], entry: CatalogEntry | None) -> str:
    """Say what was fitted with this very recording among others; "" where nothing was."""
    if entry is None:
        return ""
    version = caches.catalog().version
    here = [one for one in predicted(rows) if caches.fold9_version(one.ensemble) == version]
    return fitted_words((one.rule for one in here), entry.ecg_id)


def predictions_alt(rows: Sequence[Row]) -> str:
    """Say the drawn probabilities and verdicts as text."""
    said = [
        f"{one.ensemble.label} {percent(one.prob)}{f' {one.verdict}' if one.verdict else ''}"
        for one in predicted(rows)
    ]
    return "Probability of MI: " + ", ".join(said)


def predictions_table(
    rows: Sequence[Row], decision: DecisionSettings, *, own: bool = False
) -> pd.DataFrame:
    """Every ensemble in numbers and words; its leakage unless the recording is the reader's.

    Calls are shown at a target sensitivity only: at 50 % they would stand against the verdict.
    """
    table = pd.DataFrame([_cells(row, decision) for row in rows])
    empty = [] if any(one.calibrated for one in predicted(rows)) else ["Uncalibrated"]
    if decision.sensitivity is None:
        empty.append(_calls_title(decision))
    return table.drop(columns=[*empty, *(["This recording"] if own else [])])


def _calls_title(decision: DecisionSettings) -> str:
    return f"MI at {decision.threshold_words}"


def _cells(row: Row, decision: DecisionSettings) -> dict[str, str]:
    made = row if isinstance(row, EnsemblePrediction) else None
    verdict = f"Verdict at {decision.coverage_words} coverage"
    return {
        "Ensemble": row.ensemble.label,
        "Trained on": trained_on(row.ensemble),
        "Probability of MI": _prob_words(row),
        "Seeds, lowest to highest": made.seed_words if made else "",
        "Uncalibrated": percent(made.uncalibrated) if made else "",
        _calls_title(decision): _call_words(made) if made else "",
        verdict: (made.verdict if made else None) or "none",
        "This recording": LEAKAGE_WORDS[row.leakage or ""],
    }


def _prob_words(row: Row) -> str:
    if isinstance(row, NoPrediction):
        return row.problem
    interval = "" if row.interval is None else f" ({percent_range(*row.interval)})"
    return f"{percent(row.prob)}{interval}"


def _call_words(row: EnsemblePrediction) -> str:
    if row.calls_mi is None:
        return "none"
    return f"{'yes' if row.calls_mi else 'no'} (from {percent(row.threshold)})"


def sets_in_words(rows: Sequence[Row]) -> str:
    """Name the training sets of the ensembles."""
    sets = dict.fromkeys(row.ensemble.train_set for row in rows)
    return "Trained on " + "; ".join(f"**{name}** {TRAIN_SETS[name]}" for name in sets) + "."
