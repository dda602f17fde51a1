"""What README, the other documents and every text of the app tell a reader to run or to open."""

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecgcore import bootstrap, cli
from tests.support.mirror import served, write_mirror
from tests.support.paths import PROJECT

DOCUMENTS = [
    *PROJECT.glob("*.md"),
    *(PROJECT / "docs").glob("*.md"),
    PROJECT / "pretrained/README.md",
]
SOURCES = [
    PROJECT / "app.py",
    *(PROJECT / "ecgcore").rglob("*.py"),
    *(PROJECT / "pages").rglob("*.py"),
]

# a command ends at a quote, a comment, a column of a table or the line
COMMAND = re.compile(r"(\S*python\S*) -m ecgcore(\.bootstrap)?((?:[^`'\"\n#|\\]|\\\|)*)")
VALUES = {"--arch": "cnn_bilstm", "--set": "A", "--seed": "0"}
NAMES = {"ID_OR_FILE": "1", "ID": "1", "{}": "1"}


def texts_of(file: Path) -> Iterator[str]:
    """Texts of a document, or the string literals of a module with {} for each value."""
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        yield text
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        if isinstance(node, ast.JoinedStr):
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
        VALUES[option] if re.fullmatch("[A-Z]", word) else NAMES.get(word, word)
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
    with served(write_mirror(synthetic_dir, tmp_path / "mirror")) as url:
        for line in lines:
            command = next(
                (form.format(line) for start, form in INSTEAD.items() if line.startswith(start)),
                line,
            )
            done = subprocess.run(
                ["/bin/sh", "-c", command],
                cwd=clone,
                env={**bare, "MIRROR": url},
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
