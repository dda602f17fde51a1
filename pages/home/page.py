"""The first screen: what this is, three doors, and a case on which the models disagree."""

import streamlit as st

from ecgcore.errors import RecordError
from ecgcore.figures.ecg_paper import ecg_figure, figure_height_px
from ecgcore.figures.paper_layout import roomy_layout
from ecgcore.figures.predictions import predictions_figure
from ecgcore.predictions.decision import EnsemblePrediction, predicted, without_verdicts
from ecgcore.predictions.ensemble import main_ensembles
from ecgcore.predictions.scope import is_void
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.ptbxl.earlier import leading_diagnosis
from ecgcore.review.filter_query import PARAMETERS
from ecgcore.tasks.mi import TRAIN_SETS
from ecgcore.wording.numbers import percent_range
from pages.case.opening import open_case
from pages.case.predictions import predict_case, predictions_alt, stored_predictions
from pages.shared import caches, worklist
from pages.shared.case import Case, ReadableCase
from pages.shared.decision_choice import chosen_settings
from pages.shared.widgets import is_dark, synthetic_badge

ECG_PX, HIGHEST_PX, MODELS_PX = 660, 330, 290
# words, icon, page and promise of each way in
DOORS = (
    ("Read an ambiguous case", ":material/ecg_heart:", "review/page.py",
     "Calipers, six models and their reasons."),
    ("See what label certainty does", ":material/compare_arrows:", "compare/page.py",
     "Certain, all or uncertain: models side by side."),
    ("Train a model yourself", ":material/model_training:", "training/page.py",
     "Choose the labels, start, and watch it learn."),
)  # fmt: skip


def follow_old_link() -> None:
    """Lead a link to the former first page, Browse, to where Browse is now."""
    asked = st.query_params
    if any(name in asked for name in (*PARAMETERS.values(), worklist.PARAM)):
        everything = [(name, asked.get_all(name)) for name in asked]
        st.switch_page("browse/page.py", query_params=everything)


def draw_doors(first: dict[str, str]) -> None:
    """Draw the three ways in; `first` is the query of the case behind the first one."""
    for place, (words, icon, page, promise) in zip(st.columns(3), DOORS, strict=True):
        with place.container(border=True, gap="xxsmall"):
            query = first if page.startswith("review") else None
            st.page_link(page, label=f"**{words}**", icon=icon, query_params=query)
            st.caption(promise)


def predictions_of(case: Case) -> list[EnsemblePrediction]:
    """Return what the study's main ensembles say; nothing where none is at hand."""
    main = main_ensembles(caches.ensembles())
    if isinstance(case, ReadableCase):
        try:
            made = predicted(predict_case(case, chosen_settings(), main)[0])
        except RecordError:
            return []
        return without_verdicts(made) if is_void(caches.quality(case)) else made
    rows = stored_predictions(case.entry, chosen_settings())
    return predicted(row for row in rows if row.ensemble in main)


def said_words(rows: list[EnsemblePrediction]) -> str:
    """Say what the models of the first and of the last training set say."""
    sets = list(dict.fromkeys(row.ensemble.train_set for row in rows))
    said = []
    for name in dict.fromkeys((sets[0], sets[-1])):
        probs = [row.prob for row in rows if row.ensemble.train_set == name]
        words = percent_range(min(probs), max(probs), 0)
        said.append(f"Models trained on {TRAIN_SETS[name]} ({name}) say **{words}**.")
    return " ".join(said)


def draw_ecg(case: ReadableCase) -> None:
    """Draw the ECG as a picture; Review has the paper that can be measured."""
    layout = roomy_layout(case.display)
    figure = ecg_figure(case.display, layout=layout, theme="dark" if is_dark() else "light")
    figure.update_layout(
        height=min(figure_height_px(ECG_PX, layout), HIGHEST_PX),
        xaxis={"constraintoward": "left"},
        yaxis={"constraintoward": "top"},
    )
    st.plotly_chart(
        figure,
        theme=None,
        key="home_ecg",
        config={"staticPlot": True},
        alt=f"12-lead ECG of {case.name.lower()}",
    )


def draw_case(case: Case, entry: CatalogEntry, query: dict[str, str]) -> None:
    """Draw the case, what is known and what the models say; what is missing leaves no frame."""
    rows = predictions_of(case)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"**Is this an infarct?** Record {entry.ecg_id} · {entry.age} · {entry.sex} · "
            f"labelled {leading_diagnosis(entry)}",
            width="content",
        )
        synthetic_badge(caches.catalog().synthetic)
        st.page_link(
            "review/page.py",
            label="Read this case",
            icon=":material/arrow_forward:",
            query_params=query,
            width="content",
        )
    paper, models = st.columns([0.56, 0.44], gap="medium")
    if isinstance(case, ReadableCase):
        with paper:
            draw_ecg(case)
    with models:
        if rows:
            st.markdown(said_words(rows))
            st.plotly_chart(
                predictions_figure(rows, dark=is_dark()).update_layout(height=MODELS_PX),
                theme=None,
                key="home_predictions",
                config={"staticPlot": True},
                alt=predictions_alt(rows),
            )


follow_old_link()
st.title("ECG trust review", anchor=False)
st.markdown(
    "Read 12-lead ECGs whose diagnosis is not certain, and see how far models can be trusted "
    "that learned from such labels."
)
ecg_id, listed = worklist.first_case()
query = {"record": str(ecg_id), worklist.PARAM: listed}
draw_doors(query)
draw_case(open_case(ecg_id), caches.catalog().entry(ecg_id), query)
