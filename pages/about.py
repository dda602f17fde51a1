"""What the data, the models and the words mean, and what they cannot show."""

import streamlit as st

st.title("About", anchor=False)
