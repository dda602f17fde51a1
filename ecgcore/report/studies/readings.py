"""All readings of a study as one HTML file: agreement, each case to its consensus, audit."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

import pandas as pd

from ecgcore.errors import ReviewError
from ecgcore.report.studies.audit import Audit
from ecgcore.report.web import Block, Section, Table, Words, web_page
from ecgcore.review.agreement.raters import VERDICT, Raters, raters_of
from ecgcore.review.agreement.readings_frame import (
    CONSENSUS,
    LABEL,
    consensus_frame,
    one_each,
    readings_frame,
)
from ecgcore.review.agreement.tables import against, in_strata
from ecgcore.review.case_entries import CaseEntries
from ecgcore.review.readings.adjudication import by_case
from ecgcore.review.readings.reading import reading_of
from ecgcore.review.store.chain import Entry
from ecgcore.stats.agreement.intervals import agreement_words
from ecgcore.wording.numbers import counted

_FEWEST = 2
"""Cases without which an agreement says nothing."""


def readings_page(
    study: str, found: CaseEntries, labels: pd.DataFrame, audit: Audit, title: str = ""
) -> bytes:
    """Write the file.

    Parameters
    ----------
    title
        What the study is called now, if not by its name.
    found
        What whoever gets the file may see.
    labels
        PTB-XL's labels of the cases, as `ecgcore.review.agreement.readings_frame.label_frame`
        gives them.

    Returns
    -------
    bytes
        HTML in UTF-8.
    """
    frame = readings_frame(found.shown)
    settings = [
        ("Cases", f"{frame['case'].nunique():,}"),
        ("Readers", f"{frame['reader'].nunique():,}"),
        ("Readings", f"{len(frame):,}"),
        ("Audit id", audit.id),
    ]
    if title not in ("", study):
        settings.insert(0, ("Saved as", study))
    if found.n_hidden:
        settings.insert(-1, ("Not shown to whoever made this", f"{found.n_hidden:,} entries"))
    first = one_each(frame, "first")
    others = [labels, consensus_frame(found.shown)]
    sections = [
        Section("Readers with each other", tuple(_everyone(first))),
        Section("Readers with label and consensus", tuple(_against(first, others))),
        Section("Cases", tuple(_cases(found.shown, labels))),
        Section("Readings", (_readings(found.shown),)),
        Section("Audit", tuple(audit.blocks)),
    ]
    command = f"python3.11 -m ecgcore review report study.html --study={shlex.quote(study)}"
    return web_page(f"Readings of {title or study}", settings, sections, command)


def _everyone(first: pd.DataFrame) -> Iterator[Block]:
    try:
        found = in_strata(raters_of(first, VERDICT), {})
    except ReviewError as error:
        yield Words(str(error))
        return
    if not found or found[0][1].n_cases < _FEWEST:
        yield Words(f"{_FEWEST} cases that two or more have read are needed to compare readers.")
        return
    _, one = found[0]
    rows = {
        "Agreement of two readings": agreement_words(one.observed, 2),
        "Fleiss' kappa": agreement_words(one.fleiss_kappa, 2),
        "Krippendorff's alpha": agreement_words(one.alpha, 2),
        "Prevalence-adjusted": agreement_words(one.adjusted_kappa, 2),
    }
    yield Table(pd.DataFrame({"Figure": rows.keys(), "Value": rows.values()}))
    yield Words(
        f"First readings: no MI, uncertain, MI; {counted(one.n_cases, 'case')} that two or more "
        f"have read, {counted(one.n_ratings, 'reading')}. 95 % intervals over cases.",
        quiet=True,
    )


def _against(first: pd.DataFrame, others: Sequence[pd.DataFrame]) -> Iterator[Block]:
    both = pd.concat([one for one in (first, *others) if len(one)], ignore_index=True)
    try:
        raters = raters_of(both, VERDICT)
    except ReviewError as error:
        yield Words(str(error))
        return
    rows = [
        row for name in (LABEL, CONSENSUS) if name in raters.names for row in _rows(raters, name)
    ]
    if not rows:
        yield Words(f"A reader, and a label or a consensus, of {_FEWEST} cases are needed.")
        return
    yield Table(pd.DataFrame(rows))
    yield Words("Cohen's kappa; weighted by steps between no MI, uncertain and MI.", quiet=True)


def _rows(raters: Raters, reference: str) -> Iterator[dict[str, str]]:
    for one in against(raters, reference):
        weighted = one.found.weighted_kappa
        if one.name not in (LABEL, CONSENSUS) and one.found.n >= _FEWEST:
            yield {
                "Reader": one.name,
                "With": reference,
                "Cases": str(one.found.n),
                "Kappa": agreement_words(one.found.kappa, 2),
                "Weighted": agreement_words(weighted, 2) if weighted is not None else "",
            }


def _cases(entries: Sequence[Entry], labels: pd.DataFrame) -> Iterator[Block]:
    label = labels.set_index("case")["verdict"].to_dict()
    cases = by_case(entries)
    reasons = {one.case: reading_of(one).text for one in entries if one.kind == "consensus"}
    rows = [
        {
            "Case": case,
            "Label": label.get(case, ""),
            "Readings": "; ".join(f"{who}: {said.words}" for who, said in one.shown(names=True)),
            "Consensus": "in conflict"
            if one.in_conflict
            else one.consensus.words
            if one.consensus
            else "",
            "Reasons": reasons.get(case, ""),
        }
        for case, one in cases.items()
    ]
    n_conflicts = sum(one.in_conflict for one in cases.values())
    n_settled = sum(one.consensus is not None for one in cases.values())
    yield Words(
        f"{counted(len(cases), 'case')}: {n_settled} settled by a consensus, {n_conflicts} in "
        "conflict, the others read alike. Last readings."
    )
    yield Table(pd.DataFrame(rows), counted(len(rows), "case"))


def _readings(entries: Sequence[Entry]) -> Table:
    frame = pd.DataFrame(
        [
            {
                "Entry": str(one.number),
                "Kind": one.kind,
                "Case": one.case,
                "Reader": one.reader,
                "When (UTC)": one.at[:16].replace("T", " "),
                "Says": reading_of(one).words,
                "Text": reading_of(one).text,
                "Blind": "blind" if reading_of(one).blind else "open",
                "SHA-256": one.hash[:16],
            }
            for one in entries
        ]
    )
    return Table(frame, counted(len(frame), "entry", "entries"))
