"""The example for nginx: it is taken as it is, and the service is reached through it by TLS."""

from __future__ import annotations

import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.serve.homes import Made, home, started
from tests.serve.running import free_port, leads

NAME = "leads.example.com"
CONF = Path(__file__).resolve().parents[2] / "deploy" / "nginx" / "leadlight.conf"
pytestmark = pytest.mark.skipif(
    shutil.which("nginx") is None or shutil.which("openssl") is None, reason="nginx or openssl is not here"
)
WRAPPED = """user root;
pid {folder}/pid;
error_log {folder}/error.log;
daemon off;
worker_processes 1;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/leadlight.conf;
}}
"""


@dataclass
class Proxied:
    """A service behind nginx."""

    made: Made
    secure: int
    plain: int
    client: httpx.Client

    def ask(self, method: str, path: str, **more: object) -> httpx.Response:
        headers = {"host": NAME, **more.pop("headers", {})}  # type: ignore[dict-item]
        url = f"https://127.0.0.1:{self.secure}{path}"
        sni = {"sni_hostname": NAME}
        return self.client.request(method, url, headers=headers, extensions=sni, **more)  # type: ignore[arg-type]


def certify(folder: Path) -> None:
    """A certificate that signs itself."""
    words = f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={NAME} -addext subjectAltName=DNS:{NAME}"
    files = ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    subprocess.run(["openssl", *words.split(), *files], check=True, capture_output=True)


def configured(folder: Path, service: int, secure: int, plain: int) -> Path:
    text = CONF.read_text()
    for before, after in (
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{secure} ssl"),
        ("127.0.0.1:8000", f"127.0.0.1:{service}"),
        (f"/etc/ssl/{NAME}", str(folder)),
    ):
        assert before in text
        text = text.replace(before, after)
    (folder / "leadlight.conf").write_text(text)
    (folder / "nginx.conf").write_text(WRAPPED.format(folder=folder))
    return folder / "nginx.conf"


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    folder = tmp_path_factory.mktemp("nginx")
    certify(folder)
    made, secure, plain = home(folder / "home"), free_port(), free_port()
    with started(made, "--host-name", NAME) as service:
        path = configured(folder, service.port, secure, plain)
        subprocess.run(["nginx", "-t", "-c", path], check=True, capture_output=True)
        process = subprocess.Popen(["nginx", "-c", path])
        context = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
        with httpx.Client(verify=context, timeout=30) as client:
            proxy = Proxied(made, secure, plain, client)
            wait(proxy)
            yield proxy
        process.send_signal(signal.SIGQUIT)
        process.wait(30)
    made.store.close()


def wait(proxy: Proxied) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            if proxy.ask("GET", "/readyz").status_code == 200:
                return
        except httpx.TransportError:
            assert time.monotonic() < until
        time.sleep(0.1)


def test_a_lead_is_scored_through_it(proxied: Proxied) -> None:
    headers = proxied.made.headers("score")
    answer = proxied.ask("POST", "/v1/score", headers=headers, json={"leads": leads(3)})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["results"]) == 3
    assert "strict-transport-security" in answer.headers


def test_the_cookie_of_the_login_goes_over_tls_alone(proxied: Proxied) -> None:
    answer = proxied.ask("GET", "/login")
    assert answer.status_code == 200
    cookies = answer.headers.get_list("set-cookie")
    assert cookies
    assert all("secure" in each.lower() for each in cookies)


def test_what_is_not_for_others_stays_inside(proxied: Proxied) -> None:
    assert proxied.ask("GET", "/metrics").status_code == 404
    large = proxied.ask("POST", "/v1/leads", headers=proxied.made.headers("write"), content=b" " * (33 << 20))
    assert large.status_code == 413


def test_plain_http_leads_to_tls(proxied: Proxied) -> None:
    answer = httpx.get(f"http://127.0.0.1:{proxied.plain}/leads", headers={"host": NAME})
    assert answer.status_code == 308
    assert answer.headers["location"] == f"https://{NAME}/leads"
