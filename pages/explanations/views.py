"""Views of the audit: territories, waves and time, methods, badges, planted evidence, cases."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from ecgcore.explain.attribution import DEFAULT_METHOD, METHODS
from ecgcore.explain.audit import claims
from ecgcore.explain.audit.findings import (
    CHANCE,
    FIFTHS,
    Audit,
    averages,
    badge_counts,
    load_audit,
    of_territory,
    wave_shares,
)
from ecgcore.explain.audit.summary import fitted_limits
from ecgcore.explain.audit.tables import table_path
from ecgcore.explain.checks.fit import LimitFit
from ecgcore.explain.checks.limits import LIMITS
from ecgcore.explain.planted import planted_summary
from ecgcore.figures.explanations.audit import averages_figure
from ecgcore.leads import TERRITORY_LEADS
from ecgcore.models.architectures import arch_title
from ecgcore.ptbxl.catalog import PTBXL_VERSION
from ecgcore.signals.planted import KINDS
from ecgcore.tasks import mi
from ecgcore.wording.numbers import number, percent
from pages.shared import caches
from pages.shared.plots import draw_plot, draw_table, unbroken
from pages.shared.record_table import draw_cases
from pages.shared.url_state import PageState
from pages.shared.widgets import is_dark

_INTERVALS = "Mean over ECGs with its 95 % interval over patients."
_TERRITORIES = {**{name: name for name in TERRITORY_LEADS}, "aVR": "aVR"}
_WAVES = {
    "wave_P": "P and PR",
    "wave_QRS": "QRS",
    "wave_ST": "ST",
    "wave_T": "T",
    "wave_pause": "pause",
}


@st.cache_data(max_entries=1, show_spinner="Reading the audit …")
def audit() -> Audit:
    """Read the audit that ships; ModelError without one."""
    return load_audit(caches.settings().pretrained_dir)


def is_shipped() -> bool:
    """Say whether there is an audit to show."""
    return table_path(caches.settings().pretrained_dir, "maps").exists()


def intro_words(found: Audit) -> str:
    """Say what was audited."""
    n, models = found.maps["ecg_id"].nunique(), found.maps["model"].nunique()
    return (
        f"Maps of **{n} certain MI** of fold 10 by **{models} ensembles**, all seeds together, by "
        f"{METHODS[DEFAULT_METHOD]}. They explain the models, not the hearts."
    )


def draw_claims(found: Audit) -> None:
    """Write the published claim and each of its tests with n, interval and verdict."""
    st.header("The published claim, tested", anchor=False)
    st.markdown(f"*{claims.CLAIM}*")
    tests = claims.claim_tests(found)
    st.markdown(verdict_words(tests))
    with st.expander("Each test with n and interval", expanded=False):
        draw_table(claims_table(tests))
        st.caption(f"{_INTERVALS} Supported: the whole interval lies above chance.")


def verdict_words(tests: list[claims.ClaimTest]) -> str:
    """Count the verdicts for each architecture, and name what is not supported."""
    said = []
    for arch in dict.fromkeys(one.arch for one in tests):
        mine = [one for one in tests if one.arch == arch]
        counts = {
            verdict: sum(one.verdict == verdict for one in mine)
            for verdict in (claims.SUPPORTED, claims.NOT_SHOWN, claims.CONTRADICTED, claims.TOO_FEW)
        }
        words = ", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n)
        failed = "; ".join(one.claim for one in mine if one.verdict == claims.CONTRADICTED)
        named = f" Contradicted: {failed}." if failed else ""
        said.append(f"**{arch_title(arch)}**: of {len(mine)} tests {words}.{named}")
    return "  \n".join(said)


def claims_table(tests: list[claims.ClaimTest]) -> pd.DataFrame:
    """List the tests as text."""
    return pd.DataFrame(
        {
            "Networks": [arch_title(one.arch) for one in tests],
            "Claim": [one.claim for one in tests],
            "Measured": [one.measured for one in tests],
            "Found": [unbroken(one.estimate, 2) for one in tests],
            "By chance": [number(one.chance, 2) for one in tests],
            "n": [str(one.n) for one in tests],
            "Verdict": [one.verdict for one in tests],
        }
    )


def _draw_territories(found: Audit, state: PageState) -> None:
    """Draw where the push lies in anterior, inferior and lateral MI, and list the cases."""
    territory = st.segmented_control(
        "Territory of the MI",
        list(TERRITORY_LEADS),
        default="anterior",
        required=True,
        key="territory_of_mi",
        bind="query-params",
    )
    mine = of_territory(found, territory or "anterior")
    _draw(averages(mine, CHANCE), _TERRITORIES, f"Shares of the push in {territory} MI")
    st.caption(
        f"{mine['ecg_id'].nunique()} ECGs whose MI is {territory} alone. {_INTERVALS} A tick "
        "stands where a map that is the same everywhere would have its share."
    )
    _draw_cases(mine, territory or "anterior", state)


def _draw_cases(mine: pd.DataFrame, territory: str, state: PageState) -> None:
    """List the ECGs by how much of the push lies in the leads of their own territory."""
    shares = mine.pivot_table(index="ecg_id", columns="model", values=territory)
    study = [name for name in shares if name.rpartition("-")[2] in mi.STUDY_SETS]
    table = (shares[study] * 100).round(0).reset_index()
    table["lowest"] = table[study].min(axis=1)
    table = table.sort_values("lowest").drop(columns="lowest")
    titles = {name: _title(name) for name in study}
    table = table.rename(columns={"ecg_id": "Record", **titles})
    with st.expander(f"The ECGs: share of the push in the leads of {territory} MI, in %"):
        alt = f"Records with {territory} MI and the share of each model's push in its leads"
        draw_cases(table, PTBXL_VERSION, key="audited", alt=alt, state=state)


def _title(model: str) -> str:
    arch, _, train_set = model.partition("-")
    return f"{arch_title(arch)} {train_set}"


def _draw_time(found: Audit, _state: PageState) -> None:
    """Draw when the push comes: waves, fifths of the recording, last and first beat."""
    _draw(wave_shares(found), _WAVES, "Shares of the push by wave")
    st.caption(f"{_INTERVALS} By chance, a wave has its share of the time.")
    fifths = {name: f"{2 * k} to {2 * k + 2} s" for k, name in enumerate(FIFTHS)}
    table = averages(found.maps, dict.fromkeys(FIFTHS, 1 / len(FIFTHS)))
    _draw(table, fifths, "Shares of the push by time within the ECG")
    beats = {"first_beat": "first beat", "last_beat": "last beat"}
    table = averages(found.maps, dict.fromkeys(beats, 1.0))
    draw_table(_beats_table(table, beats))
    st.caption(
        "Push of the first and the last beat, as a multiple of what chance gives. A network that "
        "judges its last state may look at the end of the ECG only."
    )


def _beats_table(table: pd.DataFrame, beats: dict[str, str]) -> pd.DataFrame:
    rows: dict[str, dict[str, str]] = {}
    for one in table.itertuples():
        said = f"{number(one.value, 2)} [{number(one.low, 2)}, {number(one.high, 2)}]"
        name = f"{arch_title(one.arch)} {one.train_set}"
        rows.setdefault(name, {"Ensemble": name})[beats[one.part]] = said
    return pd.DataFrame(list(rows.values()))


def _draw_spread(found: Audit, _state: PageState) -> None:
    """Draw how evenly the push lies over leads and time."""
    table = averages(found.maps, {"entropy": 1.0})
    _draw(table, {"entropy": "entropy"}, "Entropy of the maps", percent=False)
    st.caption(
        f"Entropy of the push over leads and 40 ms: 1 where it is the same everywhere. {_INTERVALS}"
    )


def _draw_methods(found: Audit, _state: PageState) -> None:
    """List the methods by how well the logit follows their maps."""
    if found.methods.empty:
        st.info("The audit that ships has no league of methods.", icon=":material/info:")
        return
    measures = {"faithfulness": float("nan"), "beaten": 0.5, "self_consistency": float("nan")}
    table = averages(found.methods, measures, keys=("arch", "method"))
    draw_table(league_table(table))
    st.caption(
        "Faithfulness: how far the logit follows the map's order beyond random orders, hiding and "
        "showing its strongest parts first. Random orders beaten: 50 % is chance. Agreement of "
        f"seeds: Pearson's r of two halves of the seeds. {_INTERVALS}"
    )


def league_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each architecture and method, the most faithful first."""
    cells = {
        (one.arch, one.method, one.part): f"{number(one.value, 2)} "
        f"[{number(one.low, 2)}, {number(one.high, 2)}]"
        for one in table.itertuples()
    }
    order = table[table["part"] == "faithfulness"].sort_values("value", ascending=False)
    return pd.DataFrame(
        [
            {
                "Networks": arch_title(one.arch),
                "Attribution method": METHODS.get(one.method, one.method),
                "Faithfulness": cells[one.arch, one.method, "faithfulness"],
                "Random orders beaten": cells.get((one.arch, one.method, "beaten"), "–"),
                "Agreement of seeds": cells.get((one.arch, one.method, "self_consistency"), "–"),
                "n": str(one.n),
            }
            for one in order.itertuples()
        ]
    )


def _draw_trust(found: Audit, _state: PageState) -> None:
    """Say how often the badge refuses destroyed and intact networks, and if planted is found."""
    st.header("Does the badge refuse what is worthless?", anchor=False)
    counts = badge_counts(found)
    if counts.empty:
        st.info("The audit that ships has no checks.", icon=":material/info:")
    else:
        draw_table(badge_table(counts))
        st.caption(
            "A destroyed network has the shuffled weights of the intact one: its maps must not be "
            "trusted."
        )
    if not found.limits.empty:
        with st.expander("How the limits were set, on fold 9"):
            fits = fitted_limits(found)
            draw_table(limits_table(fits))
            st.caption(limits_words(fits))
    st.header("Is planted evidence found?", anchor=False)
    if found.planted.empty:
        st.info("The audit that ships has no planted evidence.", icon=":material/info:")
        return
    draw_table(planted_table(found.planted))
    st.caption(
        "Evidence of its usual size in normal ECGs of fold 10. AUROC over leads and 40 ms of the "
        "map, and of the size of what changed in it: 1 finds it, 0.5 is chance. An ST shift also "
        "changes the map at the QRS of its leads: read it by leads. Try it on any ECG: Review, "
        "tab *What if*."
    )


def badge_table(counts: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each architecture and state with the share of each badge."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for one in counts.itertuples():
        row = rows.setdefault(
            (one.arch, one.state),
            {"Networks": arch_title(one.arch), "Weights": one.state}
            | dict.fromkeys(("trust", "caution", "do not trust"), "0 %"),
        )
        row[one.badge] = f"{100 * one.share:.0f} %"
        row["n"] = str(int(row.get("n", 0)) + one.n)
    return pd.DataFrame(list(rows.values()))


def limits_table(fits: list[LimitFit]) -> pd.DataFrame:
    """Return a row for each check that decides: its values on fold 9, and its limits."""
    return pd.DataFrame(
        [
            {
                "Check": LIMITS[one.name].title,
                "Intact networks": _middle(one, one.intact),
                "Destroyed networks": _middle(one, one.destroyed),
                "AUROC": number(one.auroc, 2),
                "Limits": LIMITS[one.name].limits,
                "Set by": "judgement" if one.in_force is None else "fit",
            }
            for one in fits
        ]
    )


def limits_words(fits: list[LimitFit]) -> str:
    """Say what was compared, and how a limit was fitted."""
    return (
        f"Median, in brackets 5th to 95th percentile: {fits[0].n_intact} maps of intact networks "
        f"that are right and sure of it (90 %), {fits[0].n_destroyed} of destroyed ones. AUROC: "
        "whether the check tells the two apart; 0.5 is chance. A fitted limit refuses the most "
        "destroyed and the fewest intact maps; nine of ten intact maps are trusted. The other "
        "checks are there for other faults than a destroyed network."
    )


def _middle(one: LimitFit, values: tuple[float, float, float]) -> str:
    low, middle, high = (LIMITS[one.name].written(value) for value in values)
    return f"{middle} [{low}, {high}]"


def planted_table(planted: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each architecture and kind of evidence."""
    titles = {"all": "all kinds", **{name: kind.title for name, kind in KINDS.items()}}
    by_arch = planted.rename(columns={"ecg_id": "record"}).groupby("arch", sort=False)
    return pd.DataFrame(
        [
            {
                "Networks": arch_title(str(arch)),
                "Evidence": titles.get(one.kind, one.kind),
                "AUROC of the map": _interval(one, "auroc"),
                "AUROC of what changed": _interval(one, "change_auroc"),
                "Strongest step inside": _interval(one, "hit"),
                "by chance": percent(one.area, 0),
                "n": str(one.n),
            }
            for arch, part in by_arch
            for one in planted_summary(part).itertuples()
        ]
    )


def _interval(row: object, name: str) -> str:
    value, low, high = (getattr(row, f"{name}{end}") for end in ("", "_low", "_high"))
    return f"{number(value, 2)} [{number(low, 2)}, {number(high, 2)}]"


def _draw(table: pd.DataFrame, names: dict[str, str], title: str, *, percent: bool = True) -> None:
    figure = averages_figure(table, names, percent=percent, dark=is_dark())
    draw_plot(figure, title.lower().replace(" ", "_"), f"{title}: {_alt(table, names)}")


def _alt(table: pd.DataFrame, names: dict[str, str]) -> str:
    return "; ".join(
        f"{arch_title(one.arch)} {one.train_set} {names[one.part]} {number(one.value, 2)}"
        for one in table.itertuples()
        if one.part in names
    )


VIEWS: dict[str, Callable[[Audit, PageState], None]] = {
    "Territories": _draw_territories,
    "Waves and time": _draw_time,
    "Diffuse or not": _draw_spread,
    "Methods": _draw_methods,
    "Trust": _draw_trust,
}
"""Views by their names."""
