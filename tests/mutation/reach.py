"""Which tests are worth running for a change of one line."""

import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

from tests.support.paths import PROJECT


@dataclass(frozen=True, slots=True)
class Reach:
    """What one recorded run of the suite says.

    Attributes
    ----------
    lines
        Source file, line, tests that run it.
    seconds
        How long each test took.
    sources
        The source files as they were.
    """

    lines: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def tests(self, path: str, line: int, budget_s: float) -> list[str]:
        """Return the tests of a line: the module's own first, then as many as the budget holds.

        A line that no single test runs is one of the module's, such as a constant; then all tests
        of the module are asked. Files beside the module's own are asked whole where they reach the
        module or are newer than the record.
        """
        known, own = self.lines.get(path, {}), mirrors(path)
        if not known:
            return own or _neighbours(path)
        then = _line_then(self.sources[path], (PROJECT / path).read_text(encoding="utf-8"), line)
        reached = known.get(then, set()) or set().union(*known.values())
        by_file: dict[str, list[str]] = defaultdict(list)
        for test in reached:
            by_file[test.partition("::")[0]].append(test)
        recorded = {test.partition("::")[0] for test in self.seconds}
        of_module = {test.partition("::")[0] for tests in known.values() for test in tests}
        own += [f for f in _beside(path) if f not in own and (f in of_module or f not in recorded)]
        others = sorted((f for f in by_file if f not in own), key=lambda f: self._cost(by_file[f]))
        asked, spent = list(own), 0.0
        for file in others:
            for test in sorted(by_file[file], key=lambda test: self.seconds.get(test, 0.1)):
                spent += self.seconds.get(test, 0.1) + 0.05
                if spent <= budget_s and (PROJECT / file).exists():
                    asked.append(test)
        return asked

    def _cost(self, tests: Iterable[str]) -> float:
        return sum(self.seconds.get(test, 0.1) for test in tests)


def _line_then(then: str, now: str, line: int) -> int:
    """Return where a line of the present source stood in the recorded one; 0 if it is new."""
    matcher = SequenceMatcher(None, then.splitlines(), now.splitlines(), autojunk=False)
    for block in matcher.get_matching_blocks():
        if block.b < line <= block.b + block.size:
            return block.a + line - block.b
    return 0


def _neighbours(path: str) -> list[str]:
    """Return the test files of the layer and folder of a module that the record does not know."""
    layer, *folders = Path(path).parent.parts
    folder = PROJECT / "tests" / {"ecgcore": "core"}.get(layer, layer)
    if (folder / Path(*folders)).is_dir():
        folder = folder.joinpath(*folders)
    return sorted(file.relative_to(PROJECT).as_posix() for file in folder.rglob("test_*.py"))


def _beside(path: str) -> list[str]:
    """Return the test files of the folder that mirrors a source file's folder."""
    layer, *folders = Path(path).parent.parts
    root = PROJECT / "tests" / {"ecgcore": "core"}.get(layer, layer)
    files = [*root.joinpath(*folders).glob("test_*.py"), *(root / "words").glob("test_*.py")]
    return sorted(file.relative_to(PROJECT).as_posix() for file in files)


def mirrors(path: str) -> list[str]:
    """Return the test files that lie where the source file lies, as ``tests/core/x/test_y.py``."""
    source = Path(path)
    layer, *folders = source.parent.parts
    root = PROJECT / "tests" / {"ecgcore": "core"}.get(layer, layer)
    folder = root.joinpath(*folders)
    files = [folder / f"test_{source.stem}.py", *sorted(folder.glob(f"test_{source.stem}_*.py"))]
    files.append(root / "words" / f"test_{source.parent.name}_words.py")
    return [file.relative_to(PROJECT).as_posix() for file in files if file.exists()]


def record(folder: Path) -> None:
    """Run the whole suite once and keep what it reaches in a folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-p", "tests.mutation.recording"),
        *("-p", "no:cacheprovider", "-n", "2", "--dist", "worksteal", "-m", "not browser"),
        *("-W", "ignore::coverage.exceptions.CoverageWarning", "-o", "timeout=400"),
    ]
    subprocess.run(command, cwd=PROJECT, env={**os.environ, "MUTATION_MAP": str(folder)})
    sources = {
        file.relative_to(PROJECT).as_posix(): file.read_text(encoding="utf-8")
        for layer in ("ecgcore", "pages")
        for file in (PROJECT / layer).rglob("*.py")
    }
    (folder / "sources.json").write_text(json.dumps(sources))


def load(folder: Path) -> Reach:
    """Return what was recorded in a folder."""
    reach = Reach(sources=json.loads((folder / "sources.json").read_text()))
    for file in sorted(folder.glob("*.json")):
        if file.name == "sources.json":
            continue
        part = json.loads(file.read_text())
        for test, seconds in part["seconds"].items():
            reach.seconds[test] = max(seconds, reach.seconds.get(test, 0.0))
        for source, lines in part["lines"].items():
            known = reach.lines.setdefault(source, {})
            for line, tests in lines.items():
                known.setdefault(int(line), set()).update(tests)
    return reach
