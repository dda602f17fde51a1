"""What every page shares, and the only list of pages."""

from pathlib import Path

import streamlit as st

from pages.door.door import draw_door
from pages.shared import caches
from pages.shared.decision_choice import draw_decision_settings
from pages.shared.errors import ecg_errors_shown
from pages.shared.landing import land

# A file, because Streamlit would fetch a named icon from the internet.
SHARED = Path(__file__).parent / "shared"

st.set_page_config(page_title="ECG trust review", page_icon=SHARED / "icon.png", layout="wide")
st.html(SHARED / "page.css")

always = [
    st.Page(
        "home/page.py",
        title="Start",
        icon=":material/home:",
        help="What this is, three ways in, and a case on which the models disagree.",
        default=True,
    ),
    st.Page(
        "browse/page.py",
        url_path="browse",
        title="Browse",
        icon=":material/search:",
        help="Find recordings by diagnosis, certainty of the label and disagreement of models.",
    ),
    st.Page(
        "review/page.py",
        url_path="review",
        title="Review",
        icon=":material/ecg_heart:",
        help="One recording: the ECG, its labels, the models' predictions and their reasons.",
    ),
    st.Page(
        "upload/page.py",
        url_path="own",
        title="Uploaded ECG",
        icon=":material/upload:",
        help="Read, measure and print your own recording; it is not stored.",
    ),
    st.Page(
        "compare/page.py",
        url_path="compare",
        title="Compare",
        icon=":material/compare_arrows:",
        help="What label certainty does to a model: A, C, D and D-mix on any test set.",
    ),
    st.Page(
        "reliability/page.py",
        url_path="reliability",
        title="Reliability",
        icon=":material/analytics:",
        help="How well each model's probabilities hold on the certain and uncertain test sets.",
    ),
    st.Page(
        "explanations/page.py",
        url_path="explanations",
        title="Explanations",
        icon=":material/frame_inspect:",
        help="Where the models look over the whole test fold, and which maps to trust.",
    ),
    st.Page(
        "training/page.py",
        url_path="retrain",
        title="Retrain",
        icon=":material/model_training:",
        help="Train a model on a set of your choice in the background and watch it.",
    ),
    st.Page(
        "about/page.py",
        url_path="about",
        title="About",
        icon=":material/info:",
        help="Data, models, limits of use and licences.",
    ),
]
reading = [
    st.Page(
        "worklist/page.py",
        url_path="worklist",
        title="Worklist",
        icon=":material/checklist:",
        help="Cases in the order in which they need a reader, each with its reasons.",
    ),
    st.Page(
        "reading/page.py",
        url_path="reading",
        title="Reading",
        icon=":material/clinical_notes:",
        help="Read a case by keyboard: blind first, then see label and models.",
    ),
    st.Page(
        "reader_study/page.py",
        url_path="reader-study",
        title="Reader study",
        icon=":material/groups:",
        help="Readers with and without a model's advice: design, read, results.",
    ),
    st.Page(
        "adjudication/page.py",
        url_path="adjudication",
        title="Adjudication",
        icon=":material/gavel:",
        help="Conflicts between readers, settled by somebody who has not read the case.",
    ),
    st.Page(
        "agreement/page.py",
        url_path="agreement",
        title="Agreement",
        icon=":material/handshake:",
        help="Readers with each other, with the label, a model and the consensus.",
    ),
    st.Page(
        "teaching/page.py",
        url_path="teaching",
        title="Teaching",
        icon=":material/school:",
        help="Read, then see label, models and map; cases come again; your score beside theirs.",
    ),
    st.Page(
        "label_doctor/page.py",
        url_path="label-doctor",
        title="Label doctor",
        icon=":material/stethoscope:",
        help="Statements that can be measured, held against their measurement.",
    ),
]
page = st.navigation({"": always, "Reading": reading}, position="top")
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.caption("Decision support for research and teaching, not a medical device.", width="content")
    draw_decision_settings()
draw_door()
with ecg_errors_shown():
    page.run()
land()
caches.warm_up()
