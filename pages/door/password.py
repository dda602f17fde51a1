"""A password before everything, where one is set: a form, and a cookie that proves it was known."""

import html
import secrets
import time
from collections import deque
from hmac import compare_digest
from urllib.parse import parse_qs

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.door.hosts import refuse

COOKIE = "ecg_trust_door"
PATH = "/door"
READY = "/api/ready"
"""Says that the server has started, to everybody: who watches it knows no password."""

_HOURS = 12
_MAX_BODY = 4096
_TRIES, _PER_S = 10, 60.0
_FORM = """<!doctype html><html lang="en"><meta charset="utf-8"><title>ECG trust review</title>
<meta name="viewport" content="width=device-width">
<style>body{{font:16px system-ui;max-width:22rem;margin:15vh auto;padding:0 1rem}}
input,button{{font:inherit;padding:.4rem;width:100%;box-sizing:border-box;margin:.3rem 0}}</style>
<h1 style="font-size:1.4rem">ECG trust review</h1><p>{words}</p>
<form method="post" action="{path}"><label>Password
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
            await _form("This server asks for a password.")(scope, receive, send)

    def _lets_in(self, scope: Scope) -> bool:
        until = self._let_in.get(HTTPConnection(scope).cookies.get(COOKIE, ""), 0.0)
        return scope["path"] == READY or time.monotonic() < until

    async def _try(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        now = time.monotonic()
        if len(self._wrong) == _TRIES and now - self._wrong[0] < _PER_S:
            await _form("Too many tries. Wait a minute.", 429)(scope, receive, send)
            return
        body = b""
        async for part in request.stream():
            body = (body + part)[:_MAX_BODY]
        said = parse_qs(body.decode(errors="replace")).get("password", [""])[0]
        if not compare_digest(said.encode(), self._password):
            self._wrong.append(now)
            await _form("That is not the password.", 403)(scope, receive, send)
            return
        await self._welcome(request, now)(scope, receive, send)

    def _welcome(self, request: Request, now: float) -> RedirectResponse:
        self._let_in = {one: until for one, until in self._let_in.items() if until > now}
        token = secrets.token_urlsafe(32)
        self._let_in[token] = now + _HOURS * 3600
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            COOKIE,
            token,
            max_age=_HOURS * 3600,
            httponly=True,
            samesite="strict",
            secure=request.headers.get("x-forwarded-proto", request.url.scheme) == "https",
        )
        return answer


def _form(words: str, status: int = 401) -> HTMLResponse:
    page = _FORM.format(words=html.escape(words), path=PATH)
    return HTMLResponse(page, status, {"Cache-Control": "no-store"})
