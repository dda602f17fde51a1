"""Zip files: bounded, and never a path."""

import zipfile
from io import BytesIO

import pytest

from ecgcore.errors import RecordError
from ecgcore.io import archives
from ecgcore.io.archives import unpack
from tests.support.uploads import zip_file


def test_files_are_known_by_their_plain_names() -> None:
    ((_, content),) = zip_file([("a/b.dat", b"1"), ("c.hea", b""), (".DS_Store", b"x")])
    assert unpack(content, "z.zip") == {"b.dat": b"1", "c.hea": b""}


@pytest.mark.parametrize("name", ["", ".", "..", "/", "a/..", "\0a"])
def test_names_of_nothing_are_passed_over(name: str) -> None:
    odd = zipfile.ZipInfo("q")
    odd.filename = name
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.dat", b"1")
        archive.writestr(odd, b"2")
    assert unpack(stream.getvalue(), "z.zip") == {"a.dat": b"1"}


@pytest.mark.parametrize(
    "name", ["../a.dat", "/etc/a.dat", "a/../../b.dat", "..\\a.dat", "C:/a.dat"]
)
def test_names_outside_the_zip_are_refused(name: str) -> None:
    ((_, content),) = zip_file([(name, b"1")])
    with pytest.raises(RecordError, match=r"z\.zip is not safe: its file \d lies outside itself"):
        unpack(content, "z.zip")


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    ((_, content),) = zip_file([(f"{k}.dat", b"\0" * 2**20) for k in range(4)])
    monkeypatch.setattr(archives.Archive, "read", None)
    assert len(content) < 10_000
    with pytest.raises(RecordError, match="unpacks to 4 MB; at most 3 MB"):
        unpack(content, "z.zip", 3 * 2**20)


def test_a_file_that_is_larger_than_announced_is_refused() -> None:
    ((_, content),) = zip_file([("a.dat", b"\0" * 1000)])
    lying = content.replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with pytest.raises(RecordError, match=r"z\.zip (cannot be unpacked|holds more)"):
        unpack(lying, "z.zip")


def test_other_zips_that_are_refused() -> None:
    ((_, content),) = zip_file([("a.dat", b"1"), ("b/a.dat", b"2")])
    with pytest.raises(RecordError, match="holds two files of one name"):
        unpack(content, "z.zip")
    ((_, content),) = zip_file([(f"{k}", b"") for k in range(501)])
    with pytest.raises(RecordError, match="holds 501 files; at most 500"):
        unpack(content, "z.zip")
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.dat", b"1")
    with pytest.raises(RecordError, match="unusual method"):
        unpack(stream.getvalue(), "z.zip")
    with pytest.raises(RecordError, match=r"cannot be unpacked \(BadZipFile\)"):
        unpack(b"PK\x03\x04", "z.zip")


def test_an_encrypted_zip_is_refused() -> None:
    ((_, content),) = zip_file([("a.dat", b"1")])
    data = bytearray(content)
    data[6] |= 1
    data[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(RecordError, match="is encrypted"):
        unpack(bytes(data), "z.zip")
