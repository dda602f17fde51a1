"""A password before everything, where one is set: a form, and a cookie that proves it was known.

The form knows which page was asked for, and leads there.
"""

import html
import secrets
import time
from collections import deque
from hmac import compare_digest
from urllib.parse import parse_qs

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.door.hosts import refuse
from pages.door.returning import asked_page, own_page

COOKIE = "ecg_trust_door"
PATH = "/door"
READY = "/api/ready"
"""Says that the server has started, to everybody: who watches it knows no password."""

_HOURS = 12
_MAX_BODY = 16 * 1024
_TRIES, _PER_S = 10, 60.0
_FORM = """<!doctype html><html lang="en"><meta charset="utf-8"><title>ECG trust review</title>
<meta name="viewport" content="width=device-width">
<style>body{{font:16px system-ui;max-width:22rem;margin:15vh auto;padding:0 1rem}}
input,button{{font:inherit;padding:.4rem;width:100%;box-sizing:border-box;margin:.3rem 0}}</style>
<h1 style="font-size:1.4rem">ECG trust review</h1><p>{words}</p>
<form method="post" action="{path}"><input type="hidden" name="page" value="{page}"><label>Password
<input type="password" name="password" autocomplete="current-password" autofocus required></label>
<button>Open</button></form></html>"""


class PasswordDoor:
    """Lets in who knows the password; nothing is served to others, no file and no connection."""

    def __init__(self, app: ASGIApp, password: str) -> None:
        self.app = app
        self._password = password.encode()
        self._let_in: dict[str, float] = {}
        self._wrong: deque[float] = deque(maxlen=_TRIES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on that bears the cookie; ask others for the password."""
        if scope["type"] not in {"http", "websocket"} or self._lets_in(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await refuse(scope, receive, send, 401, "Log in first.")
        elif scope["method"] == "POST" and scope["path"] == PATH:
            await self._try(Request(scope, receive), scope, receive, send)
        else:
            page = asked_page(HTTPConnection(scope)) or "/"
            await _form("This server asks for a password.", 401, page)(scope, receive, send)

    def _lets_in(self, scope: Scope) -> bool:
        until = self._let_in.get(HTTPConnection(scope).cookies.get(COOKIE, ""), 0.0)
        return scope["path"] == READY or time.monotonic() < until

    async def _try(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        now = time.monotonic()
        body = b""
        async for part in request.stream():
            body = (body + part)[:_MAX_BODY]
        said = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
        page = own_page(said.get("page", "")) or "/"
        if len(self._wrong) == _TRIES and now - self._wrong[0] < _PER_S:
            answer: Response = _form("Too many tries. Wait a minute.", 429, page)
        elif compare_digest(said.get("password", "").encode(), self._password):
            answer = self._welcome(request, now, page)
        else:
            self._wrong.append(now)
            answer = _form("That is not the password.", 403, page)
        await answer(scope, receive, send)

    def _welcome(self, request: Request, now: float, page: str) -> RedirectResponse:
        self._let_in = {one: until for one, until in self._let_in.items() if until > now}
        token = secrets.token_urlsafe(32)
        self._let_in[token] = now + _HOURS * 3600
        answer = RedirectResponse(page, 303)
        answer.set_cookie(
            COOKIE,
            token,
            max_age=_HOURS * 3600,
            httponly=True,
            samesite="strict",
            secure=request.headers.get("x-forwarded-proto", request.url.scheme) == "https",
        )
        return answer


def _form(words: str, status: int, page: str) -> HTMLResponse:
    shown = _FORM.format(words=html.escape(words), path=PATH, page=html.escape(page))
    return HTMLResponse(shown, status, {"Cache-Control": "no-store"})
