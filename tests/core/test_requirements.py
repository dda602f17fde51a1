"""The short lists of packages and the locks that are made from them."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.support.paths import PROJECT

WITHOUT_HASH = {"torch"}
LISTS = ["requirements", "tests/requirements"]
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def written(name: str) -> dict[str, Requirement]:
    """Requirements of a list or a lock by name, without hashes, comments and options."""
    text = re.sub(r"\\\n\s*", " ", (PROJECT / name).read_text(encoding="utf-8"))
    lines = [re.sub(r"\s*(#|--hash=).*", "", line).strip() for line in text.splitlines()]
    found = [Requirement(line) for line in lines if line and not line.startswith("-")]
    assert len({one.name for one in found}) == len(found), f"{name} names a package twice"
    return {one.name: one for one in found}


@pytest.mark.parametrize("name", LISTS)
def test_every_pin_by_hand_is_in_the_lock(name: str) -> None:
    wanted, locked = written(f"{name}.txt"), written(f"{name}.lock")
    assert {one for one in wanted if one not in locked} <= WITHOUT_HASH
    for package, requirement in wanted.items():
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), f"{package} is not pinned"
        if package not in WITHOUT_HASH:
            assert locked[package].specifier == requirement.specifier


@pytest.mark.parametrize("name", LISTS)
def test_every_locked_package_has_hashes_and_torch_is_none_of_them(name: str) -> None:
    text = (PROJECT / f"{name}.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"(?m)^\s*#.*\n", "", text).strip())
    assert len(entries) >= 70
    assert [entry.splitlines()[0] for entry in entries if not HASH.search(entry)] == []
    cuda = ("torch", "triton", "nvidia-", "cuda-")
    assert [one for one in written(f"{name}.lock") if one.startswith(cuda)] == []


def test_both_locks_agree() -> None:
    run, test = written("requirements.lock"), written("tests/requirements.lock")
    assert {name: str(test.get(name)) for name in run} == {n: str(one) for n, one in run.items()}


def test_wheels_of_every_system_are_in_the_lock() -> None:
    """NumPy has about 60 files: each Python on Linux, macOS and Windows, x86-64 and aarch64."""
    text = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    (numpy,) = re.findall(r"(?ms)^numpy==.*?(?=^[a-z])", text)
    assert len(HASH.findall(numpy)) > 40
    options = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["uv"]["pip"]
    assert options["universal"]
    assert options["generate-hashes"]
