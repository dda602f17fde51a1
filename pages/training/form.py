"""The form of the Retrain page: what to train, how much data that is and how long it takes."""

import streamlit as st

from ecgcore.jobs.store import Job
from ecgcore.models.architectures import arch_title, architecture
from ecgcore.tasks import mi as mi_task
from ecgcore.tasks.mi import TRAIN_SETS
from ecgcore.training.spec import TrainSpec
from ecgcore.training.submit import N_JUDGES, expected_seconds, offered_archs, submit
from ecgcore.wording.numbers import counted, rough_duration
from pages.shared import caches

_READING_S = 20
_SLOWEST = 3
"""How many times longer a core without bfloat16 takes."""


def new_run_form() -> Job | None:
    """Draw the form; return the job that its button queued, if it was pressed."""
    st.subheader("New run", anchor=False)
    spec = _choose_spec()
    missing = missing_words(spec.train_set)
    if missing:
        st.warning(missing, icon=":material/download:")
    st.caption(time_words(spec))
    if st.button(
        "Start training", type="primary", icon=":material/play_arrow:", disabled=bool(missing)
    ):
        return submit(spec, caches.settings().runs_dir, caches.job_store())
    return None


def set_caption(train_set: str, seed: int) -> str:
    """Say what a training set of the open data holds, such as "1,194 MI, 4,451 normal"."""
    frame = caches.catalog().frame
    ids = mi_task.training_ids(frame, train_set, seed)
    n_mi = int(mi_task.labels(frame, ids).sum())
    return f"{n_mi:,} MI, {len(ids) - n_mi:,} normal"


def time_words(spec: TrainSpec) -> str:
    """Say before the start how long a training may take."""
    frame = caches.catalog().frame
    n_records = len(mi_task.training_ids(frame, spec.train_set, spec.seed))
    expected = expected_seconds(spec.arch, n_records, spec.epochs) + _READING_S
    return (
        f"About {rough_duration(expected, _SLOWEST * expected)}, less if validation stops "
        f"improving for {counted(spec.patience, 'epoch')}. Runs queue one after another and "
        "continue if you close the page."
    )


def missing_words(train_set: str) -> str:
    """Say what to download before this training set can be used; empty if nothing is missing."""
    n_missing = caches.n_missing(train_set)
    if not n_missing:
        return ""
    return (
        f"This training needs recordings that are not on this disk ({n_missing:,}). Get them with "
        "`python3.11 -m ecgcore data fetch --set study` in the project's folder."
    )


def _choose_spec() -> TrainSpec:
    arch = st.selectbox(
        "Architecture",
        list(offered_archs()),
        format_func=arch_title,
        key="retrain_arch",
        persist_state="session",
    )
    seed_column, epochs_column = st.columns(2)
    seed = seed_column.number_input(
        "Seed",
        min_value=0,
        max_value=2**31 - 1,
        key="retrain_seed",
        persist_state="session",
        help="The same seed on the same data gives the same model.",
    )
    epochs = epochs_column.number_input(
        "Epochs at most",
        min_value=1,
        max_value=200,
        value=16,
        key="retrain_epochs",
        persist_state="session",
    )
    train_set = st.radio(
        "Training set",
        list(TRAIN_SETS),
        format_func=lambda name: f"**{name}**: {TRAIN_SETS[name]}",
        captions=[set_caption(name, seed) for name in TRAIN_SETS],
        key="retrain_set",
        persist_state="session",
    )
    prune = st.toggle(
        "Leave out doubtful MI records",
        disabled=train_set == "A",
        key="retrain_prune",
        persist_state="session",
        help=f"Confident learning: {N_JUDGES} models, each trained without the records that it "
        "judges, look at every MI record first. Those that they take for normal as surely as they "
        "do a normal record are left out of the training; the test sets stay whole.",
    )
    return TrainSpec(
        arch,
        train_set,
        int(seed),
        str(caches.catalog().folder.resolve()),
        **{**architecture(arch).recipe, "epochs": int(epochs)},
        label_noise="prune" if prune and train_set != "A" else "keep",
    )
