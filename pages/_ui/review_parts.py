"""Parts of the Review page: the opinions on a record, and the words around them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from ecgcore.errors import ModelError, RecordError
from ecgcore.explain.attribution import LARGEST_GAP, Attribution
from ecgcore.explain.attribution import METHODS as EXPLANATIONS
from ecgcore.figures.diagrams import Opinion, percent
from ecgcore.leads import LEADS
from ecgcore.models.cards import ARCH_NAMES, ModelEntry
from ecgcore.ptbxl.catalog import CatalogEntry, Statement
from ecgcore.ptbxl.cohorts import TRAIN_SETS
from ecgcore.ptbxl.exposure import MARK_WORDS
from ecgcore.ptbxl.scp import SUPERCLASSES, in_words
from ecgcore.records import EcgRecord
from ecgcore.signals.quality import FLAT_S, longest_flat_s
from pages._ui import resources

THRESHOLD = 0.5
PAPER_MV = 5.0
METHODS = {"none": "None", **EXPLANATIONS}
SPLIT_WORDS = {
    "train": "training fold",
    "val": "validation fold",
    "test": "test fold",
    "unknown": "fold unknown",
}
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


def parse_record(text: str) -> int:
    """Read a record number as a person or a URL writes it; RecordError if it is none."""
    cleaned = text.strip()
    if not (cleaned.isascii() and cleaned.isdigit() and len(cleaned) <= 9):
        shown = re.sub(r"[^\w .-]+", "…", cleaned)[:20]
        raise RecordError(
            f"“{shown}” is no record number; one like {_example()} is needed. "
            "Correct it above or choose a recording on the Browse page."
        )
    return int(cleaned)


def first_record() -> int:
    """Return the record that opens without a choice: the first uncertain MI of the test fold."""
    frame = resources.catalog().frame
    doubtful = frame.index[(frame["group"] == "uncertain_mi") & (frame["split"] == "test")]
    return int(doubtful[0] if len(doubtful) else frame.index[0])


def default_model(entries: tuple[ModelEntry, ...]) -> int:
    """Position of the model whose reasons are shown first: a CNN-BiLSTM trained on all labels."""
    wanted = [e.key.arch == "cnn_bilstm" and e.key.train_set == "C" for e in entries]
    return wanted.index(True) if True in wanted else 0


def ask_models(entry: CatalogEntry) -> tuple[list[OpinionRow], list[str]]:
    """Ask every model about a readable record; a model that fails gets its own line.

    Raises
    ------
    RecordError
        If the recording cannot be read.
    """
    rows, notes = [], []
    for model in resources.models():
        prob, problem = None, ""
        try:
            prediction, warnings = resources.opinion(entry.ecg_id, model)
            prob = prediction.prob
            notes += [text for text in warnings if text not in notes]
        except ModelError as error:
            problem = str(error)
        rows.append(OpinionRow(model, prob, problem, _mark(model, entry)))
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


def _mark(model: ModelEntry, entry: CatalogEntry) -> str:
    catalog = resources.catalog()
    if model.card.data_version == catalog.version:
        exposure = resources.exposure(catalog.version, model.key.train_set, model.key.seed)
        return exposure.mark(entry.ecg_id, entry.patient_id)
    return "" if model.card.synthetic != catalog.synthetic else "unknown"


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


def opinions_table(rows: list[OpinionRow]) -> pd.DataFrame:
    """Every model in numbers and words."""
    return pd.DataFrame(
        {
            "Model": [row.name for row in rows],
            "Trained on": [_trained_on(row.entry) for row in rows],
            "Probability of MI": [
                row.problem if row.prob is None else percent(row.prob) for row in rows
            ],
            "This recording": [MARK_WORDS[row.mark] for row in rows],
        }
    )


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


def leading_label(entry: CatalogEntry) -> str:
    """Give the statement that places the record: its likeliest MI, else its first statement."""
    mi = [statement for statement in entry.statements if statement.superclass == "MI"]
    chosen = (mi or list(entry.statements))[:1]
    return f"{chosen[0].code} {in_words(chosen[0].likelihood)}" if chosen else "no statement"


def statements_table(entry: CatalogEntry) -> pd.DataFrame:
    """Every SCP statement in plain words, diagnoses first."""
    return pd.DataFrame(
        {
            "Statement": [_sentence(s.description) or s.code for s in entry.statements],
            "Code": [s.code for s in entry.statements],
            "Likelihood": [in_words(s.likelihood) for s in entry.statements],
            "Class": [_sentence(_class_words(s)) for s in entry.statements],
        }
    )


def _class_words(statement: Statement) -> str:
    return SUPERCLASSES.get(statement.superclass) or statement.kind or "not in the code table"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def noise_words(entry: CatalogEntry) -> str:
    """List the noise flags with the leads they name."""
    return "; ".join(f"{words} ({where})" for words, where in entry.noise) or "none noted"


def recording_facts(entry: CatalogEntry) -> list[str]:
    """Date, device, patient and validation, as far as the table knows them."""
    validated = {True: "validated by a human", False: "not validated by a human", None: ""}
    facts = [
        f"Recorded {entry.recording_date}" if entry.recording_date else "Date not in this table",
        " ".join(entry.device.split()) or "device not in this table",
        "" if entry.patient_id is None else f"patient {entry.patient_id}",
        validated[entry.validated],
    ]
    return [fact for fact in facts if fact]


def faulty_leads(record: EcgRecord) -> str:
    """Name the leads without a signal and those that leave the paper; "" if there are none."""
    flat, peak = longest_flat_s(record), np.abs(record.signal).max(axis=1)
    dead = [lead for lead, seconds in zip(LEADS, flat, strict=True) if seconds >= FLAT_S]
    said = [f"Flat for {FLAT_S:.0f} s or longer: {', '.join(dead)}."] if dead else []
    said += [
        f"{lead} reaches {mv:.0f} mV and leaves the paper."
        for lead, mv in zip(LEADS, peak, strict=True)
        if mv > PAPER_MV
    ]
    return f":orange[:material/warning: {' '.join(said)}] " if said else ""


def completeness(attribution: Attribution) -> str:
    """Say how exact the path integral is."""
    return (
        f"{attribution.delta:+.4f}, {100 * attribution.gap_share:.2f} % of the logit change of "
        f"{attribution.logit_change:+.2f}"
    )


def method_words(attribution: Attribution | None) -> str:
    """Say in one line what the shown method can say and what it cannot."""
    if attribution is None:
        return (
            "No heat is drawn. Choose Grad-CAM or Integrated Gradients to see what one model's "
            "opinion rests on."
        )
    if not attribution.signed:
        step_ms = 1000 * attribution.scores.shape[1] / attribution.fs_hz / attribution.n_layer_steps
        return (
            "**Grad-CAM says when, not where:** every lead shows the same curve, in steps of "
            f"{step_ms:.0f} ms of the layer it reads; it is silent about evidence against MI."
        )
    good = attribution.gap_share <= LARGEST_GAP
    judgement = "" if good else " :red[**Above 2 %: do not rely on this heat map.**]"
    return (
        "**Integrated Gradients say when and in which lead,** against a flat record, to which this "
        f"model itself gives {percent(attribution.baseline_prob)} MI; they explain the model, not "
        f"the heart. Completeness gap {completeness(attribution)}.{judgement}"
    )


def _example() -> int:
    return int(resources.catalog().frame.index[0])
