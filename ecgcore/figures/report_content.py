"""What a printed report says."""

from dataclasses import dataclass, field
from datetime import datetime

from ecgcore.explain.attribution import LARGEST_GAP, Attribution
from ecgcore.figures.diagrams import percent
from ecgcore.figures.overlays import Heat
from ecgcore.figures.paper_layout import PaperSettings
from ecgcore.models.cards import ARCH_NAMES, ModelEntry
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.ptbxl.cohorts import TRAIN_SETS
from ecgcore.ptbxl.exposure import MARK_WORDS
from ecgcore.ptbxl.glossary import Translation
from ecgcore.records import EcgRecord
from ecgcore.signals.measure import Measurements
from ecgcore.signals.quality import Quality

DISCLAIMER = "Decision support for research and teaching, not a medical device."


@dataclass(frozen=True, slots=True)
class ModelOpinion:
    """One model's line.

    Attributes
    ----------
    prob
        Probability of MI, or None with the reason in `problem`.
    known
        Whether the model has seen the recording or its patient before, in words.
    checksum
        SHA-256 of its weights, in hex.
    """

    name: str
    trained_on: str
    prob: float | None
    known: str
    checksum: str
    calibration: str = "not recalibrated"
    problem: str = ""

    @classmethod
    def of(
        cls, entry: ModelEntry, prob: float | None, mark: str | None, problem: str = ""
    ) -> "ModelOpinion":
        """Describe a model by its card.

        Parameters
        ----------
        mark
            A key of `ecgcore.ptbxl.exposure.MARK_WORDS`; None for a recording from elsewhere.
        """
        card, key = entry.card, entry.key
        name = f"{ARCH_NAMES.get(key.arch, key.arch)} {key.train_set}"
        return cls(
            name=name if entry.shipped else f"{name}, own run {entry.run_name}",
            trained_on=(
                f"{TRAIN_SETS[key.train_set]}: {card.n_train:,} records, {card.n_train_mi:,} MI "
                f"({card.data_version}, seed {key.seed})"
            ),
            prob=prob,
            known="not in the open data set" if mark is None else MARK_WORDS[mark],
            checksum=card.weights_sha256,
            problem=problem,
        )


@dataclass(frozen=True, slots=True, eq=False)
class ReportContent:
    """Everything on the sheets; what is None was not asked for, and the sheets say so.

    Attributes
    ----------
    record
        The recording as it is drawn, after the display filter.
    filter_label
        What the display filter did.
    created
        With its time zone.
    overlay, overlay_words
        Heat behind the leads, and what it can and cannot say.
    notes
        What else a reader must know, such as why no model has an opinion.
    """

    record: EcgRecord
    data_version: str
    created: datetime
    settings: PaperSettings = field(default_factory=PaperSettings)
    filter_label: str = "unfiltered"
    entry: CatalogEntry | None = None
    measurements: Measurements | None = None
    quality: Quality | None = None
    translation: Translation | None = None
    opinions: tuple[ModelOpinion, ...] = ()
    overlay: Heat | None = None
    overlay_words: str = ""
    notes: tuple[str, ...] = ()


def heat_words(attribution: Attribution) -> str:
    """Say what a heat map can say and what it cannot, in plain text."""
    return " ".join(filter(None, heat_sentences(attribution)))


def heat_sentences(attribution: Attribution) -> tuple[str, str, str]:
    """Return what a heat map says, what must be known of it, and a warning or ""."""
    if not attribution.signed:
        step_ms = 1000 * attribution.scores.shape[1] / attribution.fs_hz / attribution.n_layer_steps
        return (
            "Grad-CAM says when, not where:",
            f"every lead shows the same curve, in steps of {step_ms:.0f} ms of the layer it reads; "
            "it is silent about evidence against MI.",
            "",
        )
    exact = attribution.gap_share <= LARGEST_GAP
    return (
        "Integrated Gradients say when and in which lead,",
        "against a flat record, to which this model itself gives "
        f"{percent(attribution.baseline_prob)} MI; they explain the model, not the heart. "
        f"Completeness gap {attribution.delta:+.4f}, {100 * attribution.gap_share:.2f} % of the "
        f"logit change of {attribution.logit_change:+.2f}.",
        "" if exact else f"Above {100 * LARGEST_GAP:g} %: do not rely on this heat map.",
    )
