"""Train a model in the background and watch it."""

from functools import partial

import streamlit as st

from ecgcore.errors import JobError
from ecgcore.figures.training_curves import history_figure
from ecgcore.jobs.store import Job, JobStatus
from ecgcore.models.cards import ModelEntry
from ecgcore.tasks import mi
from ecgcore.training.submit import JOB_KIND, RunView, read_run
from ecgcore.wording.jobs import STATUSES
from pages.shared import caches
from pages.shared.errors import plain, show_ecg_error
from pages.shared.widgets import is_dark, synthetic_badge
from pages.training import runs as parts
from pages.training.form import new_run_form


def draw_progress(job_id: int, known: dict[int, JobStatus]) -> None:
    """Draw how far a run is; the whole page runs again once the status of any run changes."""
    if {job.id: job.status for job in store.list(JOB_KIND)} != known:
        st.rerun()
    job = store.get(job_id)
    view = read_run(job.run_dir)
    if job.status in parts.ACTIVE:
        share, words = parts.progress_words(job, view)
        st.progress(min(share, 1.0), text=words)
        if stalled := parts.stalled_words(job, view):
            st.warning(stalled, icon=":material/hourglass_disabled:")
    st.plotly_chart(
        history_figure(view.history, view.epochs, score=parts.score_of(view), dark=is_dark()),
        theme=None,
        key="retrain_curves",
        config={"displayModeBar": False},
        alt=parts.curves_alt(view),
    )


def draw_actions(job: Job, view: RunView) -> None:
    """Draw what can be done with a run: cancel or resume it, or use its model."""
    if job.status in parts.ACTIVE:
        if st.button("Cancel", icon=":material/stop:", disabled=job.cancel_requested):
            store.request_cancel(job.id)
            st.rerun()
    elif job.status in parts.RESUMABLE:
        if job.status == JobStatus.FAILED:
            st.error(plain(job.message), icon=":material/error:")
        st.caption(parts.stopped_words(view))
        if st.button("Resume", icon=":material/play_arrow:"):
            store.resume(job.id)
            st.rerun()
    else:
        draw_result(job)


def draw_result(job: Job) -> None:
    """Draw what a finished model reaches, and the ways to use it."""
    entry = parts.model_of(job)
    if entry is None:
        st.warning(f"The model is no longer in {job.run_dir}.", icon=":material/warning:")
        return
    synthetic_badge(entry.card.synthetic)
    st.markdown(parts.card_words(entry))
    st.table(parts.result_table(entry), hide_index=True, border="horizontal")
    if entry.key.task == mi.NAME:
        draw_links(entry)


def draw_links(entry: ModelEntry) -> None:
    """Draw the ways to the pages about MI."""
    with st.container(horizontal=True):
        st.page_link(
            "review/page.py",
            label="See its prediction for an ambiguous recording",
            icon=":material/ecg_heart:",
            query_params=parts.review_query(entry),
        )
        st.page_link(
            "reliability/page.py",
            label="See its reliability beside the shipped models",
            icon=":material/analytics:",
            query_params=parts.reliability_query(entry),
        )


def draw_run(jobs: tuple[Job, ...]) -> None:
    """Draw the chosen run: its state, what can be done with it, its curves."""
    try:
        job = parts.chosen_job(jobs)
    except JobError as error:
        show_ecg_error(error)
        return
    if job is None:
        st.info("No run yet. Choose what to train and start.", icon=":material/info:")
        return
    parts.show_job(job)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(f"Run {job.id}: {job.title}", anchor=False, width="content")
        st.badge(STATUSES[job.status], color=parts.COLORS[job.status])
    draw_actions(job, read_run(job.run_dir))
    known = {other.id: other.status for other in jobs}
    active = any(status in parts.ACTIVE for status in known.values())
    st.fragment(draw_progress, run_every="1s" if active else None)(job.id, known)


def draw_runs(jobs: tuple[Job, ...]) -> None:
    """Draw the list of all runs; a click shows one."""
    st.header("All runs", anchor=False)
    key, ids = f"retrain_runs_{len(jobs)}", [job.id for job in jobs]
    shown = st.query_params.get("job", "")
    st.dataframe(
        parts.runs_table(jobs),
        key=key,
        hide_index=True,
        on_select=partial(parts.show_picked, key, ids),
        selection_mode="single-row",
        selection_default={
            "selection": {"rows": [row for row, one in enumerate(ids) if str(one) == shown]}
        },
        column_config={
            "Run": st.column_config.NumberColumn(width=60),
            "Queued": st.column_config.DatetimeColumn(
                format="D MMM YYYY, HH:mm", timezone=st.context.timezone
            ),
        },
        alt=f"{len(jobs)} training runs with their status and result",
    )


store = caches.job_store()
st.title("Retrain", anchor=False)
if caches.catalog().synthetic:
    st.warning(parts.SYNTHETIC_WORDS, icon=":material/science:")
form, run = st.columns([0.3, 0.7], gap="large")
with form:
    if (started := new_run_form()) is not None:
        parts.show_job(started)
jobs = store.list(JOB_KIND)
with run:
    draw_run(jobs)
if jobs:
    draw_runs(jobs)
