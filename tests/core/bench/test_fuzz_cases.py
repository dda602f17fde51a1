"""A case's number means the same damage in every version, so that a finding can be looked up."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from ecgcore.bench import fuzz
from ecgcore.bench.fuzz import Finding, FuzzReport, mutated
from ecgcore.bench.seeds import Files, Upload, seal_scp

KEPT = json.loads((Path(__file__).parent / "fuzz-cases.json").read_text())

TEXT = b"".join(b"%d 0.%d;" % (k, k % 7) for k in range(900))
PLAIN = (
    Upload("CSV", (("ecg.csv", TEXT),)),
    Upload("WFDB", (("ecg.hea", TEXT[:500]), ("ecg.dat", bytes(range(256)) * 12))),
    Upload("XML", (("ecg.xml", b"<?xml version='1.0'?><a><b>1 2 3</b><c>4</c></a>" * 90),)),
    Upload("SCP-ECG", (("ecg.scp", bytes(range(255, -1, -1)) * 20),)),
)
"""Uploads without a zip, whose bytes another library may pack otherwise."""


def content_of(files: Files) -> list[object]:
    """Return names and contents, with what is in a zip in place of its bytes."""
    found: list[object] = []
    for name, content in files:
        inside: object = hashlib.sha256(content).hexdigest()
        if content.startswith(b"PK") and zipfile.is_zipfile(BytesIO(content)):
            with zipfile.ZipFile(BytesIO(content)) as archive:
                members = [(info.filename, archive.read(info)) for info in archive.infolist()]
            inside = content_of(members)
        found.append([name, inside])
    return found


def digest(files: Files) -> str:
    return hashlib.sha256(json.dumps(content_of(files)).encode()).hexdigest()[:8]


def test_every_case_is_the_one_of_its_number() -> None:
    """A second copy of 400 cases; others are other findings under the old numbers."""
    found = [digest(mutated(case, PLAIN, seed=3)[1]) for case in range(400)]
    assert found == KEPT["cases"]


@pytest.mark.parametrize("trick", range(8))
def test_every_trick_is_the_one_of_its_place(trick: int) -> None:
    found = fuzz._FILE_TRICKS[trick]([("ecg.hea", b"head"), ("ecg.dat", b"12345")])
    assert digest(found) == KEPT["tricks"][trick]


def test_eight_tricks_and_fifteen_kinds_of_damage() -> None:
    assert (len(fuzz._FILE_TRICKS), len(fuzz._MUTATIONS)) == (8, 15)


@pytest.mark.parametrize("mutate", fuzz._MUTATIONS, ids=lambda mutate: mutate.__name__)
@pytest.mark.parametrize("content", [b"", b"a", b"<?xml?>"])
def test_damage_does_to_nothing_what_it_can(mutate: Callable, content: bytes) -> None:
    for seed in range(5):
        assert isinstance(mutate(content, np.random.default_rng(seed)), bytes)


def test_a_bomb_of_entities_grows_by_eight_at_each_of_ten_levels() -> None:
    text = fuzz._ENTITY_BOMB.decode()
    assert text.count("<!ENTITY") == 11
    for inner, outer in zip("abcdefghij", "bcdefghijk", strict=True):
        assert f'<!ENTITY {outer} "{8 * f"&{inner};"}">' in text


def test_a_valid_checksum_is_written_over_most_damage() -> None:
    """In seven of ten cases an SCP file keeps a fitting checksum, so that more of it is read."""
    valid = (PLAIN[3],)
    sealed = [
        content == seal_scp(content)
        for case in range(300)
        for name, content in mutated(case, valid)[1][:1]
        if name == "ecg.scp" and content
    ]
    assert np.mean(sealed) == pytest.approx(0.7, abs=0.08)


def report(**about: object) -> FuzzReport:
    values: dict[str, object] = {
        "n": 3, "seed": 5, "outcomes": (("CSV", "read", 2), ("CSV", "refused", 1)),
        "slowest_s": 5.0, "slowest_case": 2, "memory_growth_mb": 300.0, "findings": (),
    }  # fmt: skip
    return FuzzReport(**{**values, **about})


def test_five_seconds_and_300_mb_are_allowed() -> None:
    assert report().passed
    assert not report(slowest_s=5.01).passed
    assert not report(memory_growth_mb=300.1).passed
    assert report(memory_growth_mb=None).passed
    assert not report(findings=(Finding(1, "CSV", "crash: "),)).passed


def test_the_text_names_each_outcome_and_finding() -> None:
    text = report(findings=(Finding(1, "CSV", "hang: "),)).as_text().splitlines()
    assert [line.split() for line in text[:2]] == [["CSV", "read", "2"], ["CSV", "refused", "1"]]
    assert text[2] == "3 uploads, seed 5: slowest 5.00 s (case 2), peak memory grew by 300 MB"
    assert text[3] == "FOUND case 1, CSV: hang: "
    assert "grew by ? MB" in report(memory_growth_mb=None).as_text()


def answers(*rows: tuple[int, str, float, float | None]) -> list[fuzz._Answer]:
    return [fuzz._Answer(case, "CSV", outcome, "x", s, mb) for case, outcome, s, mb in rows]


def test_a_report_counts_what_the_workers_say(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = answers((0, "read", 0.1, 7.0), (1, "hang", 6.0, None), (2, "refused", 0.2, 9.0))
    monkeypatch.setattr(fuzz, "_answers", lambda n, seed, valid: iter(rows))
    found = fuzz.run_fuzz(3, 5, PLAIN)
    assert found.outcomes == (("CSV", "hang", 1), ("CSV", "read", 1), ("CSV", "refused", 1))
    assert (found.slowest_s, found.slowest_case, found.memory_growth_mb) == (6.0, 1, 9.0)
    assert found.findings == (Finding(1, "CSV", "hang: x"),)
    monkeypatch.setattr(fuzz, "_answers", lambda n, seed, valid: iter(()))
    empty = fuzz.run_fuzz(0, 5, PLAIN)
    assert (empty.slowest_s, empty.slowest_case, empty.memory_growth_mb) == (0.0, -1, None)


def test_2000_uploads_are_read_from_seed_0(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(fuzz, "_answers", lambda *about: asked.append(about[:2]) or iter(()))
    fuzz.run_fuzz(valid=PLAIN)
    assert asked == [(2000, 0)]


def test_an_unhandled_error_is_told_in_300_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise KeyError("x" * 400)

    monkeypatch.setattr(fuzz, "read_upload", breaks)
    _, what = fuzz._outcome([], fuzz.ReadOptions())
    assert what == "KeyError: '" + "x" * 289


def test_a_worker_that_hangs_is_replaced_and_the_next_case_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Answers of two workers: the first says hello and one answer, then hangs at case 1."""
    limits: list[float] = []
    told = iter(
        [None, *answers((0, "read", 0.1, 1.0)), "hang", None, *answers((2, "read", 0.1, 1.0))]
    )

    class Worker:
        pid = None

        def __init__(self, target: object, args: tuple, daemon: bool) -> None:
            started.append(args[1:4])
            assert daemon

        def start(self) -> None: ...

        kill = join = start

    class End(Worker):
        def __init__(self) -> None: ...

        close = Worker.start

    class Context:
        Process = Worker

        def Pipe(self, duplex: bool) -> tuple[End, End]:  # noqa: N802
            assert not duplex
            return End(), End()

    started: list[tuple[int, int, int]] = []
    monkeypatch.setattr(fuzz.multiprocessing, "get_context", lambda way: Context())
    monkeypatch.setattr(
        fuzz, "_next", lambda pipe, limit_s, pid: limits.append(limit_s) or next(told)
    )
    found = [(one.case, one.outcome) for one in fuzz._answers(3, 0, PLAIN)]
    assert found == [(0, "read"), (1, "hang"), (2, "read")]
    assert started == [(0, 3, 0), (2, 3, 0)]
    assert limits == [120.0, 6.0, 6.0, 120.0, 6.0], "a start may take long, a case 5 s and one more"


def _write(file: Path) -> None:
    """Write the cases after a wanted change: ``python -m tests.core.bench.test_fuzz_cases``."""
    tricks = [digest(trick([("ecg.hea", b"head"), ("ecg.dat", b"12345")]))
              for trick in fuzz._FILE_TRICKS]  # fmt: skip
    cases = [digest(mutated(case, PLAIN, seed=3)[1]) for case in range(400)]
    rows = [json.dumps(cases[start : start + 8])[1:-1] for start in range(0, len(cases), 8)]
    body = ",\n".join(rows)
    file.write_text(f'{{"tricks": {json.dumps(tricks)},\n"cases": [\n{body}\n]}}\n')


if __name__ == "__main__":
    _write(Path(__file__).parent / "fuzz-cases.json")
