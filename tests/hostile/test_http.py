"""Requests that are made to stall a server or to fill its memory, against a whole process of it.

Each was answered late, or grew the process without end, before there were bounds: 32 at a time, the process
stays under 600 MB and tells within a second that it is alive.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.serve.homes import Made, Process, home, started

TOGETHER = 32
MEGABYTE = 1 << 20
MOST_MEMORY = 600 * 1024
FORM = b"content-type: application/x-www-form-urlencoded\r\n"
JSON = b"content-type: application/json\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n"


@dataclass
class Attacked:
    """A server, and what a key lets one do."""

    made: Made
    server: Process

    @property
    def port(self) -> int:
        return self.server.port

    def key(self, scope: str = "score") -> bytes:
        return f"authorization: Bearer {self.made.secrets[scope]}\r\n".encode()

    def forget_peak(self) -> None:
        Path(f"/proc/{self.server.process.pid}/clear_refs").write_text("5")

    def peak(self) -> int:
        """The most kB that the process had since."""
        lines = Path(f"/proc/{self.server.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    """A home in which somebody objected, so that each lead is looked at for who it is."""
    made = home(tmp_path_factory.mktemp("attacked") / "home")
    with started(made) as server:
        lead = {"id": "l-1", "Email": "ann@example.org", "Phone": "+49 30 1234567"}
        for path, scope, body in (
            ("/v1/leads", "write", {"leads": [lead]}),
            ("/v1/people/suppress", "admin", {"id": "l-1"}),
        ):
            assert server.client.post(path, json=body, headers=made.headers(scope)).status_code == 200
        yield Attacked(made, server)
    made.store.close()


def request(path: str, headers: bytes, method: str = "POST", host: bytes = b"host: 127.0.0.1\r\n") -> bytes:
    return f"{method} {path} HTTP/1.1\r\n".encode() + host + headers + b"\r\n"


def sized(body: bytes) -> bytes:
    return b"content-length: %d\r\n" % len(body)


def sent(port: int, *pieces: bytes, again: bytes = b"", seconds: float = 6.0) -> tuple[bytes, float]:
    """What is answered, and after how long the other side closed; `again` is sent for as long as it goes."""
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        with contextlib.suppress(OSError):
            for piece in pieces:
                connection.sendall(piece)
            while again and time.monotonic() - begun < seconds:
                connection.sendall(again)
        connection.settimeout(20)
        answer = b""
        with contextlib.suppress(OSError):
            while piece := connection.recv(65_536):
                answer += piece
    return answer, time.monotonic() - begun


def healthy_seconds(port: int) -> float:
    begun = time.monotonic()
    answer, _ = sent(port, request("/healthz", b"connection: close\r\n", "GET"))
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    return time.monotonic() - begun


def bears(attacked: Attacked, *message: bytes, again: bytes = b"", seconds: float = 3.0) -> None:
    """The bounds hold while this is sent many times at once, by another process than the one that asks."""
    attacked.forget_peak()
    attacker = get_context("fork").Process(
        target=send_together, args=(attacked.port, message, again, seconds)
    )
    attacker.start()
    times = []
    until = time.monotonic() + 40
    while attacker.is_alive() and time.monotonic() < until:
        times.append(healthy_seconds(attacked.port))
        time.sleep(0.05)
    assert not attacker.is_alive()
    assert attacked.peak() < MOST_MEMORY
    assert sorted(times)[-2:][0] < 1.0, "one may be late, because the machine is shared"


def send_together(port: int, message: tuple[bytes, ...], again: bytes, seconds: float) -> None:
    def send() -> None:
        sent(port, *message, again=again, seconds=seconds)

    threads = [threading.Thread(target=send) for _ in range(TOGETHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


TRAILERS = {
    "many trailers": b"a: " + b"b" * 1_000 + b"\r\n",
    "one trailer": b"b" * 65_536,
    "trailers by the byte": b"a:b\r\n" * 10_000,
}


@pytest.mark.parametrize("kind", TRAILERS)
def test_trailers_without_end(attacked: Attacked, kind: str) -> None:
    head = request("/v1/score", JSON + CHUNKED)
    answer, seconds = sent(attacked.port, head, b"0\r\n", again=TRAILERS[kind])
    assert answer.startswith((b"HTTP/1.1 401 ", b"HTTP/1.1 431 "))
    assert seconds < 5
    bears(attacked, head, b"0\r\n", again=TRAILERS[kind])


@pytest.mark.parametrize("again", [b"a: bcdefgh\r\n" * 1_000, b"x" * 65_536])
def test_trailers_of_somebody_with_a_key(attacked: Attacked, again: bytes) -> None:
    """What is waited for has an end as well: they count as headers."""
    head = request("/v1/score", JSON + CHUNKED + attacked.key())
    answer, seconds = sent(attacked.port, head, b"2\r\n{}\r\n0\r\n", again=again)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert seconds < 5


def test_extensions_of_chunks_without_end(attacked: Attacked) -> None:
    head = request("/v1/score", JSON + CHUNKED + attacked.key())
    answer, seconds = sent(attacked.port, head, b"2;", again=b"x" * 65_536)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert seconds < 5


def test_a_trailer_is_no_header(attacked: Attacked) -> None:
    body = b'{"leads": [{"Visits": 3}]}'
    head = request("/v1/score", JSON + CHUNKED + attacked.key() + b"connection: close\r\n")
    chunks = b"%x\r\n%s\r\n0\r\nhost: evil.example\r\nauthorization: none\r\n\r\n" % (len(body), body)
    answer, _ = sent(attacked.port, head + chunks)
    assert answer.startswith(b"HTTP/1.1 200 "), answer


def test_a_form_that_is_large(attacked: Attacked) -> None:
    """The cookie is looked at first, and no form of ours has more than some kB."""
    body = b"form=" + b"%41" * 4_000_000
    without = request("/login", FORM + sized(body))
    assert sent(attacked.port, without, body)[0].startswith(b"HTTP/1.1 403 ")
    cookie = b"cookie: ll_form=abc\r\n"
    assert sent(attacked.port, request("/login", FORM + cookie + sized(body)), body)[0].startswith(
        b"HTTP/1.1 413 "
    )
    for headers in (FORM, FORM + cookie):
        bears(
            attacked,
            lambda headers=headers: sent(attacked.port, request("/login", headers + sized(body)), body),
        )


def test_forms_that_are_never_finished(attacked: Attacked) -> None:
    """Chunked, so that nothing says how large they will be."""
    head = request("/login", FORM + CHUNKED + b"cookie: ll_form=abc\r\n")
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    answer, _ = sent(attacked.port, head, *[chunk] * 10)
    assert answer.startswith(b"HTTP/1.1 413 ")
    bears(attacked, head, *[chunk] * 160)


@pytest.mark.parametrize("path", ["/login", "/logout", "/link/x"])
def test_a_form_of_many_fields(attacked: Attacked, path: str) -> None:
    body = b"&".join(b"f%d=1" % k for k in range(200))
    headers = FORM + b"cookie: ll_form=abc\r\nconnection: close\r\n" + sized(body)
    answer, _ = sent(attacked.port, request(path, headers) + body)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "form_fields"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v1/score", JSON + b"content-length: 1000\r\n"),
        ("/v1/leads", JSON + CHUNKED),
        ("/healthz", b"content-length: 1000\r\n"),
        ("/nowhere", CHUNKED),
    ],
)
def test_what_is_refused_is_not_held_open(attacked: Attacked, path: str, headers: bytes) -> None:
    answer, seconds = sent(attacked.port, request(path, headers), b"1")
    assert answer.startswith(b"HTTP/1.1 4")
    assert seconds < 5


UNIT = b'{"a":1},'
LARGE = {
    "small objects": b'{"leads": [{"b": "\\""},' + UNIT * 2_000_000 + b"{}]}",
    "small lists": b'{"leads": [' + b"[]," * 5_000_000 + b"{}]}",
    "short texts": b'{"leads": [' + b'"xy",' * 3_000_000 + b"{}]}",
    "many columns": b'{"leads": [{' + b",".join(b'"c%d":"v%d"' % (k, k) for k in range(900_000)) + b"}]}",
    "a long text": b'{"leads": [{"Email": "' + b"a@" * 8_000_000 + b'"}]}',
    "a long phone": b'{"leads": [{"Phone": "' + b"+" * 16_000_000 + b'"}]}',
    "a wide text": '{"leads": [{"Name": "🙂'.encode() + b"a" * 16_000_000 + b'"}]}',
    "no end": b'{"leads": [' + UNIT * 2_000_000,
}


@pytest.mark.parametrize("kind", LARGE)
def test_large_bodies(attacked: Attacked, kind: str) -> None:
    body = LARGE[kind]
    headers = JSON + attacked.key() + sized(body) + b"connection: close\r\n"
    bears(attacked, request("/v1/score", headers), body)
    answer, seconds = sent(attacked.port, request("/v1/score", headers), body)
    assert answer.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 422 "))
    assert seconds < 5


def test_two_hosts(attacked: Attacked) -> None:
    head = request("/healthz", b"host: evil.example\r\n", "GET")
    answer, _ = sent(attacked.port, head)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "host"


def test_a_length_with_a_blank_behind_it(attacked: Attacked) -> None:
    body = b'{"leads": [{"Visits":1}]}'
    head = request("/v1/score", JSON + attacked.key() + b"connection: close\r\ncontent-length: 25 \r\n")
    assert sent(attacked.port, head + body)[0].startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"identity, chunked", b"chunked, chunked"])
def test_a_coding_that_is_not_undone(attacked: Attacked, coding: bytes) -> None:
    head = request("/v1/score", JSON + attacked.key() + b"transfer-encoding: " + coding + b"\r\n")
    answer, _ = sent(attacked.port, head + b"2\r\n{}\r\n0\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 501 ", b"HTTP/1.1 400 "))


@pytest.mark.parametrize("garbage", [b"\x00\x01garbage\r\n\r\n", b"NONSENSE / HTTP/1.1\r\n\r\n"])
def test_what_is_right_is_answered_before_what_is_not(attacked: Attacked, garbage: bytes) -> None:
    body = b'{"leads": [{"Visits":1}]}'
    good = request("/v1/score", JSON + attacked.key() + sized(body)) + body
    answer, _ = sent(attacked.port, good * 2 + garbage)
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.count(b"HTTP/1.1 400 ") == 1
    assert answer.index(b"HTTP/1.1 400 ") > answer.rindex(b"HTTP/1.1 200 ")
