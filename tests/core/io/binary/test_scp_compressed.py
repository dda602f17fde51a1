"""SCP-ECG with own Huffman tables, subtracted reference beats and bimodal compression."""

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ecgcore.errors import RecordError
from ecgcore.io.binary.scp_beats import Places, add_beats, expand, read_places, stretches
from ecgcore.io.binary.scp_coding import decoder
from ecgcore.io.binary.scp_files import read_scp
from ecgcore.leads import LEADS
from tests.support.files.independent import by_ecgdatakit
from tests.support.files.scp_compressed import Compression, compressed_scp, own_tables
from tests.support.uploads import EIGHT, dipole_microvolts

ROWS = dipole_microvolts()[[LEADS.index(lead) for lead in EIGHT]]
BEATS = Compression(beats=(121, 221, 321, 521, 821), before=20, after=31)


def read(how: Compression) -> tuple[np.ndarray, tuple[str, ...]]:
    ((_, content),) = compressed_scp(ROWS, 500, how)
    raw = read_scp(content, "e.scp")
    assert (raw.fs_hz, raw.names) == (500, EIGHT)
    return raw.signal * 1000, raw.warnings


@pytest.mark.parametrize("differences", [0, 1, 2])
@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("beats", [(), BEATS.beats])
def test_what_loses_nothing_gives_every_sample(
    differences: int, own: bool, beats: tuple[int, ...]
) -> None:
    how = replace(BEATS, beats=beats, own_tables=own, differences=differences)
    found, warnings = read(how)
    np.testing.assert_allclose(found, ROWS, atol=1e-6)
    assert warnings == ()


@pytest.mark.parametrize("every", [2, 4])
@pytest.mark.parametrize("subtract", [True, False])
def test_averaged_samples_are_whole_in_the_beats_and_straight_between(
    every: int, subtract: bool
) -> None:
    found, warnings = read(replace(BEATS, every=every, subtract=subtract))
    inside = np.zeros(ROWS.shape[1], bool)
    for at in BEATS.beats:
        inside[at - 21 : at + 31] = True
    np.testing.assert_allclose(found[:, inside], ROWS[:, inside], atol=1e-6)
    groups = ROWS[:, :100].reshape(8, -1, every).mean(axis=2)
    middles = np.arange(100 // every) * every + (every - 1) / 2
    expected = [np.interp(np.arange(100), middles, row) for row in groups]
    np.testing.assert_allclose(found[:, :100], expected, atol=1.01)
    assert f"the mean of {every} samples" in warnings[0]


@pytest.mark.parametrize(
    "how", [BEATS, replace(BEATS, own_tables=True, differences=1), Compression()], ids=repr
)
def test_an_independent_reader_finds_the_same(how: Compression, tmp_path: Path) -> None:
    leads, fs_hz = by_ecgdatakit(compressed_scp(ROWS, 500, how), tmp_path)
    theirs = np.stack([leads[name] for name in EIGHT])
    np.testing.assert_allclose(theirs * 1000, read(how)[0], atol=1e-6)
    assert fs_hz == 500


def test_zones_that_split_a_group_are_refused() -> None:
    ((_, content),) = compressed_scp(ROWS, 500, replace(BEATS, every=4, before=19))
    with pytest.raises(RecordError, match="how to expand that is not defined"):
        read_scp(content, "e.scp")


def test_stretches_cover_a_lead() -> None:
    places = Places(0, 0, (), ((1, 4), (9, 12), (30, 40)))
    assert stretches(places, 1, 20, 4, "e") == [
        (0, 4, True), (4, 8, False), (8, 12, True), (12, 20, False),
    ]  # fmt: skip
    assert stretches(places, 3, 10, 2, "e") == [(0, 2, True), (2, 6, False), (6, 8, True)]


def test_what_is_left_over_at_the_end_keeps_its_last_mean() -> None:
    assert expand(np.array([2, 6]), [(0, 11, False)], 4).tolist() == [
        2, 2, 2, 4, 4, 6, 6, 6, 6, 6, 6,
    ] or expand(np.array([2, 6]), [(0, 11, False)], 4)[-5:].tolist() == [6] * 5  # fmt: skip


def test_zones_are_joined_and_empty_ones_left_out() -> None:
    body = struct.pack("<HHH", 100, 5, 3) + b"\0" * 14 * 3
    body += struct.pack("<6I", 10, 20, 0, 0, 15, 30)
    assert read_places(body).zones == ((10, 30),)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (3, 5, [0, 0, 1, 2, 3, 0]),
        (1, 9, [0, 0, 1, 2, 3, 0]),  # no further than the reference beat reaches
        (4, 4, [0, 0, 0, 2, 0, 0]),
    ],
)
def test_a_beat_is_added_where_it_was_subtracted(start: int, end: int, expected: list[int]) -> None:
    places = Places(0, 2, ((0, start, 4, end), (1, 1, 4, 6)), ())  # its second point lies at 4
    lead, scale = add_beats(np.zeros(6, np.int64), 1000, np.array([1, 2, 3]), 1000, places, 1)
    assert (lead.tolist(), scale) == (expected, 1000)


def test_both_scales_are_kept() -> None:
    places = Places(0, 1, ((0, 1, 1, 2),), ())
    lead, scale = add_beats(np.array([5, 5]), 1500, np.array([1, 2]), 1000, places, 1)
    assert (lead * scale).tolist() == [5 * 1500 + 1000, 5 * 1500 + 2000]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (struct.pack("<H", 101), "101 Huffman tables"),
        (struct.pack("<HH", 1, 0), "table of 0 codes"),
        (struct.pack("<HHBBBhI", 1, 1, 0, 1, 1, 0, 0), "code of 0 of 1 bits"),
        (struct.pack("<HHBBBhI", 1, 1, 2, 40, 1, 0, 0), "code of 2 of 40 bits"),
        (struct.pack("<HHBBBhI", 1, 1, 2, 2, 0, 2, 0), "leads to no table"),
    ],
)
def test_damaged_tables_are_refused(tables: bytes, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        decoder(tables, "e.scp")


def test_a_table_that_only_changes_ends() -> None:
    loop = struct.pack("<HHBBBhI", 1, 1, 1, 1, 0, 1, 0)
    assert decoder(loop, "e.scp")(b"\0" * 1000, 5).tolist() == []


def test_two_tables_with_changes_between_them() -> None:
    bits = "00011" + "1100000001" + "10" + "110000000100101100" + "0" + "10" + "01111"
    data = int(bits.ljust(48, "1"), 2).to_bytes(6, "big")
    assert decoder(own_tables(), "e.scp")(data, 5).tolist() == [3, 101, 300, 7, -1]
