"""Lead names in any spelling and order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.errors import RecordError
from ecgcore.leads import LEADS, TERRITORY_LEADS, lead_order


def spellings(name: str) -> st.SearchStrategy[str]:
    cases = [st.sampled_from([letter.lower(), letter.upper()]) for letter in name]
    padding = st.sampled_from(["", " ", "\t"])
    return st.tuples(padding, *cases, padding).map("".join)


@settings(deadline=None)
@given(st.permutations(LEADS).flatmap(lambda names: st.tuples(*map(spellings, names))))
def test_every_order_and_spelling_is_turned_to_ours(names: tuple[str, ...]) -> None:
    order = lead_order(names)
    assert sorted(order) == list(range(12))
    assert [names[k].strip().upper() for k in order] == [lead.upper() for lead in LEADS]


def test_the_positions_of_a_known_order() -> None:
    cabrera = ["aVL", "I", "-aVR", "II", "aVF", "III", "V1", "V2", "V3", "V4", "V5", "V6"]
    with pytest.raises(RecordError, match="missing aVR; unknown -aVR"):
        lead_order(cabrera)
    cabrera[2] = "AVR"
    assert lead_order(cabrera) == [1, 3, 5, 2, 0, 4, 6, 7, 8, 9, 10, 11]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (LEADS[:11], "has 11 leads.*missing V6. Export all of I, II, III"),
        ((), "has 0 leads.*missing I, II, III, aVR"),
        ((*LEADS, "V7"), "has 13 leads.*: unknown V7"),
        ((*LEADS, "v2"), "has 13 leads.*: named twice V2"),
        ((*LEADS[:11], "V5"), "missing V6; named twice V5"),
    ],
)
def test_other_sets_of_leads_are_refused_by_name(names: tuple[str, ...], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        lead_order(names)


def test_every_territory_looks_at_known_leads_and_none_at_two_walls() -> None:
    named = [lead for leads in TERRITORY_LEADS.values() for lead in leads]
    assert len(named) == len(set(named)) == 11
    assert set(LEADS) - set(named) == {"aVR"}
