"""How often passwords may be tried: counted before they are checked, by name and by where they come from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from leadlight.errors import RequestError

SECONDS: Final = 60.0
PER_NAME_AND_ADDRESS: Final = 10
PER_ADDRESS: Final = 60
PER_NAME: Final = 100
LOOPBACK: Final = ("127.0.0.1", "::1")


@dataclass(frozen=True, eq=False)
class Try:
    """One password that was tried."""

    at: float
    address: str
    name: str


class Tries:
    """The tries of the last minute that were not right.

    Who tries a name from one address locks nobody out who comes from another, and no other name.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.lately: list[Try] = []

    def begin(self, address: str, name: str) -> Try:
        """Count a try, or refuse it."""
        now = self.clock()
        self.lately = [each for each in self.lately if each.at > now - SECONDS]
        from_here = [each for each in self.lately if each.address == address]
        of_name = [each for each in self.lately if each.name == name]
        both = [each for each in from_here if each.name == name]
        for found, most in ((both, PER_NAME_AND_ADDRESS), (from_here, PER_ADDRESS), (of_name, PER_NAME)):
            if len(found) >= most:
                raise too_many(max(1, round(found[-most].at + SECONDS - now)))
        made = Try(now, address, name)
        self.lately.append(made)
        return made

    def forgive(self, made: Try) -> None:
        """It was right, and counts no more."""
        self.lately = [each for each in self.lately if each is not made]


def too_many(wait: int) -> RequestError:
    return RequestError(
        429, "Too many wrong passwords.", code="tries", wait=wait, hint=f"Try again in {wait} seconds."
    )


def address_of(client: str, headers: Mapping[str, str]) -> str:
    """Where a request comes from; a proxy on this machine says for whom it asks, last in its list."""
    if client not in LOOPBACK:
        return client
    return headers.get("x-forwarded-for", "").rpartition(",")[2].strip()[:100] or client
