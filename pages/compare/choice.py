"""What the reader of Compare chooses beside data and test set; all of it lives in the URL."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from ecgcore.models.architectures import CNN_LSTM, arch_title, main_archs
from ecgcore.predictions.decision import DecisionSettings
from ecgcore.predictions.ensemble import Ensemble
from ecgcore.stats.metrics import ScoreName
from ecgcore.study.strata import KINDS, Stratum
from ecgcore.tasks.mi import STUDY_SETS
from ecgcore.wording.numbers import counted
from pages.shared import caches, url_state
from pages.shared import evaluation_caches as cache
from pages.shared.classes.choice import STATE as TASK_STATE
from pages.shared.classes.choice import WRITTEN
from pages.shared.consensus.caches import consensus
from pages.shared.consensus.labelled import n_agreed
from pages.shared.evaluation_choice import SHARED_STATE, EvaluationChoice, fitting_ensembles
from pages.shared.url_state import Bound, PageState

BOTH = " + ".join(arch_title(arch) for arch in main_archs())
REBUILT = CNN_LSTM.title
"""The published study's own network, trained again."""
METRICS: dict[str, ScoreName] = {
    "AUROC": "auroc",
    "AUPRC": "auprc",
    "Brier score": "brier",
    "Log loss": "log_loss",
    "ECE": "ece_width",
    "Sensitivity": "sensitivity",
    "Specificity": "specificity",
}

_METRIC_HELP = (
    "AUROC and AUPRC ask whether MI is ranked above normal. Brier, log loss and ECE (10 bins of "
    "equal width) ask whether the probabilities are right: lower is better. Sensitivity and "
    "specificity depend on the threshold, which the decision settings at the top hold."
)
NO_TABLES = (
    "Subgroups by likelihood, diagnosis, sex or age need PTB-XL's tables: run "
    "`python3.11 -m ecgcore data fetch --set test` in the project folder, then restart."
)
_SUBGROUP_HELP = (
    "By likelihood, MI statement, territory and comorbidity: these MI against all normal records. "
    "By sex, age, device and noise: MI and normal of that kind only. Matched: pairs of MI and "
    "normal of the same sex and age. Type to search."
)
KIND_NAMES = {**KINDS, cache.MATCHED: "Age and sex matched"}
EXTRA, _SUBGROUP = "extra", "part"
_SUBGROUP_KEY = "compare_part"
VIEWS = (
    *("Pairs", "Calibrators", "Published claims", "Confusion matrix", "Shortcuts"),
    "Outside the study",
)
OWN_LABELS, CONSENSUS_LABELS = "of the data set", "with the readers' consensus"
STATE = PageState(
    "compare",
    {
        **SHARED_STATE,
        **TASK_STATE,
        "architecture": Bound(),
        "labels": Bound((OWN_LABELS, CONSENSUS_LABELS)),
        "metric": Bound(METRICS),
        "view": Bound(VIEWS, renamed={"Raw and recalibrated": "Calibrators"}),
        "matrix": Bound(),
    },
    (_SUBGROUP, EXTRA, "cell", *WRITTEN),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(EvaluationChoice):
    """What the reader wants to see.

    Attributes
    ----------
    target
        Target sensitivity on fold 9; None for the threshold 0.5.
    part
        The chosen subgroup of the test set; None for all of it.
    """

    score: ScoreName
    target: float | None = None
    part: Stratum | None = None

    @property
    def key(self) -> cache.Key:
        """All that a number depends on beside the networks, for caches."""
        part = self.part.name if self.part else ""
        data = (self.data_version, self.labels, self.test_set, part)
        return (*data, self.method, self.score, self.target)

    @property
    def metric(self) -> str:
        """The metric as shown."""
        return next(label for label, score in METRICS.items() if score == self.score)

    @property
    def where(self) -> str:
        """The threshold as shown, such as "for 90 % sensitivity in fold 9"."""
        if self.target is None:
            return "0.5"
        return f"for {DecisionSettings(sensitivity=self.target).threshold_words} in fold 9"

    @property
    def metric_title(self) -> str:
        """The metric with what it depends on, such as "Brier score (Platt)"."""
        if self.score in ("auroc", "auprc"):
            return self.metric
        thresholded = self.score in ("sensitivity", "specificity")
        at = f" at the threshold {self.where}" if thresholded else ""
        words = "uncalibrated probabilities" if self.method == "raw" else self.probabilities
        return f"{self.metric}{at} ({words})"

    @property
    def file_words(self) -> str:
        """What tells the files of this choice apart."""
        part = f"_{self.part.name}" if self.part else ""
        return f"{self.test_set}{part}_{self.method}"


def architectures() -> list[str]:
    """Return the choices of architecture: our two together first, the study's own last."""
    rebuilt = [REBUILT] if study_ensembles(REBUILT) else []
    return [BOTH, *(arch_title(arch) for arch in main_archs()), *rebuilt]


def choose_architecture() -> str:
    """Let the reader choose one architecture or both of ours."""
    options = architectures()
    url_state.warn_of_unknown("architecture", [*options, "both"])  # as older links say
    return st.segmented_control(
        "Architecture",
        options,
        default=BOTH,
        required=True,
        key="architecture",
        bind="query-params",
        label_visibility="collapsed",
    )


def choose_metric() -> ScoreName:
    """Let the reader choose the metric."""
    label = st.selectbox(
        "Metric", list(METRICS), key="metric", bind="query-params", help=_METRIC_HELP
    )
    return METRICS[label]


def choose_labels(data_version: str) -> str:
    """Draw the choice of labels where readers have settled something; return their fingerprint."""
    agreed = consensus()
    if not agreed.verdicts or data_version != caches.catalog().version:
        return ""
    chosen = st.radio(
        "Labels",
        (OWN_LABELS, CONSENSUS_LABELS),
        key="labels",
        bind="query-params",
        help="What readers' conflicts were settled to on Adjudication replaces the label, or puts "
        "a record into the study: no MI counts as normal, not readable leaves it out. Calibrators "
        "and thresholds stay those of fold 9 by its own labels.",
    )
    return agreed.fingerprint if chosen == CONSENSUS_LABELS else ""


def labels_words(choice: Choice) -> str:
    """Say how many labels are a consensus; "" where none is."""
    if not choice.labels:
        return ""
    n = n_agreed(choice.test_set)
    return (
        f"Labels with the readers' consensus {choice.labels[:8]}, which decides "
        f"{counted(n, 'record')} of the test set {choice.test_set}."
    )


def drop_stale_subgroup(data_version: str, test_set: str) -> None:
    """Take a subgroup that the test set has not out of the URL, and say so."""
    names = [part.name for part in cache.strata(data_version, test_set)]
    few = (
        f"the test set {test_set} has no such records, or too few (at least 10 MI and 10 normal "
        "are needed); all of it is shown."
    )
    advice = few if names else f"all of the test set is shown. {NO_TABLES}"
    url_state.warn_of_unknown(_SUBGROUP, names, what="subgroup", advice=advice)
    if st.query_params.get(_SUBGROUP, "") not in names:
        url_state.write(_SUBGROUP, [])


def choose_subgroup(data_version: str, test_set: str) -> Stratum | None:
    """Let the reader choose a subgroup of the test set; None for all of it.

    Its name, not its long label, lives in the URL.
    """
    parts = {part.name: part for part in cache.strata(data_version, test_set)}
    whole = "all of it" if parts else "all of it (subgroups: run data fetch)"
    st.session_state[_SUBGROUP_KEY] = st.query_params.get(_SUBGROUP, "")
    chosen = st.selectbox(
        "Subgroup",
        ["", *parts],
        format_func=lambda name: subgroup_label(parts[name]) if name else whole,
        key=_SUBGROUP_KEY,
        on_change=url_state.writer(_SUBGROUP, _SUBGROUP_KEY),
        disabled=not parts,
        help=_SUBGROUP_HELP if parts else NO_TABLES,
    )
    return parts.get(chosen)


def subgroup_label(part: Stratum) -> str:
    """Name a subgroup with its kind and size."""
    return f"{KIND_NAMES[part.kind]}: {part.title}"


def study_ensembles(architecture: str) -> list[Ensemble]:
    """Return the shipped ensembles of the chosen architecture, in the order of the study."""
    both = [arch_title(arch) for arch in main_archs()]
    wanted = both if architecture == BOTH else [architecture]
    return [
        one
        for one in caches.ensembles()
        if one.shipped and arch_title(one.arch) in wanted and one.train_set in STUDY_SETS
    ]


def other_ensembles(data_version: str) -> list[Ensemble]:
    """Return what stands beside the study: local runs on this data set, other shipped ensembles."""
    main = {one.name for one in study_ensembles(BOTH)}
    return [one for one in fitting_ensembles(data_version) if one.name not in main]
