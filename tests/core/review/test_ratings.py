"""Tables of ratings: what is read, and how a table that is none is refused."""

from pathlib import Path

import pytest

from ecgcore.errors import ReviewError
from ecgcore.review.ratings import read_ratings


def written(folder: Path, text: str) -> Path:
    path = folder / "ratings.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_ratings_are_sorted_into_readers_and_cases(tmp_path: Path) -> None:
    text = "\ufeffcase, reader,AF,size\n7,ann,1,10\n7,bob,0,9.50\n8,bob, 1 ,\n9,ann,NA,010\n"
    found = read_ratings(written(tmp_path, text))
    assert (found.cases, found.readers) == (("7", "8", "9"), ("ann", "bob"))
    af, size = found.findings
    assert (af.name, af.values, af.codes.tolist()) == ("AF", ("0", "1"), [[1, -1, -1], [0, 1, -1]])
    assert (size.values, size.codes.tolist()) == (("9.5", "10"), [[1, -1, 1], [0, -1, -1]])


def test_yes_alone_is_still_a_yes_and_words_keep_their_order(tmp_path: Path) -> None:
    text = "reader,AF,case,said\na,1,1,no\nb,1,1,yes\n"
    af, said = read_ratings(written(tmp_path, text)).findings
    assert af.codes.tolist() == [[1], [1]]
    assert (said.values, said.codes.tolist()) == (("no", "yes"), [[0], [1]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no CSV table"),
        ("\0\1\2", "no column case, reader"),
        ("case,who,AF\n1,a,1\n", "no column reader; it has case, who, AF"),
        ("case,reader,AF\n", "has no ratings"),
        ("case,reader,AF\n1,a,1\n,b,1\n", "Line 3 .* leaves case or reader empty"),
        ("case,reader,AF\n1,a,1\n1,a,0\n1,b,0\n", "case 1, reader a more than once"),
        ("case,reader,AF\n1,a,1\n2,a,0\n", "1 readers and 1 columns"),
        ("case,reader\n1,a\n1,b\n", "2 readers and 0 columns"),
        ('case,reader,AF\n1,a,1,5\n1,b,"1\n', "no CSV table"),
    ],
)
def test_what_is_no_table_of_ratings_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ReviewError, match=words):
        read_ratings(written(tmp_path, text))


def test_a_packed_file_that_is_damaged_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv.xz"
    path.write_bytes(b"no xz")
    with pytest.raises(ReviewError, match=r"ratings\.csv\.xz is no CSV table"):
        read_ratings(path)


def test_cases_are_sorted_into_strata(tmp_path: Path) -> None:
    text = (
        "case,reader,AF,certain\n7,a,1,100\n7,b,0,100.0\n8,a,1,15\n8,b,1,15\n9,a,0,100\n9,b,0,100\n"
    )
    found = read_ratings(written(tmp_path, text), "certain")
    assert [one.name for one in found.findings] == ["AF"]
    assert {name: cases.tolist() for name, cases in found.strata.items()} == {
        "15": [1],
        "100": [0, 2],
    }
    part = found.only(found.strata["100"])
    assert (part.cases, part.findings[0].codes.tolist()) == (("7", "9"), [[1, 0], [0, 0]])
    with pytest.raises(ReviewError, match="no column sure"):
        read_ratings(written(tmp_path, text), "sure")
    with pytest.raises(ReviewError, match="case 8 has two values of certain"):
        read_ratings(written(tmp_path, text.replace("8,b,1,15", "8,b,1,35")), "certain")
