"""What label certainty does to a model: A, C, D and D-mix on any test set."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.predictions.ensemble import Ensemble
from ecgcore.tasks import mi
from pages.compare import choice as choices
from pages.compare import overview as parts
from pages.compare import report
from pages.compare.calibrators import draw_calibrators
from pages.compare.claims import draw_claims
from pages.compare.confusion import draw_confusion
from pages.compare.numbers import Field, field
from pages.compare.outside import draw_outside
from pages.compare.pairs import draw_pairs
from pages.compare.shortcuts import draw_shortcuts
from pages.compare.summary import among, answer, scope_words
from pages.compare.tasks.page_part import draw_task
from pages.shared import evaluation_choice as shared
from pages.shared import plots
from pages.shared.classes.choice import choose_task, current_task
from pages.shared.decision_choice import chosen_settings
from pages.shared.widgets import is_dark

if TYPE_CHECKING:
    from streamlit.elements.lib.mutable_popover_container import PopoverContainer

DRAWN = (
    *(draw_pairs, draw_calibrators, draw_claims, draw_confusion, draw_shortcuts),
    draw_outside,
)
TITLE = "What does label certainty do?"
WITHOUT_CERTAINTY = "How do the networks compare?"  # where labels have no likelihood
ANSWER_PX, HOLDS_PX = 124, 128


def draw_choices() -> tuple[choices.Choice, list[Ensemble], "PopoverContainer"]:
    """Draw title and choices; return them with the ensembles to show and the report's menu."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="left"):
        st.title(TITLE, anchor=False, width="content")
        architecture = choices.choose_architecture()
        more = st.popover("Task, data", icon=":material/tune:")
        menu = plots.report_menu()
    with more:
        choose_task()
        data_version = shared.choose_data()
        labels = choices.choose_labels(data_version)
    notes = st.container()
    tests, part, metric = st.columns([0.5, 0.3, 0.2], gap="small")
    with tests:
        test_set = shared.choose_test_set(data_version)
    with notes:
        choices.drop_stale_subgroup(data_version, test_set)
    with part:
        subgroup = choices.choose_subgroup(data_version, test_set)
    with metric:
        score = choices.choose_metric()
    offered = choices.other_ensembles(data_version)
    with more:
        label = "Local runs and other networks beside them"
        others = shared.choose_ensembles(
            label, offered, [], param=choices.EXTRA, key="compare_extra"
        )
    shared.warn_of_unknown_ensembles(choices.EXTRA, offered)
    settings = chosen_settings()
    choice = choices.Choice(
        data_version=data_version,
        test_set=test_set,
        method=settings.calibrator,
        score=score,
        target=settings.sensitivity,
        part=subgroup,
        labels=labels,
    )
    if labels:
        notes.info(choices.labels_words(choice), icon=":material/gavel:")
    study = choices.study_ensembles(architecture)
    return choice, [*study, *(one for one in others if one not in study)], menu


def draw_first_screen(shown: Field, choice: choices.Choice) -> list[tuple[str, Field]]:
    """Draw the answer in words, the seeds, the ranking and what holds; return what was ranked."""
    said = st.skeleton(height=ANSWER_PX)
    left, right = st.columns([0.53, 0.47], gap="small")
    seeds = left.skeleton(height=parts.FIGURE_PX)
    ranking = right.skeleton(height=parts.FIGURE_PX)
    holds = st.skeleton(height=HOLDS_PX)
    with said.container():
        pairs = shown.comparisons()
        study = [one for one in shown.ensembles if one.shipped]
        st.markdown(answer(choice, study, among(study, pairs), shown.n, shown.n_mi))
        st.caption(scope_words(choice, len(pairs)))
    with seeds.container():
        plots.draw(parts.seeds_drawing(shown, choice, dark=is_dark()), "compare_seeds")
    with ranking.container():
        ranked = parts.ranked_fields(shown.ensembles, choice)
        plots.draw(parts.ranking_drawing(ranked, choice, dark=is_dark()), "compare_ranking")
    with holds.container():
        st.markdown(parts.ranking_words(ranked, choice))
    parts.draw_rank_numbers(ranked, choice)
    return ranked


choices.STATE.open()
task = current_task()
if task.name != mi.NAME:
    st.title(TITLE if task.has_certainty else WITHOUT_CERTAINTY, anchor=False)
    draw_task(task)
    st.stop()
choice, ensembles, menu = draw_choices()
shared.mark_synthetic(choice)
shown, problems = field(ensembles, choice)
shared.draw_problems(problems)
if not shown.members:
    shared.stop_without_ensemble("train one.")
ranked = draw_first_screen(shown, choice)
view = st.segmented_control(
    "Look closer",
    choices.VIEWS,
    default="Pairs",
    required=True,
    key="view",
    bind="query-params",
    label_visibility="collapsed",
)
DRAWN[choices.VIEWS.index(view)](shown, choice)
plots.offer(
    menu,
    "compare",
    TITLE,
    choice,
    partial(report.settings, shown, choice),
    partial(report.sections, shown, ranked, choice),
    report.command(choice),
)
