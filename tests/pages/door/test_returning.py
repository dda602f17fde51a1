"""A log-in leads back to the page that was opened, and never off this server."""

from urllib.parse import quote

import pytest
from starlette.datastructures import URL
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from starlette.types import Receive, Scope, Send

from pages.door.returning import COOKIE, ReturnAfterLogIn, own_page
from tests.support.servers.asgi import AsgiClient

HERE = "/reading?list=Doubtful%20inferior&place=3&reader=a%40b.example"


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    """As Streamlit: pages, files, and a log-in that ends on the first page."""
    if scope["path"] == "/oauth2callback":
        answer = RedirectResponse("/", 302)
        answer.set_cookie("_streamlit_user", "ann")
    elif "." in scope["path"]:
        answer = PlainTextResponse("a file")
    else:
        answer = HTMLResponse("a page")
    await answer(scope, receive, send)


class Browser(AsgiClient):
    """Opens addresses with their queries."""

    def open(self, address: str, **headers: str):
        path, _, query = address.partition("?")

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            said = {**scope, "path": path, "query_string": query.encode()}
            await ReturnAfterLogIn(_app)(said, receive, send)

        self.app = app
        return self.get(**headers)


def landed(browser: Browser) -> str:
    return browser.open("/oauth2callback?code=1&state=2").headers["location"]


def test_a_log_in_ends_where_it_began_and_keeps_its_own_cookie() -> None:
    browser = Browser(_app)
    said = browser.open(HERE).headers["set-cookie"]
    assert "HttpOnly" in said
    assert "SameSite=Lax" in said, "the provider leads back from another site"
    assert "Secure" not in said
    answer = browser.open("/oauth2callback?code=1&state=2")
    assert answer.headers["location"] == HERE
    assert answer.headers["set-cookie"].startswith("_streamlit_user=ann")


def test_the_page_that_was_opened_last_counts_and_files_do_not() -> None:
    browser = Browser(_app)
    browser.open(HERE)
    browser.open("/browse")
    browser.open("/static/main.js")
    assert landed(browser) == "/browse"


def test_behind_tls_the_cookie_goes_nowhere_else() -> None:
    said = Browser(_app).open("/browse", x_forwarded_proto="https").headers["set-cookie"]
    assert said.endswith("Secure")


def test_without_a_page_the_log_in_ends_on_start() -> None:
    assert landed(Browser(_app)) == "/"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/reading",
        "/\\evil.example",
        "///evil.example",
        "/reading//evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        "/reading?x=\r\nSet-Cookie: a=b",
        "/reading\n",
        "/reading?x=\\",
        "/@evil.example",
        "/../etc",
        "/oauth2callback?code=1",
        "/auth/logout",
        "/base/auth/login",
        "/_stcore/health",
        "/api/ready",
        "/reading?" + "x" * 3000,
        "/ré",
    ],
)
def test_a_cookie_that_somebody_planted_leads_nowhere_else(address: str) -> None:
    assert own_page(address) is None
    browser = Browser(_app, cookies={COOKIE: quote(address, safe="")})
    assert landed(browser) == "/"


@pytest.mark.parametrize("address", ["/", "/browse", "/base/browse", HERE, "/own?record=9"])
def test_pages_of_this_server_stay_on_it(address: str) -> None:
    assert own_page(address) == address
    assert URL(address).netloc == ""
