import argparse
import json

import pytest

from ecgcore.commands.report import add_arguments, parse_filter, run_report
from ecgcore.errors import EcgError, RecordError
from ecgcore.report.printout import scale_check
from ecgcore.settings import Settings
from ecgcore.signals.filters import RAW, DisplayFilter


@pytest.fixture
def run(synthetic_dir, untrained_dir, tmp_path):
    settings = Settings(
        data_dir=synthetic_dir,
        local_data_dir=tmp_path / "none",
        synthetic_dir=synthetic_dir,
        pretrained_dir=untrained_dir,
        runs_dir=tmp_path / "runs",
    )

    def run(*arguments):
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        return run_report(parser.parse_args([str(a) for a in arguments]), settings)

    return run


@pytest.fixture
def ecg_id(synthetic_catalog):
    return int(synthetic_catalog.frame.index[0])


def test_pdf_is_written_with_its_scale(run, ecg_id, tmp_path):
    out = tmp_path / "a.pdf"
    chosen = ["--layout", "6x2", "--order", "cabrera", "--filter", "hp=0.5,lp=40"]
    status, data, text = run(ecg_id, "--out", out, "--paper", "Letter", *chosen)
    assert status == 0
    assert scale_check(out.read_bytes()).n_pulses == 6
    assert data["error_percent"] < 0.5
    assert data["page_mm"] == pytest.approx((279.4, 215.9))
    assert data["bytes"] == out.stat().st_size
    assert "25.000 mm/s, 10.000 mm/mV" in text
    json.dumps(data, allow_nan=False)


def test_png_with_an_overlay_is_written(run, ecg_id, tmp_path):
    out = tmp_path / "a.png"
    overlay = ["--overlay", "gradcam", "--arch", "cnn_bilstm", "--set", "A"]
    status, data, _ = run(ecg_id, "--out", out, "--dpi", 60, *overlay)
    assert (status, data["dpi"]) == (0, 60)
    assert out.read_bytes().startswith(b"\x89PNG")


def test_a_file_prints_without_a_table(run, synthetic_catalog, ecg_id, tmp_path):
    path = synthetic_catalog.record_path(ecg_id)
    status, _, _ = run(path, "--out", tmp_path / "a.pdf")
    assert status == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "a.svg"], r"a\.svg.*\.pdf or \.png"),
        (["--out", "a.pdf", "--layout", "4x3"], "4x3"),
        (["--out", "a.pdf", "--filter", "lp=fast"], "lp=fast"),
        (["--out", "a.pdf", "--filter", "lp=41"], "41"),
        (["--out", "a.png", "--dpi", "9999"], "9999"),
        (["--out", "/nowhere/a.pdf"], "/nowhere/a.pdf cannot be written"),
        (["--out", "a.pdf", "--overlay", "ig", "--set", "Z"], "Z"),
    ],
)
def test_bad_options_are_named(run, ecg_id, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EcgError, match=message):
        run(ecg_id, *arguments)
    assert not list(tmp_path.glob("a.*"))


def test_filter_steps_are_read_in_any_order():
    assert parse_filter("") == RAW
    assert parse_filter("notch=50, hp=0.05") == DisplayFilter(0.05, None, 50.0)
    with pytest.raises(RecordError, match="hp"):
        parse_filter("hp")
