"""Where the models look, over the whole test fold: the published claim, tested, and the audit."""

import streamlit as st

from pages.explanations import views
from pages.shared import url_state

STATE = url_state.PageState("explanations", {"show": url_state.Bound(tuple(views.VIEWS), "view")})
STATE.open()
st.title("Explanations", anchor=False)
if not views.is_shipped():
    st.info("No audit ships with this version.", icon=":material/info:")
    st.stop()
audit = views.audit()
st.markdown(views.intro_words(audit))
views.draw_claims(audit)
chosen = st.segmented_control(
    "Show",
    list(views.VIEWS),
    default=next(iter(views.VIEWS)),
    required=True,
    key="show",
    bind="query-params",
    label_visibility="collapsed",
)
views.VIEWS[chosen or next(iter(views.VIEWS))](audit, STATE)
