"""Comparison of QRS complexes, against slow sums and shapes whose likeness is known."""

import numpy as np
import pytest

from ecgcore.signals.beats import morphology as module


def test_windows_hold_zeros_outside_the_recording() -> None:
    signal = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]])
    cut = module.windows(signal, np.array([0, 2, 3]), 1)
    assert cut.tolist() == [
        [[0, 1, 2], [0, 5, 6]],
        [[2, 3, 4], [6, 7, 8]],
        [[3, 4, 0], [7, 8, 0]],
    ]


def pulses(n: int = 400, **heights: float) -> np.ndarray:
    """Return one lead with single samples, named as s100=1.0."""
    signal = np.zeros((1, n))
    for name, height in heights.items():
        signal[0, int(name[1:])] = height
    return signal


@pytest.mark.parametrize(
    ("signal", "moved"),
    [
        # a single sample is a jump up half a sample before it and a jump down half a sample after
        (pulses(s110=1.0, s114=1.0), 112),
        (pulses(s110=1.0, s120=2.0), 118),  # (2 * 9.5 + 8 * 19.5) / 10 = 17.5
        (pulses(s150=1.0), 149),  # of the last sample within 0.1 s only the jump up is seen
        (pulses(s151=1.0), 100),
        (pulses(s50=1.0), 50),
        (pulses(s49=1.0), 100),
        (pulses(), 100),
    ],
)
def test_a_centre_moves_to_the_middle_of_the_slopes_energy(signal: np.ndarray, moved: int) -> None:
    assert module.centred(signal, np.array([100])).tolist() == [moved]


def test_a_centre_stays_inside_the_recording() -> None:
    assert module.centred(pulses(40, s39=1.0), np.array([39])).tolist() == [39]
    assert module.centred(pulses(40, s0=1.0), np.array([0])).tolist() == [0]


def shifted_dots(
    wide: np.ndarray, inside: np.ndarray, template: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what `_best_shift` promises, by trying each shift."""
    m = template.shape[1]
    best = []
    for window, seen in zip(wide, inside, strict=True):
        found = []
        for lag in range(2 * 30 + 1):
            piece, known = window[:, lag : lag + m], seen[lag : lag + m]
            energy = (template**2 * known).sum()
            size = np.sqrt((piece**2).sum() * energy)
            enough = energy > 0.3 * (template**2).sum()
            found.append((piece * template).sum() / size if enough else 0.0)
        best.append((max(found), int(np.argmax(found)) - 30))
    return np.array([b[0] for b in best]), np.array([b[1] for b in best])


def test_the_best_shift_is_that_of_the_largest_correlation() -> None:
    draw = np.random.default_rng(3)
    template = draw.normal(size=(12, 101))
    wide = draw.normal(size=(5, 12, 161))
    inside = np.ones((5, 161))
    for beat, shift in enumerate((-30, -7, 0, 12, 30)):
        wide[beat, :, 30 + shift : 131 + shift] += 0.8 * template
    wide[3, :, :60], inside[3, :60] = 0.0, 0.0
    correlation, shift = module._best_shift(wide, inside, template)
    expected, expected_shift = shifted_dots(wide, inside, template)
    assert shift.tolist() == expected_shift.tolist() == [-30, -7, 0, 12, 30]
    assert correlation == pytest.approx(expected)


@pytest.mark.parametrize(("share", "compared"), [(0.29, False), (0.31, True)])
def test_three_tenths_of_a_cut_off_beat_must_be_seen(share: float, compared: bool) -> None:
    template = np.zeros((12, 101))
    template[0, 20], template[0, 80] = np.sqrt(1 - share), np.sqrt(share)
    wide, inside = np.zeros((1, 12, 161)), np.ones((1, 161))
    inside[0, :110] = 0.0  # only what lies at the template's sample 80 is inside the recording
    wide[0, 0, 110] = 1.0
    correlation, shift = module._best_shift(wide, inside, template)
    assert correlation[0] == pytest.approx(1.0 if compared else 0.0, abs=1e-6)
    assert not compared or shift[0] == 0


def test_the_beat_most_like_the_others_is_found_whatever_its_height() -> None:
    """Vectors at 0, 10, 20, 90 and 100 degrees: three lie within 10 of the second."""
    wide = np.zeros((5, 12, 161))
    for beat, degrees in enumerate((0, 10, 20, 90, 100)):
        wide[beat, 0, 80] = 3.0 * np.cos(np.radians(degrees))
        wide[beat, 1, 80] = 3.0 * np.sin(np.radians(degrees))
    wide[0] *= 9.0
    wide[4, :, 10] = 50.0  # farther from the middle than the shift goes: not compared
    assert module._most_alike(wide) == 1


def beats_of(likeness: float, n_others: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return three beats in lead I and others that are partly in lead II."""
    centres = np.arange(300, 300 + 400 * (3 + n_others), 400)
    shape = np.exp(-(((np.arange(-60, 61)) / 8.0) ** 2))
    signal = np.zeros((12, centres[-1] + 300))
    for k, centre in enumerate(centres):
        part = 1.0 if k < 3 else likeness
        signal[0, centre - 60 : centre + 61] = part * shape
        signal[1, centre - 60 : centre + 61] = np.sqrt(1 - part**2) * shape
    return signal, centres


@pytest.mark.parametrize(("likeness", "kinds"), [(0.86, [0, 0, 0, 0]), (0.84, [0, 0, 0, 1])])
def test_beats_with_a_correlation_of_85_percent_have_one_shape(
    likeness: float, kinds: list[int]
) -> None:
    signal, centres = beats_of(likeness)
    found, r = module.group_by_shape(signal, centres)
    assert found.tolist() == kinds
    assert r.tolist() == centres.tolist()


def test_the_most_frequent_shape_is_kind_0_whatever_its_place() -> None:
    signal, centres = beats_of(0.0, n_others=5)
    kinds, _ = module.group_by_shape(signal, centres + 20)
    assert kinds.tolist() == [1, 1, 1, 0, 0, 0, 0, 0]


def test_beats_are_aligned_on_r_wherever_their_centre_was_put() -> None:
    signal, centres = beats_of(1.0)
    _, r = module.group_by_shape(signal, centres + np.array([0, -30, 30, 7]))
    assert r.tolist() == centres.tolist()


def template_of(*peaks: dict[int, float]) -> np.ndarray:
    """Return leads with single samples by their distance from the middle."""
    template = np.zeros((len(peaks), 101))
    for lead, samples in enumerate(peaks):
        for at, height in samples.items():
            template[lead, 50 + at] = height
    return template


@pytest.mark.parametrize(
    ("peaks", "offset"),
    [
        ([{4: 1.0}, {6: 1.0}, {9: 1.0}], 6),
        ([{4: 0.21, -8: -1.0}], 4),  # an R wave of over a fifth of the largest deflection
        ([{4: 0.19, -8: -1.0}], -8),
        ([{4: 1.0}, {4: 1.0}, {30: 0.26}, {30: 0.26}, {30: 0.26}, {4: 1.0}, {4: 1.0}], 4),
        ([{4: 1.0}, {5: 1.0}, {6: 1.0}, {30: 0.24}, {30: 0.24}], 5),  # little QRS does not count
        ([{4: 1.0}, {5: 1.0}, {6: 1.0}, {30: 0.26}, {30: 0.26}], 6),
    ],
)
def test_r_is_the_median_over_the_leads_of_their_r_waves(
    peaks: list[dict[int, float]], offset: int
) -> None:
    assert module._r_offset(template_of(*peaks)) == offset
