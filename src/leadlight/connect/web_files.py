"""Files of leads by HTTP(S): fetched whole into a file that nobody else sees, then read as any other."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, cast
from urllib.parse import unquote, urlsplit

from leadlight.connect.addresses import PORTS, AllowedHosts, Resolve, resolve
from leadlight.connect.files.leads import Batches, Leads, Selection
from leadlight.connect.files.source import Source, locate
from leadlight.connect.transport import ApiCall, CallLimits, Transport
from leadlight.errors import FileError

LIMITS: Final = CallLimits(answer_seconds=30.0, total_seconds=3_600.0, most_bytes=20_000_000_000)
_OPEN_FILES: Final = Path("/proc/self/fd")


def is_web_file(place: object) -> bool:
    return isinstance(place, str) and place.lower().startswith(("http://", "https://"))


def shown(address: str) -> str:
    """The address without what follows its path, which may hold a token."""
    parts = urlsplit(address)
    return f"{parts.scheme.lower()}://{parts.hostname or ''}{parts.path}"


def open_web_file(
    address: str,
    read: Callable[[Source], Batches],
    *,
    limits: CallLimits = LIMITS,
    lookup: Resolve = resolve,
) -> Batches:
    """Fetch what lies there and read it; the copy is gone once nobody reads it any more."""
    handle, path = _unseen_file()
    with Transport("the web", _hosts(address, lookup), limits=limits) as transport:
        transport.download(ApiCall("file", address, expects="bytes"), handle)
    handle.flush()
    return _holding(read(replace(locate(path), name=_named(address))), handle)


def _hosts(address: str, lookup: Resolve) -> AllowedHosts:
    """The one host that was named, which may lie in one's own network; over the internet only sealed.

    It is resolved here, once: what was looked at is what is called.
    """
    parts = urlsplit(address)
    host, scheme = parts.hostname or "", parts.scheme.lower()
    try:
        port = parts.port or PORTS[scheme]
    except ValueError:
        raise FileError("The port is not a number.", code="unknown_address", where=shown(address)) from None
    hosts = AllowedHosts(private=frozenset({f"{host.rstrip('.')}:{port}"}), resolve=lookup)
    numbers = hosts.pin(address).numbers
    if scheme == "http" and any(ip_address(number).is_global for number in numbers):
        raise FileError(
            "Over http:// everybody on the way could read these leads.",
            code="not_sealed",
            where=shown(address),
            hint="Give the address with https://, or fetch the file yourself.",
        )
    return replace(hosts, resolve=lambda *_: numbers)


def _unseen_file() -> tuple[BinaryIO, Path]:
    """A file that is gone with its handle, even if the process is killed, where the system can do that."""
    if _OPEN_FILES.is_dir():
        handle = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115
        return handle, _OPEN_FILES / str(handle.fileno())
    named = tempfile.NamedTemporaryFile()  # noqa: SIM115
    return cast("BinaryIO", named), Path(named.name)


def _named(address: str) -> str:
    """What the kind of the file is told by: the name at the end of its path, after the host."""
    parts = urlsplit(address)
    return f"{parts.scheme.lower()}://{parts.hostname}/{PurePosixPath(unquote(parts.path)).name}"


def _holding(batches: Batches, handle: BinaryIO) -> Batches:
    """The batches, which keep the copy for as long as they are there."""

    def start(selection: Selection) -> Iterator[Leads]:
        for leads in batches.start(selection):
            assert not handle.closed
            yield leads

    return replace(batches, start=start)
