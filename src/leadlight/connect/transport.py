"""One way to call every other system: listed hosts, pinned addresses, no redirects, retries, limits.

Nothing that is raised or logged here holds a token, an address with its query, or a word of an answer.
"""

from __future__ import annotations

import email.utils
import logging
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal

import msgspec

from leadlight.connect.addresses import AllowedHosts, PinnedAddress, optional_library
from leadlight.connect.credentials import Credentials, NoCredentials
from leadlight.errors import ConnectorError

if TYPE_CHECKING:
    import httpx

    from leadlight.data.config.record import SystemConfig

LATER: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
QUIET: Final = ("httpx", "httpcore")
"""Loggers that would write addresses with their queries."""


@dataclass(frozen=True)
class CallLimits:
    """How long to wait, how often to try, and how much to take."""

    connect_seconds: float = 5.0
    answer_seconds: float = 20.0
    total_seconds: float = 120.0
    attempts: int = 6
    first_wait: float = 0.5
    longest_wait: float = 60.0
    most_bytes: int = 64_000_000


def limits_of(asked: SystemConfig) -> CallLimits:
    """How long a system is waited for, as leadlight.toml says."""
    if asked.answer_seconds is None:
        return CallLimits()
    return CallLimits(answer_seconds=asked.answer_seconds)


@dataclass(frozen=True)
class ApiCall:
    """One request. `what` names it in errors, in words without values, such as "contacts"."""

    what: str
    address: str = field(repr=False)
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    query: Mapping[str, str | int] = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    repeatable: bool = True
    """Whether sending it twice does no harm; else it is not sent again once it may have arrived."""
    expects: Literal["json", "bytes"] = "json"


@dataclass(frozen=True)
class Reply:
    """What came back: JSON already read, or bytes; `at` is the other system's own clock."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(repr=False)

    @property
    def at(self) -> float | None:
        return _moment(self.headers.get("date"))


Judge = Callable[[int, Any], ConnectorError | None]
"""A system's own errors, by status and body: with `again`, a fault worth another try; code `unauthorized`, a
refused token. None where the answer is good, or where its status alone says what it is."""


def no_judge(_: int, __: Any) -> ConnectorError | None:
    """The status says it all."""
    return None


class Transport:
    """Calls to one system. It is not shared between threads."""

    def __init__(
        self,
        system: str,
        hosts: AllowedHosts,
        credentials: Credentials | None = None,
        *,
        limits: CallLimits | None = None,
        judge: Judge = no_judge,
    ) -> None:
        self.system, self.hosts, self.limits, self.judge = system, hosts, limits or CallLimits(), judge
        self.credentials: Credentials = credentials or NoCredentials()
        self._clients: dict[tuple[str, str, int | None], httpx.Client] = {}

    def send(self, call: ApiCall) -> Reply:
        """The good answer to a call, after as many tries as it is worth."""
        renewed = False
        while True:
            try:
                return self._tried(call, self._whole)
            except ConnectorError as problem:
                if problem.code != "unauthorized" or renewed or not self.credentials.renew():
                    raise
                renewed = True

    def download(self, call: ApiCall, target: BinaryIO) -> Reply:
        """Write the answer's bytes to a file that can seek; begun anew at each try."""

        def once(response: httpx.Response, call: ApiCall) -> Reply:
            if response.status_code != 200:
                return self._whole(response, call)
            target.seek(0)
            target.truncate()
            for piece in self._pieces(response):
                target.write(piece)
            return Reply(response.status_code, dict(response.headers), b"")

        return self._tried(call, once)

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _tried(self, call: ApiCall, read: Callable[[httpx.Response, ApiCall], Reply]) -> Reply:
        limits = self.limits
        tries = optional_library("stamina").retry_context(
            on=self._worth_waiting,
            attempts=limits.attempts,
            timeout=None,
            wait_initial=limits.first_wait,
            wait_max=limits.longest_wait,
            wait_jitter=limits.first_wait,
        )
        for attempt in tries:
            with attempt:
                return self._once(call, attempt.num - 1, read)
        raise AssertionError

    def _worth_waiting(self, problem: Exception) -> bool | float:
        if not isinstance(problem, ConnectorError) or isinstance(problem.again, bool):
            return isinstance(problem, ConnectorError) and bool(problem.again)
        return problem.again if problem.again <= self.limits.longest_wait else False

    def _once(self, call: ApiCall, attempt: int, read: Callable[[httpx.Response, ApiCall], Reply]) -> Reply:
        pinned = self.hosts.pin(call.address)
        with (
            self._translated(call),
            self._client(pinned).stream(**self._request(call, pinned, attempt)) as got,
        ):
            if 300 <= got.status_code < 400 and got.status_code != 304:
                raise self._redirected(call)
            reply = read(got, call)
        problem = self.judge(reply.status, reply.body) or self._by_status(call, reply)
        if problem is None:
            return reply
        problem.status = reply.status
        problem.where = problem.where or f"{self.system}, {call.what}"
        if not isinstance(problem.again, bool) or problem.again:
            problem.again = _said_wait(reply) or problem.again
        raise problem

    def _request(self, call: ApiCall, pinned: PinnedAddress, attempt: int) -> dict[str, Any]:
        url = pinned.at(attempt)
        headers = {
            "Accept-Encoding": "gzip",
            "User-Agent": "leadlight",
            **self.credentials.headers(),
            **call.headers,
            "Host": pinned.url.netloc.decode("ascii"),
        }
        content = call.body
        if call.json is not None:
            content = msgspec.json.encode(call.json)
            headers["Content-Type"] = "application/json"
        return {
            "method": call.method,
            "url": url.copy_merge_params(dict(call.query)) if call.query else url,
            "headers": headers,
            "content": content,
            "data": call.form,
            "extensions": {"sni_hostname": pinned.host},
        }

    def _client(self, pinned: PinnedAddress) -> httpx.Client:
        """One client a host: two hosts at one address never share a connection."""
        if pinned.origin not in self._clients:
            library, limits = optional_library("httpx"), self.limits
            for name in QUIET:
                logging.getLogger(name).setLevel(logging.WARNING)
            self._clients[pinned.origin] = library.Client(
                trust_env=False,
                follow_redirects=False,
                timeout=library.Timeout(limits.answer_seconds, connect=limits.connect_seconds),
            )
        return self._clients[pinned.origin]

    def _whole(self, response: httpx.Response, call: ApiCall) -> Reply:
        content = b"".join(self._pieces(response))
        headers, status = dict(response.headers), response.status_code
        if call.expects == "bytes" or not content:
            return Reply(status, headers, content or None)
        try:
            return Reply(status, headers, msgspec.json.decode(content))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if status >= 300:
                return Reply(status, headers, None)
            raise ConnectorError(
                "The answer is cut short or is not JSON.",
                code="not_json",
                again=call.repeatable,
                status=status,
                where=f"{self.system}, {call.what}",
                hint="If it stays so: is the address that of the API?",
            ) from None

    def _pieces(self, response: httpx.Response) -> Iterator[bytes]:
        """The answer's bytes, unpacked, within the limits on time and size."""
        until, taken = time.monotonic() + self.limits.total_seconds, 0
        for piece in _unpacked(response, self.limits.most_bytes):
            taken += len(piece)
            if taken > self.limits.most_bytes:
                raise ConnectorError("The answer is too large.", code="too_large", where=self.system)
            if time.monotonic() > until:
                raise self._late(self.system, again=False)
            yield piece

    @contextmanager
    def _translated(self, call: ApiCall) -> Iterator[None]:
        """What the library raises, in our words; its own texts may hold an address."""
        library = optional_library("httpx")
        place = f"{self.system}, {call.what}"
        try:
            yield
        except (library.ConnectError, library.ConnectTimeout, library.PoolTimeout):
            raise ConnectorError(
                "No connection could be made.",
                code="unreachable",
                again=True,
                where=place,
                hint="Check the network, and whether the system is up.",
            ) from None
        except library.TimeoutException:
            raise self._late(place, again=call.repeatable) from None
        except (library.HTTPError, library.StreamError, zlib.error):
            raise ConnectorError(
                "The connection broke off before the answer was whole.",
                code="broken_off",
                again=call.repeatable,
                where=place,
            ) from None

    def _late(self, place: str, *, again: bool) -> ConnectorError:
        return ConnectorError("No answer came in time.", code="timed_out", again=again, where=place)

    def _redirected(self, call: ApiCall) -> ConnectorError:
        return ConnectorError(
            "The answer points to another address, which is not followed.",
            code="redirected",
            where=f"{self.system}, {call.what}",
            hint="Give the address that it leads to, if it is the right one.",
        )

    def _by_status(self, call: ApiCall, reply: Reply) -> ConnectorError | None:
        status = reply.status
        if status < 300 or status == 304:
            return None
        code, message, hint = _REFUSALS.get(
            status, ("refused", f"The request was refused with status {status}.", "")
        )
        if status >= 500:
            code, message, hint = (
                "server_error",
                f"The system failed with status {status}.",
                "Try again later.",
            )
        later = status in LATER and (call.repeatable or status in {429, 503})
        return ConnectorError(message, code=code, again=later, hint=hint or None)


_REFUSALS: Final = {
    401: ("unauthorized", "The token was refused.", "Make a new token and put it where the old one lies."),
    403: (
        "forbidden",
        "The token does not allow this.",
        "Give it the scopes that the connector's page lists.",
    ),
    404: ("not_found", "There is no such thing there.", "Check the address and the names in leadlight.toml."),
    429: ("rate_limited", "Too many requests for now.", "Try again later; what was read so far is kept."),
}


def _unpacked(response: httpx.Response, most: int) -> Iterator[bytes]:
    """Raw bytes with gzip taken off, never more at once than may come in all."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip"}:
        raise ConnectorError("The answer is packed in an unknown way.", code="unknown_encoding")
    if encoding == "identity":
        yield from response.iter_raw()
        return
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
    for piece in response.iter_raw():
        yield unpack.decompress(piece, most + 1)
        if unpack.unconsumed_tail:
            raise ConnectorError("The answer unpacks to too much.", code="too_large")
    if not unpack.eof:
        raise zlib.error


def _said_wait(reply: Reply) -> float | None:
    """How long the system asks to wait: seconds, or a moment by its own clock, so that ours may be wrong."""
    said = reply.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    until, now = _moment(said), reply.at
    return None if until is None or now is None else max(0.0, until - now)


def _moment(text: str | None) -> float | None:
    if not text:
        return None
    try:
        found: datetime = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return found.timestamp()
