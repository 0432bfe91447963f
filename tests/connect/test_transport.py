"""Calling other systems: faults on the way, and addresses that must never be reached."""

from __future__ import annotations

import gzip
import io
import logging
import socket
import ssl
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from leadlight.connect.addresses import AllowedHosts
from leadlight.connect.credentials import BearerToken, ExchangedToken
from leadlight.connect.transport import ApiCall, CallLimits, Transport
from leadlight.data.secret import Secret
from leadlight.errors import ConnectorError
from tests.connect.standin import Answer, Asked, Standin, running

QUICK = CallLimits(connect_seconds=2, answer_seconds=0.4, total_seconds=3, attempts=3, first_wait=0.01)
CANARY = "canary-token-7f3a"


@pytest.fixture
def standin() -> Iterator[Standin]:
    with running(lambda asked: Answer(body={"path": asked.path, "query": asked.query})) as found:
        yield found


@pytest.fixture
def transport(standin: Standin) -> Iterator[Transport]:
    hosts = AllowedHosts(private=frozenset({standin.host}))
    with Transport("Stand-in", hosts, BearerToken(lambda: Secret(CANARY)), limits=QUICK) as found:
        yield found


def call(standin: Standin, **options: Any) -> ApiCall:
    return ApiCall("leads", f"{standin.address}/leads", **options)


def refusal(transport: Transport, asked: ApiCall) -> ConnectorError:
    with pytest.raises(ConnectorError) as found:
        transport.send(asked)
    shown = "".join(traceback.format_exception(found.value))
    assert CANARY not in shown
    assert "secret-value" not in shown
    return found.value


def test_a_call_brings_its_query_its_token_and_its_host(transport: Transport, standin: Standin) -> None:
    reply = transport.send(call(standin, query={"after": "2&x=1"}))
    assert reply.body == {"path": "/leads", "query": {"after": "2&x=1"}}
    assert standin.asked[0].headers["authorization"] == f"Bearer {CANARY}"
    assert standin.asked[0].headers["host"] == standin.host


@pytest.mark.parametrize(
    "fault",
    [
        Answer(429),
        Answer(429, headers={"Retry-After": "0"}),
        Answer(500, b"<html>oops</html>"),
        Answer(502),
        Answer(503, headers={"Retry-After": "0"}),
        Answer(200, {"leads": [1, 2, 3]}, cut=9),
        Answer(200, b'{"leads": [1, 2', headers={}),
        Answer(200, b"<html>maintenance</html>"),
        Answer(drop=True),
        Answer(wait=1.0),
    ],
    ids=["429", "429-after", "500", "502", "503-after", "cut", "half-json", "html", "dropped", "hangs"],
)
def test_a_passing_fault_is_tried_again(transport: Transport, standin: Standin, fault: Answer) -> None:
    standin.faults.append(fault)
    assert transport.send(call(standin)).body["path"] == "/leads"
    assert len(standin.asked) == 2


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Answer(429), "rate_limited"),
        (Answer(500, b"secret-value"), "server_error"),
        (Answer(200, b"secret-value"), "not_json"),
        (Answer(drop=True), "broken_off"),
        (Answer(wait=1.0), "timed_out"),
    ],
)
def test_a_lasting_fault_is_told(transport: Transport, standin: Standin, fault: Answer, code: str) -> None:
    standin.faults.extend([fault] * QUICK.attempts)
    assert refusal(transport, call(standin, query={"q": "secret-value"})).code == code
    assert len(standin.asked) == QUICK.attempts


def test_a_long_wait_is_not_sat_out(transport: Transport, standin: Standin) -> None:
    standin.faults.append(Answer(429, headers={"Retry-After": "86400"}))
    assert refusal(transport, call(standin)).code == "rate_limited"
    assert len(standin.asked) == 1


def test_a_moment_to_come_back_is_read_by_the_other_system_s_clock(
    transport: Transport, standin: Standin
) -> None:
    """A clock that is an hour ahead would make us wait an hour."""
    from email.utils import formatdate
    from time import time

    moment = formatdate(time() + 3600 + 0.2, usegmt=True)
    standin.faults.append(Answer(429, headers={"Retry-After": moment}, clock=3600))
    assert transport.send(call(standin)).status == 200


def test_a_token_that_expires_is_replaced_once() -> None:
    good = iter(["old", "new", "newer"])

    def handle(asked: Asked) -> Answer:
        return Answer(200 if asked.headers["authorization"] == "Bearer new" else 401, {"ok": True})

    with running(handle) as standin:
        hosts = AllowedHosts(private=frozenset({standin.host}))
        token = ExchangedToken(lambda: Secret(next(good)))
        with Transport("Stand-in", hosts, token, limits=QUICK) as transport:
            assert transport.send(call(standin)).body == {"ok": True}
        assert [each.headers["authorization"] for each in standin.asked] == ["Bearer old", "Bearer new"]


def test_a_token_that_stays_refused_is_told(standin: Standin, transport: Transport) -> None:
    standin.faults.append(Answer(401, {"message": "secret-value"}))
    problem = refusal(transport, call(standin))
    assert (problem.code, problem.status) == ("unauthorized", 401)
    assert "secret-value" not in str(problem)


def test_what_must_not_happen_twice_is_not_sent_twice(transport: Transport, standin: Standin) -> None:
    standin.faults.append(Answer(drop=True))
    asked = call(standin, method="POST", json={"name": "x"}, repeatable=False)
    assert refusal(transport, asked).code == "broken_off"
    assert len(standin.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(transport: Transport, standin: Standin, status: int) -> None:
    with running(lambda _: Answer(body={})) as canary:
        standin.faults.append(Answer(status, headers={"Location": f"{canary.address}/?secret-value"}))
        assert refusal(transport, call(standin)).code == "redirected"
        assert not canary.asked


def test_an_answer_is_taken_to_a_limit(standin: Standin) -> None:
    limits = CallLimits(attempts=1, most_bytes=100_000)
    hosts = AllowedHosts(private=frozenset({standin.host}))
    bomb = gzip.compress(b" " * 50_000_000)
    with Transport("Stand-in", hosts, limits=limits) as transport:
        standin.faults.append(Answer(200, b" " * 200_000))
        assert refusal(transport, call(standin)).code == "too_large"
        standin.faults.append(Answer(200, bomb, headers={"Content-Encoding": "gzip"}))
        assert refusal(transport, call(standin)).code == "too_large"
        standin.faults.append(Answer(200, gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip"}))
        assert transport.send(call(standin)).body == {"a": 1}


def test_a_file_is_downloaded_whole_or_begun_anew(transport: Transport, standin: Standin) -> None:
    whole = b"id,won\n" + b"1,yes\n" * 1_000
    standin.faults.extend([Answer(200, whole, cut=900), Answer(200, whole)])
    target = io.BytesIO()
    transport.download(call(standin), target)
    assert target.getvalue() == whole


def test_nothing_secret_is_logged(
    transport: Transport, standin: Standin, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        standin.faults.extend([Answer(500), Answer(429)])
        transport.send(call(standin, query={"email": "secret-value"}))
    assert CANARY not in caplog.text
    assert "secret-value" not in caplog.text


def test_a_secret_shows_nowhere() -> None:
    token = Secret(CANARY)
    assert CANARY not in f"{token} {token!r} {[token]} {token.__dict__ and vars(Transport)}"


TRICKS = [
    "http://{v4}/",
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "https://good.example@127.0.0.1:{port}/",
    "https://good.example:secret@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}@good.example/",
    "https://good.example#@127.0.0.1:{port}/x",
    "https://good.example:{port}/",
    "http://good.example:{port}/",
    "http://good.example/",
    "https://good.example.:{port}/",
    "https://sub.good.example/",
    "https://good.example.evil.example/",
    "https://evilgood.example/",
    "https://rebind.example/",
    "https://mixed.example/",
    "https://metadata.example/",
    "https://mapped.example/",
    "https://nat64.example/",
    "https://ten.example/",
    "https://cgnat.example/",
    "https://sixlocal.example/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_x",
    "ftp://127.0.0.1:{port}/",
    "dict://127.0.0.1:{port}/",
    "ws://127.0.0.1:{port}/",
    "javascript:alert(1)",
    "//127.0.0.1:{port}/",
    "127.0.0.1:{port}",
    "https:///127.0.0.1:{port}/",
    "https:\\\\127.0.0.1:{port}\\",
    "https://good.example\\@127.0.0.1:{port}/",
    "http://１２７.0.0.1:{port}/",
    "http://127。0。0。1:{port}/",
    "https://good.example%00.evil.example/",
    "https://good.example%2f@127.0.0.1:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/",
    "http://[fd00:ec2::254]/",
]
TRICKS += ["https://good.example \t@127.0.0.1:{port}/", "https://good.example\r\nHost: x/", ""]
NUMBERS = {
    "rebind.example": ["127.0.0.1"],
    "mixed.example": ["93.184.215.14", "127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "ten.example": ["10.0.0.1"],
    "cgnat.example": ["100.64.0.1"],
    "sixlocal.example": ["fd12::1", "::1"],
    "good.example": ["127.0.0.1"],
}


@pytest.fixture
def canary() -> Iterator[tuple[int, list[object]]]:
    """A port on every address of this machine that notes each connection."""
    seen: list[object] = []
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        server.settimeout(0.05)
        over = threading.Event()

        def watch() -> None:
            while not over.is_set():
                try:
                    connection, peer = server.accept()
                except TimeoutError:
                    continue
                seen.append(peer)
                connection.close()

        thread = threading.Thread(target=watch)
        thread.start()
        yield server.getsockname()[1], seen
        over.set()
        thread.join()


@pytest.mark.parametrize("trick", range(len(TRICKS)))
def test_a_tricky_address_reaches_nothing(
    trick: int, canary: tuple[int, list[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, seen = canary
    reached: list[Any] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        reached.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    hosts = AllowedHosts(public=frozenset(NUMBERS), resolve=lambda host, _: NUMBERS[host])
    with Transport("Tricks", hosts, BearerToken(lambda: Secret(CANARY)), limits=QUICK) as transport:
        found = refusal(transport, ApiCall("leads", TRICKS[trick].format(port=port, v4=f"127.0.0.1:{port}")))
    assert found.code == "host_not_allowed"
    assert not seen
    assert not reached


def test_there_are_forty_tricks() -> None:
    assert len(TRICKS) >= 40


def test_a_private_host_has_to_be_named_with_its_port(standin: Standin) -> None:
    for private in ({"127.0.0.1"}, {"127.0.0.1:1"}, {f"localhost:{standin.port}"}):
        with Transport("Stand-in", AllowedHosts(private=frozenset(private)), limits=QUICK) as transport:
            assert refusal(transport, call(standin)).code == "host_not_allowed"
    assert not standin.asked


def test_metadata_is_out_of_reach_even_where_it_is_named() -> None:
    hosts = AllowedHosts(private=frozenset({"169.254.169.254:80"}))
    with Transport("Stand-in", hosts, limits=QUICK) as transport:
        found = refusal(transport, ApiCall("leads", "http://169.254.169.254/latest"))
    assert found.code == "host_not_allowed"


def test_the_address_is_the_one_that_was_checked(standin: Standin) -> None:
    """A name that means something else at the second look-up is looked up once."""
    answers = iter([["127.0.0.1"], ["203.0.113.7"]])
    hosts = AllowedHosts(private=frozenset({f"crm.example:{standin.port}"}), resolve=lambda *_: next(answers))
    with Transport("Stand-in", hosts, limits=QUICK) as transport:
        transport.send(ApiCall("leads", f"http://crm.example:{standin.port}/leads"))
    assert standin.asked[0].headers["host"] == f"crm.example:{standin.port}"


def test_the_host_s_name_is_what_its_certificate_must_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pinning to a number neither drops the name from the handshake nor the check of the certificate."""
    names: list[Any] = []
    wrap: Callable[..., Any] = ssl.SSLContext.wrap_socket

    def noted(self: ssl.SSLContext, *parts: Any, **options: Any) -> Any:
        names.append((options.get("server_hostname"), self.check_hostname, self.verify_mode))
        return wrap(self, *parts, **options)

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", noted)
    with running(lambda _: Answer(body={})) as standin:
        hosts = AllowedHosts(
            private=frozenset({f"crm.example:{standin.port}"}), resolve=lambda *_: ["127.0.0.1"]
        )
        with Transport("Stand-in", hosts, limits=CallLimits(attempts=1, answer_seconds=1)) as transport:
            refusal(transport, ApiCall("leads", f"https://crm.example:{standin.port}/"))
    assert names == [("crm.example", True, ssl.CERT_REQUIRED)]
