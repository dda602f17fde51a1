"""The log-in with a provider of identities (OpenID Connect), where Streamlit's secrets name one."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.auth_util import is_authlib_installed, validate_auth_credentials
from streamlit.errors import StreamlitAuthError

from ecgcore.errors import ReviewError
from ecgcore.review.people.permissions import Person, read_roles

DEFAULT = "default"
"""Name of the one provider that has no table of its own below ``[auth]``."""
_HOW = "docs/deployment.md shows the section [auth] of .streamlit/secrets.toml."


def has_log_in() -> bool:
    """Say whether readers log in.

    Raises
    ------
    ReviewError
        If there are secrets that cannot be read, so that nobody can say so.
    """
    try:
        return "auth" in st.secrets
    except FileNotFoundError as error:
        files = [Path(one) for one in st.get_option("secrets.files")]
        if broken := next((one for one in files if one.exists()), None):
            raise ReviewError(f"{broken} cannot be read. {_HOW}") from error
        return False


def check_log_in(roles: Path | None) -> None:
    """Check at the start, where readers log in, that they can, and who has which role.

    Raises
    ------
    ReviewError
        If a setting or a package is missing, or the file of roles is none.
    """
    if not has_log_in():
        return
    if not is_authlib_installed():
        raise ReviewError("The log-in needs the package Authlib 1.3.2 or newer. Install it.")
    for provider in providers():
        try:
            validate_auth_credentials(provider)
        except StreamlitAuthError as error:
            words = " ".join(str(error).split())
            raise ReviewError(f"The log-in is not set up: {words} {_HOW}") from error
    if roles is not None:
        people(roles)


def providers() -> list[str]:
    """Name the providers: tables below ``[auth]`` with a client, or the section itself."""
    section = st.secrets["auth"]
    named = [name for name, value in section.items() if hasattr(value, "get") and _client(value)]
    return ([DEFAULT] if _client(section) or not named else []) + named


def _client(section: object) -> bool:
    return bool(section.get("client_id") or section.get("server_metadata_url"))  # type: ignore[attr-defined]


def logged_in(roles: Path | None) -> Person | None:
    """Return who has logged in, with the roles of the file; None before.

    Raises
    ------
    ReviewError
        If the provider gives no e-mail address that it has checked, or the roles cannot be read.
    """
    if not st.user.get("is_logged_in"):
        return None
    address = str(st.user.get("email") or "").strip().casefold()
    if not address or st.user.get("email_verified") is False:
        raise ReviewError(
            "The log-in gives no e-mail address that the provider has checked. Ask for its scope "
            "“email”."
        )
    everybody = {} if roles is None else people(roles)
    return everybody.get(address, Person(address))


def people(roles: Path) -> dict[str, Person]:
    """Read who has which roles, by e-mail address.

    Raises
    ------
    ReviewError
        If the file is missing or is none.
    """
    try:
        return read_roles(roles)
    except OSError as error:
        raise ReviewError(
            f"The file of roles {roles} cannot be read ({error.strerror}). ECG_ROLES names it."
        ) from error
