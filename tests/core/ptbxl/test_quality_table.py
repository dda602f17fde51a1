"""The table of signal quality: its masks, words, file, and agreement with the shipped one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecgcore.errors import CatalogError
from ecgcore.ptbxl.catalog import PTBXL_VERSION, load_catalog, synthetic_version
from ecgcore.ptbxl.quality_table import (
    CHOICES,
    QUALITY,
    has_quality,
    is_void,
    load_quality,
    short_words,
    void_ids,
)
from ecgcore.ptbxl.shipped.table_file import save_table
from ecgcore.ptbxl.store import Recordings, open_recordings
from ecgcore.settings import Settings
from ecgcore.signals.lead_swaps import SWAPS
from ecgcore.signals.quality import KIND_NAMES
from tests.support.paths import PROJECT

PRETRAINED, SYNTHETIC_FILE = PROJECT / "pretrained", "quality-synthetic.parquet"


def rows(**columns: list[int]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    index = pd.Index(range(1, n + 1), name="ecg_id")
    frame = pd.DataFrame(0, index=index, columns=[*KIND_NAMES, "severe", "swap"], dtype=np.int16)
    return frame.assign(**{k: np.array(v, dtype=np.int16) for k, v in columns.items()})


def test_words_name_the_leads_and_the_swap() -> None:
    frame = rows(
        flat=[1 << 11, 0, 0, 0, 0], noise=[0b11, 0, 0b11111, 4095, 0], swap=[0, 1, 0, 2, 0]
    )
    assert short_words(frame).tolist() == [
        "flat V6; noise I, II",
        "swap?",
        "noise 5 leads",
        "swap?; noise all leads",
        "",
    ]


def test_choices_are_alternatives() -> None:
    frame = rows(flat=[1, 0, 0, 0], mains=[0, 2, 0, 0], swap=[0, 0, 3, 0])
    assert has_quality(frame, ["flat", "swap"]).tolist() == [True, False, True, False]
    assert has_quality(frame, ["none"]).tolist() == [False, False, False, True]
    assert has_quality(frame, CHOICES).all()


def test_a_table_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    frame = rows(noise=[0, 4095], swap=[len(SWAPS), 0])
    save_table(frame, "my data", tmp_path / "q.parquet")
    loaded = load_quality(tmp_path / "q.parquet", "my data")
    pd.testing.assert_frame_equal(loaded.drop(columns="signal"), frame, check_index_type=False)
    assert loaded["signal"].tolist() == ["swap?", "noise all leads"]


def test_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "q.parquet"
    with pytest.raises(CatalogError, match="does not exist"):
        load_quality(path, "mine")
    save_table(rows(noise=[1]), "mine", path)
    with pytest.raises(CatalogError, match="is about mine, not other"):
        load_quality(path, "other")
    pd.DataFrame({"ecg_id": [1]}).to_parquet(path)
    with pytest.raises(CatalogError, match="has columns"):
        load_quality(path, "mine")
    path.write_bytes(b"nothing")
    with pytest.raises(CatalogError, match="is damaged"):
        load_quality(path, "mine")


def test_the_shipped_synthetic_table_is_what_the_rules_say(
    synthetic_recordings: Recordings,
) -> None:
    shipped = load_quality(PRETRAINED / SYNTHETIC_FILE, synthetic_version())
    catalog = synthetic_recordings.catalog
    assert shipped.index.tolist() == catalog.frame.index.tolist()
    part = catalog.frame.index[::7]
    fresh = QUALITY.frame(open_recordings(replace(catalog, frame=catalog.frame.loc[part])))
    assert shipped.loc[part].drop(columns="signal").to_numpy().tolist() == fresh.to_numpy().tolist()


@pytest.mark.ptbxl
def test_the_shipped_table_is_what_the_rules_say(ptbxl_dir: Path) -> None:
    catalog = load_catalog(ptbxl_dir)
    path = QUALITY.path(PTBXL_VERSION, PRETRAINED)
    assert path is not None
    shipped = load_quality(path, PTBXL_VERSION)
    assert shipped.index.equals(catalog.frame.index.astype(shipped.index.dtype))
    part = catalog.frame.index[::150]
    fresh = QUALITY.frame(open_recordings(replace(catalog, frame=catalog.frame.loc[part])))
    assert shipped.loc[part].drop(columns="signal").to_numpy().tolist() == fresh.to_numpy().tolist()


def test_only_all_of_ptbxl_may_be_shipped(synthetic_dir: Path, tmp_path: Path) -> None:
    settings = replace(Settings.from_env(), data_dir=synthetic_dir, pretrained_dir=tmp_path)
    with pytest.raises(CatalogError, match="the shipped table is for all of PTB-XL"):
        QUALITY.write(settings)
    assert not list(tmp_path.iterdir())
    assert QUALITY.path("own data", tmp_path) is None


def test_half_of_the_leads_or_a_swap_allows_no_verdict(tmp_path: Path) -> None:
    frame = rows(severe=[0b111110, 0b111111, 4095, 0, 0], swap=[0, 0, 0, 7, 0])
    assert is_void(frame).tolist() == [False, True, True, True, False]
    assert void_ids(synthetic_version(), tmp_path) == [], "no table"
    save_table(frame, synthetic_version(), tmp_path / SYNTHETIC_FILE)
    assert void_ids(synthetic_version(), tmp_path) == [2, 3, 4]
    assert void_ids("other data", tmp_path) == []
