"""The glossary: complete, sorted, and the same in the project's page."""

from ecgcore.wording.glossary import TERMS, glossary_page
from ecgcore.wording.records import LABEL_GROUPS
from tests.support.paths import PROJECT

NAMES = {part.strip().lower() for term in TERMS for part in term.name.split(",")}

# The words that the design prescribes (its section 7), and those that the pages explain.
PRESCRIBED = (
    "prediction",
    "ensemble",
    "seed",
    "label group",
    "calibrator",
    "calibrated",
    "uncalibrated",
    "decision settings",
    "target sensitivity",
    "target coverage",
    "attribution",
    "attribution method",
    "overlay",
    "leakage",
    "disagreement",
    "decision curve",
    "net benefit",
    "worklist",
    "confident learning",
    "multitask",
    "mixed precision",
    "uploaded ecg",
    "local run",
    "published network",
    "printout",
    "report",
    "territory",
    "reference network",
)


def test_every_prescribed_word_is_explained_once() -> None:
    assert set(PRESCRIBED) <= NAMES
    assert len(NAMES) == sum(len(term.name.split(",")) for term in TERMS)


def test_every_label_group_is_explained() -> None:
    assert {words.lower() for words in LABEL_GROUPS.values()} <= NAMES


def test_a_meaning_is_one_or_two_sentences() -> None:
    assert all(term.meaning.endswith(".") and len(term.meaning) < 220 for term in TERMS)


def test_the_page_of_the_project_is_printed_from_the_table() -> None:
    assert (PROJECT / "docs" / "glossary.md").read_text(encoding="utf-8") == glossary_page()
