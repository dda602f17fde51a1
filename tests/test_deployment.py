"""The example of docs/deployment.md, run: nginx with TLS before the server, password and all."""

import base64
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPSConnection
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.support.paths import PROJECT
from tests.support.waiting import wait_for

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
NAME = "ecg.hospital.example"
pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(NGINX is None or shutil.which("openssl") is None, reason="no nginx here"),
]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _configuration(folder: Path, tls: int, plain: int, server: int) -> str:
    site = (PROJECT / "docs" / "deployment" / "nginx.conf").read_text()
    site = site.replace("listen 443 ssl", f"listen 127.0.0.1:{tls} ssl")
    site = site.replace("listen 80;", f"listen 127.0.0.1:{plain};").replace("8501", str(server))
    site = re.sub(r"/etc/ssl/ecg", str(folder / "ecg"), site)
    kept = "".join(
        f"{what}_temp_path {folder}/{what};\n"
        for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off;\n{kept}{site}\n}}\n"
    )


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("nginx")
    tls, plain, server = _free_port(), _free_port(), _free_port()
    request = "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ecg.key -out ecg.pem -subj"
    command = [str(shutil.which("openssl")), *request.split(), f"/CN={NAME}"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    (folder / "nginx.conf").write_text(_configuration(folder, tls, plain, server))
    env = {
        **os.environ,
        "ECG_TRUSTED_HOSTS": NAME,
        "ECG_PASSWORD": "open sesame",
        "ECG_RUNS_DIR": str(folder / "runs"),
    }
    options = ["--server.port", str(server), "--server.headless", "true"]
    app = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", *options], cwd=PROJECT, env=env,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    proxy = subprocess.Popen(
        [str(NGINX), "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: _is_ready(server), timeout_s=90)
        wait_for(lambda: _answers(tls), timeout_s=10)
        yield tls
    finally:
        for process, end in ((proxy, signal.SIGQUIT), (app, signal.SIGINT)):
            process.send_signal(end)
            process.wait(20)


def _is_ready(port: int) -> bool:
    with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/api/ready", timeout=20) as answer:
        return bool(answer.status == 200)
    return False


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _ask(
    port: int, method: str, path: str, body: str = "", host: str = NAME, **headers: str
) -> tuple[int, dict[str, str], str]:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    connection = HTTPSConnection("127.0.0.1", port, context=trusting, timeout=20)
    said = {"Host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    try:
        connection.request(method, path, body or None, said)
        answer = connection.getresponse()
        if answer.status == 101:
            return 101, dict(answer.getheaders()), ""
        return answer.status, dict(answer.getheaders()), answer.read().decode(errors="replace")
    finally:
        connection.close()


def test_a_reader_comes_in_through_the_proxy(door: int) -> None:
    assert _ask(door, "GET", "/")[0] == 401
    status, headers, _ = _ask(
        door, "POST", "/door", "password=open+sesame",
        Content_Type="application/x-www-form-urlencoded", Origin=f"https://{NAME}",
    )  # fmt: skip
    cookie = headers["set-cookie"].partition(";")[0]
    assert (status, "Secure" in headers["set-cookie"]) == (303, True)
    status, headers, page = _ask(door, "GET", "/", Cookie=cookie)
    assert (status, "<title>" in page) == (200, True)
    assert "frame-ancestors" in headers["content-security-policy"]
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    asked = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": base64.b64encode(b"0" * 16).decode(), "Origin": f"https://{NAME}",
        "Sec_WebSocket_Protocol": "streamlit",
    }  # fmt: skip
    assert _ask(door, "GET", "/_stcore/stream", **asked)[0] == 403
    assert _ask(door, "GET", "/_stcore/stream", Cookie=cookie, **asked)[0] == 101
    asked["Origin"] = "https://evil.example"
    assert _ask(door, "GET", "/_stcore/stream", Cookie=cookie, **asked)[0] == 403


def test_another_name_is_answered_by_nobody(door: int) -> None:
    with pytest.raises(OSError, match=r"closed|reset|disconnected"):
        _ask(door, "GET", "/", host="evil.example")


def test_the_unit_starts_what_the_document_says() -> None:
    unit = (PROJECT / "docs" / "deployment" / "ecg-trust.service").read_text()
    assert "streamlit run app.py" in unit
    assert "KillMode=process" in unit
