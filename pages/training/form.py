"""The form of the Retrain page: what to train, how much data that is and how long it takes."""

import numpy as np
import streamlit as st

from ecgcore.jobs.store import Job
from ecgcore.models.architectures import arch_title, architecture
from ecgcore.ptbxl.label_groups import CONSENSUS
from ecgcore.tasks import mi
from ecgcore.tasks.registry import TASKS, task_named
from ecgcore.tasks.task import Task, TrainSet
from ecgcore.training.spec import TrainSpec
from ecgcore.training.submit import N_JUDGES, expected_seconds, offered_archs, submit
from ecgcore.wording.numbers import counted, rough_duration
from pages.shared import caches, url_state
from pages.shared.consensus.caches import consensus

_TASK, _READING_S = "retrain_task", 40
_SLOWEST = 3
"""How many times longer a core without bfloat16 takes."""


def new_run_form() -> Job | None:
    """Draw the form; return the job that its button queued, if it was pressed."""
    st.header("New run", anchor=False)
    start = st.container()  # above the choices, so that the button is in sight on a small screen
    spec = _choose_spec()
    missing = missing_words(spec.train_set, spec.task)
    with start:
        if missing:
            st.warning(missing, icon=":material/download:")
        label, icon = "Start training", ":material/play_arrow:"
        pressed = st.button(label, icon=icon, disabled=bool(missing), width="stretch")
        st.caption(time_words(spec))
    if not pressed:
        return None
    agreed = consensus() if spec.consensus else None
    return submit(spec, caches.settings().runs_dir, caches.job_store(), agreed)


def set_caption(task: Task, train_set: TrainSet, seed: int) -> str:
    """Say what a training set of the open data holds, such as "1,194 MI, 4,451 normal"."""
    catalog = caches.catalog()
    if train_set.name != mi.AGREED:
        return task.counts(task.label_rule(catalog, train_set.choose(catalog, "train", seed)))
    agreed = consensus()
    catalog = agreed.beside(catalog)
    ids = train_set.choose(catalog, "train", seed)
    labels = task.targets(catalog, ids, mi.AGREED).astype(np.int64)
    n = int((catalog.frame.loc[ids, CONSENSUS] != "").sum())
    return f"{task.counts(labels)}; {n:,} by consensus {agreed.fingerprint[:8]}"


def offered_sets(task: Task) -> list[str]:
    """Return the names of the training sets; that of the consensus only where there is one."""
    return [name for name in task.train_set_names if name != mi.AGREED or consensus().verdicts]


def time_words(spec: TrainSpec) -> str:
    """Say before the start how long a training may take."""
    n_records = len(spec.chosen_set.choose(caches.catalog(), "train", spec.seed))
    expected = expected_seconds(spec.arch, n_records, spec.epochs) + _READING_S
    return (
        f"About {rough_duration(expected, _SLOWEST * expected)}, less if validation stops "
        f"improving for {counted(spec.patience, 'epoch')}. Runs queue one after another and "
        "continue if you close the page."
    )


def missing_words(train_set: str, task: str = mi.NAME) -> str:
    """Say what to download before this training set can be used; empty if nothing is missing."""
    n_missing = caches.n_missing(train_set, task)
    if not n_missing:
        return ""
    return (
        f"This training needs recordings that are not on this disk ({n_missing:,}). Get them with "
        "`python3.11 -m ecgcore data fetch --set study` in the project's folder."
    )


def _choose_task() -> Task:
    """Draw the choice of a task; its title lives in the URL, as on Compare."""
    titles = {one.title: name for name, one in TASKS.items()}
    url_state.warn_of_unknown("task", titles)
    asked = titles.get(st.query_params.get("task", ""))
    if asked is not None:
        st.session_state[_TASK] = asked
    name = st.selectbox(
        "Task",
        list(TASKS),
        format_func=lambda name: TASKS[name].title,
        key=_TASK,
        on_change=lambda: url_state.write("task", [TASKS[st.session_state[_TASK]].title]),
        persist_state="session",
    )
    return task_named(name)


def _choose_spec() -> TrainSpec:
    task = _choose_task()
    arch = st.selectbox(
        "Architecture",
        list(offered_archs(task.name)),
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
    train_set = task.train_set(
        st.radio(
            "Training set",
            offered_sets(task),
            format_func=lambda name: f"**{name}**: {task.train_set(name).words}",
            captions=[
                set_caption(task, task.train_set(name), int(seed)) for name in offered_sets(task)
            ],
            key=f"retrain_set_{task.name}",
            persist_state="session",
        )
    )
    prune = task.can_prune and _choose_prune(train_set)
    return TrainSpec(
        arch,
        train_set.name,
        int(seed),
        str(caches.catalog().folder.resolve()),
        **{**architecture(arch).recipe, **task.recipe, "epochs": int(epochs)},
        label_noise="prune" if prune else "keep",
        task=task.name,
        consensus=consensus().fingerprint if train_set.name == mi.AGREED else "",
    )


def _choose_prune(train_set: TrainSet) -> bool:
    wanted = st.toggle(
        "Leave out doubtful MI records",
        disabled=train_set.certain,
        key="retrain_prune",
        persist_state="session",
        help=f"Confident learning: {N_JUDGES} models, each trained without the records that it "
        "judges, look at every MI record first. MI records that look as normal to them as normal "
        "records do are left out of the training. The test sets stay whole.",
    )
    return wanted and not train_set.certain
