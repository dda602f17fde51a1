"""Power of reader studies, against what RJafroc prints for Van Dyke's data."""

import pytest

from ecgcore.stats.mrmc.analysis import Components
from ecgcore.stats.mrmc.power import cases_needed, power

# components of Van Dyke's study, empirical AUC and jackknife
VAN_DYKE = Components(
    ms_treatment=0.0047961705, ms_reader=0.0038362, ms_both=0.00055103062, error=0.00080228827,
    cov1=0.00034661371, cov2=0.00034407483, cov3=0.00023902837,
    n_treatments=2, n_readers=5, n_cases=114,
)  # fmt: skip
SEEN = 0.043800322


def test_power_of_six_readers_and_112_cases() -> None:
    """RJafroc: power 0.5555789, non-centrality 4.80, 23.1 degrees of freedom."""
    found = power(VAN_DYKE, SEEN, 6, 112)
    assert found.power == pytest.approx(0.5555789, abs=2e-6)
    assert found.noncentrality == pytest.approx(4.80, abs=5e-3)
    assert found.df2 == pytest.approx(23.1, abs=0.05)


@pytest.mark.parametrize(
    ("cases", "fixed", "expected"),
    [
        (163, None, 0.8015625),
        (236, None, 0.9003501),
        (133, "readers", 0.8011167),
        (53, "cases", 0.8049666),
    ],
)
def test_power_of_ten_readers(cases: int, fixed: str | None, expected: float) -> None:
    assert power(VAN_DYKE, SEEN, 10, cases, fixed=fixed).power == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize(
    ("readers", "cases"),
    [(4, 1089), (5, 344), (6, 251), (7, 211), (10, 163), (20, 126), (50, 109), (100, 103)],
)
def test_cases_needed_are_those_of_rjafrocs_table(readers: int, cases: int) -> None:
    found = cases_needed(VAN_DYKE, SEEN, readers)
    assert found is not None
    assert (found.n_readers, found.n_cases) == (readers, cases)
    assert found.power >= 0.8


def test_cases_for_more_power_and_for_fixed_readers() -> None:
    more, fixed = (
        cases_needed(VAN_DYKE, SEEN, 10, 0.9),
        cases_needed(VAN_DYKE, SEEN, 10, fixed="readers"),
    )
    assert more is not None
    assert fixed is not None
    assert (more.n_cases, fixed.n_cases) == (236, 133)


def test_too_few_readers_find_nothing_however_many_cases() -> None:
    assert cases_needed(VAN_DYKE, SEEN, 3, 0.9) is None


@pytest.mark.parametrize(("readers", "cases"), [(1, 100), (5, 1)])
def test_a_study_of_one_is_refused(readers: int, cases: int) -> None:
    with pytest.raises(ValueError, match=f"{readers} readers and {cases} cases"):
        power(VAN_DYKE, SEEN, readers, cases)
