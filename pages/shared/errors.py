"""How the pages show an error that the reader can act on."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from ecgcore.errors import EcgError


def plain(text: str) -> str:
    """Keep links, images and colours out of a message that may quote the URL."""
    return re.sub(r"[\\\[]", r"\\\g<0>", text)


def show_ecg_error(error: Exception) -> bool:
    """Show the message of an EcgError and return True; leave any other error to Streamlit."""
    if not isinstance(error, EcgError):
        return False
    st.error(plain(str(error)), icon=":material/error:")
    return True


@contextmanager
def ecg_errors_shown() -> Iterator[None]:
    """Show an EcgError raised inside as its message; any other error passes through."""
    try:
        yield
    except EcgError as error:
        show_ecg_error(error)
