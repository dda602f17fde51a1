"""How far the models' probabilities can be trusted, on each test set."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.predictions.ensemble import Ensemble, study_names
from ecgcore.predictions.evaluated import Evaluated
from ecgcore.tasks import mi
from pages.reliability import bins, calibrators, decisions, report
from pages.reliability import choice as choices
from pages.reliability import metrics as tables
from pages.reliability import numbers as views
from pages.reliability import overview as parts
from pages.reliability.task_view import draw_task
from pages.shared import evaluation_caches as cache
from pages.shared import evaluation_choice as shared
from pages.shared import plots
from pages.shared.classes.choice import choose_task, current_task
from pages.shared.decision_choice import chosen_calibrator
from pages.shared.errors import ecg_errors_shown

if TYPE_CHECKING:
    from streamlit.elements.lib.mutable_popover_container import PopoverContainer


def draw_choices() -> tuple[choices.Choice, list[Ensemble], "PopoverContainer"]:
    """Draw title and choices; return them with the ensembles to show and the report's menu."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title("Reliability", anchor=False)
        curve, number = st.container(width=190), st.container(width=120)
        details = st.popover("Intervals and ensembles", icon=":material/tune:")
        menu = plots.report_menu()
    with curve:
        binning = choices.choose_curve()
    with number:
        n_bins = choices.choose_bins(disabled=binning == choices.CORP)
    data, tests = st.columns([0.16, 0.84], gap="medium")
    with data:
        data_version = shared.choose_data()
    with tests:
        test_set = shared.choose_test_set(data_version)
    with details:
        choose_task()
        band = choices.choose_band()
        offered = shared.fitting_ensembles(data_version)
        chosen = shared.choose_ensembles(
            "Ensembles",
            offered,
            study_names(offered),
            param=choices.MODELS,
            key="reliability_models",
        )
    shared.warn_of_unknown_ensembles(choices.MODELS, offered)
    choice = choices.Choice(
        data_version=data_version,
        test_set=test_set,
        method=chosen_calibrator(),
        n_bins=n_bins,
        binning=binning,
        band=band,
    )
    return choice, chosen, menu


def draw_grid(chosen: list[Ensemble], shown: list[Evaluated], choice: choices.Choice) -> None:
    """Draw a reliability diagram for each chosen ensemble, a column for each training set."""
    found = {one.ensemble: one for one in shown}
    names = views.train_sets(chosen)
    width = max(3, len(names))
    for column, name in zip(st.columns(width), names, strict=False):
        column.markdown(parts.column_title(name))
    for row in views.grid(chosen):
        for column, one in zip(st.columns(width), row, strict=False):
            if one is not None:
                with column, st.container(gap=None):
                    draw_cell(one, found.get(one), choice)


def draw_cell(ensemble: Ensemble, one: Evaluated | None, choice: choices.Choice) -> None:
    """Draw one ensemble's diagram, or why there is none."""
    if one is None:
        st.markdown(f"**{ensemble.label}**  \nno diagram: see the message above")
    else:
        parts.draw_cell(one, choice)


def draw_section(name: str, focus: Evaluated, shown: list[Evaluated]) -> None:
    """Draw a section about one ensemble, or about all that are shown."""
    of_one = {
        "Bins and cases": bins.draw_bins,
        "Calibrators": calibrators.draw_calibrators,
        "Who it fails": calibrators.draw_strata,
    }
    of_all = {
        "Number of bins": bins.draw_binning,
        "Metrics": tables.draw_metrics,
        "Published": tables.draw_published,
    }
    if name in of_one:
        of_one[name](focus, choice)
    elif name in of_all:
        of_all[name](shown, choice)
    else:
        decisions.draw_decisions(shown, focus, choice)


choices.STATE.open()
task = current_task()
if task.name != mi.NAME:
    st.title("Reliability", anchor=False)
    draw_task(task, "equal width", 10)
    st.stop()
choice, chosen, menu = draw_choices()
shared.mark_synthetic(choice)
shown, problems = cache.evaluate_each(chosen, choice)
shared.draw_problems(problems)
if not shown:
    shared.stop_without_ensemble("choose one under “Intervals and ensembles”, or train one.")
st.markdown(parts.answer(shown, choice))
with st.container(gap="xsmall"):
    draw_grid(chosen, shown, choice)
st.caption(f"{parts.reading(shown, choice)} Click a dot or a bar to see its ECGs.")
plots.draw_numbers(parts.curves_table(shown, choice), parts.CURVE_LABELS, "reliability", choice)
with st.columns([0.3, 0.7])[0]:
    ensemble = shared.choose_one(
        "Ensemble to look closer at", [one.ensemble for one in shown], key=choices.FOCUS
    )
focus = next(one for one in shown if one.ensemble is ensemble)
opened = st.tabs(choices.SECTIONS, key="section", bind="query-params", on_change="rerun")
for name, tab in zip(choices.SECTIONS, opened, strict=True):
    if tab.open:
        with tab, ecg_errors_shown():
            draw_section(name, focus, shown)
bins.open_clicked(focus, choice)
plots.offer(
    menu,
    "reliability",
    "Reliability",
    choice,
    partial(report.settings, shown, focus, choice),
    partial(report.sections, shown, focus, choice),
    report.COMMAND,
)
