"""The groups' opinions on a case, and the words around them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial

import pandas as pd

from ecgcore.errors import ModelError
from ecgcore.figures.predictions import Opinion, percent
from ecgcore.models.architectures import arch_title, main_archs
from ecgcore.models.cards import ModelEntry
from ecgcore.predictions.decision import (
    DecisionRule,
    DecisionSettings,
    EnsemblePrediction,
    fitted_words,
    is_main,
    joint_verdict,
    marked_members,
    trained_on,
    worst_leakage,
)
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.predictions.leakage import LEAKAGE_WORDS, leakage_of
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.report.content import calibration_words as in_words
from ecgcore.report.content import fold9_words, outside_words
from ecgcore.stats.calibration.calibrators import CalibratorName
from ecgcore.tasks.mi import TRAIN_SETS
from pages.shared import caches
from pages.shared.case import Case

_UNREADABLE = "not asked: the recording cannot be read"
_BADGES = {
    "MI": ":red-badge[:material/cardiology: MI]",
    "normal": ":green-badge[:material/check: normal]",
    "refer": ":orange-badge[:material/person_search: refer]",
}


@dataclass(frozen=True, slots=True)
class OpinionRow:
    """One group's line.

    Attributes
    ----------
    opinion
        None for the reason `problem`.
    mark
        How the group knows the record, by the member that knows it best.
    reader
        How its logits were read.
    """

    group: Ensemble
    opinion: EnsemblePrediction | None
    problem: str
    mark: str
    reader: DecisionRule | None = None


def ask_groups(
    case: Case, rule: DecisionSettings, groups: tuple[Ensemble, ...]
) -> tuple[list[OpinionRow], list[str]]:
    """Ask groups about a readable case; one that fails gets its own line.

    Raises
    ------
    RecordError
        If the recording cannot be read.
    """
    rows, notes = [], []
    for group in groups:
        opinion, reader, problem = None, None, ""
        try:
            logits, warnings = caches.ensemble_logits(case, group)
            reader = caches.decision_rule(group, rule)
            opinion = reader.read(logits)
            notes += [text for text in warnings if text not in notes]
        except ModelError as error:
            problem = str(error)
        rows.append(OpinionRow(group, opinion, problem, _mark(group, case.entry), reader))
    return rows, notes


def first_seed_probs(case: Case, method: CalibratorName) -> list[float]:
    """Ask only the first seed of each main group, for many windows of a recording.

    Raises
    ------
    RecordError
        If the recording cannot be read.
    """
    groups = caches.groups()
    probs = []
    for group in [g for g in groups if is_main(g)] or groups:
        try:
            prediction, _ = caches.opinion(case, group.members[0])
            reader = caches.decision_rule(group, DecisionSettings(method))
            probs.append(float(reader.calibration.seeds[0].apply(prediction.logit)))
        except ModelError:  # the case itself names a model that fails
            continue
    return probs


def stored_opinions(entry: CatalogEntry, rule: DecisionSettings) -> list[OpinionRow]:
    """Give the opinions that ship with the project, for a record whose signal cannot be read."""
    rows = []
    for group in caches.groups():
        opinion, reader, problem = None, None, _UNREADABLE
        try:
            logits = caches.stored_ensemble_logits(entry.ecg_id, group) if group.shipped else None
            if logits is not None:
                reader = caches.decision_rule(group, rule)
                opinion, problem = reader.read(logits), ""
        except ModelError as error:
            problem = str(error)
        rows.append(OpinionRow(group, opinion, problem, _mark(group, entry), reader))
    return rows if any(row.opinion for row in rows) else []


def _mark(group: Ensemble, entry: CatalogEntry | None) -> str:
    """Mark a group by its worst member; only the seeds of D-mix differ in their records."""
    if entry is None:
        return ""
    marks = (_member_mark(member, entry) for member in marked_members(group))
    return worst_leakage(marks, LEAKAGE_WORDS)


def _member_mark(model: ModelEntry, entry: CatalogEntry) -> str:
    catalog, card = caches.catalog(), model.card
    return leakage_of(
        catalog,
        entry,
        card.data_version,
        synthetic=card.synthetic,
        exposure=partial(caches.exposure, catalog.version, model.key.train_set, model.key.seed),
    )


def main_and_others(rows: list[OpinionRow]) -> tuple[list[OpinionRow], list[OpinionRow]]:
    """Part the study's six groups from the rest; without any of the six, all are main."""
    main = [row for row in rows if is_main(row.group)]
    others = [row for row in rows if not is_main(row.group)]
    return (main, others) if main else (others, [])


def others_words(rows: list[OpinionRow]) -> str:
    """Name the groups that stand apart."""
    n = f"{len(rows)} more group{'' if len(rows) == 1 else 's'}"
    names = ", ".join(
        dict.fromkeys(
            row.group.train_set if row.group.arch in main_archs() else arch_title(row.group.arch)
            for row in rows
            if row.group.shipped
        )
    )
    return f"{n}: {names}" if names and all(row.group.shipped for row in rows) else n


def drawn(rows: list[OpinionRow]) -> list[Opinion]:
    """Opinions to draw, with "own" and the marks of training beside the names."""
    return [
        Opinion(
            row.group.arch,
            row.group.train_set,
            row.opinion.prob,
            seeds=row.opinion.seeds,
            raw=None if _is_raw(row) else row.opinion.raw,
            interval=row.opinion.interval,
            threshold=row.opinion.threshold,
            extra=", ".join(filter(None, ["" if row.group.shipped else "own", row.mark])),
        )
        for row in rows
        if row.opinion is not None
    ]


def agreement(rows: list[OpinionRow], rule: DecisionSettings) -> str:
    """Say how far the groups agree and from where they call MI."""
    asked = [row.opinion for row in rows if row.opinion is not None]
    if not asked:
        return "No model has an opinion on this recording."
    probs = [opinion.prob for opinion in asked]
    n_mi = sum(opinion.calls_mi for opinion in asked)
    low, high = _whole_percent(min(probs)), _whole_percent(max(probs))
    points = round(100 * (max(probs) - min(probs)))
    return (
        f"**{low if low == high else f'{low} to {high}'} %** · range "
        f"**{points} {'point' if points == 1 else 'points'}** · **{n_mi} of {len(probs)}** "
        f"{'group says' if len(probs) == 1 else 'groups say'} MI at {rule.threshold_words}"
    )


def _whole_percent(prob: float) -> str:
    rounded = round(100 * prob)
    return {0: "< 1", 100: "> 99"}.get(rounded, str(rounded))


def verdict_badge(
    rows: list[OpinionRow], rule: DecisionSettings, entry: CatalogEntry | None
) -> tuple[str, str]:
    """Give the conformal verdict of groups together as a line, and what it means; "" without."""
    said = Counter(row.opinion.verdict for row in rows if row.opinion and row.opinion.verdict)
    if not said:
        return "", ""
    n = said.total()
    counts = ", ".join(f"{count} {verdict}" for verdict, count in said.most_common())
    votes = f"all {n} groups" if len(said) == 1 else counts
    outside = outside_words(entry)
    doubt = " · :orange[not promised]" if outside else ""
    words = f"at {100 * (1 - rule.alpha):.0f} %: {votes}{doubt}"
    line = f"{_BADGES[joint_verdict(said)]} :small[{words}]"
    fold9 = next(fold9_words(row.reader) for row in rows if row.reader and row.reader.conformal)
    return line, (
        f"Conformal verdict, which is the groups’ own where all {n} agree, else “refer”. A group "
        f"says MI where at most {100 * rule.alpha:.0f} % of the normals of fold 9 look so much "
        f"like MI, and normal the other way round; else, or where neither fits, it refers. "
        f"From {fold9}. It does not change with the recalibration. {outside}".rstrip()
    )


def calibration_words(rows: list[OpinionRow]) -> str:
    """Say whether and on what the shown probabilities were recalibrated."""
    reader = next((row.reader for row in rows if row.reader and row.opinion), None)
    if reader is None or reader.calibration.method == "raw":
        return "Not recalibrated."
    calibration = reader.calibration
    line = "; the line: Venn-Abers’ interval" if calibration.method == "venn_abers" else ""
    words = in_words(calibration)
    return (
        f"{words[0].upper()}{words[1:]}; that fold also chose when trainings stopped (“tuned”). "
        f"Grey tick: raw{line}."
    )


def drawing_words(rows: list[OpinionRow]) -> str:
    """Explain marks and dots; "" where every group is one seed."""
    n_seeds = sorted({len(row.opinion.seeds) for row in rows if row.opinion} - {1})
    if not n_seeds:
        return ""
    n = f"{n_seeds[0]}" if len(n_seeds) == 1 else f"{n_seeds[0]} to {n_seeds[-1]}"
    return f"Mark: ensemble, the mean logit of {n} seeds; dots: the seeds."


def marks_in_words(rows: list[OpinionRow], entry: CatalogEntry | None) -> list[str]:
    """Explain each mark that stands beside a name, worst first, and what fold 9 was used for."""
    present = {row.mark for row in rows} - {""}
    marks = [
        f":orange-badge[:material/visibility: {mark}] {words}"
        for mark, words in LEAKAGE_WORDS.items()
        if mark in present
    ]
    used = used_for(rows, entry)
    return [*marks, f":orange-badge[:material/balance: fold 9] {used}"] if used else marks


def used_for(rows: list[OpinionRow], entry: CatalogEntry | None) -> str:
    """Say what was fitted with this very recording among others; "" where nothing was."""
    if entry is None:
        return ""
    version = caches.catalog().version
    fitted = [
        row.reader
        for row in rows
        if row.reader and caches.calibration_version(row.group) == version
    ]
    return fitted_words(fitted, entry.ecg_id)


def opinions_alt(rows: list[OpinionRow]) -> str:
    """Say the drawn probabilities as text."""
    said = [f"{row.group.label} {percent(row.opinion.prob)}" for row in rows if row.opinion]
    return "Probability of MI: " + ", ".join(said)


def opinions_table(
    rows: list[OpinionRow], rule: DecisionSettings, *, own: bool = False
) -> pd.DataFrame:
    """Every group in numbers and words; whether it knew the record unless that is the reader's."""
    columns = {
        "Group": [row.group.label for row in rows],
        "Trained on": [trained_on(row.group) for row in rows],
        "Probability of MI": [_prob_words(row) for row in rows],
        "Seeds, lowest to highest": [_seed_words(row) for row in rows],
        "Raw": ["" if row.opinion is None else percent(row.opinion.raw) for row in rows],
        f"MI at {rule.threshold_words}": [_call_words(row, rule) for row in rows],
        f"Conformal verdict at {100 * (1 - rule.alpha):.0f} %": [
            (row.opinion.verdict if row.opinion else "") or "none" for row in rows
        ],
        "This recording": [LEAKAGE_WORDS[row.mark] for row in rows],
    }
    if all(_is_raw(row) for row in rows):
        del columns["Raw"]
    if own:
        del columns["This recording"]
    return pd.DataFrame(columns)


def _is_raw(row: OpinionRow) -> bool:
    return row.reader is None or row.reader.calibration.method == "raw"


def _prob_words(row: OpinionRow) -> str:
    if row.opinion is None:
        return row.problem
    if row.opinion.interval is None:
        return percent(row.opinion.prob)
    low, high = row.opinion.interval
    return f"{percent(row.opinion.prob)} ({percent(low)} to {percent(high)})"


def _seed_words(row: OpinionRow) -> str:
    if row.opinion is None:
        return ""
    seeds = row.opinion.seeds
    if len(seeds) == 1:
        return "one seed"
    return f"{percent(min(seeds))} to {percent(max(seeds))} ({len(seeds)})"


def _call_words(row: OpinionRow, rule: DecisionSettings) -> str:
    if row.opinion is None:
        return ""
    sign = "yes" if row.opinion.calls_mi else "no"
    return sign if rule.sensitivity is None else f"{sign} (from {percent(row.opinion.threshold)})"


def sets_in_words(rows: list[OpinionRow]) -> str:
    """Name the training sets of the groups."""
    sets = dict.fromkeys(row.group.train_set for row in rows)
    return "Trained on " + "; ".join(f"**{name}** {TRAIN_SETS[name]}" for name in sets) + "."
