"""What a printout says."""

from dataclasses import dataclass, field
from datetime import datetime

from ecgcore.explain.attribution import LARGEST_GAP, SUMMED, Attribution
from ecgcore.explain.maps.baselines import BASELINES
from ecgcore.figures.paper_layout import PaperSettings
from ecgcore.predictions.classes.beside import Beside
from ecgcore.predictions.decision import (
    DecisionRule,
    DecisionSettings,
    EnsemblePrediction,
    NoPrediction,
    joint_verdict,
    main_and_others,
    predicted,
)
from ecgcore.predictions.ensemble import EnsembleCalibrator
from ecgcore.predictions.scope import Scope
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.ptbxl.glossary import Translation
from ecgcore.records import EcgRecord
from ecgcore.report.case_readings import CaseReadings
from ecgcore.report.verdict import caution
from ecgcore.signals.measure.measure import Measurements
from ecgcore.signals.quality import Quality
from ecgcore.stats.calibration.calibrators import CALIBRATORS
from ecgcore.wording.numbers import percent

DISCLAIMER = "Decision support for research and teaching, not a medical device."


def calibrator_words(calibrator: EnsembleCalibrator) -> str:
    """Say whether probabilities are calibrated, and on what."""
    if calibrator.method == "raw":
        return "uncalibrated"
    return (
        f"calibrated ({CALIBRATORS[calibrator.method]}) on {calibrator.n:,} records of fold 9, "
        f"{calibrator.n_mi:,} MI"
    )


def fold9_words(rule: DecisionRule) -> str:
    """Say what a conformal verdict rests on; "" where there is none."""
    conformal = rule.conformal
    if conformal is None:
        return ""
    return f"{conformal.n_mi + conformal.n_normal:,} records of fold 9, {conformal.n_mi:,} MI"


@dataclass(frozen=True, slots=True, eq=False)
class PrintoutContent:
    """Everything on the sheets; what is None was not asked for, and the sheets say so.

    Attributes
    ----------
    record
        The recording as it is drawn, after the display filter.
    filter_label
        What the display filter did.
    created
        With its time zone.
    overlay
        The attribution behind the leads.
    scope
        Whether the models know such an ECG; None where nobody asked.
    predictions
        Of every ensemble, also of those that predict nothing, and why.
    decision
        The reader's settings of calls and verdicts.
    fitted_words
        What was fitted with this very recording among others; "" where nothing was.
    beside
        What models beside the study's say; None where nobody asked.
    readings
        Of the case by readers; None where nobody asked for them.
    notes
        What else a reader must know, such as why no model predicts.
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
    predictions: tuple[EnsemblePrediction | NoPrediction, ...] = ()
    decision: DecisionSettings = field(default_factory=DecisionSettings)
    fitted_words: str = ""
    overlay: Attribution | None = None
    scope: Scope | None = None
    beside: Beside | None = None
    notes: tuple[str, ...] = ()
    readings: CaseReadings | None = None

    @property
    def main(self) -> list[EnsemblePrediction]:
        """Predictions that make the verdict of all together: of the study's main ensembles."""
        return predicted(main_and_others(self.predictions)[0])

    @property
    def caution(self) -> str:
        """Why the verdict stands in grey; "" where the models know such an ECG."""
        return caution(self.entry, self.scope)

    @property
    def verdict(self) -> str:
        """Conformal verdict of the main ensembles together; "" where there is none."""
        return joint_verdict(self.main)


def attribution_words(attribution: Attribution) -> str:
    """Say what an attribution can say and what it cannot, in plain text."""
    return " ".join(filter(None, [*attribution_sentences(attribution), push_words(attribution)]))


def trust_words(attribution: Attribution) -> str:
    """Say in plain text what the checks make of a map, and why."""
    checks = attribution.checks
    if checks is None:
        return "Map not checked: do not rely on it."
    greyed = " It is drawn in grey." if attribution.refused else ""
    return f"Map: {checks.badge}. {checks.reason}{greyed}"


def push_words(attribution: Attribution) -> str:
    """Say in which territories' leads the push towards MI lies; "" for time alone."""
    shares = [f"{name} {percent(share, 0)}" for name, share in attribution.territory_shares.items()]
    return f"Push towards MI: {', '.join(shares)}." if shares else ""


def attribution_sentences(attribution: Attribution) -> tuple[str, str, str]:
    """Return what an attribution says, what must be known of it, and a warning or ""."""
    claim, detail = _SAYS[attribution.method]
    step = f"{attribution.step_ms:.0f} ms"
    parts = [f"{detail.format(step=step)};" if attribution.baseline else detail.format(step=step)]
    if attribution.baseline:
        parts.append(_compared_words(attribution))
    if attribution.method not in SUMMED:
        return claim, " ".join(parts), ""
    parts.append(
        "Numerical check: the contributions add up to within "
        f"{percent(attribution.gap_share)} of the logit's change."
    )
    exact = attribution.gap_share <= LARGEST_GAP
    caution = "" if exact else f"Above {100 * LARGEST_GAP:g} %: do not rely on this overlay."
    return claim, " ".join(parts), caution


def _compared_words(attribution: Attribution) -> str:
    words = f"compared with {BASELINES[attribution.baseline]}"
    if attribution.method in SUMMED:
        words += f", to which this model itself gives {percent(attribution.baseline_prob)} MI"
    return f"{words}. It explains the model, not the heart."


_SAYS = {
    "gradcam": (
        "Grad-CAM says when, not where:",
        "every lead shows the same curve, in steps of {step}. It does not show evidence "
        "against MI.",
    ),
    "guided": (
        "Guided Grad-CAM says when and in which lead,",
        "without a sign: it does not tell evidence for MI from evidence against it.",
    ),
    "ig": ("Integrated Gradients say when and in which lead", "for each single sample"),
    "ig_beats": (
        "Integrated Gradients say when in the beat and in which lead",
        "as the mean over all beats of one shape",
    ),
    "shap": ("Gradient SHAP says when and in which lead", "with some noise of its own"),
    "occlusion_beat": ("Occlusion by beat says in which beats", "all leads together"),
    "occlusion_wave": ("Occlusion by wave says in which waves", "all leads together"),
    "occlusion_lead": ("Occlusion by lead says in which leads", "the whole time together"),
}
"""What each method says, and how."""
