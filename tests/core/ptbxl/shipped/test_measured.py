"""The table of measurements: its rows, its file, and agreement with what is measured now."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecgcore.errors import CatalogError
from ecgcore.ptbxl import store
from ecgcore.ptbxl.catalog import PTBXL_VERSION, synthetic_version
from ecgcore.ptbxl.shipped import table_file
from ecgcore.ptbxl.shipped.measured import MEASURED, measured_row, measurements_of
from ecgcore.ptbxl.shipped.table_file import ShippedTable, save_table
from ecgcore.settings import Settings
from tests.support.paths import PROJECT

PRETRAINED = PROJECT / "pretrained"


def test_the_shipped_table_says_what_a_record_measures_now(synthetic_recordings):
    table = measurements_of(synthetic_version(), PRETRAINED)
    assert table.index.tolist() == synthetic_recordings.catalog.frame.index.tolist()
    for ecg_id in (1, 120, 240):
        now = pd.Series(measured_row(synthetic_recordings.read(ecg_id)))
        np.testing.assert_allclose(table.loc[ecg_id].astype(float), now, rtol=1e-6)


def test_the_largest_qrs_of_limb_and_chest_is_that_of_the_recording(synthetic_recordings):
    record = synthetic_recordings.read(1)
    row = measured_row(record)
    for name, leads in (("limb_qrs_mv", slice(0, 6)), ("chest_qrs_mv", slice(6, 12))):
        whole = np.ptp(record.signal[leads], axis=1).max()
        assert 0.7 * whole < row[name] <= 1.05 * whole


def test_a_table_comes_back_as_it_was_saved_and_others_are_refused(tmp_path):
    path = tmp_path / "t.parquet"
    table = ShippedTable("t", {"x": np.float64}, lambda _: {"x": 1.5}, lambda _: {}, "make-t")
    frame = pd.DataFrame({"x": [1.5, np.nan]}, index=pd.Index([7, 9], name="ecg_id"))
    with pytest.raises(CatalogError, match=r"does not exist\. Restore it, or run 'make-t'\."):
        table.load(path, "mine")
    save_table(frame, "mine", path)
    pd.testing.assert_frame_equal(table.load(path, "mine"), frame, check_index_type=False)
    with pytest.raises(CatalogError, match=r"is about mine, not other\. Run 'make-t'\."):
        table.load(path, "other")
    with pytest.raises(CatalogError, match="has columns"):
        ShippedTable("t", {"y": np.float64}, table.row, table.counts, "make-t").load(path, "mine")


def test_a_table_of_all_of_ptbxl_is_written_with_its_companion(
    monkeypatch, synthetic_dir, synthetic_recordings, tmp_path
):
    version = synthetic_version()
    monkeypatch.setattr(table_file, "PTBXL_VERSION", version)
    monkeypatch.setattr(store, "PTBXL_VERSION", version)
    settings = replace(Settings.from_env(synthetic_dir), pretrained_dir=tmp_path)
    table = ShippedTable(
        "high", {"mv": np.float32}, lambda one: {"mv": one.signal.max()}, len_of_it, "make-t"
    )
    seen = []
    report = table.write(settings, lambda *told: seen.append(told))
    n = len(synthetic_recordings.catalog.frame)
    assert (report.n_records, report.counts, seen[-1]) == (n, {"all": n}, (n, n))
    found = table.load(tmp_path / "high-synthetic.parquet", version)
    highest = synthetic_recordings.read(3).signal.max()
    assert (found.loc[3, "mv"], found["mv"].dtype) == (highest, np.float32)


def len_of_it(frame: pd.DataFrame) -> dict[str, int]:
    return {"all": len(frame)}


def test_no_table_ships_for_other_data():
    assert MEASURED.path("mine (3 records)", PRETRAINED) is None
    with pytest.raises(CatalogError, match="No table of measurements ships for mine"):
        measurements_of("mine", PRETRAINED)


def test_only_all_of_ptbxl_is_measured_for_shipping(synthetic_dir, tmp_path):
    settings = Settings.from_env(str(synthetic_dir))
    with pytest.raises(CatalogError, match=f"shipped table is for all of {PTBXL_VERSION}"):
        MEASURED.write(settings)
