"""Promises that the source must keep (see docs/design.md), each with a planted breach."""

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from ecgcore.models.architectures import ARCHITECTURES
from ecgcore.tasks import mi
from tests.support.paths import PROJECT

CORE = sorted((PROJECT / "ecgcore").rglob("*.py"))
COMMANDS = PROJECT / "ecgcore" / "commands"
PAGES = [PROJECT / "app.py", *sorted((PROJECT / "pages").rglob("*.py"))]
SUPPORT = [*sorted((PROJECT / "tests/support").rglob("*.py")), PROJECT / "tests/conftest.py"]
MODULE_LINES, FUNCTION_LINES, FOLDER_FILES = 400, 60, 12
DRAWS_A_CHART = re.compile(r"^([a-z]+_chart|pyplot|image)$")
ICON = re.compile(":material/[a-z_0-9]+:")
FORBIDDEN = re.compile(
    r"\b(opinions?|promised|heat|heat ?maps?|walls?|own runs?|exposure|rivals?|contenders?"
    r"|pure normals?|two tasks|reading rule|speedups?)\b",
    re.IGNORECASE,
)
"""Words that docs/design.md replaces by others."""
UNBOUNDED = re.compile(r"(^|\.)cache$|lru_cache\(.*None")
UNPICKLERS = {"pickle", "joblib", "dill", "shelve"}
MAY_READ_ENVIRONMENT = {"ecgcore/settings.py"}
MAY_PRINT = {
    "ecgcore/__main__.py",
    "ecgcore/bootstrap.py",
    "ecgcore/cli.py",
    "pages/shared/bench/crowd_bench.py",
    "pages/shared/bench/page_bench.py",
    "pages/shared/bench/desk_bench.py",
}

MAY_NAME_TRAINING_SETS = {
    "ecgcore/tasks/mi.py",
    "ecgcore/study/claims.py",
    "ecgcore/study/published.py",
    "ecgcore/figures/theme.py",
    "ecgcore/io/tables/npz_files.py",
    "ecgcore/leads.py",
}
"""Their home, the published study's tables, their looks; in the last two "C" is another word."""

Check = Callable[[ast.AST], Iterator[ast.AST]]


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def keywords(call: ast.Call) -> set[str | None]:
    return {keyword.arg for keyword in call.keywords}


def name_of(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def unbounded_caches(tree: ast.AST) -> Iterator[ast.AST]:
    """Every use of a cache that is neither its clear() nor called with max_entries."""
    fine = [call.func for call in calls(tree) if "max_entries" in keywords(call)]
    fine += [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "clear"
    ]
    for node in ast.walk(tree):
        if name_of(node) in {"cache_data", "cache_resource"} and node not in fine:
            yield node


def unbounded_lru_caches(tree: ast.AST) -> Iterator[ast.AST]:
    """Every function with arguments that remembers all its results."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.args.args:
            remembered = {ast.unparse(decorator) for decorator in node.decorator_list}
            if any(UNBOUNDED.search(decorator) for decorator in remembered):
                yield node


def charts_without_words(tree: ast.AST) -> Iterator[ast.AST]:
    for call in calls(tree):
        if DRAWS_A_CHART.search(name_of(call.func)) and "alt" not in keywords(call):
            yield call


def raw_html(tree: ast.AST) -> Iterator[ast.AST]:
    for call in calls(tree):
        if any((name or "").startswith("unsafe_allow_") for name in keywords(call)):
            yield call


def icons_in_words(tree: ast.AST) -> Iterator[ast.AST]:
    """Every icon that is read out with the words around it, as "check icon"."""
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    for node in texts:
        if ":material/" in str(node.value) and not ICON.fullmatch(str(node.value)):
            yield node
    yield from (
        call for call in calls(tree) if name_of(call.func) == "badge" and "icon" in keywords(call)
    )


def primary_buttons(tree: ast.AST) -> Iterator[ast.AST]:
    """Every button with white letters, which the dark theme's primary colour leaves too faint."""
    for call in calls(tree):
        for keyword in call.keywords:
            if keyword.arg == "type" and "'primary'" in ast.unparse(keyword.value):
                yield call


def forbidden_words(tree: ast.AST) -> Iterator[ast.AST]:
    """Every sentence with such a word, but for docstrings and keys, which name what was."""
    but = {id(key) for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys}
    but |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        words = node.value if isinstance(node, ast.Constant) and id(node) not in but else ""
        if isinstance(words, str) and " " in words and FORBIDDEN.search(words):
            yield node


def skipped_headings(tree: ast.AST) -> Iterator[ast.AST]:
    """Every heading of the third level: below a title comes a header."""
    return (call for call in calls(tree) if name_of(call.func) == "subheader")


def environment_reads(tree: ast.AST) -> Iterator[ast.AST]:
    """Look for a variable that is read or set; handing the whole environment on is none."""
    for node in ast.walk(tree):
        if name_of(node) in {"getenv", "putenv", "load_dotenv"}:
            yield node
        looks_up = isinstance(node, ast.Attribute | ast.Subscript)
        if looks_up and name_of(node.value) == "environ":
            yield node
        if isinstance(node, ast.Compare) and any(name_of(c) == "environ" for c in node.comparators):
            yield node


def unpickling(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        if {module.partition(".")[0] for module in modules} & UNPICKLERS:
            yield node
        if isinstance(node, ast.Call) and (
            ast.unparse(node.func) == "torch.load"
            or any(
                k.arg == "allow_pickle" and ast.unparse(k.value) != "False" for k in node.keywords
            )
        ):
            yield node


def streamlit_imports(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        else:
            continue
        if {name.partition(".")[0] for name in names} & {"streamlit", "pages"}:
            yield node


def own_command_lines(tree: ast.AST) -> Iterator[ast.AST]:
    """Find every place that writes "-m", "ecgcore": only `commands` knows the command line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.List | ast.Tuple):
            words = [getattr(item, "value", None) for item in node.elts]
            if ("-m", "ecgcore") in pairwise(words):
                yield node


def prints(tree: ast.AST) -> Iterator[ast.AST]:
    return (call for call in calls(tree) if ast.unparse(call.func) == "print")


def architecture_names(tree: ast.AST) -> Iterator[ast.AST]:
    """Every string but a docstring that holds an architecture's name, which its record knows."""
    names = re.compile(rf"\b({'|'.join(ARCHITECTURES)})\b")
    said = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in said else None
        if isinstance(text, str) and names.search(text):
            yield node


def training_set_names(tree: ast.AST) -> Iterator[ast.AST]:
    """Every string that is the name of one of the study's training sets."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in mi.TRAIN_SETS:
            yield node


def long_functions(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield node


def crowded(files: list[Path]) -> dict[str, int]:
    """Count the Python files of each folder that has too many."""
    folders = Counter(file.parent.relative_to(PROJECT).as_posix() for file in files)
    return {folder: n for folder, n in folders.items() if n > FOLDER_FILES}


def found(check: Check, files: list[Path], but: set[str] = frozenset()) -> list[str]:
    """File and line of everything that a check finds."""
    names = {file: file.relative_to(PROJECT).as_posix() for file in files}
    return [
        f"{name}:{node.lineno}"
        for file, name in names.items()
        if name not in but
        for node in check(ast.parse(file.read_text(encoding="utf-8")))
    ]


BREACHES = [
    (unbounded_caches, "@st.cache_data\ndef f(): ..."),
    (unbounded_caches, "@st.cache_resource(ttl=5)\ndef f(): ..."),
    (unbounded_caches, "from streamlit import cache_data\n@cache_data\ndef f(): ..."),
    (unbounded_caches, "remember = st.cache_data"),
    (unbounded_lru_caches, "@lru_cache(maxsize=None)\ndef f(x): ..."),
    (unbounded_lru_caches, "@functools.cache\ndef f(x): ..."),
    (charts_without_words, "left.plotly_chart(figure, theme=None)"),
    (charts_without_words, "st.line_chart(frame)"),
    (charts_without_words, "st.pyplot(figure)"),
    (raw_html, "st.markdown(text, unsafe_allow_html=True)"),
    (raw_html, "st.html(text, unsafe_allow_javascript=True)"),
    (icons_in_words, "st.caption(f':material/info: {words}')"),
    (icons_in_words, "st.badge('certain MI', icon=':material/label:')"),
    (primary_buttons, "st.button('Go', type='primary' if chosen else 'secondary')"),
    (forbidden_words, "st.caption(f'{n} opinions')"),
    (forbidden_words, "words = 'the anterior wall'"),
    (skipped_headings, "left.subheader('Labels', anchor=False)"),
    (environment_reads, "x = os.environ['HOME']"),
    (environment_reads, "x = os.environ.get('HOME')"),
    (environment_reads, "x = 'HOME' in environ"),
    (environment_reads, "from os import getenv\nx = getenv('HOME')"),
    (unpickling, "import pickle"),
    (unpickling, "from joblib import load"),
    (unpickling, "torch.load(path)"),
    (unpickling, "np.load(path, allow_pickle=True)"),
    (streamlit_imports, "def f():\n    import streamlit as st"),
    (streamlit_imports, "from pages._ui import links"),
    (own_command_lines, "run([sys.executable, '-m', 'ecgcore', 'train'])"),
    (own_command_lines, "COMMAND = ('-m', 'ecgcore')"),
    (prints, "def f():\n    print('x')"),
    (architecture_names, "if entry.key.arch == 'cnn_bilstm': ..."),
    (architecture_names, "costs = {'bimamba2_large': 750.0}"),
    (architecture_names, "name = f'cnn_lstm-{train_set}-0'"),
    (training_set_names, "if group.train_set == 'D-mix': ..."),
    (training_set_names, "spec = TrainSpec(arch, 'A', 0, '')"),
    (long_functions, "def f():\n" + "    x = 1\n" * 60),
]
KEPT = [
    (unbounded_caches, "@st.cache_data(max_entries=4)\ndef f(): ...\nst.cache_data.clear()"),
    (unbounded_lru_caches, "@cache\ndef f(): ...\n@lru_cache(maxsize=2)\ndef g(x): ..."),
    (charts_without_words, "st.plotly_chart(figure, alt='AUROC rises')\n_own_chart(figure)"),
    (raw_html, "st.markdown(text)"),
    (icons_in_words, "st.button('Go', icon=':material/info:')\nst.badge('certain MI')"),
    (primary_buttons, "st.button('Go', type='tertiary')"),
    (forbidden_words, "renamed = {'Opinions as a table': 1}\ncolumn = 'second_opinion'"),
    (skipped_headings, "st.header('Labels', anchor=False)"),
    (environment_reads, "run(env={**os.environ, 'A': '1'})\nvariables = dict(os.environ)"),
    (unpickling, "from safetensors.torch import load_file\nnp.load(path)"),
    (unpickling, "np.savez(path, allow_pickle=False, a=a)"),
    (streamlit_imports, "from ecgcore import leads"),
    (architecture_names, '"""Such as cnn_bilstm."""\nname = DEFAULT.name\ntitle = "BiMamba-2"'),
    (architecture_names, "from ecgcore.models.networks.bimamba2 import BiMamba2"),
    (training_set_names, "if group.train_set == mi.MIX: title = 'D-mix half and half'"),
    (own_command_lines, "run([python, '-m', 'streamlit'])\nhint = 'python -m ecgcore train'"),
    (long_functions, "def f():\n" + "    x = 1\n" * 59),
]


@pytest.mark.parametrize(("check", "source"), BREACHES)
def test_a_planted_breach_is_found(check: Check, source: str) -> None:
    assert len(list(check(ast.parse(source)))) >= 1


@pytest.mark.parametrize(("check", "source"), KEPT)
def test_what_keeps_the_promise_passes(check: Check, source: str) -> None:
    assert list(check(ast.parse(source))) == []


def test_the_source_is_there() -> None:
    assert len(CORE) > 30
    assert PROJECT / "pages/_router.py" in PAGES


def test_the_science_knows_no_screen() -> None:
    assert found(streamlit_imports, CORE) == []


def test_every_cache_is_bounded() -> None:
    assert found(unbounded_caches, PAGES) == []
    assert found(unbounded_lru_caches, CORE + PAGES) == []


def test_every_chart_has_words_for_those_who_cannot_see_it() -> None:
    assert found(charts_without_words, PAGES) == []


def test_no_icon_is_read_out_with_the_words_around_it() -> None:
    assert found(icons_in_words, PAGES) == []


def test_no_button_has_letters_that_the_dark_theme_leaves_too_faint() -> None:
    assert found(primary_buttons, PAGES) == []


def test_one_thing_has_one_name_on_screen() -> None:
    shown = [file for file in CORE + PAGES if "bench" not in file.as_posix()]
    assert found(forbidden_words, shown) == []


def test_no_level_of_headings_is_skipped() -> None:
    assert found(skipped_headings, PAGES) == []


def test_no_page_writes_raw_html() -> None:
    assert found(raw_html, CORE + PAGES) == []


def test_only_the_settings_read_the_environment() -> None:
    assert found(environment_reads, CORE + PAGES, MAY_READ_ENVIRONMENT) == []


def test_nothing_is_unpickled() -> None:
    assert found(unpickling, CORE + PAGES) == []


def test_only_the_commands_know_their_own_command_line() -> None:
    commands = {file.relative_to(PROJECT).as_posix() for file in COMMANDS.glob("*.py")}
    starts = {"ecgcore/bootstrap.py", "ecgcore/__main__.py"}
    assert found(own_command_lines, [*COMMANDS.glob("*.py")]) != []
    assert found(own_command_lines, CORE + PAGES, commands | starts) == []


def test_only_the_command_line_prints() -> None:
    assert found(prints, CORE + PAGES, MAY_PRINT) == []


def test_only_its_record_knows_an_architecture_by_name() -> None:
    assert found(architecture_names, CORE + PAGES, {"ecgcore/models/architectures.py"}) == []


def test_no_page_script_has_a_bare_value_which_streamlit_would_show() -> None:
    scripts = [path for path in PAGES if path.name in {"page.py", "_router.py"}]
    assert len(scripts) > 10
    for path in scripts:
        shown = [
            one.lineno
            for one in ast.parse(path.read_text()).body[1:]
            if isinstance(one, ast.Expr) and not isinstance(one.value, ast.Call | ast.Await)
        ]
        assert shown == [], path


def test_no_folder_is_crowded() -> None:
    tests = sorted((PROJECT / "tests").rglob("*.py"))
    assert crowded(CORE + PAGES + tests) == {}
    assert crowded([PROJECT / "ecgcore/io" / f"{n}.py" for n in range(13)]) == {"ecgcore/io": 13}
    assert crowded([PROJECT / "ecgcore/io" / f"{n}.py" for n in range(12)]) == {}


def test_only_their_task_the_study_and_their_looks_know_training_sets_by_name() -> None:
    assert found(training_set_names, CORE + PAGES, MAY_NAME_TRAINING_SETS) == []


def test_modules_and_functions_are_short() -> None:
    assert found(long_functions, CORE + PAGES + SUPPORT) == []
    lines = {
        file.relative_to(PROJECT).as_posix(): len(file.read_text(encoding="utf-8").splitlines())
        for file in CORE + PAGES + SUPPORT
    }
    assert {name: n for name, n in lines.items() if n > MODULE_LINES} == {}


WITHOUT_TORCH = [
    "ecgcore",
    "ecgcore.cli",
    "ecgcore.io.recordings",
    "ecgcore.signals.filters",
    "ecgcore.ptbxl.store",
    "ecgcore.ptbxl.fetch.download",
    "ecgcore.jobs.supervisor",
    "ecgcore.stats.metrics",
    "ecgcore.stats.reliability_curve",
    "ecgcore.study.published",
    "ecgcore.stats.comparison.paired_bootstrap",
    "ecgcore.stats.conformal",
    "ecgcore.stats.calibration.corp",
    "ecgcore.stats.decision_curve",
    "ecgcore.study.strata",
    "ecgcore.models.architectures",
    "ecgcore.models.cards",
    "ecgcore.predictions.store",
    "ecgcore.predictions.labelled",
    "ecgcore.predictions.ensemble",
    "ecgcore.predictions.decision",
    "ecgcore.study.comparison_table",
    "ecgcore.signals.measure.measure",
    "ecgcore.figures.ecg_paper",
    "ecgcore.report.printout",
    "ecgcore.figures.training_curves",
    "ecgcore.figures.comparison",
    "ecgcore.figures.reliability",
]
"""What the pages need before a model is asked, in the order of the layers."""


def test_pages_without_a_model_load_no_torch() -> None:
    program = (
        "import importlib, json, sys\n"
        "loaded = {}\n"
        f"for name in {WITHOUT_TORCH}:\n"
        "    importlib.import_module(name)\n"
        "    loaded[name] = sorted({'torch', 'streamlit', 'captum'} & set(sys.modules))\n"
        "print(json.dumps(loaded))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert json.loads(done.stdout) == {name: [] for name in WITHOUT_TORCH}
