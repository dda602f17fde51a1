"""Tables of reader studies: what is read, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ecgcore.errors import ReviewError
from ecgcore.review.reader_study import read_study

HEAD = "rating,reader,treatment,case,truth,note"
ROWS = [f"{r + t + c},r{r},t{t},c{c},{c % 2},x" for c in (3, 1, 2) for r in (2, 1) for t in (1, 2)]


def written(folder: Path, rows: list[str]) -> Path:
    path = folder / "study.csv"
    path.write_text("\n".join([HEAD, *rows]), encoding="utf-8")
    return path


def test_ratings_are_by_treatment_reader_and_case(tmp_path: Path) -> None:
    found = read_study(written(tmp_path, ROWS))
    assert (found.treatments, found.readers) == (("t1", "t2"), ("r2", "r1"))
    assert found.cases == ("c3", "c1", "c2")
    assert found.truth.tolist() == [True, True, False]
    assert found.ratings.tolist() == [[[6, 4, 5], [5, 3, 4]], [[7, 5, 6], [6, 4, 5]]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows[:-1], "reader r1 did not rate case c2 with treatment t2"),
        (lambda rows: [*rows, rows[0]], "reader r2, treatment t1, case c3 more than once"),
        (lambda rows: [rows[0].replace("c3,1", "c3,0"), *rows[1:]], "case c3 has both truths"),
        (lambda rows: [row.replace(",c3,1", ",c3,2") for row in rows], "0 or 1 is needed"),
        (lambda rows: [rows[0].replace("6,", "high,"), *rows[1:]], "Line 2 .* rating is “high”"),
        (lambda rows: [rows[0], rows[1].replace("7,", "inf,"), *rows[2:]], "Line 3 .* rating"),
        (lambda rows: [rows[0].replace("6,", ",", 1), *rows[1:]], "Line 2 .* empty"),
    ],
)
def test_what_is_no_study_is_refused(
    tmp_path: Path, change: Callable[[list[str]], list[str]], words: str
) -> None:
    with pytest.raises(ReviewError, match=words):
        read_study(written(tmp_path, change(ROWS)))
