"""No word of a file stands in an error, a warning, a log or what the command line prints."""

import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ecgcore.bench.seeds import Files, Upload, load_seeds, seal_scp, zip_file
from ecgcore.cli import main
from ecgcore.errors import EcgError
from ecgcore.io.raw import ReadOptions
from ecgcore.io.recordings import read_upload

MARK = "Qx7Zk"
_TELLTALE = "qx"
_WORD = re.compile(rb"[A-Za-z0-9_.\-\[\]^]{2,}")
_PER_FILE = 60
"""Places of each file that are tried: the first ones, where headers are, and others at random."""

SEEDS = load_seeds()


def said(files: Files, options: ReadOptions, log: pytest.LogCaptureFixture) -> str:
    """Return all that reading says, to a reader or to a log."""
    log.clear()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            record = read_upload(files, options)
            words = [record.record_id, record.source, *record.warnings, *record.leads_off]
        except EcgError as error:
            words = [str(error)]
    return "\n".join([*words, *(str(one.message) for one in caught), log.text])


def marked(content: bytes, rng: np.random.Generator) -> Iterator[bytes]:
    """Yield a file with a marker in the place of one word after the other, as long as the word."""
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = content.decode("utf-16").encode() if wide else content
    spans = [match.span() for match in _WORD.finditer(text)]
    first, others = spans[: _PER_FILE // 2], spans[_PER_FILE // 2 :]
    picked = rng.permutation(len(others))[: _PER_FILE // 2]
    for start, end in [*first, *(others[k] for k in picked)]:
        word = (MARK * (end - start))[: end - start].encode()
        changed = text[:start] + word + text[end:]
        yield changed.decode().encode("utf-16") if wide else changed


def in_turn(upload: Upload) -> Iterator[Files]:
    rng = np.random.default_rng(7)
    for position, (name, content) in enumerate(upload.files):
        for changed in marked(content, rng):
            files = list(upload.files)
            sealed = seal_scp(changed) if upload.kind.startswith("SCP") else changed
            files[position] = (name, sealed)
            yield files


@pytest.mark.parametrize("upload", SEEDS, ids=[seed.kind for seed in SEEDS])
def test_a_word_in_any_place_of_a_file_is_not_repeated(
    upload: Upload, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    for files in in_turn(upload):
        assert _TELLTALE not in said(files, upload.options, caplog).lower()


def test_names_in_a_zip_are_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    header, data = SEEDS[0].files[0][1], SEEDS[0].files[1][1]
    table = next(seed for seed in SEEDS if seed.kind == "CSV").files[0][1]
    packs: list[Files] = [
        [
            (f"{MARK}/{MARK}.hea", header.replace(b"ecg.dat", b"Qx7Z.dat")),
            (f"{MARK}/Qx7Z.dat", data),
        ],
        [(f"{MARK}.hea", header)],
        [(f"{MARK}.hea", b""), (f"{MARK}.dat", data)],
        [(f"{MARK}.csv", table)],
        [(f"{MARK}.csv", b"x")],
        [(f"a/{MARK}.csv", table), (f"b/{MARK}.csv", table)],
        [(f"{MARK}.csv", table), (f"{MARK}.xml", b"<a/>")],
        [(f"../{MARK}.csv", table)],
        [(f"{MARK}.zip", zip_file([("a.csv", table)])[0][1])],
        [(f"{MARK}.pdf", b"%PDF")],
        [(f"{MARK}.dat", data)],
    ]
    for pack in packs:
        for options in (ReadOptions(), ReadOptions("uV", 100), ReadOptions("uV", 100, entry=2)):
            for content in (
                zip_file(pack)[0][1],
                zip_file(pack)[0][1].replace(data[:9], data[9:18]),
            ):
                assert _TELLTALE not in said([("ecg.zip", content)], options, caplog).lower()


@pytest.mark.parametrize("upload", SEEDS, ids=[seed.kind for seed in SEEDS])
def test_the_command_line_repeats_no_word_either(
    upload: Upload, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """One place of each file, through the reader's own process, as `convert --json` prints it."""
    files = next(iter(in_turn(upload)))
    for name, content in files:
        (tmp_path / name).write_bytes(content)
    out = str(tmp_path / "out.npz")
    asked = ["--units", "uV", "--fs-hz", "100"] if upload.options.units else []
    status = main(
        ["convert", str(tmp_path / files[0][0]), "--to", "npz", "--out", out, "--json", *asked]
    )
    printed = capfd.readouterr()
    assert status in {0, 2}
    assert set(json.loads(printed.out)) & {"error", "warnings"}
    assert _TELLTALE not in (printed.out + printed.err).lower().replace(str(tmp_path).lower(), "")
