"""What README, the other documents and every text of the app tell a reader to run or to open."""

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from ecgcore import bootstrap, cli
from ecgcore.leads import LEADS
from ecgcore.ptbxl.catalog import Catalog
from ecgcore.ptbxl.fetch.http import sha256
from tests.support.mirror import served, write_mirror
from tests.support.paths import PROJECT

DOCUMENTS = [
    *PROJECT.glob("*.md"),
    *(PROJECT / "docs").glob("*.md"),
    PROJECT / "pretrained/README.md",
    PROJECT / "tests/seeds/README.md",
]
SOURCES = [
    PROJECT / "app.py",
    *(PROJECT / "ecgcore").rglob("*.py"),
    *(PROJECT / "pages").rglob("*.py"),
]

# a command ends at a quote, a comment, a column of a table or the line
COMMAND = re.compile(r"(\S*python\S*) -m ecgcore(\.bootstrap)?((?:[^`'\"\n#|\\]|\\\|)*)")
VALUES = {"--arch": "cnn_bilstm", "--set": "A", "--seed": "0", "--task": "mi"}
NAMES = {"ID_OR_FILE": "1", "ID": "1", "{}": "1"}


def texts_of(file: Path) -> Iterator[str]:
    """Texts of a document, or the string literals of a module with {} for each value."""
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        yield text
        return
    nodes = list(ast.walk(ast.parse(text)))
    formatted = [node for node in nodes if isinstance(node, ast.JoinedStr)]
    parts_of_them = {id(part) for node in formatted for part in node.values}
    for node in nodes:
        alone = isinstance(node, ast.Constant) and id(node) not in parts_of_them
        if alone and isinstance(node.value, str):
            yield node.value
    for node in formatted:
        parts = [getattr(part, "value", "") for part in node.values]
        yield "".join(part if isinstance(part, str) else "{}" for part in parts)


def printed_commands() -> dict[tuple[str, ...], str]:
    """Interpreter, module and words of every printed command, and the file that prints it."""
    found = {}
    for file in [*DOCUMENTS, *SOURCES]:
        for text in texts_of(file):
            for python, module, words in COMMAND.findall(text):
                for alternative in alternatives(words.split()):
                    key = (python.lstrip("`'\"(["), f"ecgcore{module}", *alternative)
                    found[key] = file.relative_to(PROJECT).as_posix()
    return found


def alternatives(words: list[str]) -> list[list[str]]:
    r"""Spell out the words of a table that stand for several, such as ``build\|fetch``."""
    for place, word in enumerate(words):
        if "\\|" in word:
            options = word.split("\\|")
            return [[*words[:place], option, *words[place + 1 :]] for option in options]
    return [words]


def filled(words: tuple[str, ...]) -> list[str]:
    """Words with something that the parser knows in place of single capitals and names."""
    before = ("", *words)
    return [
        VALUES[option]
        if re.fullmatch("[A-Z]|{}", word) and option in VALUES
        else NAMES.get(word, word)
        for option, word in zip(before, words, strict=False)
    ]


PRINTED = printed_commands()


def test_the_commands_were_found() -> None:
    assert len(PRINTED) > 30
    assert PRINTED["python3.11", "ecgcore.bootstrap", "run"]
    assert ("python3.11", "ecgcore", "data", "fetch", "--set", "test") in PRINTED
    assert ("python3.11", "ecgcore", "data", "check") in PRINTED


@pytest.mark.parametrize("command", sorted(PRINTED), ids=" ".join)
def test_a_printed_command_is_one_that_the_program_takes(command: tuple[str, ...]) -> None:
    python, module, *words = command
    assert python == "python3.11", f"{PRINTED[command]} names another interpreter"
    if not words or words[0] in {"COMMAND", "..."}:  # the program as such
        return
    parse = bootstrap._parse if module == "ecgcore.bootstrap" else cli.parser().parse_args
    parse(filled(tuple(words)))


def test_no_text_of_the_app_names_a_module_that_only_the_venv_can_run() -> None:
    other = re.compile(r"python[\d.]* -m (?!ecgcore\b)\S+")
    texts = [text for file in SOURCES for text in texts_of(file)]
    assert [found for text in texts for found in other.findall(text)] == []


def test_a_wrong_command_would_be_noticed() -> None:
    for words in ("data burn", "predict", "explain 1 --arch A"):
        with pytest.raises(SystemExit):
            cli.parser().parse_args(filled(tuple(words.split())))
    assert alternatives(["data", "a\\|b"]) == [["data", "a"], ["data", "b"]]
    assert filled(("--arch", "A", "--set", "S", "F.npz")) == [
        *("--arch", "cnn_bilstm", "--set", "A", "F.npz")
    ]


# What README's blocks would do beyond what a test may, and what is run for it.
INSTEAD = {
    "python3.11 -m ecgcore.bootstrap run": "{} --help",  # installs packages, serves until stopped
    "python3.11 -m ecgcore.bootstrap test": "{} --help",  # installs packages, runs all tests
    "python3.11 -m ecgcore data fetch": "{} --base-url $MIRROR",  # 1,253 records from PhysioNet
}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that git knows or would add, in a folder of their own with this ``.venv``."""
    listed = subprocess.run(
        [
            shutil.which("git") or "git",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no git repository, so nobody can clone it")
    folder = tmp_path_factory.mktemp("clone")
    for name in listed.stdout.rstrip("\0").split("\0"):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment whose python3.11 has no packages at all."""
    python = tmp_path / "python3.11"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ECG_")}
    return {**kept, "PATH": f"{tmp_path}:{os.environ['PATH']}"}


def readme_lines() -> list[str]:
    """Lines of the blocks marked as commands; only README's map of the code is none."""
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?ms)^```(\w*)\n(.*?)^```", text)
    assert [language for language, _ in blocks if language != "bash"] == ["text"]
    lines = [line for language, block in blocks if language == "bash" for line in block.split("\n")]
    return [command for line in lines if (command := line.partition("  #")[0].strip())]


@pytest.mark.skipif(sys.platform == "win32", reason="runs the commands in a POSIX shell")
def test_every_block_of_readme_runs_in_a_fresh_clone(
    clone: Path, bare: dict[str, str], synthetic_dir: Path, tmp_path: Path
) -> None:
    lines = readme_lines()
    assert len(lines) >= 6
    mirror = write_mirror(synthetic_dir, tmp_path / "mirror")
    proof = sha256(mirror / "SHA256SUMS.txt")
    with served(mirror) as url:
        for line in lines:
            command = next(
                (form.format(line) for start, form in INSTEAD.items() if line.startswith(start)),
                line,
            )
            done = subprocess.run(
                ["/bin/sh", "-c", command],
                cwd=clone,
                env={**bare, "MIRROR": url, "ECG_SUMS_SHA256": proof},
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
            if " data " in command:
                assert done.stdout.splitlines()[-1].startswith("test: complete; study: ")
    assert (clone / "data/ptb-xl/store-100hz/index.json").is_file()
    assert list((clone / "data/ptb-xl/records500").rglob("*.dat"))


@pytest.mark.skipif(sys.platform == "win32", reason="runs the commands in a POSIX shell")
@pytest.mark.parametrize("command", ["cohorts", "predict --help", "data check --data nowhere"])
def test_a_command_without_packages_runs_in_the_venv(
    clone: Path, bare: dict[str, str], command: str
) -> None:
    words = ["python3.11", "-m", "ecgcore", *shlex.split(command)]
    done = subprocess.run(
        words, cwd=clone, env=bare, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == (2 if "nowhere" in command else 0), done.stderr
    assert "Traceback" not in done.stderr


CITED = re.compile(r"`([\w.<>*/-]+)`|\]\(([^)#:\s]+)[^)]*\)")
FILE = re.compile(r"[\w.-]+(/[\w.-]+)*(/|\.(py|md|txt|lock|toml|cff|tsv|parquet|yml|yaml|png))")
NOT_OURS = {
    ".streamlit/secrets.toml",
    *("data/", "runs/", "data/ptb-xl/", "data/ptb-xl"),  # made on first use
    *("predictions.parquet", "page.py"),  # an old place; a name in every page's folder
    *("ptbxl_database.csv", "scp_statements.csv", "LICENSE.txt", "SHA256SUMS.txt"),  # PTB-XL's
}
"""Names in the documents that a fresh clone does not hold, and what they are."""

EXAMPLES = {"io/tables/json_files.py", "tasks/afib.py", "models/networks/one_conv.py"}


def cited_files(document: Path) -> set[str]:
    text = re.sub(r"(?ms)^```.*?^```", "", document.read_text(encoding="utf-8"))
    names = {code or link for code, link in CITED.findall(text)}
    return {name for name in names if FILE.fullmatch(name) and not re.search(r"[<*]", name)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    near = (PROJECT, document.parent, PROJECT / "ecgcore")
    names = cited_files(document) - NOT_OURS - {f"ecgcore/{name}" for name in EXAMPLES}
    names.discard("pages/cohort/page.py")
    assert [name for name in sorted(names) if not any((at / name).exists() for at in near)] == []


def test_documents_and_sources_cite_no_page_outside_the_project() -> None:
    files = [*DOCUMENTS, *SOURCES, *(PROJECT / "tests").rglob("*.py")]
    pages = re.compile(r"[\w./-]*\b\w+\.md\b")
    cited = {name for file in files for name in pages.findall(file.read_text(encoding="utf-8"))}
    known = {one.relative_to(PROJECT).as_posix() for one in DOCUMENTS}
    known |= {one.name for one in DOCUMENTS}
    assert {name.removeprefix("../") for name in cited} - known == set()


@pytest.mark.parametrize("document", ["README.md", "docs/design.md"])
def test_the_map_of_the_code_is_true(document: str) -> None:
    """Every folder of the code is in the map, and every path of the map is in the project."""
    text = (PROJECT / document).read_text(encoding="utf-8")
    (tree,) = re.findall(r"(?ms)^```text\n(.*?)^```", text)
    for top in ("ecgcore", "pages"):
        folders = {path.name for path in (PROJECT / top).iterdir() if path.is_dir()}
        part = tree.partition(f"\n{top}/")[2]
        missing = {name for name in folders - {"__pycache__"} if f"{name}/" not in part}
        assert missing == set()
    parent = ""
    for line in tree.splitlines():
        if not line.startswith(" "):
            parent = line.split()[0] if line.split()[0].endswith("/") else ""
        first, *_ = re.split(r"\s{3,}", line.strip())
        for name in first.split():
            place = PROJECT / (parent if line.startswith(" ") else "") / name
            assert place.exists(), f"{document}: {line}"


CODE = re.findall(
    r"(?ms)^```python\n(.*?)^```", (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
)


def example(part: str) -> dict[str, Any]:
    """Run the example of CONTRIBUTING that holds a text, and return its names."""
    (code,) = [code for code in CODE if part in code]
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(code, part, "exec"), names)  # noqa: S102 - our own text
    return names


def test_the_example_of_a_format_reads_a_file() -> None:
    names = example("def read_json")
    content = json.dumps({"fs_hz": 100, "mv": {lead: [0.1, 0.2] * 500 for lead in LEADS}})
    raw = names["read_json"](content.encode(), "a.json")
    assert (raw.names, raw.fs_hz, raw.signal.shape) == (LEADS, 100, (12, 1000))
    for bad in (b"no", b"{}", b'{"fs_hz": 100, "mv": {"I": ["x"]}}', b'{"fs_hz": 1, "mv": 2}'):
        with pytest.raises(names["RecordError"], match=r"a\.json is no recording"):
            names["read_json"](bad, "a.json")


def test_the_example_of_a_task_labels_every_record(synthetic_catalog: Catalog) -> None:
    task = example("AFIB = Task")["AFIB"]
    ids = task.train_sets[0].choose(synthetic_catalog, "train", 0)
    frame = synthetic_catalog.frame
    assert ids == sorted(frame.index[frame["split"] == "train"])
    labels = task.label_rule(synthetic_catalog, ids)
    codes = synthetic_catalog.codes.groupby("ecg_id")["code"].agg(set)
    assert labels[:, 0].tolist() == [int("AFIB" in codes[ecg_id]) for ecg_id in ids]


def test_the_example_of_an_architecture_gives_a_logit_for_each_class() -> None:
    import torch

    network = example("class OneConv")["OneConv"](n_classes=5)
    assert network(torch.zeros(2, 12, 1000)).shape == (2, 5)
    record = example("ONE_CONV = Arch")["ONE_CONV"]
    assert set(record.sources) == {"models/networks/base.py", "models/networks/one_conv.py"}


def test_the_example_of_a_page_is_a_script_that_runs(
    synthetic_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECG_DATA_DIR", str(synthetic_dir))
    st.cache_resource.clear()
    (code,) = [code for code in CODE if "st.title" in code]
    app = AppTest.from_string(code, default_timeout=60).run()
    assert not app.exception
    assert app.metric[0].value == "240"
