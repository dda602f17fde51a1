"""Words of the Review page: labels, report, recording, and what an attribution can say."""

from __future__ import annotations

import pandas as pd

from ecgcore.explain.attribution import METHODS as EXPLANATIONS
from ecgcore.figures.paper_layout import PaperLayout
from ecgcore.leads import LEADS
from ecgcore.models.architectures import DEFAULT
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.ptbxl.catalog import CatalogEntry, Statement
from ecgcore.ptbxl.glossary import Translation
from ecgcore.records import EcgRecord
from ecgcore.tasks import mi
from ecgcore.wording.numbers import number
from ecgcore.wording.records import SUPERCLASSES, likelihood_words

METHODS = {"none": "None", **EXPLANATIONS}


def default_ensemble(ensembles: tuple[Ensemble, ...]) -> int:
    """Position of the ensemble that is explained first: the usual networks on all labels."""
    wanted = [one.arch == DEFAULT.name and one.train_set == mi.ALL for one in ensembles]
    return wanted.index(True) if True in wanted else 0


def statements_table(entry: CatalogEntry) -> pd.DataFrame:
    """Every SCP statement in plain words, diagnoses first."""
    return pd.DataFrame(
        {
            "Statement": [_sentence(s.description) or s.code for s in entry.statements],
            "Code": [s.code for s in entry.statements],
            "Likelihood": [likelihood_words(s.likelihood) for s in entry.statements],
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
        f"Recorded {entry.recording_date}" if entry.recording_date else "Date unknown",
        " ".join(entry.device.split()) or "device unknown",
        "" if entry.patient_id is None else f"patient {entry.patient_id}",
        validated[entry.validated],
    ]
    return [fact for fact in facts if fact]


def off_paper(record: EcgRecord, layout: PaperLayout) -> str:
    """Name the leads that leave the page where they are drawn; "" if there are none."""
    furthest_mv: dict[str, float] = {}
    for segment in layout.segments:
        samples = segment.samples(record.fs_hz, record.n_samples)
        signal = record.signal[LEADS.index(segment.lead)][samples]
        y_mm = segment.y_mm + segment.sign * layout.gain_mm_mv * signal
        beyond = signal[(y_mm < 0) | (y_mm > layout.height_mm)]
        if beyond.size:
            mv = max(beyond.max(), beyond.min(), furthest_mv.get(segment.lead, 0.0), key=abs)
            furthest_mv[segment.lead] = float(mv)
    said = [
        f"{lead} is cut off ({'R' if mv > 0 else 'S'} {number(mv, 1)} mV)"
        for lead, mv in furthest_mv.items()
    ]
    return f":orange[⚠ {', '.join(said)}: lower the gain.] " if said else ""


def translation_words(translation: Translation) -> str:
    """Say what the translation is, and which words it left as they are."""
    left = ", ".join(dict.fromkeys(translation.unknown))
    said = f" Left as they are: {left}." if left else ""
    return f"Translated word by word from a fixed list of terms; the original counts.{said}"
