"""All of Reliability under the present choices, for one HTML file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ecgcore.errors import EcgError
from ecgcore.predictions.evaluated import Evaluated
from ecgcore.report.web import Block, Drawing, Section, Table, Words, readable
from ecgcore.study.calibration_by_stratum import calibration_by_stratum
from pages.reliability import calibrators, metrics, overview, verdicts
from pages.reliability import numbers as views
from pages.reliability.choice import Choice
from pages.shared import caches
from pages.shared import evaluation_caches as cache
from pages.shared.decision_choice import chosen_settings
from pages.shared.errors import without_folders
from pages.shared.plots import settings_of

COMMAND = "python3.11 -m ecgcore evaluate"
"""Gives every ensemble on every test set, uncalibrated and calibrated."""


def settings(shown: Sequence[Evaluated], focus: Evaluated, choice: Choice) -> list[tuple[str, str]]:
    """List what the results rest on."""
    bins = "" if choice.corp else f", {choice.n_bins} bins, intervals: {choice.band}"
    chosen = [
        ("Curve", f"{choice.binning}{bins}"),
        ("Decisions", chosen_settings().words),
        ("Looked at closer", focus.ensemble.label),
    ]
    n_mi = int(shown[0].labels.sum())
    return settings_of(choice, [v.ensemble for v in shown], len(shown[0].labels), n_mi, chosen)


def sections(shown: Sequence[Evaluated], focus: Evaluated, choice: Choice) -> Iterator[Section]:
    """Write every section; one that cannot be shown says why."""
    for title, blocks in (
        ("Predicted and observed", _diagrams(shown, choice)),
        ("Metrics", _metrics(shown, choice)),
        (f"Calibrators of {focus.ensemble.label}", _calibrators(focus, choice)),
        (f"Who {focus.ensemble.label} fails", _strata(focus, choice)),
        ("Decisions", _decisions(shown, choice)),
        ("Published", _published(shown)),
    ):
        try:
            yield Section(title, tuple(blocks))
        except EcgError as error:
            yield Section(title, (Words(without_folders(str(error)), quiet=True),))


def _diagrams(shown: Sequence[Evaluated], choice: Choice) -> Iterator[Block]:
    yield Words(overview.answer(shown, choice))
    yield Words(overview.reading(shown, choice), quiet=True)
    for one in shown:
        pieces = views.pieces_of(one, choice)
        yield Words(overview.cell_title(one, choice))
        yield Drawing(
            overview.figure_of(one, pieces, choice), overview.curve_alt(one, pieces, choice)
        )
    yield readable(overview.curves_table(shown, choice), overview.CURVE_LABELS, "Numbers")


def _metrics(shown: Sequence[Evaluated], choice: Choice) -> Iterator[Block]:
    yield Words(metrics.metrics_words(shown, choice), quiet=True)
    yield Table(metrics.metrics_table(shown))


def _calibrators(focus: Evaluated, choice: Choice) -> Iterator[Block]:
    where = (choice.test_set, choice.data_version, "val")
    lines = cache.calibrator_lines(caches.labelled_ensemble(focus.ensemble, *where), focus.labelled)
    yield Words(calibrators.gap_words(focus, lines))
    yield Table(calibrators.methods_table(lines))
    yield Words(calibrators.methods_words(focus, lines), quiet=True)


def _strata(focus: Evaluated, choice: Choice) -> Iterator[Block]:
    rows = calibration_by_stratum(focus, cache.strata(choice.data_version, choice.test_set))
    if rows.empty:
        yield Words("No subgroup of this test set can be shown with the open data.", quiet=True)
        return
    yield Words(calibrators.strata_words(focus, rows))
    yield calibrators.strata_drawing(focus, rows)
    yield Words(calibrators.STRATA_READING, quiet=True)
    yield readable(rows, calibrators.STRATA_LABELS, "Numbers")


def _decisions(shown: Sequence[Evaluated], choice: Choice) -> Iterator[Block]:
    decided = chosen_settings()
    yield Words(f"Target coverage per class **{decided.coverage_words}**: MI, normal or refer")
    yield readable(verdicts.shares_table(shown, choice), verdicts.SHARE_LABELS, "Numbers")
    yield Words(f"MI is called from **{decided.threshold_words}**")
    yield readable(verdicts.thresholds_table(shown, choice), verdicts.THRESHOLD_LABELS)
    yield Words("Intervals: 95 % Clopper-Pearson, records taken as independent.", quiet=True)


def _published(shown: Sequence[Evaluated]) -> Iterator[Block]:
    table = metrics.published_table(len(shown[0].labels))
    if table.empty:
        yield Words("Nothing was published on this test set.", quiet=True)
        return
    yield Table(table)
    yield Words(metrics.published_caption(len(shown[0].labels)), quiet=True)
