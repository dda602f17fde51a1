"""SCP-ECG: plain, Huffman-coded and differenced rhythms."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.errors import RecordError
from ecgcore.io.binary import scp_coding, scp_files
from ecgcore.io.binary.scp_files import read_scp
from ecgcore.leads import LEADS
from tests.support.uploads import EIGHT, dipole_microvolts, scp_file, seal_scp

ROWS = dipole_microvolts()[[LEADS.index(lead) for lead in EIGHT]][:, :300]
((_, PLAIN),) = scp_file(ROWS, 500)
SECTION_3 = PLAIN.rindex(struct.pack("<HI", 3, 16 + 2 + 9 * 8)) - 2
SECTION_6 = PLAIN.rindex(struct.pack("<HI", 6, 16 + 6 + 16 + 2 * ROWS.size)) - 2


@pytest.mark.parametrize("differences", [0, 1, 2])
@pytest.mark.parametrize("huffman", [False, True])
def test_every_coding_gives_the_same_signal(huffman: bool, differences: int) -> None:
    ((_, content),) = scp_file(ROWS, 500, huffman=huffman, differences=differences)
    raw = read_scp(content, "e.scp")
    assert (raw.fs_hz, raw.names, raw.warnings) == (500, EIGHT, ())
    np.testing.assert_allclose(raw.signal, ROWS / 1000, atol=1e-9)


@settings(deadline=None)
@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=60))
def test_the_huffman_table_carries_every_value(values: list[int]) -> None:
    rows = np.tile(np.array(values, np.int16), (8, 1))
    ((_, content),) = scp_file(rows, 500, huffman=True)
    np.testing.assert_allclose(read_scp(content, "e.scp").signal, rows / 1000, atol=1e-9)


def test_the_codes_of_the_standard() -> None:
    """EN 1064, C.3.7.6: 0, 1, -1, 2, -8, 9 (8 bits), 300 (16 bits) in a row."""
    bits = "01001011100111111110111111111100000100111111111110000000100101100"
    bits = bits.ljust(72, "0")
    values = scp_coding._by_default_table(int(bits, 2).to_bytes(9, "big"), 7)
    assert values.tolist() == [0, 1, -1, 2, -8, 9, 300]


def test_the_patient_section_is_not_read() -> None:
    assert "Doe" not in repr(read_scp(PLAIN, "e.scp"))
    index = PLAIN.rindex(struct.pack("<HI", 1, 20)) - 2
    broken = bytearray(PLAIN)
    broken[index + 16 : index + 20] = b"\xff" * 4
    assert read_scp(seal_scp(bytes(broken)), "e.scp").fs_hz == 500


def overwritten(position: int, content: bytes) -> bytes:
    return seal_scp(PLAIN[:position] + content + PLAIN[position + len(content) :])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (overwritten(SECTION_3 + 17, b"\x41"), "has no section 4 .where the beats lie"),
        (overwritten(SECTION_6 + 21, b"\1"), "has no section 4 .where the beats lie"),
        (overwritten(SECTION_6 + 16, b"\0\0"), "is damaged: 0 nV per unit"),
        (overwritten(SECTION_6 + 18, b"\xff\xff"), "has 15.259 samples per second"),
        (overwritten(SECTION_6 + 20, b"\7"), "7 differences"),
        (
            overwritten(SECTION_6 + 22, b"\4\0"),
            "lead 1 of the rhythm: 300 samples announced, 2 found",
        ),
        (overwritten(SECTION_3 + 16, b"\xff"), "has 255 leads; 1 to 128"),
        (overwritten(SECTION_3 + 22, b"\xff\xff\xff\x7f"), "more than 3,000,000 samples"),
        (overwritten(SECTION_3 + 22, b"\0\0\0\0"), "ends before it begins"),
        (overwritten(SECTION_6 + 2, b"\7"), "section 6 is not where it should be"),
        (PLAIN[:-1], "does not fit its checksum"),
        (b"\0" * 40, "its table of sections has 0 bytes"),
        (b"", "is truncated SCP-ECG"),
    ],
)
def test_files_at_fault(content: bytes, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        read_scp(content, "e.scp")


def test_what_all_leads_share_is_read() -> None:
    shorter = overwritten(SECTION_3 + 18 + 4, (290).to_bytes(4, "little"))
    raw = read_scp(shorter, "e.scp")
    assert raw.signal.shape == (8, 290)
    assert "290 samples, was read" in raw.warnings[0]


@pytest.mark.parametrize(
    ("units", "differences", "amplitudes"),
    [
        ([5, 1, -2, 4], 0, [5, 1, -2, 4]),
        ([5, 1, -2, 4], 1, [5, 6, 4, 8]),
        # 5 and 6 are amplitudes, then changes of the change: 1, then -1, then 3
        ([5, 6, -2, 4], 2, [5, 6, 5, 8]),
        ([5], 1, [5]),
        ([5], 2, [5]),
        ([5, 7], 2, [5, 7]),
    ],
)
def test_differences_are_summed_up(
    units: list[int], differences: int, amplitudes: list[int]
) -> None:
    found = scp_coding.undo_differences(np.array(units), differences)
    assert found.tolist() == amplitudes


@pytest.mark.parametrize(
    ("bits", "value"),
    [
        ("01111111", 127),
        ("10000000", -128),
        ("11111111", -1),
        ("0" * 8, 0),
        ("1" + "0" * 15, -32768),
    ],
)
def test_long_codes_are_in_twos_complement(bits: str, value: int) -> None:
    assert scp_coding._signed(bits) == value


def sections(length: int, *pointers: tuple[int, int, int], body: bytes = b"") -> bytes:
    """Return a file without checksum whose section 0 has this length and these pointers."""
    table = b"".join(struct.pack("<HII", *pointer) for pointer in pointers)
    head = b"\0" * 10 + struct.pack("<I", length) + b"\0" * 8
    return head + table + body


def test_the_table_of_sections_must_lie_inside_the_file() -> None:
    content = sections(26, (0, 0, 0))
    assert len(content) == 32
    assert scp_files._sections(content, "e.scp") == {}
    with pytest.raises(RecordError, match="its table of sections has 26 bytes"):
        scp_files._sections(content[:-1], "e.scp")
    assert scp_files._sections(sections(16) + b"\0" * 4, "e.scp") == {}
    with pytest.raises(RecordError, match="its table of sections has 15 bytes"):
        scp_files._sections(sections(15) + b"\0" * 4, "e.scp")


@pytest.mark.parametrize(("number", "kept"), [(11, True), (12, False)])
def test_sections_up_to_11_are_known(number: int, kept: bool) -> None:
    body = b"\0\0" + number.to_bytes(2, "little") + b"\0" * 12 + b"abc"
    content = sections(26, (number, len(body), 33), body=body)
    assert scp_files._sections(content, "e.scp") == ({number: b"abc"} if kept else {})


@pytest.mark.parametrize(("size", "index"), [(20, 33), (19, 34), (19, 32), (15, 33)], ids=str)
def test_a_section_lies_where_its_pointer_says(size: int, index: int) -> None:
    body = b"\0\0" + (3).to_bytes(2, "little") + b"\0" * 12 + b"abc"
    with pytest.raises(RecordError, match="section 3 is not where it should be"):
        scp_files._sections(sections(26, (3, size, index), body=body), "e.scp")


@pytest.mark.parametrize(("first", "last", "sound"), [(1, 1, True), (2, 1, False), (0, 5, False)])
def test_a_lead_ends_with_or_after_its_first_sample(first: int, last: int, sound: bool) -> None:
    body = bytes([1, 0]) + struct.pack("<IIB", first, last, 2)
    if sound:
        ((lead,), _) = scp_files._leads(body, "e.scp")
        assert (lead.n_samples, lead.code) == (1, 2)
    else:
        with pytest.raises(RecordError, match="ends before it begins"):
            scp_files._leads(body, "e.scp")


@pytest.mark.parametrize(("n", "fits"), [(3_000_000, True), (3_000_001, False)])
def test_three_million_samples_are_read(n: int, fits: bool) -> None:
    body = bytes([1, 0]) + struct.pack("<IIB", 1, n, 1)
    if fits:
        assert scp_files._leads(body, "e.scp")[0][0].n_samples == n
    else:
        with pytest.raises(RecordError, match="more than 3,000,000 samples"):
            scp_files._leads(body, "e.scp")


def test_a_mark_in_section_0_makes_an_scp_file() -> None:
    assert scp_files.is_scp(PLAIN)
    assert scp_files.is_scp(b"\0" * 16 + b"SCPECG")
    assert not scp_files.is_scp(b"\0" * 15 + b"SCPECG\0")
