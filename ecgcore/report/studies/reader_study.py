"""An ended reader study as one HTML file: protocol, results, each reader, planted advice, audit."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

import pandas as pd

from ecgcore.errors import ReviewError
from ecgcore.figures.reading.reader_lines import ReaderLine, reader_lines_figure
from ecgcore.report.studies.audit import Audit
from ecgcore.report.web import Block, Drawing, Section, Table, Words, web_page
from ecgcore.review.studies import tables
from ecgcore.review.studies.allocation import advice_on, planted
from ecgcore.review.studies.outcome import StudyData, gain, harm, power_table
from ecgcore.review.studies.protocol import ABOUT_ARMS, Protocol
from ecgcore.stats.mrmc.analysis import Analysis
from ecgcore.stats.mrmc.performance import Metric
from ecgcore.wording.numbers import counted, percent

POWER_DIFFERENCE = 0.05
Found = Mapping[Metric, Analysis]


def reader_study_page(data: StudyData, called: Mapping[str, str], audit: Audit) -> bytes:
    """Write the file.

    Parameters
    ----------
    called
        How each reader is called before whoever gets the file.

    Returns
    -------
    bytes
        HTML in UTF-8, with the figures in it.
    """
    name = data.protocol.name
    sections = [
        Section("Protocol", tuple(_protocol(data.protocol, called))),
        Section("Readers alone and with advice", tuple(_comparison(data, called))),
        Section("Planted wrong advice", tuple(_planted(data))),
        Section("Cases and readings", tuple(_cases(data, called))),
        Section("Audit", tuple(audit.blocks)),
    ]
    command = f"python3.11 -m ecgcore review report study.html --study={shlex.quote(name)}"
    return web_page(f"Reader study {name}", _settings(data, audit), sections, command)


def _settings(data: StudyData, audit: Audit) -> list[tuple[str, str]]:
    made = data.protocol
    n_mi = sum(one.truth for one in made.cases)
    return [
        ("Cases", f"{len(made.cases)}, {n_mi} of them MI ({made.truth_from or 'truth not named'})"),
        ("Readers", f"{len(made.readers)}, {len(data.complete)} of whom read everything"),
        ("Arms", ", ".join(made.arms)),
        ("Advice", f"{made.model or 'no model named'}, MI from {percent(made.threshold, 0)}"),
        ("Readings", f"{len(data.readings):,}, {data.n_not_readable} of them “not readable”"),
        ("Protocol, SHA-256", made.hash),
        ("Audit id", audit.id),
    ]


def _protocol(made: Protocol, called: Mapping[str, str]) -> Iterator[Block]:
    yield Words("\n".join(f"- **{arm}**: {ABOUT_ARMS[arm]}" for arm in made.arms))
    yield Words(
        f"{100 * made.wrong_share:.0f} % of the cases were to get wrong advice; "
        f"{counted(made.days_between, 'day')} between rounds. Readers: "
        f"{', '.join(called[who] for who in made.readers)}."
    )
    if made.secret:
        yield Words(
            "Order, arms and planted advice were drawn by a secret whose SHA-256 stood in the "
            f"protocol from the start and which is named since the end: `{made.secret}`.",
            quiet=True,
        )


def _comparison(data: StudyData, called: Mapping[str, str]) -> Iterator[Block]:
    try:
        found = tables.analyses(data)
    except (ReviewError, ValueError) as error:
        yield Words(f"These readings cannot be compared: {error}")
        return
    yield Words(
        f"**{len(data.complete)} readers** who read everything, **{len(data.protocol.cases)} "
        "cases**. Obuchowski and Rockette's analysis, random readers and random cases, Hillis' "
        "degrees of freedom; 95 % intervals. “Not readable” counts as unsure and as not MI."
    )
    yield Table(tables.comparison_table(data, found))
    for place in range(1, len(data.protocol.treatments)):
        yield _lines(data, found, place, called)
    yield Table(tables.readers_table(data, found, called), "Each reader")
    yield from _times(data)
    yield from _power(found)


def _lines(data: StudyData, found: Found, place: int, called: Mapping[str, str]) -> Drawing:
    first, arm = data.protocol.treatments[0], data.protocol.treatments[place]
    one = found["auc"]
    lines = [
        ReaderLine(called[who], one.values[0, k], one.values[place, k], harm(gain(one, place, k)))
        for k, who in enumerate(data.complete)
    ]
    harmed = [line.reader for line in lines if line.harm == "harmed"]
    words = f"Harmed: {', '.join(harmed)}." if harmed else "No reader is clearly harmed."
    alt = f"AUC of {len(lines)} readers from {first} to {arm}. {words}"
    return Drawing(reader_lines_figure(lines, "AUC", (first, arm)), alt)


def _times(data: StudyData) -> Iterator[Block]:
    rows = [
        {"Arm": arm, "Median seconds a reading": f"{data.seconds(arm):.0f}"}
        for arm in data.protocol.treatments
    ]
    yield Table(pd.DataFrame(rows), "Time")


def _power(found: Found) -> Iterator[Block]:
    try:
        table = power_table(found["auc"], POWER_DIFFERENCE).map(lambda share: percent(share, 0))
    except ReviewError as error:
        yield Words(str(error), quiet=True)
        return
    shown = table.rename(columns=lambda n: f"{n} cases", index=lambda n: f"{n} readers")
    title = f"Power of a further study to find a difference in AUC of {POWER_DIFFERENCE}"
    yield Table(shown.reset_index(names="Readers"), title)


def _planted(data: StudyData) -> Iterator[Block]:
    wrong = sorted(planted(data.protocol), key=int)
    if not wrong:
        yield Words("No wrong advice was planted.")
        return
    yield Table(tables.following_table(data))
    yield Words(f"Cases with planted advice: {', '.join(wrong)}.", quiet=True)


def _cases(data: StudyData, called: Mapping[str, str]) -> Iterator[Block]:
    made = data.protocol
    wrong = planted(made)
    cases = [
        {
            "Case": one.case,
            "Truth": "MI" if one.truth else "no MI",
            "Model": percent(one.prob),
            "Advice": "MI" if advice_on(made, one).says_mi else "no MI",
            "Planted": "planted" if one.case in wrong else "",
        }
        for one in made.cases
    ]
    yield Table(pd.DataFrame(cases), f"{len(cases)} cases")
    rows = pd.DataFrame(
        {
            "Reader": data.readings["reader"].map(dict(called)),
            "Case": data.readings["case"],
            "Arm": data.readings["treatment"],
            "Verdict": data.readings["verdict"],
            "Probability of MI": data.readings["rating"].map(percent),
            "Seconds": data.readings["seconds"].map("{:.0f}".format),
        }
    )
    yield Table(rows, f"{len(rows):,} readings")
