"""Which tests are worth running for a change of one line."""

import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
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
        of the module are asked.
        """
        known = self.lines.get(path, {})
        same = self.sources.get(path) == (PROJECT / path).read_text(encoding="utf-8")
        reached = known.get(line, set()) if same else set()
        reached = reached or set().union(*known.values())
        own = mirrors(path)
        by_file: dict[str, list[str]] = defaultdict(list)
        for test in reached:
            by_file[test.partition("::")[0]].append(test)
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


def mirrors(path: str) -> list[str]:
    """Return the test files that lie where the source file lies, as ``tests/core/x/test_y.py``."""
    source = Path(path)
    layer, *folders = source.parent.parts
    root = PROJECT / "tests" / {"ecgcore": "core"}.get(layer, layer)
    folder = root.joinpath(*folders)
    stems = {source.stem, f"{source.parent.name}_{source.stem}"}
    files = [folder / f"test_{stem}.py" for stem in sorted(stems)]
    files += sorted(folder.glob(f"test_{source.stem}_*.py"))
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
