"""What the data, the models and the words mean, and what they cannot show."""

import streamlit as st

from pages.about import texts as parts
from pages.shared import caches, url_state
from pages.shared.widgets import synthetic_badge

catalog = caches.catalog()
st.title("About", anchor=False)
tabs = ["Data", "Models", "Measurements", "Limits of use", "Words and keys", "Licences"]
url_state.warn_of_unknown("about", tabs, what="tab")
data, models, measuring, limits, words, licences = st.tabs(
    tabs,
    key="about",
    bind="query-params",
    on_change="rerun",
)

with data:
    st.header("The open data set", anchor=False)
    synthetic_badge(catalog.synthetic)
    st.markdown(parts.data_words(catalog))
    st.markdown(parts.COHORT_RULE)
    st.table(parts.cohort_table(catalog), hide_index=True, border="horizontal")
    st.caption(
        "A fingerprint is the start of the SHA-256 of the record numbers: equal fingerprints, "
        "equal records."
    )
    st.header("Getting PTB-XL", anchor=False)
    st.markdown(
        "Run these in the project's folder, then start the dashboard again. A stopped download "
        "goes on where it stopped; every file is checked against PhysioNet's checksums and kept in "
        "`data/ptb-xl`. Another folder is chosen with `ECG_DATA_DIR` or `--data`."
    )
    st.code(parts.FETCH, language="bash")

with models:
    st.markdown(parts.ARCHITECTURES)
    entries = caches.models()
    if not entries:
        st.warning("No model is installed. Restore `pretrained/`, or train one on Retrain.")
    else:
        st.header("AUROC of the models", anchor=False)
        st.dataframe(
            parts.results_table(caches.ensembles()),
            hide_index=True,
            column_config={
                name: st.column_config.TextColumn(width=130) for name in parts.COLUMNS.values()
            },
            alt=f"Training data and AUROC of {len(caches.ensembles())} models over their seeds",
        )
        st.caption(
            "AUROC on the validation fold and on the test sets, from the model cards: mean ± "
            "standard deviation over the seeds of single trainings, not of their ensemble. "
            "PTB-XL's test sets certain, all and uncertain hold 971, 1,253 and 985 records; "
            "Compare gives intervals and differences."
        )
        st.page_link(
            "compare/page.py", label="Differences with intervals", icon=":material/compare_arrows:"
        )
        st.header("Provenance", anchor=False)
        st.dataframe(
            parts.provenance_table(entries),
            hide_index=True,
            column_config={
                "Parameters": st.column_config.NumberColumn(format="localized"),
                "Training records": st.column_config.TextColumn(help="Fingerprint, see Data"),
            },
            alt=f"Provenance of {len(entries)} models",
        )

with measuring:
    st.header("How the ECG is measured", anchor=False)
    st.markdown(parts.MEASURING)
    st.header("Signal quality", anchor=False)
    st.markdown(parts.QUALITY_INTRO)
    st.table(parts.quality_table(), hide_index=True, border="horizontal", width="content")
    st.header("Reports in English", anchor=False)
    st.markdown(parts.GLOSSARY)

with limits:
    st.markdown(parts.LIMITS)

with words:
    st.header("Likelihood of a statement", anchor=False)
    st.markdown(parts.LIKELIHOOD_INTRO)
    st.table(parts.likelihood_table(), hide_index=True, border="horizontal", width="content")
    st.header("Training and test sets", anchor=False)
    st.markdown(parts.SETS)
    st.header("Words", anchor=False)
    st.table(parts.glossary_table(), hide_index=True, border="horizontal")
    st.markdown(parts.INTERVALS)
    st.header("Keys", anchor=False)
    st.markdown(parts.SHORTCUTS)

with licences:
    st.markdown(parts.LICENCES)
