"""How far the models' probabilities can be trusted, on each test set."""

import streamlit as st

from ecgcore.predictions.ensemble import Ensemble
from pages.reliability import bins, calibrators, decisions
from pages.reliability import choice as choices
from pages.reliability import metrics as tables
from pages.reliability import numbers as views
from pages.reliability import overview as parts
from pages.shared.calibrator_choice import chosen_method
from pages.shared.errors import ecg_errors_shown, plain

SECTIONS = (
    "Bins and cases",
    "Number of bins",
    "Recalibration",
    "Who it fails",
    "Decisions",
    "Metrics",
    "Published",
)


def draw_choices() -> tuple[choices.Choice, list[Ensemble]]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title("Reliability", anchor=False)
        curve, number = st.container(width=190), st.container(width=120)
        details = st.popover("Intervals and models", icon=":material/tune:")
    with curve:
        binning = choices.choose_curve()
    with number:
        n_bins = choices.choose_bins(disabled=binning == choices.CORP)
    data, tests = st.columns([0.16, 0.84], gap="medium")
    with data:
        data_version = choices.choose_data()
    with tests:
        test_set = choices.choose_test_set(data_version)
    with details:
        band = choices.choose_band()
        fitting = choices.fitting_groups(data_version)
        chosen = choices.choose_groups(fitting)
    for message in choices.unknown_models(fitting):
        st.warning(plain(message), icon=":material/warning:")
    method = chosen_method()
    return choices.Choice(data_version, test_set, n_bins, binning, band, method), chosen


def draw_grid(assessments: list[views.Assessment], choice: choices.Choice) -> None:
    names = views.train_sets(assessments)
    width = max(3, len(names))
    for column, name in zip(st.columns(width), names, strict=False):
        column.markdown(parts.column_title(name))
    for row in views.grid(assessments):
        for column, one in zip(st.columns(width), row, strict=False):
            if one is not None:
                with column, st.container(gap=None):
                    draw_cell(one, choice)


def draw_cell(one: views.Assessment, choice: choices.Choice) -> None:
    if one.view is None:
        st.markdown(f"**{one.group.label}**  \nno diagram: see the message above")
    else:
        parts.draw_cell(one.view, choice)


def draw_section(name: str, focus: views.View, shown: list[views.View]) -> None:
    if name == "Bins and cases":
        bins.draw_bins(focus, choice)
    elif name == "Number of bins":
        bins.draw_binning(shown, choice)
    elif name == "Recalibration":
        calibrators.draw_recalibration(focus, choice)
    elif name == "Who it fails":
        calibrators.draw_strata(focus, choice)
    elif name == "Decisions":
        decisions.draw_decisions(shown, focus, choice)
    elif name == "Metrics":
        tables.draw_metrics(shown, choice)
    else:
        tables.draw_published(len(shown[0].labels), choice)


choice, chosen = draw_choices()
if choice.synthetic:
    st.warning(parts.SYNTHETIC_WORDS, icon=":material/science:")
assessments = views.assess(chosen, choice)
for message, labels in views.problems(assessments).items():
    st.error(f"**{', '.join(labels)}**: {message}", icon=":material/error:")
shown = [one.view for one in assessments if one.view is not None]
if not shown:
    st.info(
        "No model to show: choose one under “Intervals and models”, or train one.",
        icon=":material/info:",
    )
    st.page_link("training/page.py", label="Train a model", icon=":material/model_training:")
    st.stop()
st.markdown(parts.answer(shown, choice))
with st.container(gap="xsmall"):
    draw_grid(assessments, choice)
st.caption(parts.reading(shown, choice))
tables.draw_numbers(parts.curves_table(shown, choice), tables.CURVE_LABELS, "reliability", choice)
with st.columns([0.3, 0.7])[0]:
    group = choices.choose_focus([view.group for view in shown])
focus = next(view for view in shown if view.group is group)
opened = st.tabs(SECTIONS, key="section", bind="query-params", on_change="rerun")
for name, tab in zip(SECTIONS, opened, strict=True):
    if tab.open:
        with tab, ecg_errors_shown():
            draw_section(name, focus, shown)
