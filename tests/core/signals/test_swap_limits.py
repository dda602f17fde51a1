"""What speaks for swapped electrodes, at each limit, on median beats made by hand."""

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from ecgcore.signals import lead_swaps as module
from ecgcore.signals.lead_swaps import KINDS, SWAPS, Swap


def limb(i: np.ndarray, ii: np.ndarray) -> np.ndarray:
    """Return a median beat ``(12, 76)`` with I, II and III; the other leads are flat."""
    return np.vstack([i, ii, ii - i, np.zeros((9, 76))])


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
        (0.051, 0.31, None),  # III has 0.26 mV: less than 0.3
        (0.051, 0.36, "arms/legs"),
        (0.049, 0.31, "arms/legs"),
        (0.02, 0.141, "arms/legs"),  # III has 0.121 mV
        (0.02, 0.139, None),
        (0.0, 0.13, "arms/legs"),
        (0.099, 0.395, None),  # III has 0.296 mV
        (0.06, 0.299, None),
        (0.045, 0.179, None),  # III has 0.134 mV: not three times as much
    ],
)
def test_a_lead_between_two_legs_is_nearly_flat(i: float, ii: float, key: str | None) -> None:
    found = module._leg_swap(limb(up(i), up(ii)))
    assert (found.key if found else None) == key


@pytest.mark.parametrize(("gap_mv", "found"), [(0.099, True), (0.101, False)])
def test_iii_follows_from_i_and_ii(gap_mv: float, found: bool) -> None:
    """Else II is flat because its cable or its file lacks it."""
    beat = limb(up(0.5), up(0.0))
    beat[2] += up(gap_mv, 60)
    assert bool(module._leg_swap(beat)) is found


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


@pytest.mark.parametrize("key", list(module.LIMB_MATRICES))
def test_putting_limb_electrodes_back_twice_changes_nothing(key: str) -> None:
    draw = np.random.default_rng(0).normal(size=(2, 9))
    matrix = module.LIMB_MATRICES[key]
    assert matrix @ matrix @ draw == pytest.approx(draw)
    signal = np.vstack([draw, np.zeros((10, 9))])
    assert module.swapped(signal, key)[:2] == pytest.approx(matrix @ draw)


@pytest.mark.parametrize("key", ["", *SWAPS])
def test_leads_with_swapped_electrodes_by_their_definitions(key: str) -> None:
    """Einthoven, Goldberger and Wilson from ten potentials; both legs have one."""
    draw = np.random.default_rng(0).normal(size=(9, 20))
    names = ("RA", "LA", "LL", *(f"V{k}" for k in range(1, 7)))
    true = dict(zip(names, draw, strict=True)) | {"RL": draw[2]}
    pairs = {"arms/legs": ["RA/RL", "LA/LL"], "V1-V6": ["V1/V6", "V2/V5", "V3/V4"]}
    worn = dict(true)
    for pair in pairs.get(key, [key] if key else []):
        a, b = pair.split("/")
        worn[a], worn[b] = true[b], true[a]
    assert module.swapped(leads_of(true), key) == pytest.approx(leads_of(worn))


def leads_of(at: dict[str, np.ndarray]) -> np.ndarray:
    ra, la, ll = at["RA"], at["LA"], at["LL"]
    limb = [la - ra, ll - ra, ll - la]
    limb += [ra - (la + ll) / 2, la - (ra + ll) / 2, ll - (ra + la) / 2]
    return np.vstack([*limb, *(at[f"V{k}"] - (ra + la + ll) / 3 for k in range(1, 7))])


@pytest.mark.parametrize("key", KINDS[1:])
@pytest.mark.parametrize(("beyond", "found"), [(0.01, True), (-0.01, False)])
def test_a_swap_lies_by_its_margin_above_no_swap(
    monkeypatch: pytest.MonkeyPatch, key: str, beyond: float, found: bool
) -> None:
    margins = {"LA/RA": 1.5, "RA/LL": 1.5, "LA/LL": 4.2, "V1-V6": 1.8, "V1/V2": 1.8}
    logs = np.full((1, 6), -9.0)
    logs[0, 0], logs[0, KINDS.index(key)] = -5.0, -5.0 + margins[key] + beyond
    monkeypatch.setattr(module, "log_probs", lambda beats: logs)
    assert module.found_kinds(np.zeros((1, 12, 76))) == [key if found else ""]


def test_the_networks_are_those_that_torch_trained() -> None:
    beats = np.random.default_rng(0).normal(0, 0.3, (5, 12, 76))
    weights, x, logs = load_file(module.NETWORKS_FILE), torch.tensor(module.inputs(beats)), []
    for k in range(3):
        layers = [
            [torch.tensor(weights[f"{k}.{layer}.{part}"]).float() for part in ("weight", "bias")]
            for layer in ("hidden", "second", "out")
        ]
        y = x
        for n, layer in enumerate(layers):
            y = torch.nn.functional.linear(y, *layer)
            y = torch.relu(y) if n < 2 else y
        logs.append(torch.log_softmax(y, dim=1))
    expected = torch.stack(logs).mean(dim=0).numpy()
    assert module.log_probs(beats) == pytest.approx(expected, abs=1e-3)


def test_networks_read_shapes_and_the_ratio_of_sizes() -> None:
    """I and II of 1 and 2 make III of 1: the RMS of the three is the root of 2."""
    beat = np.concatenate([np.full((1, 76), v) for v in (1.0, 2.0, 0, 0, 0, 0, *[3.0] * 6)])
    row = module.inputs(beat[None])[0]
    assert row.size == 609
    assert row[[0, 76, 152, 607]] == pytest.approx([2**-0.5, 2**0.5, 1, 1], rel=2e-3)
    assert row[608] == pytest.approx(np.log(2**0.5 / 3), abs=1e-3)
    assert np.isfinite(module.inputs(np.zeros((1, 12, 76)))).all()


@pytest.mark.parametrize(("bad", "key"), [((2, 3), "LA/RA"), ((0,), None), ((11,), None)])
def test_the_networks_need_the_leads_that_they_read(
    monkeypatch: pytest.MonkeyPatch, bad: tuple[int, ...], key: str | None
) -> None:
    monkeypatch.setattr(module, "found_kinds", lambda beats: ["LA/RA"])
    found = module.suspected_swap(trace(100, 300, 500), bad)
    assert (found.key if found else None) == key


@pytest.mark.parametrize(("p_mv", "words"), [(-0.021, "P in I is inverted"), (-0.019, "QRS in I")])
def test_words_begin_with_an_inverted_p(
    monkeypatch: pytest.MonkeyPatch, p_mv: float, words: str
) -> None:
    monkeypatch.setattr(module, "_p_wave", lambda limb: np.array([p_mv, 0.1]))
    assert module._limb_facts(limb(up(0.5), up(0.2)), "LA/RA")[0].startswith(words)
    arm_and_leg = module._limb_facts(limb(up(0.5), up(0.2)), "LA/LL")
    assert arm_and_leg[0] == f"P is {p_mv:.2f} mV in I and 0.10 mV in II".replace("-", "−")


@pytest.mark.parametrize(("after", "named"), [(0.41, True), (0.39, False)])
def test_a_fit_that_is_better_by_a_tenth_is_named(
    monkeypatch: pytest.MonkeyPatch, after: float, named: bool
) -> None:
    answers = iter((0.30, after))
    monkeypatch.setattr(module, "_agreement", lambda limb, expected: next(answers))
    facts = module._limb_facts(limb(up(0.5), up(0.2)), "RA/LL")
    assert any(f"0.30 as recorded, {after:.2f} then" in fact for fact in facts) is named


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (
            "V1-V6",
            "chest electrodes V1 to V6 may be placed in reverse order: QRS is V1 +0.10 / 0.00 mV "
            "and V6 +0.60 / 0.00 mV, against the usual growth of R",
        ),
        (
            "V1/V2",
            "chest electrodes V1 and V2 may be swapped: QRS is V1 +0.10 / 0.00 mV, V2 +0.20 / 0.00 "
            "mV and V3 +0.30 / 0.00 mV, against the usual growth of R",
        ),
    ],
)
def test_chest_electrodes_are_named_with_their_qrs(
    monkeypatch: pytest.MonkeyPatch, key: str, words: str
) -> None:
    monkeypatch.setattr(module, "found_kinds", lambda beats: [key])
    beat = np.vstack([np.zeros((6, 76)), *(up(k / 10) for k in range(1, 7))])
    assert module._exchange(beat) == Swap(key, words)


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
    beat = module.median_beat(trace(*r))
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
    assert module.median_beat(trace(20, n=n)) is None
    assert asked == [30] * enough
