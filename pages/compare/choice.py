"""What the reader of Compare chooses: networks, records, metric and threshold, all in the URL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from ecgcore.models.cards import ARCH_NAMES
from ecgcore.predictions import labelled
from ecgcore.predictions.ensemble import Ensemble, ensemble_by_name
from ecgcore.ptbxl.catalog import synthetic_version
from ecgcore.stats.calibration.calibrators import CALIBRATORS, CalibratorName
from ecgcore.stats.metrics import ScoreName
from ecgcore.study.strata import KINDS, Stratum
from ecgcore.tasks.mi import STUDY_SETS, TEST_SETS
from pages.shared import caches
from pages.shared import evaluation_caches as cache
from pages.shared.errors import plain

BOTH = "both"
MAIN_ARCHS = ("cnn_bilstm", "bimamba2")
REBUILT = ARCH_NAMES["cnn_lstm"]
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
THRESHOLDS: dict[str, float | None] = {
    "0.5": None,
    "90 % sensitivity": 0.90,
    "95 % sensitivity": 0.95,
    "99 % sensitivity": 0.99,
}
"""Label -> sensitivity wished on fold 9; None for the plain threshold 0.5."""

_METRIC_HELP = (
    "AUROC and AUPRC ask whether MI is ranked above normal. Brier, log loss and ECE (10 bins of "
    "equal width) ask whether the probabilities are right: lower is better. Sensitivity and "
    "specificity depend on the threshold."
)
_THRESHOLD_HELP = (
    "From which probability on a record is called MI: 0.5, or the threshold at which a network "
    "finds this share of the MI in fold 9 (the same rule as the test set). It matters for "
    "sensitivity, specificity and the confusion matrix."
)
NO_TABLES = (
    "Parts by likelihood, diagnosis, sex or age need PTB-XL's tables: run "
    "`python3.11 -m ecgcore data fetch --set test` in the project folder, then restart."
)
_PART_HELP = (
    "By likelihood, MI statement, wall and comorbidity: these MI against all normal records. By "
    "sex, age, device and noise: MI and normal of that kind only. Matched: pairs of MI and normal "
    "of the same sex and age. Type to search."
)
KIND_NAMES = {**KINDS, cache.MATCHED: "Age and sex matched"}
_URL = "extra"
_KEY = "compare_extra"
_PART_URL = "part"
_BOUND = ("data_set", "architecture", "test_set", "metric", "threshold", "view", "matrix")
_URL_ONLY = (_PART_URL, _URL, "cell")
_KEPT = "compare_kept"
_PART = "compare_part"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader wants to see.

    Attributes
    ----------
    metric, threshold
        As shown, keys of `METRICS` and `THRESHOLDS`.
    part
        The chosen part of the test set; None for all of it.
    """

    data_version: str
    test_set: str
    metric: str
    threshold: str
    method: CalibratorName
    part: Stratum | None = None

    @property
    def score(self) -> ScoreName:
        """The metric, as `ecgcore.stats.metrics` names it."""
        return METRICS[self.metric]

    @property
    def wished(self) -> float | None:
        """Sensitivity wished on fold 9; None for the threshold 0.5."""
        return THRESHOLDS[self.threshold]

    @property
    def synthetic(self) -> bool:
        """True when no patient stands behind the records."""
        return self.data_version == synthetic_version()

    @property
    def metric_title(self) -> str:
        """The metric with what it depends on, such as "Brier score (Platt)"."""
        probabilities = CALIBRATORS[self.method] if self.method != "raw" else "raw probabilities"
        if self.score in ("sensitivity", "specificity"):
            where = "0.5" if self.wished is None else f"for {self.threshold} in fold 9"
            return f"{self.metric} at the threshold {where} ({probabilities})"
        if self.score in ("auroc", "auprc"):
            return self.metric
        return f"{self.metric} ({probabilities})"


def keep_choices() -> None:
    """Remember the choices before Compare is left for a case."""
    st.session_state[_KEPT] = {
        name: st.query_params.get_all(name) for name in (*_BOUND, *_URL_ONLY)
    }


def restore_choices() -> None:
    """Put kept choices back on the return from a case.

    The browser's Back button leads to an entry without query parameters, which Streamlit adds when
    it switches pages. A link with choices of its own wins.
    """
    kept = st.session_state.pop(_KEPT, None)
    if not kept or any(name in st.query_params for name in kept):
        return
    for name, values in kept.items():
        if values and name in _BOUND:
            st.session_state[name] = values[0]
        elif values:
            st.query_params[name] = values
    st.rerun()


def warn_of_stale_values(views: Sequence[str]) -> None:
    """Name each value in the URL that is no choice; the page goes on with its default."""
    known = {
        "architecture": architectures(),
        "test_set": list(TEST_SETS),
        "metric": list(METRICS),
        "threshold": list(THRESHOLDS),
        "view": views,
    }
    for name, options in known.items():
        for value in st.query_params.get_all(name):
            if value not in options:
                st.warning(
                    plain(
                        f"{name.replace('_', ' ')} {value[:40]!r} in the address is not known; "
                        f"choose {', '.join(options)}."
                    ),
                    icon=":material/warning:",
                )


def architectures() -> list[str]:
    """Return the choices of architecture: our two together first, the study's own last."""
    rebuilt = [REBUILT] if study_groups(REBUILT) else []
    return [BOTH, *(ARCH_NAMES[arch] for arch in MAIN_ARCHS), *rebuilt]


def choose_architecture() -> str:
    """Let the reader choose one architecture or both of ours."""
    return st.segmented_control(
        "Architecture",
        architectures(),
        default=BOTH,
        required=True,
        key="architecture",
        bind="query-params",
        label_visibility="collapsed",
    )


def choose_data() -> str:
    """Let the reader choose the data set: the shipped one or the one that is open."""
    versions = labelled.data_versions(caches.recordings())
    return st.radio("Data set", versions, key="data_set", bind="query-params")


def choose_test_set(data_version: str) -> str:
    """Let the reader choose a test set, named with its size."""
    counts = caches.test_counts(data_version)
    return st.radio(
        "Test set",
        list(TEST_SETS),
        captions=[size_words(name, counts) for name in TEST_SETS],
        horizontal=True,
        key="test_set",
        bind="query-params",
        help="Each holds the same normal records. Certain: MI with a likelihood of 100 %. "
        "Uncertain: MI stated with 15 to 80 %. All: both.",
    )


def size_words(test_set: str, counts: dict[str, int]) -> str:
    """Say how large a test set is, such as "n = 971, 268 MI"."""
    n = sum(counts.get(group, 0) for group in TEST_SETS[test_set])
    return f"n = {n:,}, {n - counts.get('pure_normal', 0):,} MI"


def choose_metric() -> str:
    """Let the reader choose the metric."""
    return st.selectbox(
        "Metric", list(METRICS), key="metric", bind="query-params", help=_METRIC_HELP
    )


def choose_threshold() -> str:
    """Let the reader choose from which probability on MI is called."""
    return st.selectbox(
        "Threshold", list(THRESHOLDS), key="threshold", bind="query-params", help=_THRESHOLD_HELP
    )


def stale_part(data_version: str, test_set: str) -> str:
    """Take a part that the test set has not out of the URL, and say so; "" where it is fine."""
    asked = st.query_params.get(_PART_URL, "")
    parts = cache.strata(data_version, test_set)
    if not asked or asked in [part.name for part in parts]:
        return ""
    del st.query_params[_PART_URL]
    if not parts:
        return f"The part {asked[:40]!r} of this link cannot be shown. {NO_TABLES}"
    return (
        f"The test set {test_set} has no part {asked[:40]!r}, or too few records in it (at least "
        "10 MI and 10 normal are needed); all of it is shown."
    )


def choose_part(data_version: str, test_set: str) -> Stratum | None:
    """Let the reader choose a part of the test set; None for all of it.

    Its name, not its long label, lives in the URL.
    """
    parts = {part.name: part for part in cache.strata(data_version, test_set)}
    whole = "all of it" if parts else "all of it (parts: run data fetch)"
    st.session_state[_PART] = st.query_params.get(_PART_URL, "")
    chosen = st.selectbox(
        "Part of it",
        ["", *parts],
        format_func=lambda name: part_label(parts[name]) if name else whole,
        key=_PART,
        on_change=_write_part,
        disabled=not parts,
        help=_PART_HELP if parts else NO_TABLES,
    )
    return parts.get(chosen)


def part_label(part: Stratum) -> str:
    """Name a part with its kind and size."""
    return f"{KIND_NAMES[part.kind]}: {part.title}"


def _write_part() -> None:
    if name := st.session_state[_PART]:
        st.query_params[_PART_URL] = name
    else:
        st.query_params.pop(_PART_URL, None)


def study_groups(architecture: str) -> list[Ensemble]:
    """Return the shipped groups of the chosen architecture, in the order of the study."""
    both = [ARCH_NAMES[arch] for arch in MAIN_ARCHS]
    wanted = both if architecture == BOTH else [architecture]
    return [
        group
        for group in caches.groups()
        if group.shipped and ARCH_NAMES.get(group.arch) in wanted and group.train_set in STUDY_SETS
    ]


def other_groups(data_version: str) -> list[Ensemble]:
    """Return what stands beside the study: own runs on this data set, other shipped groups."""
    main = {group.name for group in study_groups(BOTH)}
    return [
        group
        for group in caches.groups()
        if group.name not in main
        and (group.shipped or group.members[0].card.data_version == data_version)
    ]


def choose_others(offered: Sequence[Ensemble]) -> list[Ensemble]:
    """Let the reader add own runs and further groups; their names live in the URL."""
    labels = {group.name: group.label for group in offered}
    asked = st.query_params.get_all(_URL)
    names = st.multiselect(
        "Own runs and other networks beside them",
        list(labels),
        [name for name in labels if name in asked],
        format_func=labels.__getitem__,
        key=_KEY,
        on_change=_write_url,
        placeholder="none chosen" if labels else "there are none",
        disabled=not labels,
        help="Own runs are offered on the data set that they were trained on.",
    )
    return [ensemble_by_name(offered, name) for name in labels if name in names]


def unknown_others(offered: Iterable[Ensemble]) -> list[str]:
    """Give a message for each network in the URL that is not offered."""
    known = {group.name for group in offered}
    return [
        f"There is no network {name[:60]!r} to set beside the study on this data set. An own run "
        "is shown on the data set that it was trained on."
        for name in st.query_params.get_all(_URL)
        if name not in known
    ]


def _write_url() -> None:
    chosen = st.session_state[_KEY]
    if chosen:
        st.query_params[_URL] = chosen
    else:
        st.query_params.pop(_URL, None)
