"""Data for the tests: the synthetic set always, the real PTB-XL where it is at hand."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from ecgcore.ptbxl import synthetic
from ecgcore.ptbxl.catalog import Catalog, load_catalog
from ecgcore.ptbxl.store import Recordings, open_recordings
from tests.support.paths import PROJECT

PACKED = PROJECT.parent / "shared" / "ptbxl" / "unpack.py"
UNPACKED = PROJECT / "data" / "test-ptb-xl"

# How long an example takes says nothing on a machine that does other work beside the tests.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


# Read when torch is first imported: these models are too small to gain from a second thread, and
# the second core is the other worker's.
os.environ.setdefault("OMP_NUM_THREADS", "1")

MakeOnce = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(autouse=True)
def own_main() -> Iterator[None]:
    """A page that a test runs stands in for ``__main__``, which spawned processes run again."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def make_once(tmp_path_factory: pytest.TempPathFactory) -> MakeOnce:
    """Return a function that fills a folder once in a run, whichever worker asks first."""
    base = tmp_path_factory.getbasetemp()
    run_dir = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder = run_dir / f"once-{name}"
        with FileLock(run_dir / f"{name}.lock"):
            if not (run_dir / f"{name}.made").exists():
                shutil.rmtree(folder, ignore_errors=True)
                make(folder)
                (run_dir / f"{name}.made").touch()
        return folder

    return made


@pytest.fixture(scope="session")
def synthetic_dir(make_once: MakeOnce) -> Path:
    """A freshly generated synthetic set; copy before damage."""
    return make_once("data", lambda folder: synthetic.ensure(folder / "synthetic")) / "synthetic"


@pytest.fixture(scope="session")
def synthetic_catalog(synthetic_dir: Path) -> Catalog:
    return load_catalog(synthetic_dir)


@pytest.fixture(scope="session")
def synthetic_recordings(synthetic_catalog: Catalog) -> Recordings:
    return open_recordings(synthetic_catalog)


@pytest.fixture(scope="session")
def ptbxl_dir() -> Path:
    """All of PTB-XL: ECG_TEST_PTBXL, or ../shared/ptbxl unpacked once below data/."""
    if chosen := os.environ.get("ECG_TEST_PTBXL"):
        return Path(chosen)
    if not PACKED.exists():
        pytest.skip("no real PTB-XL here: set ECG_TEST_PTBXL to its folder")
    if not (UNPACKED / "RECORDS").exists():
        subprocess.run([sys.executable, PACKED, UNPACKED], check=True, stdout=subprocess.DEVNULL)
    return UNPACKED


@pytest.fixture(scope="session")
def ptbxl_catalog(ptbxl_dir: Path) -> Catalog:
    return load_catalog(ptbxl_dir)
