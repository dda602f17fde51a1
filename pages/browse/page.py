"""Find recordings by diagnosis, certainty of the label and disagreement of the models."""

import pandas as pd
import streamlit as st

from ecgcore.errors import CatalogError, ModelError, RecordError
from ecgcore.review.case_list import exported
from ecgcore.wording.numbers import counted
from ecgcore.wording.records import LABEL_GROUPS
from pages.browse import filters, listing, saved
from pages.shared import caches, worklist
from pages.shared.classes import caches as class_caches
from pages.shared.decision_choice import chosen_settings
from pages.shared.errors import plain, show_ecg_error
from pages.shared.widgets import synthetic_badge


def open_number(text: str) -> None:
    """Show the record whose number was typed, or say what is wrong with it."""
    try:
        open_case(catalog.entry(catalog.parse_id(text)).ecg_id)
    except RecordError as error:
        show_ecg_error(error)


def open_case(ecg_id: int) -> None:
    """Show a record on Review; the filters come back on the return."""
    state.keep()
    worklist.open_case(ecg_id, worklist.of_filter(wanted))


def predictions() -> pd.DataFrame | None:
    """Return what the models say about every record, or say why there is nothing."""
    try:
        return caches.said(catalog.version, chosen_settings())
    except ModelError as error:
        show_ecg_error(error)
        return None


def signal_quality() -> tuple[pd.DataFrame | None, str]:
    """Return the table, or None and the reason."""
    try:
        table = caches.quality_table(catalog.version)
    except CatalogError as error:
        return None, plain(str(error))
    if table is None:
        return None, f"The signals of {catalog.version} have not all been checked."
    return table, ""


def draw_download() -> None:
    """Draw the button that gives the whole list as a file, made when it is pressed."""

    def csv() -> str:
        reports = catalog.frame["report"]
        table: str = exported(found, said, reports, listing.EXPORTED).to_csv()
        return table

    st.download_button(
        "List as CSV",
        csv,
        "records.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        help=f"All {len(found):,} records of this list, with every ensemble's probability.",
    )


def about_class() -> str:
    """Say who predicts the class that the filter asks for; "" where there is none."""
    for task, name in wanted.predicted:
        ensemble, rule = class_caches.leading(task), class_caches.class_rule(task, name)
        if said is not None and ensemble is not None and rule is not None:
            seeds = counted(len(ensemble.members), "seed")
            return listing.class_note(name, f"{ensemble.title} ({seeds})", rule)
    return ""


catalog = caches.catalog()
state = filters.state(catalog)
filters.follow_list(catalog)
state.open()
quality, no_quality = signal_quality()
with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Browse", width="content", anchor=False)
    synthetic_badge(catalog.synthetic)
    views = st.container(horizontal=True, vertical_alignment="center")
    form = st.form("open record", border=False, width=250)
wanted = filters.filter_widgets(catalog, no_quality=no_quality)
with views:
    filters.preset_buttons(wanted)
    saved.draw_menu(wanted, catalog)
with form.container(horizontal=True, vertical_alignment="center"):
    number = st.text_input(
        "Record number", placeholder="Record number", label_visibility="collapsed", width=150
    )
    asked = st.form_submit_button("Open")
if asked:
    open_number(number)

said = predictions()
found = worklist.find(wanted, said, quality)
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.markdown(listing.summary_words(found, len(catalog.frame)), width="content")
    if len(found):
        draw_download()
if found.empty:
    st.info("No record fits. Remove a filter, or choose a view above.", icon=":material/search:")
    st.stop()
ensembles = [] if said is None else [one for one in caches.ensembles() if one.name in said]
outside = bool((found["group"] == LABEL_GROUPS["other"]).any())
notes = listing.note_words(
    wanted, len(found), predicted=said is not None, outside=outside, synthetic=catalog.synthetic
)
st.caption(f"{about_class()} {notes}".strip())
picked = listing.draw_list(found, wanted, said, ensembles, chosen_settings())
if picked is not None:
    open_case(picked)
