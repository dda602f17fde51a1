"""How the pages show an error that the reader can act on."""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path

import streamlit as st

from ecgcore.errors import EcgError
from ecgcore.settings import Settings

log = logging.getLogger(__name__)


def plain(text: str) -> str:
    """Keep links, images and colours out of a message, and where this server's folders lie."""
    return re.sub(r"[\\\[]", r"\\\g<0>", without_folders(text))


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
    log.warning("shown to a reader: %s", error)
    st.error(plain(str(error)), icon=":material/error:")
    return True


@contextmanager
def ecg_errors_shown() -> Iterator[None]:
    """Show an EcgError raised inside as its message; any other error passes through."""
    try:
        yield
    except EcgError as error:
        show_ecg_error(error)
