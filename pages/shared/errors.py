"""How the pages show an error that the reader can act on."""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path

import streamlit as st

from ecgcore.errors import EcgError, RecordError
from ecgcore.settings import Settings

log = logging.getLogger(__name__)


_MARKS = re.compile(r"[\\\[`*~$<|]|:(?=\w)|(?<!\w)_|_(?!\w)")
_LINE_MARKS = re.compile(r"^(?=[#>=+-])", re.MULTILINE)
_ADDRESSES = re.compile(r"(?:https?|ftp|mailto|www|xmpp)(?=\\?[:.])|@", re.IGNORECASE)
_NO_BREAK = "\N{WORD JOINER}"


def plain(text: str) -> str:
    r"""Return a text as Markdown that shows it letter by letter: no link, image, colour or formula.

    The server's folders are named without the path that leads to them. An address is no link
    because a letter without width stands in it.

    Examples
    --------
    >>> plain("![a](b) *c* my_ecg.csv")
    '!\\[a](b) \\*c\\* my_ecg.csv'
    """
    marked = _MARKS.sub(r"\\\g<0>", without_folders(text))
    return _ADDRESSES.sub(rf"\g<0>{_NO_BREAK}", _LINE_MARKS.sub(r"\\", marked))


def without_folders(text: str) -> str:
    """Name the server's folders without the path that leads to them.

    Examples
    --------
    >>> settings = Settings.from_env("/srv/secret/ptb-xl")
    >>> without_folders(f"{settings.pretrained_dir}/cohort.parquet is damaged.")
    'pretrained/cohort.parquet is damaged.'
    """
    folders = [folder for folder in astuple(Settings.from_env()) if isinstance(folder, Path)]
    for folder in sorted(folders, key=lambda one: len(str(one)), reverse=True):
        text = text.replace(f"{folder.parent}{os.sep}{folder.name}", folder.name)
    return text


def show_ecg_error(error: Exception) -> bool:
    """Show the message of an EcgError and return True; leave any other error to Streamlit."""
    if not isinstance(error, EcgError):
        return False
    log.warning("shown to a reader: %s", _for_the_log(error))
    st.error(plain(str(error)), icon=":material/error:")
    return True


def _for_the_log(error: EcgError) -> str:
    """Name an error: what a file or a reader says stays out of the log, and on one line."""
    if isinstance(error, RecordError):
        return type(error).__name__
    return "".join(letter if letter.isprintable() else " " for letter in str(error)[:300])


@contextmanager
def ecg_errors_shown() -> Iterator[None]:
    """Show an EcgError raised inside as its message; any other error passes through."""
    try:
        yield
    except EcgError as error:
        show_ecg_error(error)
