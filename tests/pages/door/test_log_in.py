"""Readers log in with a provider of identities; a file says who has which role."""

from pathlib import Path

import pytest
from streamlit import config
from streamlit.runtime.secrets import secrets_singleton
from streamlit.testing.v1 import AppTest

from ecgcore.errors import ReviewError
from ecgcore.settings import Settings
from pages.door import door
from pages.shared.reader import log_in

ROLES = """
[Pilot]
reader = ["Ann@Hospital.example"]
["*"]
lead = ["li@hospital.example"]
"""
AUTH = {
    "redirect_uri": "http://localhost:8501/oauth2callback",
    "cookie_secret": "forty letters that nobody outside can guess",
    "client_id": "dashboard",
    "client_secret": "told to the dashboard only",
    "server_metadata_url": "https://id.example/.well-known/openid-configuration",
}


def toml(section: dict[str, str], name: str = "auth") -> str:
    return f"[{name}]\n" + "".join(f'{key} = "{value}"\n' for key, value in section.items())


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that writes the secrets of Streamlit."""
    file = tmp_path / "secrets.toml"
    before = config.get_option("secrets.files")
    config.set_option("secrets.files", [str(file)])

    def write(text: str) -> Path:
        file.write_text(text)
        monkeypatch.setattr(secrets_singleton, "_secrets", None)
        return file

    monkeypatch.setattr(secrets_singleton, "_secrets", None)
    yield write
    config.set_option("secrets.files", before)


@pytest.fixture
def roles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "roles.toml"
    file.write_text(ROLES)
    monkeypatch.setenv("ECG_ROLES", str(file))
    return file


def page() -> None:
    import streamlit as st

    from pages.shared.reader import draw_reader

    who = draw_reader()
    st.text("nobody" if who is None else f"{who.name} {who.words}")


def opened(email: str | None, *, logged_in: bool = True, **claims: object) -> AppTest:
    app = AppTest.from_function(page, default_timeout=30)
    app.secrets["auth"] = AUTH
    app.user = {"is_logged_in": logged_in, "email": email, **claims}
    app.query_params["reader"] = "li@hospital.example"
    return app.run()


def last(app: AppTest) -> str:
    return app.text[-1].value


@pytest.mark.usefixtures("roles")
def test_the_address_that_the_provider_gives_is_the_reader_and_no_other_name_counts() -> None:
    app = opened("ann@HOSPITAL.example")
    assert last(app) == "ann@hospital.example reader in Pilot"
    assert not app.text_input
    assert [one.label for one in app.button] == ["Log out"]
    assert last(opened("li@hospital.example")) == "li@hospital.example lead in every study"


@pytest.mark.usefixtures("roles")
def test_a_stranger_has_no_role_and_nobody_reads_before_the_log_in() -> None:
    assert "No role yet" in last(opened("eve@else.example"))
    assert last(opened("li@hospital.example", logged_in=False)) == "nobody"


@pytest.mark.usefixtures("roles")
@pytest.mark.parametrize("claims", [{"email": None}, {"email": ""}, {"email_verified": False}])
def test_an_address_that_nobody_checked_is_nobody(claims: dict[str, object]) -> None:
    app = opened(**{"email": "li@hospital.example"} | claims)
    assert last(app) == "nobody"
    assert "scope “email”" in app.error[0].value


def test_without_a_file_of_roles_nobody_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ECG_ROLES", raising=False)
    assert "No role yet" in last(opened("li@hospital.example"))


def test_a_file_of_roles_that_breaks_while_the_server_runs_leaves_nobody_a_role(
    roles: Path,
) -> None:
    roles.write_text("[Pilot")
    app = opened("li@hospital.example")
    assert last(app) == "nobody"
    assert "no TOML file" in app.error[0].value
    roles.unlink()
    assert "ECG_ROLES names it" in opened("li@hospital.example").error[0].value


def test_secrets_without_a_section_are_no_log_in_and_broken_ones_are_not_passed_over(secrets):
    assert not log_in.has_log_in()
    secrets("[other]\na = 1\n")
    assert not log_in.has_log_in()
    secrets(toml(AUTH))
    assert log_in.has_log_in()
    file = secrets("[auth")
    with pytest.raises(ReviewError, match=f"{file} cannot be read"):
        log_in.has_log_in()


def settings(folder: Path, roles_file: Path | None = None) -> Settings:
    return Settings(None, folder, folder, folder, folder, roles_file=roles_file)


def test_off_this_machine_a_whole_log_in_opens_the_server(secrets, monkeypatch, tmp_path, roles):
    pytest.importorskip("authlib", reason="Authlib is not installed")
    monkeypatch.setattr(door, "_address", lambda: "0.0.0.0")  # noqa: S104
    secrets("[other]\na = 1\n")
    with pytest.raises(SystemExit, match="open to the network"):
        door.middleware(settings(tmp_path))
    secrets(toml(AUTH))
    assert door.middleware(settings(tmp_path, roles))


@pytest.mark.parametrize("lacking", AUTH)
def test_a_log_in_that_cannot_work_stops_the_start(secrets, tmp_path, lacking: str) -> None:
    pytest.importorskip("authlib", reason="Authlib is not installed")
    secrets(toml({name: value for name, value in AUTH.items() if name != lacking}))
    with pytest.raises(SystemExit, match=rf"(?s)not set up: .*{lacking}"):
        door.middleware(settings(tmp_path))


def test_roles_that_cannot_be_read_stop_the_start(secrets, tmp_path, roles) -> None:
    pytest.importorskip("authlib", reason="Authlib is not installed")
    secrets(toml(AUTH))
    roles.write_text("[Pilot]\nboss = ['li']\n")
    with pytest.raises(SystemExit, match="“Pilot” must be a table of reader, adjudicator, lead"):
        door.middleware(settings(tmp_path, roles))
    with pytest.raises(SystemExit, match="No such file"):
        door.middleware(settings(tmp_path, tmp_path / "none.toml"))


def test_without_the_package_the_start_says_what_to_install(secrets, tmp_path, monkeypatch):
    secrets(toml(AUTH))
    monkeypatch.setattr(log_in, "is_authlib_installed", lambda: False)
    with pytest.raises(SystemExit, match="needs the package Authlib"):
        door.middleware(settings(tmp_path))


def test_one_provider_or_several_by_name(secrets) -> None:
    secrets(toml(AUTH))
    assert log_in.providers() == ["default"]
    shared = {name: AUTH[name] for name in ("redirect_uri", "cookie_secret")}
    own = {name: value for name, value in AUTH.items() if name not in shared}
    secrets(toml(shared) + toml(own, "auth.clinic") + toml(own, "auth.university"))
    assert log_in.providers() == ["clinic", "university"]
