"""Lead names in any spelling and order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.errors import RecordError
from ecgcore.leads import (
    LEAD_CODES,
    LEADS,
    LIMB_LEADS,
    TERRITORY_LEADS,
    standard_lead,
    twelve_leads,
)


def spellings(name: str) -> st.SearchStrategy[str]:
    cases = [st.sampled_from([letter.lower(), letter.upper()]) for letter in name]
    padding = st.sampled_from(["", " ", "\t"])
    return st.tuples(padding, *cases, padding).map("".join)


def numbered(n: int) -> np.ndarray:
    """One sample per lead: its position in the file."""
    return np.arange(float(n))[:, None]


def limb_leads(i: float, ii: float) -> dict[str, float]:
    """Limb leads of electrodes at the arms and the leg, by their definitions."""
    r, left, f = 0.0, i, ii
    wilson = (r + left + f) / 3
    return {
        "I": left - r,
        "II": f - r,
        "III": f - left,
        "aVR": 1.5 * (r - wilson),
        "aVL": 1.5 * (left - wilson),
        "aVF": 1.5 * (f - wilson),
    }


@settings(deadline=None)
@given(st.permutations(LEADS).flatmap(lambda names: st.tuples(*map(spellings, names))))
def test_every_order_and_spelling_is_turned_to_ours(names: tuple[str, ...]) -> None:
    leads = twelve_leads(numbered(12), names)
    order = leads.signal[:, 0].astype(int)
    assert [names[k].strip().upper() for k in order] == [lead.upper() for lead in LEADS]
    assert leads.warnings == ()


@given(
    st.floats(-3, 3),
    st.floats(-3, 3),
    st.lists(st.sampled_from(LIMB_LEADS), min_size=2, max_size=6, unique=True),
)
def test_limb_leads_follow_from_any_two(i: float, ii: float, given_leads: list[str]) -> None:
    truth = limb_leads(i, ii)
    names = [*given_leads, *LEADS[6:]]
    signal = np.array([truth.get(name, 0.5) for name in names])[:, None]
    leads = twelve_leads(signal, names)
    expected = [truth[lead] for lead in LIMB_LEADS] + [0.5] * 6
    np.testing.assert_allclose(leads.signal[:, 0], expected, atol=1e-12)
    missing = [lead for lead in LIMB_LEADS if lead not in given_leads]
    assert len(leads.warnings) == bool(missing)
    assert all(lead in leads.warnings[0] for lead in missing)


def test_the_usual_eight_leads_say_what_was_derived() -> None:
    leads = twelve_leads(numbered(8), ["I", "II", *LEADS[6:]])
    assert leads.warnings == ("III, aVR, aVL, aVF were derived from I and II.",)
    assert leads.signal[:6, 0].tolist() == [0, 1, 1, -0.5, -0.5, 1]


def test_a_lead_that_is_there_is_not_replaced_by_a_derived_one() -> None:
    names = [lead for lead in LEADS if lead != "aVF"]
    leads = twelve_leads(numbered(11), names)
    assert leads.signal[:5, 0].tolist() == [0, 1, 2, 3, 4]
    assert leads.warnings == ("aVF was derived from I and II.",)


def test_the_cabrera_sequence_turns_its_avr() -> None:
    names = ["aVL", "I", "-aVR", "II", "aVF", "III", *LEADS[6:]]
    leads = twelve_leads(numbered(12), names)
    assert leads.signal[:6, 0].tolist() == [1, 3, 5, -2, 0, 4]
    assert leads.warnings == ("The file has -aVR; the sign was turned.",)


@pytest.mark.parametrize(
    ("name", "lead"),
    [
        ("MDC_ECG_LEAD_AVR", "aVR"),
        ("Lead III", "III"),
        ("Lead I (Einthoven)", "I"),
        ("ECG lead v4", "V4"),
        ("Ableitung II", "II"),
        ("DIII", "III"),
        ("d2", "II"),
        ("C5", "V5"),
        ("V7", None),
        ("X", None),
        ("IIII", None),
        ("VR", None),
        ("MLII", None),
        ("", None),
    ],
)
def test_spellings_of_other_systems(name: str, lead: str | None) -> None:
    assert standard_lead(name) == lead


def test_other_systems_are_named_in_a_warning() -> None:
    names = ["DI", "DII", *LEADS[2:11], "C6"]
    assert twelve_leads(numbered(12), names).warnings == (
        "Lead names were read so: DI as I, DII as II, C6 as V6.",
    )


def test_leads_beyond_the_twelve_are_left_out_and_named() -> None:
    leads = twelve_leads(numbered(16), ["V7", *LEADS, "vx", "", "vz"])
    assert leads.signal[:, 0].tolist() == list(range(1, 13))
    assert leads.warnings == ("Left out, not one of the twelve leads: V7, VX, signal 15, VZ.",)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (LEADS[:11], r"has 11 leads.*missing V6\. Two limb leads and V1-V6 are enough"),
        (("II", *LEADS[6:]), "missing I, III, aVR, aVL, aVF"),
        ((), "has 0 leads.*missing I, II, III, aVR"),
        (("V7", *LEADS[:11]), "missing V6; there is also V7"),
        ((*LEADS, "v2"), r"two channels of V2 with different samples \(up to 5.00 mV apart\)"),
        ((*LEADS, "MDC_ECG_LEAD_I"), "two channels of I with different samples"),
    ],
)
def test_other_sets_of_leads_are_refused_by_name(names: tuple[str, ...], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        twelve_leads(numbered(len(names)), names)


def test_a_channel_that_repeats_a_lead_is_read_once_and_said() -> None:
    signal = np.vstack([numbered(12), numbered(2)[1:] + 0.005, -numbered(4)[3:]])
    leads = twelve_leads(signal, [*LEADS, "Lead II", "-aVR"])
    assert leads.signal[:, 0].tolist() == list(range(12))
    assert "Repeated in the file with the same samples each: II, aVR; read once." in leads.warnings


def test_equal_channels_fill_each_others_gaps() -> None:
    whole = np.tile(np.arange(10.0), (13, 1))
    signal = whole.copy()
    signal[1, 6:] = signal[12, :3] = np.nan
    leads = twelve_leads(signal, [*LEADS, "II"])
    np.testing.assert_array_equal(leads.signal, whole[:12])


@pytest.mark.parametrize(("apart_mv", "fine"), [(0.01, True), (0.02, False), (np.nan, False)])
def test_channels_of_one_lead_are_compared_where_both_were_recorded(
    apart_mv: float, fine: bool
) -> None:
    signal = np.zeros((13, 5))
    signal[12] = apart_mv
    if fine:
        assert twelve_leads(signal, [*LEADS, "V1"]).signal.max() == 0
    else:
        with pytest.raises(RecordError, match="two channels of V1 with different samples"):
            twelve_leads(signal, [*LEADS, "V1"])


def test_what_was_derived_is_known_by_name() -> None:
    leads = twelve_leads(numbered(8), ["II", "III", *LEADS[6:]])
    assert (leads.derived, leads.derived_from) == (("I", "aVR", "aVL", "aVF"), ("II", "III"))


def test_every_territory_looks_at_known_leads_and_none_at_two_walls() -> None:
    named = [lead for leads in TERRITORY_LEADS.values() for lead in leads]
    assert len(named) == len(set(named)) == 11
    assert set(LEADS) - set(named) == {"aVR"}


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["Doe", "spo2"], "signal 13, SpO2"),
        ([f"X{k}" for k in range(8)], ", ".join(f"signal {k}" for k in range(13, 21))),
        (
            [f"X{k}" for k in range(9)],
            f"{', '.join(f'signal {k}' for k in range(13, 21))} and 1 more",
        ),
    ],
)
def test_eight_other_channels_are_listed_by_number_unless_their_names_are_known(
    names: list[str], words: str
) -> None:
    leads = twelve_leads(numbered(12 + len(names)), [*LEADS, *names])
    assert leads.warnings == (f"Left out, not one of the twelve leads: {words}.",)


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        (["Doe"], "1 channel"),
        (["Doe", "Jane"], "2 channels"),
        (["Doe", "V7", "signal 3"], "V7, signal 3 and 1 more"),
        (
            ["signal Doe", *(f"V{n}R" for n in range(1, 10))],
            f"{', '.join(f'V{n}R' for n in range(1, 9))} and 2 more",
        ),
    ],
)
def test_names_that_a_file_chose_are_counted_not_shown(left_out: list[str], words: str) -> None:
    leads = twelve_leads(numbered(12), LEADS, left_out)
    assert leads.warnings == (f"Left out, not one of the twelve leads: {words}.",)


def test_leads_have_their_numbers_in_scp_ecg() -> None:
    """EN 1064, table of leads: 1 I, 2 II, 3 to 8 V1 to V6, 61 III, 62 aVR, 63 aVL, 64 aVF."""
    assert LEAD_CODES == {
        1: "I", 2: "II", 3: "V1", 4: "V2", 5: "V3", 6: "V4", 7: "V5", 8: "V6",
        61: "III", 62: "aVR", 63: "aVL", 64: "aVF",
    }  # fmt: skip


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("letter", ["D", "L"])
def test_standard_leads_may_be_numbered(letter: str, number: int) -> None:
    assert standard_lead(f"{letter}{number}") == "I" * number


@pytest.mark.parametrize("number", range(1, 7))
def test_chest_leads_may_be_called_c(number: int) -> None:
    assert standard_lead(f"C{number}") == f"V{number}"
    assert standard_lead("C0") is standard_lead("C7") is None


def test_a_name_read_from_another_spelling_and_one_turned_over_are_both_told() -> None:
    names = ["DI", "II", "III", "−aVR", *LEADS[4:]]
    leads = twelve_leads(numbered(12), names)
    assert leads.signal[3, 0] == -3
    assert leads.warnings == (
        "Lead names were read so: DI as I.",
        "The file has -aVR; the sign was turned.",
    )
