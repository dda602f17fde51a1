"""The scope of the case on screen is that of the command line."""

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from ecgcore.errors import CatalogError
from ecgcore.predictions.scope import scope_of
from ecgcore.settings import Settings
from ecgcore.signals.lead_swaps import swapped
from pages.case.scope_caches import scope_of_case, stored_scope
from pages.shared import caches
from pages.shared.case import from_record


def test_an_uploaded_ecg_has_the_score_of_the_command_line(synthetic_recordings):
    record = replace(synthetic_recordings.read(3), synthetic=False)
    found, wanted = scope_of_case(from_record(record)), scope_of(record, None, Settings.from_env())
    assert found.score == pytest.approx(wanted.score)
    assert (found.applies, found.reasons) == (wanted.applies, wanted.reasons)


def test_a_synthetic_ecg_has_no_score(synthetic_recordings):
    assert scope_of_case(from_record(synthetic_recordings.read(3))).score is None


def test_zeros_and_swapped_electrodes_have_no_verdict(synthetic_recordings):
    record = synthetic_recordings.read(3)
    for signal in (0 * record.signal, swapped(record.signal, "LA/RA").astype("float32")):
        case = from_record(replace(record, record_id=str(signal.sum()), signal=signal))
        assert scope_of_case(case).void
    assert not scope_of_case(from_record(record)).void


def test_a_record_whose_signal_is_missing_is_judged_by_the_table_of_quality(monkeypatch):
    table = pd.DataFrame(
        {"severe": [0, 4095, 0], "swap": [0, 0, 1], "signal": ["", "flat", "swap?"]}
    )
    monkeypatch.setattr(caches, "catalog", lambda: SimpleNamespace(version="mine"))
    monkeypatch.setattr(caches, "quality_table", lambda version: table)
    found = [stored_scope(SimpleNamespace(ecg_id=k)) for k in range(4)]
    assert [one is not None and one.void for one in found] == [False, True, True, False]
    assert found[1].reasons == ("Its signal (flat): a verdict on this recording means nothing.",)
    assert stored_scope(None) is None

    def damaged(version):
        raise CatalogError("damaged")

    monkeypatch.setattr(caches, "quality_table", damaged)
    assert stored_scope(SimpleNamespace(ecg_id=1)) is None
