"""How far the models' probabilities can be trusted, on each test set."""

import streamlit as st

from ecgcore.evaluate.calibration import ReliabilityCurve
from ecgcore.evaluate.published import WHY_OURS_DIFFER
from ecgcore.models.cards import ModelEntry
from ecgcore.ptbxl.catalog import PTBXL_VERSION
from pages._ui import reliability_parts as parts
from pages._ui import resources
from pages._ui.errors import plain

DARK = st.context.theme.type == "dark"
ROW_PX = 50
Drawn = list[tuple[ModelEntry, ReliabilityCurve]]


def draw_choices() -> tuple[parts.Choice, list[ModelEntry]]:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Reliability", anchor=False)
        details = st.popover("Bins and models", icon=":material/tune:")
    data, tests = st.columns([0.16, 0.84], gap="medium")
    with data:
        data_version = parts.choose_data()
    with tests:
        test_set = parts.choose_test_set(data_version)
    with details:
        n_bins, binning = parts.choose_bins()
        fitting = parts.fitting_models(data_version)
        chosen = parts.choose_models(fitting)
    for message in parts.unknown_models(fitting):
        st.warning(plain(message), icon=":material/warning:")
    return parts.Choice(data_version, test_set, n_bins, binning), chosen


def draw_grid(assessments: list[parts.Assessment], choice: parts.Choice) -> None:
    names = parts.train_sets(assessments)
    width = max(3, len(names))
    for column, name in zip(st.columns(width), names, strict=False):
        column.markdown(parts.column_title(name))
    for row in parts.grid(assessments):
        for column, one in zip(st.columns(width), row, strict=False):
            if one is not None:
                with column, st.container(gap=None):
                    draw_cell(one, choice)


def draw_cell(one: parts.Assessment, choice: parts.Choice) -> None:
    if one.curve is None:
        st.markdown(f"**{one.entry.label}**  \nno diagram: see the message above")
        return
    st.markdown(parts.cell_title(one.entry, one.curve))
    st.plotly_chart(
        parts.cell_figure(one.entry, one.curve, dark=DARK),
        theme=None,
        key=f"curve_{one.entry.name}",
        config={"displayModeBar": False},
        alt=parts.cell_alt(one.entry, one.curve, choice),
    )


def draw_published(test_n: int, choice: parts.Choice) -> None:
    st.subheader("Published figures", anchor=False)
    table = parts.published_table(test_n)
    if choice.data_version != PTBXL_VERSION or table.empty:
        st.markdown(
            f"Nothing was published on this test set ({choice.test_set} of {choice.data_version}, "
            f"n = {test_n:,}). Only figures on the same test set can be compared: choose "
            f"{PTBXL_VERSION} and certain or all."
        )
    else:
        st.caption(parts.published_caption(test_n))
        st.table(table, hide_index=True, border="horizontal")
    with st.expander("Why ours and the published figures differ", icon=":material/help:"):
        st.markdown(WHY_OURS_DIFFER)


def draw_numbers(drawn: Drawn, choice: parts.Choice) -> None:
    st.subheader("Numbers behind the diagrams", anchor=False)
    for entry, curve in drawn:
        with st.expander(f"{entry.label}: ECE {curve.ece:.4f}, n = {int(curve.n.sum()):,}"):
            table = parts.bins_table(curve)
            st.dataframe(table, hide_index=True, column_config=parts.bins_config())
            st.download_button(
                "Download as CSV",
                table.to_csv(index=False),
                f"reliability_{entry.name}_{choice.test_set}.csv",
                "text/csv",
                key=f"csv_{entry.name}",
                on_click="ignore",
                icon=":material/download:",
            )


choice, chosen = draw_choices()
if choice.synthetic:
    st.warning(parts.SYNTHETIC_WORDS, icon=":material/science:")
assessments = parts.assess(chosen, choice)
for message, labels in parts.problems(assessments).items():
    st.error(f"**{', '.join(labels)}**: {message}", icon=":material/error:")
drawn = [(one.entry, one.curve) for one in assessments if one.curve is not None]
if not drawn:
    st.info(
        "No model to show: choose one under “Bins and models”, or train one.",
        icon=":material/info:",
    )
    st.page_link("retrain.py", label="Train a model", icon=":material/model_training:")
    st.stop()
st.markdown(parts.answer(drawn, choice))
with st.container(gap="xsmall"):
    draw_grid(assessments, choice)
st.caption(parts.READING)
test_n = int(drawn[0][1].n.sum())
st.subheader("Metrics", anchor=False)
st.caption(parts.metrics_caption(test_n, int(drawn[0][1].n_mi.sum()), choice))
spinner_slot = st.container()
table_slot = st.skeleton(height=ROW_PX * (len(drawn) + 1))
draw_published(test_n, choice)
draw_numbers(drawn, choice)
with spinner_slot:
    metrics = [
        (entry, resources.metrics(entry, choice.test_set, choice.data_version))
        for entry, _ in drawn
    ]
table_slot.table(parts.metrics_table(metrics), hide_index=True, border="horizontal")
