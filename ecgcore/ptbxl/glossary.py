"""A fixed term table that makes PTB-XL's German (and few Swedish) reports readable in English."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_TERMS = _FOLDER / "glossary.tsv"
_ENGLISH = _FOLDER / "glossary_english.txt"

_PIECE = re.compile(r"[^\W\d_]+|\d+|[^\w\s-]|_|-(?=\s*$)")
_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_ENDINGS = ("e", "er", "es", "en", "em")
_LIMB_LEADS = frozenset({"i", "ii", "iii", "avr", "avl", "avf"})


@dataclass(frozen=True, slots=True)
class Translation:
    """A report in English beside its original.

    Attributes
    ----------
    original
        The report as it was given.
    english
        The same statements in the same order; what no rule recognises stays as it was written.
    unknown
        Each occurrence of a word that neither the term table nor the English words recognise.
    n_words
        Word occurrences; numbers, lead names and punctuation are not words.
    """

    original: str
    english: str
    unknown: tuple[str, ...]
    n_words: int


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of the table: `opens` is the mark before it, `closes` if a statement ends in it."""

    english: str
    opens: str = ""
    closes: bool = False


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word, a number or a mark of a report; `gap` is the blanks and hyphens before it."""

    gap: str
    text: str
    key: str
    is_lead: bool

    @property
    def is_word(self) -> bool:
        return self.text.isalpha() and not self.is_lead

    @property
    def closes(self) -> bool:
        return self.is_lead or self.text.isdigit() or self.text == ")"


@dataclass(frozen=True, slots=True)
class _Glossary:
    terms: dict[tuple[str, ...], Term]
    lengths: dict[str, tuple[int, ...]]
    english: frozenset[str]

    def longest(self, keys: tuple[str, ...], at: int) -> tuple[Term | None, int]:
        """Find the longest entry that starts at piece `at`, and how many pieces it takes."""
        for length in self.lengths.get(keys[at], ()):
            term = self.terms.get(keys[at : at + length])
            if term is not None:
                return term, length
        return None, 1


def translate(report: str) -> Translation:
    """Put a report into English by the longest entries of the term table, in the original order.

    English words stay. Between statements that the report runs together a mark is set; no word is
    added, dropped or moved outside the entries of ``glossary.tsv``.
    """
    glossary = _glossary()
    pieces = list(_pieces(report))
    keys = tuple(piece.key for piece in pieces)
    parts: list[str] = []
    unknown: list[str] = []
    at, closed = 0, False
    while at < len(pieces):
        piece = pieces[at]
        term, length = glossary.longest(keys, at)
        opens = term.opens if term and closed else ""
        dot_taken = at > 0 and not pieces[at - 1].text.isalnum() and parts[-1][-1].isalnum()
        parts += _gap(piece.gap, opens, dot_taken), term.english if term else piece.text
        if term is None and piece.is_word and piece.key not in glossary.english:
            unknown.append(piece.text)
        closed = term.closes if term else piece.closes
        at += length
    n_words = sum(piece.is_word for piece in pieces)
    return Translation(report, "".join(parts).strip(), tuple(unknown), n_words)


def n_entries() -> tuple[int, int]:
    """Count the terms (every ending on its own) and the English words that are recognised."""
    glossary = _glossary()
    return len(glossary.terms), len(glossary.english)


def read_terms(lines: Iterable[str]) -> dict[tuple[str, ...], Term]:
    """Read the term table: ``term<tab>English<tab>joins``, a ``#`` before a blank is a comment.

    Raises
    ------
    ValueError
        If a line has no English side or two entries are the same.
    """
    terms: dict[tuple[str, ...], Term] = {}
    for line in lines:
        if not line.strip() or line.startswith("# "):
            continue
        source, english, joins = (*line.rstrip("\n").split("\t"), "", "")[:3]
        term = Term(english, opens=joins.rstrip("."), closes=joins.endswith("."))
        for key in _keys(source):
            if not english or key in terms:
                raise ValueError(f"glossary.tsv: {source!r} has no English or stands there twice.")
            terms[key] = term
    return terms


def _keys(source: str) -> Iterator[tuple[str, ...]]:
    for ending in _ENDINGS if "~" in source else ("",):
        yield tuple(piece.key for piece in _pieces(source.replace("~", ending)))


def _pieces(text: str) -> Iterator[_Piece]:
    end = 0
    for match in _PIECE.finditer(text):
        key = match.group().lower().translate(_FOLDED)
        chest = key == "v" and text[match.end() : match.end() + 1].isdigit()
        yield _Piece(text[end : match.start()], match.group(), key, chest or key in _LIMB_LEADS)
        end = match.end()


def _gap(gap: str, opens: str, dot_taken: bool) -> str:
    if opens and not gap.strip():
        return f"{opens} "
    if dot_taken and not gap:
        return " "
    return re.sub(r"\s+", " ", gap)


@lru_cache(maxsize=1)
def _glossary() -> _Glossary:
    terms = read_terms(_TERMS.read_text(encoding="utf-8").splitlines())
    lengths: dict[str, set[int]] = {}
    for key in terms:
        lengths.setdefault(key[0], set()).add(len(key))
    words = (
        line.split()
        for line in _ENGLISH.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
    return _Glossary(
        terms=terms,
        lengths={first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()},
        english=frozenset(word for line in words for word in line),
    )
