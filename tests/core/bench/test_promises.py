"""What the benches promise: a second copy, so that no promise moves unseen."""

import pytest

from ecgcore.bench import ecg_page, figure, glossary, speed
from ecgcore.bench.figure import Figure

PROMISES = [
    (ecg_page.FIGURE_MS, 40.0),
    (ecg_page.PAYLOAD_KB, 250.0),
    (ecg_page.MEASURE_MS, 60.0),
    (ecg_page.PDF_MS, 2000.0),
    (glossary.TARGET_COVERAGE, 0.95),
]


@pytest.mark.parametrize(("promise", "value"), PROMISES)
def test_promises(promise: float, value: float) -> None:
    assert promise == value


def test_promises_of_single_figures() -> None:
    assert speed._TARGETS_MS == {"gradcam": 30.0, "ig": 400.0}
    assert speed.memory("memory").target == 1500.0
    assert glossary.HELD_OUT_FOLDS == (9, 10)


def test_how_often_is_measured() -> None:
    assert (figure._REPEATS, speed._LOOP_RECORDS, ecg_page._RECORDS) == (20, 200, 50)
    assert (ecg_page._DRAWINGS, ecg_page._PRINTS) == (10, 5)


@pytest.mark.parametrize(
    ("value", "shown"), [(9.994, "9.99"), (10.0, "10.0"), (-12.34, "-12.3"), (1234.5, "1,234.5")]
)
def test_values_from_ten_on_have_one_decimal(value: float, shown: str) -> None:
    assert figure._shown(value) == shown


def test_usual_figures_promise_nothing() -> None:
    plain = Figure("a", 1.0, "ms")
    assert (plain.target, plain.note, plain.skipped, plain.at_least) == (None, "", False, None)
