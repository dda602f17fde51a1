"""SCP codes, their classes and territories."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.errors import CatalogError
from ecgcore.leads import TERRITORY_LEADS
from ecgcore.ptbxl import scp
from ecgcore.wording.records import SUPERCLASSES, TERRITORIES

HEADER = ",description,diagnostic,form,rhythm,diagnostic_class,diagnostic_subclass\n"


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", min_size=1, max_size=8),
        st.sampled_from([0.0, 15.0, 35.0, 50.0, 80.0, 100.0]),
        max_size=8,
    )
)
def test_every_cell_that_python_wrote_is_read_back(codes: dict[str, float]) -> None:
    assert scp.parse_codes(str(codes)) == codes


def test_whole_numbers_and_double_quotes_are_read_too() -> None:
    assert scp.parse_codes("{\"NORM\": 100, 'SR': 0}") == {"NORM": 100.0, "SR": 0.0}
    assert scp.parse_codes("{}") == {}


@pytest.mark.parametrize(
    "cell", ["", "nan", "NORM", "{'NORM': 100.0", "['NORM']", "{'NORM': None}", "{'NORM': 'x'}"]
)
def test_another_cell_is_refused_and_shown(cell: str) -> None:
    with pytest.raises(CatalogError) as caught:
        scp.parse_codes(cell)
    assert repr(cell) in str(caught.value)
    assert "Download ptbxl_database.csv again" in str(caught.value)


def test_a_cell_is_data_and_never_run() -> None:
    with pytest.raises(CatalogError):
        scp.parse_codes("__import__('os').system('true')")


def test_statements_have_a_kind_and_only_diagnoses_a_superclass(tmp_path: Path) -> None:
    path = tmp_path / "scp_statements.csv"
    path.write_text(
        HEADER
        + "IMI,inferior infarction,1.0,,,MI,IMI\n"
        + "NDT,non-diagnostic T,1.0,1.0,,STTC,STTC\n"
        + "LVOLT,low voltage,,1.0,,,\n"
        + "SR,sinus rhythm,,,1.0,,\n"
        + "ODD,no diagnosis with a class,,1.0,,MI,\n"
    )
    statements = scp.load_statements(path)
    kinds = {"IMI": "diagnostic", "NDT": "diagnostic", "LVOLT": "form", "SR": "rhythm"}
    assert statements["kind"].to_dict() == {**kinds, "ODD": "form"}
    classes = {"IMI": "MI", "NDT": "STTC", "LVOLT": "", "SR": "", "ODD": ""}
    assert statements["superclass"].to_dict() == classes
    assert statements.loc["SR", "description"] == "sinus rhythm"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is damaged"),
        ('a,b\n"open', "is damaged"),
        (",description,form,rhythm\nNORM,normal,,\n", "lacks the columns diagnostic, diagnostic_"),
    ],
)
def test_a_damaged_statements_file_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "scp_statements.csv"
    path.write_text(content)
    with pytest.raises(CatalogError, match=rf"scp_statements\.csv {message}"):
        scp.load_statements(path)


@pytest.mark.ptbxl
def test_ptbxl_has_fourteen_infarct_statements_with_known_territories(ptbxl_dir: Path) -> None:
    statements = scp.load_statements(ptbxl_dir / "scp_statements.csv")
    assert len(statements) == 71
    assert (statements["kind"] == "diagnostic").sum() == 44
    mi = statements.index[statements["superclass"] == "MI"]
    assert set(mi) == set(scp.MI_TERRITORIES)
    assert len(mi) == 14
    assert set(statements["superclass"]) - {""} == set(SUPERCLASSES)


def test_territories_are_spelled_alike() -> None:
    named = {territory for names in scp.MI_TERRITORIES.values() for territory in names}
    assert named == set(TERRITORIES)
    assert set(TERRITORY_LEADS) <= named
