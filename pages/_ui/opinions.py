"""The models' opinions on a case, and the words around them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pandas as pd
from scipy.special import expit

from ecgcore.errors import ModelError
from ecgcore.figures.diagrams import Opinion, percent
from ecgcore.models.cards import ARCH_NAMES, ModelEntry
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.ptbxl.cohorts import TRAIN_SETS
from ecgcore.ptbxl.exposure import MARK_WORDS, mark_of
from pages._ui import resources
from pages._ui.case import Case

THRESHOLD = 0.5
_UNREADABLE = "not asked: the recording cannot be read"


@dataclass(frozen=True, slots=True)
class OpinionRow:
    """One model's line: its probability, or why there is none, and how it knows the record."""

    entry: ModelEntry
    prob: float | None
    problem: str
    mark: str

    @property
    def name(self) -> str:
        """Short name, such as "CNN-BiLSTM A"."""
        key = self.entry.key
        name = f"{ARCH_NAMES.get(key.arch, key.arch)} {key.train_set}"
        return name if self.entry.shipped else f"{name} (own run {self.entry.run_name})"


def ask_models(case: Case) -> tuple[list[OpinionRow], list[str]]:
    """Ask every model about a readable case; a model that fails gets its own line.

    Raises
    ------
    RecordError
        If the recording cannot be read.
    """
    rows, notes = [], []
    for model in resources.models():
        prob, problem = None, ""
        try:
            prediction, warnings = resources.opinion(case, model)
            prob = prediction.prob
            notes += [text for text in warnings if text not in notes]
        except ModelError as error:
            problem = str(error)
        rows.append(OpinionRow(model, prob, problem, _mark(model, case.entry)))
    return rows, notes


def stored_opinions(entry: CatalogEntry) -> list[OpinionRow]:
    """Give the opinions that ship with the project, for a record whose signal cannot be read."""
    try:
        logits = resources.stored_logits(entry.ecg_id)
    except ModelError:
        return []
    rows = []
    for model in resources.models():
        key = (model.key.arch, model.key.train_set, model.key.seed)
        known = model.shipped and key in logits.index
        prob = float(expit(logits[key])) if known else None
        rows.append(OpinionRow(model, prob, "" if known else _UNREADABLE, _mark(model, entry)))
    return rows


def _mark(model: ModelEntry, entry: CatalogEntry | None) -> str:
    if entry is None:
        return ""
    catalog, card = resources.catalog(), model.card
    return mark_of(
        catalog,
        entry,
        card.data_version,
        synthetic=card.synthetic,
        exposure=partial(resources.exposure, catalog.version, model.key.train_set, model.key.seed),
    )


def drawn(rows: list[OpinionRow]) -> list[Opinion]:
    """Opinions to draw, with "own" and the marks of training beside the names."""
    return [
        Opinion(
            row.entry.key.arch,
            row.entry.key.train_set,
            row.entry.key.seed,
            row.prob,
            extra=", ".join(filter(None, ["" if row.entry.shipped else "own", row.mark])),
        )
        for row in rows
        if row.prob is not None
    ]


def agreement(rows: list[OpinionRow]) -> str:
    """Say how far the models agree and at which threshold."""
    probs = [row.prob for row in rows if row.prob is not None]
    if not probs:
        return "No model has an opinion on this recording."
    n_mi = sum(prob >= THRESHOLD for prob in probs)
    low, high = _whole_percent(min(probs)), _whole_percent(max(probs))
    points = round(100 * (max(probs) - min(probs)))
    return (
        f"**{low if low == high else f'{low} to {high}'} %** · range "
        f"**{points} {'point' if points == 1 else 'points'}** · **{n_mi} of {len(probs)}** models "
        f"say MI at the threshold {100 * THRESHOLD:.0f} %"
    )


def _whole_percent(prob: float) -> str:
    rounded = round(100 * prob)
    return {0: "< 1", 100: "> 99"}.get(rounded, str(rounded))


def marks_in_words(rows: list[OpinionRow]) -> list[str]:
    """Explain each mark that stands beside a name, worst first."""
    present = {row.mark for row in rows} - {""}
    return [
        f":orange-badge[:material/visibility: {mark}] {words}"
        for mark, words in MARK_WORDS.items()
        if mark in present
    ]


def opinions_alt(rows: list[OpinionRow]) -> str:
    """Say the drawn probabilities as text."""
    said = [f"{row.name} {percent(row.prob)}" for row in rows if row.prob is not None]
    return "Probability of MI: " + ", ".join(said)


def opinions_table(rows: list[OpinionRow], *, own: bool = False) -> pd.DataFrame:
    """Every model in numbers and words; whether it knew the record unless that is the reader's."""
    table = pd.DataFrame(
        {
            "Model": [row.name for row in rows],
            "Trained on": [_trained_on(row.entry) for row in rows],
            "Probability of MI": [
                row.problem if row.prob is None else percent(row.prob) for row in rows
            ],
            "This recording": [MARK_WORDS[row.mark] for row in rows],
        }
    )
    return table.drop(columns="This recording") if own else table


def _trained_on(entry: ModelEntry) -> str:
    card = entry.card
    return (
        f"{TRAIN_SETS[card.key.train_set]}, with normals: {card.n_train:,} records, "
        f"{card.n_train_mi:,} MI ({card.data_version}, seed {card.key.seed})"
    )


def sets_in_words(rows: list[OpinionRow]) -> str:
    """Name the training sets of the models."""
    sets = dict.fromkeys(row.entry.key.train_set for row in rows)
    return "Trained on " + "; ".join(f"**{name}** {TRAIN_SETS[name]}" for name in sets) + "."
