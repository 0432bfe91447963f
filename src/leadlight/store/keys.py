"""Keys of programs: what is known of each, and what of it can never be told again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from leadlight.errors import StoreError
from leadlight.store import secret
from leadlight.store.tables import keys

SHOWN: Final = 12
"""So many characters of a key are kept, so that its owner can tell it from others."""


@dataclass(frozen=True)
class ApiKey:
    """A key without the key."""

    number: int
    name: str
    prefix: str
    hash: bytes
    scopes: frozenset[str]
    created: float
    expires: float | None = None
    revoked: float | None = None
    used: float | None = None
    per_minute: int | None = None

    def to_json(self) -> dict[str, Any]:
        plain = dict(vars(self))
        del plain["hash"]
        return {**plain, "scopes": sorted(self.scopes)}


def create(
    connection: Connection,
    scopes: Iterable[str],
    at: float,
    *,
    name: str = "",
    expires: float | None = None,
    per_minute: int | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; the text beside it is shown once and kept nowhere. Its name is no other standing key's."""
    if name and connection.execute(_called(name, at)).first() is not None:
        raise StoreError(
            "A key has this name already, or begins like it.",
            code="key_name",
            hint="Choose another name, or put a new key in its place: leadlight keys rotate KEY --home HOME",
        )
    return _made(connection, scopes, at, name=name, expires=expires, per_minute=per_minute)


def _made(
    connection: Connection,
    scopes: Iterable[str],
    at: float,
    *,
    name: str,
    expires: float | None,
    per_minute: int | None,
) -> tuple[ApiKey, str]:
    wanted = set(scopes)
    unknown = sorted(wanted - secret.SCOPES.keys())
    if unknown or not wanted:
        raise StoreError(
            "A key needs at least one scope." if not unknown else f"There is no scope {unknown[0]!r}.",
            code="scope",
            hint=f"The scopes are {', '.join(secret.SCOPES)}.",
        )
    strongest = [scope for scope in secret.SCOPES if scope in wanted][-1]
    text = secret.make(secret.SCOPES[strongest])
    row = {
        "name": name,
        "prefix": text[:SHOWN],
        "hash": secret.digest(text),
        "scopes": " ".join(sorted(wanted)),
        "created": at,
        "expires": expires,
        "per_minute": per_minute,
    }
    number = connection.execute(insert(keys).returning(keys.c.number), row).scalar_one()
    return _key(connection.execute(select(keys).where(keys.c.number == number)).one()), text


def all_keys(connection: Connection) -> list[ApiKey]:
    """Every key that was ever made, the newest first."""
    return [_key(row) for row in connection.execute(select(keys).order_by(keys.c.number.desc()))]


def valid_keys(connection: Connection) -> list[ApiKey]:
    """The keys that were not revoked."""
    return [_key(row) for row in connection.execute(select(keys).where(keys.c.revoked.is_(None)))]


def find_by_name(connection: Connection, name: str, at: float = 0.0) -> ApiKey:
    """The key that begins like this, or has this name, and stands; the newest where others live in grace."""
    rows = connection.execute(_called(name, at)).all()
    if len(rows) != 1 and not _replaced(rows, name):
        raise StoreError(
            "No key begins like this or has this name."
            if not rows
            else "More than one key begins like this or has this name.",
            code="no_key",
            hint="See them with: leadlight keys list --home HOME",
        )
    return _key(rows[0])


def _replaced(rows: Sequence[Any], name: str) -> bool:
    """Whether these are keys of one name of which each but the newest lives in its time of grace."""
    is_one = bool(name) and all(row.name == name for row in rows)
    return bool(rows) and is_one and all(row.expires is not None for row in rows[1:])


def _called(name: str, at: float) -> Select[Any]:
    """A whole key may be given as well, so that one that leaked can be revoked by itself."""
    is_called = keys.c.name == name
    if name.startswith("ll_"):
        is_called |= keys.c.prefix.startswith(name[:SHOWN], autoescape=True)
    stands = keys.c.revoked.is_(None) & (keys.c.expires.is_(None) | (keys.c.expires > at))
    return select(keys).where(stands, is_called).order_by(keys.c.number.desc())


def revoke(connection: Connection, key: ApiKey, at: float) -> None:
    """End a key: every worker refuses it within a second."""
    connection.execute(update(keys).where(keys.c.number == key.number).values(revoked=at))


def revoke_named(connection: Connection, name: str, at: float) -> list[ApiKey]:
    """End the key that is called so; by its name, those that it was put in the place of as well."""
    found = find_by_name(connection, name, at)
    rows = connection.execute(_called(name, at)).all() if found.name == name else []
    ended = [_key(row) for row in rows] or [found]
    for key in ended:
        revoke(connection, key, at)
    return ended


def rotate(connection: Connection, key: ApiKey, at: float, grace: float = 0.0) -> tuple[ApiKey, str]:
    """A new key that may do the same; the old one ends now, or after a time of grace."""
    made = _made(connection, key.scopes, at, name=key.name, expires=key.expires, per_minute=key.per_minute)
    if grace <= 0:
        revoke(connection, key, at)
    else:
        end = at + grace if key.expires is None else min(key.expires, at + grace)
        connection.execute(update(keys).where(keys.c.number == key.number).values(expires=end))
    return made


def note_use(connection: Connection, used: Mapping[int, float]) -> None:
    """When each key was last used."""
    change = update(keys).where(keys.c.number == bindparam("key")).values(used=bindparam("at"))
    connection.execute(change, [{"key": number, "at": at} for number, at in used.items()])


def _key(row: Any) -> ApiKey:
    return ApiKey(
        number=row.number,
        name=row.name,
        prefix=row.prefix,
        hash=bytes(row.hash),
        scopes=frozenset(row.scopes.split()),
        created=row.created,
        expires=row.expires,
        revoked=row.revoked,
        used=row.used,
        per_minute=row.per_minute,
    )
