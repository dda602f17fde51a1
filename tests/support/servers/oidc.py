"""A provider of identities (OpenID Connect) for tests: one person at a time, no questions asked."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT, CLIENT_SECRET = "dashboard", "told to the dashboard only"


@dataclass
class Provider:
    """Who is told to have logged in, and what the provider was asked."""

    url: str = ""
    claims: dict[str, object] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from joserfc.jwk import RSAKey

        self._key = RSAKey.generate_key(2048, {"kid": "test"})

    def configuration(self) -> dict[str, object]:
        """Discovery, as OpenID Connect Discovery 1.0 lays it down."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def keys(self) -> dict[str, object]:
        return {"keys": [self._key.as_dict(private=False)]}

    def authorize(self, query: dict[str, str]) -> str:
        """Return where the browser goes, with a code."""
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        code = token_urlsafe(16)
        self._codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, object]:
        """Give the identity for a code, once, to who holds the client's secret and the verifier."""
        from joserfc import jwt

        query = self._codes.pop(form["code"])
        said = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        assert said == f"{CLIENT}:{CLIENT_SECRET.replace(' ', '+')}" or said == (
            f"{CLIENT}:{CLIENT_SECRET}"
        )
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == query["code_challenge"]
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": query["nonce"],
            "sub": "1", **self.claims,
        }  # fmt: skip
        identity = jwt.encode({"alg": "RS256", "kid": "test"}, claims, self._key)
        return {"access_token": "x", "token_type": "Bearer", "id_token": identity}


@contextmanager
def running_provider(**claims: object) -> Iterator[Provider]:
    """Run a provider that says so of whoever comes."""
    provider = Provider(claims=claims)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield provider
    server.shutdown()
    server.server_close()
    thread.join()


def secrets_toml(provider: Provider, app_url: str, **more: str) -> str:
    """Write the section ``[auth]`` for it."""
    lines = {
        "redirect_uri": f"{app_url}/oauth2callback",
        "cookie_secret": "forty letters that nobody outside can guess",
        "client_id": CLIENT,
        "client_secret": CLIENT_SECRET,
        "server_metadata_url": f"{provider.url}/.well-known/openid-configuration",
    } | more
    return "[auth]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in lines.items() if v)


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = urlsplit(self.path).path, _flat(urlsplit(self.path).query)
            provider.asked.append(path)
            if path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(query))
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif path == "/keys":
                self._json(provider.keys())
            else:
                self._json(provider.configuration())

        def do_POST(self) -> None:
            form = _flat(self.rfile.read(int(self.headers["Content-Length"])).decode())
            provider.asked.append(urlsplit(self.path).path)
            self._json(provider.token(form, self.headers.get("Authorization", "")))

        def _json(self, value: object) -> None:
            body = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _flat(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}
