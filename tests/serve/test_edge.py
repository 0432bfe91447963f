"""What is around each request: who is let in, how often, what is written down, and how it bears load."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from typing import Any

import pytest

from leadlight.errors import RequestError
from leadlight.serve import gate
from leadlight.serve.gate import Gate, KeyHolder
from leadlight.serve.journal import Line, place
from leadlight.serve.limits import Limits, Load
from leadlight.store import secret
from tests.serve.running import Keys, Service, exchange, head, live, service

SLOW = 1_000


def bearer(made: str) -> bytes:
    return f"Bearer {made}".encode()


def test_a_secret_has_a_type_a_checksum_and_no_likeness() -> None:
    made = [secret.make("s") for _ in range(200)]
    assert len(set(made)) == 200
    assert all(each.startswith("ll_s_") and secret.is_whole(each) for each in made)
    changed = made[0][:-1] + ("0" if made[0][-1] != "0" else "1")
    assert not secret.is_whole(changed)
    assert not any(
        secret.is_whole(text) for text in ("", "ll_s_", made[0] + "0", made[0].replace("ll_s", "ll_a"))
    )


@pytest.mark.parametrize("scope", secret.SCOPES)
def test_a_scope_opens_itself_and_admin_opens_all(scope: str) -> None:
    keys = Keys.made()
    door = Gate(keys.callers)
    for held, made in keys.secrets.items():
        if held in (scope, "admin"):
            assert door.admit(bearer(made), scope).name == held
        else:
            with pytest.raises(RequestError) as refused:
                door.admit(bearer(made), scope)
            assert refused.value.status == 403


def test_an_expired_key_stays_expired_when_the_clock_goes_back() -> None:
    keys, now = Keys(), [1000.0]
    made = keys.add("score", expires=1500.0)
    door = Gate(keys.callers, clock=lambda: now[0])
    door.admit(bearer(made), "score")
    for now[0] in (1500.0, 900.0):
        with pytest.raises(RequestError) as refused:
            door.admit(bearer(made), "score")
        assert refused.value.status == 401


def test_a_key_has_its_rate() -> None:
    keys = Keys()
    made = keys.add("score", rate=0.5)
    door = Gate(keys.callers)
    statuses, waits = [], []
    for _ in range(20):
        try:
            door.admit(bearer(made), "score")
            statuses.append(200)
        except RequestError as refused:
            statuses.append(refused.status)
            waits.append(refused.wait)
    assert statuses[:5] == [200] * 5
    assert statuses.count(429) == len(waits) >= 14
    assert all(wait is not None and wait >= 1 for wait in waits)
    time.sleep(2.1)
    assert door.admit(bearer(made), "score")


@pytest.mark.parametrize(("per_minute", "at_once"), [(1, 1), (3, 3), (60, 10), (600, 100)])
def test_a_small_rate_lets_through_as_many_as_it_says(per_minute: int, at_once: int) -> None:
    keys = Keys()
    made = keys.add("score", rate=per_minute / 60)
    door = Gate(keys.callers)
    let_through = 0
    for _ in range(at_once + 5):
        with contextlib.suppress(RequestError):
            door.admit(bearer(made), "score")
            let_through += 1
    assert let_through == at_once


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8000", "LOCALHOST", "[::1]:80"])
def test_hosts_that_are_ours(host: str) -> None:
    gate.check_host(host.encode(), frozenset({b"127.0.0.1", b"localhost", b"[::1]"}))


@pytest.mark.parametrize(
    "host", ["", "localhost.evil.example", "evil.example:80", "localhost:80:80", "localhost:x"]
)
def test_hosts_that_are_not(host: str) -> None:
    with pytest.raises(RequestError) as refused:
        gate.check_host(host.encode(), frozenset({b"127.0.0.1", b"localhost", b"[::1]"}))
    assert refused.value.status == 421


def test_every_answer_has_the_headers_of_safety(served: Service) -> None:
    answers = [
        served.client.get("/healthz"),
        served.client.get("/nowhere"),
        served.post({"leads": [{}]}),
        served.post({"leads": []}),
        served.client.get("/metrics"),
    ]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-request-id"]
        assert "server" not in answer.headers


def test_a_request_keeps_the_id_it_came_with_if_it_is_one(served: Service) -> None:
    given = served.client.get("/healthz", headers={"x-request-id": "abc-123"})
    assert given.headers["x-request-id"] == "abc-123"
    for odd in ("a b", "x" * 65, "<script>", ""):
        assert served.client.get("/healthz", headers={"x-request-id": odd}).headers["x-request-id"] != odd


def test_the_log_is_lines_of_json_with_what_is_allowed(served: Service) -> None:
    served.post({"leads": [{"Visits": "1"}]}, **{"x-request-id": "seen-here"})
    lines = [json.loads(line) for line in served.said().splitlines()]
    (line,) = [each for each in lines if each.get("request_id") == "seen-here"]
    assert (line["route"], line["status"], line["leads"], line["caller"]) == ("/v1/score", 200, 1, "score")
    assert line["milliseconds"] > 0


def test_a_fault_of_ours_is_told_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: Any) -> Any:
        raise ValueError("zq7canary")

    with service() as made:
        monkeypatch.setattr("leadlight.serve.scoring.answer_one", fail)
        answer = made.post({"leads": [{"Visits": "1"}]})
        assert (answer.status_code, answer.json()["code"]) == (500, "internal")
        assert "zq7canary" not in answer.text + made.said()
        mistake = next(
            line for line in map(json.loads, made.said().splitlines()) if line["event"] == "mistake"
        )
        assert mistake["kind"] == "ValueError"
        assert mistake["place"].startswith("leadlight/serve/score_route.py:")
        assert "leadlight_mistakes_total 1.0" in made.client.get("/metrics").text


def test_what_libraries_log_goes_out_without_their_values() -> None:
    import logging

    line = Line().format(logging.LogRecord("uvicorn", 20, "", 1, "bad %s\ntrace", ("zq7canary",), None))
    assert json.loads(line)["words"] == "bad %s"
    assert place(ValueError()) == "outside of Leadlight"


def test_a_process_with_too_much_to_do_says_so_at_once() -> None:
    with service() as made:
        made.state.load.under_way += 10_000
        answer = made.post({"leads": [{}]})
        assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
        assert int(answer.headers["retry-after"]) >= 1
        assert made.client.get("/healthz").status_code == 200
    full = Load(Limits(under_way=2))
    full.under_way = 2
    with pytest.raises(RequestError):
        full.check()


def test_slow_senders_do_not_hold_up_others() -> None:
    """A thousand connections that have begun to send; both their ends are in this process."""
    import resource
    import socket

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * SLOW + 500)), hard))
    with live() as (made, port):
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(SLOW)]
        for connection in held:
            connection.sendall(b"POST /v1/score HTTP/1.1\r\nhost: 127.")
        times = []
        for _ in range(50):
            start = time.perf_counter()
            made.score({"Visits": 1})
            times.append(time.perf_counter() - start)
        for connection in held:
            connection.close()
    assert sorted(times)[-2] < 0.5


def test_a_connection_that_never_sends_its_headers_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadlight.serve.listen.HEADER_SECONDS", 0.2)
    with live() as (_, port):
        start = time.perf_counter()
        assert exchange(port, b"GET /healthz HTTP/1.1\r\nhost:") == b""
        assert time.perf_counter() - start < 5


def test_a_later_request_has_to_send_its_headers_in_time_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadlight.serve.listen.HEADER_SECONDS", 0.3)
    with live() as (_, port), socket.create_connection(("127.0.0.1", port), 10.0) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"GET /healthz HTTP/1.1\r\nhost:")
        assert connection.recv(65_536) == b""


def test_headers_that_come_in_pieces_count_once() -> None:
    with live() as (_, port):
        first = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx-long: " + b"a" * 20_000 + b"\r\n"
        assert exchange(port, first, b"\r\n", wait=0.3).startswith(b"HTTP/1.1 200 ")


def test_requests_on_one_connection_are_answered_in_turn() -> None:
    with live() as (made, port):
        content = b'{"leads": [{}]}'
        request = head("/v1/score", made.headers() | {"content-length": str(len(content))}) + content
        answer = exchange(port, request * 3)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert made.said().count('"/v1/score"') >= 1


def test_a_caller_is_let_in_by_its_scopes_alone() -> None:
    assert KeyHolder("x", frozenset({"read"})).may("read")
    assert not KeyHolder("x", frozenset({"read"})).may("score")
    assert KeyHolder("x", frozenset({"admin"})).may("score")
