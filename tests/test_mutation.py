"""The maintainers' mutation command: what it changes, what it leaves alone, which tests it asks."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.mutation import __main__ as command
from tests.mutation import chosen, reach, score, trial
from tests.mutation.reach import Reach
from tests.mutation.sites import _SPEED_ONLY as SPEED_ONLY
from tests.mutation.sites import Site, sites
from tests.mutation.trial import NOTICED, SURVIVED, TIMED_OUT, Change, Copy, Outcome
from tests.support.paths import PROJECT


def changed(source: str) -> list[str]:
    """Every changed form of a source."""
    return [site.applied(source.encode()).decode() for site in sites(source.encode())]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a < b", {"a <= b", "a >= b"}),
        ("a >= b", {"a > b", "a < b"}),
        ("a == b", {"a != b"}),
        ("a < b < c", {"a <= b < c", "a >= b < c", "a < b <= c", "a < b >= c"}),
        ("a is not None", {"a is None"}),
        ("a  not   in b", {"a  in b"}),
        ("a in b", {"a not in b"}),
        ("(a) * (b)", {"(a) / (b)"}),
        ("a + b - c", {"a - b - c", "a + b + c"}),
        ("a // b", {"a * b"}),
        ("a ** b", {"a * b"}),
        ("a & b", {"a | b"}),
        ("a and b and c", {"a or b and c", "a and b or c"}),
        ("x = not a", {"x = a"}),
        ("x = 3", {"x = 4"}),
        ("x = 0.5", {"x = 0.6"}),
        ("x = 0.0", {"x = 0.1"}),
        ("x = True", {"x = False"}),
        ("f(x)", {"pass"}),
        ("x = min(a, b)", {"x = max(a, b)"}),
        ("x = all(a)", {"x = any(a)"}),
        ("x = a.sum(axis=0)", {"x = a.sum(axis=1)"}),
        ("x = a.sum(axis=-1)", {"x = a.sum(axis=-2)"}),
        ("x = a[n:]", {"x = a[n + 1:]"}),
        ("def f(n=1): return n", {"def f(n=2): return n"}),
        ("x = ä < b", {"x = ä <= b", "x = ä >= b"}),
    ],
)
def test_each_kind_of_change(source: str, expected: set[str]) -> None:
    assert set(changed(source)) == expected


@pytest.mark.parametrize(
    "source",
    [
        '"""A text of 3 < 4."""',
        "x = 'a' + b",
        "x = folder / name",
        "x = f'{a + 1}'",
        "x: int | None",
        "def f(a: int | None) -> Literal[3]: ...",
        "@dataclass(frozen=True)\nclass A: ...",
        "log.info(a, 3)",
        "_LOG.warning('x')",
        "raise ValueError(a + 1)",
        "assert a < 3",
        "def __repr__(self): return a + 1",
        "if TYPE_CHECKING:\n    x = 3",
        "if os.name == 'nt':\n    x = 3",
        "if a is None:\n    raise AssertionError",
        "x = zip(a, b, strict=True)",
        "class A(Protocol):\n    x = 3",
        "import a",
        "_BLOCK = 256",
        "_CHUNK_BYTES = 64 * 1024",
    ],
)
def test_what_no_test_could_notice_is_left_alone(source: str) -> None:
    assert changed(source) == []


@pytest.mark.parametrize(
    "source",
    ["_BLOCK_S = 2", "BLOCK = 2", "_TIMEOUT_S = 2", "def f():\n    _BLOCK = 2", "a, _BLOCK = x, 2"],
)
def test_only_whole_names_of_a_module_are_left_out(source: str) -> None:
    assert len(changed(source)) == 1


@pytest.mark.parametrize(
    ("source", "n"),
    [
        ("import streamlit as st\nst.dataframe(x, height=360, width=2)", 1),
        ("import streamlit as st\na = st.columns([0.4, 0.6])", 0),
        ("import streamlit as st\na = other.columns([0.4, 0.6])", 2),
        ("a = figure(height=360)", 1),
        ("a = st.columns([0.4, 0.6])", 2),
    ],
)
def test_sizes_of_boxes_are_left_out_on_pages_alone(source: str, n: int) -> None:
    assert len(changed(source)) == n


def test_every_constant_that_is_left_out_stands_in_a_module_and_says_what_it_decides() -> None:
    text = "\n".join(file.read_text() for file in (PROJECT / "ecgcore").rglob("*.py"))
    for name, decides in SPEED_ONLY.items():
        assert f"\n{name} = " in text, name
        assert decides


def test_a_change_knows_its_line_and_touches_nothing_else() -> None:
    source = "# ä\nx = 1\nif x < y:  # 1 < 2\n    z = x\n"
    [number, less, least] = sites(source.encode())
    assert (number.line, number.old, number.new) == (2, "1", "2")
    assert (less.line, less.kind) == (3, "comparison")
    assert less.applied(source.encode()).decode() == source.replace("x < y", "x <= y")
    assert least.applied(source.encode()).decode() == source.replace("x < y", "x >= y")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one module, of which half is tested."""
    files = {
        "ecgcore/deep/limits.py": """\
            def over(x):
                return x > 3
            def under(x):
                return x < 3
            """,
        "ecgcore/__init__.py": "",
        "ecgcore/deep/__init__.py": "",
        "tests/core/deep/test_limits.py": """
            from ecgcore.deep.limits import over
            def test_over():
                assert not over(3)
                assert over(4)
            """,
        "tests/core/test_far.py": "def test_far(): pass\n",
        "tests/support/paths.py": "",
        "tests/mutation/chosen.py": Path(chosen.__file__).read_text(),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(textwrap.dedent(text))
    for module in (trial, reach, command):
        monkeypatch.setattr(module, "PROJECT", tmp_path)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)  # noqa: S607
    return tmp_path


def change(line: int, start: int, old: str, new: str) -> Change:
    site = Site("comparison", line, start, start + len(old), old, new)
    return Change("ecgcore/deep/limits.py", site)


def test_a_change_is_noticed_survives_or_never_ends(project: Path, tmp_path: Path) -> None:
    source = project / "ecgcore/deep/limits.py"
    text = source.read_text()
    tests = ["tests/core/deep/test_limits.py"]
    copy = Copy(tmp_path)
    over = change(2, text.index(">"), ">", ">=")
    outcome = copy.run(over, tests, 60.0)
    assert (outcome.result, outcome.by.split("::")[-1]) == (NOTICED, "test_over")
    under = change(4, text.index("<"), "<", "<=")
    assert copy.run(under, tests, 60.0) == Outcome(under, SURVIVED, 1)
    assert copy.run(under, [], 60.0) == Outcome(under, SURVIVED, 0)
    gone = ["tests/core/deep/test_limits.py::test_of_old", "tests/core/test_far.py::test_far"]
    assert copy.run(over, gone, 60.0) == Outcome(over, SURVIVED, 2)
    assert copy.run(over, gone[:1], 60.0) == Outcome(over, SURVIVED, 1)
    later = ["tests/core/test_far.py", "tests/core/test_later.py"]
    assert copy.run(over, later, 60.0) == Outcome(over, SURVIVED, 2)
    known = ["tests/core/deep/test_limits.py::test_over", *gone]
    assert copy.run(over, known, 60.0).result == NOTICED
    endless = change(2, text.index("return x >"), "return x >", "while True: x >")
    assert copy.run(endless, tests, 5.0).result == TIMED_OUT
    assert (copy.folder / over.path).read_text() == source.read_text() == text
    copy.remove()
    assert not copy.folder.exists()


def test_the_tests_of_a_line_are_its_mirror_and_those_that_run_it(project: Path) -> None:
    path = "ecgcore/deep/limits.py"
    mirror, far, gone = "tests/core/deep/test_limits.py", "tests/core/test_far.py", "tests/x.py::y"
    known = Reach(
        lines={path: {2: {f"{mirror}::test_over", f"{far}::test_far", gone}, 4: {f"{far}::slow"}}},
        seconds={f"{far}::test_far": 1.0, f"{far}::slow": 50.0},
        sources={path: (project / path).read_text()},
    )
    assert known.tests(path, 2, 10.0) == [mirror, f"{far}::test_far"]
    assert known.tests(path, 4, 10.0) == [mirror]
    assert known.tests(path, 4, 60.0) == [mirror, f"{far}::slow"]
    assert known.tests(path, 1, 10.0) == [mirror, f"{far}::test_far"]
    (project / "tests/core/deep/test_newer.py").touch()
    assert known.tests(path, 4, 10.0) == [mirror, "tests/core/deep/test_newer.py"]
    (project / "tests/core/deep/test_newer.py").unlink()
    (project / path).write_text("# new\n" + (project / path).read_text())
    assert known.tests(path, 3, 10.0) == [mirror, f"{far}::test_far"]
    assert known.tests(path, 5, 60.0) == [mirror, f"{far}::slow"]


def test_a_module_that_was_not_recorded_has_its_mirror_or_its_folder(project: Path) -> None:
    known = Reach()
    assert known.tests("ecgcore/deep/limits.py", 2, 10.0) == ["tests/core/deep/test_limits.py"]
    assert known.tests("ecgcore/deep/new.py", 1, 10.0) == ["tests/core/deep/test_limits.py"]
    assert known.tests("ecgcore/new.py", 1, 10.0) == [
        "tests/core/deep/test_limits.py",
        "tests/core/test_far.py",
    ]


def test_draws_are_repeatable_and_touch_each_place_once(project: Path) -> None:
    paths = ["ecgcore/deep/limits.py"]
    every = command.drawn(paths, 100, seed=1)
    assert sorted(change.site.line for change in every) == [2, 2, 4, 4]
    assert command.drawn(paths, 2, seed=5) == command.drawn(paths, 2, seed=5)
    assert len({change.site.start for change in every}) == 4


def test_the_command_prints_scores_by_area_and_survivors(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = "ecgcore/deep/limits.py"
    folder = tmp_path / "map"
    folder.mkdir()
    (folder / "sources.json").write_text(json.dumps({path: (project / path).read_text()}))
    lines = {path: {"2": ["tests/core/deep/test_limits.py::test_over"]}}
    (folder / "main.json").write_text(json.dumps({"lines": lines, "seconds": {}}))
    asked = ["--n", "9", "--seed", "1", "--map", str(folder), "--paths", str(project / path)]
    assert command.main([*asked, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["areas"]["deep"] == said["areas"]["all"] == {"noticed": 2, "total": 4}
    assert {survivor["line"] for survivor in said["survivors"]} == {4}


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("ecgcore/stats/metrics.py", "statistics"),
        ("ecgcore/study/plan.py", "statistics"),
        ("ecgcore/signals/beats/beats.py", "signals"),
        ("ecgcore/records.py", "base"),
        ("pages/browse/page.py", "pages"),
    ],
)
def test_areas(path: str, area: str) -> None:
    assert score.area(path) == area


def test_the_text_gives_shares_and_places() -> None:
    kept = Outcome(change(4, 9, "<", "<="), SURVIVED, 3)
    seen = Outcome(Change("pages/browse/page.py", kept.change.site), NOTICED, 2, "test_x")
    lines = score.as_text([kept, seen]).splitlines()
    assert [line.split() for line in lines[:4]] == [
        ["deep", "0", "of", "1", "0.0", "%"],
        ["pages", "1", "of", "1", "100.0", "%"],
        ["ecgcore", "0", "of", "1", "0.0", "%"],
        ["all", "1", "of", "2", "50.0", "%"],
    ]
    assert lines[4:] == ["ecgcore/deep/limits.py:4  comparison: '<' to '<=' (3 tests)"]


def test_a_recorded_run_knows_which_test_runs_which_line(tmp_path: Path) -> None:
    """The plugin, on one quick file of this project's own tests."""
    test = "tests/core/test_leads.py"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.mutation.recording", "-n0", test,
         "-p", "no:cacheprovider", "-W", "ignore::coverage.exceptions.CoverageWarning"],
        cwd=reach.PROJECT, env={**trial.os.environ, "MUTATION_MAP": str(tmp_path)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    (tmp_path / "sources.json").write_text("{}")
    known = reach.load(tmp_path)
    tests = set().union(*known.lines["ecgcore/leads.py"].values())
    assert tests
    assert all(name.startswith(f"{test}::") for name in tests)
    assert set(known.seconds) >= tests
