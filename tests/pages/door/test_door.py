"""The door: foreign names, foreign pages, strangers and floods stay out; readers come in."""

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ecgcore.settings import Settings
from pages.door import door, limits
from pages.door.headers import HEADERS, SafeHeaders
from pages.door.hosts import TrustedHosts, is_loopback
from pages.door.limits import VisitorLimits
from pages.door.password import COOKIE, PasswordDoor
from tests.support.servers.asgi import AsgiClient, finished


async def _record(scope: Scope, receive: Receive, send: Send) -> None:
    """Give a record to whoever comes through the door."""
    if scope["type"] == "http":
        await PlainTextResponse("a record")(scope, receive, send)
    else:
        await send({"type": "websocket.accept"})


def client(*middleware: Middleware, host: str = "localhost:8501") -> AsgiClient:
    app: ASGIApp = _record
    for one in reversed(middleware):
        app = one.cls(app, *one.args, **one.kwargs)
    return AsgiClient(app, host)


@pytest.mark.parametrize(
    ("host", "hosts", "addresses", "known"),
    [
        ("localhost:8501", (), False, True),
        ("127.0.0.1:8501", (), False, True),
        ("[::1]:8501", (), False, True),
        ("LOCALHOST.", (), False, True),
        ("evil.example:8501", (), False, False),
        ("localhost.evil.example", (), False, False),
        ("evil.example@localhost", (), False, True),  # what comes before @ names nobody
        ("localhost@evil.example", (), False, False),
        ("192.168.1.9:8501", (), False, False),
        ("192.168.1.9:8501", (), True, True),
        ("ecg.hospital.example", ("ECG.hospital.example",), False, True),
        ("evil.example", ("ecg.hospital.example",), True, False),
        ("[", (), True, False),
        ("", (), True, False),
    ],
)
def test_only_this_servers_names_are_answered(
    host: str, hosts: tuple[str, ...], addresses: bool, known: bool
) -> None:
    asked = client(Middleware(TrustedHosts, hosts, addresses=addresses))
    assert asked.get(host=host).status_code == (200 if known else 421)
    assert asked.reads(host=host) == known


@pytest.mark.parametrize(
    ("origin", "known"),
    [("http://localhost:8501", True), ("http://evil.example", False), ("null", False)],
)
def test_pages_elsewhere_open_no_connection_and_change_nothing(origin: str, known: bool) -> None:
    asked = client(Middleware(TrustedHosts))
    assert asked.reads(origin=origin) == known
    assert (asked.post("/", {}, origin=origin).status_code == 200) == known
    assert asked.get(origin=origin).status_code == 200


def test_a_name_that_was_turned_to_this_machine_reads_no_record() -> None:
    """DNS rebinding: host and origin agree, and both are foreign."""
    asked = client(Middleware(TrustedHosts), host="evil.example:8501")
    assert not asked.reads(origin="http://evil.example:8501")


def test_every_answer_has_the_headers_refusals_too() -> None:
    asked = client(Middleware(SafeHeaders), Middleware(TrustedHosts))
    for answer in (asked.get(), asked.get(host="evil")):
        assert {name: answer.headers[name.lower()] for name in HEADERS} == HEADERS
    policy = HEADERS["Content-Security-Policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe-inline" not in scripts
    assert scripts.count("'sha256-") == 1
    assert "frame-ancestors 'self'" in policy
    assert HEADERS["X-Content-Type-Options"] == "nosniff"
    # "no-referrer" makes browsers post the password from the origin "null", which is refused
    assert HEADERS["Referrer-Policy"] == "same-origin"


def test_connections_requests_and_bytes_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_HELD_BYTES", 100)
    asked = client(Middleware(VisitorLimits))
    file = "/_stcore/upload_file/one/"
    assert asked.ask("PUT", f"{file}a", b"x" * 60).status_code == 200
    assert asked.ask("PUT", f"{file}b", b"x" * 60).status_code == 429
    assert asked.ask("PUT", "/_stcore/upload_file/two/b", b"x" * 60).status_code == 200
    assert asked.ask("DELETE", f"{file}a").status_code == 200
    assert asked.ask("PUT", f"{file}b", b"x" * 60).status_code == 200
    monkeypatch.setattr(limits, "MAX_CONNECTIONS", 0)
    assert not asked.reads()
    monkeypatch.setattr(limits, "MAX_CONNECTIONS", 1)
    assert asked.reads()
    assert asked.reads()  # the first is closed


def test_a_flood_of_requests_is_slowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_REQUESTS", 3)
    asked = client(Middleware(VisitorLimits))
    assert [asked.get().status_code for _ in range(5)] == [200, 200, 200, 429, 429]


def test_bytes_of_unknown_number_are_refused() -> None:
    asked = client(Middleware(VisitorLimits))
    answer = asked.ask("PUT", "/_stcore/upload_file/s/f", b"x", {"content-length": ""})
    assert answer.status_code == 429


def test_a_password_is_asked_before_everything() -> None:
    asked = client(Middleware(PasswordDoor, "open sesame"))
    assert asked.get().status_code == 401
    assert [asked.get(path).status_code for path in ("/api/ready", "/api/ready/x")] == [200, 401]
    assert "a record" not in asked.get().text
    assert not asked.reads()
    assert asked.post("/door", {"password": "open"}).status_code == 403
    assert asked.get(cookie=f"{COOKIE}=x").status_code == 401
    welcome = asked.post("/door", {"password": "open sesame"})
    assert (welcome.status_code, welcome.headers["location"]) == (303, "/")
    assert "HttpOnly" in welcome.headers["set-cookie"]
    assert "SameSite=strict" in welcome.headers["set-cookie"]
    assert asked.get().text == "a record"
    assert asked.reads()


@pytest.mark.parametrize(
    ("asked_for", "led_to"),
    [
        ("/review?record=39&details=What+else", "/review?record=39&details=What+else"),
        ("/worklist", "/worklist"),
        ("/door", "/"),
        ("/static/a.js", "/"),
        ("//elsewhere.example/", "/"),
        ('/review?record="><script>', "/"),
    ],
)
def test_the_password_leads_to_the_page_that_was_asked_for(asked_for: str, led_to: str) -> None:
    asked = client(Middleware(PasswordDoor, "a"))
    shown = asked.get(asked_for).text
    for word, status in (("b", 403), ("a", 303)):
        (page,) = re.findall(r'name="page" value="([^"]*)">', shown)
        assert html.unescape(page) == led_to
        answer = asked.post("/door", {"password": word, "page": html.unescape(page)})
        shown = answer.text
        assert answer.status_code == status
    assert answer.headers["location"] == led_to


def test_nobody_is_led_elsewhere() -> None:
    for page in ("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"):
        asked = client(Middleware(PasswordDoor, "a"))
        answer = asked.post("/door", {"password": "a", "page": page})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_behind_tls_the_cookie_goes_nowhere_else() -> None:
    asked = client(Middleware(PasswordDoor, "a"))
    headers = {"x_forwarded_proto": "https"}
    said = asked.post("/door", {"password": "a"}, **headers).headers["set-cookie"]
    assert "Secure" in said


def test_passwords_are_not_guessed_by_the_thousand() -> None:
    asked = client(Middleware(PasswordDoor, "a"))
    wrong = [asked.post("/door", {"password": "b"}).status_code for _ in range(11)]
    assert wrong == [403] * 10 + [429]
    assert asked.post("/door", {"password": "a"}).status_code == 429


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("localhost", True), ("127.0.0.1", True), ("127.8.9.1", True), ("::1", True),
        ("[::1]", True), ("0.0.0.0", False), ("::", False), ("192.168.1.9", False),  # noqa: S104
        (None, False), ("", False), ("localhost.example", False),
    ],
)  # fmt: skip
def test_what_is_off_this_machine(address: str | None, loopback: bool) -> None:
    assert is_loopback(address) == loopback


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(None, tmp_path, tmp_path, tmp_path, tmp_path)


@pytest.fixture
def everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_address", lambda: "0.0.0.0")  # noqa: S104
    monkeypatch.setattr(door, "has_log_in", lambda: False)
    monkeypatch.setattr(door, "check_log_in", lambda _roles: None)


@pytest.mark.usefixtures("everywhere")
def test_off_this_machine_somebody_has_to_mean_it(settings: Settings) -> None:
    with pytest.raises(SystemExit, match=r"open to the network at 0\.0\.0\.0.*ECG_PASSWORD"):
        door.middleware(settings)


@pytest.mark.usefixtures("everywhere")
@pytest.mark.parametrize("word", ["password", "open_to_network", "log-in"])
def test_a_password_a_log_in_or_the_word_opens_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    said = {"password": "a"} if word == "password" else {"open_to_network": word != "log-in"}
    monkeypatch.setattr(door, "has_log_in", lambda: word == "log-in")
    made = door.middleware(replace(settings, **said))
    assert (PasswordDoor in [one.cls for one in made]) == (word == "password")


def test_on_this_machine_nothing_is_asked(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_address", lambda: "localhost")
    assert [one.cls for one in door.middleware(settings)] == [
        SafeHeaders, VisitorLimits, TrustedHosts,
    ]  # fmt: skip


def test_the_variables_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECG_TRUSTED_HOSTS", "a.example, b.example")
    monkeypatch.setenv("ECG_PASSWORD", "secret")
    monkeypatch.setenv("ECG_OPEN_TO_NETWORK", "1")
    settings = Settings.from_env()
    assert settings.trusted_hosts == ("a.example", "b.example")
    assert (settings.password, settings.open_to_network) == ("secret", True)
    assert "secret" not in repr(settings)


@pytest.mark.usefixtures("everywhere")
def test_every_page_says_that_it_is_open(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(st, "warning", lambda words, **_: told.append(words))
    monkeypatch.setenv("ECG_OPEN_TO_NETWORK", "1")
    door.draw_door()
    assert told == [door.OPEN_WORDS]
    monkeypatch.setenv("ECG_OPEN_TO_NETWORK", "")
    door.draw_door()
    assert len(told) == 1


def test_other_messages_than_requests_pass() -> None:
    seen = []

    async def app(scope: object, _receive: object, _send: object) -> None:
        seen.append(scope)

    for cls in (VisitorLimits, TrustedHosts, SafeHeaders):
        finished(cls(app)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert len(seen) == 3
