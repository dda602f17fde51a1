"""What the Review page draws: header, ECG with heat, opinions, labels and report."""

import streamlit as st

from ecgcore.explain.attribution import Attribution
from ecgcore.figures.diagrams import opinion_figure
from ecgcore.figures.ecg_paper import CHART_CONFIG, ecg_figure, figure_height_px
from ecgcore.figures.overlays import Heat
from ecgcore.figures.paper_layout import paper_layout
from ecgcore.models.cards import ModelEntry
from ecgcore.ptbxl.catalog import CatalogEntry
from ecgcore.records import EcgRecord
from pages._ui import resources
from pages._ui import review_parts as parts
from pages._ui.widgets import GROUP_WORDS, synthetic_badge

PAPER_WIDTH_PX = 925
PAPER_PX = figure_height_px(PAPER_WIDTH_PX, paper_layout())
HEATED_PX = figure_height_px(PAPER_WIDTH_PX, paper_layout(), overlay=True)


def draw_header(entry: CatalogEntry) -> None:
    """Draw who and what the record is, in one line."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**Record {entry.ecg_id}** · {entry.age} · {entry.sex}", width="content")
        st.badge(GROUP_WORDS[entry.group], color="blue", icon=":material/label:")
        st.badge(parts.leading_label(entry), color="violet", icon=":material/stethoscope:")
        st.badge(parts.SPLIT_WORDS[entry.split], color="gray", icon=":material/folder:")
        synthetic_badge(resources.catalog())


def draw_ecg(record: EcgRecord, attribution: Attribution | None, model: ModelEntry | None) -> None:
    """Draw the ECG with or without heat, and what the heat can and cannot say."""
    heat, said = None, "without overlay"
    if attribution is not None and model is not None:
        own = "" if model.shipped else ", own run"
        label = f"{parts.METHODS[attribution.method]}, {model.key.label}{own}"
        heat = Heat(attribution.scores, attribution.fs_hz, attribution.signed, label)
        said = f"with heat by {label}"
    figure = ecg_figure(record, overlay=heat, theme="dark" if is_dark() else "light")
    figure.update_layout(
        height=HEATED_PX if heat else PAPER_PX,
        xaxis={"constraintoward": "left"},
        yaxis={"constraintoward": "top"},
    )
    st.plotly_chart(
        figure,
        theme=None,
        key="ecg",
        config=CHART_CONFIG,
        alt=f"12-lead ECG of record {record.record_id}, {record.duration_s:.0f} s, {said}",
    )
    st.caption(parts.faulty_leads(record) + parts.method_words(attribution))


def draw_opinions(rows: list[parts.OpinionRow], notes: list[str]) -> None:
    """Draw every model's opinion, how far they differ and what they have seen."""
    st.markdown(parts.agreement(rows))
    opinions = parts.drawn(rows)
    if opinions:
        figure = opinion_figure(opinions, dark=is_dark())
        figure.update_layout(showlegend=False, height=figure.layout.height - 50)
        figure.update_xaxes(
            range=[-0.07, 1.07],
            tickvals=[0, 0.5, 1],
            ticktext=["0", "50", "100 %"],
            tickangle=0,
            title=None,
        )
        st.plotly_chart(
            figure,
            theme=None,
            key="opinions",
            config={"displayModeBar": False},
            alt=parts.opinions_alt(rows),
        )
    for row in rows:
        if row.problem:
            st.warning(f"**{row.name}**: {row.problem}", icon=":material/warning:")
    for words in parts.marks_in_words(rows):
        st.markdown(f":small[{words}]")
    if rows:
        st.caption(" ".join([parts.sets_in_words(rows), "Not recalibrated.", *notes]))


def draw_details(entry: CatalogEntry) -> None:
    """Draw the labels, the report and the recording's facts."""
    left, right = st.columns([0.6, 0.4], gap="medium")
    with left:
        st.subheader("Labels", anchor=False)
        st.table(parts.statements_table(entry), hide_index=True, border="horizontal")
    with right:
        st.subheader("Report, original text", anchor=False)
        st.text(entry.report or "No report in this table.")
        st.subheader("Recording", anchor=False)
        st.text(" · ".join(parts.recording_facts(entry)))
        st.text(f"Noise flags: {parts.noise_words(entry)}")


def is_dark() -> bool:
    """Say whether the reader's page is dark."""
    return st.context.theme.type == "dark"
