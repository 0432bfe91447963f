"""Which addresses may be called: hosts that were listed, resolved once for each call and checked."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Final

from leadlight.errors import ConnectorError, DependencyError

if TYPE_CHECKING:
    import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

_ODD: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
PORTS: Final = {"http": 80, "https": 443}


def resolve(host: str, port: int) -> list[str]:
    """Every address that the system's resolver gives for a host, IPv4 first."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ConnectorError(
            f"The host {host} is not known to the name service.",
            code="unknown_host",
            again=True,
            hint="Check the name and the network.",
        ) from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in sorted(found, key=lambda entry: entry[0])))


@dataclass(frozen=True)
class AllowedHosts:
    """The hosts that may be called.

    `public` ones are called over HTTPS at addresses of the open internet. `private` ones, each as host:port,
    were named by whoever runs this home: they may lie in its own network and speak plain HTTP.
    """

    public: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()
    resolve: Resolve = field(default=resolve, repr=False)

    def pin(self, address: str) -> PinnedAddress:
        """Where a call to this address goes; refused unless its host is listed and resolves to fit."""
        url = parsed(address)
        host, port = _host(url), url.port or PORTS[url.scheme]
        private = f"{host}:{port}" in self.private
        if not private and host not in self.public:
            raise _refusal("The host is not on the list of those that may be called.", host)
        if not private and (url.scheme, port) != ("https", 443):
            raise _refusal("This host is called over HTTPS at its usual port only.", host)
        found = [ipaddress.ip_address(each.partition("%")[0]) for each in self.resolve(host, port)]
        if not found or not all(may_connect(each, private=private) for each in found):
            raise _refusal("The host's name leads to an address that may not be called.", host)
        return PinnedAddress(url, host, tuple(map(str, found)))


@dataclass(frozen=True)
class PinnedAddress:
    """A checked address with the numbers that its host stood for at that moment."""

    url: httpx.URL = field(repr=False)
    host: str
    numbers: tuple[str, ...]

    @property
    def origin(self) -> tuple[str, str, int | None]:
        return self.url.scheme, self.host, self.url.port

    def at(self, attempt: int) -> httpx.URL:
        """The address with a number in the place of the name; another number at another attempt."""
        return self.url.copy_with(host=self.numbers[attempt % len(self.numbers)])


def parsed(address: str) -> httpx.URL:
    """An address in parts; what could be read in two ways is refused."""
    library = optional_library("httpx")
    try:
        if _ODD.search(address):
            raise ValueError
        url: httpx.URL = library.URL(address)
        url.raw_host.decode("ascii")
    except (library.InvalidURL, ValueError):
        raise _refusal("The address cannot be read.", None) from None
    if url.scheme not in PORTS or not url.host:
        raise _refusal("Only http:// and https:// addresses can be called.", None)
    if url.userinfo:
        raise _refusal("An address must not hold a user or a password.", _host(url))
    return url


def may_connect(number: Address, *, private: bool) -> bool:
    """Whether a number may be called; the local network only where it was named."""
    inner = _inner(number)
    if inner.is_link_local or inner.is_multicast or inner.is_unspecified:
        return False
    if private:
        return inner.is_global or inner.is_private or inner.is_loopback
    return inner.is_global and not inner.is_reserved and not (inner.version == 6 and inner.is_site_local)


def _inner(number: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(number, ipaddress.IPv4Address):
        return number
    if number in _NAT64:
        return ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
    teredo = number.teredo[1] if number.teredo else None
    return number.ipv4_mapped or number.sixtofour or teredo or number


def _host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii").lower().rstrip(".")


def _refusal(message: str, host: str | None) -> ConnectorError:
    return ConnectorError(
        message,
        code="host_not_allowed",
        where=host,
        hint="A system in your own network has to be named as host:port under [connect] private in"
        " leadlight.toml.",
    )


def optional_library(
    name: str, needing: str = "Connections need", extra: str = "leadlight[connect]"
) -> ModuleType:
    """A library that is not always installed, imported when it is needed for the first time."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        raise DependencyError(
            f"{needing} a part that is not installed.",
            code="missing_extra",
            hint=f"pip install '{extra}'",
        ) from None
