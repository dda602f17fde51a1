"""The scope of the case on screen is that of the command line."""

from dataclasses import replace

import pytest

from ecgcore.predictions.scope import scope_of
from ecgcore.settings import Settings
from pages.case.scope_caches import scope_of_case
from pages.shared.case import from_record


def test_an_uploaded_ecg_has_the_score_of_the_command_line(synthetic_recordings):
    record = replace(synthetic_recordings.read(3), synthetic=False)
    found, wanted = scope_of_case(from_record(record)), scope_of(record, None, Settings.from_env())
    assert found.score == pytest.approx(wanted.score)
    assert (found.applies, found.reasons) == (wanted.applies, wanted.reasons)


def test_a_synthetic_ecg_has_no_score(synthetic_recordings):
    assert scope_of_case(from_record(synthetic_recordings.read(3))).score is None
