"""What label certainty does to a model: A, C, D and D-mix on any test set."""

import streamlit as st

from ecgcore.predictions.ensemble import Ensemble
from pages.compare import choice as choices
from pages.compare import overview as parts
from pages.compare.calibrators import draw_recalibration
from pages.compare.claims import draw_claims
from pages.compare.confusion import draw_confusion
from pages.compare.numbers import Field, Question, field
from pages.compare.pairs import draw_pairs
from pages.compare.shortcuts import draw_shortcuts
from pages.compare.summary import answer, scope_words
from pages.shared.calibrator_choice import chosen_method
from pages.shared.errors import plain

VIEWS = {
    "Pairs": draw_pairs,
    "Raw and recalibrated": draw_recalibration,
    "Published claims": draw_claims,
    "Confusion matrix": draw_confusion,
    "Shortcuts": draw_shortcuts,
}
ANSWER_PX, HOLDS_PX = 124, 128


def draw_choices() -> tuple[choices.Choice, list[Ensemble]]:
    choices.warn_of_stale_values(list(VIEWS))
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="left"):
        st.title("What does label certainty do?", anchor=False, width="content")
        architecture = choices.choose_architecture()
        more = st.popover("Data and own runs", icon=":material/tune:")
    with more:
        data_version = choices.choose_data()
    notes = st.container()
    tests, part, metric, threshold = st.columns([0.42, 0.26, 0.15, 0.17], gap="small")
    with tests:
        test_set = choices.choose_test_set(data_version)
    if message := choices.stale_part(data_version, test_set):
        notes.warning(plain(message), icon=":material/warning:")
    with part:
        chosen_part = choices.choose_part(data_version, test_set)
    with metric:
        score = choices.choose_metric()
    with threshold:
        wished = choices.choose_threshold()
    with more:
        offered = choices.other_groups(data_version)
        others = choices.choose_others(offered)
    for message in choices.unknown_others(offered):
        st.warning(plain(message), icon=":material/warning:")
    choice = choices.Choice(data_version, test_set, score, wished, chosen_method(), chosen_part)
    study = choices.study_groups(architecture)
    return choice, [*study, *(group for group in others if group not in study)]


def draw_first_screen(shown: Field, choice: choices.Choice) -> None:
    said = st.skeleton(height=ANSWER_PX)
    left, right = st.columns([0.53, 0.47], gap="small")
    seeds = left.skeleton(height=parts.FIGURE_PX)
    ranking = right.skeleton(height=parts.FIGURE_PX)
    holds = st.skeleton(height=HOLDS_PX)
    with said.container():
        study = shown.only(group for group in shown.groups if group.shipped)
        st.markdown(answer(choice, study.groups, study.comparisons(), shown.n, shown.n_mi))
        st.caption(scope_words(choice))
    with seeds.container():
        parts.draw_seeds(shown, choice)
    with ranking.container():
        ranked = parts.ranked_fields(shown.groups, choice)
        parts.draw_ranking(ranked, choice)
    with holds.container():
        st.markdown(parts.ranking_words(ranked, choice))
    parts.draw_rank_numbers(ranked, choice)


def draw_problems(problems: dict[str, list[str]]) -> None:
    for message, labels in problems.items():
        st.error(plain(f"{', '.join(labels)}: {message}"), icon=":material/error:")


choices.restore_choices()
choice, groups = draw_choices()
if choice.synthetic:
    st.warning(
        "SYNTHETIC recordings: no patient stands behind them. The figures show how the page works "
        "and say nothing about patients.",
        icon=":material/science:",
    )
shown, problems = field(groups, Question.of(choice))
draw_problems(problems)
if not shown.groups:
    st.info("No network to show: train one.", icon=":material/info:")
    st.page_link("training/page.py", label="Train a model", icon=":material/model_training:")
    st.stop()
draw_first_screen(shown, choice)
view = st.segmented_control(
    "Look closer",
    list(VIEWS),
    default="Pairs",
    required=True,
    key="view",
    bind="query-params",
    label_visibility="collapsed",
)
VIEWS[view](shown, choice)
