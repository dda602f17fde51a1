"""One recording: the ECG, its labels, the models' opinions and their reasons."""

import streamlit as st

from ecgcore.errors import ModelError, RecordError
from ecgcore.explain.attribution import Attribution
from ecgcore.figures.diagrams import opinion_figure
from ecgcore.figures.ecg_paper import ecg_figure, figure_height_px
from ecgcore.figures.overlays import Heat
from ecgcore.figures.paper_layout import paper_layout
from ecgcore.models.cards import ModelEntry
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.records import EcgRecord
from pages._ui import queue, resources
from pages._ui import review_parts as parts
from pages._ui.errors import show_ecg_error
from pages._ui.widgets import synthetic_badge

PAPER_WIDTH_PX = 945
PAPER_PX = figure_height_px(PAPER_WIDTH_PX, paper_layout())
HEATED_PX = figure_height_px(PAPER_WIDTH_PX, paper_layout(), overlay=True)
CHART = {
    "displaylogo": False,
    "scrollZoom": True,
    "modeBarButtonsToRemove": ["lasso2d", "select2d"],
}
DARK = st.context.theme.type == "dark"


def go_to(ecg_id: int) -> None:
    st.session_state["record"] = str(ecg_id)


def step_button(label: str, key: str, ecg_id: int | None) -> None:
    st.button(
        label,
        shortcut=key,
        disabled=ecg_id is None,
        on_click=go_to,
        args=(ecg_id,),
    )


def choose_record() -> int:
    """Draw title, record number and steps; return the record, or stop the page with a message."""
    if "record" not in st.session_state and "record" not in st.query_params:
        go_to(parts.first_record())
        st.query_params["record"] = st.session_state["record"]  # the first run writes no bound URL
    with st.container(horizontal=True, vertical_alignment="center"):
        title = st.container()
        place = st.container(width="content")
        before = st.container(width="content")
        text = st.text_input(
            "Record number",
            key="record",
            bind="query-params",
            width=110,
            label_visibility="collapsed",
        )
        after = st.container(width="content")
    title.title("Review", anchor=False)
    try:
        ecg_id = parts.parse_record(text)
        index, n_records = queue.position(ecg_id)
    except RecordError as error:
        show_ecg_error(error)
        st.page_link("browse.py", label="Choose a recording on Browse", icon=":material/search:")
        st.stop()
    previous, following = queue.neighbours(ecg_id)
    where = "your list" if queue.from_browse(ecg_id) else resources.catalog().version
    place.caption(f"{index + 1:,} of {n_records:,} in {where}")
    with before:
        step_button("Previous", "P", previous)
    with after:
        step_button("Next", "N", following)
    return ecg_id


def draw_header(entry: CatalogEntry) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**Record {entry.ecg_id}** · {entry.age} · {entry.sex}", width="content")
        st.badge(parts.GROUP_WORDS[entry.group], color="blue", icon=":material/label:")
        st.badge(parts.leading_label(entry), color="violet", icon=":material/stethoscope:")
        st.badge(parts.SPLIT_WORDS[entry.split], color="gray", icon=":material/folder:")
        synthetic_badge(resources.catalog())


def choose_heat() -> tuple[str, ModelEntry | None]:
    models = resources.models()
    with st.container(horizontal=True, vertical_alignment="center"):
        method = st.segmented_control(
            "Heat on the leads",
            list(parts.METHODS),
            default="none",
            required=True,
            format_func=parts.METHODS.__getitem__,
            key="method",
            bind="query-params",
            label_visibility="collapsed",
        )
        labels = {model.name: model.label for model in models}
        name = st.selectbox(
            "Model that is explained",
            list(labels),
            index=parts.default_model(models) if models else None,
            format_func=labels.__getitem__,
            key="model",
            bind="query-params",
            label_visibility="collapsed",
            width=330,
            placeholder="No model is installed",
        )
    chosen = next((model for model in models if model.name == name), None)
    return method, chosen


def explained(ecg_id: int, method: str, model: ModelEntry | None) -> Attribution | None:
    if method == "none" or model is None:
        return None
    try:
        return resources.attribution(ecg_id, model, method)
    except ModelError as error:
        show_ecg_error(error)
        return None


def draw_ecg(record: EcgRecord, attribution: Attribution | None, model: ModelEntry | None) -> None:
    heat, said = None, "without overlay"
    if attribution is not None and model is not None:
        label = f"{parts.METHODS[attribution.method]}, {model.label}"
        heat = Heat(attribution.scores, attribution.fs_hz, attribution.signed, label)
        said = f"with heat by {label}"
    figure = ecg_figure(record, overlay=heat, dark=DARK)
    figure.update_layout(
        height=HEATED_PX if heat else PAPER_PX,
        xaxis={"constraintoward": "left"},
        yaxis={"constraintoward": "top"},
    )
    st.plotly_chart(
        figure,
        theme=None,
        key="ecg",
        config=CHART,
        alt=f"12-lead ECG of record {record.record_id}, {record.duration_s:.0f} s, {said}",
    )
    st.caption(parts.method_words(attribution))


def draw_opinions(rows: list[parts.OpinionRow], notes: list[str]) -> None:
    st.markdown(parts.agreement(rows))
    opinions = parts.drawn(rows)
    if opinions:
        figure = opinion_figure(opinions, dark=DARK)
        figure.update_layout(showlegend=False, height=figure.layout.height - 40)
        figure.update_xaxes(dtick=0.5, tickangle=0)
        st.plotly_chart(
            figure,
            theme=None,
            key="opinions",
            config={"displayModeBar": False},
            alt=parts.opinions_alt(rows),
        )
    for row in rows:
        if row.problem:
            st.warning(f"**{row.name}**: {row.problem}", icon=":material/warning:")
    for words in parts.marks_in_words(rows):
        st.markdown(f":small[:orange[:material/visibility:] {words}]")
    st.caption(" ".join([parts.sets_in_words(rows), "Not recalibrated.", *notes]))


def draw_details(entry: CatalogEntry) -> None:
    left, right = st.columns([0.6, 0.4], gap="medium")
    with left:
        st.subheader("Labels", anchor=False)
        st.table(parts.statements_table(entry), hide_index=True, border="horizontal")
    with right:
        st.subheader("Report", anchor=False)
        st.text(entry.report or "No report in this table.")
        st.subheader("Recording", anchor=False)
        st.text(" · ".join(parts.recording_facts(entry)))
        st.text(f"Noise flags: {parts.noise_words(entry)}")


entry = resources.catalog().entry(choose_record())
draw_header(entry)
ecg_column, panel = st.columns([0.745, 0.255], gap="small")
with ecg_column:
    method, model = choose_heat()
    ecg_slot = st.container(height=HEATED_PX + 60, border=False)
with panel:
    st.subheader("Probability of MI", anchor=False)
    opinion_slot = st.container(height=HEATED_PX + 50, border=False)
draw_details(entry)
rows: list[parts.OpinionRow] = []
with ecg_slot:
    try:
        record = resources.read_record(entry.ecg_id)
        draw_ecg(record, explained(entry.ecg_id, method, model), model)
    except RecordError as error:
        show_ecg_error(error)
with opinion_slot:
    try:
        rows, notes = parts.ask_models(entry)
    except RecordError:
        rows = parts.stored_opinions(entry)
        notes = ["From the predictions that ship with the project."] if rows else []
    draw_opinions(rows, notes)
with st.expander("The opinions as a table"):
    st.table(parts.opinions_table(rows), hide_index=True, border="horizontal")
