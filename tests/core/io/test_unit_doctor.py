"""The unit doctor: what numbers look like, and when it says that it cannot tell."""

import numpy as np
import pytest

from ecgcore.io.unit_doctor import contradicts, guessed_rate, guessed_unit, swing
from tests.support.uploads import dipole_microvolts

UV = dipole_microvolts().astype(float)


@pytest.mark.parametrize(
    ("numbers", "unit"),
    [
        (UV / 1000, "mV"),
        (UV, "uV"),
        (UV / 1e6, "V"),
        (UV + 3000, "uV"),
        (UV / 1000 + 40, "mV"),
        (np.rint(UV / 5) * 5, "uV"),
        (np.rint(UV / 5), None),
        (np.rint(UV / 4.88) + 2048, None),
        (np.rint(UV * 20), None),
        (UV * 0, None),
        (UV * np.nan, None),
        (UV[:, :49], None),
    ],
)
def test_units_are_guessed_or_not(numbers: np.ndarray, unit: str | None) -> None:
    assert guessed_unit(numbers).value == unit


def test_steps_around_the_middle_of_a_converter_are_called_that() -> None:
    reason = guessed_unit(np.rint(UV / 4.88) + 2048).reason
    assert "around 2,048, the middle of a converter of 12 bits" in reason
    assert "steps of a converter, such as 200 to the mV" in guessed_unit(np.rint(UV / 5)).reason


@pytest.mark.parametrize(
    ("scale", "stated", "likely"),
    [
        (1e-3, "mV", None),
        (1e-3, "uV", "mV"),
        (1.0, "mV", "uV"),
        (1.0, "uV", None),
        (1e-6, "mV", "V"),
        (1e-5, "mV", None),  # 1 to 10 µV: no unit makes an ECG of it
    ],
)
def test_a_stated_unit_is_doubted_only_where_another_fits(
    scale: float, stated: str, likely: str | None
) -> None:
    found = contradicts(UV * scale, stated)
    assert (None if found is None else found.value) == likely


def test_the_swing_is_that_of_the_middle_lead_and_stretch() -> None:
    beats = np.tile(np.where(np.arange(1000) % 100 == 50, 3.0, 0.0), (12, 1))
    beats[0] *= 100
    beats[:, :50] = 500.0
    assert swing(beats) == 3.0


@pytest.mark.parametrize(
    ("n_samples", "fs_hz"), [(5000, 500), (1000, 100), (2500, 250), (10_000, 1000), (5001, None)]
)
def test_most_recordings_last_ten_seconds(n_samples: int, fs_hz: int | None) -> None:
    assert guessed_rate(n_samples).value == fs_hz
