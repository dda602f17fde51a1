"""SCP-ECG: plain, Huffman-coded and differenced rhythms; other compressions are refused by name."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.errors import RecordError
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
    from ecgcore.io.binary.scp_files import _huffman

    bits = "01001011100111111110111111111100000100111111111110000000100101100"
    bits = bits.ljust(72, "0")
    values = _huffman(int(bits, 2).to_bytes(9, "big"))
    assert values[:7].tolist() == [0, 1, -1, 2, -8, 9, 300]


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
        (overwritten(SECTION_3 + 17, b"\x41"), "subtraction of reference beats, which is not read"),
        (overwritten(SECTION_6 + 21, b"\1"), "bimodal compression, which is not read"),
        (overwritten(SECTION_6 + 16, b"\0\0"), "is damaged: 0 nV per unit"),
        (overwritten(SECTION_6 + 18, b"\xff\xff"), "has 15.259 samples per second"),
        (overwritten(SECTION_6 + 20, b"\7"), "7 differences"),
        (overwritten(SECTION_6 + 22, b"\4\0"), "I: 300 samples announced, 2 found"),
        (overwritten(SECTION_3 + 16, b"\xff"), "has 255 leads; 1 to 32"),
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


def test_another_huffman_table_is_refused() -> None:
    ((_, content),) = scp_file(ROWS, 500, huffman=True)
    other = content.replace(struct.pack("<H", 19999), struct.pack("<H", 2))
    with pytest.raises(RecordError, match="2 Huffman tables of its own, which is not read"):
        read_scp(seal_scp(other), "e.scp")


def test_what_all_leads_share_is_read() -> None:
    shorter = overwritten(SECTION_3 + 18 + 4, (290).to_bytes(4, "little"))
    raw = read_scp(shorter, "e.scp")
    assert raw.signal.shape == (8, 290)
    assert "290 samples, was read" in raw.warnings[0]
