"""Tables of the further sheets: their columns, and what is cut or broken."""

from dataclasses import replace

import pytest

from ecgcore.report import back as module
from ecgcore.report.flow import Column
from tests.core.report.test_printout import PREDICTION, content
from tests.support.measurements import measurements
from tests.support.predictions import ensemble, prediction


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[Column], list[tuple], float]]:
    """Columns, rows and width of each table that is laid out."""
    found: list = []
    lay_out = module.table

    def noted(columns: list, rows: object, width: float) -> list:
        cells = [tuple(row) for row in rows]
        found.append((list(columns), cells, width))
        return lay_out(columns, cells, width)

    monkeypatch.setattr(module, "table", noted)
    return found


def shares(columns: list[Column]) -> list[tuple[str, float, bool]]:
    return [(one.title, one.share, one.right) for one in columns]


def test_measurements_have_four_columns(tables: list) -> None:
    found = measurements({"qt_ms": None}, {"pr_ms": "P wave unclear", "qt_ms": "too flat"})
    module._measurements(content(measurements=found), 138.0)
    ((columns, rows, width),) = tables
    assert shares(columns) == [
        ("", 25, False), ("", 15, True), ("Confidence", 18, True), ("Remark", 52, False),
    ]  # fmt: skip
    assert width == 138.0
    by_name = {row[0]: row[1:] for row in rows}
    assert by_name["PR interval"] == ("162 ? ms", "30 %", "doubtful: P wave unclear")
    assert by_name["QT interval"] == ("—", "", "could not measure: too flat")
    assert by_name["QRS axis"] == ("−12°", "90 %", "")


def test_leads_have_a_column_for_each_amplitude(tables: list) -> None:
    module._leads(content(), 138.0)
    ((columns, rows, _),) = tables
    titles = ["Q", "R", "S", "ST J", "J+40", "J+60", "J+80", "T"]
    assert shares(columns) == [("", 8, False), *((title, 11, True) for title in titles)]
    assert [row[0] for row in rows][:4] == ["I", "II", "III", "aVR"]
    assert rows[0][1:] == ("−0.10", "0.80", "−0.30", "0.02", "0.03", "0.04", "0.05", "0.25")


def test_models_have_the_columns_that_say_something(tables: list) -> None:
    module._numbers([PREDICTION], 138.0)
    numbers = {
        "seeds": (0.3, 0.4), "uncalibrated": 0.2, "interval": (0.36, 0.39), "verdict": "MI",
        "calls_mi": True,
    }  # fmt: skip
    module._numbers([prediction(0.37, ensemble(), "venn_abers", 0.05, **numbers)], 138.0)
    (few, row, _), (all_of_them, full, _) = tables
    assert [one.title for one in few] == ["Model", "MI", "Seeds", "Calls", "Verdict"]
    assert row == [("CNN-BiLSTM A", "37.0 %", "one seed", "no MI", "none")]
    assert shares(all_of_them) == [
        ("Model", 28, False), ("MI", 15, True), ("Venn-Abers", 33, True), ("Seeds", 33, True),
        ("Uncalibrated", 19, True), ("Calls", 12, False), ("Verdict", 13, False),
    ]  # fmt: skip
    assert full == [
        (
            "CNN-BiLSTM A", "37.0 %", "36.0 to 39.0 %", "30.0 to 40.0 % (2)", "20.0 %", "MI", "MI",
        )
    ]  # fmt: skip


@pytest.mark.parametrize(("n", "per_row"), [(8, [8]), (9, [8, 1]), (17, [8, 8, 1])])
def test_eight_ensembles_stand_in_a_row(tables: list, n: int, per_row: list[int]) -> None:
    module._origins((prediction(0.5, ensemble(), leakage=""),) * n, 138.0)
    ((columns, rows, _),) = tables
    assert [row[0].count("CNN-BiLSTM A") for row in rows] == per_row
    assert shares(columns) == [
        ("Model", 40, False), ("Trained on", 56, False), ("This recording", 40, False),
    ]  # fmt: skip
    assert {row[2] for row in rows} == {"no recording of this patient was in its training data"}


def test_a_recording_from_elsewhere_is_not_in_the_data() -> None:
    assert module._known_words(None) == "not in the open data set"


def test_one_model_has_sixteen_digits_and_several_have_eight_each() -> None:
    assert module._checksum_words(ensemble(seeds=1)) == "0" * 16 + "…"
    assert module._checksum_words(ensemble(seeds=2)) == "00000000… 00000000…"


def test_the_last_table_says_where_all_comes_from(tables: list) -> None:
    made = content()
    made = replace(made, record=replace(made.record, warnings=("Resampled.",)))
    module._provenance(made, 138.0)
    ((columns, rows, _),) = tables
    assert shares(columns) == [("", 30, False), ("", 90, False)]
    assert rows[:3] == [
        ("Record", "7, a test, PTB-XL 1.0.3"),
        ("Signal", "12 leads, 1000 samples each, 10 s"),
        ("How it was read", "Resampled."),
    ]
    assert rows[-1] == ("Weights, SHA-256", "CNN-BiLSTM A " + "0" * 16 + "…")


def test_tables_without_a_head_are_just_their_rows() -> None:
    blocks = module._provenance(content(), 138.0)
    assert not any(line.bold for block in blocks[1:] for line in block.lines)
