"""How much of the reports the term glossary covers, also on reports that it was not made from."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ecgcore.ptbxl.catalog import open_catalog
from ecgcore.ptbxl.glossary import Translation, n_entries, translate
from ecgcore.settings import Settings

TARGET_COVERAGE = 0.95
HELD_OUT_FOLDS = (9, 10)
_UNKNOWN_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Coverage:
    """Counts of one set of reports; empty reports are left out."""

    name: str
    n_reports: int
    n_reports_covered: int
    n_words: int
    n_words_covered: int

    @property
    def share(self) -> float | None:
        """Covered word occurrences over all, or None where there is no word."""
        return self.n_words_covered / self.n_words if self.n_words else None

    @property
    def reports_share(self) -> float | None:
        """Reports without an unknown word over all, or None where there is no report."""
        return self.n_reports_covered / self.n_reports if self.n_reports else None


@dataclass(frozen=True, slots=True)
class GlossaryReport:
    """What the glossary knows of the reports of one data set.

    Attributes
    ----------
    data_version
        The data set.
    n_records
        Records of the data set, with and without a report.
    n_terms, n_english
        Size of the term table (every ending on its own) and of the list of English words.
    parts
        All reports first, then those of the folds the table was made from and the held-out ones.
    unknown
        The most frequent unknown words with their counts, over all reports.
    """

    data_version: str
    n_records: int
    n_terms: int
    n_english: int
    parts: tuple[Coverage, ...]
    unknown: tuple[tuple[str, int], ...]

    @property
    def passed(self) -> bool:
        """True where at least 95 % of all word occurrences are covered."""
        share = self.parts[0].share
        return share is not None and share >= TARGET_COVERAGE

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        shares = [{"coverage": p.share, "reports_coverage": p.reports_share} for p in self.parts]
        return {
            "data_version": self.data_version,
            "n_records": self.n_records,
            "n_terms": self.n_terms,
            "n_english_words": self.n_english,
            "target_coverage": TARGET_COVERAGE,
            "passed": self.passed,
            "parts": [asdict(p) | share for p, share in zip(self.parts, shares, strict=True)],
            "unknown": [{"word": word, "count": count} for word, count in self.unknown],
        }

    def as_text(self) -> str:
        """One line for each set of reports, then the most frequent unknown words."""
        lines = [
            f"{self.data_version}: {self.parts[0].n_reports:,} reports in {self.n_records:,} "
            f"records; {self.n_terms:,} terms, {self.n_english:,} English words",
            *(_line(part) for part in self.parts),
            f"target: {TARGET_COVERAGE:.0%} of words in all reports: "
            + ("ok" if self.passed else "MISSED"),
        ]
        if self.unknown:
            words = ", ".join(f"{word} {count}" for word, count in self.unknown)
            lines.append(f"most frequent unknown words: {words}")
        return "\n".join(lines)


def run_glossary(settings: Settings) -> GlossaryReport:
    """Translate every report of the open data set and count what was recognised.

    Raises
    ------
    CatalogError
        If the data folder cannot be read.
    """
    catalog = open_catalog(settings)
    reports = catalog.frame[["report", "strat_fold"]]
    written = reports[reports["report"].str.strip() != ""]
    held_out = written["strat_fold"].isin(HELD_OUT_FOLDS).tolist()
    translations = [translate(report) for report in written["report"]]
    paired = list(zip(translations, held_out, strict=True))
    unknown = Counter(word.lower() for t in translations for word in t.unknown)
    n_terms, n_english = n_entries()
    return GlossaryReport(
        data_version=catalog.version,
        n_records=len(catalog.frame),
        n_terms=n_terms,
        n_english=n_english,
        parts=(
            measure_coverage("all reports", translations),
            measure_coverage("the table's own folds", [t for t, out in paired if not out]),
            measure_coverage("held-out folds 9 and 10", [t for t, out in paired if out]),
        ),
        unknown=tuple(unknown.most_common(_UNKNOWN_SHOWN)),
    )


def measure_coverage(name: str, translations: Iterable[Translation]) -> Coverage:
    """Count the reports and words of `translations`, and those that are recognised."""
    known = list(translations)
    n_words = sum(t.n_words for t in known)
    return Coverage(
        name=name,
        n_reports=len(known),
        n_reports_covered=sum(not t.unknown for t in known),
        n_words=n_words,
        n_words_covered=n_words - sum(len(t.unknown) for t in known),
    )


def _line(part: Coverage) -> str:
    if part.share is None or part.reports_share is None:
        return f"{part.name:26} no reports"
    return (
        f"{part.name:26} {part.share:6.1%} of {part.n_words:,} words, "
        f"{part.reports_share:6.1%} of {part.n_reports:,} reports fully covered"
    )
