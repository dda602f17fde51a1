"""Asks an ASGI application directly, without a server; keeps cookies as a browser does."""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.types import ASGIApp

Result = TypeVar("Result")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status_code: int
    headers: Mapping[str, str]
    text: str


@dataclass
class AsgiClient:
    """A visitor under one name of the server."""

    app: ASGIApp
    host: str = "localhost:8501"
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request."""
        said = {"content-length": str(len(body)), **(headers or {})}
        where, _, query = path.partition("?")
        asked = {"type": "http", "method": method, "path": where, "query_string": query.encode()}
        parts = self._said(asked, said, body)
        start = next(part for part in parts if part["type"] == "http.response.start")
        found = {name.decode(): value.decode() for name, value in start["headers"]}
        if "set-cookie" in found:
            name, _, value = found["set-cookie"].partition(";")[0].partition("=")
            self.cookies[name] = value
        text = b"".join(part.get("body", b"") for part in parts).decode()
        return Answer(start["status"], found, text)

    def get(self, path: str = "/", **headers: str) -> Answer:
        """Ask for a page."""
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, data: Mapping[str, str], **headers: str) -> Answer:
        """Send a form."""
        return self.ask("POST", path, urlencode(data).encode(), headers)

    def reads(self, **headers: str) -> bool:
        """Open a connection; False where it is refused."""
        parts = self._said({"type": "websocket", "path": "/_stcore/stream"}, headers, b"")
        return parts[0]["type"] == "websocket.accept"

    def _said(
        self, scope: dict[str, Any], headers: Mapping[str, str], body: bytes
    ) -> list[dict[str, Any]]:
        said = {"host": self.host, **headers}
        if self.cookies:
            said["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        raw = [(name.replace("_", "-").encode(), v.encode()) for name, v in said.items()]
        whole = {
            "scheme": "http", "query_string": b"", "client": ("127.0.0.1", 5), "root_path": "",
            "server": ("localhost", 8501), **scope, "headers": raw,
        }  # fmt: skip
        first = "http.request" if scope["type"] == "http" else "websocket.connect"
        return finished(_run(self.app, whole, [{"type": first, "body": body}]))


def finished(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end in a thread of its own: Playwright leaves a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def _run(
    app: ASGIApp, scope: dict[str, Any], messages: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    waiting, sent = iter(messages), []

    async def receive() -> dict[str, Any]:
        return next(waiting, {"type": "websocket.disconnect", "code": 1000})

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent
