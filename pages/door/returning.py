"""After a log-in the reader is back on the page that was opened, not on Start.

Streamlit leads everybody to its first page. So a cookie keeps the address of the page that a
browser asked for last, and the answer that ends the log-in leads there.
"""

import re
from urllib.parse import quote, unquote

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "ecg_trust_return"
_CALLBACK = "/oauth2callback"
_KEPT_S = 3600
_LONGEST = 3000
_OWN = re.compile(r"/[\w/-]*(?:\?[\w\-.~!$&'()*+,;=:@/?%]*)?", re.ASCII)
_NO_PAGE = frozenset(
    {"door", "auth", "oauth2callback", "_stcore", "api", "static", "media", "component"}
)


def own_page(address: str) -> str | None:
    """Return an address if it is one of a page here, path and query only; None for any other.

    Examples
    --------
    >>> own_page("/reading?list=Two&place=3")
    '/reading?list=Two&place=3'
    >>> own_page("//elsewhere.example/reading") is own_page("/auth/logout") is None
    True
    """
    path = address[:_LONGEST].partition("?")[0]
    fits = len(address) <= _LONGEST and _OWN.fullmatch(address) and "//" not in path
    return address if fits and not _NO_PAGE & set(path.split("/")) else None


def asked_page(request: HTTPConnection) -> str | None:
    """Return the address that is asked for, if it is one of a page."""
    query = request.url.query
    return own_page(f"{request.url.path}?{query}" if query else request.url.path)


class ReturnAfterLogIn:
    """Keeps which page a browser opened, and leads there when a log-in ends."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; an answer that is a page, or ends a log-in, is added to."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return

        async def with_return(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"].endswith(_CALLBACK):
                    _lead_back(HTTPConnection(scope), headers)
                elif headers.get("content-type", "").startswith("text/html"):
                    _keep(HTTPConnection(scope), headers)
            await send(message)

        await self.app(scope, receive, with_return)


def _lead_back(request: HTTPConnection, headers: MutableHeaders) -> None:
    kept = own_page(unquote(request.cookies.get(COOKIE, "")))
    if "location" in headers and kept is not None:
        headers["location"] = kept


def _keep(request: HTTPConnection, headers: MutableHeaders) -> None:
    asked = asked_page(request)
    if asked is not None:
        secure = request.headers.get("x-forwarded-proto", request.url.scheme) == "https"
        headers.append(
            "set-cookie",
            f"{COOKIE}={quote(asked, safe='')}; Path=/; Max-Age={_KEPT_S}; HttpOnly; SameSite=Lax"
            f"{'; Secure' if secure else ''}",
        )
