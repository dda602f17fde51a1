import pandas as pd
import streamlit as st

from ecgcore.errors import CatalogError, ModelError, RecordError
from ecgcore.ptbxl.search import group_counts, likelihood_text, search
from ecgcore.stats.calibration.calibrators import CALIBRATORS
from pages.browse.filters import (
    filter_widgets,
    keep_filters,
    preset_buttons,
    read_old_link,
    restore_filters,
)
from pages.shared import caches, worklist
from pages.shared.calibrator_choice import chosen_method
from pages.shared.errors import show_ecg_error
from pages.shared.widgets import synthetic_badge

LISTED = 1000
ABOUT_SPREAD = (
    "Highest minus lowest probability of MI of the shipped groups of models, each the mean over "
    "its seeds: 0 when they agree, 1 when one is sure of MI and another is sure of none. The "
    "probabilities are those of the switch at the top: "
)

ABOUT_SIGNAL = (
    "Problems that were measured in the signal, by lead; empty when none was found. Review says "
    "more. “swap?”: limb electrodes may be swapped."
)


def open_case(ecg_id: int) -> None:
    keep_filters()
    st.switch_page("review/page.py", query_params={"record": str(ecg_id)})


def open_number(text: str) -> None:
    try:
        if not (text.strip().isdecimal() and len(text) < 20):
            raise RecordError(
                f"{text[:20]!r} is not a record number. Type digits only, such as 39."
            )
        open_case(catalog.entry(int(text)).ecg_id)
    except RecordError as error:
        show_ecg_error(error)


def disagreement() -> "pd.Series[float] | None":
    try:
        return caches.spread(catalog.version, chosen_method())
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


restore_filters()
read_old_link()
catalog = caches.catalog()
with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Browse", width="content")
    synthetic_badge(catalog)
    if catalog.synthetic:
        st.caption(
            "No patient stands behind these. For PTB-XL run "
            "`python3.11 -m ecgcore data fetch --set test` in the project folder, then restart."
        )
views, direct = st.columns([3, 1], vertical_alignment="bottom")
quality, no_quality = signal_quality()
wanted = filter_widgets(catalog, no_quality=no_quality)
with views:
    preset_buttons(wanted)
form = direct.form("open record", border=False)
with form.container(horizontal=True, vertical_alignment="bottom"):
    number = st.text_input("Record number", placeholder="such as 39")
    asked = st.form_submit_button("Open")
if asked:
    open_number(number)

spread = disagreement()
found = search(catalog, wanted, spread, quality)
counts = " · ".join(f"{name} **{n:,}**" for name, n in group_counts(found).items())
st.markdown(f"**{len(found):,}** of {len(catalog.frame):,} records: {counts}")
notes = []
if wanted.splits == ("test",):
    notes.append("Test split: no shipped model was trained on these records.")
if spread is None and wanted.sort == "disagreement":
    notes.append("No predictions are stored for this data set, so the order is by record number.")
if len(found) > LISTED:
    notes.append(f"The first {LISTED:,} are listed; Review steps through all of them.")
st.caption(" ".join(["Click a row to open the case.", *notes]))

if found.empty:
    st.info("No record fits. Take a filter away, or choose a view above.", icon=":material/search:")
    st.stop()
about_spread = f"{ABOUT_SPREAD}{CALIBRATORS[chosen_method()]}."
table = found.head(LISTED).reset_index()
table["likelihood"] = table["likelihood"].map(likelihood_text)
picked = st.dataframe(
    table,
    key="cases",
    on_select="rerun",
    selection_mode=["single-row", "single-cell"],
    hide_index=True,
    height=560 if len(table) > 10 else "auto",
    column_order=[
        "ecg_id",
        "age",
        "sex",
        "group",
        "diagnoses",
        "likelihood",
        "territory",
        *([] if spread is None else ["spread"]),
        *([] if quality is None else ["signal"]),
        "split",
        "validated",
        "report",
    ],
    column_config={
        "ecg_id": st.column_config.NumberColumn("Record", format="%d", pinned=True),
        "age": st.column_config.TextColumn("Age", width=80),
        "sex": st.column_config.TextColumn("Sex", width=65),
        "group": st.column_config.TextColumn("Label group", width=105),
        "diagnoses": st.column_config.TextColumn("Diagnoses", width=250),
        "likelihood": st.column_config.TextColumn(f"Likelihood of {wanted.subject}", width=185),
        "territory": st.column_config.TextColumn("MI territory", width=140),
        "spread": st.column_config.ProgressColumn(
            "Disagreement", format="%.2f", min_value=0, max_value=1, help=about_spread, width=140
        ),
        "signal": st.column_config.TextColumn("Signal", help=ABOUT_SIGNAL, width=180),
        "split": st.column_config.TextColumn("Split", width=80),
        "validated": st.column_config.TextColumn("Validated", width=80),
        "report": st.column_config.TextColumn("Report begins", width=260),
    },
    alt=f"{len(found):,} records with their diagnoses and the disagreement of the models",
)
rows = [*picked.selection.rows, *(row for row, _ in picked.selection.cells)]
if rows:
    worklist.set_ids(found.index)
    open_case(int(table["ecg_id"][rows[0]]))
