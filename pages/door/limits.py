"""How much one visitor may ask for: connections, requests, and bytes that are held in memory."""

import time
from collections import Counter, deque

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.door.hosts import refuse

MAX_CONNECTIONS = 200
"""Of one address at once, each a page that is open."""

MAX_REQUESTS, PER_S = 3000, 10.0
MAX_HELD_BYTES = 40 * 2**20
"""Of one page: twice what one upload may have."""

_MAX_KEPT = 10_000
_UPLOAD = "/_stcore/upload_file/"


class VisitorLimits:
    """Refuses what one visitor asks for beyond its share."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._open: Counter[str] = Counter()
        self._asked: dict[str, deque[float]] = {}
        self._held: dict[str, dict[str, int]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with what is too much."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        who = (scope.get("client") or ("",))[0]
        if words := self._too_much(scope, who):
            await refuse(scope, receive, send, 429, words)
        elif scope["type"] == "websocket":
            self._open[who] += 1
            try:
                await self.app(scope, receive, send)
            finally:
                self._open[who] -= 1
                self._open += Counter()  # forgets who has none
        else:
            await self.app(scope, receive, send)

    def _too_much(self, scope: Scope, who: str) -> str:
        if scope["type"] == "websocket":
            return "Too many pages are open." if self._open[who] >= MAX_CONNECTIONS else ""
        if self._hurries(who):
            return "Too many requests. Wait some seconds."
        if _UPLOAD in scope["path"] and self._fills(scope):
            return "The files of this page hold too much. Remove some, or reload the page."
        return ""

    def _hurries(self, who: str) -> bool:
        now = time.monotonic()
        times = self._asked.setdefault(who, deque(maxlen=MAX_REQUESTS))
        if len(self._asked) > _MAX_KEPT:
            self._asked.pop(next(iter(self._asked)))
        if len(times) == MAX_REQUESTS and now - times[0] < PER_S:
            return True
        times.append(now)
        return False

    def _fills(self, scope: Scope) -> bool:
        """Count the bytes of a page's files; what is taken away is given back."""
        session, _, file = scope["path"].partition(_UPLOAD)[2].partition("/")
        held = self._held.setdefault(session, {})
        if len(self._held) > _MAX_KEPT:
            self._held.pop(next(iter(self._held)))
        if scope["method"] == "DELETE":
            held.pop(file, None)
        if scope["method"] != "PUT":
            return False
        length = Headers(scope=scope).get("content-length", "")
        if not length.isdecimal() or len(length) > 12:
            return True
        if sum(held.values()) + int(length) > MAX_HELD_BYTES:
            return True
        held[file] = int(length)
        return False
