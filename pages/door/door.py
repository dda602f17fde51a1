"""The door of the server: who may come in, decided before anything is served."""

import sys

import streamlit as st
from starlette.middleware import Middleware

from ecgcore.errors import ReviewError
from ecgcore.settings import Settings
from pages.door.headers import SafeHeaders
from pages.door.hosts import TrustedHosts, is_loopback
from pages.door.limits import VisitorLimits
from pages.door.password import PasswordDoor
from pages.door.returning import ReturnAfterLogIn
from pages.shared.reader.log_in import DEFAULT, check_log_in, has_log_in, providers

OPEN_WORDS = "This server is open: whoever reaches its address can read and change everything here."
_CLOSED_WORDS = (
    "error: the dashboard would be open to the network at {address}. Set a password in "
    "ECG_PASSWORD, set up a log-in in .streamlit/secrets.toml (docs/deployment.md), listen on "
    "localhost, or say --open-to-network."
)


def middleware(settings: Settings) -> list[Middleware]:
    """Return what every request passes, the outermost first.

    Raises
    ------
    SystemExit
        If the server would be open to the network and nobody said that this is meant, or the
        log-in that is set up cannot work.
    """
    try:
        check_log_in(settings.roles_file)
    except ReviewError as error:
        sys.exit(f"error: {error}")
    if is_open() and not (settings.password or has_log_in() or settings.open_to_network):
        sys.exit(_CLOSED_WORDS.format(address=_address() or "every address"))
    door = [
        Middleware(SafeHeaders),
        Middleware(VisitorLimits),
        Middleware(TrustedHosts, settings.trusted_hosts, addresses=is_open()),
    ]
    if settings.password:
        door.append(Middleware(PasswordDoor, settings.password))
    if has_log_in():
        door.append(Middleware(ReturnAfterLogIn))
    return door


def is_open() -> bool:
    """Say whether others than this machine can reach the server."""
    return not is_loopback(_address())


def draw_door() -> None:
    """Ask who has not logged in to do so, and say on every page that the server is open."""
    if has_log_in() and not st.user.is_logged_in:
        st.title("ECG trust review", anchor=False)
        for name in providers():
            words = "Log in" if name == DEFAULT else f"Log in with {name}"
            st.button(words, on_click=st.login, args=(name,), icon=":material/login:")
        st.stop()
    settings = Settings.from_env()
    if is_open() and settings.open_to_network and not (settings.password or has_log_in()):
        st.warning(OPEN_WORDS, icon=":material/lock_open:")


def _address() -> str | None:
    address: str | None = st.get_option("server.address")
    return address
