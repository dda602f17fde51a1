"""Find recordings by diagnosis, certainty of the label and disagreement of the models."""

import pandas as pd
import streamlit as st

from ecgcore.errors import CatalogError, ModelError, RecordError
from ecgcore.ptbxl.search import search
from pages.browse import filters, listing
from pages.shared import caches, worklist
from pages.shared.decision_choice import chosen_calibrator
from pages.shared.errors import show_ecg_error
from pages.shared.widgets import synthetic_badge


def open_case(ecg_id: int) -> None:
    """Show a record on Review; the filters come back on the return."""
    filters.STATE.keep()
    st.switch_page("review/page.py", query_params={"record": str(ecg_id)})


def open_number(text: str) -> None:
    """Show the record whose number was typed, or say what is wrong with it."""
    try:
        open_case(catalog.entry(catalog.parse_id(text)).ecg_id)
    except RecordError as error:
        show_ecg_error(error)


def disagreement() -> "pd.Series[float] | None":
    """Return the disagreement of the models, or say why there is none."""
    try:
        return caches.disagreement(catalog.version, chosen_calibrator())
    except ModelError as error:
        st.warning(str(error), icon=":material/warning:")
        return None


def signal_quality() -> tuple[pd.DataFrame | None, str]:
    """Return the table, or None and the reason."""
    try:
        table = caches.quality_table(catalog.version)
    except CatalogError as error:
        return None, str(error)
    if table is None:
        return None, f"The signals of {catalog.version} have not been looked through as a whole."
    return table, ""


filters.STATE.restore()
catalog = caches.catalog()
with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Browse", width="content")
    synthetic_badge(catalog.synthetic)
    if catalog.synthetic:
        st.caption(
            "No patient stands behind these. For PTB-XL run "
            "`python3.11 -m ecgcore data fetch --set test` in the project folder, then restart."
        )
views, direct = st.columns([3, 1], vertical_alignment="bottom")
quality, no_quality = signal_quality()
wanted = filters.filter_widgets(catalog, no_quality=no_quality)
with views:
    filters.preset_buttons(wanted)
form = direct.form("open record", border=False)
with form.container(horizontal=True, vertical_alignment="bottom"):
    number = st.text_input("Record number", placeholder="such as 39")
    asked = st.form_submit_button("Open")
if asked:
    open_number(number)

gaps = disagreement()
found = search(catalog, wanted, gaps, quality)
st.markdown(listing.summary_words(found, len(catalog.frame)))
st.caption(listing.note_words(wanted, len(found), predicted=gaps is not None))
if found.empty:
    st.info("No record fits. Take a filter away, or choose a view above.", icon=":material/search:")
    st.stop()
empty = {"disagreement": gaps, "signal": quality}
hidden = [name for name, content in empty.items() if content is None]
picked = listing.draw_list(found, wanted.subject, chosen_calibrator(), hidden=hidden)
if picked is not None:
    worklist.set_ids(found.index)
    open_case(picked)
