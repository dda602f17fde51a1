"""What comes from an address, a file or a log is shown letter by letter, and short."""

import logging
import re

import pytest

from ecgcore.errors import JobError, RecordError, shortened
from pages.shared import errors
from pages.shared.errors import plain
from pages.shared.url_state import quoted


@pytest.mark.parametrize(
    "word",
    [
        "https://evil.example/x", "HTTP://evil.example", "www.evil.example", "ftp://evil.example",
        "mailto:me@evil.example", "me@evil.example", "xmpp:me@evil.example",
    ],
)  # fmt: skip
def test_an_address_is_no_link(word: str) -> None:
    """The two expressions of mdast-util-gfm-autolink-literal, which looks at finished texts."""
    shown = re.sub(r"\\([^A-Za-z0-9\s])", r"\1", plain(f"Record {word} is not there."))
    assert not re.search(r"(https?:\/\/|www(?=\.))([-.\w]+)([^ \t\r\n]*)", shown, re.IGNORECASE)
    assert not re.search(r"([-.\w+]+)@([-\w]+(?:\.[-\w]+)+)", shown)
    assert shown.replace("\N{WORD JOINER}", "") == f"Record {word} is not there."


@pytest.mark.parametrize(
    "word",
    [
        "![x](http://a/b.png)", "[x](b)", "<b>x</b>", "`x`", "**x**", "~~x~~", "$x^2$", "_x_",
        ":red[x]", ":material/home:", ":smile:", "# x", "> x", "- x", "| x |", "\\",
    ],
)  # fmt: skip
def test_no_mark_works(word: str) -> None:
    shown = plain(word)
    bare = re.sub(r"\\([^A-Za-z0-9\s])", "", shown)
    assert not re.search(
        r"[\[\]`*~$<|]\S|^[#>-]|:\w|\b_|_\b", bare.replace("](", "").replace("]", "")
    )
    assert re.sub(r"\\([^A-Za-z0-9\s])", r"\1", shown).replace("\N{WORD JOINER}", "") == word


def test_ordinary_words_stay_as_they_are() -> None:
    words = "my_ecg.csv, row 3: 'x' is not a number (0.5 mV); 12-lead, 100 %."
    assert plain(words) == words


def test_words_are_short_and_on_one_line() -> None:
    assert shortened("a" * 41) == "a" * 39 + "…"
    assert shortened("a" * 40) == "a" * 40
    assert shortened("a\r\nb\x1b[31m\u202ec") == "a b [31m c"
    assert len(quoted("y" * 99)) == 42


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        (RecordError("patient.csv says Smith"), "RecordError"),
        (JobError("one\ntwo\x1b[31m"), "one two [31m"),
    ],
)
def test_the_log_holds_nothing_of_a_file_and_no_line_of_its_own(
    error: Exception, logged: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors.st, "error", lambda *_, **__: None)
    with caplog.at_level(logging.WARNING):
        assert errors.show_ecg_error(error)
    assert caplog.messages == [f"shown to a reader: {logged}"]
