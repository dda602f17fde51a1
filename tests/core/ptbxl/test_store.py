"""The signal store: the same values as the files, built in steps, and never wrong in silence."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import wfdb

from ecgcore.errors import CatalogError, RecordError
from ecgcore.io.wfdb.wfdb_files import read_wfdb
from ecgcore.leads import LEADS
from ecgcore.ptbxl import store
from ecgcore.ptbxl.catalog import Catalog, load_catalog
from ecgcore.ptbxl.store import Recordings, SignalStore, build_store, open_recordings, open_store

N = 8
TABLES = ("ptbxl_database.csv", "scp_statements.csv")


@pytest.fixture
def catalog(synthetic_dir: Path, tmp_path: Path) -> Catalog:
    """Eight synthetic records in a folder of their own."""
    folder = tmp_path / "data"
    (folder / "records100/00000").mkdir(parents=True)
    shutil.copy(synthetic_dir / TABLES[1], folder)
    pd.read_csv(synthetic_dir / TABLES[0]).head(N).to_csv(folder / TABLES[0], index=False)
    for ecg_id in range(1, N + 1):
        bring(synthetic_dir, folder, ecg_id)
    return load_catalog(folder)


def bring(synthetic_dir: Path, folder: Path, ecg_id: int) -> None:
    for suffix in ("hea", "dat"):
        name = f"records100/00000/{ecg_id:05d}_lr.{suffix}"
        shutil.copy(synthetic_dir / name, folder / name)


def spoil(catalog: Catalog, ecg_id: int) -> None:
    path = catalog.record_path(ecg_id).with_suffix(".dat")
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)


def rewrite(
    catalog: Catalog, ecg_id: int, units: np.ndarray, fs: int = 100, gain: float = 1000
) -> None:
    path, n = catalog.record_path(ecg_id), len(units)
    wfdb.wrsamp(
        path.name,
        fs,
        ["mV"] * n,
        list(LEADS[:n]),
        d_signal=units.T,
        fmt=["16"] * n,
        adc_gain=[gain] * n,
        baseline=[0] * n,
        write_dir=str(path.parent),
    )


def assert_same_as_files(catalog: Catalog, ids: list[int]) -> None:
    built = open_store(catalog)
    assert built is not None
    for ecg_id, signal in zip(ids, built.signals(ids), strict=True):
        expected = read_wfdb(catalog.record_path(ecg_id)).signal
        np.testing.assert_array_equal(signal.view(np.uint32), expected.view(np.uint32))


def test_every_synthetic_record_is_stored_bit_for_bit(synthetic_dir: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(synthetic_dir, tmp_path / "copy")
    catalog = load_catalog(copy)
    report = build_store(catalog)
    assert (report.n_stored, report.n_missing, report.refused) == (240, 0, ())
    assert report.folder == copy / "store-100hz"
    assert_same_as_files(catalog, catalog.frame.index.tolist())


def test_each_of_the_65536_values_is_what_the_file_says() -> None:
    every = np.arange(-32768, 32768, dtype=np.int16)
    padded = np.resize(every, (6, 12, 1000))
    from_store = SignalStore(padded, {row: row for row in range(6)}).signals(range(6))
    assert from_store.dtype == np.float32
    np.testing.assert_array_equal(from_store, (padded / 1000.0).astype(np.float32))


@pytest.mark.ptbxl
def test_fifty_records_of_ptbxl_bit_for_bit(ptbxl_catalog: Catalog, tmp_path: Path) -> None:
    odd = [12_722, *range(38, 44)]
    ids = sorted({*odd, *ptbxl_catalog.frame.index[:: 21_799 // 43][:43].tolist()})
    assert len(ids) == 50
    part = tmp_path / "part"
    part.mkdir()
    (part / "records100").symlink_to(ptbxl_catalog.folder / "records100")
    shutil.copy(ptbxl_catalog.folder / TABLES[1], part)
    table = pd.read_csv(ptbxl_catalog.folder / TABLES[0], low_memory=False)
    table[table["ecg_id"].isin(ids)].to_csv(part / TABLES[0], index=False)
    with pytest.raises(RecordError, match="outside the data folder"):
        load_catalog(part).record_path(ids[0])
    (part / "records100").unlink()
    for ecg_id in ids:
        source = ptbxl_catalog.record_path(ecg_id)
        target = part / source.relative_to(ptbxl_catalog.folder.resolve()).parent
        target.mkdir(parents=True, exist_ok=True)
        for suffix in (".hea", ".dat"):
            shutil.copy(source.with_suffix(suffix), target)
    catalog = load_catalog(part)
    assert build_store(catalog).n_stored == 50
    assert_same_as_files(catalog, ids)


def test_records_come_in_the_order_asked_for(catalog: Catalog) -> None:
    build_store(catalog)
    built = open_store(catalog)
    assert built is not None
    signals = built.signals([7, 2, 7])
    assert signals.shape == (3, 12, 1000)
    np.testing.assert_array_equal(signals[0], signals[2])
    np.testing.assert_array_equal(signals[1], built.signal(2))
    assert built.signals([]).shape == (0, 12, 1000)


def test_progress_is_told_from_nothing_to_all(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_BLOCK", 3)
    told: list[tuple[int, int]] = []
    build_store(catalog, lambda done, total: told.append((done, total)))
    assert told == [(0, N), (3, N), (6, N), (N, N)]


def test_an_interrupted_build_goes_on_where_it_stopped(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_BLOCK", 3)

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_store(catalog, stop)
    halfway = open_store(catalog)
    assert halfway is not None
    assert sorted(halfway.row_of) == [1, 2, 3]
    spoil(catalog, 3)
    told: list[int] = []
    report = build_store(catalog, lambda done, total: told.append(done))
    assert told[0] == 3
    assert (report.n_stored, report.refused) == (N, ())
    assert_same_as_files(catalog, [i for i in range(1, N + 1) if i != 3])


def test_records_downloaded_later_are_added(catalog: Catalog, synthetic_dir: Path) -> None:
    for ecg_id in range(4, N + 1):
        catalog.record_path(ecg_id).with_suffix(".dat").unlink()
    report = build_store(catalog)
    assert (report.n_stored, report.n_missing, report.refused) == (3, 5, ())
    recordings = open_recordings(catalog)
    assert recordings.available(range(2, 8)) == [2, 3]
    with pytest.raises(RecordError, match=r"names 00004_lr\.dat, which does not exist"):
        recordings.read(4)
    for ecg_id in (4, 5):
        bring(synthetic_dir, catalog.folder, ecg_id)
    assert recordings.available(range(2, 8)) == [2, 3, 4, 5]
    assert recordings.signals([5, 1]).shape == (2, 12, 1000)
    report = build_store(catalog)
    assert (report.n_stored, report.n_missing) == (5, 3)
    assert_same_as_files(catalog, [1, 2, 3, 4, 5])


def test_a_changed_recording_is_refused_and_named_and_the_rest_stored(
    catalog: Catalog, synthetic_dir: Path
) -> None:
    spoil(catalog, 4)
    report = build_store(catalog)
    assert report.n_stored == N - 1
    ((ecg_id, why),) = report.refused
    assert ecg_id == 4
    assert "of 00004_lr sums to" in why
    with pytest.raises(RecordError, match=r"Lead .* of 4 sums to .* samples were changed"):
        open_recordings(catalog).read(4)
    bring(synthetic_dir, catalog.folder, 4)
    assert build_store(catalog).n_stored == N


def eleven_leads(catalog: Catalog) -> None:
    rewrite(catalog, 2, np.zeros((11, 1000), np.int64))


def not_a_number(catalog: Catalog) -> None:
    units = np.zeros((12, 1000), np.int64)
    units[6, 9] = -32768
    rewrite(catalog, 2, units)


def too_short(catalog: Catalog) -> None:
    rewrite(catalog, 2, np.zeros((12, 999), np.int64))


def at_500_hz(catalog: Catalog) -> None:
    rewrite(catalog, 2, np.zeros((12, 1000), np.int64), fs=500)


def beyond_any_ecg(catalog: Catalog) -> None:
    rewrite(catalog, 2, np.full((12, 1000), 400), gain=10)


def truncated(catalog: Catalog) -> None:
    path = catalog.record_path(2).with_suffix(".dat")
    path.write_bytes(path.read_bytes()[:-12])


def without_header(catalog: Catalog) -> None:
    catalog.record_path(2).with_suffix(".hea").unlink()


WRONG = [
    (eleven_leads, "11 leads.*missing V6"),
    (truncated, "damaged or truncated"),
    (without_header, r"00002_lr\.hea does not exist"),
]
UNFIT = [
    (too_short, "999 samples at 100 Hz"),
    (at_500_hz, "1000 samples at 500 Hz"),
    (not_a_number, "lacks samples in V1"),
]


@pytest.mark.parametrize(
    ("damage", "message"), [*WRONG, *UNFIT, (beyond_any_ecg, r"beyond 32\.767 mV")]
)
def test_a_recording_that_does_not_fit_is_refused(
    catalog: Catalog, damage: Callable[[Catalog], None], message: str
) -> None:
    damage(catalog)
    report = build_store(catalog)
    assert (report.n_stored, [ecg_id for ecg_id, _ in report.refused]) == (N - 1, [2])
    with pytest.raises(RecordError, match=message):
        raise RecordError(report.refused[0][1])


@pytest.mark.parametrize(("damage", "message"), WRONG)
def test_a_damaged_recording_cannot_be_read(
    catalog: Catalog, damage: Callable[[Catalog], None], message: str
) -> None:
    damage(catalog)
    with pytest.raises(RecordError, match=message):
        Recordings(catalog).read(2)


@pytest.mark.parametrize(("damage", "message"), UNFIT)
def test_a_recording_of_another_length_or_rate_is_read_alone_but_never_stacked(
    catalog: Catalog, damage: Callable[[Catalog], None], message: str
) -> None:
    damage(catalog)
    recordings = Recordings(catalog)
    assert recordings.read(2).signal.shape[0] == 12
    with pytest.raises(RecordError, match=message):
        recordings.signals([1, 2])


def test_a_row_that_points_outside_is_refused_and_the_rest_stored(catalog: Catalog) -> None:
    table = catalog.folder / TABLES[0]
    frame = pd.read_csv(table)
    frame.loc[1, "filename_lr"] = "../../outside"
    frame.to_csv(table, index=False)
    report = build_store(load_catalog(catalog.folder))
    assert report.n_stored == N - 1
    ((ecg_id, why),) = report.refused
    assert ecg_id == 2
    assert "outside the data folder" in why


def test_reading_from_store_and_from_files_is_the_same(catalog: Catalog) -> None:
    from_files = open_recordings(catalog)
    assert from_files.store is None
    build_store(catalog)
    from_store = open_recordings(catalog)
    one, other = from_files.read(6), from_store.read(6)
    assert (one.record_id, one.fs_hz, one.source) == (other.record_id, other.fs_hz, other.source)
    assert one.record_id == "6"
    assert one.source == catalog.version
    np.testing.assert_array_equal(one.signal, other.signal)
    ids = [6, 1, 8]
    np.testing.assert_array_equal(from_files.signals(ids), from_store.signals(ids))
    assert from_files.signals([]).shape == from_store.signals([]).shape == (0, 12, 1000)


def test_synthetic_records_are_marked(synthetic_recordings: Recordings, catalog: Catalog) -> None:
    assert synthetic_recordings.read(1).synthetic
    assert not Recordings(catalog).read(1).synthetic


def test_an_unknown_record_is_named(catalog: Catalog) -> None:
    build_store(catalog)
    recordings = open_recordings(catalog)
    with pytest.raises(RecordError, match="no record 9 in"):
        recordings.read(9)
    assert recordings.store is not None
    with pytest.raises(RecordError, match="1 of 2 records are not in the store, the first is 9"):
        recordings.store.signals([1, 9])


def shorten(folder: Path) -> None:
    with (folder / "signals.i16").open("r+b") as file:
        file.truncate(24_000 * (N - 1))


def lengthen(folder: Path) -> None:
    with (folder / "done.bool").open("ab") as file:
        file.write(b"\1")


def lose_signals(folder: Path) -> None:
    (folder / "signals.i16").unlink()


def cut_index(folder: Path) -> None:
    (folder / "index.json").write_text('{"format": 1, "ids": [1, 2')


def empty_index(folder: Path) -> None:
    (folder / "index.json").write_text("{}")


def list_index(folder: Path) -> None:
    (folder / "index.json").write_text("[]")


def other_format(folder: Path) -> None:
    index = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps(index | {"format": 99}))


@pytest.mark.parametrize(
    "damage",
    [shorten, lengthen, lose_signals, cut_index, empty_index, list_index, other_format],
)
def test_a_damaged_store_is_neither_read_nor_built_upon(
    catalog: Catalog, damage: Callable[[Path], None]
) -> None:
    folder = build_store(catalog).folder
    damage(folder)
    for use in (open_store, build_store):
        with pytest.raises(CatalogError, match=r"store-100hz is damaged .*Delete that folder"):
            use(catalog)
    shutil.rmtree(folder)
    assert build_store(catalog).n_stored == N


def test_a_store_of_another_table_is_built_anew(catalog: Catalog) -> None:
    build_store(catalog)
    table = catalog.folder / TABLES[0]
    pd.read_csv(table).iloc[5:].to_csv(table, index=False)
    fewer = load_catalog(catalog.folder)
    assert build_store(fewer).n_stored == N - 5
    assert_same_as_files(fewer, list(range(6, N + 1)))


def test_a_folder_that_cannot_be_written_is_named_with_the_space_needed(
    catalog: Catalog,
) -> None:
    (catalog.folder / "store-100hz").write_text("in the way")
    with pytest.raises(CatalogError, match=r"store-100hz cannot be written .*needs 0 MB"):
        build_store(catalog)


def test_without_a_store_there_is_none(catalog: Catalog) -> None:
    assert open_store(catalog) is None


def test_a_recording_that_is_not_downloaded_says_how_to_get_it(catalog: Catalog) -> None:
    for suffix in (".hea", ".dat"):
        catalog.record_path(2).with_suffix(suffix).unlink()
    with pytest.raises(RecordError, match="data fetch"):
        Recordings(catalog).read(2)


@pytest.fixture
def fine_catalog(catalog: Catalog) -> Catalog:
    """The eight records with a 500 Hz file of record 2, and a table that names one for each."""
    table = catalog.folder / TABLES[0]
    frame = pd.read_csv(table)
    frame["filename_hr"] = [f"records500/00000/{i:05d}_hr" for i in frame["ecg_id"]]
    frame.to_csv(table, index=False)
    (catalog.folder / "records500/00000").mkdir(parents=True)
    found = load_catalog(catalog.folder)
    write_fine(found, np.arange(12 * 5000).reshape(12, 5000) % 3000)
    return found


def write_fine(catalog: Catalog, units: np.ndarray) -> None:
    path = catalog.fine_path(2)
    assert path is not None
    n = len(units)
    wfdb.wrsamp(
        path.name,
        500,
        ["mV"] * n,
        list(LEADS[:n]),
        d_signal=units.T,
        fmt=["16"] * n,
        adc_gain=[1000] * n,
        baseline=[0] * n,
        write_dir=str(path.parent),
    )


def test_the_eye_gets_500_hz_and_the_models_100_hz(fine_catalog: Catalog) -> None:
    build_store(fine_catalog)
    recordings = open_recordings(fine_catalog)
    shown = recordings.read_display(2)
    assert (shown.fs_hz, shown.n_samples, shown.record_id) == (500, 5000, "2")
    assert shown.source == fine_catalog.version
    np.testing.assert_allclose(shown.signal[0, :3], [0, 0.001, 0.002])
    assert recordings.read(2).fs_hz == 100
    assert recordings.signals([2]).shape == (1, 12, 1000)


def test_without_a_500_hz_file_the_100_hz_record_is_shown(fine_catalog: Catalog) -> None:
    recordings = Recordings(fine_catalog)
    shown = recordings.read_display(3)
    assert (shown.fs_hz, shown.warnings) == (100, ())
    np.testing.assert_array_equal(shown.signal, recordings.read(3).signal)


@pytest.mark.parametrize("cell", [None, ""])
def test_a_table_without_500_hz_names_shows_100_hz(catalog: Catalog, cell: str | None) -> None:
    table = catalog.folder / TABLES[0]
    frame = pd.read_csv(table).drop(columns="filename_hr")
    if cell is not None:
        frame["filename_hr"] = cell
    frame.to_csv(table, index=False)
    bare = load_catalog(catalog.folder)
    assert bare.fine_path(2) is None
    assert Recordings(bare).read_display(2).fs_hz == 100


def test_a_damaged_500_hz_file_is_named_and_100_hz_shown(fine_catalog: Catalog) -> None:
    write_fine(fine_catalog, np.zeros((11, 5000), np.int64))
    shown = Recordings(fine_catalog).read_display(2)
    assert shown.fs_hz == 100
    (warning,) = shown.warnings
    assert warning.startswith("Drawn at 100 Hz, since the 500 Hz file cannot be used: ")
    assert "missing V6" in warning


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "records500/../../outside"])
def test_a_500_hz_file_never_lies_outside_the_data_folder(catalog: Catalog, name: str) -> None:
    table = catalog.folder / TABLES[0]
    pd.read_csv(table).assign(filename_hr=name).to_csv(table, index=False)
    crooked = load_catalog(catalog.folder)
    with pytest.raises(RecordError, match="points outside the data folder"):
        crooked.fine_path(2)
    shown = Recordings(crooked).read_display(2)
    assert shown.fs_hz == 100
    assert "outside the data folder" in shown.warnings[0]


def test_synthetic_records_are_marked_for_the_eye_too(synthetic_recordings: Recordings) -> None:
    assert synthetic_recordings.read_display(1).synthetic


def test_an_unknown_record_cannot_be_shown(catalog: Catalog) -> None:
    with pytest.raises(RecordError, match="no record 9 in"):
        Recordings(catalog).read_display(9)
