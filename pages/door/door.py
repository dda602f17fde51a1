"""The door of the server: who may come in, decided before anything is served."""

import sys

import streamlit as st
from starlette.middleware import Middleware

from ecgcore.settings import Settings
from pages.door.headers import SafeHeaders
from pages.door.hosts import TrustedHosts, is_loopback
from pages.door.limits import VisitorLimits
from pages.door.password import PasswordDoor

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
        If the server would be open to the network and nobody said that this is meant.
    """
    if is_open() and not (settings.password or has_log_in() or settings.open_to_network):
        sys.exit(_CLOSED_WORDS.format(address=_address() or "every address"))
    door = [
        Middleware(SafeHeaders),
        Middleware(VisitorLimits),
        Middleware(TrustedHosts, settings.trusted_hosts, addresses=is_open()),
    ]
    if settings.password:
        door.append(Middleware(PasswordDoor, settings.password))
    return door


def is_open() -> bool:
    """Say whether others than this machine can reach the server."""
    return not is_loopback(_address())


def has_log_in() -> bool:
    """Say whether readers log in with a provider of identities (OpenID Connect)."""
    try:
        return "auth" in st.secrets
    except FileNotFoundError:
        return False


def draw_door() -> None:
    """Ask who has not logged in to do so, and say on every page that the server is open."""
    if has_log_in() and not st.user.is_logged_in:
        st.title("ECG trust review", anchor=False)
        st.button("Log in", on_click=st.login, icon=":material/login:")
        st.stop()
    settings = Settings.from_env()
    if is_open() and settings.open_to_network and not (settings.password or has_log_in()):
        st.warning(OPEN_WORDS, icon=":material/lock_open:")


def _address() -> str | None:
    address: str | None = st.get_option("server.address")
    return address
