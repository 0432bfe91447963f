"""The corpus of bad bodies (46-60): a stable code, the place, the next step; never a value, never a 500."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.errors import RequestError
from leadlight.serve import body
from leadlight.serve.limits import MEGABYTE, Limits
from tests.serve.running import Service, exchange, head, leads, live, service

CANARY = "zq7canary"


def refused(answer: Any, status: int, code: str, pointer: str | None = None) -> dict[str, Any]:
    """A problem document with everything that it has to have."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert (said["status"], said["code"], said.get("pointer")) == (status, code, pointer)
    assert said["detail"]
    assert said["next_step"]
    assert said["request_id"] == answer.headers["x-request-id"]
    assert CANARY not in answer.text
    return said


def one(value: str, column: str = "Visits") -> bytes:
    """A body of one lead with a piece of raw JSON as a value."""
    return f'{{"leads": [{{"Lead Source": "{CANARY}", "{column}": {value}}}], "reasons": 1}}'.encode()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e400"])
@pytest.mark.parametrize("column", ["Visits", "Lead Source", "Elsewhere"])
def test_46_numbers_that_are_not_finite(served: Service, number: str, column: str) -> None:
    refused(served.post(raw=one(number, column)), 422, "not_finite", f"/leads/0/{column}")


@pytest.mark.parametrize("text", [r'"\ud800"', r'"a\udc00b"', r'"\ud83d\ud83d"'])
def test_47_half_a_surrogate_pair(served: Service, text: str) -> None:
    refused(served.post(raw=one(text)), 422, "half_surrogate", "/leads/0/Visits")
    named = b'{"leads": [{"\\ud800": 1}]}'
    assert served.post(raw=named).status_code == 422


@pytest.mark.parametrize("digits", ["9" * 25, "-" + "9" * 25, str(2**63), "1" * 5000])
def test_48_integers_of_more_than_64_bits(served: Service, digits: str) -> None:
    refused(served.post(raw=one(digits)), 422, "integer_too_large", "/leads/0/Visits")
    assert served.post(raw=one(str(2**63 - 1))).status_code == 200


@pytest.mark.parametrize("opening", [b"[", b'{"leads":[{"a":', b'{"a":'])
def test_49_nesting_without_end(served: Service, opening: bytes) -> None:
    refused(served.post(raw=opening * 9_000), 400, "malformed")
    assert served.post(raw=opening * 100_000).status_code in (400, 413)
    deep = b'{"leads": [{"Visits": ' + b"[" * 200 + b"]" * 200 + b"}]}"
    refused(served.post(raw=deep), 400, "malformed")


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (b'{"leads": [{"Visits": 1, "Visits": 2}]}', "/leads/0"),
        (b'{"leads": [{"Visits" : 1, "Created" \n: "10:30", "Visits"\t: 2}]}', "/leads/0"),
        (b'{"leads": [{"Visits": 1}], "leads": [{}]}', ""),
        (rb'{"leads": [{"Visits": 1, "\u0056isits": 2}]}', "/leads/0"),
    ],
)
def test_50_a_name_twice(served: Service, raw: bytes, pointer: str) -> None:
    refused(served.post(raw=raw), 422, "doubled_name", pointer)


@pytest.mark.parametrize("value", ["x", f"12 {CANARY}", True, False, "1e999", "nan", "0x10", "１２"])
def test_51_what_is_no_number(served: Service, value: Any) -> None:
    refused(served.post({"leads": [{"Visits": value}]}), 422, "not_a_number", "/leads/0/Visits")


def test_51_texts_that_the_reader_of_files_accepts(served: Service) -> None:
    """A CRM sends every property as a string."""
    same = served.score({"Visits": 12}, {"Visits": "12"}, {"Visits": " 12.0 "}, {"Visits": "1.2e1"})
    assert len({result["probability"] for result in same}) == 1


@pytest.mark.parametrize("value", [{"a": 1}, [1], [[]]])
@pytest.mark.parametrize("column", ["Visits", "Lead Source", "Elsewhere"])
def test_51_a_field_is_plain(served: Service, value: Any, column: str) -> None:
    answer = served.post({"leads": [{"Country": "India", column: value}]})
    refused(answer, 422, "lead_shape", f"/leads/0/{column}")


def test_52_missing_fields_are_named(served: Service) -> None:
    whole = leads(40)[0] | {"Visits": "3", "Country": "India"}
    (full,) = served.score(whole)
    named = [column for warning in full["warnings"] for column in warning["columns"]]
    assert "Visits" not in named
    for lead in (
        whole | {"Visits": None},
        whole | {"Visits": "N/A"},
        {k: v for k, v in whole.items() if k != "Visits"},
    ):
        (result,) = served.score(lead)
        warning = next(each for each in result["warnings"] if each["code"] == "missing_fields")
        assert "Visits" in warning["columns"]


def test_53_unknown_fields_are_a_warning(served: Service) -> None:
    bare, more = served.score({"Visits": 3}, {"Visits": 3, "Shoe Size": 43})
    assert {"code": "unknown_fields", "columns": ["Shoe Size"]} in more["warnings"]
    assert bare | {"warnings": None} == more | {"warnings": None}
    refused(served.post({"leads": [{}], "resaons": 3}), 422, "unknown_member", "/resaons")


def test_54_bodies_that_are_not_json(served: Service) -> None:
    good = json.dumps({"leads": [{}]})
    refused(served.post(raw=b""), 400, "malformed")
    refused(served.post(raw=good.encode("utf-16")), 400, "malformed")
    refused(served.post(raw=b"\xef\xbb\xbf" + good.encode()), 400, "malformed")
    refused(served.post(raw=b"\xff\xfe"), 400, "malformed")
    refused(served.post(raw=good.encode(), **{"content-type": "text/plain"}), 415, "media_type")
    refused(
        served.post(raw=good.encode(), **{"content-type": "application/json; charset=latin-1"}),
        415,
        "media_type",
    )
    bomb = gzip.compress(b"0" * 10_000_000)
    refused(served.post(raw=bomb, **{"content-encoding": "gzip"}), 415, "content_encoding")


SMALL = Limits(body_bytes=MEGABYTE, body_seconds=0.5, lag_seconds=60.0)


def test_55_bodies_too_large_or_too_slow() -> None:
    with live(SMALL) as (served, port):
        headers = served.headers()
        refused(served.post(raw=b"0" * (MEGABYTE + 1)), 413, "body_too_large")
        chunked = head("/v1/score", headers | {"transfer-encoding": "chunked"})
        endless = exchange(port, chunked, *[b"10000\r\n" + b"0" * 65_536 + b"\r\n"] * 17)
        assert endless.startswith(b"HTTP/1.1 413 ")
        slow = exchange(
            port, head("/v1/score", headers | {"content-length": "500"}), b"{", b'"', b"l", wait=0.2
        )
        assert slow.startswith(b"HTTP/1.1 408 ")
        lying = exchange(port, head("/v1/score", headers | {"content-length": "9" * 30}))
        assert lying.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 400 "))
        assert served.score({"Visits": 1})


def test_56_none_too_many_and_some_bad(served: Service) -> None:
    refused(served.post({"leads": []}), 422, "no_leads", "/leads")
    refused(served.post({"leads": [{}] * 10_001}), 413, "too_many_leads", "/leads")
    refused(served.post({}), 422, "leads_missing", "/leads")
    good, bad = served.score({"Lead ID": "a", "Visits": "3"}, {"Lead ID": "b", "Visits": "x"})
    assert good["id"] == "a"
    assert 0 < good["probability"] < 1
    assert bad["id"] == "b"
    assert (bad["error"]["code"], bad["error"]["pointer"]) == ("not_a_number", "/leads/1/Visits")
    assert served.score({"Visits": "3", "Lead ID": "a"})[0] == good


@pytest.mark.parametrize(
    "identity",
    [
        "../../etc/passwd",
        "%2e%2e%2f",
        "a\0b",
        "🙂",
        "\u202egnp.exe",
        "x" * 10_000,
        "007",
        "9007199254740993",
        "'; --",
    ],
)
def test_58_an_id_is_literal_text(served: Service, identity: str) -> None:
    assert served.score({"Lead ID": identity, "Visits": 1})[0]["id"] == identity


@pytest.mark.parametrize(
    "text",
    ["'; DROP TABLE leads; --", "<script>alert(1)</script>", "=1+1", "a\nlevel=error\r\n{}", "{{7*7}}"],
)
def test_59_a_text_is_literal_and_never_in_the_log(served: Service, text: str) -> None:
    (result,) = served.score({"Lead Source": text, "Job Title": text, "Name": text}, reasons=100)
    shown = [reason["value"] for reason in result["reasons"] if reason["column"] == "Lead Source"]
    assert all(value == f"{text.strip()} (rare)" for value in shown)
    assert text not in served.said()


def test_60_who_is_not_let_in(served: Service) -> None:
    sent = {"leads": [{}]}
    url, good = "/v1/score", served.headers()
    refused(served.client.post(url, json=sent), 401, "no_key")
    refused(served.client.post(url, json=sent, headers={"authorization": "Basic abc"}), 401, "no_key")
    refused(served.client.post(url, json=sent, headers={"authorization": "Bearer " + CANARY}), 401, "key")
    refused(served.post(sent, scope="read"), 403, "scope")
    refused(served.client.post(url, json=sent, headers=good | {"host": "evil.example"}), 421, "host")
    for method in ("GET", "PUT", "DELETE"):
        other = served.client.request(method, "/v1/score", headers=good)
        refused(other, 405, "method")
        assert other.headers["allow"] == "POST"
    refused(served.client.post(f"{url}?reasons=3", json=sent, headers=good), 422, "parameter")
    foreign = served.client.options(
        url, headers={"origin": "https://evil.example", "access-control-request-method": "POST"}
    )
    assert foreign.status_code == 405
    assert not [name for name in foreign.headers if name.startswith("access-control-")]
    pieces = "bytes=" + ",".join(f"{k}-{k + 1}" for k in range(1000))
    assert served.client.get("/healthz", headers={"range": pieces}).status_code == 200


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"zq7canary\r\n\r\n"]
)
def test_what_is_not_http_is_told_as_a_problem(sent: bytes) -> None:
    with live() as (served, port):
        answer = exchange(port, sent)
        assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert b"connection: close\r\n" in answer
        assert (told(answer)["code"], told(answer)["status"]) == ("not_http", 400)
        assert b"zq7canary" not in answer
        assert served.client.get("/healthz").status_code == 200


def told(answer: bytes) -> Any:
    """The problem in the raw bytes of an answer."""
    head_lines, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head_lines
    return json.loads(body)


def test_60_headers_without_measure() -> None:
    with live() as (served, port):
        large = exchange(port, head("/v1/score", served.headers() | {"x-large": "a" * 100_000}))
        assert large.startswith(b"HTTP/1.1 431 ")
        unending = exchange(port, b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx-endless: ", b"a" * 50_000)
        assert unending.startswith(b"HTTP/1.1 431 ")
        assert told(unending)["code"] == told(large)["code"] == "headers"
        assert served.client.get("/healthz").status_code == 200


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
RECORDS = st.dictionaries(st.text(max_size=6), PLAIN, max_size=4)


@given(st.dictionaries(st.text(max_size=5), PLAIN | st.lists(RECORDS, max_size=3), max_size=4), st.booleans())
def test_the_quick_reading_gives_what_the_strict_one_does(document: dict[str, Any], spaced: bool) -> None:
    raw = json.dumps(
        document, indent=1 if spaced else None, separators=(" :", ", ")[::-1] if spaced else None
    ).encode()
    assert outcome(body.read, raw) == outcome(body.strict, raw)


@given(st.binary(max_size=40) | st.text(alphabet='{}[]":,\\ud0e1 \n', max_size=30).map(str.encode))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    assert outcome(body.read, raw) == outcome(body.strict, raw)


def outcome(read: Any, raw: bytes) -> Any:
    try:
        return json.dumps(read(raw), sort_keys=True)
    except RequestError as problem:
        return problem.status, problem.code, problem.where


def test_nothing_is_scored_before_a_model_is_ready() -> None:
    with service(family=None) as served:
        refused(served.post({"leads": [{}]}), 503, "no_model")
        assert served.client.get("/readyz").status_code == 503
        assert served.client.get("/healthz").status_code == 200
