import argparse
import json

import pytest

from ecgcore.commands.records import add_record_arguments
from ecgcore.commands.signals import run_measure
from ecgcore.errors import RecordError
from ecgcore.leads import LEADS
from ecgcore.settings import Settings


@pytest.fixture
def run(synthetic_dir, tmp_path):
    settings = Settings(synthetic_dir, tmp_path, synthetic_dir, tmp_path, tmp_path)

    def run(name):
        parser = argparse.ArgumentParser()
        add_record_arguments(parser)
        return run_measure(parser.parse_args([str(name)]), settings)

    return run


def test_a_record_is_measured_in_json_and_in_words(run, synthetic_catalog) -> None:
    status, data, text = run(synthetic_catalog.frame.index[0])
    assert status == 0
    data = json.loads(json.dumps(data, allow_nan=False))
    assert data["synthetic"] is True
    assert list(data["leads"]) == list(LEADS)
    assert 40 < data["values"]["heart_rate_bpm"]["value"] < 180
    assert 60 < data["values"]["qrs_ms"]["value"] < 200
    assert f"Median of {data['n_median_beats']} of {data['n_beats']} beats." in text
    assert "QTc Fridericia" in text
    assert "ST at J+60 (mV)" in text


def test_a_record_that_is_not_there_is_bad_input(run, tmp_path) -> None:
    with pytest.raises(RecordError):
        run(tmp_path / "none.hea")
