"""What speaks for swapped electrodes, at each limit, on median beats made by hand."""

import numpy as np
import pytest

from ecgcore.signals import lead_swaps as module
from ecgcore.signals.lead_swaps import Swap


def limb(i: np.ndarray, ii: np.ndarray) -> np.ndarray:
    """Return a median beat ``(12, 76)`` with I and II; the other leads are flat."""
    return np.vstack([i, ii, np.zeros((10, 76))])


def up(height: float, at: int = 30) -> np.ndarray:
    return np.where(np.arange(76) == at, height, 0.0)


@pytest.mark.parametrize(
    ("i", "ii", "key"),
    [
        # I, II and III = II - I from peak to peak
        (0.099, 0.5, "arms/legs"),
        (0.101, 0.5, None),
        (0.5, 0.099, "RA/RL"),
        (0.5, 0.101, None),
        (0.5, 0.579, "LA/RL"),
        (0.5, 0.581, None),
        (0.05, 0.31, None),  # III has 0.26 mV: less than 0.3
        (0.05, 0.36, "arms/legs"),
        (0.099, 0.395, None),  # III has 0.296 mV
        (0.06, 0.299, None),
    ],
)
def test_a_lead_between_two_legs_is_nearly_flat(i: float, ii: float, key: str | None) -> None:
    found = module._leg_swap(limb(up(i), up(ii)))
    assert (found.key if found else None) == key


@pytest.mark.parametrize(("large", "found"), [(0.31, True), (0.29, False)])
def test_the_other_leads_have_three_tenths_of_a_millivolt(large: float, found: bool) -> None:
    """I and III are opposite where II is flat."""
    assert bool(module._leg_swap(limb(up(large), up(0.0)))) is found


@pytest.mark.parametrize(("i", "found"), [(0.28, False), (0.31, True)])
def test_the_other_leads_are_three_times_as_large(
    monkeypatch: pytest.MonkeyPatch, i: float, found: bool
) -> None:
    """II has 0.1 mV at another time, so that III has as much as I and more."""
    monkeypatch.setitem(module.LEG_LEAD_MV, "II", 0.11)
    assert bool(module._leg_swap(limb(up(i), up(0.1, 60)))) is found


def test_the_words_give_the_sizes_of_all_three() -> None:
    found = module._leg_swap(limb(up(0.05), up(0.5)))
    assert found == Swap(
        "arms/legs",
        "both arm and both leg electrodes may be swapped: lead I is nearly flat (0.05 mV from peak "
        "to peak, II 0.50 mV and III 0.45 mV)",
    )


@pytest.mark.parametrize(
    ("key", "p_i", "p_ii", "margin", "words"),
    [
        # arms: I is turned and II becomes III
        ("LA/RA", -0.05, 0.10, 0.31, "P in I is inverted (−0.05 mV)"),
        ("LA/RA", -0.05, 0.10, 0.30, ""),
        ("LA/RA", -0.021, 0.10, 0.31, "P in I is inverted (−0.02 mV)"),
        ("LA/RA", -0.019, 0.10, 0.31, ""),
        ("LA/RA", -0.019, 0.10, 0.61, "no upright P in I"),
        ("LA/RA", 0.019, 0.10, 0.61, "no upright P in I"),
        ("LA/RA", 0.021, 0.10, 0.61, ""),
        ("LA/RA", 0.019, 0.10, 0.60, ""),
        ("LA/RA", -0.05, -0.069, 0.59, "P in I is inverted (−0.05 mV)"),  # II becomes -0.019
        ("LA/RA", -0.05, -0.071, 0.59, ""),  # II becomes -0.021
        ("LA/RA", -0.05, -0.071, 0.61, "no upright P in I"),
        # right arm and left leg: II is turned and I becomes -III
        ("RA/LL", 0.05, -0.10, 0.31, "P in II is inverted (−0.10 mV)"),
        ("RA/LL", 0.05, 0.10, 0.61, ""),
    ],
)
def test_p_must_be_inverted_and_upright_with_the_electrodes_put_back(
    key: str, p_i: float, p_ii: float, margin: float, words: str
) -> None:
    lead = {"LA/RA": "I", "RA/LL": "II"}[key]
    found = module._p_evidence(np.array([p_i, p_ii]), module._EXCHANGES[key], margin, lead)
    assert found == words


def test_p_is_read_where_it_is_largest_above_the_line_between_its_ends() -> None:
    """From 4 to 25 samples after the beat's start; the ends are means of two samples."""
    at = np.arange(76.0)
    i, ii = 0.01 * at, -0.02 * at + 0.3
    i[15] += 0.05
    ii[15] -= 0.08
    i[12] += 0.07  # alone: with I of -0.05 III has 0.13, which is larger
    i[[3, 26, 30]] = 9.0
    found = module._p_wave(np.vstack([i, ii]))
    share = (15 - 4) / 21
    assert found[0] == pytest.approx(0.15 + 0.05 - ((1 - share) * 0.045 + share * 0.245))
    assert found[1] == pytest.approx(0.3 - 0.3 - 0.08 - ((1 - share) * 0.21 + share * -0.19))


def test_qrs_is_told_from_its_highest_and_lowest_sample_in_its_window() -> None:
    """From 24 to 39 samples after the beat's start; what does not go up or down is 0."""
    beat = np.zeros((2, 76))
    beat[:, [23, 40]] = 9.0, -9.0
    beat[0, [24, 39]] = 0.8, -0.3
    beat[1, 24:40] = 0.2
    assert module._qrs_words(beat, "I") == "+0.80 / −0.30 mV"
    assert module._qrs_words(beat, "II") == "+0.20 / 0.00 mV"
    assert module._qrs_words(-beat, "II") == "+0.00 / −0.20 mV"


def test_the_agreement_is_the_cosine_over_i_ii_and_iii() -> None:
    draw = np.random.default_rng(0).normal(size=(4, 76))
    a = np.concatenate([draw[0], draw[1], draw[1] - draw[0]])
    b = np.concatenate([draw[2], draw[3], draw[3] - draw[2]])
    expected = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
    assert module._agreement(draw[:2], draw[2:]) == pytest.approx(expected)
    assert module._agreement(np.zeros((2, 76)), draw[2:]) == 0.0


def test_i_and_ii_follow_from_the_chest_leads_as_was_fitted_on_ptbxl() -> None:
    """A second copy of the coefficients: another fit is another recommendation to readers."""
    assert module._CHEST_TO_LIMB.tolist() == [
        [-0.517, 0.259, 0.050, -0.111, 0.092, 0.388],
        [-0.101, -0.032, 0.091, 0.132, -0.145, 0.659],
    ]


@pytest.mark.parametrize(("key", "inverted"), [("LA/RA", 0), ("RA/LL", 1)])
def test_putting_electrodes_back_twice_changes_nothing(key: str, inverted: int) -> None:
    """By Einthoven: arms exchanged turn I and make II to III; right arm and leg turn II."""
    exchange = module._EXCHANGES[key]
    potentials = {"RA": 0.3, "LA": -0.2, "LL": 0.9}
    one, other = key.split("/")
    swapped = potentials | {one: potentials[other], other: potentials[one]}
    leads = [np.array([p["LA"] - p["RA"], p["LL"] - p["RA"]]) for p in (potentials, swapped)]
    assert exchange.matrix @ leads[0] == pytest.approx(leads[1])
    assert exchange.matrix @ leads[1] == pytest.approx(leads[0])
    assert leads[1][inverted] == pytest.approx(-leads[0][inverted])
    assert exchange.inverted == inverted


@pytest.mark.parametrize(
    ("fits", "key"),
    [
        ((0.1, 0.61, 0.2), "LA/RA"),
        ((0.1, 0.2, 0.61), "RA/LL"),
        ((0.1, 0.59, 0.2), None),  # it must fit then
        ((0.31, 0.61, 0.2), None),  # and fit better by three tenths
    ],
)
def test_a_swap_fits_the_chest_leads_better(
    monkeypatch: pytest.MonkeyPatch, fits: tuple[float, ...], key: str | None
) -> None:
    answers = iter(fits)
    monkeypatch.setattr(module, "_agreement", lambda limb, expected: next(answers))
    monkeypatch.setattr(module, "_p_wave", lambda limb: np.array([-0.05, -0.05]))
    monkeypatch.setattr(
        module,
        "_p_evidence",
        lambda p_mv, exchange, margin, lead: f"P in {lead}" if margin > 0.3 else "",
    )
    found = module._exchange(limb(up(0.5), up(0.2)))
    assert (found.key if found else None) == key
    if found:
        lead = "I" if key == "LA/RA" else "II"
        best = max(fits)
        assert f"P in {lead}, QRS in {lead} is" in found.words
        assert f"correlation {fits[0]:.2f} as recorded, {best:.2f} then" in found.words


def trace(*r: int, n: int = 1000) -> np.ndarray:
    signal = np.zeros((12, n), np.float32)
    for at in r:
        signal[:, at : at + 4] = np.array([0.5, 1.0, 0.5, 0.2])
    return signal


@pytest.mark.parametrize(
    ("r", "found"),
    [
        ((100, 300, 500), True),
        ((100, 300), False),
        ((100, 300, 990), False),  # a beat at the end is cut off
        ((5, 300, 500), False),
    ],
)
def test_three_whole_beats_are_needed(r: tuple[int, ...], found: bool) -> None:
    beat = module._median_beat(trace(*r))
    assert (beat is not None) is found
    if beat is not None:
        assert beat.shape == (12, 76)
        assert np.abs(beat).max(axis=1) == pytest.approx(np.ones(12), abs=0.1)
        assert 28 <= int(beat[0].argmax()) <= 32


@pytest.mark.parametrize(("n", "enough"), [(76, False), (77, True)])
def test_a_beat_needs_more_samples_than_it_has(
    monkeypatch: pytest.MonkeyPatch, n: int, enough: bool
) -> None:
    asked = []

    def find_peaks(*about: object, **options: object) -> tuple[np.ndarray, dict]:
        asked.append(options["distance"])
        return np.zeros(0, np.int64), {}

    monkeypatch.setattr(module, "find_peaks", find_peaks)
    assert module._median_beat(trace(20, n=n)) is None
    assert asked == [30] * enough
