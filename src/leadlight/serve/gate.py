"""Who may do what: bearer keys, their scopes, and how often."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from leadlight.errors import RequestError
from leadlight.store import secret

ADMIN: Final = "admin"
ANY: Final = "any"
BEARER: Final = b"bearer "
BURST_SECONDS: Final = 10.0
SMALLEST_BURST: Final = 5


@dataclass(frozen=True)
class KeyHolder:
    """A key or a person, and what it may do."""

    name: str
    scopes: frozenset[str]
    digest: bytes = b""
    expires: float | None = None
    rate: float | None = None
    """Requests a second."""
    number: int | None = None

    def may(self, scope: str) -> bool:
        return scope in self.scopes or ADMIN in self.scopes or scope == ANY


class Gate:
    """The keys that hold now; the whole set is replaced when one is made or revoked."""

    def __init__(
        self, callers: Mapping[bytes, KeyHolder] | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.callers = dict(callers or {})
        self.clock = clock
        self.latest = 0.0
        self.used: dict[int, float] = {}
        self._left: dict[str, tuple[float, float]] = {}

    def renew(self, callers: Mapping[bytes, KeyHolder]) -> None:
        self.callers = dict(callers)

    def take_used(self) -> dict[int, float]:
        """When each key was used since this was last asked."""
        used, self.used = self.used, {}
        return used

    def admit(self, authorization: bytes | None, scope: str) -> KeyHolder:
        """The caller behind a key, if it may do this now."""
        caller = self._known(authorization)
        if not caller.may(scope):
            raise forbidden(scope)
        self._count(caller)
        return caller

    def _known(self, authorization: bytes | None) -> KeyHolder:
        if authorization is None or authorization[: len(BEARER)].lower() != BEARER:
            raise RequestError(
                401,
                "A key is needed.",
                code="no_key",
                hint="Send Authorization: Bearer KEY; leadlight keys create",
            )
        digest = secret.digest(authorization[len(BEARER) :].strip().decode("latin-1"))
        caller = self.callers.get(digest)
        # The look-up is by a hash of 256 random bits: how long it takes tells nothing about a key.
        if caller is None or not hmac.compare_digest(caller.digest, digest) or self._is_over(caller):
            raise RequestError(
                401,
                "The key is not known, was revoked or has expired.",
                code="key",
                hint="Make a new one with: leadlight keys create",
            )
        return caller

    def _is_over(self, caller: KeyHolder) -> bool:
        """Whether it has expired; a clock that is set back brings nothing back."""
        self.latest = max(self.latest, self.clock())
        return caller.expires is not None and caller.expires <= self.latest

    def _count(self, caller: KeyHolder) -> None:
        """Take one from the caller's bucket, which fills at its rate and holds ten seconds of it.

        That of a small rate holds five requests, or as many as it has in a minute.
        """
        if caller.number is not None:
            self.used[caller.number] = self.latest
        if caller.rate is None:
            return
        now = time.monotonic()
        most = max(1.0, caller.rate * BURST_SECONDS, min(caller.rate * 60, SMALLEST_BURST))
        left, then = self._left.get(caller.name, (most, now))
        left = min(most, left + (now - then) * caller.rate)
        if left < 1.0:
            wait = max(1, round((1.0 - left) / caller.rate))
            raise RequestError(
                429,
                "The key has used up its requests for now.",
                code="rate",
                wait=wait,
                hint="Send it again after the time in Retry-After, or send more leads in one request.",
            )
        self._left[caller.name] = (left - 1.0, now)


def forbidden(scope: str) -> RequestError:
    return RequestError(
        403, f"This needs the scope {scope}.", code="scope", hint=f"leadlight keys create --scope {scope}"
    )


def allowed_hosts(names: Any) -> frozenset[bytes]:
    """Names that a request may be addressed to, in lower case."""
    return frozenset(name.strip().lower().encode("latin-1") for name in names)


def check_host(header: bytes | None, allowed: frozenset[bytes]) -> None:
    """Only names that are ours, so that no page of a stranger can reach us by a name of its own."""
    host = (header or b"").lower()
    if host in allowed:
        return
    name, colon, port = host.rpartition(b":")
    if not (colon and port.isdigit() and name in allowed):
        raise RequestError(
            421,
            "The server does not answer to this host.",
            code="host",
            hint="Add it: leadlight serve --host-name NAME",
        )
