"""The second place where it is kept who was forgotten and who objected: a file of keyed hashes in the home.

Each line is on the disk before the database changes, so that neither an old backup nor a lost database
brings back who asked to be left alone. The last act on a key counts, by its time. Each line is signed under
the key of the home, so that nobody else takes an act back; lines of before signing stand before all others.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import astuple

from leadlight.errors import StoreError
from leadlight.store.handle_keys import HandleKey
from leadlight.store.home import Home

FILE: Final = "rights.jsonl"
FORGOTTEN: Final = "forgotten"
OBJECTED: Final = "objected"
ALLOWED: Final = "allowed"


class RightsLine(msgspec.Struct, frozen=True):
    """One key of a person, and what was asked for."""

    act: str
    kind: str
    hash: str
    at: float
    reason: str = ""

    @property
    def key(self) -> HandleKey:
        return self.kind, bytes.fromhex(self.hash)


class SignedLine(RightsLine, frozen=True):
    """A line as it lies in the file; one of before signing has a blank mark."""

    mark: str = ""

    @property
    def unsigned(self) -> RightsLine:
        return RightsLine(self.act, self.kind, self.hash, self.at, self.reason)


@dataclass(frozen=True)
class Standing:
    """Who is forgotten and who objects, and for whom both were taken back."""

    forgotten: dict[HandleKey, RightsLine]
    objected: dict[HandleKey, RightsLine]
    allowed: set[HandleKey]

    @staticmethod
    def of(lines: Iterable[RightsLine]) -> Standing:
        """What stands of all that was asked for, wherever it was kept."""
        found = Standing({}, {}, set())
        for line in sorted(lines, key=lambda line: line.at):
            found.take(line)
        return found

    def take(self, line: RightsLine) -> None:
        if line.act == ALLOWED:
            self.forgotten.pop(line.key, None)
            self.objected.pop(line.key, None)
            self.allowed.add(line.key)
            return
        (self.forgotten if line.act == FORGOTTEN else self.objected)[line.key] = line
        self.allowed.discard(line.key)


_DECODER: Final = msgspec.json.Decoder(SignedLine)
MARK_BYTES: Final = 16


def append(home: Home, act: str, keys: Iterable[HandleKey], at: float, reason: str = "") -> list[RightsLine]:
    """Add to the file; it is on the disk when this returns. Gives what was added."""
    lines = [RightsLine(act, kind, digest.hex(), at, reason) for kind, digest in keys]
    secret = home.secret()
    content = b"".join(msgspec.json.encode(_signed(line, secret)) + b"\n" for line in lines)
    path = home.folder / FILE
    try:
        _append(path, content)
    except OSError as problem:
        raise StoreError(
            f"What was asked for could not be noted: {(problem.strerror or 'unknown fault').lower()}.",
            code="rights_file",
            where=str(path),
            hint="Nothing was changed. Make room or check the rights of the file, then run it again.",
        ) from None
    return lines


def _append(path: Path, content: bytes) -> None:
    """Whole lines or none: a line that a crash cut off is ended, one that fails is taken back."""
    with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b", buffering=0) as handle:
        size = handle.seek(0, os.SEEK_END)
        handle.seek(max(0, size - 1))
        content = content if handle.read(1) in (b"", b"\n") else b"\n" + content
        try:
            while content:
                content = content[handle.write(content) :]
            os.fsync(handle.fileno())
        except OSError:
            handle.truncate(size)
            raise


def read_standing(home: Home) -> Standing:
    """What stands by the file alone."""
    return Standing.of(read_lines(home))


def read_lines(home: Home, signed_since: float | None = None) -> list[RightsLine]:
    """Every whole line of the file, in its order; refused where one was not written by this home.

    Since the first signed line, and since a time that the database knows, all are signed.
    """
    secret, found, signed = home.secret(), [], False
    for number, line in _numbered(home):
        if line.mark:
            signed = True
            is_ours = compare_digest(line.mark, _mark(line.unsigned, secret))
        else:
            is_ours = not signed and (signed_since is None or line.at <= signed_since)
        if not is_ours:
            raise _forged(home, number)
        found.append(line.unsigned)
    return found


def read_unsigned(home: Home) -> list[RightsLine]:
    """The lines of before signing."""
    return [line.unsigned for _, line in _numbered(home) if not line.mark]


def _signed(line: RightsLine, secret: bytes) -> SignedLine:
    return SignedLine(line.act, line.kind, line.hash, line.at, line.reason, _mark(line, secret))


def _mark(line: RightsLine, secret: bytes) -> str:
    content = msgspec.msgpack.encode(astuple(line))
    return blake2b(content, digest_size=MARK_BYTES, key=secret, person=b"rights").hexdigest()


def _numbered(home: Home) -> list[tuple[int, SignedLine]]:
    """The whole lines and where they stand."""
    numbered = enumerate(_content(home.folder / FILE).splitlines(), start=1)
    return [(number, _line(text, home, number)) for number, text in numbered if text.endswith(b"}")]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as problem:
        raise StoreError(
            f"The file of rights cannot be read: {(problem.strerror or 'unknown fault').lower()}.",
            code="rights_file",
            where=str(path),
            hint="Check the rights of the file, or bring it back from a copy.",
        ) from None


def _forged(home: Home, number: int) -> StoreError:
    return StoreError(
        "A line of the file of rights was not written by this home.",
        code="forged_rights",
        where=f"{home.folder / FILE}, line {number}",
        hint="Bring the file back from a copy, or take the line out. Nothing was changed.",
    )


def _line(text: bytes, home: Home, number: int) -> SignedLine:
    try:
        line = _DECODER.decode(text)
        bytes.fromhex(line.hash)
    except (msgspec.DecodeError, ValueError):
        raise StoreError(
            "A line of the file of rights cannot be read.",
            code="rights_file",
            where=f"{home.folder / FILE}, line {number}",
            hint="Bring the file back from a copy, or take out the line if it is not ours.",
        ) from None
    return line
