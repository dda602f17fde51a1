"""How far the models' probabilities can be trusted, on each test set."""

import streamlit as st

from ecgcore.evaluate.calibration import ReliabilityCurve
from ecgcore.evaluate.published import WHY_OURS_DIFFER
from ecgcore.models.cards import ModelEntry
from ecgcore.models.scoreboard import SHIPPED_DATA
from pages._ui import reliability_parts as parts
from pages._ui import resources

DARK = st.context.theme.type == "dark"
ROW_PX = 35
Drawn = list[tuple[ModelEntry, ReliabilityCurve]]


def draw_choices() -> tuple[parts.Choice, list[ModelEntry]]:
    data, tests, bins, binning = st.columns([0.17, 0.53, 0.15, 0.15], gap="medium")
    with data:
        data_version = parts.choose_data()
    with bins:
        n_bins = st.selectbox("Bins", parts.BINS, index=1, key="bins", bind="query-params")
    with binning:
        binning_name = st.selectbox(
            "Binning",
            list(parts.BINNINGS),
            key="binning",
            bind="query-params",
            help="Equal width: every bin spans the same probabilities. Equal mass: every bin holds "
            "as many records; tied probabilities stay together.",
        )
    with tests:
        test_set = parts.choose_test_set(data_version)
    entries = parts.fitting_models(data_version)
    if not entries:
        st.info(f"There is no model for {data_version} yet.", icon=":material/info:")
        st.page_link("retrain.py", label="Train one", icon=":material/model_training:")
        st.stop()
    chosen = parts.choose_models(entries)
    return parts.Choice(data_version, test_set, n_bins, binning_name), chosen


def draw_grid(assessments: list[parts.Assessment], choice: parts.Choice) -> None:
    for row in parts.grid(assessments):
        for column, one in zip(st.columns(max(3, len(row))), row, strict=False):
            if one is not None:
                with column:
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


def draw_metrics(drawn: Drawn, choice: parts.Choice) -> None:
    rows = [
        (entry, resources.metrics(entry, choice.test_set, choice.data_version))
        for entry, _ in drawn
    ]
    st.dataframe(parts.metrics_table(rows), hide_index=True, alt="Metrics of the models")


def draw_published(test_n: int, choice: parts.Choice) -> None:
    st.subheader("Published figures", anchor=False)
    table = parts.published_table(test_n)
    if choice.data_version != SHIPPED_DATA or table.empty:
        st.markdown(
            f"Nothing was published on this test set ({choice.test_set} of {choice.data_version}, "
            f"n = {test_n:,}). Figures can be compared on the same test set only: choose "
            f"{SHIPPED_DATA}, certain or all."
        )
    else:
        st.caption(
            f"On {test_n:,} test records, without intervals, one trained network each; – was not "
            "published. The published “D” is another set than ours, and the published networks "
            "are others; the text below says what can be compared."
        )
        st.dataframe(table, hide_index=True, alt="Figures published by the study")
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


st.title("Reliability: how far can these probabilities be trusted?", anchor=False)
choice, chosen = draw_choices()
if choice.synthetic:
    st.warning(parts.SYNTHETIC_WORDS, icon=":material/science:")
assessments = parts.assess(chosen, choice)
for message, labels in parts.problems(assessments).items():
    st.error(f"**{', '.join(labels)}**: {message}", icon=":material/error:")
drawn = [(one.entry, one.curve) for one in assessments if one.curve is not None]
if not drawn:
    st.stop()
st.markdown(parts.answer(drawn, choice))
draw_grid(assessments, choice)
st.caption(parts.READING)
test_n = int(drawn[0][1].n.sum())
st.subheader("Metrics", anchor=False)
st.caption(parts.metrics_caption(test_n, int(drawn[0][1].n_mi.sum()), choice))
metrics_slot = st.container(height=ROW_PX * (len(drawn) + 1) + 24, border=False)
draw_published(test_n, choice)
draw_numbers(drawn, choice)
with metrics_slot:
    draw_metrics(drawn, choice)
