"""The catalogue: the original table, the rebuilt one, damaged ones, and paths that lead outside."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from ecgcore.errors import CatalogError, RecordError
from ecgcore.ptbxl.catalog import Catalog, load_catalog, open_catalog, synthetic_version
from ecgcore.settings import Settings

TABLES = ("ptbxl_database.csv", "scp_statements.csv")
Changed = Callable[[Callable[[pd.DataFrame], pd.DataFrame]], Path]


@pytest.fixture
def tables(synthetic_dir: Path, tmp_path: Path) -> Path:
    """Copy the tables of the synthetic set, without its marker and its signals."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in TABLES:
        shutil.copy(synthetic_dir / name, folder)
    return folder


@pytest.fixture
def changed(tables: Path) -> Changed:
    """Return a function that rewrites the table as text cells and returns its folder."""

    def change_it(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Path:
        path = tables / TABLES[0]
        change(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False)
        return tables

    return change_it


def test_the_synthetic_set_says_that_it_is(synthetic_catalog: Catalog) -> None:
    assert synthetic_catalog.synthetic
    assert synthetic_catalog.version == synthetic_version()
    assert len(synthetic_catalog.frame) == 240


def test_another_folder_is_named_with_its_size(tables: Path) -> None:
    catalog = load_catalog(tables)
    assert not catalog.synthetic
    assert catalog.version == "mine (240 records)"


def as_integers(raw: pd.DataFrame) -> pd.DataFrame:
    return raw.assign(
        patient_id=raw["patient_id"].str.removesuffix(".0"),
        strat_fold=raw["strat_fold"].str.removesuffix(".0"),
    )


def as_floats(raw: pd.DataFrame) -> pd.DataFrame:
    whole = as_integers(raw)
    return whole.assign(
        patient_id=whole["patient_id"] + ".0",
        strat_fold=whole["strat_fold"] + ".0",
        sex=whole["sex"] + ".0",
        validated_by_human=whole["validated_by_human"].map({"True": "1.0", "False": "0.0"}),
    )


def in_capitals(raw: pd.DataFrame) -> pd.DataFrame:
    return raw.assign(validated_by_human=raw["validated_by_human"].str.upper())


@pytest.mark.parametrize("spelling", [as_integers, as_floats, in_capitals])
def test_numbers_and_booleans_in_any_spelling_are_the_same_catalogue(
    changed: Changed,
    synthetic_catalog: Catalog,
    spelling: Callable[[pd.DataFrame], pd.DataFrame],
) -> None:
    catalog = load_catalog(changed(spelling))
    pd.testing.assert_frame_equal(catalog.frame, synthetic_catalog.frame)
    pd.testing.assert_frame_equal(catalog.codes, synthetic_catalog.codes)


BLANK = {
    "patient_id": "",
    "age": "",
    "validated_by_human": "",
    "strat_fold": "",
    "report": "",
    "sex": "",
}


def test_blanks_in_some_rows_leave_the_others_as_they_were(
    changed: Changed, synthetic_catalog: Catalog
) -> None:
    def blank_the_first(raw: pd.DataFrame) -> pd.DataFrame:
        raw.loc[0, list(BLANK)] = list(BLANK.values())
        return raw

    catalog = load_catalog(changed(blank_the_first))
    pd.testing.assert_frame_equal(catalog.frame.iloc[1:], synthetic_catalog.frame.iloc[1:])
    entry = catalog.entry(1)
    assert (entry.patient_id, entry.validated) == (None, None)
    assert (entry.age, entry.sex, entry.report) == ("age unknown", "unknown", "")
    assert (entry.group, entry.split) == ("other", "unknown")
    assert entry.statements == synthetic_catalog.entry(1).statements


def test_columns_that_are_all_blank_mean_unknown(changed: Changed) -> None:
    catalog = load_catalog(changed(lambda raw: raw.assign(**BLANK)))
    assert set(catalog.frame["group"]) == {"other"}
    assert set(catalog.frame["split"]) == {"unknown"}
    assert set(catalog.frame["sex"]) == {"unknown"}


def test_a_record_of_nobody_is_a_patient_of_its_own(changed: Changed) -> None:
    patient = ["7.0", "", "7.0", "", *["9.0"] * 236]
    catalog = load_catalog(changed(lambda raw: raw.assign(patient_id=patient)))
    ids = catalog.frame.index[:5].tolist()
    first, second, third, fourth, fifth = catalog.patient_numbers(ids).tolist()
    assert (first, third, fifth) == (7, 7, 9)
    assert (second, fourth) == (-ids[1], -ids[3])
    assert catalog.patient_numbers([ids[3], ids[0]]).tolist() == [fourth, first]


def test_columns_that_nobody_needs_may_be_missing(changed: Changed) -> None:
    dropped = ["report", "filename_lr"]
    kept = ["ecg_id", "patient_id", "age", "sex", "scp_codes", "validated_by_human", "strat_fold"]
    catalog = load_catalog(changed(lambda raw: raw[kept + dropped]))
    entry = catalog.entry(7)
    assert (entry.noise, entry.device, entry.recording_date) == ((), "", "")


def test_missing_columns_are_named(changed: Changed) -> None:
    folder = changed(lambda raw: raw.drop(columns=["strat_fold", "age"]))
    with pytest.raises(CatalogError, match=r"\.csv lacks the columns age, strat_fold"):
        load_catalog(folder)


@pytest.mark.parametrize(
    ("column", "cell"),
    [("ecg_id", ""), ("ecg_id", "x"), ("age", "old"), ("patient_id", "1.5"), ("strat_fold", "ten")],
)
def test_a_cell_of_the_wrong_kind_is_a_damaged_table(
    changed: Changed, column: str, cell: str
) -> None:
    def spoil(raw: pd.DataFrame) -> pd.DataFrame:
        raw.loc[3, column] = cell
        return raw

    with pytest.raises(CatalogError, match=r"ptbxl_database\.csv is damaged .* Download it again"):
        load_catalog(changed(spoil))


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\x00\x01", b'ecg_id,age\n1,"5'])
def test_a_file_that_is_no_table_is_refused(tables: Path, content: bytes) -> None:
    (tables / TABLES[0]).write_bytes(content)
    with pytest.raises(CatalogError, match=r"ptbxl_database\.csv (is damaged|lacks)"):
        load_catalog(tables)


def test_a_table_cut_in_the_middle_of_a_row_is_refused(tables: Path) -> None:
    table = tables / TABLES[0]
    content = table.read_bytes()
    table.write_bytes(content[: content.rindex(b"{'") + 5])
    with pytest.raises(CatalogError, match=r"damaged|scp_codes has"):
        load_catalog(tables)


def test_a_record_listed_twice_is_refused(changed: Changed) -> None:
    with pytest.raises(CatalogError, match="lists record 5 twice"):
        load_catalog(changed(lambda raw: pd.concat([raw, raw.iloc[[4]]])))


@pytest.mark.parametrize("name", TABLES)
def test_a_missing_table_is_named_with_the_way_out(tables: Path, name: str) -> None:
    (tables / name).unlink()
    with pytest.raises(CatalogError, match=rf"{name} does not exist.*--data or ECG_DATA_DIR"):
        load_catalog(tables)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="nowhere does not exist"):
        load_catalog(tmp_path / "nowhere")


def test_a_code_without_a_statement_row_is_kept_without_a_class(changed: Changed) -> None:
    def rename(raw: pd.DataFrame) -> pd.DataFrame:
        raw.loc[0, "scp_codes"] = "{'XYZ': 35.0}"
        return raw

    (statement,) = load_catalog(changed(rename)).entry(1).statements
    assert (statement.code, statement.likelihood) == ("XYZ", 35.0)
    assert (statement.description, statement.superclass, statement.kind) == ("", "", "")


def test_diagnoses_come_first_and_the_likeliest_of_them(changed: Changed) -> None:
    def many(raw: pd.DataFrame) -> pd.DataFrame:
        raw.loc[0, "scp_codes"] = "{'SR': 0.0, 'LMI': 15.0, 'IMI': 80.0, 'AMI': 80.0}"
        return raw

    catalog = load_catalog(changed(many))
    entry = catalog.entry(1)
    assert [s.code for s in entry.statements] == ["AMI", "IMI", "LMI", "SR"]
    assert catalog.frame.loc[1, "territory"] == "anterior, inferior, lateral"
    assert catalog.frame.loc[1, "mi_likelihood"] == 80


@pytest.mark.parametrize(
    ("age", "text"), [("300.0", "over 89 years"), ("89.0", "89 years"), ("2", "2 years")]
)
def test_ages_in_words(changed: Changed, age: str, text: str) -> None:
    assert load_catalog(changed(lambda raw: raw.assign(age=age))).entry(1).age == text


@pytest.mark.parametrize("ecg_id", [0, -1, 241, 10**30])
def test_an_unknown_record_is_named_with_the_range(synthetic_catalog: Catalog, ecg_id: int) -> None:
    for ask in (synthetic_catalog.entry, synthetic_catalog.record_path):
        with pytest.raises(RecordError, match=rf"no record {ecg_id} in .* \(1 to 240\)"):
            ask(ecg_id)


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "records100/../../outside", "records100/link/x"]
)
def test_no_record_lies_outside_the_data_folder(changed: Changed, name: str) -> None:
    folder = changed(lambda raw: raw.assign(filename_lr=name))
    (folder / "records100").mkdir()
    (folder / "records100/link").symlink_to(folder.parent, target_is_directory=True)
    with pytest.raises(RecordError, match="Record 1 points outside the data folder"):
        load_catalog(folder).record_path(1)


def test_a_record_lies_in_the_data_folder(synthetic_catalog: Catalog) -> None:
    path = synthetic_catalog.record_path(17)
    assert path == synthetic_catalog.folder.resolve() / "records100/00000/00017_lr"


def test_the_chosen_folder_wins_then_the_local_one_then_the_synthetic_set(
    tables: Path, synthetic_dir: Path, tmp_path: Path
) -> None:
    bare = Settings(None, tmp_path / "local", synthetic_dir, tmp_path / "p", tmp_path / "r")
    assert open_catalog(bare).folder == synthetic_dir
    shutil.copytree(tables, tmp_path / "local")
    assert open_catalog(bare).folder == tmp_path / "local"
    assert open_catalog(replace(bare, data_dir=tables)).folder == tables
    with pytest.raises(CatalogError, match="typo does not exist"):
        open_catalog(replace(bare, data_dir=tmp_path / "typo"))


@pytest.mark.ptbxl
def test_ptbxl_is_known_by_its_size(ptbxl_catalog: Catalog) -> None:
    assert ptbxl_catalog.version == "PTB-XL 1.0.3"
    assert len(ptbxl_catalog.frame) == 21_799
    assert not ptbxl_catalog.synthetic


@pytest.mark.ptbxl
def test_the_first_record_of_ptbxl(ptbxl_catalog: Catalog) -> None:
    entry = ptbxl_catalog.entry(1)
    assert (entry.patient_id, entry.age, entry.sex) == (15_709, "56 years", "female")
    assert (entry.group, entry.split, entry.validated) == ("pure_normal", "train", True)
    assert [(s.code, s.likelihood, s.kind) for s in entry.statements] == [
        ("NORM", 100, "diagnostic"),
        ("LVOLT", 0, "form"),
        ("SR", 0, "rhythm"),
    ]
    assert ("static noise", "I-V1") in entry.noise
