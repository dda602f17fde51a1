"""No expression may take time that grows with a power of a text's length.

Two repeats that can match the same letters, with nothing between them that must be there, try
every way to share the letters out; a search that begins with a repeat tries it from every letter.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from re import _constants as codes  # the parse tree is known to nothing public
from re import _parser
from typing import Any

import pytest

from tests.support.paths import PROJECT

_FEW = 20
"""A repeat up to this often costs little, whatever it shares."""

_LETTERS = [chr(n) for n in range(256)] + ["−", "μ"]
_SEARCHES = {"search", "sub", "subn", "findall", "finditer", "split"}
_OURS = {
    "ecgcore/report/web.py": "only words of this project are turned into HTML",
    "ecgcore/report/scale.py": "reads a PDF that this project has just written",
    "ecgcore/report/sheet.py": "reads a PDF that Matplotlib has just written",
}


@dataclass(frozen=True)
class _Atom:
    letters: frozenset[str]
    repeats: bool
    may_be_left_out: bool


def _one_letter(code: Any, value: Any) -> frozenset[str] | None:
    """Letters that a part of an expression matches; None if it is no single letter."""
    if code not in (codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN):
        return None
    state = _parser.State()
    state.str = ""
    one = re._compiler.compile(_parser.SubPattern(state, [(code, value)]))  # type: ignore[attr-defined]
    return frozenset(letter for letter in _LETTERS if one.fullmatch(letter))


def _ways(parts: Any) -> Iterator[list[_Atom]]:
    """Every sequence of letters and repeats, one for each branch and for what may be left out."""
    ways: list[list[_Atom]] = [[]]
    for code, value in parts:
        ways = [way + more for way in ways for more in _ways_of_one(code, value)][:500]
    yield from ways


def _ways_of_one(code: Any, value: Any) -> list[list[_Atom]]:
    letters = _one_letter(code, value)
    if letters is not None:
        return [[_Atom(letters, False, False)]]
    if code is codes.SUBPATTERN:
        return list(_ways(value[-1]))
    if code is codes.BRANCH:
        return [way for branch in value[1] for way in _ways(branch)]
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
        return _ways_of_a_repeat(*value)
    return [[]]  # an anchor, a look-ahead


def _ways_of_a_repeat(least: int, most: int, body: Any) -> list[list[_Atom]]:
    single = _one_letter(*body[0]) if len(body) == 1 else None
    if single is not None and most > 1:
        return [[_Atom(single, most > _FEW, least == 0)]]
    once = list(_ways(body))
    twice = [a + b for a in once for b in once] if most > 1 else []
    return [*once, *twice, *([[]] if least == 0 else [])]


def faults(pattern: str, *, searched: bool) -> list[str]:
    """Say what is wrong with an expression."""
    found = []
    for way in _ways(_parser.parse(pattern)):
        needed = [atom for atom in way[1:] if not atom.may_be_left_out]
        if searched and needed and way[0].repeats:
            found.append("begins with a repeat, and is searched from every letter")
        for first, one in enumerate(way):
            for last in range(first + 1, len(way)):
                shared = one.letters & way[last].letters
                between = way[first + 1 : last]
                free = all(atom.may_be_left_out or atom.letters & shared for atom in between)
                if one.repeats and way[last].repeats and shared and free:
                    found.append(f"two repeats share {''.join(sorted(shared))[:10]!r}")
    return sorted(set(found))


def _expressions(path: Path) -> Iterator[tuple[int, str, bool]]:
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value
        if not (isinstance(owner, ast.Name) and owner.id == "re") or not node.args:
            continue
        pattern = node.args[0]
        if isinstance(pattern, ast.Constant) and isinstance(pattern.value, str | bytes):
            text = pattern.value if isinstance(pattern.value, str) else pattern.value.decode()
            yield node.lineno, text, node.func.attr in _SEARCHES or _is_searched(node, source)


def _is_searched(node: ast.Call, source: str) -> bool:
    line = source.splitlines()[node.lineno - 1]
    name = line.partition("=")[0].partition(":")[0].strip()
    return bool(name) and any(f"{name}.{one}(" in source for one in _SEARCHES)


@pytest.mark.parametrize(
    ("pattern", "searched", "bad"),
    [
        (r"\s*(.*?)\s*(?:[\[(]\s*([^\[\]()]*?)\s*[\])])?\s*", False, True),  # froze the server
        (r"\s*\(EINTHOVEN\)$", True, True),
        (r"\s*\(EINTHOVEN\)$", False, False),
        (r"(a+)+b", False, True),
        (r"(?:a|b)*b*", False, True),
        (r"a*b?a*", False, True),
        (r"a*ba*", False, False),
        (r"a{1,9}a{1,9}", False, False),
        (r"[\w-][\w.-]*(/[\w-][\w.-]*)*", False, False),
        (r"\s+", True, False),
        (r"(?:time|t)(?:[ _](\w+))?", False, False),
        (r"x|\d+\d+", False, True),
    ],
)
def test_the_test_knows_a_bad_expression(pattern: str, searched: bool, bad: bool) -> None:
    assert bool(faults(pattern, searched=searched)) == bad


def test_no_expression_of_the_project_has_overlapping_repeats() -> None:
    files = [*(PROJECT / "ecgcore").rglob("*.py"), *(PROJECT / "pages").rglob("*.py")]
    looked_at, found = 0, []
    for path in sorted(files):
        name = path.relative_to(PROJECT).as_posix()
        for line, pattern, searched in _expressions(path):
            looked_at += 1
            if name not in _OURS and (words := faults(pattern, searched=searched)):
                found.append(f"{name}:{line} {pattern!r}: {'; '.join(words)}")
    assert looked_at > 30
    assert found == []
