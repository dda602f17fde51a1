"""Data for the tests: the synthetic set always, the real PTB-XL where it is at hand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
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


@pytest.fixture(scope="session")
def synthetic_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A freshly generated synthetic set."""
    return synthetic.ensure(tmp_path_factory.mktemp("data") / "synthetic")


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
