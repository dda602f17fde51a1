"""Who may ask: requests for this machine's own names, from pages of its own."""

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class TrustedHosts:
    """Refuses foreign names, with which a page elsewhere could read what is on this machine.

    Parameters
    ----------
    app
        What answers.
    hosts
        Names beside those of this machine itself.
    addresses
        True takes every IP address as a name too: no page elsewhere can pretend to be one.
    """

    def __init__(
        self, app: ASGIApp, hosts: Collection[str] = (), *, addresses: bool = False
    ) -> None:
        self.app = app
        self.hosts = LOOPBACK | {host.lower() for host in hosts}
        self.addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] in {"http", "websocket"} and not self._trusts(scope):
            await refuse(scope, receive, send, 421, "This server does not go by that name.")
        else:
            await self.app(scope, receive, send)

    def _trusts(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        if not self._knows(f"//{headers.get('host', '')}"):
            return False
        origin = headers.get("origin")
        asks = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
        return not asks or origin is None or self._knows(origin)

    def _knows(self, url: str) -> bool:
        try:
            name = (urlsplit(url).hostname or "").lower().rstrip(".")
        except ValueError:
            return False
        return name in self.hosts or (self.addresses and is_address(name))


def is_address(name: str) -> bool:
    """Say whether a host is named by its number."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(address: str | None) -> bool:
    """Say whether a server that listens there is reached from its own machine only."""
    if address is None:
        return False
    name = address.strip("[]").lower()
    return name == "localhost" or (is_address(name) and ipaddress.ip_address(name).is_loopback)


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, words: str) -> None:
    """Answer a request, or a connection that is asked for, with a refusal."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": words[:100]})
    else:
        await PlainTextResponse(words, status)(scope, receive, send)
