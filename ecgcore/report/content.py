"""What a printed report says."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from ecgcore.explain.attribution import LARGEST_GAP, Attribution
from ecgcore.figures.attribution_overlay import AttributionOverlay
from ecgcore.figures.paper_layout import PaperSettings
from ecgcore.figures.predictions import percent
from ecgcore.predictions.decision import (
    HALF,
    DecisionRule,
    DecisionSettings,
    EnsemblePrediction,
    is_main,
    joint_verdict,
    trained_on,
)
from ecgcore.predictions.ensemble import Ensemble, EnsembleCalibrator
from ecgcore.predictions.leakage import LEAKAGE_WORDS
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.ptbxl.glossary import Translation
from ecgcore.records import EcgRecord
from ecgcore.signals.measure.measure import Measurements
from ecgcore.signals.quality import Quality
from ecgcore.stats.calibration.calibrators import CALIBRATORS

DISCLAIMER = "Decision support for research and teaching, not a medical device."

_DIGITS_OF_ONE, _DIGITS_OF_MANY = 16, 8


@dataclass(frozen=True, slots=True)
class ModelOpinion:
    """The line of one group of models.

    Attributes
    ----------
    prob
        Probability of MI by the ensemble, or None with the reason in `problem`.
    known
        Whether a member has seen the recording or its patient before, in words.
    checksum
        SHA-256 of the weights in hex, the beginnings of all seeds where there are several.
    calibration
        Whether and on what `prob` was recalibrated.
    raw
        The ensemble's probability before recalibration; None where it was not recalibrated.
    seeds
        Probability of MI by each seed.
    calls_mi, threshold
        Whether the group calls MI, and from which probability on.
    interval
        Venn-Abers' lower and upper probability.
    verdict
        Conformal verdict, "" where there is none.
    fold9
        What the verdict rests on, in words.
    main
        Whether it takes part in the verdict of all groups together.
    """

    name: str
    trained_on: str
    prob: float | None
    known: str
    checksum: str
    calibration: str = "not recalibrated"
    problem: str = ""
    raw: float | None = None
    seeds: tuple[float, ...] = ()
    calls_mi: bool = False
    threshold: float = HALF
    interval: tuple[float, float] | None = None
    verdict: str = ""
    fold9: str = ""
    main: bool = True

    @classmethod
    def of(
        cls,
        group: Ensemble,
        opinion: EnsemblePrediction | None,
        reader: DecisionRule | None,
        mark: str | None,
        problem: str = "",
    ) -> "ModelOpinion":
        """Describe a group by its cards and by what it says.

        Parameters
        ----------
        opinion, reader
            What it says and how that was read; None where it has no opinion.
        mark
            A key of `LEAKAGE_WORDS` of `ecgcore.predictions.leakage`; None for an upload.
        """
        line = cls(
            name=group.label,
            trained_on=trained_on(group),
            prob=None,
            known="not in the open data set" if mark is None else LEAKAGE_WORDS[mark],
            checksum=_checksums(group),
            problem=problem,
            main=is_main(group),
        )
        if opinion is None or reader is None:
            return line
        recalibrated = reader.calibration.method != "raw"
        return replace(
            line,
            prob=opinion.prob,
            calibration=calibration_words(reader.calibration),
            raw=opinion.raw if recalibrated else None,
            seeds=opinion.seeds,
            calls_mi=opinion.calls_mi,
            threshold=opinion.threshold,
            interval=opinion.interval,
            verdict=opinion.verdict or "",
            fold9=fold9_words(reader),
        )

    @property
    def seed_words(self) -> str:
        """Lowest and highest seed, and how many there are."""
        if len(self.seeds) < 2:
            return "one seed" if self.seeds else ""
        return f"{percent(min(self.seeds))} to {percent(max(self.seeds))} ({len(self.seeds)})"


def _checksums(group: Ensemble) -> str:
    if len(group.members) == 1:
        return f"{group.members[0].card.weights_sha256[:_DIGITS_OF_ONE]}…"
    digits = [entry.card.weights_sha256[:_DIGITS_OF_MANY] for entry in group.members]
    return " ".join(f"{digest}…" for digest in digits)


def calibration_words(calibration: EnsembleCalibrator) -> str:
    """Say whether and on what probabilities were recalibrated."""
    if calibration.method == "raw":
        return "not recalibrated"
    return (
        f"recalibrated ({CALIBRATORS[calibration.method]}) on {calibration.n:,} records of fold 9, "
        f"{calibration.n_mi:,} MI"
    )


def fold9_words(reader: DecisionRule) -> str:
    """Say what a conformal verdict rests on; "" where there is none."""
    conformal = reader.conformal
    if conformal is None:
        return ""
    return f"{conformal.n_mi + conformal.n_normal:,} records of fold 9, {conformal.n_mi:,} MI"


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
    rule
        How the opinions were read.
    fitted_words
        What was fitted with this very recording among others; "" where nothing was.
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
    rule: DecisionSettings = field(default_factory=DecisionSettings)
    fitted_words: str = ""
    overlay: AttributionOverlay | None = None
    overlay_words: str = ""
    notes: tuple[str, ...] = ()

    @property
    def main_opinions(self) -> tuple[ModelOpinion, ...]:
        """Opinions that make the verdict of all together: the study's six groups, else all."""
        asked = tuple(opinion for opinion in self.opinions if opinion.prob is not None)
        return tuple(opinion for opinion in asked if opinion.main) or asked

    @property
    def outside(self) -> str:
        """Why fold 9 promises nothing for this recording; "" where it does."""
        return outside_words(self.entry)

    @property
    def verdict(self) -> str:
        """Conformal verdict of the main groups together; "" where there is none."""
        return joint_verdict(opinion.verdict for opinion in self.main_opinions if opinion.verdict)


def outside_words(entry: CatalogEntry | None) -> str:
    """Say why a promise that rests on fold 9 does not cover a recording; "" where it does."""
    if entry is None:
        return "Not promised here: a recording from elsewhere may be unlike those of fold 9."
    if entry.group == "other":
        return (
            "Not promised here: fold 9 has only MI and pure normals, and this recording is neither."
        )
    return ""


def attribution_words(attribution: Attribution) -> str:
    """Say what a heat map can say and what it cannot, in plain text."""
    return " ".join(filter(None, heat_sentences(attribution)))


def heat_sentences(attribution: Attribution) -> tuple[str, str, str]:
    """Return what a heat map says, what must be known of it, and a warning or ""."""
    if not attribution.signed:
        return (
            "Grad-CAM says when, not where:",
            f"every lead shows the same curve, in steps of {attribution.step_ms:.0f} ms of the "
            "layer it reads; it is silent about evidence against MI.",
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
