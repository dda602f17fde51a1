"""The table of measurements: its rows, its file, and agreement with what is measured now."""

import numpy as np
import pandas as pd
import pytest

from ecgcore.errors import CatalogError
from ecgcore.ptbxl.catalog import PTBXL_VERSION, synthetic_version
from ecgcore.ptbxl.shipped.measured import (
    measure_all,
    measured_row,
    measurements_of,
    shipped_measurements,
)
from ecgcore.ptbxl.shipped.table_file import load_table, save_table
from ecgcore.settings import Settings
from ecgcore.signals.measure.measure import measure
from tests.support.paths import PROJECT

PRETRAINED = PROJECT / "pretrained"


def test_the_shipped_table_says_what_a_record_measures_now(synthetic_recordings):
    table = measurements_of(synthetic_version(), PRETRAINED)
    assert table.index.tolist() == synthetic_recordings.catalog.frame.index.tolist()
    for ecg_id in (1, 120, 240):
        now = pd.Series(measured_row(measure(synthetic_recordings.read(ecg_id))))
        np.testing.assert_allclose(table.loc[ecg_id].astype(float), now, rtol=1e-6)


def test_the_largest_qrs_of_limb_and_chest_is_that_of_the_recording(synthetic_recordings):
    record = synthetic_recordings.read(1)
    row = measured_row(measure(record))
    for name, leads in (("limb_qrs_mv", slice(0, 6)), ("chest_qrs_mv", slice(6, 12))):
        whole = np.ptp(record.signal[leads], axis=1).max()
        assert 0.7 * whole < row[name] <= 1.05 * whole


def test_a_table_comes_back_as_it_was_saved_and_others_are_refused(tmp_path):
    path = tmp_path / "t.parquet"
    frame = pd.DataFrame({"x": [1.5, np.nan]}, index=pd.Index([7, 9], name="ecg_id"))
    with pytest.raises(CatalogError, match=r"does not exist\. Restore it, or run it\."):
        load_table(path, "mine", ["ecg_id", "x"], "run it.")
    save_table(frame, "mine", path)
    found = load_table(path, "mine", ["ecg_id", "x"], "run it.")
    pd.testing.assert_frame_equal(found, frame, check_index_type=False)
    with pytest.raises(CatalogError, match=r"is about mine, not other\. Run it\."):
        load_table(path, "other", ["ecg_id", "x"], "run it.")
    with pytest.raises(CatalogError, match="has columns"):
        load_table(path, "mine", ["ecg_id", "y"], "run it.")


def test_no_table_ships_for_other_data():
    assert shipped_measurements("mine (3 records)", PRETRAINED) is None
    with pytest.raises(CatalogError, match="No table of measurements ships for mine"):
        measurements_of("mine", PRETRAINED)


def test_only_all_of_ptbxl_is_measured_for_shipping(synthetic_dir, tmp_path):
    settings = Settings.from_env(str(synthetic_dir))
    with pytest.raises(CatalogError, match=f"shipped table is for all of {PTBXL_VERSION}"):
        measure_all(settings)
