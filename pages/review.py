"""One recording: the ECG, its labels, the models' opinions and their reasons."""

import streamlit as st

from ecgcore.errors import ModelError, RecordError
from ecgcore.explain.attribution import Attribution
from ecgcore.models.cards import ModelEntry
from pages._ui import queue, resources
from pages._ui import review_parts as parts
from pages._ui import review_view as view
from pages._ui.errors import show_ecg_error


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
    except (ModelError, RecordError) as error:
        show_ecg_error(error)
        return None


entry = resources.catalog().entry(choose_record())
view.draw_header(entry)
ecg_column, panel = st.columns([0.73, 0.27], gap="small")
with ecg_column:
    method, model = choose_heat()
    ecg_slot = st.container(height=view.HEATED_PX + 85, border=False)
with panel:
    st.subheader("Probability of MI", anchor=False)
    opinion_slot = st.container(height=view.HEATED_PX + 50, border=False)
view.draw_details(entry)
with ecg_slot:
    try:
        record = resources.read_record(entry.ecg_id)
        view.draw_ecg(record, explained(entry.ecg_id, method, model), model)
    except RecordError as error:
        show_ecg_error(error)
with opinion_slot:
    try:
        rows, notes = parts.ask_models(entry)
    except RecordError as error:
        st.warning(f"The models cannot read this recording. {error}", icon=":material/warning:")
        rows = parts.stored_opinions(entry)
        notes = ["These opinions were stored when the models were made."] if rows else []
    view.draw_opinions(rows, notes)
with st.expander("The opinions as a table"):
    st.table(parts.opinions_table(rows), hide_index=True, border="horizontal")
