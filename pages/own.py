"""The reader's own recording: read in memory, shown with every tool, never kept."""

import streamlit as st

from ecgcore.errors import RecordError
from ecgcore.io.recordings import ReadOptions, read_upload
from ecgcore.records import EcgRecord, window, windows
from pages._ui import case as cases
from pages._ui.case_view import draw_case
from pages._ui.errors import show_ecg_error

WINDOW_S = 10.0
UNITS = ("mV", "uV", "V")
FORMATS = (
    "WFDB (.hea with .dat or .mat, or both in a .zip), CSV, NPZ, DICOM, HL7 aECG and MUSE (.xml), "
    "SCP-ECG (.scp)."
)


def choose_files() -> tuple[list[tuple[str, bytes]], ReadOptions]:
    """Draw the upload and what a table cannot say itself."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        files = st.file_uploader(
            "Your recording",
            accept_multiple_files=True,
            max_upload_size=20,
            key="own_files",
            help=FORMATS,
        )
        units = st.selectbox(
            "Units of a table",
            ["as the file says", *UNITS],
            key="own_units",
            width=170,
            help="CSV and NPZ files without units need them here.",
        )
        rate = st.number_input(
            "Samples per second",
            min_value=0,
            max_value=4000,
            value=0,
            key="own_rate",
            width=170,
            help="0 takes what the file says; CSV and NPZ files without a rate need it here.",
        )
    content = [(file.name, file.getvalue()) for file in files or []]
    return content, ReadOptions(units if units in UNITS else None, int(rate) or None)


def read_chosen(files: list[tuple[str, bytes]], options: ReadOptions) -> EcgRecord:
    """Read the files, or stop the page with the reason why they cannot be read."""
    if not files:
        st.info(f"Choose the files of one 12-lead recording: {FORMATS}", icon=":material/upload:")
        st.stop()
    try:
        return read_upload(files, options)
    except RecordError as error:
        show_ecg_error(error)
        st.stop()


def choose_window(record: EcgRecord) -> EcgRecord:
    """Draw the choice of 10 s where the recording is longer."""
    starts = windows(record, WINDOW_S)
    if len(starts) < 2:
        return record
    start_s = st.select_slider(
        f"Window of {WINDOW_S:.0f} s in {record.duration_s:.0f} s",
        starts,
        format_func=lambda start: f"{start:.0f} s",
        key="own_window",
    )
    return window(record, start_s, WINDOW_S)


st.title("Own ECG", anchor=False)
st.caption("Read in memory for this session only: nothing is stored, no patient's name is read.")
whole = read_chosen(*choose_files())
for warning in whole.warnings:
    st.caption(f":material/info: {warning}")
shown = choose_window(whole)
st.markdown(
    f"**{shown.record_id}** · {shown.duration_s:.1f} s · {shown.fs_hz} Hz · no label, no report"
)
draw_case(cases.from_record(shown))
